/** Random packets as layers in JSON, one arbitrary a protocol, with the values that a decoder must find in them. */

import fc from 'fast-check';

/** A field's value, or all of them in the order of the packet. */
export type Expected = number | string | boolean | readonly (number | string)[];

export interface RandomPacket {
  readonly layers: Record<string, unknown>[];
  /** By full filter names. */
  readonly expected: Readonly<Record<string, Expected>>;
}

const u = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const octets = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((bytes) => Buffer.from(bytes).toString('hex'));
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => [...bytes].map(twoDigits).join(':'));
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => [...bytes].join('.'));
// Not in ::/8, whose addresses are written in several ways.
const ipv6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => new URL(`http://[20${words(bytes)}]`).hostname.slice(1, -1));
/** In nobody's range, so that no dissector claims the payload. */
const port = fc.integer({ min: 61_000, max: 65_535 });
const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
/** Letters, which no dissector takes for a protocol of its own. */
const letters = (least: number) =>
  fc.stringMatching(new RegExp(`^[a-z]{${least},60}$`)).map((text) => Buffer.from(text).toString('hex'));
const payload = letters(0);

function twoDigits(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}

function words(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex').slice(2);
  return `${hex.slice(0, 2)}:${hex.slice(2).match(/.{4}/g)!.join(':')}`;
}

/** Fields of one layer, by their names without its prefix. */
function fields(prefix: string, values: Record<string, Expected>): Record<string, Expected> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));
}

const under4 = fc
  .record({ src: ipv4, dst: ipv4, ttl: u(8), id: u(16) })
  .map((ip) => ({ layers: [{ ip }], expected: fields('ip', { ...ip, 'checksum.status': 1 }) }));
const under6 = fc
  .record({ src: ipv6, dst: ipv6, hlim: u(8) })
  .map((given) => ({ layers: [{ ipv6: given }], expected: fields('ipv6', given) }));
const network = fc.oneof(under4, under6);

/** One layer on IP. */
function upon(
  below: fc.Arbitrary<RandomPacket>,
  layer: string,
  inner: fc.Arbitrary<{ given: Record<string, unknown>; expected: Record<string, Expected> }>,
  above: fc.Arbitrary<string> = payload,
): fc.Arbitrary<RandomPacket> {
  return fc.tuple(below, inner, above).map(([under, { given, expected }, hex]) => ({
    layers: [...under.layers, { [layer]: given }, { payload: `0x${hex}` }],
    expected: { ...under.expected, ...fields(layer, expected) },
  }));
}

/** Fields that stand in the packet as they are given. */
const asGiven = <T extends Record<string, Expected>>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.map((given) => ({ given, expected: { ...given } as Record<string, Expected> }));

const ethernet: fc.Arbitrary<RandomPacket> = fc
  .tuple(fc.record({ src: mac, dst: mac, type: fc.integer({ min: 0x9a00, max: 0x9fff }) }), octets(0, 60))
  .map(([eth, hex]) => ({ layers: [{ eth }, { payload: `0x${hex}` }], expected: fields('eth', eth) }));

const vlan: fc.Arbitrary<RandomPacket> = fc
  .tuple(
    fc.record({ src: mac, dst: mac }),
    fc.array(fc.record({ priority: u(3), dei: fc.boolean(), id: u(12) }), { minLength: 1, maxLength: 2 }),
    fc.record({ ttl: u(8), dst: ipv4, src: ipv4 }),
  )
  .map(([eth, tags, ip]) => ({
    layers: [{ eth }, ...tags.map((tag) => ({ vlan: tag })), { ip }],
    expected: {
      ...fields('eth', eth),
      ...fields('ip', ip),
      'vlan.priority': tags.map((tag) => tag.priority),
      'vlan.dei': tags.map((tag) => Number(tag.dei)),
      'vlan.id': tags.map((tag) => tag.id),
    },
  }));

const arp: fc.Arbitrary<RandomPacket> = fc
  .record({
    // From 8 on there are ATM's, whose packets look different.
    opcode: fc.integer({ min: 1, max: 4 }),
    'src.hw_mac': mac,
    'dst.hw_mac': mac,
    'src.proto_ipv4': ipv4,
    'dst.proto_ipv4': ipv4,
  })
  .map((given) => ({
    layers: [{ eth: {} }, { arp: given }],
    expected: { ...fields('arp', given), 'arp.hw.type': 1, 'arp.proto.type': 0x0800, 'eth.type': 0x0806 },
  }));

const route = fc.array(ipv4, { minLength: 0, maxLength: 3 });
const ipOption = fc.oneof(
  route.map((list) => ({
    option: { 'opt.type': 7, rec_rt: list, 'opt.ptr': 4 + list.length * 4 },
    type: 7,
    size: 3 + 4 * list.length,
  })),
  u(16).map((ra) => ({ option: { 'opt.ra': ra }, type: 148, size: 4 })),
  u(16).map((sid) => ({ option: { 'opt.sid': sid }, type: 136, size: 4 })),
  fc.constant({ option: { 'opt.type': 1 }, type: 1, size: 1 }),
);
const ip: fc.Arbitrary<RandomPacket> = fc
  .tuple(
    fc.record({
      src: ipv4,
      dst: ipv4,
      ttl: u(8),
      id: u(16),
      proto: fc.integer({ min: 225, max: 250 }),
      'dsfield.dscp': u(6),
      'dsfield.ecn': u(2),
      'flags.df': fc.boolean(),
    }),
    fc.array(ipOption, { maxLength: 4 }).filter((list) => list.reduce((sum, { size }) => sum + size, 0) <= 40),
    payload,
  )
  .map(([given, options, hex]) => {
    const size = options.reduce((sum, one) => sum + one.size, 0);
    const padding = -size & 3;
    return {
      layers: [
        { ip: { ...given, ...(options.length === 0 ? {} : { options: options.map((one) => one.option) }) } },
        { payload: `0x${hex}` },
      ],
      expected: {
        ...fields('ip', given),
        'ip.hdr_len': 20 + size + padding,
        'ip.len': 20 + size + padding + hex.length / 2,
        'ip.checksum.status': 1,
        // What pads the header begins with the end of the list.
        'ip.opt.type': [...options.map((one) => one.type), ...(padding > 0 ? [0] : [])],
      },
    };
  });

const ipv6Packet: fc.Arbitrary<RandomPacket> = fc
  .tuple(
    fc.record({
      src: ipv6,
      dst: ipv6,
      hlim: u(8),
      flow: u(20),
      nxt: fc.integer({ min: 225, max: 250 }),
      'tclass.dscp': u(6),
      'tclass.ecn': u(2),
    }),
    letters(1),
  )
  .map(([given, hex]) => ({
    layers: [{ ipv6: given }, { payload: `0x${hex}` }],
    expected: { ...fields('ipv6', given), 'ipv6.plen': hex.length / 2 },
  }));

const icmp = fc.oneof(
  upon(
    under4,
    'icmp',
    asGiven(
      fc.record({ type: fc.constantFrom(0, 8), ident: u(16), seq: u(16), 'checksum.status': fc.constant(1) }),
    ).map(withoutStatus),
  ),
  upon(
    under4,
    'icmp',
    asGiven(fc.record({ type: fc.constant(17), ident: u(16), seq: u(16), address_mask: ipv4 })),
    fc.constant(''),
  ),
  fc.tuple(under4, under4, fc.constantFrom(3, 11), fc.integer({ min: 0, max: 1 }), port, port).map(
    ([outer, inner, type, code, srcport, dstport]): RandomPacket => ({
      layers: [...outer.layers, { icmp: { type, code } }, ...inner.layers, { udp: { srcport, dstport } }],
      expected: {
        'icmp.type': type,
        'icmp.code': code,
        'icmp.checksum.status': 1,
        'ip.src': [outer.expected['ip.src'], inner.expected['ip.src']] as string[],
        'ip.ttl': [outer.expected['ip.ttl'], inner.expected['ip.ttl']] as number[],
        'udp.srcport': srcport,
        'udp.dstport': dstport,
      },
    }),
  ),
);

function withoutStatus({ given, expected }: { given: Record<string, unknown>; expected: Record<string, Expected> }) {
  const { 'checksum.status': _status, ...rest } = given;
  return { given: rest, expected };
}

const good = { 'checksum.status': 1 };
const icmpv6 = fc.oneof(
  upon(
    under6,
    'icmpv6',
    fc
      .record({ type: fc.constantFrom(128, 129), 'echo.identifier': u(16), 'echo.sequence_number': u(16) })
      .map((given) => ({ given, expected: { ...given, ...good } })),
  ),
  fc.tuple(under6, fc.record({ 'nd.ns.target_address': ipv6 }), mac).map(
    ([under, given, address]): RandomPacket => ({
      layers: [...under.layers, { icmpv6: { type: 135, ...given, options: [{ 'opt.src_linkaddr': address }] } }],
      expected: {
        ...under.expected,
        ...fields('icmpv6', { type: 135, ...given, ...good, 'opt.type': 1, 'opt.length': 1, 'opt.linkaddr': address }),
      },
    }),
  ),
  fc
    .tuple(
      under6,
      fc.record({ 'nd.na.target_address': ipv6, 'nd.na.flag.r': fc.boolean(), 'nd.na.flag.s': fc.boolean() }),
    )
    .map(
      ([under, given]): RandomPacket => ({
        layers: [...under.layers, { icmpv6: { type: 136, ...given } }],
        expected: { ...under.expected, ...fields('icmpv6', { type: 136, ...given, ...good }) },
      }),
    ),
);

const udp = upon(
  network,
  'udp',
  fc.record({ srcport: port, dstport: port }).map((given) => ({ given, expected: { ...given, ...good } })),
);

const tcpOption = fc.oneof(
  u(16).map((value) => ({ option: { 'options.mss_val': value }, kind: 2, size: 4 })),
  fc.integer({ min: 0, max: 14 }).map((value) => ({ option: { 'options.wscale.shift': value }, kind: 3, size: 3 })),
  fc.constant({ option: { option_kind: 4 }, kind: 4, size: 2 }),
  fc.constant({ option: { option_kind: 1 }, kind: 1, size: 1 }),
  fc.tuple(u(32), u(32)).map(([value, echoed]) => ({
    option: { 'options.timestamp.tsval': value, 'options.timestamp.tsecr': echoed },
    kind: 8,
    size: 10,
  })),
);
const tcp = upon(
  network,
  'tcp',
  fc
    .tuple(
      fc.record({
        srcport: port,
        dstport: port,
        seq_raw: u(32),
        ack_raw: u(32),
        flags: u(12),
        window_size_value: u(16),
        urgent_pointer: u(16),
      }),
      fc.array(tcpOption, { maxLength: 5 }).filter((list) => list.reduce((sum, { size }) => sum + size, 0) <= 40),
    )
    .map(([given, options]) => {
      const size = options.reduce((sum, one) => sum + one.size, 0);
      const padding = -size & 3;
      return {
        given: { ...given, ...(options.length === 0 ? {} : { options: options.map((one) => one.option) }) },
        expected: {
          ...given,
          ...good,
          hdr_len: 20 + size + padding,
          option_kind: [...options.map((one) => one.kind), ...Array<number>(padding).fill(0)],
        },
      };
    }),
);

const record = fc.oneof(
  fc.record({ 'resp.name': name, 'resp.ttl': u(31), a: ipv4 }),
  fc.record({ 'resp.name': name, 'resp.ttl': u(31), aaaa: ipv6 }),
  fc.record({ 'resp.name': name, 'resp.ttl': u(31), cname: name }),
  fc.record({ 'resp.name': name, 'resp.ttl': u(31), 'mx.preference': u(16), 'mx.mail_exchange': name }),
);
const dns: fc.Arbitrary<RandomPacket> = fc
  .tuple(
    network,
    fc.boolean(),
    fc.record({ id: u(16), 'qry.name': name, 'qry.type': fc.constantFrom(1, 15, 28, 255) }),
    fc.array(record, { maxLength: 4 }),
  )
  .map(([under, overTcp, question, answers]) => {
    const flags = answers.length === 0 ? 0x0100 : 0x8180;
    const all = (key: string) => answers.flatMap((one) => (key in one ? [(one as Record<string, Expected>)[key]] : []));
    return {
      layers: [
        ...under.layers,
        overTcp ? { tcp: { dstport: 53, srcport: 61_000, flags: 0x18 } } : { udp: {} },
        { dns: { ...question, flags, answers } },
      ],
      expected: {
        ...under.expected,
        ...fields('dns', { ...question, flags, 'count.answers': answers.length, 'count.queries': 1 }),
        ...fields(
          'dns',
          Object.fromEntries(
            ['resp.name', 'resp.ttl', 'a', 'aaaa', 'cname', 'mx.preference', 'mx.mail_exchange'].map((key) => [
              key,
              all(key) as (string | number)[],
            ]),
          ),
        ),
        [overTcp ? 'tcp.checksum.status' : 'udp.checksum.status']: 1,
      },
    };
  });

/** By the protocol that is varied most. */
export const randomPackets: Readonly<Record<string, fc.Arbitrary<RandomPacket>>> = {
  eth: ethernet,
  vlan,
  arp,
  ip,
  ipv6: ipv6Packet,
  icmp,
  icmpv6,
  udp,
  tcp,
  dns,
};
