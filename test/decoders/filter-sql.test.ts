/** The planner's promise: the columns select at least a filter's matches, and when it says exactly, exactly those. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { AddressFamily, Columns, PacketFlag, summarizePacket, Walk } from '../../decoders/core/index.js';
import { lookUp } from '../../decoders/filter/fields.js';
import { compileFilter, type FilterPacket, toSql, VERIFY_FLAGS } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { frame, ipv4, octets, packetOf, udpInIpv4 } from './filter-support.js';

const BASE_TIME = 1_700_000_000_000_000_000n;

/** A small generator of random numbers that can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Packets of a small world, so that filters hit: few hosts and ports, several protocols, tunnels, damage. */
function packets(count: number): FilterPacket[] {
  const next = random(20261122);
  const host = () => ['10.0.0.1', '10.0.0.2', '10.1.0.1', '192.168.1.1'][next(4)];
  const port = () => [53, 80, 443, 5353, 40000, 65535, 0][next(7)];
  const ipv6Host = () => `20010db8${'0'.repeat(22)}${hex(next(4), 2)}`;
  const tcp = () =>
    `${hex(port(), 4)}${hex(port(), 4)}${hex(next(9), 8)}${hex(next(9), 8)}50${hex(next(64), 2)}ffff00000000${'61'.repeat(next(9))}`;
  const udp = () => `${hex(port(), 4)}${hex(port(), 4)}000c0000deadbeef`;
  const icmp = () => `${['0800', '0000', '0301'][next(3)]}0000000000${hex(next(9), 2)}${'00'.repeat(next(40))}`;
  const icmpError = () =>
    `030100000000000000${ipv4(17, udp(), { source: host(), destination: host() })}`.replace(/^0301(.{12})00/, '0301$1');
  const ip6 = (nextHeader: number, payload: string) =>
    `60000000${hex(payload.length / 2, 4)}${hex(nextHeader, 2)}40${ipv6Host()}${ipv6Host()}${payload}`;
  const make = (): Uint8Array => {
    const ends = { source: host(), destination: host(), ttl: 1 + next(128) };
    switch (next(14)) {
      case 0:
      case 1:
        return frame(udpInIpv4({ ...ends, ports: [port(), port()] }));
      case 2:
      case 3:
        return frame(ipv4(6, tcp(), ends));
      case 4:
        return frame(ipv4(1, icmp(), ends));
      case 5:
        return frame(ipv4(1, icmpError(), ends));
      case 6:
        return frame(ipv4(17, '00'.repeat(16), { ...ends, fragment: next(2) === 0 ? 0x2000 : 3 }));
      case 7:
        return frame(ipv4(4, ipv4(6, tcp(), { source: host(), destination: host() }), ends));
      case 8:
        return frame(ip6(6, tcp()), '86dd');
      case 9:
        return frame(ip6(58, `8000000000000000`), '86dd');
      case 10:
        return frame(`0001080006040001${'02005e005302'}0a000001${'00'.repeat(6)}0a000002`, '0806');
      case 11:
        return frame(`0005${next(2) === 0 ? '0800' : '88b5'}${ipv4(17, udp(), ends)}`, '8100');
      case 12:
        return frame(
          ipv4(17, `0035${hex(port(), 4)}001d0000${'abcd01000001000000000000'}${'0161016200'}00010001`, ends),
        );
      default:
        return frame('ffff'.repeat(next(30)), hex(next(65536), 4));
    }
  };
  return Array.from({ length: count }, (_, index) => {
    let bytes = make();
    const original = bytes.length;
    if (next(8) === 0) bytes = bytes.slice(0, next(bytes.length));
    if (next(8) === 0 && bytes.length > 0) bytes[next(bytes.length)] = next(256);
    const relative = index * 1_000_000 + next(1000);
    return packetOf(bytes, {
      number: index + 1,
      original,
      relative,
      time: BASE_TIME + BigInt(relative),
      interfaceId: next(3),
      interfaceName: ['', 'eth0', 'lo'][next(3)],
    });
  });
}

/** The index's two tables, as the writer of captures/index/ fills them. */
function index(db: Database.Database, all: readonly FilterPacket[]): void {
  db.exec(`
    CREATE TABLE packets (number INTEGER PRIMARY KEY, time INTEGER, length INTEGER, captured INTEGER, offset INTEGER,
      interface INTEGER, flow INTEGER, protocol INTEGER, flags INTEGER) STRICT;
    CREATE TABLE flows (id INTEGER PRIMARY KEY, family INTEGER, transport INTEGER, client BLOB, server BLOB,
      client_port INTEGER, server_port INTEGER) STRICT;`);
  const addFlow = db.prepare('INSERT INTO flows VALUES (?, ?, ?, ?, ?, ?, ?)');
  const addPacket = db.prepare('INSERT INTO packets VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?)');
  const flows = new Map<string, { id: number; client: string }>();
  const columns = new Columns(1);
  const walk = new Walk();
  for (const packet of all) {
    const { view, start, captured, original, linkType } = packet;
    summarizePacket(registry, view, linkType, start, captured, original, walk, columns, 0);
    const family = columns.addressFamily[0];
    let flow: number | null = null;
    let flags = columns.flags[0];
    if (family !== AddressFamily.none) {
      const source = addressOf(columns.source, family);
      const destination = addressOf(columns.destination, family);
      const ends = [[source, columns.sourcePort[0]] as const, [destination, columns.destinationPort[0]] as const];
      const keys = ends.map(([address, port]) => `${Array.from(address).join('.')}:${port}`);
      const key = `${family} ${columns.transport[0]} ${[...keys].sort().join(' ')}`;
      let known = flows.get(key);
      if (known === undefined) {
        known = { id: flows.size + 1, client: keys[0] };
        flows.set(key, known);
        addFlow.run(known.id, family, columns.transport[0], source, destination, ends[0][1], ends[1][1]);
      }
      flow = known.id;
      if (known.client !== keys[0]) flags |= PacketFlag.fromServer;
    }
    addPacket.run(
      packet.number,
      packet.relativeNanoseconds,
      original,
      captured,
      packet.interfaceId,
      flow,
      columns.protocol[0],
      flags,
    );
  }
}

function addressOf(words: Uint32Array, family: number): Uint8Array {
  if (family === AddressFamily.ether) return octets(hex(words[0], 4) + hex(words[1], 8));
  return octets(Array.from(words.subarray(0, family === AddressFamily.ipv4 ? 1 : 4), (word) => hex(word, 8)).join(''));
}

/** Filters over the fields that exist; the rest of the list waits for its protocols. */
const atoms = [
  ...['eth', 'vlan', 'ip', 'ipv6', 'tcp', 'udp', 'icmp', 'icmpv6', 'arp', 'dns', 'data', 'frame'],
  ...['udp.port == 53', 'udp.port != 53', 'udp.srcport == 53', 'udp.dstport != 53', 'udp.port in {53, 80..443}'],
  ...['all udp.port > 1000', 'any udp.port != 53', 'udp.port === 80', 'udp.port < 0', 'udp.port >= 0'],
  ...['tcp.port == 443', 'tcp.srcport < 1024', 'tcp.dstport in {80, 443}', 'tcp.port !== 80', 'tcp.flags.syn == 1'],
  ...[
    'ip.addr == 10.0.0.0/8',
    'ip.addr != 10.0.0.1',
    'ip.src == 10.0.0.1',
    'ip.dst == 10.0.0.0/24',
    'ip.src != 10.0.0.1',
  ],
  ...[
    'ip.src < 10.0.0.2',
    'ip.dst >= 10.1.0.0/16',
    'ip.addr in {10.0.0.1..10.0.0.9, 192.168.0.0/16}',
    'all ip.addr > 10.0.0.1',
  ],
  ...['ipv6.addr == 2001:db8::/32', 'ipv6.src == 2001:db8::1', 'ipv6.dst != 2001:db8::2', 'ipv6.src > 2001:db8::1'],
  ...[
    'eth.addr == 02:00:5e:00:53:02',
    'eth.dst == ff:ff:ff:ff:ff:ff',
    'eth.src != 02:00:5e:00:53:02',
    'eth.type == 0x0800',
  ],
  ...[
    'frame.len > 60',
    'frame.cap_len < 40',
    'frame.number in {1..100, 200}',
    'frame.number != 5',
    'frame.interface_id == 1',
  ],
  ...['frame.time_relative < 0.2', 'frame.time >= "2023-11-14T22:13:20.1Z"', 'frame.time_epoch != 1700000000.001'],
  ...['frame.interface_name', 'frame.interface_name == "lo"', 'frame.protocols contains "udp"', 'frame contains 00:35'],
  ...[
    'ip.ttl > 64',
    'ip.ttl',
    'ip.flags.df',
    'ip.src == ip.dst',
    'udp.srcport == udp.dstport',
    'ip.src#2',
    'udp.length > 8',
  ],
  ...[
    'ip.ttl & 1',
    'count(ip.src) == 2',
    'max(udp.srcport, udp.dstport) > 500',
    'ip.src[0:2] == 0a:00',
    'ip.checksum.status == 1',
  ],
  ...[
    'vlan.id == 5',
    'arp.opcode == 1',
    'icmp.type == 8',
    'dns.qry.name contains "a"',
    'dns.qry.name != "a.b"',
    'data.len > 3',
    'frame matches "a+"',
  ],
].filter(known);

function known(text: string): boolean {
  const names = text.replace(/"[^"]*"/g, '').match(/[a-z][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*/g) ?? [];
  const words = new Set(['all', 'any', 'in', 'contains', 'count', 'max', 'matches']);
  return names
    .filter((name) => !words.has(name) && !/^[0-9a-f]{1,4}$/.test(name))
    .every((name) => lookUp(registry, name) !== undefined);
}

describe('columns', () => {
  const db = new Database(':memory:');
  const all = packets(3000);
  const flagsOf = new Map<number, number>();

  beforeAll(() => {
    index(db, all);
    for (const row of db.prepare('SELECT number, flags FROM packets').all() as { number: number; flags: number }[])
      flagsOf.set(row.number, row.flags);
  });
  afterAll(() => {
    db.close();
  });

  /** Compares columns and predicate, and answers whether the columns were said to be exact. */
  function compare(text: string): boolean {
    const filter = compileFilter(registry, text);
    const plan = toSql(registry, filter, { baseTime: BASE_TIME });
    const rows = db
      .prepare(`SELECT p.number FROM packets p WHERE ${plan.where}`)
      .pluck()
      .all(...plan.parameters) as number[];
    const candidates = new Set(rows);
    const wrong: string[] = [];
    for (const packet of all) {
      const matches = filter.matches(packet);
      const trusted = plan.exact && ((flagsOf.get(packet.number) ?? 0) & VERIFY_FLAGS) === 0;
      if (matches && !candidates.has(packet.number)) wrong.push(`${packet.number} is missing`);
      if (!matches && trusted && candidates.has(packet.number)) wrong.push(`${packet.number} is too much`);
    }
    expect({ text, where: plan.where, wrong: wrong.slice(0, 3) }).toEqual({ text, where: plan.where, wrong: [] });
    return plan.exact;
  }

  test.each(atoms)('%s', (text) => {
    compare(text);
    compare(`not ${text}`);
  });

  test.each([
    ['udp', true],
    ['udp.port == 53', true],
    ['!(udp.port == 53)', true],
    ['ip.addr == 10.0.0.0/8 and udp', true],
    ['frame.len > 60 or ip.src == 10.0.0.1', true],
    ['frame.time > "2023-11-14"', true],
    ['ip.ttl', true],
    ['ip.ttl > 64', false],
    ['eth.src == 02:00:5e:00:53:02', false],
    ['frame contains "a"', false],
  ])('%s is answered by columns alone: %s', (text, exact) => {
    expect(compare(text)).toBe(exact);
  });

  test('any combination of them', () => {
    const { filter } = fc.letrec<{ filter: string }>((tie) => ({
      filter: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(...atoms),
        fc
          .tuple(tie('filter'), fc.constantFrom('and', 'or', 'xor'), tie('filter'))
          .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
        tie('filter').map((inner) => `not (${inner})`),
      ),
    }));
    fc.assert(
      fc.property(filter, (text) => void compare(text)),
      { numRuns: 400 },
    );
  });

  test('long filters stay within what SQLite takes', () => {
    const alternatives = Array.from({ length: 2500 }, (_, i) => `ip.addr == 10.0.${i >> 8}.${i & 255}`).join(' || ');
    compare(alternatives);
    compare(`udp.port in {${Array.from({ length: 2000 }, (_, i) => i * 3).join(', ')}}`);
    compare(`ip.addr in {${Array.from({ length: 2000 }, (_, i) => `10.${i >> 8}.${i & 255}.1`).join(', ')}}`);
    compare(Array.from({ length: 1500 }, (_, i) => `frame.number == ${i}`).join(' || '));
    compare(Array.from({ length: 1500 }, (_, i) => `frame.number != ${i}`).join(' && '));
    compare(Array.from({ length: 800 }, (_, i) => `(frame.len == ${i} && !udp.port == ${i})`).join(' || '));
    compare(`${'!('.repeat(95)}udp${')'.repeat(95)}`);
  });
});
