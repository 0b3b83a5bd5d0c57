/** A filter says the same of a packet's tree as of its octets, wherever nothing was put together. */

import { describe, expect, test } from '@jest/globals';
import { dissect, PacketFlag, Walk, walkPacket } from '../../decoders/core/index.js';
import { compileFilter, type FilterPacket } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { corpusFiles, corpusPackets, hasCorpus } from '../support/corpus.js';
import { frame, packetOf, udpInIpv4 } from './filter-support.js';

const filters = [
  ...['ip', 'tcp', 'udp', 'icmp', 'arp', 'dns', 'http', 'tls', 'vlan', 'data', 'frame', 'ipv6.fraghdr', 'eth.padding'],
  ...[
    'ip.src == 10.0.0.0/8',
    'ip.addr != 10.0.0.0/8',
    'all ip.ttl > 60',
    'ip.src#2',
    'ip.src#1 == 10.0.0.0/8',
    '!ip.flags.df',
  ],
  ...[
    'ipv6.dst == ff00::/8',
    'ipv6.src[0:2] == fe:80',
    'eth.dst[0] & 1',
    'eth.type == 0x0800',
    'eth.len',
    'ip.len > 500',
  ],
  ...[
    'tcp.port == 80',
    'tcp.flags & 2',
    'tcp.len > 0',
    'tcp.options.mss_val == 1460',
    'tcp contains "GET"',
    'tcp[13] & 3',
  ],
  ...[
    'udp[8:2] == 00:00',
    'udp contains "a"',
    'ip contains "HTTP"',
    'ip[8] == 40',
    'icmp[0] == 08',
    'count(ip.src) == 2',
  ],
  ...[
    'frame contains "www"',
    'frame matches "http"',
    'frame.protocols contains "ethertype:ip"',
    'frame.len == frame.cap_len',
  ],
  ...[
    'data.len > 100',
    'data contains 00:00',
    'data.data[0:2] == 00:00',
    'len(data) > 20',
    'len(tcp) == 20',
    'ip.src == ip.dst',
  ],
  ...[
    'dns.qry.name contains "com"',
    'dns.flags.response',
    'count(dns.a) > 1',
    'dns.resp.ttl < 60',
    'len(dns.qry.name) > 20',
  ],
  ...[
    'http.request.method == "GET"',
    'http.host',
    'tls.handshake.extensions_server_name',
    'tls.record.version == 0x0303',
  ],
  ...[
    'dns.id + 1 > 5',
    'tcp.srcport in {80, 443} xor ip',
    'max(udp.srcport, udp.dstport) > 50000',
    'string(ip.src) contains "1"',
  ],
];

const compiled = filters.map((text) => compileFilter(registry, text));
const SOME = 60;

function asFilterPacket(
  packet: Omit<
    FilterPacket,
    'number' | 'timeHigh' | 'timeLow' | 'relativeNanoseconds' | 'interfaceId' | 'interfaceName' | 'walk'
  >,
  number: number,
  walk: Walk,
): FilterPacket {
  walkPacket(registry, packet.view, packet.linkType, packet.start, packet.captured, packet.original, walk);
  return {
    ...packet,
    number,
    timeHigh: 0,
    timeLow: 0,
    relativeNanoseconds: 0,
    interfaceId: 0,
    interfaceName: '',
    walk,
  };
}

describe('over a tree', () => {
  test('of a packet by itself, it is as over the packet', async () => {
    const files = corpusFiles();
    const step = Math.max(1, Math.floor(files.length / SOME));
    const walk = new Walk();
    const different: string[] = [];
    for (const file of files.filter((_, index) => index % step === 0)) {
      let number = 0;
      const session = new Session(registry);
      for await (const each of corpusPackets(file)) {
        if (number >= 300) break;
        const packet = asFilterPacket(each, ++number, walk);
        const tree = dissect(registry, packet);
        const told = session.dissect(packet);
        for (const filter of compiled) {
          const plain = filter.matches(packet);
          if (plain !== filter.matchesTree(packet, tree)) different.push(`${file} ${number} ${filter.text}: ${plain}`);
          const alone = filter.shallow && (walk.flags & PacketFlag.fragment) === 0;
          if (alone && plain !== filter.matchesTree(packet, told))
            different.push(`${file} ${number} ${filter.text}: ${plain}, in a session`);
        }
      }
    }
    expect(different.slice(0, 30)).toEqual([]);
  }, 300_000);

  test('octets that stand in another buffer are found there', () => {
    const octets = frame(udpInIpv4());
    const packet = packetOf(octets);
    const bytes = new TextEncoder().encode('GET / HTTP/1.1');
    const layer = { protocol: 'http', title: '', summary: '', offset: 0, length: bytes.length, fields: [], source: 0 };
    const tree = {
      layers: [layer],
      problems: [],
      protocol: '',
      info: '',
      sources: [{ name: 'Reassembled TCP', bytes }],
    };
    const holds = (text: string) => compileFilter(registry, text).matchesTree(packet, tree);
    expect(holds('http contains "HTTP"')).toBe(true);
    expect(holds('http[0:3] == "GET"')).toBe(true);
    expect(holds('frame contains "HTTP"')).toBe(false);
    expect(holds('udp')).toBe(false);
    expect(holds('frame.protocols == "http"')).toBe(true);
  });
});

if (!hasCorpus) console.warn('SKIPPED: trees and packets were not compared: there is no corpus');
