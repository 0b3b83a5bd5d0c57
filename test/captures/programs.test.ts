/** What the kernel tells of sockets and their holders, against its own files, `ss` and real processes. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { loadNative } from '../../captures/native/binding.js';
import { keyOfText } from '../../captures/programs/addresses.js';
import { Budget } from '../../captures/programs/budget.js';
import { findHolders } from '../../captures/programs/holders.js';
import { kernelSockets, TCP, UDP } from '../../captures/programs/kernel-sockets.js';
import type { FlowPrograms, FlowQuestion, Program, WatcherMessage } from '../../captures/programs/messages.js';
import { parseProcNet } from '../../captures/programs/proc-net.js';
import { type End, SocketTable } from '../../captures/programs/socket-table.js';
import { Watcher } from '../../captures/programs/watcher.js';
import { CaptureError } from '../../captures/sources/source.js';
import { until } from '../support/live-capture.js';

const CHILD = fileURLToPath(new URL('../support/socket-child.js', import.meta.url));
const onLinux = process.platform === 'linux' ? describe : describe.skip;
const addon = loadNative();
const native = addon instanceof CaptureError ? undefined : addon;
const hasSs = process.platform === 'linux' && existsProgram('ss');

function existsProgram(name: string): boolean {
  try {
    execFileSync(name, ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** Starts a process with sockets. @returns it, and the first line that it prints */
async function start(...args: string[]): Promise<{ pid: number; line: number }> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? 0, line: Number.parseInt(line.toString(), 10) };
}

/** Lines of `/proc/net/tcp`, `tcp6` and `udp` as kernels print them, on a machine whose lower octet comes first. */
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const LISTENING =
  '   0: 00000000:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0\n';
const CONNECTED =
  '   1: 0100007F:1F90 0100007F:C350 01 00000010:00000020 01:00000014 00000000  1000        0 4712 2 0000000000000000 20 4 30 10 -1\n';
const WAITING =
  '   2: 0100007F:C350 0100007F:1F90 06 00000000:00000000 03:00001766 00000000     0        0 0 3 0000000000000000\n';
const MAPPED =
  '   0: 0000000000000000FFFF00000100007F:1F91 0000000000000000FFFF00000100007F:C351 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0000000000000000 20 4 30 10 -1\n';

function tableOf(text: string, now = 1000, protocol = TCP): SocketTable {
  const table = new SocketTable();
  table.update([{ protocol, records: parseProcNet(HEAD + text) }], now);
  return table;
}

function end(local: string, localPort: number, remote: string, remotePort: number, more: Partial<End> = {}): End {
  const key = (text: string) => keyOfText(text) ?? '';
  return {
    protocol: TCP,
    local: key(local),
    localPort,
    remote: key(remote),
    remotePort,
    time: 1000,
    opens: false,
    ...more,
  };
}

(process.arch === 'x64' || process.arch === 'arm64' ? describe : describe.skip)('lines of /proc/net', () => {
  test('addresses, ports, state, queues, user and inode', () => {
    const [listening, connected] = tableOf(LISTENING + CONNECTED).sockets;
    expect(listening).toMatchObject({
      family: 4,
      local: '0',
      localPort: 8080,
      state: 10,
      receiveQueue: 3,
      inode: 4711,
    });
    expect(connected).toMatchObject({ local: keyOfText('127.0.0.1'), remotePort: 50000, state: 1, uid: 1000 });
    expect(connected).toMatchObject({ sendQueue: 16, receiveQueue: 32 });
  });

  test('IPv4 inside IPv6 is found as IPv4 (RFC 4291, section 2.5.5.2)', () => {
    const found = tableOf(MAPPED).find(end('127.0.0.1', 8081, '127.0.0.1', 50001), false);
    expect(found.map(({ inode }) => inode)).toEqual([4713]);
  });

  test('rubbish is left out', () => {
    for (const text of [
      '',
      'x',
      '   1: 0100007F:1F90',
      '   1: 01:1F90 01:C350 01 0:0 0:0 0 0 0 1\n',
      `${CONNECTED.slice(0, 80)}\n`,
    ])
      expect(tableOf(text).sockets).toEqual([]);
  });
});

describe('which socket an end of a flow is', () => {
  const client = end('127.0.0.1', 50000, '127.0.0.1', 8080);
  const server = end('127.0.0.1', 8080, '127.0.0.1', 50000);
  const inodes = (table: SocketTable, wanted: End, listening = false) =>
    table.find(wanted, listening).map(({ inode }) => inode);

  test('the connected one; who listens only explains a connection that was not seen itself', () => {
    expect(inodes(tableOf(LISTENING + CONNECTED), server)).toEqual([4712]);
    expect(inodes(tableOf(LISTENING), server)).toEqual([]);
    expect(inodes(tableOf(LISTENING), server, true)).toEqual([4711]);
    // Also where only what is left of the connection was seen: it belongs to nobody.
    const left = CONNECTED.replace(' 01 ', ' 06 ').replace(' 4712 ', ' 0 ');
    expect(inodes(tableOf(LISTENING + left), server, true)).toEqual([4711]);
    // It must have listened before the connection came.
    expect(inodes(tableOf(LISTENING, 1001), server, true)).toEqual([]);
  });

  test('what is left of a closed connection does not hide who had it', () => {
    const table = tableOf(WAITING.replace(' 06 ', ' 01 ').replace(' 0 3 ', ' 4714 3 '));
    table.update([{ protocol: TCP, records: parseProcNet(HEAD + WAITING) }], 2000);
    expect(inodes(table, client)).toEqual([4714]);
    // For a while: after that, the port may be anybody's.
    expect(inodes(table, { ...client, time: 9000 })).toEqual([]);
  });

  test('a connection that was there before a SYN is another one', () => {
    expect(inodes(tableOf(CONNECTED, 1000), { ...server, opens: true, time: 1050 })).toEqual([4712]);
    expect(inodes(tableOf(CONNECTED, 1000), { ...server, opens: true, time: 2000 })).toEqual([]);
  });

  test('datagrams: the socket bound most closely, and all that share the port', () => {
    const any = LISTENING.replace(' 0A ', ' 07 ');
    const one = any.replace('00000000:1F90', '0100007F:1F90').replace('4711', '4715');
    const twin = any.replace('4711', '4716');
    const wanted = { ...server, protocol: UDP };
    expect(inodes(tableOf(any + one, 1000, UDP), wanted)).toEqual([4715]);
    expect(inodes(tableOf(any + twin, 1000, UDP), wanted)).toEqual([4711, 4716]);
    expect(inodes(tableOf(one, 1000, UDP), { ...wanted, local: keyOfText('10.0.0.1') ?? '' })).toEqual([]);
  });

  test('what is gone is forgotten: memory stays bounded', () => {
    const table = tableOf(LISTENING + CONNECTED);
    for (let now = 2000; now < 60_000; now += 1000) table.update([], now);
    expect(Object.values(table).map((kept) => kept.size ?? kept.length)).toEqual([1, 0, 0, 0, 0]);
  });
});

test.each([
  ['127.0.0.1', '2130706433'],
  ['::ffff:7f00:1', '2130706433'],
  ['::1', '0:0:0:1'],
  ['fe80::1%eth0', 'fe800000:0:0:1'],
  ['2001:db8:1:2:3:4:5:6', '20010db8:10002:30004:50006'],
  ['300.1.1.1', undefined],
  ['1:2:3', undefined],
  ['name', undefined],
])('the key of %s', (text, key) => {
  expect(keyOfText(text)).toBe(key?.replace(/\b0+(?=[\da-f])/g, ''));
});

test('a budget: what was not used is saved, what was used too much is waited for', () => {
  let used = 0;
  const budget = new Budget(0.02, 100, () => used);
  expect(budget.wait).toBe(0);
  used += 99;
  expect(budget.wait).toBe(0);
  used += 21;
  // What is owed, and 5 ms to begin with, at 20 ms a second.
  expect(budget.wait).toBeGreaterThan(1100);
  expect(budget.wait).toBeLessThanOrEqual(1250);
});

onLinux.each([
  ['the addon', native],
  ['files alone', undefined],
] as const)('with %s', (name, ways) => {
  const wanted = name === 'the addon' && native === undefined ? test.skip : test;

  wanted('a process and the sockets that it has', async () => {
    const { pid, line: port } = await start('server', '127.0.0.1');
    const table = new SocketTable();
    table.update(kernelSockets(ways), 1);
    const [socket] = table.sockets.filter(({ protocol, localPort }) => protocol === TCP && localPort === port);
    expect(socket).toMatchObject({ local: keyOfText('127.0.0.1'), remotePort: 0, state: 10 });
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(links).toContain(`socket:[${socket.inode}]`);
    expect(findHolders(ways, [socket.inode]).pids.get(socket.inode)).toEqual([pid]);
  });

  wanted(
    'flows in both directions, over TCP and UDP, IPv4 and IPv6',
    async () => {
      const server = await start('server', '::');
      const clients = await start('clients', '127.0.0.1', String(server.line), '1', '0', '60000');
      const sender = await start('datagrams', '::1', '9');
      const told: FlowPrograms[] = [];
      const watcher = new Watcher(ways);
      watcher.open('capture', (message: WatcherMessage) => {
        if (message.type === 'found') told.push(...message.found);
      });
      const loopback = keyOfText('127.0.0.1') ?? '';
      const question = {
        flow: 1,
        packet: 1,
        transport: TCP,
        client: loopback,
        clientPort: clients.line,
        server: loopback,
      };
      const here = { clientHere: true, serverHere: true, time: Date.now(), opens: true };
      const six = { client: '0:0:0:1', server: '0:0:0:1', serverHere: false, opens: false };
      const questions: FlowQuestion[] = [
        { ...question, ...here, serverPort: server.line },
        { ...question, ...here, ...six, flow: 2, transport: UDP, clientPort: sender.line, serverPort: 9 },
        // Nobody's.
        { ...question, ...here, flow: 3, clientPort: 1, serverPort: 1 },
      ];
      watcher.ask('capture', questions);
      await until(() => told.length >= 3, 'programs');
      const found = told.map(({ flow, end, programs }) => [flow, end, programs.map(({ pid }) => pid)]);
      expect(found).toEqual(
        expect.arrayContaining([
          [1, 'client', [clients.pid]],
          [1, 'server', [server.pid]],
          [2, 'client', [sender.pid]],
        ]),
      );
      const [{ programs }] = told.filter(({ end }) => end === 'server');
      expect(programs[0]).toMatchObject(processOf(server.pid));
      const { sockets } = watcher.sockets();
      expect(sockets.find(({ localPort }) => localPort === clients.line)).toMatchObject({
        capture: 'capture',
        flow: 1,
      });
      watcher.close('capture');
    },
    30_000,
  );
});

/** What other programs read of a process. */
function processOf(pid: number): Omit<Program, 'started' | 'user'> {
  const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return { pid, name, command };
}

(hasSs && native !== undefined ? test : test.skip)('the list says what ss says', async () => {
  const server = await start('server', '127.0.0.1');
  await start('clients', '127.0.0.1', String(server.line), '5', '0', '60000');
  const mine = createServer().listen(0, '127.0.0.1');
  await once(mine, 'listening');
  try {
    const watcher = new Watcher(native);
    const ports = new Set([server.line, (mine.address() as { port: number }).port]);
    await until(() => ssLines(ports).length === 12, 'five connections');
    const ours = watcher
      .sockets()
      .sockets.filter(({ localPort, remotePort }) => ports.has(localPort) || ports.has(remotePort ?? -1))
      .map(
        ({ state, receiveQueue, sendQueue, localPort, remotePort, programs }) =>
          `${state} ${receiveQueue} ${sendQueue} ${localPort} ${remotePort ?? '*'} ${programs.map(({ pid }) => pid)}`,
      );
    expect(ours.sort()).toEqual(ssLines(ports).sort());
    watcher.stop();
  } finally {
    mine.close();
  }
});

function ssLines(ports: ReadonlySet<number>): string[] {
  const names: Record<string, string> = { ESTAB: 'ESTABLISHED' };
  return execFileSync('ss', ['-tanpH'], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [state, received, sent, local, remote, users = ''] = line.split(/\s+/);
      const port = (address = '') => address.slice(address.lastIndexOf(':') + 1);
      if (!ports.has(Number(port(local))) && !ports.has(Number(port(remote)))) return [];
      const pids = [...users.matchAll(/pid=(\d+)/g)].map((found) => found[1]);
      return [`${names[state] ?? state} ${received} ${sent} ${port(local)} ${port(remote)} ${pids}`];
    });
}

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});
