/** The commands, their help and their exit status. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sampleFile } from '../../src/sample.js';
import { eventually, isRoot, netglass, TestDaemon, temporaryFile, tshark } from '../api/daemon.js';
import { sendUdp } from '../api/traffic.js';

describe('wrong use ends with 2 and says what is right', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['sniff']],
    ['an unknown option', ['start', '--colour']],
    ['an unknown engine', ['start', '--engine', 'wireshark']],
    ['a port that is none', ['start', '--port', '65536']],
    ['a snap length of 2^32', ['start', '--snap-length', '4294967296']],
    ['a stop rule that is none', ['start', '-a', 'duration:soon']],
    ['two things to wait for', ['start', '--stop-when', 'dns', '--mark-when', 'tcp']],
    ['the same rule twice', ['start', '-a', 'packets:3', '-c', '4']],
    ['nothing to read', ['read']],
    ['nothing to import', ['import']],
    ['nowhere to export to', ['export', 'x']],
  ])('%s', async (_what, args) => {
    const { status, stdout, stderr } = await netglass(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/--help|Usage:/);
  });
});

describe('help', () => {
  test('names every command', async () => {
    const { status, stdout } = await netglass(['--help']);
    expect(status).toBe(0);
    for (const name of ['start', 'interfaces', 'doctor', 'read', 'import', 'export', 'reindex', 'lab'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test.each(['start', 'interfaces', 'doctor', 'read', 'import', 'export', 'reindex', 'lab'])('of %s', async (name) => {
    const { status, stdout } = await netglass([name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: netglass ${name}`);
    // Every option says what it does.
    for (const line of stdout.split('\n').filter((one) => /^ {2}-/.test(one)))
      expect(line).toMatch(/^ {2}-.*?( {2,}\S|>$)/);
  });

  test('the version', async () => {
    expect((await netglass(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test('interfaces, as a table and as JSON', async () => {
  const table = await netglass(['interfaces']);
  expect(table.status).toBe(0);
  expect(table.stdout).toMatch(/^lo +running +loopback .*127\.0\.0\.1/m);
  const json = await netglass(['interfaces', '--json']);
  expect((JSON.parse(json.stdout) as { name: string }[]).map((one) => one.name)).toContain('lo');
});

describe('doctor', () => {
  (isRoot ? test : test.skip)('finds nothing to mend where everything is right (needs root)', async () => {
    const data = mkdtempSync(join(tmpdir(), 'netglass-doctor-'));
    try {
      const { status, stdout } = await netglass(['doctor', '--data', data, '--port', '1']);
      expect(stdout).toContain('✓ capturing is permitted');
      expect(stdout).not.toContain('✗');
      expect(status).toBe(0);
    } finally {
      rmSync(data, { recursive: true });
    }
  });

  test('says what mends a data folder that cannot be used', async () => {
    const { status, stdout } = await netglass(['doctor', '--data', '/proc/nowhere']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ the data folder \/proc\/nowhere cannot be used.*\n {4}netglass start --data/);
  });
});

describe('start', () => {
  const refused = async (args: readonly string[], message: RegExp) => {
    const data = join(tmpdir(), `netglass-refused-${process.pid}`);
    const { status, stderr, milliseconds } = await netglass(['start', '--port', '0', '--data', data, ...args]);
    rmSync(data, { recursive: true, force: true });
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
    // A second is what is promised; a machine that does much besides gets more.
    expect(milliseconds).toBeLessThan(5000);
  };
  const asRoot = isRoot ? test : test.skip;
  asRoot('an interface that is not there (needs root)', () =>
    refused(['-i', 'nosuch0'], /no interface called "nosuch0"/),
  );
  asRoot('a wrong BPF filter (needs root)', () => refused(['-i', 'lo', '-f', 'udp prot 1'], /capture filter is wrong/));
  test('a data folder that cannot be made', () =>
    refused(['--data', '/dev/null/nowhere'], /data folder \/dev\/null\/nowhere cannot be used/));
  test('an address that is not its own', () => refused(['--host', '192.0.2.1'], /no address of this machine/));

  asRoot('captures, counts at its end, and stops cleanly (needs root)', async () => {
    const daemon = await TestDaemon.start(['-i', 'lo']);
    const captures = await daemon.json<{ state: string }[]>('/api/captures');
    expect(captures.body).toMatchObject([{ state: 'running' }]);
    expect(await daemon.stop('SIGINT')).toBe(0);
    expect(daemon.output.join('')).toMatch(/stopped: [\d,]+ packets, .*lost: kernel 0, interface 0, daemon 0/);
  });

  asRoot('stops by a rule, and serves on (needs root)', async () => {
    const daemon = await TestDaemon.start(['-i', 'lo', '-f', 'udp', '-a', 'packets:2', '-a', 'duration:60']);
    const capture = async () =>
      (await daemon.json<{ state: string; packets: number; stop: object }[]>('/api/captures')).body[0];
    expect(await capture()).toMatchObject({ state: 'running', stop: { packets: 2, seconds: 60 } });
    await sendUdp(['one', 'two', 'three']);
    const ended = await eventually(async () => ((await capture()).state === 'stopped' ? capture() : undefined));
    expect(ended.packets).toBe(2);
    expect(await daemon.stop('SIGINT')).toBe(0);
    expect(daemon.output.join('')).toMatch(/the capture has ended: 2 packets/);
  });

  asRoot('waits for a display filter, and says what it found (needs root)', async () => {
    const daemon = await TestDaemon.start(['-i', 'lo', '--stop-when', 'udp contains "enough of it"']);
    await sendUdp(['some', 'enough of it']);
    await eventually(async () => (/the capture has ended/.test(daemon.output.join('')) ? true : undefined));
    expect(await daemon.stop('SIGINT')).toBe(0);
    expect(daemon.output.join('')).toMatch(/packet \d+ is the first that meets udp contains "enough of it"/);
  });

  asRoot('a display filter that is none, with the place (needs root)', async () => {
    const data = mkdtempSync(join(tmpdir(), 'netglass-refused-'));
    const { status, stderr } = await netglass([
      'start',
      '--port',
      '0',
      '--data',
      data,
      '-i',
      'lo',
      '--mark-when',
      'tcp.prt',
    ]);
    rmSync(data, { recursive: true, force: true });
    expect(status).toBe(2);
    expect(stderr).toMatch(/tcp\.prt is not a field.*\n {2}tcp\.prt\n {2}\^/);
  });

  test('settings come from the environment, and empty ones do not count', async () => {
    const { status, stderr } = await netglass(['start'], { env: { NETGLASS_PORT: 'eighty', NETGLASS_TOKEN: '' } });
    expect(status).toBe(2);
    expect(stderr).toMatch(/NETGLASS_PORT/);
  });
});

describe.each(['a service', 'the data folder'])('import, export and reindex with %s', (kind) => {
  let daemon: TestDaemon | undefined;
  let place: string[];
  let file: ReturnType<typeof temporaryFile>;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netglass-cli-'));
    daemon = kind === 'a service' ? await TestDaemon.start() : undefined;
    place =
      daemon === undefined ? ['--port', '1', '--data', folder] : ['--port', String(daemon.port), '--data', daemon.data];
  });
  afterAll(async () => {
    await daemon?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    file = temporaryFile('sample.pcapng', sampleFile());
  });
  afterEach(() => file.remove());

  const imported = async () => {
    const { status, stdout } = await netglass(['import', file.path, ...place]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/sample\.pcapng: 44 packets, capture \S+\n$/);
    return /capture (\S+)/.exec(stdout)![1];
  };

  test('in, indexed again, and out again', async () => {
    const id = await imported();
    expect(await netglass(['reindex', id, ...place])).toMatchObject({
      status: 0,
      stdout: `${id}: 44 packets indexed\n`,
    });
    const out = join(folder, 'out.pcapng');
    expect(await netglass(['export', id, '-Y', 'dns', '-w', out, ...place])).toMatchObject({ status: 0, stderr: '' });
    const names = ['-T', 'fields', '-e', 'dns.id', '-e', 'dns.qry.name'];
    expect(await tshark(readFileSync(out), names)).toEqual(await tshark(sampleFile(), ['-Y', 'dns', ...names]));
  });

  test('what cannot be', async () => {
    const id = await imported();
    const out = join(folder, 'not-made.pcapng');
    expect((await netglass(['export', 'nothing', '-w', out, ...place])).stderr).toMatch(/no capture "nothing"/);
    const filter = await netglass(['export', id, '-Y', 'dns.qry.nam', '-w', out, ...place]);
    expect(filter.status).toBeGreaterThan(0);
    expect(filter.stderr).toMatch(/did you mean dns\.qry\.name/);
    expect(existsSync(out)).toBe(false);
    expect(await netglass(['reindex', 'nothing', ...place])).toMatchObject({ status: 1 });
    expect((await netglass(['import', join(folder, 'nowhere.pcap'), ...place])).stderr).toMatch(
      /nowhere\.pcap cannot be opened/,
    );
  });

  test('a damaged file is imported as far as it goes, and ends with 1', async () => {
    const cut = temporaryFile('cut.pcapng', sampleFile().subarray(0, 2000));
    const { status, stdout, stderr } = await netglass(['import', cut.path, ...place]);
    cut.remove();
    expect(status).toBe(1);
    expect(stdout).toMatch(/cut\.pcapng: \d+ packets/);
    expect(stderr).toMatch(/cut\.pcapng: .+/);
  });
});
