/** The block layout that everything shares: builder, walkers, options of a packet, times. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Clock } from '../../captures/formats/clock.js';
import {
  BlockBuilder,
  findPacketOption,
  forEachPacket,
  hasTime,
  nanoseconds,
  nextBlock,
  nextPacket,
  OPTION,
  packetBlockBytes,
  packetFlags,
  relativeNanoseconds,
  timeHigh,
  timeLow,
  viewOf,
} from '../../captures/formats/epb.js';
import { block, epb } from '../support/pcap-bytes.js';

const octets = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

describe('BlockBuilder', () => {
  test('lays a packet out as the specification draws it (4.3)', () => {
    const builder = new BlockBuilder();
    const data = octets(600);
    const expected: Uint8Array[] = [];
    // Twice, so that the second time the buffer is not fresh: padding must be zero all the same.
    for (let round = 0; round < 2; round++) {
      expected.length = 0;
      for (const length of [0, 1, 2, 3, 4, 23, 24, 25, 26, 599].slice(round)) {
        expect(builder.add(0, 1, length, data, 1, 1 + length, length)).toBe(true);
        expected.push(epb((1n << 32n) + BigInt(length), data.subarray(1, 1 + length)));
      }
      const taken = builder.take();
      expect(taken?.packets).toBe(10 - round);
      expect(Buffer.from(taken?.bytes ?? [])).toEqual(Buffer.concat(expected));
    }
    expect(builder.take()).toBeNull();
  });

  test('flags are an option with an end', () => {
    const builder = new BlockBuilder();
    builder.add(3, 0, 5, octets(6), 0, 6, 60, 0x80000002);
    const bytes = builder.take()?.bytes ?? new Uint8Array(0);
    expect(bytes).toEqual(epb(5n, octets(6), true, [[OPTION.epbFlags, [2, 0, 0, 0x80]]], 3, 60));
    expect(bytes.length).toBe(packetBlockBytes(6, true));
    expect(packetFlags(viewOf(bytes), 0)).toBe(0x80000002);
    expect(findPacketOption(viewOf(bytes), 0, OPTION.epbHash)).toBe(-1);
  });

  test('is full when it is full, and grows for one packet that is larger than it', () => {
    const builder = new BlockBuilder(100);
    const add = (length: number): boolean => builder.add(0, 0, 0, octets(1000), 0, length, length);
    expect([add(10), add(10), add(10)]).toEqual([true, true, false]);
    expect(builder.bytes).toBe(88);
    expect(builder.take()).toMatchObject({ packets: 2 });
    expect([add(1000), add(0)]).toEqual([true, false]);
    expect(builder.take()?.bytes).toEqual(epb(0n, octets(1000)));
    expect(builder.addRaw(epb(1n, octets(4)), 0, 36, 1)).toBe(true);
    expect(builder.take()).toEqual({ bytes: epb(1n, octets(4)), packets: 1 });
  });
});

describe('walking', () => {
  const bytes = Uint8Array.from([
    ...block(4, octets(8)),
    ...epb(1n, octets(3)),
    ...block(5, octets(4)),
    ...epb(2n, octets(0)),
  ]);

  test('only packets, in order', () => {
    const view = viewOf(bytes);
    const seen: number[] = [];
    for (
      let at = nextPacket(view, 0, bytes.length);
      at >= 0;
      at = nextPacket(view, nextBlock(view, at), bytes.length)
    ) {
      seen.push(at);
    }
    const visited: number[][] = [];
    forEachPacket(bytes, (_view, at, index) => visited.push([at, index]));
    expect(seen).toEqual([20, 72]);
    expect(visited).toEqual([
      [20, 0],
      [72, 1],
    ]);
    expect(hasTime(view, 20)).toBe(true);
  });
});

describe('time', () => {
  const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

  test('two halves and back', () => {
    fc.assert(fc.property(time, (t) => expect(nanoseconds(timeHigh(t), timeLow(t))).toBe(t)));
  });

  test('relative to a base: exact up to 2^53', () => {
    fc.assert(
      fc.property(time, fc.maxSafeInteger(), (base, by) => {
        const t = base + BigInt(by);
        fc.pre(t >= 0n && t < 2n ** 64n);
        expect(relativeNanoseconds(timeHigh(t), timeLow(t), timeHigh(base), timeLow(base))).toBe(by);
      }),
    );
  });

  test('any resolution and offset: as exact arithmetic says', () => {
    const resolution = fc.oneof(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0x80, max: 0x80 + 63 }));
    const offset = fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 41n), max: 2n ** 41n }));
    const stamp = fc.oneof(time, fc.bigInt({ min: 0n, max: 2n ** 53n }));
    fc.assert(
      fc.property(resolution, offset, fc.array(stamp, { minLength: 1, maxLength: 4 }), (r, seconds, stamps) => {
        const clock = new Clock(r, seconds);
        const units = r & 0x80 ? 2n ** BigInt(r & 0x7f) : 10n ** BigInt(r);
        for (const t of stamps) {
          clock.convert(timeHigh(t), timeLow(t));
          const exact = (t * 1_000_000_000n) / units + seconds * 1_000_000_000n;
          expect(nanoseconds(clock.high, clock.low)).toBe(BigInt.asUintN(64, exact));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
