/** Files, streams and gzip as packet sources. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openFile, openStream } from '../../captures/sources/file.js';
import { drain, epb, idb, inPieces, joined, pcapBytes, shb } from '../support/pcap-bytes.js';

const DATA = Uint8Array.from([1, 2, 3, 4, 5, 6, 7]);
const RECORDS = Array.from({ length: 500 }, (_, i) => ({
  seconds: i,
  fraction: i,
  data: Uint8Array.from({ length: i % 200 }, (_, j) => (i * j) % 251),
}));
const PCAP = pcapBytes({ records: RECORDS });
const PCAPNG = joined(shb(), idb(), ...RECORDS.map(({ data, seconds }) => epb(BigInt(seconds), data)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'netglass-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function stored(bytes: Uint8Array | string): Promise<string> {
  const file = path.join(folder, 'capture');
  await writeFile(file, bytes);
  return file;
}

describe('a file', () => {
  test.each([
    ['pcap', PCAP],
    ['pcapng', PCAPNG],
    ['pcap.gz', gzipSync(PCAP)],
    ['pcapng.gz', gzipSync(PCAPNG)],
  ])('%s: the same packets from a file and from a stream in any pieces', async (_name, bytes) => {
    const source = await openFile(await stored(bytes));
    const { packets } = await drain(source);
    expect(packets.map((packet) => packet.data)).toEqual(RECORDS.map((record) => record.data));
    expect(source.end).toEqual({ reason: 'finished' });
    expect(source.statistics().received).toBe(500);
    for (const size of [1, 7, 64, 1000]) {
      expect((await drain(await openStream(inPieces(bytes, size), 'a stream'))).packets).toEqual(packets);
    }
  });

  test.each([
    ['', 'is empty'],
    ['Hello, this is no capture at all, only text that somebody wrote.', 'it looks like text'],
    ['<!DOCTYPE html><html><body>404</body></html>', 'it looks like an HTML page'],
    ['{"packets": []}', 'it looks like JSON text'],
    [Uint8Array.of(0x50, 0x4b, 3, 4, 9, 9, 9, 9), 'it looks like a ZIP archive'],
    [Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1), 'it looks like xz data'],
    [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1), 'it looks like Zstandard data'],
    ['snoop\0\0\0\0\0\0\x02', 'it looks like a Solaris snoop capture'],
    [Uint8Array.of(0, 1, 2, 250), 'data that starts with the octets 00 01 02 fa'],
    [gzipSync('just text'), 'it looks like text'],
    [PCAP.subarray(0, 16), 'ends within its pcap header: 16 of 24 octets are there'],
    [PCAPNG.subarray(0, 20), 'ends within its pcapng header: 20 of 28 octets are there'],
  ])('what is no capture is refused in words: %#', async (bytes, message) => {
    await expect(openFile(await stored(bytes))).rejects.toMatchObject({
      name: 'CaptureError',
      code: 'not-a-capture',
      message: expect.stringContaining(message),
    });
  });

  test('what cannot be opened says so', async () => {
    await expect(openFile(path.join(folder, 'absent'))).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('there is no such file'),
    });
    await expect(openFile(folder)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('is a folder'),
    });
  });

  test('a FIFO is read as a stream', async () => {
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const [source] = await Promise.all([openFile(fifo), writeFile(fifo, PCAP)]);
    expect((await drain(source)).packets).toHaveLength(500);
    expect(source.end).toEqual({ reason: 'finished' });
  });

  test('standard input', async () => {
    const reader = `
      const { openFile } = await import(${JSON.stringify(new URL('../../captures/sources/file.js', import.meta.url).href)});
      const source = await openFile('-');
      let packets = 0;
      for (let block = await source.next(); block !== null; block = await source.next()) packets += block.packets;
      console.log(packets, source.end.reason);`;
    const answer = execFileSync(process.execPath, ['--input-type=module', '-e', reader], { input: gzipSync(PCAPNG) });
    expect(String(answer)).toBe('500 finished\n');
  });

  test('stop ends it', async () => {
    const source = await openFile(await stored(PCAP));
    await source.stop();
    await source.stop();
    expect(await source.next()).toBeNull();
    expect(source.end).toEqual({ reason: 'stopped' });
  });
});

describe('a stream', () => {
  test('a packet is handed over when it is there, not when the block is full', async () => {
    const pipe = new PassThrough();
    pipe.write(PCAPNG.subarray(0, 48));
    pipe.write(epb(1n, DATA));
    const source = await openStream(pipe, 'a pipe');
    expect(await source.next()).toMatchObject({ packets: 1 });
    const pending = source.next();
    pipe.write(joined(epb(2n, DATA), epb(3n, DATA)));
    expect(await pending).toMatchObject({ packets: 2 });
    pipe.end();
    expect(await source.next()).toBeNull();
    expect(source.end).toEqual({ reason: 'finished' });
  });

  test('stop wakes a pending next', async () => {
    const pipe = new PassThrough();
    pipe.write(PCAPNG.subarray(0, 100));
    const source = await openStream(pipe, 'a pipe');
    await source.next();
    const pending = source.next();
    await source.stop();
    expect(await pending).toBeNull();
    expect(source.end).toEqual({ reason: 'stopped' });
    expect(pipe.destroyed).toBe(true);
  });

  test('one that breaks off keeps what came before', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield PCAP;
      throw new Error('connection reset');
    }
    const source = await openStream(broken(), 'an upload');
    expect((await drain(source)).packets).toHaveLength(500);
    expect(source.end).toEqual({ reason: 'lost', detail: 'the stream broke off (connection reset)' });
  });
});

describe('gzip (RFC 1952)', () => {
  const gz = gzipSync(PCAP);
  const read = async (bytes: Uint8Array) => {
    const source = await openStream(inPieces(bytes, 999), 'a stream');
    const { packets } = await drain(source);
    return { packets: packets.length, end: source.end };
  };

  test('several members, and zeros behind them', async () => {
    const members = joined(gzipSync(PCAP.subarray(0, 5000)), gzipSync(PCAP.subarray(5000)), new Uint8Array(600));
    expect(await read(members)).toEqual({ packets: 500, end: { reason: 'finished' } });
  });

  test('a header with every optional part (section 2.3)', async () => {
    const header = [0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 0x61, 0, 0x62, 0, 9, 9];
    const whole = joined(Uint8Array.from(header), deflateRawSync(PCAP), gz.subarray(gz.length - 8));
    expect(await read(whole)).toEqual({ packets: 500, end: { reason: 'finished' } });
  });

  test('a wrong checksum is damage, and costs no packet', async () => {
    const wrong = Uint8Array.from(gz);
    wrong[gz.length - 6] ^= 1;
    const detail = 'the gzip checksum does not match: the file is damaged';
    expect(await read(wrong)).toEqual({ packets: 500, end: { reason: 'damaged', detail } });
  });

  test('cut anywhere, it keeps what was decoded', async () => {
    let before = 0;
    for (let length = 300; length < gz.length; length += 97) {
      const { packets, end } = await read(gz.subarray(0, length));
      expect(end?.reason).toBe('damaged');
      expect(end?.detail).toContain('cut off');
      expect(packets).toBeGreaterThanOrEqual(before);
      before = packets;
    }
    expect(before).toBeGreaterThan(400);
  });

  test('octets behind it that are no gzip are damage, and cost no packet', async () => {
    const { packets, end } = await read(joined(gz, Uint8Array.of(1, 2, 3)));
    expect({ packets, reason: end?.reason }).toEqual({ packets: 500, reason: 'damaged' });
  });

  test('damage inside ends it in words', async () => {
    const wrong = Uint8Array.from(gz);
    wrong.fill(0xff, 2000, 2100);
    // Either the decoder notices, or what it makes of the octets is no pcap.
    expect((await read(wrong)).end).toMatchObject({ reason: 'damaged', detail: expect.stringMatching(/gzip|packet/) });
  });
});

describe('memory', () => {
  /** A pcap of `count` packets of 1,000 octets that is never stored. */
  async function* endless(count: number): AsyncGenerator<Uint8Array> {
    yield pcapBytes({});
    const some = pcapBytes({ records: Array(64).fill({ seconds: 1, fraction: 1, data: new Uint8Array(1000) }) });
    for (let i = 0; i < count / 64; i++) {
      // A fresh copy, as a socket gives: what is held on to would show.
      yield some.slice(24);
    }
  }

  test('300 MB of stream pass through in the memory of a few blocks', async () => {
    const source = await openStream(endless(300_032), 'a stream');
    const before = process.memoryUsage().rss;
    let highest = before;
    let packets = 0;
    for (let block = await source.next(); block !== null; block = await source.next()) {
      packets += block.packets;
      highest = Math.max(highest, process.memoryUsage().rss);
    }
    expect(packets).toBe(300_032);
    expect(highest - before).toBeLessThan(120e6);
  });
});
