/** The native engine under load, beside tcpdump, and the account of what was lost. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { openLive } from '../../captures/sources/engines.js';
import { pause, readAll, until } from '../support/live-capture.js';
import { createPair, namespacesMissing, type Pair } from '../support/netns.js';

jest.setTimeout(120_000);

const describeLive = namespacesMissing === undefined ? describe : describe.skip;
const suffix = namespacesMissing === undefined ? '' : ` (${namespacesMissing})`;
const run = promisify(execFile);
const FLOOD = 200_000;
const FILTER = 'udp dst port 9';

/** A section header and one Ethernet interface with nanoseconds: all that tshark needs before our blocks. */
function pcapngStart(): Buffer {
  const sectionHeader = [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28];
  const ifTsresol = [9 | (1 << 16), 9, 0]; // option 9, one octet: 10^-9
  const interfaceDescription = [1, 32, 1, 262144, ...ifTsresol, 32];
  const words = [...sectionHeader, ...interfaceDescription];
  const start = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => {
    start.writeUInt32LE(word, 4 * i);
  });
  return start;
}

/** Offset and length of each record of a little-endian classic pcap file: 16 octets of header, then the data. */
function pcapRecords(file: Buffer): { at: number; length: number }[] {
  const records: { at: number; length: number }[] = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    records.push({ at, length: file.readUInt32LE(at + 8) });
  }
  return records;
}

describeLive(`native engine under load${suffix}`, () => {
  let pair: Pair;
  let folder: string;
  let sender: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'netglass-flood-'));
    sender = join(folder, 'sender');
    execFileSync('cc', ['-O2', '-o', sender, 'bench/sender.c']);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    pair = createPair();
  });
  afterEach(() => pair?.close());

  /** Starts tcpdump on the pair, to end by itself after `count` packets; resolves once it listens. */
  async function startTcpdump(count: number, file: string) {
    const args = ['-i', pair.host, '-B', '65536', '-s', '262144', '--time-stamp-precision=nano', '-Z', 'root'];
    const child = spawn('tcpdump', [...args, '-c', String(count), '-w', file, FILTER], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'close');
    let words = '';
    child.stderr.on('data', (text: Buffer) => {
      words += text.toString();
    });
    await until(() => words.includes('listening on'), 'tcpdump');
    return { child, ended };
  }

  test(`${FLOOD} packets: what tcpdump wrote beside it, field by field`, async () => {
    const theirs = join(folder, 'tcpdump.pcap');
    const ours = join(folder, 'netglass.pcapng');
    const { child, ended } = await startTcpdump(FLOOD, theirs);
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: FILTER });
    const output = openSync(ours, 'w');
    writeSync(output, pcapngStart());
    const writing = (async () => {
      for (let block = await source.next(); block !== null; block = await source.next()) {
        writeSync(output, block.bytes);
      }
    })();
    try {
      await pair.run(sender, pair.peer, String(FLOOD), '100', '--flows', '1000');
      await Promise.race([ended, pause(10_000)]);
    } finally {
      child.kill();
      await source.stop();
      await writing;
      closeSync(output);
    }
    expect(source.statistics()).toEqual({ received: FLOOD, kernel: 0, interface: 0, daemon: 0 });

    const expected = readFileSync(theirs);
    const records = pcapRecords(expected);
    expect(records).toHaveLength(FLOOD);
    const found = readFileSync(ours);
    const start = pcapngStart().length;
    const size = 28 + 100 + 12 + 4;
    expect(found.length - start).toBe(FLOOD * size);
    let different = 0;
    records.forEach(({ at, length }, i) => {
      const epb = start + i * size;
      const data = epb + 28;
      const time = (BigInt(found.readUInt32LE(epb + 12)) << 32n) | BigInt(found.readUInt32LE(epb + 16));
      const same =
        time === BigInt(expected.readUInt32LE(at)) * 1_000_000_000n + BigInt(expected.readUInt32LE(at + 4)) &&
        found.readUInt32LE(epb + 20) === length &&
        found.readUInt32LE(epb + 24) === expected.readUInt32LE(at + 12) &&
        found.compare(expected, at + 16, at + 16 + length, data, data + length) === 0;
      different += same ? 0 : 1;
    });
    expect(different).toBe(0);

    // And as a dissector reads both files; the first thousands, because it is slow.
    const fields = [
      'frame.time_epoch',
      'frame.len',
      'frame.cap_len',
      'eth.src',
      'ip.src',
      'ip.id',
      'ip.checksum.status',
    ];
    const more = ['udp.srcport', 'udp.dstport', 'udp.checksum.status', 'data.data'];
    const args = ['-c', '5000', '-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-T', 'fields'];
    const list = [...fields, ...more].flatMap((field) => ['-e', field]);
    const options = { maxBuffer: 64 << 20 };
    const mine = await run('tshark', ['-r', ours, ...args, ...list], options);
    const other = await run('tshark', ['-r', theirs, ...args, ...list], options);
    expect(mine.stdout.split('\n')).toHaveLength(5001);
    expect(mine.stdout).toBe(other.stdout);
    // Checksums are good (1), and the direction is in the file.
    expect(mine.stdout.split('\n')[0].split('\t')).toEqual(expect.arrayContaining(['198.18.0.1', '9', '1']));
    const flags = await run('tshark', ['-r', ours, '-c', '10', '-T', 'fields', '-e', 'frame.packet_flags_direction']);
    expect(new Set(flags.stdout.trim().split('\n'))).toEqual(new Set(['0x00000001']));
  });

  test('every packet is handed out or counted when nobody takes the blocks', async () => {
    const sent = 1_000_000;
    // A small ring, so that the kernel, too, has to drop.
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: FILTER, bufferBytes: 1 << 20 });
    await pair.run(sender, pair.peer, String(sent), '1400');
    await source.stop();
    for (let block = await source.next(); block !== null; block = await source.next()) {
      expect(block.packets).toBeGreaterThan(0);
    }
    const { received, kernel, daemon } = source.statistics();
    expect(received).toBeGreaterThan(40_000); // 64 blocks
    expect(kernel).toBeGreaterThan(0);
    expect(daemon).toBeGreaterThan(0);
    expect(received + (kernel ?? 0) + (daemon ?? 0)).toBe(sent);
  });

  test('few packets do not use up the blocks, however long nobody takes them', async () => {
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: 'udp dst port 4711' });
    for (let i = 0; i < 80; i++) {
      await pair.sendToHost(1, 4711);
      await pause(45);
    }
    await source.stop();
    expect(await readAll(source)).toHaveLength(80);
    expect(source.statistics().daemon).toBe(0);
  });

  test('stop() waits for a slow consumer to take what the kernel still holds', async () => {
    const bufferBytes = 64 << 20;
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: FILTER, bufferBytes });
    const sent = 60_000; // of 1,400 octets: more than the 64 blocks, less than blocks and ring
    await pair.run(sender, pair.peer, String(sent), '1400');
    const stopped = source.stop();
    let received = 0;
    for (let block = await source.next(); block !== null; block = await source.next()) {
      received += block.packets;
      await pause(10);
    }
    await stopped;
    expect(received).toBe(sent);
    expect(source.statistics()).toEqual({ received: sent, kernel: 0, interface: 0, daemon: 0 });
  });

  test('takes a consumer that is slow for a while without loss', async () => {
    const source = await openLive('native', { interfaces: [pair.host], captureFilter: FILTER });
    const flood = pair.run(sender, pair.peer, '300000', '100');
    let received = 0;
    const reading = (async () => {
      for (let block = await source.next(); block !== null; block = await source.next()) {
        received += block.packets;
        if (received < 100_000) {
          await pause(30);
        }
      }
    })();
    await flood;
    await source.stop();
    await reading;
    expect(received).toBe(300_000);
    expect(source.statistics()).toEqual({ received: 300_000, kernel: 0, interface: 0, daemon: 0 });
  });
});
