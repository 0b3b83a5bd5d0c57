/** pcapng: the words of draft-ietf-opsawg-pcapng, one by one; and ours out. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BlockBuilder, OPTION, timeHigh, timeLow } from '../../captures/formats/epb.js';
import {
  decryptionSecrets,
  interfaceStatistics,
  nameResolution,
  PcapngWriter,
} from '../../captures/formats/pcapng-writer.js';
import { openStream } from '../../captures/sources/file.js';
import type { CaptureInterface } from '../../captures/sources/source.js';
import { block, drain, epb, idb, inPieces, joined, Octets, options, pcapBytes, shb } from '../support/pcap-bytes.js';

const DATA = Uint8Array.from([1, 2, 3, 4, 5]);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const NS = [OPTION.ifTimeResolution, [9]] as const;
const open = (bytes: Uint8Array, piece?: number) => openStream(inPieces(bytes, piece), 'the test');
const read = async (...parts: Uint8Array[]) => {
  const source = await open(joined(...parts));
  return { source, ...(await drain(source)) };
};

describe.each([
  ['little-endian', true],
  ['big-endian', false],
])('%s', (_order, little) => {
  const n = (value: number | bigint, width: number): Uint8Array => new Octets(little).int(value, width).done();
  const le = (value: number | bigint, width: number): Uint8Array => new Octets().int(value, width).done();

  test('section and interface options (4.1, 4.2)', async () => {
    const { source } = await read(
      shb(little, [
        [OPTION.comment, text('a')],
        [OPTION.comment, text('b\0')],
        [OPTION.shbHardware, text('hw')],
        [OPTION.shbOs, text('os')],
        [OPTION.shbUserApplication, text('app')],
      ]),
      idb(
        little,
        [
          [OPTION.ifName, text('eth0')],
          [OPTION.ifDescription, text('the first')],
          [OPTION.ifMacAddress, [1, 2, 3, 4, 5, 6]],
          [OPTION.ifSpeed, n(10_000_000_000n, 8)],
          [OPTION.ifFilter, [0, ...text('tcp')]],
          [OPTION.ifOs, text('Linux')],
          [OPTION.ifHardware, text('card')],
          [OPTION.comment, text('note')],
          NS,
        ],
        276,
        96,
      ),
    );
    expect(source.section).toEqual({ comment: 'a\nb', hardware: 'hw', os: 'os', application: 'app' });
    expect(source.interfaces).toEqual([
      {
        id: 0,
        name: 'eth0',
        description: 'the first',
        linkType: 276,
        snapLength: 96,
        macAddress: Uint8Array.from([1, 2, 3, 4, 5, 6]),
        speed: 10_000_000_000n,
        filter: 'tcp',
        os: 'Linux',
        hardware: 'card',
        comment: 'note',
        originalResolution: 9,
        section: 0,
      },
    ]);
    expect(source.end).toEqual({ reason: 'finished' });
  });

  test.each([
    ['µs by default', undefined, 0n, 1_500_001n, 1_500_001_000n],
    ['ms', 3, 0n, 1_501n, 1_501_000_000n],
    ['s', 0, 0n, 7n, 7_000_000_000n],
    ['ps are cut, not rounded', 12, 0n, 1_999n, 1n],
    ['2^-10', 0x8a, 0n, 1_025n, 1_000_976_562n],
    ['2^-63', 0xff & (0x80 | 63), 0n, 1n << 62n, 500_000_000n],
    ['µs beyond 2^53', 6, 0n, 18_000_000_000_000_000n, 18_000_000_000_000_000_000n],
    ['an offset', 6, 100n, 1n, 100_000_001_000n],
    ['a negative offset', 9, -1n, 1_000_000_005n, 5n],
    ['before 1970: modulo 2^64', 9, -1n, 999_999_999n, 0xffff_ffff_ffff_ffffn],
  ])('if_tsresol and if_tsoffset: %s', async (_name, resolution, offset, stamp, expected) => {
    const opts: [number, ArrayLike<number>][] = [];
    if (resolution !== undefined) {
      opts.push([OPTION.ifTimeResolution, [resolution]]);
    }
    opts.push([OPTION.ifTimeOffset, n(offset, 8)]);
    const { packets, source } = await read(shb(little), idb(little, opts), epb(stamp, DATA, little));
    expect(packets).toMatchObject([{ time: expected, data: DATA }]);
    expect(source.warnings).toHaveLength(expected > 2n ** 63n + 2n ** 62n && offset < 0n ? 1 : 0);
  });

  test('packet options are kept, and their numbers turned (4.3)', async () => {
    const opts = (order: (value: number | bigint, width: number) => Uint8Array) =>
      [
        [OPTION.epbFlags, order(0x80000001, 4)],
        [OPTION.epbHash, [2, 9, 8, 7, 6]],
        [OPTION.epbDropCount, order(5n, 8)],
        [OPTION.epbPacketId, order(6n, 8)],
        [OPTION.epbQueue, order(7, 4)],
        [OPTION.epbVerdict, [1, ...order(0x0102030405060708n, 8)]],
        [OPTION.comment, text('first')],
        [OPTION.comment, text('second')],
        [OPTION.customBytes, [...order(32473, 4), 1, 2, 3]],
        [0x8123, [1, 2, 3]],
      ] as const;
    const { packets, source } = await read(shb(little), idb(little, [NS]), epb(1n, DATA, little, opts(n)));
    expect(packets[0].options).toEqual(options(opts(le)));
    expect(source.warnings).toEqual([]);
  });

  test('options of unsound length are left out with a warning, the packet stays', async () => {
    const opts = [[OPTION.epbFlags, n(1, 4)] as const, [OPTION.epbQueue, []] as const, [1, text('kept')] as const];
    const { packets, source } = await read(shb(little), idb(little, [NS]), epb(1n, DATA, little, opts));
    expect(packets[0].options).toEqual(
      options([
        [OPTION.epbFlags, le(1, 4)],
        [1, text('kept')],
      ]),
    );
    expect(source.warnings).toEqual(['packet 1 has options of a length that no reader accepts: they were left out']);
  });

  test('a Simple Packet Block has no time, and its interface cuts it (4.4)', async () => {
    const simple = (original: number, data: Uint8Array) =>
      block(3, new Octets(little).int(original, 4).raw(data, 4).done(), little);
    const { packets } = await read(shb(little), idb(little, [], 1, 4), simple(9, DATA), simple(3, DATA.subarray(0, 3)));
    expect(packets).toMatchObject([
      { time: null, original: 9, data: DATA.subarray(0, 4), interfaceId: 0 },
      { time: null, original: 3, data: DATA.subarray(0, 3) },
    ]);
    // An Enhanced Packet Block of time 0 is not the same thing.
    expect((await read(shb(little), idb(little), epb(0n, DATA, little))).packets[0].time).toBe(0n);
  });

  test('an obsolete Packet Block, with its drops (appendix A)', async () => {
    const obsolete = (dropped: number) => {
      const body = new Octets(little).int(0, 2).int(dropped, 2).int(0, 4).int(7, 4).int(5, 4).int(9, 4).raw(DATA, 4);
      return block(2, body.raw(options([[OPTION.epbFlags, n(2, 4)]], little)).done(), little);
    };
    const { packets } = await read(shb(little), idb(little), obsolete(3), obsolete(0), obsolete(0xffff));
    expect(packets.map((packet) => [packet.time, packet.original])).toEqual(Array(3).fill([7000n, 9]));
    const flags = [OPTION.epbFlags, le(2, 4)] as const;
    expect(packets[0].options).toEqual(options([flags, [OPTION.epbDropCount, le(3n, 8)]]));
    expect(packets[2].options).toEqual(options([flags]));
  });

  test('names, secrets, statistics, custom and unknown blocks stand among the packets', async () => {
    const name = [10, 0, 0, 1, ...text('host\0')];
    const nrb = new Octets(little).int(1, 2).int(9, 2).raw(name, 4).int(0, 4);
    const isb = (order: boolean, high: number, low: number) =>
      block(
        5,
        new Octets(order)
          .int(0, 4)
          .int(high, 4)
          .int(low, 4)
          .raw(options([[OPTION.isbReceived, new Octets(order).int(77n, 8).done()]], order))
          .done(),
        order,
      );
    const { others, packets } = await read(
      shb(little),
      idb(little),
      block(4, nrb.done(), little),
      isb(little, 0, 1_000_001),
      epb(1n, DATA, little),
      block(10, new Octets(little).int(0x544c534b, 4).int(3, 4).raw([1, 2, 3], 4).done(), little),
      block(0xbad, new Octets(little).int(32473, 4).raw([1, 2, 3, 4]).done(), little),
      block(0x77777777, Uint8Array.from([1, 2, 3, 4]), little),
    );
    expect(packets).toHaveLength(1);
    expect(others).toEqual([
      block(4, new Octets().int(1, 2).int(9, 2).raw(name, 4).int(0, 4).done()),
      isb(true, 0, 1_000_001_000),
      decryptionSecrets(Uint8Array.from([1, 2, 3])),
      block(0xbad, new Octets().int(32473, 4).raw([1, 2, 3, 4]).done()),
      block(0x77777777, Uint8Array.from([1, 2, 3, 4])),
    ]);
  });

  test('sections of either order follow each other; interfaces are numbered through', async () => {
    const { packets, source } = await read(
      shb(little),
      idb(little, [NS], 1),
      idb(little, [], 101),
      epb(1n, DATA, little, [], 1),
      shb(!little),
      idb(!little, [NS], 113),
      epb(2n, DATA, !little),
    );
    expect(packets.map(({ interfaceId, time }) => [interfaceId, time])).toEqual([
      [1, 1000n],
      [2, 2n],
    ]);
    expect(source.interfaces.map(({ id, section, linkType }) => [id, section, linkType])).toEqual([
      [0, 0, 1],
      [1, 0, 101],
      [2, 1, 113],
    ]);
  });

  const head = joined(shb(little), idb(little, [NS]), epb(1n, DATA, little));
  const framed = (length: number | bigint, trailer: number | bigint = length) =>
    new Octets(little).int(6, 4).int(length, 4).raw(new Uint8Array(24)).int(trailer, 4).done();
  test.each([
    ['length 0', framed(0), 'a block whose length is 0:'],
    ['length 4 GB', framed(0xfffffff0n), 'a block whose length is 4,294,967,280; 16,777,216 octets are the most'],
    ['length 37', framed(37), 'a block whose length is 37:'],
    ['another length at the end', framed(36, 40), 'length is 36 at its start and 40 at its end'],
    ['an interface nobody declared', epb(1n, DATA, little, [], 9), 'interface 9, where the section declares 1'],
    ['too many octets', block(6, new Octets(little).int(0, 12).int(200, 4).int(200, 4).done(), little), '200 octets'],
    ['a section of version 9.0', shb(little, [], 9), 'version 9.0'],
    ['a section without a magic', new Octets(little).int(0x0a0d0d0a, 4).int(28, 4).int(0, 20).done(), 'magic'],
    ['a cut block', epb(2n, DATA, little).subarray(0, 21), 'the file ends in the middle of a block'],
  ])('damage: %s', async (_name, bytes, detail) => {
    const { packets, source } = await read(head, bytes);
    expect(packets).toHaveLength(1);
    expect(source.end?.reason).toBe('damaged');
    expect(source.end?.detail).toContain(detail);
    expect(source.end?.detail).toContain('after packet 1');
    expect(source.end?.detail).toContain(`octet ${head.length}`);
  });
});

const INTERFACES: CaptureInterface[] = [
  {
    id: 0,
    name: 'lo',
    description: 'loopback',
    linkType: 1,
    snapLength: 262_144,
    filter: 'udp port 53',
    os: 'Linux 6.1',
    comment: 'grüße',
    macAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
    speed: 1_000_000_000n,
  },
  { id: 1, name: 'any', linkType: 276, snapLength: 0 },
];

function blocks(count: number): Uint8Array {
  const builder = new BlockBuilder();
  for (let i = 0; i < count; i++) {
    builder.add(i % 2, timeHigh(BigInt(i)), i, DATA, 0, i % 6, 1500, i % 3 === 0 ? 1 : undefined);
  }
  return builder.take()?.bytes.slice() ?? new Uint8Array(0);
}

describe('the writer', () => {
  test('ours is read again as it was written', async () => {
    const writer = new PcapngWriter({ application: 'netglass', os: 'Linux', hardware: 'x86', comment: 'c' });
    const names = nameResolution([
      { address: Uint8Array.of(10, 0, 0, 1), names: ['a.example', 'b.example'] },
      { address: new Uint8Array(16), names: ['six'] },
    ]);
    const statistics = interfaceStatistics({
      interfaceId: 1,
      time: 5n,
      startTime: 1n,
      endTime: 0x1_0000_0002n,
      received: 10n,
      interfaceDropped: 0n,
      osDropped: 3n,
    });
    const body = joined(names, blocks(50), statistics);
    const read = await open(joined(writer.header(INTERFACES), writer.writeBlock(body), writer.describe(INTERFACES)));
    const { bytes, others } = await drain(read);
    expect(bytes).toEqual(body);
    expect(others).toEqual([names, statistics]);
    expect(read.section).toEqual({ application: 'netglass', os: 'Linux', hardware: 'x86', comment: 'c' });
    const added = { originalResolution: 9, section: 0 };
    expect(read.interfaces).toEqual([
      { ...INTERFACES[0], ...added },
      { ...INTERFACES[1], ...added, snapLength: 262_144 },
    ]);
    expect(read.end).toEqual({ reason: 'finished' });
  });

  test('a selection keeps the packets that it takes, and the other blocks', async () => {
    const writer = new PcapngWriter();
    const secrets = decryptionSecrets(text('CLIENT_RANDOM 00 00'));
    const out = writer.writeBlock(joined(blocks(10), secrets), (index) => index % 3 === 1).slice();
    const { packets, others } = await drain(await open(joined(writer.header(INTERFACES), out)));
    expect(packets.map((packet) => packet.time)).toEqual([1n, 4n, 7n]);
    expect(others).toEqual([secrets]);
  });

  test('comments are added behind what is there', async () => {
    const writer = new PcapngWriter();
    const once = writer.writeCommented(blocks(4), (index) => (index === 2 ? undefined : `packet ${index}`));
    const twice = writer.writeCommented(
      once,
      () => 'again',
      (index) => index < 2,
    );
    const { packets } = await drain(await open(joined(writer.header(INTERFACES), twice)));
    const comments = ['again'].map((value) => [OPTION.comment, text(value)] as const);
    const earlier = (index: number) => [OPTION.comment, text(`packet ${index}`)] as const;
    expect(packets.map((packet) => packet.options)).toEqual([
      options([[OPTION.epbFlags, [1, 0, 0, 0]], earlier(0), ...comments]),
      options([earlier(1), ...comments]),
    ]);
  });

  test('a comment longer than an option is cut between characters', async () => {
    const writer = new PcapngWriter();
    const long = writer.writeCommented(blocks(1), () => 'é'.repeat(40_000));
    const { packets } = await drain(await open(joined(writer.header(INTERFACES), long)));
    expect(new DataView(packets[0].options.buffer).getUint16(10, true)).toBe(65_534);
  });
});

describe('whatever the octets', () => {
  const data = fc.uint8Array({ maxLength: 60 });
  const comment = fc.option(fc.string({ maxLength: 20 }), { nil: undefined });
  const packet = fc.record({ time: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), data, comment });

  test('write → read is the identity, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 20 }), fc.integer({ min: 1, max: 300 }), async (list, piece) => {
        const builder = new BlockBuilder();
        for (const { time, data } of list) {
          builder.add(0, timeHigh(time), timeLow(time), data, 0, data.length, data.length + 1);
        }
        const writer = new PcapngWriter();
        const plain = builder.take()?.bytes ?? new Uint8Array(0);
        const body = writer.writeCommented(plain, (index) => list[index].comment).slice();
        const read = await drain(await open(joined(writer.header(INTERFACES), body), piece));
        expect(read.bytes).toEqual(body);
        expect(read.packets.map(({ time, data }) => ({ time, data }))).toEqual(
          list.map(({ time, data }) => ({ time, data })),
        );
      }),
    );
  });

  const files = [true, false].flatMap((little) => [
    joined(
      shb(little, [[1, text('c')]]),
      idb(little, [[OPTION.ifName, text('a')]]),
      epb(5n, DATA, little, [[2, [0, 0, 0, 1]]]),
      block(3, new Octets(little).int(5, 4).raw(DATA, 4).done(), little),
      block(
        5,
        new Octets(little)
          .int(0, 12)
          .raw(options([[4, new Uint8Array(8)]], little))
          .done(),
        little,
      ),
      block(4, new Octets(little).int(1, 2).int(6, 2).raw([1, 2, 3, 4, 65, 0], 4).int(0, 4).done(), little),
      epb(6n, DATA, little, [[1, text('x')]]),
    ),
    pcapBytes({ little, records: [1, 2, 3].map((seconds) => ({ seconds, fraction: 1, data: DATA })) }),
    pcapBytes({
      little,
      magic: 0xa1b2cd34,
      extra: Array(8).fill(1),
      records: [{ seconds: 1, fraction: 1, data: DATA }],
    }),
  ]);

  test('a file with any octets changed, and cut anywhere, is read to some end without throwing', async () => {
    const change = fc.tuple(fc.nat(400), fc.nat(255));
    const changes = fc.array(change, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), changes, fc.nat(400), async (file, list, cut) => {
        const bytes = file.slice(0, Math.max(64, file.length - (cut % file.length)));
        for (const [at, value] of list) {
          bytes[at % bytes.length] = value;
        }
        let source: Awaited<ReturnType<typeof open>>;
        try {
          source = await open(bytes, 50);
        } catch (error) {
          // Only the header's own refusal, in words; what follows must not throw.
          expect(error).toMatchObject({ name: 'CaptureError', message: expect.stringMatching(/^.{10,}$/) });
          return;
        }
        await drain(source, true);
        expect(['finished', 'damaged']).toContain(source.end?.reason);
        expect(source.end?.reason === 'damaged').toBe(source.end?.detail !== undefined);
      }),
      { numRuns: 3000 },
    );
  });
});
