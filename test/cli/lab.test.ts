/** `netglass lab`: the demos at a terminal, by themselves and in a running service. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, netglass, TestDaemon, tshark, WITHOUT_PRIVILEGE } from '../api/daemon.js';
import { freePort, type LabRun } from '../lab/support.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netglass-cli-lab-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('lists the demos, and helps with each', async () => {
  const list = await netglass(['lab']);
  expect(list.status).toBe(0);
  expect(list.stdout).toMatch(/^udp-echo {2,}UDP: an echo server/m);
  const help = await netglass(['lab', 'udp-echo', '--help']);
  expect(help.status).toBe(0);
  expect(help.stdout).toContain('Usage: netglass lab udp-echo');
  for (const option of ['--clients <number>', '--concurrent', '--port <number>', '-w, --write <file>', '--json'])
    expect(help.stdout).toContain(option);
});

test.each([
  ['no such demo', ['lab', 'udp']],
  ['no such option', ['lab', 'udp-echo', '--colour']],
  ['no number', ['lab', 'udp-echo', '--clients', 'many']],
  ['a number out of range', ['lab', 'udp-echo', '--clients', '0']],
  ['two ways at once', ['lab', 'udp-echo', '--alone', '--step', '--json']],
])('wrong use ends with 2: %s', async (_what, args) => {
  const { status, stdout, stderr } = await netglass(args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toBe('');
});

(isRoot ? describe : describe.skip)('runs (needs root)', () => {
  test('steps with their packets, and a file that tshark reads', async () => {
    const file = join(folder, 'echo.pcapng');
    const port = String(await freePort());
    const args = [
      'lab',
      'udp-echo',
      '--alone',
      '--clients',
      '3',
      '--concurrent',
      '--port',
      port,
      '--code',
      'python',
      '-w',
      file,
    ];
    const { status, stdout, stderr } = await netglass(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}1 {2}server: socket\(AF_INET, SOCK_DGRAM, 0\) = \d+$/m);
    expect(stdout).toMatch(new RegExp(`server: bind\\(fd=\\d+, "127.0.0.1", ${port}\\) = 0$`, 'm'));
    expect(stdout).toMatch(/^ {6}→ \d+ {2}127.0.0.1:\d+ → 127.0.0.1:\d+ {2}UDP /m);
    expect(stdout).toContain('s.sendto(b"hello 1", ');
    const { output, complaints } = await tshark(readFileSync(file), ['-Y', 'frame.comment contains "sendto"']);
    expect(complaints).toBe('');
    expect(output.trim().split('\n')).toHaveLength(6);
  });

  test('as JSON, and the file to standard output', async () => {
    const port = String(await freePort());
    const json = await netglass(['lab', 'udp-echo', '--alone', '--json', '--port', port]);
    expect((JSON.parse(json.stdout) as LabRun).state).toBe('finished');
    const { status, stdout, stderr } = await netglass(['lab', 'udp-echo', '--alone', '--port', port, '-w', '-']);
    expect(status).toBe(0);
    expect(stdout.slice(0, 1)).toBe('\n');
    expect(stderr).toContain('server: bind');
  });

  test('step by step: Enter makes the next, and the end of input ends the run', async () => {
    const port = String(await freePort());
    const { status, stdout } = await netglass(['lab', 'udp-echo', '--alone', '--step', '--port', port], {
      input: Buffer.from('\n\n\n'),
    });
    expect(status).toBe(0);
    expect(stdout.match(/^next: /gm)).toHaveLength(4);
    expect(stdout).toContain('  3  client: socket');
    expect(stdout).not.toMatch(/^ {2}4 /m);
  });

  test('in the service that runs, which keeps the capture', async () => {
    const daemon = await TestDaemon.start();
    try {
      const env = { NETGLASS_PORT: String(daemon.port) };
      const { status, stdout } = await netglass(['lab', 'tcp-echo', '--json', '--port', String(await freePort())], {
        env,
      });
      expect(status).toBe(0);
      const { capture } = JSON.parse(stdout) as LabRun;
      const { body } = await daemon.json<{ name: string }>(`/api/captures/${capture}`);
      expect(body.name).toBe('lab: tcp-echo');
      const nowhere = await netglass(['lab', 'udp-echo', '--capture', 'nope'], { env });
      expect(nowhere.status).toBe(1);
      expect(nowhere.stderr).toContain('There is no capture "nope".');
    } finally {
      await daemon.stop();
    }
  });

  test('without the privilege, and without a service: what mends it', async () => {
    const { status, stdout, stderr } = await netglass(['lab', 'udp-echo', '--alone'], { under: WITHOUT_PRIVILEGE });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(2);
    const { stderr: unreachable } = await netglass(['lab', 'udp-echo', '--capture', 'x', '--service-port', '1']);
    expect(unreachable).toContain('No service answers at 127.0.0.1, port 1');
  });

  test('addresses: the resolver’s questions and the answers are in view', async () => {
    const server = join(folder, 'dns.mjs');
    writeFileSync(server, DNS_SERVER);
    const configuration = join(folder, 'resolv.conf');
    writeFileSync(configuration, 'nameserver 127.0.0.1\n');
    // A network and a resolver of its own, gone with the process.
    const script = `ip link set lo up && mount --bind ${configuration} /etc/resolv.conf && { ${process.execPath} ${server} & } && sleep 1 && "$@"; status=$?; kill $!; exit $status`;
    const under = ['unshare', '--net', '--mount', 'sh', '-c', script, 'sh'];
    const { status, stdout } = await netglass(['lab', 'addresses', '--alone', '--json', '--host', 'www.lab.test'], {
      under,
    });
    expect(status).toBe(0);
    const run = JSON.parse(stdout) as LabRun;
    const named = run.steps.filter(({ call }) => call === 'gethostbyname');
    expect(named.map(({ result }) => result)).toEqual(['127.0.0.1', '192.0.2.80']);
    expect(named[0].packets).toEqual([]);
    const infos = (numbers: readonly number[]) =>
      run.packets.filter(({ number }) => numbers.includes(number)).map(({ info }) => info);
    expect(infos(named[1].packets)).toEqual([
      expect.stringMatching(/^Standard query 0x[0-9a-f]+ A www.lab.test$/),
      expect.stringMatching(/^Standard query response .*A 192.0.2.80$/),
    ]);
    const back = run.steps.filter(({ call }) => call === 'gethostbyaddr').at(-1);
    expect(back?.result).toBe('www.lab.test');
    expect(infos(back?.packets ?? [])[0]).toContain('PTR 80.2.0.192.in-addr.arpa');
  });
});

/** Answers every question about an address with 192.0.2.80, and every other with www.lab.test. */
const DNS_SERVER = `import { createSocket } from 'node:dgram';
const server = createSocket('udp4');
const name = Buffer.from('\\x03www\\x03lab\\x04test\\x00', 'latin1');
server.on('message', (question, { address, port }) => {
  const end = question.indexOf(0, 12) + 5;
  const type = question.readUInt16BE(end - 4);
  const data = type === 1 ? Buffer.from([192, 0, 2, 80]) : name;
  const header = Buffer.concat([question.subarray(0, 2), Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])]);
  const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
  server.send(Buffer.concat([header, question.subarray(12, end), record, data]), port, address);
});
server.bind(53, '127.0.0.1');
`;
