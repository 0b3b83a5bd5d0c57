/** `netglass send`: by itself and by a service, and every way in which it is used wrongly. */

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { isRoot, netglass, TestDaemon, WITHOUT_PRIVILEGE } from '../api/daemon.js';
import { cookedFile, frameFile } from '../support/sent-frames.js';

const folder = mkdtempSync(join(tmpdir(), 'netglass-send-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = join(folder, 'data');
const rooted = isRoot ? test : test.skip;
const needsRoot = isRoot ? '' : ' (needs root)';
const ping = '[{"ip": {"dst": "127.0.0.1"}}, {"icmp": {"type": 8}}, {"payload": "hello"}]';
const alone = (...args: string[]) => netglass(['send', '--alone', '--data', data, ...args]);

describe('by itself', () => {
  rooted(
    `an answer is shown, with what the kernel changed; the exit status says whether there was one${needsRoot}`,
    async () => {
      const answered = await alone('-w', '5', '-c', '2', ping.replace('}}', ', "id": 0}}'));
      expect([answered.status, answered.stderr]).toEqual([0, '']);
      expect(answered.stdout).toMatch(
        /^1: 33 octets left, answer after \d+\.\d{3} ms: Echo \(ping\) reply .*seq=1\/256/m,
      );
      expect(answered.stdout).toMatch(/^ {5}ip\.id: 0x0000 became 0x[0-9a-f]{4}$/m);
      expect(answered.stdout).toMatch(/^sent 2 packets, 66 octets, in \d\.\d{3} s by raw-socket, 2 answered$/m);
      const silent = await alone('-w', '0.1', ping.replace('8', '0'));
      expect([silent.status, silent.stdout]).toEqual([1, expect.stringContaining('no answer')]);
    },
  );

  rooted(`--json is what the API answers; every packet is written down${needsRoot}`, async () => {
    const { status, stdout } = await alone('--json', '-c', '3', ping);
    const report = JSON.parse(stdout) as { sent: number; engine: string; packets: unknown[]; log: string };
    expect([status, report.sent, report.engine, report.packets.length]).toEqual([0, 3, 'raw-socket', 3]);
    expect(report.log.startsWith(join(data, 'sent'))).toBe(true);
    const read = await netglass([
      'read',
      '-r',
      join(report.log, readdirSync(report.log)[0]),
      '-T',
      'fields',
      '-e',
      'icmp.seq',
    ]);
    expect(read.stdout).toBe('1\n2\n3\n');
  });

  rooted(`layers come from a file, or standard input${needsRoot}`, async () => {
    const file = join(folder, 'layers.json');
    writeFileSync(file, ping);
    expect((await alone('--file', file)).stdout).toContain('sent 1 packet, 33 octets');
    const piped = await netglass(['send', '--alone', '--data', data, '--file', '-'], { input: Buffer.from(ping) });
    expect(piped.stdout).toContain('sent 1 packet, 33 octets');
  });

  rooted(`a file is replayed, or what a filter leaves of it${needsRoot}`, async () => {
    const file = join(folder, 'frames.pcap');
    writeFileSync(file, frameFile(12));
    const all = await alone('--replay', file, '-i', 'lo', '--speed', 'max');
    expect([all.status, all.stdout]).toEqual([0, expect.stringMatching(/^sent 12 packets, /)]);
    const some = await alone(
      '--replay',
      file,
      '-i',
      'lo',
      '--speed',
      '4',
      '-Y',
      'frame.number > 8',
      '-c',
      '2',
      '--json',
    );
    expect(JSON.parse(some.stdout)).toMatchObject({ sent: 2, tooLong: 0, refused: 0, truncated: 0 });
    const cooked = join(folder, 'cooked.pcap');
    writeFileSync(cooked, cookedFile());
    const unfit = await alone('--replay', cooked, '-i', 'lo');
    expect([unfit.status, unfit.stderr]).toEqual([1, expect.stringContaining('lo takes Ethernet frames')]);
  });

  rooted(`without the privilege it says what mends it${needsRoot}`, async () => {
    const { status, stderr } = await netglass(['send', '--alone', '--data', data, ping], { under: WITHOUT_PRIVILEGE });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/Sending is not permitted .*\n {2}sudo setcap/)]);
  });

  test.each<[string, string[], number, RegExp]>([
    ['nothing to send', [], 2, /Give either layers, or --file, or --replay/],
    ['two things to send', [ping, '--replay', 'x'], 2, /Give either layers/],
    ['no JSON', ['[{'], 2, /The layers are no JSON/],
    ['no list', ['{"ip": {}}'], 2, /The layers are a list/],
    ['no such file', ['--file', '/nowhere/layers.json'], 2, /cannot be read/],
    ['a misspelt field', ['[{"ip": {"dts": "::1"}}]'], 2, /did you mean "dst"\?/],
    ['a number that is none', [ping, '--rate', 'fast'], 2, /Give a number from/],
    [
      'a public destination',
      ['[{"ip": {"dst": "8.8.8.8"}}, {"icmp": {}}]'],
      1,
      /8\.8\.8\.8 is in a public network.*\n.*--send-anywhere/,
    ],
    ['a replay without an interface', ['--replay', 'x'], 2, /A replay needs an interface/],
    ['a replay of nothing', ['--replay', 'nothing', '-i', 'lo'], 1, /neither a capture nor a file called "nothing"/],
    ['a filter without a replay', [ping, '-Y', 'ip'], 2, /for --replay only/],
    ['a filter that is none', ['--replay', 'nothing', '-i', 'lo', '-Y', 'tcp.prot'], 2, /tcp\.prot/],
  ])('%s', async (_what, args, status, words) => {
    const { status: ended, stderr } = await alone(...args);
    expect([ended, stderr]).toEqual([status, expect.stringMatching(words)]);
  });
});

describe('by the service', () => {
  rooted(`it sends and replays, within its limits${needsRoot}`, async () => {
    const daemon = await TestDaemon.start(['--no-capture', '--allow-send']);
    try {
      const ask = (...args: string[]) => netglass(['send', '--port', String(daemon.port), ...args]);
      const answered = await ask('-w', '5', ping);
      expect([answered.status, answered.stdout]).toEqual([0, expect.stringContaining('1 answered')]);
      expect(existsSync(join(daemon.data, 'sent', 'requests.jsonl'))).toBe(true);
      const { id } = (await daemon.import(frameFile(5))).body;
      expect((await ask('--replay', id, '-i', 'lo', '--speed', 'max')).stdout).toMatch(/^sent 5 packets/);
      const wrong = await ask('--rate', '101', ping);
      expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('above the limit of 100')]);
      const misspelt = await ask('[{"ip": {"dts": "127.0.0.1"}}]');
      expect([misspelt.status, misspelt.stderr]).toEqual([1, expect.stringContaining('did you mean "dst"?')]);
    } finally {
      await daemon.stop();
    }
  });

  test('one that may not send says how to let it', async () => {
    const daemon = await TestDaemon.start();
    try {
      const { status, stderr } = await netglass(['send', '--port', String(daemon.port), ping]);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/Sending is switched off here\.\n.*--allow-send/)]);
    } finally {
      await daemon.stop();
    }
  });

  test('what the daemon may be allowed is in its help', async () => {
    const help = await netglass(['start', '--help']);
    expect(help.stdout).toMatch(
      /--allow-send[\s\S]*NETGLASS_ALLOW_SEND[\s\S]*--send-rate <packets>[\s\S]*--send-anywhere/,
    );
  });
});
