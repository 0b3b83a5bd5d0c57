/** Packets made of layers: what is made decodes as it was meant, here and in tshark; what cannot be made is an error in words. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BlockBuilder } from '../../captures/formats/epb.js';
import { PcapWriter } from '../../captures/formats/pcap-writer.js';
import { dissect, type FieldNode, type PacketTree } from '../../decoders/core/index.js';
import { type BuiltPacket, buildPacket, encodable, PacketError } from '../../decoders/encode/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { hasTshark } from '../support/decrypted.js';
import { type Expected, type RandomPacket, randomPackets } from '../support/random-layers.js';

const PACKETS = 10_000;
const SEED = 6;

function treeOf({ bytes, linkType }: BuiltPacket): PacketTree {
  return dissect(registry, {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    start: 0,
    captured: bytes.length,
    original: bytes.length,
    linkType,
  });
}

function valuesOf(tree: PacketTree): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  const collect = (fields: readonly FieldNode[]): void => {
    for (const node of fields) {
      found.set(node.name, [...(found.get(node.name) ?? []), node]);
      if (node.fields !== undefined) collect(node.fields);
    }
  };
  for (const { fields } of tree.layers) collect(fields);
  return found;
}

/** One spelling for what one side writes as 0x0010 and the other as 16, or as True and 1. */
function plain(value: unknown): string {
  const text = String(value);
  if (text === 'true' || text === 'True') return '1';
  if (text === 'false' || text === 'False') return '0';
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? String(Number(text)) : text;
}

const list = (value: Expected): string => (Array.isArray(value) ? value : [value]).map(plain).join(',');

describe.each(Object.entries(randomPackets))('%s', (kind, arbitrary) => {
  test('decodes as it was given', () => {
    fc.assert(
      fc.property(arbitrary, ({ layers, expected }) => {
        const tree = treeOf(buildPacket(layers));
        const found = valuesOf(tree);
        expect(tree.problems).toEqual([]);
        for (const [name, value] of Object.entries(expected))
          expect([name, (found.get(name) ?? []).map((node) => plain(node.text)).join(',')]).toEqual([
            name,
            list(value),
          ]);
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  test('made again of what was decoded, is the same octets', () => {
    fc.assert(
      fc.property(arbitrary, ({ layers }) => {
        const built = buildPacket(layers);
        expect(Buffer.from(buildPacket(asDecoded(layers, treeOf(built))).bytes).toString('hex')).toBe(
          Buffer.from(built.bytes).toString('hex'),
        );
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  (hasTshark ? test : test.skip)(
    `${PACKETS} random ones decode in tshark as they were meant${hasTshark ? '' : ' (needs tshark)'}`,
    () => {
      const packets = fc.sample(arbitrary, { numRuns: PACKETS, seed: SEED });
      const names = [...new Set(packets.flatMap(({ expected }) => Object.keys(expected)))].sort();
      const rows = tsharkRows(packets, names);
      expect(rows.length).toBe(PACKETS);
      const wrong: string[] = [];
      for (const [index, { expected }] of packets.entries()) {
        const [malformed, ...values] = rows[index];
        if (malformed !== '') wrong.push(`${index + 1}: malformed`);
        for (const [place, name] of names.entries()) {
          if (expected[name] === undefined) continue;
          const theirs = values[place]
            .split(',')
            .map((value) => (value === '' ? '' : plain(value)))
            .join(',');
          if (theirs !== list(expected[name]))
            wrong.push(`${index + 1}: ${name}: ${theirs}, not ${list(expected[name])}`);
        }
      }
      expect([kind, wrong.slice(0, 5)]).toEqual([kind, []]);
    },
    60_000,
  );
});

const hex = (layers: readonly unknown[]): string =>
  Buffer.from(buildPacket(layers, { random: () => 7 }).bytes).toString('hex');
const to = { dst: '192.0.2.1', src: '192.0.2.2' };

test('what is given stands in the packet, wrong or right', () => {
  const layers = [
    { ip: { ...to, len: 9, checksum: '0xbeef', proto: 'TCP', version: 5, hdr_len: 60 } },
    { udp: { srcport: 1, dstport: 2, length: 3, checksum: 4 } },
  ];
  expect(hex(layers)).toBe(`5f000009000800004006beef${'c0000202c0000201'}0001000200030004`);
});

test('names are taken with and without their prefix, numbers also as text and by name', () => {
  expect(hex([{ ip: { 'ip.dst': '192.0.2.1', 'ip.src': '192.0.2.2', 'ip.ttl': '0x03' } }, { icmp: {} }])).toBe(
    hex([{ ip: { ...to, ttl: 3 } }, { icmp: { type: 8 } }]),
  );
});

test('parts win over the whole that they are parts of', () => {
  const flags = (given: Record<string, unknown>) => hex([{ ip: to }, { tcp: { dstport: 1, ...given } }]).slice(64, 68);
  expect(flags({})).toBe('5002');
  expect(flags({ 'flags.ack': true })).toBe('5012');
  expect(flags({ flags: 0x14, 'flags.reset': 0 })).toBe('5010');
});

test('a payload is a text, or octets', () => {
  const payload = (value: unknown) => hex([{ ip: to }, { payload: value }]).slice(40);
  expect(payload('häß')).toBe('68c3a4c39f');
  expect(payload('0x0aFF')).toBe('0aff');
  expect(payload({ hex: '0a ff' })).toBe('0aff');
  expect(payload({ text: '0x' })).toBe('3078');
  expect(payload('')).toBe('');
});

test('copies differ where nothing was given, under checksums that can follow', () => {
  const { varying } = buildPacket([{ eth: {} }, { ip: to }, { icmp: {} }]);
  expect(varying).toEqual([
    { at: 40, checksum: 36 },
    { at: 18, checksum: 24 },
  ]);
  expect(buildPacket([{ ip: { ...to, id: 1, checksum: 2 } }, { icmp: { seq: 1 } }]).varying).toEqual([]);
});

test.each<[string, readonly unknown[], string]>([
  ['nothing at all', [], 'There are no layers'],
  ['no object', ['ip'], 'Layer 1: a layer is an object with one member'],
  ['two protocols in one layer', [{ ip: to, udp: {} }], 'Layer 1: a layer is an object with one member'],
  ['no fields', [{ ip: 4 }], 'Layer 1 (ip): its fields are an object'],
  ['a protocol that nobody encodes', [{ http: {} }], 'Layer 1: no packet can be made of "http"; possible are eth'],
  ['a misspelt field', [{ ip: { dts: '1.2.3.4' } }], 'Layer 1 (ip): there is no field "dts"; did you mean "dst"?'],
  ['a field twice', [{ ip: { ...to, 'ip.dst': '1.2.3.4' } }], 'Layer 1 (ip): "dst" is given twice'],
  ['a field of another message', [{ ip: to }, { icmp: { type: 8, mtu: 9 } }], 'icmp.mtu has no place here'],
  ['a field that is computed from others', [{ ip: to }, { udp: { dstport: 1, payload: '00' } }], 'udp.payload has no'],
  ['a number that is too big', [{ ip: to }, { udp: { dstport: 70_000 } }], 'the field has 16 bits: 0 to 65535'],
  ['a negative number', [{ ip: { ...to, ttl: -1 } }], '-1 does not fit; the field has 8 bits: 0 to 255'],
  ['half a number', [{ ip: { ...to, ttl: 1.5 } }], '1.5 is not a whole number'],
  ['a length in odd steps', [{ ip: { ...to, hdr_len: 21 } }], '0 to 60, in steps of 4'],
  ['no address', [{ ip: { dst: 'example.com' } }], '"example.com" is not an IPv4 address, such as "192.0.2.1"'],
  ['an address of the other kind', [{ ip: { dst: '::1' } }], '"::1" is not an IPv4 address'],
  ['no destination', [{ ip: {} }], 'ip.dst is missing: where is it to go?'],
  ['no port', [{ ip: to }, { tcp: {} }], 'tcp.dstport is missing'],
  ['a hardware address that is too short', [{ eth: { dst: '02:00' } }], 'has 2 octets; the field has 6'],
  ['a beginning that is none', [{ udp: { dstport: 1 } }], 'a packet begins with eth, ip or ipv6, not with udp'],
  ['ARP on IP', [{ ip: to }, { arp: {} }], 'Layer 2: arp does not stand on ip, but on eth, vlan'],
  ['TCP on UDP', [{ ip: to }, { udp: { dstport: 1 } }, { tcp: {} }], 'Layer 3: tcp does not stand on udp, but on ip'],
  ['a packet in a message that quotes none', [{ ip: to }, { icmp: {} }, { ip: to }], 'this type of icmp is no error'],
  ['IPv6 in an ICMPv4 error', [{ ip: to }, { icmp: { type: 3 } }, { ipv6: {} }], 'ipv6 does not stand on icmp'],
  ['a payload alone', [{ payload: 'x' }], 'a payload needs a header in front'],
  ['a layer behind the payload', [{ ip: to }, { payload: 'x' }, { udp: {} }], 'udp stands behind the payload'],
  ['a payload of half octets', [{ ip: to }, { payload: '0x123' }], 'is not pairs of hexadecimal digits'],
  ['a payload that is neither', [{ ip: to }, { payload: 7 }], 'give a text, or octets as "0x0a1b"'],
  ['more than a packet holds', [{ ip: to }, { payload: 'x'.repeat(65_516) }], '65536 octets do not fit into ip.len'],
  ['far more', [{ ip: to }, { payload: 'x'.repeat(900_000) }], 'more than 65557 octets'],
  [
    'options that are too long',
    [{ ip: to }, { tcp: { dstport: 1, options: Array(11).fill({ 'options.mss_val': 1 }) } }],
    'the options take 44 octets; the header has room for 40',
  ],
  ['an option without a type', [{ ip: { ...to, options: [{}] } }], 'option 1: ip.opt.type is missing'],
  ['a label that is too long', dnsOf('x'.repeat(64)), 'a label of 64 octets; a label has at most 63'],
  ['a name that is too long', dnsOf(Array(60).fill('abcd').join('.')), 'a name has at most 255'],
  ['an empty label', dnsOf('a..b'), 'has an empty label'],
])('%s is an error in words', (_what, layers, words) => {
  expect(() => buildPacket(layers)).toThrow(words);
  expect(() => buildPacket(layers)).toThrow(PacketError);
});

function dnsOf(name: string): unknown[] {
  return [{ ip: to }, { udp: {} }, { dns: { 'qry.name': name } }];
}

test('whatever is given, it is a packet or an error in words', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.integer(), fc.string());
  const names = [...registry.protocols].flatMap(({ header, variable }) => [...header, ...variable].map((f) => f.name));
  const fields = fc.dictionary(fc.constantFrom(...names, 'options', 'answers', 'type'), value, { maxKeys: 4 });
  const layer = fc
    .tuple(fc.constantFrom(...encodable, 'payload'), fc.oneof(fields, value))
    .map(([protocol, given]) => ({ [protocol]: given }));
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 5 }), (layers) => {
      try {
        buildPacket(layers);
      } catch (error) {
        expect(error).toBeInstanceOf(PacketError);
      }
    }),
    { numRuns: 2000, seed: SEED },
  );
});

/** The same layers, with every field of the fixed headers as the tree has it. */
function asDecoded(layers: readonly Record<string, unknown>[], tree: PacketTree): unknown[] {
  const shown = tree.layers.filter(({ protocol }) => protocol !== 'raw' && protocol !== 'frame');
  return layers.map((layer, index) => {
    const [protocol, given] = Object.entries(layer)[0];
    if (protocol === 'payload') return layer;
    const { fields } = shown[index];
    const header = new Set(registry.runtime(registry.idOf(protocol)).protocol.header.map((field) => field.name));
    const decoded = fields.filter(({ name }) => header.has(name)).map(({ name, value }) => [name, value]);
    const rest = Object.entries(given as Record<string, unknown>).filter(
      ([key]) => ![...header].some((name) => `${protocol}.${key}`.startsWith(name)),
    );
    return { [protocol]: { ...Object.fromEntries(rest), ...Object.fromEntries(decoded) } };
  });
}

/** What tshark says of each packet: whether it is malformed, and the fields. */
function tsharkRows(packets: readonly RandomPacket[], names: readonly string[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'netglass-encode-'));
  try {
    const file = join(folder, 'packets.pcap');
    const built = packets.map(({ layers }) => buildPacket(layers, { random: () => 7 }));
    const writer = new PcapWriter([{ linkType: built[0].linkType, snapLength: 0 }]);
    const builder = new BlockBuilder(64 << 20);
    for (const { bytes } of built) builder.add(0, 0, 0, bytes, 0, bytes.length, bytes.length);
    writeFileSync(file, Buffer.concat([writer.header(), writer.writeBlock(builder.take()!.bytes)]));
    const run = spawnSync(
      'tshark',
      [
        ...['-n', '-r', file, '-T', 'fields'],
        ...['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]),
        ...['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'ip.defragment:FALSE'],
        ...['_ws.malformed', ...names].flatMap((name) => ['-e', name]),
      ],
      { encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
