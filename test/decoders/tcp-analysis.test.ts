/** TCP analysis by the rules of the Wireshark User's Guide ("TCP Analysis"), one conversation a rule. */

import { describe, expect, test } from '@jest/globals';
import { ConversationTable } from '../../decoders/conversations/conversation-table.js';
import { TcpAnalysis } from '../../decoders/conversations/tcp-analysis.js';
import { Columns } from '../../decoders/core/index.js';
import type { FieldNode, PacketTree } from '../../decoders/core/tree.js';
import { registry } from '../../decoders/protocols/index.js';
import type { SessionOptions } from '../../decoders/session/options.js';
import { Session } from '../../decoders/session/session.js';
import { handshake, segmentPackets, type WrittenSegment } from '../support/segments.js';

function treesOf(segments: readonly WrittenSegment[], options: SessionOptions = {}): PacketTree[] {
  const session = new Session(registry, options);
  return segmentPackets(segments).map(({ data, time }, index) =>
    session.dissect({
      view: new DataView(data.buffer, data.byteOffset, data.length),
      start: 0,
      captured: data.length,
      original: data.length,
      linkType: 1,
      number: index + 1,
      timeHigh: Number(time >> 32n),
      timeLow: Number(time & 0xffffffffn),
    }),
  );
}

function fieldsOf(tree: PacketTree): Map<string, string> {
  const found = new Map<string, string>();
  const collect = (fields: readonly FieldNode[]): void => {
    for (const { name, text, fields: inner } of fields) {
      found.set(name, text);
      if (inner !== undefined) collect(inner);
    }
  };
  for (const { protocol, fields } of tree.layers) if (protocol === 'tcp') collect(fields);
  return found;
}

/** The findings of each segment, without the connection's own. */
function findings(segments: readonly WrittenSegment[]): string[] {
  return treesOf(segments).map((tree) =>
    [...fieldsOf(tree).keys()]
      .filter((name) => /^tcp\.analysis\.(?!flags|.*(frame|rtt|rto|num|flight|sent)$)/.test(name))
      .map((name) => name.slice('tcp.analysis.'.length))
      .join(' '),
  );
}

/** Field values of the last segment. */
function last(segments: readonly WrittenSegment[], ...names: string[]): (string | undefined)[] {
  const fields = fieldsOf(treesOf(segments).at(-1)!);
  return names.map((name) => fields.get(`tcp.${name}`));
}

const open = handshake(1000, 5000);
const data = { at: 10, seq: 1001, ack: 5001, length: 100 };
const answer = { at: 12, back: true, seq: 5001, ack: 1101 };

describe('the rules', () => {
  test.each<[string, string, WrittenSegment[]]>([
    ['a segment that comes again later than a round trip', 'retransmission', [data, { ...data, at: 300 }]],
    [
      'what was acknowledged already, once more',
      'spurious_retransmission retransmission',
      [data, answer, { ...data, at: 300 }],
    ],
    [
      'the segment that two duplicate ACKs ask for, within 20 ms',
      'fast_retransmission retransmission',
      [
        { ...data, at: 10, seq: 1101 },
        { at: 11, back: true, seq: 5001, ack: 1001 },
        { at: 12, back: true, seq: 5001, ack: 1001 },
        { at: 13, back: true, seq: 5001, ack: 1001 },
        { ...data, at: 14 },
      ],
    ],
    [
      'a segment that was overtaken',
      'out_of_order',
      [
        { ...data, seq: 1101 },
        { ...data, at: 10.5 },
      ],
    ],
    ['a segment behind a gap', 'lost_segment', [{ ...data, seq: 1201 }]],
    ['an ACK of what was never seen', 'ack_lost_segment', [data, { ...answer, ack: 1301 }]],
    ['the same ACK again', 'duplicate_ack', [data, answer, { ...answer, at: 13 }]],
    ['the same ACK with another window', 'window_update', [data, answer, { ...answer, at: 13, window: 2000 }]],
    ['a window of zero', 'zero_window', [data, { ...answer, window: 0 }]],
    [
      'an octet into a window of zero',
      'zero_window_probe',
      [data, { ...answer, window: 0 }, { at: 20, seq: 1101, ack: 5001, length: 1 }],
    ],
    [
      'the answer to such a probe',
      'zero_window zero_window_probe_ack',
      [
        data,
        { ...answer, window: 0 },
        { at: 20, seq: 1101, ack: 5001, length: 1 },
        { at: 21, back: true, seq: 5001, ack: 1101, window: 0 },
      ],
    ],
    ['data up to the last octet of the window', 'window_full', [{ ...data, length: 1000 }]],
    ['no octet before the next one', 'keep_alive', [data, answer, { at: 900, seq: 1100, ack: 5001 }]],
    [
      'the answer to that',
      'keep_alive_ack',
      [data, answer, { at: 900, seq: 1100, ack: 5001 }, { at: 901, back: true, seq: 5001, ack: 1101 }],
    ],
    ['a SYN with another number', 'reused_ports', [data, { at: 5000, seq: 70000, flags: 'S', options: '020405b4' }]],
    ['an ordinary segment', '', [data, answer, { ...data, at: 20, seq: 1101 }]],
    ['a reset behind a gap', '', [{ at: 20, seq: 9000, ack: 5001, flags: 'R' }]],
  ])('%s: %s', (_what, expected, segments) => {
    expect(findings([...open, ...segments]).at(-1)).toBe(expected);
  });

  test('the info column says it in brackets, and the expert with severity and group', () => {
    const tree = treesOf([...open, data, { ...data, at: 300 }]).at(-1)!;
    expect(tree.info).toMatch(/^\[TCP Retransmission\] 40000 → 80 \[ACK\] Seq=1 Ack=1 Win=1000 Len=100/);
    expect(tree.problems.filter(({ kind }) => kind === 'analysis')).toEqual([
      expect.objectContaining({ layer: 'tcp', kind: 'analysis', severity: 'note', group: 'sequence' }),
    ]);
    const duplicate = treesOf([...open, data, answer, { ...answer, at: 13 }]).at(-1)!;
    expect(duplicate.info).toMatch(/^\[TCP Dup ACK 5#1\] 80 → 40000/);
  });
});

describe('numbers', () => {
  test('count from the handshake, from both ends', () => {
    expect(last([...open, data], 'seq', 'nxtseq', 'ack', 'seq_raw')).toEqual(['1', '101', '1', '1001']);
    expect(last([...open, data, answer], 'seq', 'ack')).toEqual(['1', '101']);
  });

  test('count from 1 where a capture begins in the middle', () => {
    expect(last([data], 'seq', 'ack', 'window_size_scalefactor')).toEqual(['1', '1', '-1']);
    expect(findings([data])).toEqual(['']);
  });

  test('are those of the header where somebody prefers that', () => {
    const fields = fieldsOf(treesOf([...open, data], { relativeSequenceNumbers: false }).at(-1)!);
    expect([fields.get('tcp.seq'), fields.get('tcp.nxtseq'), fields.get('tcp.ack')]).toEqual(['1001', '1101', '5001']);
    const plain = fieldsOf(treesOf([...open, data], { analyzeSequenceNumbers: false }).at(-1)!);
    expect([plain.get('tcp.seq'), plain.has('tcp.completeness'), plain.get('tcp.stream')]).toEqual([
      '1001',
      false,
      '0',
    ]);
  });

  test('wrap at 2^32 without anything being found', () => {
    const start = 2 ** 32 - 250;
    const segments: WrittenSegment[] = handshake(start - 1, 5000);
    for (let i = 0; i < 6; i++) {
      segments.push({ at: 10 + i * 10, seq: start + i * 100, ack: 5001, length: 100 });
      segments.push({ at: 12 + i * 10, back: true, seq: 5001, ack: start + i * 100 + 100 });
    }
    expect(findings(segments).filter((found) => found !== '')).toEqual([]);
    expect(last(segments, 'ack')).toEqual(['601']);
  });

  test('of SACK blocks count from the same number', () => {
    const sack = { at: 30, back: true, seq: 5001, ack: 1001, options: '0101050a000004b100000515' };
    expect(last([...open, { ...data, seq: 1201 }, sack], 'options.sack_le', 'options.sack_re')).toEqual(['201', '301']);
  });

  test('of the window are scaled when both sides said so', () => {
    const [syn, synAck, ack] = open;
    const scaled = (shift: string) => `020405b40103030${shift}`;
    const both = [{ ...syn, options: scaled('3') }, { ...synAck, options: scaled('7') }, ack];
    expect(last(both, 'window_size', 'window_size_scalefactor')).toEqual(['8000', '8']);
    const one = [{ ...syn, options: scaled('3') }, synAck, ack];
    expect(last(one, 'window_size', 'window_size_scalefactor')).toEqual(['1000', '-2']);
  });
});

describe('times and octets', () => {
  test('an ACK names its segment, and how long it took', () => {
    const names = ['analysis.acks_frame', 'analysis.ack_rtt', 'analysis.initial_rtt', 'time_relative', 'time_delta'];
    expect(last([...open, data, answer], ...names)).toEqual([
      '4',
      '0.002000000',
      '0.002000000',
      '0.012000000',
      '0.002000000',
    ]);
  });

  test('a retransmission says what it comes again for, and after how long', () => {
    const names = ['analysis.rto', 'analysis.rto_frame'];
    expect(last([...open, data, { ...data, at: 310 }], ...names)).toEqual(['0.300000000', '4']);
  });

  test('octets in flight and since the last push', () => {
    const names = ['analysis.bytes_in_flight', 'analysis.push_bytes_sent'];
    const more = { ...data, at: 11, seq: 1101 };
    expect(last([...open, data, more], ...names)).toEqual(['200', '200']);
    expect(last([...open, { ...data, flags: 'P' }, more], ...names)).toEqual(['200', '100']);
    expect(last([...open, data, answer, more], ...names)).toEqual(['100', '200']);
  });

  test('completeness is of what came before', () => {
    const fin = { at: 20, seq: 1101, ack: 5001, flags: 'F' } as const;
    const seen = treesOf([...open, data, fin, { at: 21, back: true, seq: 5001, ack: 1102, flags: 'R' }, data]);
    expect(seen.map((tree) => fieldsOf(tree).get('tcp.completeness'))).toEqual(['0', '1', '3', '7', '15', '31', '63']);
  });
});

describe('hostile traffic', () => {
  const columns = new Columns(1);
  columns.addressFamily[0] = 4;

  test('many segments that are never acknowledged, forth, back and over one another, take bounded memory', () => {
    const tcp = new TcpAnalysis(1);
    tcp.begin(0, 0);
    const view = new DataView(new ArrayBuffer(20));
    view.setUint8(12, 0x50);
    view.setUint8(13, 16);
    let random = 1;
    const next = (): number => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      return random;
    };
    for (let i = 0; i < 300_000; i++) {
      view.setUint32(4, i % 3 === 0 ? next() : i * 1000);
      view.setUint32(8, i % 7 === 0 ? next() : 1);
      tcp.segment(0, i & 1, view, 0, 20, true, next() & 0xffff, i, i + 1);
    }
    expect(tcp.unacknowledged.start.length).toBeLessThanOrEqual(16_384);
  });

  test('many connections leave those that were used last', () => {
    let forgotten = 0;
    const table = new ConversationTable(1000, () => {
      forgotten++;
    });
    for (let i = 0; i < 300_000; i++) {
      columns.source[0] = i;
      columns.destination[0] = 0xc0000201;
      table.find(columns, 0, 6, 40000, 80);
    }
    expect(table.capacity).toBe(1000);
    expect(forgotten).toBeGreaterThan(298_000);
    table.find(columns, 0, 6, 40000, 80);
    expect(table.fresh).toBe(false);
    columns.source[0] = 1;
    table.find(columns, 0, 6, 40000, 80);
    expect(table.fresh).toBe(true);
  });

  test('a conversation is found from both ends', () => {
    const table = new ConversationTable(10, () => undefined);
    columns.source[0] = 1;
    columns.destination[0] = 2;
    const place = table.find(columns, 0, 6, 1000, 80);
    const forth = table.reversed;
    columns.source[0] = 2;
    columns.destination[0] = 1;
    expect([table.find(columns, 0, 6, 80, 1000), table.reversed, table.fresh]).toEqual([place, !forth, false]);
    expect(table.find(columns, 0, 17, 80, 1000)).not.toBe(place);
  });
});
