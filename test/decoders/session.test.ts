/** What a session makes of streams: one small protocol, whose messages begin with their length, over hand-made segments. */

import { describe, expect, test } from '@jest/globals';
import { protocol, Registry, text, uint } from '../../decoders/core/index.js';
import { ethernet } from '../../decoders/protocols/ethernet.js';
import { ipv4 } from '../../decoders/protocols/ipv4.js';
import { tcp } from '../../decoders/protocols/tcp.js';
import { udp } from '../../decoders/protocols/udp.js';
import { ByteStream } from '../../decoders/session/byte-stream.js';
import { Fragments } from '../../decoders/session/fragments.js';
import { MessageBuffer } from '../../decoders/session/message-buffer.js';
import { Session } from '../../decoders/session/session.js';

/** `NAME`: an octet of length, then as much text; `!` instead of a length goes on until the stream ends. */
const talk = protocol('talk', 'Talk', {
  reference: 'this test',
  carriedBy: { 'tcp.port': 7000 },
  header: { length: uint(8, 'Length') },
  fields: { said: text('Said') },
  headerLength: 'all',
  message: (view, start, end) => {
    if (start >= end) return 0;
    const length = view.getUint8(start);
    return length === 33 ? Number.POSITIVE_INFINITY : 1 + length;
  },
  body: (body, field) => {
    while (body.remaining > 0) {
      body.text(field.said, body.remaining);
    }
  },
});

const registry = new Registry([ethernet, ipv4, udp, tcp, talk]);

interface Segment {
  readonly sequence: number;
  readonly payload?: string;
  /** `S`, `A`, `F`, `R`, `P`. */
  readonly flags?: string;
  readonly back?: true;
  /** Octets that the capture kept. */
  readonly kept?: number;
}

const flagBits: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

function frameOf({ sequence, payload = '', flags = 'A', back }: Segment): Buffer {
  const octets = Buffer.from(payload, 'latin1');
  const frame = Buffer.alloc(54 + octets.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  frame.writeUInt16BE(40 + octets.length, 16);
  const hosts = [10, 0, 0, 1, 10, 0, 0, 2];
  frame.set([64, 6, 0, 0, ...(back ? [...hosts.slice(4), ...hosts.slice(0, 4)] : hosts)], 22);
  frame.writeUInt16BE(back ? 7000 : 40000, 34);
  frame.writeUInt16BE(back ? 40000 : 7000, 36);
  frame.writeUInt32BE(sequence >>> 0, 38);
  frame[46] = 0x50;
  for (const flag of flags) frame[47] |= flagBits[flag];
  frame.set(octets, 54);
  return frame;
}

/** What each segment shows: the messages in it, `…` for a part of one, nothing for neither. */
function shown(segments: readonly Segment[]): string[] {
  const session = new Session(registry);
  return segments.map((segment, index) => {
    const octets = frameOf(segment);
    const captured = segment.kept ?? octets.length;
    const tree = session.dissect({
      view: new DataView(octets.buffer, octets.byteOffset, captured),
      start: 0,
      captured,
      original: octets.length,
      linkType: 1,
      number: index + 1,
    });
    const said = tree.layers.flatMap((layer) =>
      layer.fields.filter((field) => field.name === 'talk.said').map((field) => field.text),
    );
    return said.length > 0 ? said.join('|') : tree.info.includes('reassembled PDU') ? '…' : '';
  });
}

const syn: Segment = { sequence: 99, flags: 'S' };
const hello = '\x05hello';
const bye = '\x03bye';

const cases: readonly [string, readonly Segment[], readonly string[]][] = [
  ['a message in a segment', [syn, { sequence: 100, payload: hello }], ['', 'hello']],
  [
    'a message in three segments',
    [syn, { sequence: 100, payload: '\x05he' }, { sequence: 103, payload: 'll' }, { sequence: 105, payload: 'o' }],
    ['', '…', '…', 'hello'],
  ],
  ['out of order', [syn, { sequence: 103, payload: 'llo' }, { sequence: 100, payload: '\x05he' }], ['', '…', 'hello']],
  [
    'a retransmission shows nothing again',
    [syn, { sequence: 100, payload: hello }, { sequence: 100, payload: hello }, { sequence: 106, payload: bye }],
    ['', 'hello', '', 'bye'],
  ],
  [
    'a retransmission with something new shows that',
    [syn, { sequence: 100, payload: '\x05he' }, { sequence: 100, payload: hello }],
    ['', '…', 'hello'],
  ],
  [
    'keep-alive: the octet before the next',
    [syn, { sequence: 100, payload: hello }, { sequence: 105, payload: 'o' }, { sequence: 106, payload: bye }],
    ['', 'hello', '', 'bye'],
  ],
  [
    'keep-alive before anything else',
    [
      { sequence: 99, payload: '\0' },
      { sequence: 100, payload: hello },
    ],
    ['', 'hello'],
  ],
  [
    'data in the SYN',
    [
      { ...syn, payload: hello },
      { sequence: 106, payload: bye },
    ],
    ['hello', 'bye'],
  ],
  [
    'no SYN seen',
    [
      { sequence: 5000, payload: hello },
      { sequence: 5006, payload: bye },
    ],
    ['hello', 'bye'],
  ],
  [
    'numbers that wrap',
    [
      { sequence: 0xfffffffd, flags: 'S' },
      { sequence: 0xfffffffe, payload: '\x05he' },
      { sequence: 1, payload: 'llo' },
    ],
    ['', '…', 'hello'],
  ],
  [
    'the same ports again, without a farewell',
    [syn, { sequence: 100, payload: '\x05he' }, { sequence: 7, flags: 'S' }, { sequence: 8, payload: bye }],
    ['', '…', '', 'bye'],
  ],
  [
    'a SYN again is no new connection',
    [syn, syn, { sequence: 100, payload: '\x05he' }, { sequence: 103, payload: 'llo' }],
    ['', '', '…', 'hello'],
  ],
  [
    'until the stream ends',
    [syn, { sequence: 100, payload: '!ab' }, { sequence: 103, payload: 'cd', flags: 'FA' }],
    ['', '…', 'abcd'],
  ],
  [
    'a FIN that overtakes is waited for',
    [
      syn,
      { sequence: 100, payload: '!ab' },
      { sequence: 104, payload: 'd', flags: 'FA' },
      { sequence: 103, payload: 'c' },
    ],
    ['', '…', '…', 'abcd'],
  ],
  [
    'half a message at the end is none',
    [syn, { sequence: 100, payload: '\x05he' }, { sequence: 103, flags: 'FA' }],
    ['', '…', ''],
  ],
  [
    'a segment that was cut is not waited for',
    [syn, { sequence: 100, payload: '\x05hello', kept: 57 }, { sequence: 106, payload: bye }],
    ['', 'he', 'bye'],
  ],
  [
    'both directions at once',
    [
      syn,
      { sequence: 499, flags: 'SA', back: true },
      { sequence: 100, payload: '\x05he' },
      { sequence: 500, payload: '\x03b', back: true },
      { sequence: 103, payload: 'llo' },
      { sequence: 502, payload: 'ye', back: true },
    ],
    ['', '', '…', '…', 'hello', 'bye'],
  ],
];

describe('messages', () => {
  test.each(cases)('%s', (_name, segments, expected) => {
    expect(shown(segments)).toEqual(expected);
  });

  test('a gap is given up at last', () => {
    const segments: Segment[] = [syn, { sequence: 100, payload: '\x05he' }];
    // From 200 on, where 103 … 199 never come.
    for (let i = 0; i < 600; i++) segments.push({ sequence: 200 + i * 4, payload: bye });
    const all = shown(segments);
    expect(all.slice(2, 500).every((one) => one === '…')).toBe(true);
    expect(all.at(-1)).toBe('bye');
  });

  test('a quiet packet is remembered as a shown one', () => {
    const session = new Session(registry);
    const parts = [syn, { sequence: 100, payload: '\x05he' }, { sequence: 103, payload: 'llo' }].map(frameOf);
    const packet = (octets: Buffer, number: number) => ({
      view: new DataView(octets.buffer, octets.byteOffset, octets.length),
      start: 0,
      captured: octets.length,
      original: octets.length,
      linkType: 1,
      number,
    });
    session.follow(packet(parts[0], 1));
    session.follow(packet(parts[1], 2));
    const { sources } = session.dissect(packet(parts[2], 3));
    expect(Buffer.from(sources?.[0].bytes ?? []).toString('latin1')).toBe(hello);
  });
});

describe('a stream', () => {
  const piece = (size: number) => ({ bytes: new Uint8Array(size), start: 0, end: size });
  test.each([
    [
      'overlap behind',
      [
        [0, 4],
        [2, 4],
      ],
      [4, 2],
    ],
    [
      'overlap in front of what waits',
      [
        [0, 2],
        [4, 4],
        [2, 4],
      ],
      [2, 0, 6],
    ],
    [
      'twice the same, waiting',
      [
        [0, 2],
        [4, 2],
        [4, 2],
        [2, 2],
      ],
      [2, 0, 0, 4],
    ],
  ] as const)('%s', (_name, added, octets) => {
    const stream = new ByteStream();
    stream.next = 0;
    const got = added.map(([at, size]) =>
      stream.add(at, piece(size)).reduce((sum, one) => sum + one.end - one.start, 0),
    );
    expect(got).toEqual(octets);
    expect(stream.held).toBe(0);
  });
});

describe('fragments', () => {
  const octets = (text: string) => new TextEncoder().encode(text);
  test.each([
    [
      'in order',
      [
        [0, true, 'abcdefgh'],
        [8, false, 'ij'],
      ],
      'abcdefghij',
    ],
    [
      'last first',
      [
        [8, false, 'ij'],
        [0, true, 'abcdefgh'],
      ],
      'abcdefghij',
    ],
    [
      'the first that came counts',
      [
        [0, true, 'abcdefgh'],
        [0, true, 'ABCDEFGH'],
        [8, false, 'ij'],
      ],
      'abcdefghij',
    ],
    [
      'a hole',
      [
        [0, true, 'abcdefgh'],
        [16, false, 'ij'],
      ],
      undefined,
    ],
  ] as const)('%s', (_name, parts, whole) => {
    const fragments = new Fragments();
    let got: Uint8Array | undefined;
    for (const [offset, more, part] of parts) got = fragments.add('key', offset, more, octets(part)) ?? got;
    expect(got === undefined ? undefined : new TextDecoder().decode(got)).toBe(whole);
  });

  test('a datagram larger than can be is not begun', () => {
    expect(new Fragments().add('key', 65528, false, new Uint8Array(100))).toBeUndefined();
  });
});

test('a buffer gives what was put in, in order', () => {
  const buffer = new MessageBuffer();
  buffer.append(Uint8Array.of(1, 2, 3, 4), 1, 4);
  buffer.append(Uint8Array.of(5), 0, 1);
  expect([...buffer.take(2)]).toEqual([2, 3]);
  expect(buffer.view().getUint8(0)).toBe(4);
  expect([...buffer.take(2)]).toEqual([4, 5]);
  expect(buffer.length).toBe(0);
});
