/** `netglass read` beside tshark on the same files. */

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sampleFile } from '../../src/sample.js';
import { CLI, netglass, temporaryFile, tshark } from '../api/daemon.js';

let file: ReturnType<typeof temporaryFile>;
beforeAll(() => {
  file = temporaryFile('sample.pcapng', sampleFile());
});
afterAll(() => file.remove());

const read = (args: readonly string[], input?: Uint8Array) =>
  netglass(['read', '-r', input === undefined ? file.path : '-', ...args], input === undefined ? {} : { input });

/** The same arguments for both, which must print the same. */
async function same(...args: string[]): Promise<string> {
  const [ours, theirs] = [await read(args), await tshark(sampleFile(), args)];
  expect(ours.stderr).toBe('');
  expect(ours.stdout).toBe(theirs.output);
  expect(ours.status).toBe(0);
  return ours.stdout;
}

describe('-T fields prints what tshark prints', () => {
  const names = (...list: string[]) => list.flatMap((name) => ['-e', name]);
  test('frame and addresses', () =>
    same(
      '-T',
      'fields',
      ...names(
        'frame.number',
        'frame.len',
        'frame.cap_len',
        'frame.time_epoch',
        'frame.time_relative',
        'eth.src',
        'ip.src',
        'ip.dst',
        'ipv6.src',
      ),
    ));
  test('several occurrences, hexadecimal and boolean fields', () =>
    same(
      '-T',
      'fields',
      ...names(
        'ip.ttl',
        'ip.checksum',
        'ip.flags.df',
        'icmp.type',
        'icmpv6.type',
        'udp.port',
        'tcp.flags',
        'tcp.flags.syn',
        'tcp.port',
        'tcp.seq_raw',
      ),
    ));
  test('DNS', () =>
    same('-T', 'fields', ...names('dns.id', 'dns.flags.response', 'dns.qry.name', 'dns.a', 'dns.aaaa')));
  test('header, separator, quotes', async () => {
    const options = ['-E', 'header=y', '-E', 'separator=;', '-E', 'quote=d'];
    const text = await same('-T', 'fields', ...names('ip.src', 'tcp.dstport'), ...options);
    expect(text).toMatch(/^ip\.src;tcp\.dstport\n/);
  });
  test.each(['f', 'l', 'a'])('occurrence %s', (which) =>
    same('-T', 'fields', ...names('ip.src', 'udp.port'), '-E', `occurrence=${which}`, '-E', 'aggregator=/s'),
  );
  test('with a display filter', () =>
    same('-Y', 'udp and ip.src == 192.0.2.0/28', '-T', 'fields', ...names('frame.number')));
  test('-c counts packets before the filter', () =>
    same('-c', '20', '-Y', 'icmp', '-T', 'fields', ...names('frame.number')));
  test('-T json with fields', async () => {
    const ours = JSON.parse((await read(['-T', 'json', ...names('ip.src', 'tcp.port')])).stdout);
    expect(ours).toEqual(
      JSON.parse((await tshark(sampleFile(), ['-T', 'json', ...names('ip.src', 'tcp.port')])).output),
    );
  });
});

test('a line a packet has tshark’s columns', async () => {
  const ours = (await read([])).stdout.split('\n');
  const theirs = (await tshark(sampleFile())).output.split('\n');
  expect(ours).toHaveLength(theirs.length);
  // The columns up to the protocol; what Info says of conversations comes with a later issue.
  const columns = (line: string) => line.slice(0, 42);
  expect(ours.map(columns)).toEqual(theirs.map(columns));
  expect(ours.slice(14, 18)).toEqual(theirs.slice(14, 18));
});

test('-T json has tshark’s layers', async () => {
  interface Packets {
    _index: string;
    _source: { layers: Record<string, unknown> };
  }
  const ours = JSON.parse((await read(['-T', 'json', '-Y', 'dns'])).stdout) as Packets[];
  const theirs = JSON.parse((await tshark(sampleFile(), ['-T', 'json', '-Y', 'dns'])).output) as Packets[];
  expect(ours.map((one) => Object.keys(one._source.layers))).toEqual(
    theirs.map((one) => Object.keys(one._source.layers)),
  );
  expect(ours[0]._index).toBe(theirs[0]._index);
});

test('-V shows the tree', async () => {
  const { stdout } = await read(['-V', '-c', '1']);
  expect(stdout).toMatch(/^Frame 1: 60 bytes on wire \(480 bits\)/);
  expect(stdout).toMatch(/^Address Resolution Protocol/m);
});

test('standard input and gzip', async () => {
  const { stdout } = await read(['-T', 'fields', '-e', 'frame.number'], gzipSync(sampleFile()));
  expect(stdout.trimEnd().split('\n')).toHaveLength(44);
});

test('-w writes what the filter leaves', async () => {
  const out = `${file.path}.out`;
  expect(await read(['-Y', 'tcp', '-w', out])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const fields = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'tcp.seq_raw'];
  expect(await tshark(readFileSync(out), fields)).toEqual(await tshark(sampleFile(), ['-Y', 'tcp', ...fields]));
  rmSync(out);
});

describe('what is wrong is said', () => {
  test('a field that there is not, in tshark’s words', async () => {
    const { status, stderr } = await read(['-T', 'fields', '-e', 'ip.src', '-e', 'ip.sorce']);
    expect(stderr).toBe("netglass: Some fields aren't valid:\n\tip.sorce\n");
    expect(status).toBe(2);
  });

  test('a wrong filter, with the place', async () => {
    const { status, stderr } = await read(['-Y', 'tcp.port == eighty']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/\n {2}tcp\.port == eighty\n {14}\^\n$/);
  });

  test('options that do not go together', async () => {
    expect((await read(['-T', 'fields'])).status).toBe(2);
    expect((await read(['-e', 'ip.src'])).status).toBe(2);
    expect((await read(['-T', 'fields', '-e', 'ip.src', '-E', 'seperator=,'])).status).toBe(2);
  });

  test('no such file, and no capture', async () => {
    expect(await netglass(['read', '-r', '/nowhere.pcap'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no such file/),
    });
    expect(await read([], Buffer.from('{"not": "a capture"}'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/JSON/),
    });
  });

  test('a file that is cut off prints what is there, and ends with 1', async () => {
    const { status, stdout, stderr } = await read(
      ['-T', 'fields', '-e', 'frame.number'],
      sampleFile().subarray(0, 2000),
    );
    expect(status).toBe(1);
    expect(stdout.split('\n').length).toBeGreaterThan(6);
    expect(stderr).toMatch(/netglass: -: .+/);
  });

  test('an unknown preference is a warning, a wrong value an error', async () => {
    const unknown = await read(['-o', 'gui.colour:TRUE', '-c', '1']);
    expect(unknown).toMatchObject({ status: 0, stderr: expect.stringMatching(/gui\.colour/) });
    expect((await read(['-o', 'tcp.check_checksum:FALSE', '-c', '1'])).stderr).toBe('');
    expect((await read(['-o', 'tcp.check_checksum:perhaps'])).status).toBe(2);
  });
});

test('a reader that has seen enough is no error', () => {
  const command = `${process.execPath} ${CLI} read -r ${file.path} -V | head -n 1`;
  const lines = execFileSync('bash', ['-c', `set -o pipefail; ${command}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(lines).toMatch(/^Frame 1/);
});
