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

const on6 = (type: number, given: object = {}) => [
  { ipv6: { src: 'fe80::1', dst: 'fe80::2' } },
  { icmpv6: { type, ...given } },
];
const on4 = (type: number, given: object = {}) => [{ ip: to }, { icmp: { type, ...given } }];
const record = (given: object) => [
  { ip: to },
  { udp: {} },
  { dns: { id: 7, flags: 0x8180, 'qry.name': 'a.example', answers: [{ 'resp.name': 'a.example', ...given }] } },
];
const withOptions = (...options: object[]) => [{ ip: { ...to, proto: 253, options } }, { payload: 'x' }];
const segment = (...options: object[]) => [{ ip: to }, { tcp: { dstport: 61_000, srcport: 61_001, options } }];

/** Messages, options and records of every kind, with what must be found in them. */
const kinds: readonly (readonly [string, readonly unknown[], Readonly<Record<string, Expected>>])[] = [
  [
    "a provider's tag",
    [{ eth: {} }, { ieee8021ad: { id: 5, etype: 0x8100 } }, { vlan: { id: 6 } }, { ip: to }],
    { 'ieee8021ad.id': 5, 'vlan.id': 6, 'ip.dst': '192.0.2.1' },
  ],
  [
    'fragmentation needed',
    [...on4(3, { code: 4, mtu: 1400 }), { ip: to }, { udp: { dstport: 61_000, srcport: 61_001 } }],
    { 'icmp.mtu': 1400, 'udp.dstport': 61_000 },
  ],
  [
    'redirect',
    [...on4(5, { code: 1, redir_gw: '192.0.2.9' }), { ip: to }, { udp: { dstport: 61_000, srcport: 61_001 } }],
    { 'icmp.redir_gw': '192.0.2.9' },
  ],
  [
    'router advertisement',
    on4(9, { lifetime: 60, router_address: ['192.0.2.3', '192.0.2.4'], pref_level: [0, -5] }),
    { 'icmp.num_addrs': 2, 'icmp.router_address': ['192.0.2.3', '192.0.2.4'], 'icmp.pref_level': [0, -5] },
  ],
  ['router solicitation', on4(10), {}],
  [
    'parameter problem',
    [...on4(12, { pointer: 9 }), { ip: to }, { udp: { dstport: 61_000, srcport: 61_001 } }],
    { 'icmp.pointer': 9 },
  ],
  [
    'timestamp',
    on4(13, { originate_timestamp: 1, receive_timestamp: 2, transmit_timestamp: 3 }),
    { 'icmp.originate_timestamp': 1, 'icmp.transmit_timestamp': 3 },
  ],
  [
    'packet too big',
    [...on6(2, { mtu: 1280 }), { ipv6: { src: '::1', dst: '::1' } }, { udp: { dstport: 61_000, srcport: 61_001 } }],
    { 'icmpv6.mtu': 1280, 'udp.dstport': 61_000 },
  ],
  [
    'parameter problem, version 6',
    [...on6(4, { pointer: 40 }), { ipv6: { src: '::1', dst: '::1' } }, { udp: { dstport: 61_000, srcport: 61_001 } }],
    { 'icmpv6.pointer': 40 },
  ],
  [
    'listener query',
    on6(130, { 'mld.multicast_address': 'ff02::1:3' }),
    { 'icmpv6.mld.multicast_address': 'ff02::1:3' },
  ],
  [
    'listener query, version 2',
    on6(130, { 'mld.multicast_address': 'ff02::1:3', 'mld.source_address': ['fe80::7', 'fe80::8'] }),
    { 'icmpv6.mld.nb_sources': 2, 'icmpv6.mld.source_address': ['fe80::7', 'fe80::8'] },
  ],
  [
    'router solicitation, version 6',
    on6(133, { options: [{ 'opt.src_linkaddr': '02:00:00:00:00:09' }] }),
    { 'icmpv6.opt.linkaddr': '02:00:00:00:00:09' },
  ],
  [
    'router advertisement, version 6',
    on6(134, {
      'nd.ra.cur_hop_limit': 64,
      'nd.ra.flag.m': true,
      'nd.ra.router_lifetime': 1800,
      options: [
        { 'opt.prefix': '2001:db8::', 'opt.prefix.length': 64, 'opt.prefix.flag.a': 1, 'opt.prefix.valid_lifetime': 7 },
        { 'opt.mtu': 1400 },
        { 'opt.rdnss': ['2001:db8::53'], 'opt.rdnss.lifetime': 9 },
      ],
    }),
    {
      'icmpv6.nd.ra.cur_hop_limit': 64,
      'icmpv6.nd.ra.flag.m': true,
      'icmpv6.opt.prefix': '2001:db8::',
      'icmpv6.opt.prefix.length': 64,
      'icmpv6.opt.mtu': 1400,
      'icmpv6.opt.rdnss': '2001:db8::53',
    },
  ],
  [
    'redirect, version 6',
    on6(137, { 'nd.rd.target_address': 'fe80::3', 'rd.na.destination_address': '2001:db8::4' }),
    { 'icmpv6.nd.rd.target_address': 'fe80::3', 'icmpv6.rd.na.destination_address': '2001:db8::4' },
  ],
  [
    'IPv4 time stamps with addresses',
    withOptions({
      'opt.type': 68,
      'opt.ptr': 13,
      'opt.flag': 1,
      'opt.time_stamp_addr': ['192.0.2.5'],
      'opt.time_stamp': [99],
    }),
    { 'ip.opt.flag': 1, 'ip.opt.time_stamp_addr': '192.0.2.5', 'ip.opt.time_stamp': 99 },
  ],
  [
    'IPv4 traceroute',
    withOptions({ 'opt.id_number': 5, 'opt.ohc': 1, 'opt.rhc': 2, 'opt.originator': '192.0.2.6' }),
    { 'ip.opt.type': 82, 'ip.opt.id_number': 5, 'ip.opt.originator': '192.0.2.6' },
  ],
  [
    'an IPv4 option by its octets',
    withOptions({ 'opt.type': 148, 'opt.data': '0000' }),
    { 'ip.opt.len': 4, 'ip.opt.ra': 0 },
  ],
  [
    'all IPv4 options by their octets',
    [{ ip: { ...to, proto: 253, options: '0x94040000' } }, { payload: 'x' }],
    { 'ip.opt.ra': 0, 'ip.hdr_len': 24 },
  ],
  [
    'SACK',
    segment({ option_kind: 1 }, { option_kind: 1 }, { 'options.sack_le': [1, 9], 'options.sack_re': [5, 12] }),
    { 'tcp.options.sack_le': [1, 9], 'tcp.options.sack_re': [5, 12], 'tcp.hdr_len': 40 },
  ],
  [
    'user timeout',
    segment({ option_kind: 28, userTimeout: 0x8005 }),
    { 'tcp.options.user_to_granularity': true, 'tcp.options.user_to_val': 5 },
  ],
  [
    'Fast Open',
    segment({ 'options.tfo.cookie': '0011223344556677' }),
    { 'tcp.options.tfo.cookie': '0011223344556677', 'tcp.option_len': 10 },
  ],
  [
    'a TCP option with a wrong length',
    segment({ option_kind: 3, option_len: 4, 'options.unknown.payload': '07' }),
    { 'tcp.option_len': 4 },
  ],
  [
    'SOA',
    record({ 'soa.mname': 'ns.example', 'soa.rname': 'root.example', 'soa.serial_number': 5, 'soa.minimum_ttl': 9 }),
    { 'dns.soa.mname': 'ns.example', 'dns.soa.serial_number': 5, 'dns.soa.minimum_ttl': 9 },
  ],
  [
    'SRV',
    record({ 'srv.priority': 1, 'srv.weight': 2, 'srv.port': 3, 'srv.target': 'b.example' }),
    { 'dns.srv.port': 3, 'dns.srv.target': 'b.example' },
  ],
  ['TXT', record({ txt: ['one', 'two words'] }), { 'dns.txt': ['one', 'two words'] }],
  ['NS', record({ ns: 'ns.example' }), { 'dns.ns': 'ns.example' }],
  ['PTR', record({ 'ptr.domain_name': 'b.example' }), { 'dns.ptr.domain_name': 'b.example' }],
  ['DNAME', record({ dname: 'b.example' }), { 'dns.dname': 'b.example' }],
  ['a record by its octets', record({ 'resp.type': 1, data: 'c0000201' }), { 'dns.a': '192.0.2.1' }],
  [
    'EDNS',
    [
      { ip: to },
      { udp: {} },
      {
        dns: {
          queries: [{ 'qry.name': 'a' }, { 'qry.name': 'b', 'qry.type': 'MX' }],
          additionals: [{ 'resp.name': '', 'resp.type': 'OPT', 'resp.z.do': 1 }],
        },
      },
    ],
    { 'dns.qry.name': ['a', 'b'], 'dns.qry.type': [1, 15], 'dns.rr.udp_payload_size': 1232, 'dns.resp.z.do': true },
  ],
];

test.each(kinds)('%s decodes as it was given', (name, layers, expected) => {
  const tree = treeOf(buildPacket(layers));
  const found = valuesOf(tree);
  if (!name.includes('wrong')) expect(tree.problems).toEqual([]);
  for (const [field, value] of Object.entries(expected))
    expect([field, (found.get(field) ?? []).map((node) => plain(node.text)).join(',')]).toEqual([field, list(value)]);
});

(hasTshark ? test : test.skip)(`… and in tshark, too${hasTshark ? '' : ' (needs tshark)'}`, () => {
  for (const isFrame of [false, true]) {
    const some = kinds.filter(([name, [first]]) => isFrame === 'eth' in (first as object) && !name.includes('wrong'));
    const names = [...new Set(some.flatMap(([, , expected]) => Object.keys(expected)))];
    const packets = some.map(([, layers, expected]) => ({ layers, expected }) as RandomPacket);
    for (const [index, [malformed, ...values]] of tsharkRows(packets, names).entries()) {
      const [what, , expected] = some[index];
      expect([what, malformed]).toEqual([what, '']);
      for (const [field, value] of Object.entries(expected)) {
        const theirs = values[names.indexOf(field)].split(',').map((one) => (one === '' ? '' : plain(one)));
        expect([what, field, theirs.join(',')]).toEqual([what, field, list(value)]);
      }
    }
  }
});

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
