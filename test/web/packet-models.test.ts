/** What the packet panes compute, held to the service's own decoders and to RFCs. */

import { describe, expect, test } from '@jest/globals';
import { quoted } from '../../api/web/src/filter/combine.js';
import { hexOf, readingOf } from '../../api/web/src/packets/detail/lens.js';
import {
  conditionOf,
  type Field,
  innermost,
  isBits,
  type Layer,
  nodeOf,
  octetsOf,
  seenNodes,
  type TreeNode,
  treeOf,
} from '../../api/web/src/packets/detail/model.js';
import { MOST_ROWS, outline, type Part, pictureOf } from '../../api/web/src/packets/detail/picture.js';
import { kindOf } from '../../api/web/src/packets/kinds.js';
import { added, filterOf, has, MOST_RANGES, type Ranges, removed } from '../../api/web/src/packets/ranges.js';
import { plain } from '../../api/web/src/parts/plain.js';
import { check } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';

const bit = (name: string, bitOffset: number, bitLength: number, fields?: readonly Field[]): Field => ({
  name,
  title: name,
  value: 1,
  display: '1',
  offset: Math.floor(bitOffset / 8),
  length: 1,
  bitOffset,
  bitLength,
  ...(fields === undefined ? {} : { fields }),
});
const octets = (name: string, offset: number, length: number, more: Partial<Field> = {}): Field => ({
  name,
  title: name,
  value: 1,
  display: '1',
  offset,
  length,
  ...more,
});

/** RFC 791, section 3.1, behind an Ethernet header. */
const ip: Layer = {
  protocol: 'ip',
  title: 'Internet Protocol',
  summary: '',
  offset: 14,
  length: 20,
  fields: [
    bit('ip.version', 112, 4),
    bit('ip.hdr_len', 116, 4),
    octets('ip.dsfield', 15, 1, { fields: [bit('ip.dsfield.dscp', 120, 6), bit('ip.dsfield.ecn', 126, 2)] }),
    octets('ip.len', 16, 2),
    octets('ip.id', 18, 2),
    bit('ip.flags', 160, 3, [bit('ip.flags.rb', 160, 1), bit('ip.flags.df', 161, 1), bit('ip.flags.mf', 162, 1)]),
    bit('ip.frag_offset', 163, 13),
    octets('ip.ttl', 22, 1),
    octets('ip.proto', 23, 1),
    octets('ip.checksum', 24, 2),
    octets('ip.src', 26, 4),
    octets('ip.dst', 30, 4),
    octets('ip.checksum.status', 24, 2, { generated: true }),
  ],
};
const frame: Layer = { ...ip, protocol: 'frame', offset: 0, length: 60, fields: [octets('frame.len', 0, 0)] };
const tree = treeOf([frame, ip]);
const drawn = (nodes: readonly TreeNode[]): readonly DrawnNode[] =>
  nodes.map((node) => ({ ...node, generated: node.field?.generated ?? false, children: drawn(node.children) }));
type DrawnNode = TreeNode & { readonly generated: boolean; readonly children: readonly DrawnNode[] };
const part = (from: number, to: number): Part & { readonly children: readonly never[] } => ({
  from,
  to,
  generated: false,
  children: [],
});

describe('the tree', () => {
  test('opens what is opened, and finds nodes by the same key in every packet', () => {
    expect(seenNodes(tree, new Set()).map(({ key }) => key)).toEqual(['/frame', '/ip']);
    const seen = seenNodes(tree, new Set(['ip', 'ip.flags']));
    expect(seen.map(({ field }) => field?.name)).toContain('ip.flags.df');
    for (const node of seen) expect(nodeOf(tree, node.key)).toBe(node);
    expect(nodeOf(tree, '/udp/udp.length')).toBeUndefined();
  });

  test('tells fields of one name apart', () => {
    const twice = treeOf([ip, ip]);
    expect(twice.map(({ key }) => key)).toEqual(['/ip', '/ip#1']);
    expect(nodeOf(twice, '/ip#1/ip.len')).toBe(twice[1].children[3]);
  });

  test('a bit belongs to the narrowest field that is on the wire', () => {
    const at = (place: number) => innermost(tree, -1, place)?.field?.name;
    expect([at(112), at(116), at(161), at(176), at(24 * 8)]).toEqual([
      'ip.version',
      'ip.hdr_len',
      'ip.flags.df',
      'ip.ttl',
      'ip.checksum',
    ]);
    expect(innermost(tree, -1, 0)?.key).toBe('/frame');
    expect(innermost(tree, 0, 112)).toBeUndefined();
    const flags = nodeOf(tree, '/ip/ip.flags');
    expect(flags && [isBits(flags), octetsOf(flags)]).toEqual([true, { from: 20, to: 21 }]);
  });
});

describe('the condition for a field', () => {
  const cases: readonly (readonly [string, string, Field['value'], string])[] = [
    ['tcp.flags.syn', 'bool', true, 'tcp.flags.syn == 1'],
    ['tcp.flags.syn', 'bool', false, 'tcp.flags.syn == 0'],
    ['ip.src', 'ipv4', '192.0.2.1', 'ip.src == 192.0.2.1'],
    ['ipv6.src', 'ipv6', '2001:db8::1', 'ipv6.src == 2001:db8::1'],
    ['eth.src', 'ether', '02:00:00:00:00:01', 'eth.src == 02:00:00:00:00:01'],
    ['tcp.dstport', 'uint', 80, 'tcp.dstport == 80'],
    ['udp.payload', 'bytes', '68656c6c6f', 'udp.payload == 68:65:6c:6c:6f'],
    ['udp.payload', 'bytes', 'ab'.repeat(400), `udp.payload[0:25] == ${Array(25).fill('ab').join(':')}`],
    ['http.request.uri', 'string', '/a"b\\c', 'http.request.uri == "/a\\"b\\\\c"'],
    ['http.request.uri', 'string', '', 'http.request.uri'],
    ['http.request.uri', 'string', 'x'.repeat(400), `http.request.uri contains "${'x'.repeat(100)}"`],
    ['frame.time', 'time', '2026-11-22T18:00:03.228276789Z', 'frame.time == "2026-11-22T18:00:03.228276789Z"'],
    ['frame.time_relative', 'duration', '3.104820000', 'frame.time_relative == 3.104820000'],
    ['tcp.options.mss', 'group', null, 'tcp.options.mss'],
  ];
  test.each(cases)('%# %s as %s', (name, type, value, wanted) => {
    expect(conditionOf({ name, value }, type, quoted)).toBe(wanted);
    expect(check(registry, wanted)).toMatchObject({ valid: true });
  });
});

describe('the header picture', () => {
  test('has the fields of RFC 791 where it draws them', () => {
    const { cells, rows, offsets, left } = pictureOf(drawn(tree[1].children), tree[1].from, tree[1].to);
    expect([rows, left, offsets]).toEqual([5, 0, [0, 4, 8, 12, 16]]);
    expect(cells.map(({ part, row, column, lastColumn }) => [part?.field?.name, row, column, lastColumn])).toEqual([
      ['ip.version', 0, 0, 3],
      ['ip.hdr_len', 0, 4, 7],
      ['ip.dsfield.dscp', 0, 8, 13],
      ['ip.dsfield.ecn', 0, 14, 15],
      ['ip.len', 0, 16, 31],
      ['ip.id', 1, 0, 15],
      ['ip.flags.rb', 1, 16, 16],
      ['ip.flags.df', 1, 17, 17],
      ['ip.flags.mf', 1, 18, 18],
      ['ip.frag_offset', 1, 19, 31],
      ['ip.ttl', 2, 0, 7],
      ['ip.proto', 2, 8, 15],
      ['ip.checksum', 2, 16, 31],
      ['ip.src', 3, 0, 31],
      ['ip.dst', 4, 0, 31],
    ]);
  });

  test('shows what nobody decoded, tears what is long, and says what is cut', () => {
    const gap = pictureOf([part(0, 8), part(16, 32)], 0, 64);
    expect(gap.cells.map((cell) => cell.part === undefined)).toEqual([false, true, false, true]);
    const long = pictureOf(
      [part(0, 16), part(16, 16 + 8 * 65_000), part(16 + 8 * 65_000, 32 + 8 * 65_000)],
      0,
      32 + 8 * 65_000,
    );
    expect(long.cells.map(({ torn }) => torn)).toEqual([false, true, false]);
    expect(long.rows).toBeLessThanOrEqual(5);
    const many = pictureOf(
      Array.from({ length: 1000 }, (_, at) => part(at * 32, at * 32 + 32)),
      0,
      32_000,
    );
    expect([many.rows, many.left]).toEqual([MOST_ROWS, 32_000 - MOST_ROWS * 32]);
    expect(pictureOf([], 0, 0)).toMatchObject({ cells: [], rows: 0 });
  });

  test('an outline goes round the rest of a row, whole rows and the beginning of one', () => {
    const cell = { row: 0, column: 16, lastRow: 2, lastColumn: 15, torn: false };
    expect(outline(cell)).toEqual([
      [16, 0],
      [32, 0],
      [32, 2],
      [16, 2],
      [16, 3],
      [0, 3],
      [0, 1],
      [16, 1],
    ]);
  });
});

describe('the byte-order lens', () => {
  test('reads both orders as a DataView does', () => {
    const bytes = Uint8Array.of(0xc7, 0x38, 0x00, 0x50);
    const view = new DataView(bytes.buffer);
    const reading = readingOf(bytes);
    expect(reading.big).toEqual({ unsigned: BigInt(view.getUint32(0)), signed: BigInt(view.getInt32(0)) });
    expect(reading.little).toEqual({
      unsigned: BigInt(view.getUint32(0, true)),
      signed: BigInt(view.getInt32(0, true)),
    });
    expect(reading).toMatchObject({ ipv4: '199.56.0.80', swap: 'ntohl', ascii: '.8.P' });
    expect(readingOf(bytes.subarray(2))).toMatchObject({
      swap: 'ntohs',
      ipv4: undefined,
      little: { unsigned: 20480n },
    });
    expect(readingOf(new Uint8Array(8).fill(255)).big).toEqual({ unsigned: 2n ** 64n - 1n, signed: -1n });
    expect(hexOf(80n, 2)).toBe('0x0050');
    expect(() => readingOf(new Uint8Array(9))).toThrow(RangeError);
  });
});

describe('chosen packets', () => {
  test('are ranges, joined and split', () => {
    let ranges: Ranges = added([], 5, 3);
    ranges = added(ranges, 6, 6);
    ranges = added(ranges, 10, 12);
    expect(ranges).toEqual([
      [3, 6],
      [10, 12],
    ]);
    expect(filterOf(ranges)).toBe('frame.number in {3..6, 10..12}');
    expect(check(registry, filterOf(ranges) ?? '')).toMatchObject({ valid: true });
    expect(filterOf(removed(ranges, 11))).toBe('frame.number in {3..6, 10, 12}');
    expect(has(removed(ranges, 4), 4)).toBe(false);
    expect(filterOf(added([], 7, 7))).toBe('frame.number == 7');
    expect(filterOf([])).toBeUndefined();
  });

  test('do not become more than an address has room for', () => {
    let ranges: Ranges = [];
    for (let at = 1; at <= 2 * MOST_RANGES + 100; at += 2) ranges = added(ranges, at, at);
    expect(ranges).toHaveLength(MOST_RANGES);
  });
});

test('rows have the colour of what they are', () => {
  const kind = (protocol: string, info = '', problems: readonly string[] = []) => kindOf({ protocol, info, problems });
  expect(kind('TCP', '51000 → 80 [SYN] Seq=0')).toBe('begin-end');
  expect(kind('TCP', '80 → 51000 [RST, ACK] Seq=0')).toBe('reset');
  expect(kind('TCP', '80 → 51000 [ACK] Seq=0')).toBe('tcp');
  expect(kind('TCP', '[TCP Retransmission] 80 → 51000 [ACK]')).toBe('bad-tcp');
  expect(kind('TCP', '[TCP Keep-Alive] 80 → 51000 [ACK]')).toBe('tcp');
  expect(kind('HTTP', 'GET /', ['malformed'])).toBe('broken');
  expect(kind('DNS', '', ['checksum'])).toBe('checksum');
  expect(kind('TLSv1.3')).toBe('encrypted');
  expect(kind('ICMP', 'Time-to-live exceeded')).toBe('icmp-error');
  expect(kind('ECHO')).toBeUndefined();
});

test('packet contents are text that can do nothing', () => {
  expect(plain('a\u0000b\u001b[31m\u007f\r\n')).toBe('a␀b␛[31m␡␍␊');
  expect(plain('\u202etxt.exe\u2066')).toBe('‹U+202E›txt.exe‹U+2066›');
  expect(plain('\u0085\ufeff\ud800')).toBe('‹U+0085›‹U+FEFF›‹U+D800›');
  expect(plain('Grüße 日本 🙂')).toBe('Grüße 日本 🙂');
  expect(plain('x'.repeat(65_536))).toHaveLength(1001);
});
