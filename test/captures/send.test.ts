/** What sending is made of: copies, limits, destinations, and what answers what. */

import { describe, expect, test } from '@jest/globals';
import { Destinations } from '../../captures/send/destinations.js';
import { LinkType, readHeaders } from '../../captures/send/headers.js';
import { Outgoing, RUN_NANOSECONDS } from '../../captures/send/outgoing.js';
import { nowNanoseconds, RateLimit } from '../../captures/send/pace.js';
import { isSame, replyKind, sentPacket } from '../../captures/send/replies.js';
import { Copies } from '../../captures/send/supplies.js';
import { dissect, findField, type PacketTree } from '../../decoders/core/index.js';
import { buildPacket } from '../../decoders/encode/index.js';
import { registry } from '../../decoders/protocols/index.js';

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const make = (...layers: unknown[]) => buildPacket(layers);
const a = { src: '10.0.0.1', dst: '10.0.0.2' };
const b = { src: '10.0.0.2', dst: '10.0.0.1' };

function treeOf(bytes: Uint8Array, linkType: number): PacketTree {
  const { length } = bytes;
  return dissect(registry, { view: viewOf(bytes), start: 0, captured: length, original: length, linkType });
}

describe('copies', () => {
  const made = (layers: unknown[], count: number): PacketTree[] => {
    const packet = buildPacket(layers, { random: (most) => Math.min(most, 0xfffd) });
    const out = new Outgoing(0);
    const copies = new Copies(packet, count, 0);
    out.clear(count);
    copies.fill(out);
    const trees: PacketTree[] = [];
    out.each(out.packets, (view, start, length) =>
      trees.push(treeOf(new Uint8Array(view.buffer, view.byteOffset + start, length).slice(), packet.linkType)),
    );
    return trees;
  };
  const values = (trees: PacketTree[], name: string) =>
    trees.map(
      ({ layers }) =>
        findField(
          layers.flatMap(({ fields }) => fields),
          name,
        )?.value,
    );

  test.each([
    ['ICMP', [{ ip: a }, { icmp: {} }], 'icmp.seq', [1, 2, 3, 4, 5]],
    ['ICMPv6', [{ ipv6: { dst: '::1' } }, { icmpv6: {} }], 'icmpv6.echo.sequence_number', [1, 2, 3, 4, 5]],
    ['IPv4', [{ ip: a }, { udp: { dstport: 9 } }], 'ip.id', [0xfffe, 0xffff, 0xc000, 0xc001, 0xc002]],
    ['TCP', [{ ip: a }, { tcp: { dstport: 9 } }], 'tcp.srcport', [0xffff, 0xc000, 0xc001, 0xc002, 0xc003]],
    [
      'DNS',
      [{ ip: a }, { udp: {} }, { dns: { 'qry.name': 'a.example' } }],
      'dns.id',
      [0xfffd, 0xfffe, 0xffff, 0xc000, 0xc001],
    ],
  ])('of %s have numbers of their own, and right checksums', (_kind, layers, name, numbers) => {
    const trees = made(layers, 5);
    expect(values(trees, name)).toEqual(numbers);
    expect(trees.flatMap(({ problems }) => problems)).toEqual([]);
  });

  test('are the same where the number was given', () => {
    const trees = made([{ ip: { ...a, id: 7 } }, { icmp: { seq: 9 } }], 3);
    expect([...values(trees, 'ip.id'), ...values(trees, 'icmp.seq')]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  test('a run ends with what is due soon', () => {
    const out = new Outgoing(0);
    const copies = new Copies(make({ ip: a }), 100, RUN_NANOSECONDS / 4);
    out.clear(1000);
    copies.fill(out);
    expect(out.packets).toBe(5);
    out.clear(2);
    copies.fill(out);
    expect([out.packets, out.wanted[0]]).toEqual([2, (RUN_NANOSECONDS / 4) * 5]);
  });
});

test('a limit gives turns that are apart, whoever asks', () => {
  const limit = new RateLimit(1000);
  const start = nowNanoseconds() + 1e9;
  const first = limit.reserve(10, start);
  const second = limit.reserve(1, start);
  expect([first - start, second - first, limit.reserve(1, start) - second]).toEqual([0, 10e6, 1e6]);
  expect(limit.packetsIn(50e6)).toBe(50);
  expect(new RateLimit(0.5).packetsIn(50e6)).toBe(1);
});

describe('destinations', () => {
  const refusal = (dst: string, name: string | undefined, anywhere = false) => {
    const layer = dst.includes(':') ? { ipv6: { dst } } : { ip: { dst } };
    const { bytes } = make(layer);
    return new Destinations(anywhere).refusal(viewOf(bytes), LinkType.raw, name);
  };

  test('loopback is always possible, by its interface or its addresses', () => {
    expect(refusal('127.0.0.1', undefined)).toBeUndefined();
    expect(refusal('127.8.8.8', undefined)).toBeUndefined();
    expect(refusal('8.8.8.8', 'lo')).toBeUndefined();
  });

  test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '224.0.1.1', '11.0.0.1', '172.32.0.1'])(
    '%s is public, and possible only when anything is',
    (dst) => {
      expect(refusal(dst, 'ngnone0')).toMatch(/public network/);
      expect(refusal(dst, 'ngnone0', true)).toBeUndefined();
    },
  );

  test.each(['10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.0.1', '224.0.0.251', 'fd00::1', 'fe80::1', 'ff02::1'])(
    '%s stays where an interface without addresses leads',
    (dst) => expect(refusal(dst, 'ngnone0')).toBeUndefined(),
  );

  test('a source route leads on', () => {
    const { bytes } = make({ ip: { ...a, options: [{ 'opt.type': 1 }] } });
    expect(new Destinations(false).refusal(viewOf(bytes), LinkType.raw, 'ngnone0')).toBeUndefined();
    const routed = make({ ip: { ...a, options: [{ 'opt.type': 1 }, { 'opt.type': 131, src_rt: ['8.8.8.8'] }] } });
    expect(new Destinations(false).refusal(viewOf(routed.bytes), LinkType.raw, 'ngnone0')).toBe(
      'it has a source route',
    );
  });

  test('so does a routing header, also behind options', () => {
    const to = { ipv6: { dst: 'fd00::1', nxt: 0 } };
    // Hop-by-hop options of padding (RFC 8200, section 4.3), and what stands behind them.
    const behindOptions = (next: number) => make(to, { payload: { hex: `${next.toString(16)}00010400000000` } });
    const why = (bytes: Uint8Array) => new Destinations(false).refusal(viewOf(bytes), LinkType.raw, 'ngnone0');
    expect(why(behindOptions(43).bytes)).toBe('it has a routing header');
    expect(why(behindOptions(59).bytes)).toBeUndefined();
    expect(why(make({ ipv6: { dst: 'fd00::1', nxt: 43 } }).bytes)).toBe('it has a routing header');
    expect(why(make(to).bytes)).toBeUndefined();
  });
});

describe('what answers what', () => {
  const kind = (asked: unknown[], answer: unknown[]) => {
    const [sent, heard] = [make(...asked), make(...answer)];
    return replyKind(
      sentPacket(sent.bytes, sent.linkType),
      viewOf(heard.bytes),
      readHeaders(viewOf(heard.bytes), heard.linkType),
    );
  };
  const echo = (ip: object, type: number, seq = 1, ident = 7) => [{ ip }, { icmp: { type, seq, ident } }];
  const tcp = (ip: object, ports: [number, number], seq: number, ack: number, flags: number) => [
    { ip },
    { tcp: { srcport: ports[0], dstport: ports[1], seq, ack, flags } },
  ];
  const udp = (ip: object, srcport: number, dstport: number) => [{ ip }, { udp: { srcport, dstport } }];
  const dns = (ip: object, srcport: number, dstport: number, id: number) => [
    ...udp(ip, srcport, dstport),
    { dns: { id, 'qry.name': 'a' } },
  ];

  test.each<[string, string | undefined, unknown[], unknown[]]>([
    ['an echo reply', 'answer', echo(a, 8), echo(b, 0)],
    ['another sequence number', undefined, echo(a, 8), echo(b, 0, 2)],
    ['another identifier', undefined, echo(a, 8), echo(b, 0, 1, 8)],
    ['another host', undefined, echo(a, 8), echo({ src: '10.0.0.3', dst: '10.0.0.1' }, 0)],
    ['the request itself', undefined, echo(a, 8), echo(a, 8)],
    ['a host that answers a broadcast', 'answer', echo({ ...a, dst: '10.0.0.255' }, 8), echo(b, 0)],
    ['SYN, ACK', 'answer', tcp(a, [1024, 80], 100, 0, 2), tcp(b, [80, 1024], 5, 101, 0x12)],
    ['SYN, ACK of another SYN', undefined, tcp(a, [1024, 80], 100, 0, 2), tcp(b, [80, 1024], 5, 200, 0x12)],
    ['RST, ACK', 'reset', tcp(a, [1024, 80], 100, 0, 2), tcp(b, [80, 1024], 0, 101, 0x14)],
    ['RST of an ACK', 'reset', tcp(a, [1024, 80], 100, 9, 0x10), tcp(b, [80, 1024], 9, 0, 4)],
    ['a datagram back', 'answer', udp(a, 1024, 7), udp(b, 7, 1024)],
    ['a datagram from another port', undefined, udp(a, 1024, 7), udp(b, 8, 1024)],
    ['the transaction of DNS', 'answer', dns(a, 1024, 53, 7), dns(b, 53, 1024, 7)],
    ['another transaction of DNS', undefined, dns(a, 1024, 53, 7), dns(b, 53, 1024, 8)],
    [
      'an error from a router',
      'error',
      udp(a, 1024, 7),
      [{ ip: { src: '10.9.9.9', dst: '10.0.0.1' } }, { icmp: { type: 11 } }, ...udp(a, 1024, 7)],
    ],
    [
      'an error about another datagram',
      undefined,
      udp(a, 1024, 7),
      [{ ip: b }, { icmp: { type: 3, code: 3 } }, ...udp(a, 1025, 7)],
    ],
    ['an error about an echo request', 'error', echo(a, 8), [{ ip: b }, { icmp: { type: 3, code: 1 } }, ...echo(a, 8)]],
    [
      'a neighbour that is asked for',
      'answer',
      [
        { ipv6: { src: 'fe80::1', dst: 'ff02::1:ff00:2' } },
        { icmpv6: { type: 135, 'nd.ns.target_address': 'fe80::2' } },
      ],
      [{ ipv6: { src: 'fe80::2', dst: 'fe80::1' } }, { icmpv6: { type: 136, 'nd.na.target_address': 'fe80::2' } }],
    ],
    [
      'an ARP reply',
      'answer',
      [{ eth: {} }, { arp: { 'dst.proto_ipv4': '10.0.0.2' } }],
      [{ eth: {} }, { arp: { opcode: 2, 'src.proto_ipv4': '10.0.0.2' } }],
    ],
    [
      'an ARP reply of somebody else',
      undefined,
      [{ eth: {} }, { arp: { 'dst.proto_ipv4': '10.0.0.2' } }],
      [{ eth: {} }, { arp: { opcode: 2, 'src.proto_ipv4': '10.0.0.3' } }],
    ],
  ])('%s: %s', (_what, expected, asked, answer) => expect(kind(asked, answer)).toBe(expected));

  test('a packet is known again by what the kernel does not change', () => {
    const sent = make(
      { ip: { ...a, id: 0, checksum: 0, len: 0 } },
      { udp: { srcport: 1, dstport: 2 } },
      { payload: 'x' },
    );
    const same = (ip: object, payload = 'x') => {
      const heard = make({ eth: {} }, { ip: { ...a, ...ip } }, { udp: { srcport: 1, dstport: 2 } }, { payload });
      const view = viewOf(heard.bytes);
      return isSame(sentPacket(sent.bytes, sent.linkType), view, readHeaders(view, heard.linkType));
    };
    expect([same({ id: 77 }), same({ ttl: 63 }), same({ dst: '10.0.0.3' }), same({}, 'y')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('hostile packets are no answer, and no error', () => {
    const sent = [make(...echo(a, 8)), make(...tcp(a, [1, 2], 1, 0, 2)), make({ eth: {} }, { arp: {} })];
    for (const { bytes, linkType } of sent)
      for (let length = 0; length <= bytes.length; length++) {
        const cut = bytes.slice(0, length);
        for (const fill of [0, 0x45, 0x60, 0xff]) {
          const view = viewOf(Uint8Array.from([...cut, ...Array<number>(60).fill(fill)]).slice(0, 20 + length));
          const headers = readHeaders(view, linkType);
          for (const one of sent) replyKind(sentPacket(one.bytes, one.linkType), view, headers);
          new Destinations(false).refusal(view, linkType, 'ngnone0');
        }
      }
  });
});
