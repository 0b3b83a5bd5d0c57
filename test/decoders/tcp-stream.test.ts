/** Streams put together: RFC 9293, section 3.4, and what a capture does to them. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type StreamPart, TcpStream } from '../../decoders/conversations/tcp-stream.js';
import { ByteStream } from '../../decoders/session/byte-stream.js';

interface Segment {
  readonly from?: 'client' | 'server';
  readonly seq: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly data?: string;
}

const SYN = 2;
const ACK = 16;

/** What the segments say: the octets as text, `{n}` for a gap, `!n` for octets that contradict, `~` for a new connection. */
function told(segments: readonly Segment[]): string {
  const stream = new TcpStream();
  const parts: string[] = [];
  const tell = (part: StreamPart): void => {
    if (part.kind === 'gap') parts.push(`{${part.octets}}`);
    else if (part.kind === 'contradiction') parts.push(`!${part.octets}`);
    else if (part.kind === 'renewed') parts.push('~');
    else parts.push(Buffer.from(part.bytes.subarray(part.start, part.end)).toString('latin1'));
  };
  segments.forEach(({ from = 'client', seq, ack, flags = 0, data = '' }, index) => {
    const bytes = Buffer.from(data, 'latin1');
    const { length } = bytes;
    const segment = { from, packet: index + 1, sequence: seq >>> 0, bytes, start: 0, end: length };
    const control = flags | (ack === undefined ? 0 : ACK);
    for (const part of stream.add({ ...segment, acknowledgment: ack ?? 0, flags: control })) tell(part);
    // Whoever captures uses the buffer again.
    bytes.fill(0x3f);
  });
  stream.finish().forEach(tell);
  return parts.join('|');
}

const cases: readonly [string, readonly Segment[], string][] = [
  [
    'in order',
    [
      { seq: 1, data: 'ab' },
      { seq: 3, data: 'cd' },
    ],
    'ab|cd',
  ],
  [
    'the SYN has a number of its own',
    [
      { seq: 0, flags: SYN },
      { seq: 1, data: 'ab' },
    ],
    'ab',
  ],
  [
    'data behind the SYN (RFC 7413)',
    [
      { seq: 0, flags: SYN, data: 'ab' },
      { seq: 3, data: 'cd' },
    ],
    'ab|cd',
  ],
  [
    'a retransmission is shown once',
    [
      { seq: 1, data: 'ab' },
      { seq: 1, data: 'ab' },
      { seq: 3, data: 'c' },
    ],
    'ab|c',
  ],
  [
    'the wrong way round',
    [
      { seq: 1, data: 'a' },
      { seq: 3, data: 'c' },
      { seq: 2, data: 'b' },
    ],
    'a|b|c',
  ],
  [
    'overlapping',
    [
      { seq: 1, data: 'abc' },
      { seq: 2, data: 'bcde' },
    ],
    'abc|de',
  ],
  [
    'more than was sent before',
    [
      { seq: 1, data: 'a' },
      { seq: 3, data: 'c' },
      { seq: 1, data: 'abcd' },
    ],
    'a|b|c|d',
  ],
  [
    'contradicting what was read',
    [
      { seq: 1, data: 'abcd' },
      { seq: 1, data: 'aXcYe' },
      { seq: 6, data: 'f' },
    ],
    'abcd|!2|e|f',
  ],
  [
    'contradicting what waits: what came first counts',
    [
      { seq: 1, data: 'a' },
      { seq: 3, data: 'cd' },
      { seq: 2, data: 'bXXe' },
    ],
    'a|!2|b|cd|e',
  ],
  [
    'a gap is one when the other end has what lies behind it',
    [
      { seq: 1, data: 'a' },
      { seq: 5, data: 'e' },
      { from: 'server', seq: 100, ack: 6 },
      { seq: 6, data: 'f' },
    ],
    'a|{3}|e|f',
  ],
  [
    'and not before',
    [
      { seq: 1, data: 'a' },
      { seq: 5, data: 'e' },
      { from: 'server', seq: 100, ack: 2 },
      { seq: 2, data: 'bcd' },
    ],
    'a|bcd|e',
  ],
  [
    'a gap at the end',
    [
      { seq: 1, data: 'a' },
      { seq: 5, data: 'e' },
    ],
    'a|{3}|e',
  ],
  [
    'a hole of 1 GB',
    [
      { seq: 1, data: 'a' },
      { seq: 2 + 2 ** 30, data: 'z' },
    ],
    `a|{${2 ** 30}}|z`,
  ],
  [
    'a hole of 3 GB',
    [
      { seq: 1, data: 'a' },
      { seq: 3e9, data: 'z' },
    ],
    `a|{${3e9 - 2}}|z`,
  ],
  [
    'numbers wrap',
    [
      { seq: -2, data: 'abcd' },
      { seq: 2, data: 'e' },
      { seq: -1, data: 'bcd' },
    ],
    'abcd|e',
  ],
  [
    'from the middle on',
    [
      { seq: 777, ack: 5, data: 'x' },
      { from: 'server', seq: 5, ack: 778, data: 'y' },
    ],
    'x|y',
  ],
  [
    'ports used again',
    [
      { seq: 0, flags: SYN },
      { seq: 1, data: 'old' },
      { seq: 9000, flags: SYN },
      { seq: 9001, data: 'new' },
    ],
    'old|~|new',
  ],
  [
    'a repeated SYN',
    [
      { seq: 0, flags: SYN },
      { seq: 0, flags: SYN },
      { seq: 1, data: 'ab' },
    ],
    'ab',
  ],
];

describe('a TCP stream', () => {
  test.each(cases)('%s', (_name, segments, expected) => {
    expect(told(segments)).toBe(expected);
  });

  test('any order, repetition and overlap of segments gives the same octets', () => {
    const cut = fc.record({ at: fc.nat(199), length: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 60 }), fc.nat(2 ** 32 - 1), (cuts, first) => {
        const data = Uint8Array.from({ length: 200 }, (_, index) => (index * 7) & 255);
        const stream = new ByteStream({ remembered: 64 });
        stream.next = first;
        const read: number[] = [];
        // At the end everything once more, so that nothing is missing.
        for (const { at, length } of [...cuts, { at: 0, length: 200 }]) {
          const bytes = data.slice(at, at + length);
          for (const piece of stream.add((first + at) >>> 0, { bytes, start: 0, end: bytes.length }))
            read.push(...piece.bytes.subarray(piece.start, piece.end));
          expect(stream.contradicting).toBe(0);
          bytes.fill(255);
        }
        expect(read).toEqual([...data]);
        expect(stream.held).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('of what contradicts itself, each octet is the one that came first', () => {
    const cut = fc.record({ at: fc.nat(60), data: fc.uint8Array({ minLength: 1, maxLength: 20 }) });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 40 }), (cuts) => {
        const stream = new ByteStream({ remembered: 4096 });
        stream.next = 0;
        const expected = new Map<number, number>();
        const read: number[] = [];
        for (const { at, data } of [...cuts, { at: 0, data: new Uint8Array(80) }]) {
          let differing = 0;
          data.forEach((octet, index) => {
            const known = expected.get(at + index);
            if (known === undefined) expected.set(at + index, octet);
            else if (known !== octet) differing++;
          });
          for (const { bytes, start, end } of stream.add(at, { bytes: data, start: 0, end: data.length }))
            read.push(...bytes.subarray(start, end));
          expect(stream.contradicting).toBe(differing);
        }
        expect(read).toEqual(Array.from({ length: 80 }, (_, index) => expected.get(index)));
      }),
      { numRuns: 300 },
    );
  });

  test('memory is bounded while an octet is missing', () => {
    const stream = new TcpStream();
    const bytes = new Uint8Array(1400);
    let most = 0;
    let gaps = 0;
    for (let packet = 1; packet < 50_000; packet++) {
      const sequence = (2 + packet * 1401) >>> 0;
      const parts = stream.add({
        from: 'client',
        packet,
        sequence,
        acknowledgment: 0,
        flags: 0,
        bytes,
        start: 0,
        end: 1400,
      });
      gaps += parts.filter((part) => part.kind === 'gap').length;
      most = Math.max(most, stream.held);
    }
    expect(most).toBeLessThanOrEqual((4 << 20) + 1400);
    expect(gaps).toBeGreaterThan(40_000);
  });
});
