/** Classic pcap: every form of it in, and our form of it out. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BlockBuilder, timeHigh, timeLow } from '../../captures/formats/epb.js';
import { PcapWriter } from '../../captures/formats/pcap-writer.js';
import { openStream } from '../../captures/sources/file.js';
import { drain, inPieces, joined, Octets, pcapBytes } from '../support/pcap-bytes.js';

const DATA = Uint8Array.from([1, 2, 3, 4, 5, 6, 7]);
const open = (bytes: Uint8Array, piece?: number) => openStream(inPieces(bytes, piece), 'the test');

describe('the file header', () => {
  test.each([
    ['microseconds', 0xa1b2c3d4, 123456, 123456000n],
    ['nanoseconds', 0xa1b23c4d, 123456789, 123456789n],
  ])('%s, both byte orders', async (_name, magic, fraction, expected) => {
    for (const little of [true, false]) {
      const records = [{ seconds: 1_700_000_000, fraction, data: DATA, original: 99 }];
      const source = await open(pcapBytes({ magic, little, records, network: 113, snapLength: 7 }));
      const { packets } = await drain(source);
      expect(packets).toHaveLength(1);
      expect(packets[0]).toMatchObject({ time: 1_700_000_000_000_000_000n + expected, original: 99, data: DATA });
      expect(source.interfaces).toMatchObject([{ id: 0, name: '', linkType: 113, snapLength: 7 }]);
      expect(source.end).toEqual({ reason: 'finished' });
      expect(source.statistics()).toEqual({ received: 1, kernel: null, interface: null, daemon: 0 });
    }
  });

  test('the modified form: 8 more octets a record, and the direction in them', async () => {
    for (const little of [true, false]) {
      const extra = new Octets(little).int(2, 4).int(0x800, 2).int(4, 1).int(0, 1).done();
      const records = [1, 2].map((seconds) => ({ seconds, fraction: 5, data: DATA }));
      const { packets } = await drain(
        await open(pcapBytes({ magic: 0xa1b2cd34, little, extra: Array.from(extra), records })),
      );
      expect(packets.map((packet) => packet.time)).toEqual([1_000_005_000n, 2_000_005_000n]);
      // epb_flags: outbound.
      expect(Array.from(packets[1].options)).toEqual([2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    }
  });

  test.each([
    ['1.0', { major: 1, minor: 0 }, 'version 1.0'],
    ['reserved bits of the link type', { network: 0x00200001 }, 'reserved bits'],
  ])('%s is refused', async (_name, header, message) => {
    await expect(open(pcapBytes(header))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['2.5, as tshark reads it', { minor: 5 }, 7, 9],
    ['2.2: the lengths stand the other way round', { minor: 2 }, 7, 9],
    ['2.3, with them either way', { minor: 3 }, 7, 9],
  ])('version %s', async (_name, header, captured, original) => {
    const swapped = header.minor < 4;
    const record = { seconds: 1, fraction: 0, data: DATA, captured: swapped ? original : captured };
    const { packets } = await drain(
      await open(pcapBytes({ ...header, records: [{ ...record, original: swapped ? captured : original }] })),
    );
    expect(packets).toMatchObject([{ data: DATA, original }]);
  });

  test('the frame check sequence that a header announces is told by epb_flags', async () => {
    const source = await open(pcapBytes({ network: 0x24000001, records: [{ seconds: 1, fraction: 0, data: DATA }] }));
    const { packets } = await drain(source);
    expect(source.interfaces[0].linkType).toBe(1);
    expect(new DataView(packets[0].options.buffer).getUint32(4, true)).toBe(4 << 5);
  });
});

describe('records', () => {
  test('a fraction of a second and more is carried', async () => {
    const records = [
      { seconds: 10, fraction: 1_500_000, data: DATA },
      { seconds: 0xffffffff, fraction: 0xffffffff, data: DATA },
    ];
    const { packets } = await drain(await open(pcapBytes({ records })));
    expect(packets.map((packet) => packet.time)).toEqual([
      11_500_000_000n,
      0xffffffffn * 1_000_000_000n + 0xffffffffn * 1000n,
    ]);
  });

  test('an original length below the captured one is kept as it is', async () => {
    const records = [{ seconds: 1, fraction: 0, data: DATA, original: 3 }];
    expect((await drain(await open(pcapBytes({ records })))).packets).toMatchObject([{ original: 3, data: DATA }]);
  });

  test('262,144 octets are read, one more is damage, and what came before is kept', async () => {
    const large = new Uint8Array(262_144).fill(9);
    const records = [{ seconds: 1, fraction: 0, data: large }];
    const more = [...records, { seconds: 2, fraction: 0, data: DATA, captured: 262_145 }];
    const whole = await drain(await open(pcapBytes({ records }), 70_000));
    expect(Buffer.compare(whole.packets[0].data, large)).toBe(0);
    const source = await open(pcapBytes({ records: more }));
    expect((await drain(source)).packets).toHaveLength(1);
    expect(source.end).toEqual({
      reason: 'damaged',
      detail: 'packet 2, at octet 262,184, claims 262,145 octets; 262,144 is the most that a packet can have',
    });
  });

  test('one packet larger than a block, where the link type allows it', async () => {
    const data = new Uint8Array(3 << 20).fill(7);
    const file = pcapBytes({ network: 249, records: [{ seconds: 1, fraction: 0, data: DATA }] });
    const record = new Octets().int(2, 4).int(0, 4).int(data.length, 4).int(data.length, 4).done();
    const { packets } = await drain(await open(joined(file, record, data, record, data), 1 << 16));
    expect(packets.map((packet) => packet.data.length)).toEqual([7, data.length, data.length]);
    expect(Buffer.compare(packets[2].data, data)).toBe(0);
  });

  test('a file cut anywhere keeps every whole packet and says where it ends', async () => {
    const file = pcapBytes({ records: [1, 2, 3].map((seconds) => ({ seconds, fraction: 0, data: DATA })) });
    for (let length = 24; length < file.length; length++) {
      const source = await open(file.subarray(0, length));
      const { packets } = await drain(source);
      expect(packets).toHaveLength(Math.floor((length - 24) / 23));
      const whole = (length - 24) % 23 === 0;
      expect(source.end?.reason).toBe(whole ? 'finished' : 'damaged');
      if (!whole) {
        const at = 24 + packets.length * 23;
        expect(source.end?.detail).toContain(`in the middle of packet ${packets.length + 1}, at octet ${at}`);
      }
    }
  });
});

const packet = fc.record({
  time: fc.bigInt({ min: 0n, max: 0xffff_ffffn * 1_000_000_000n }),
  data: fc.uint8Array({ maxLength: 300 }),
  original: fc.integer({ min: 0, max: 0xffffffff }),
});

describe('the writer', () => {
  test('what is written is read again: times, lengths, octets, whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 30 }), fc.integer({ min: 1, max: 999 }), async (list, piece) => {
        const builder = new BlockBuilder();
        for (const { time, data, original } of list) {
          builder.add(0, timeHigh(time), timeLow(time), data, 0, data.length, original, 1);
        }
        const writer = new PcapWriter([{ linkType: 1, snapLength: 0 }]);
        const body = writer.writeBlock(builder.take()?.bytes ?? new Uint8Array(0));
        const { packets } = await drain(await open(joined(writer.header(), body), piece));
        expect(packets.map(({ time, data, original }) => ({ time, data, original }))).toEqual(list);
        expect(writer.timesOutOfRange).toBe(0);
      }),
    );
  });

  test('microseconds cut; a selection leaves packets out; 2106 is counted', async () => {
    const builder = new BlockBuilder();
    for (const time of [1_999_999_999n, 4_294_967_296_000_000_001n, 4_294_967_296_000_000_002n, 3_000_000_000n]) {
      builder.add(0, timeHigh(time), timeLow(time), DATA, 0, 7, 7);
    }
    const writer = new PcapWriter([{ linkType: 1, snapLength: 96 }], 'microseconds');
    const body = writer.writeBlock(builder.take()?.bytes ?? DATA, (index) => index !== 1);
    const source = await open(joined(writer.header(), body));
    expect((await drain(source)).packets.map(({ time }) => time)).toEqual([1_999_999_000n, 0n, 3_000_000_000n]);
    expect(source.interfaces[0].snapLength).toBe(96);
    expect(writer.timesOutOfRange).toBe(1);
  });

  test('more than one link type is refused in words', () => {
    const interfaces = [1, 113].map((linkType) => ({ linkType, snapLength: 0 }));
    expect(() => new PcapWriter(interfaces)).toThrow('a pcap file holds one link type; these packets have 2 (1, 113)');
  });
});
