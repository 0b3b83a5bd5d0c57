/**
 * Filters against `tshark -Y`: the same packets of a few dozen captures of the shared corpus, in one merged file.
 * Only filters over fields that the registry knows are compared, and only captures whose layers it can follow.
 */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EPB, forEachPacket } from '../../captures/formats/epb.js';
import { openFile } from '../../captures/sources/file.js';
import { Walk, walkPacket } from '../../decoders/core/index.js';
import { lookUp } from '../../decoders/filter/fields.js';
import { compileFilter, type FilterPacket } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';

const run = promisify(execFile);
const CORPUS = resolve('../shared/corpus');
const FILES = 40;
const LARGEST_FILE = 40_000;

function has(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}

const ready = existsSync(join(CORPUS, 'MANIFEST.tsv')) && has('tshark') && has('mergecap');
if (!ready) console.warn(`SKIPPED: the filters were not compared: no corpus at ${CORPUS}, no tshark or no mergecap`);

/** Protocols that carry others, which we must follow for a capture to be comparable, and those that end a packet. */
const carriers = ['eth', 'vlan', 'sll', 'null', 'raw', 'llc', 'ip', 'ipv6', 'icmp', 'icmpv6'];
const ends = new Set(
  'tcp udp arp dns mdns llmnr http tls ssl ssh ntp dhcp dhcpv6 ssdp nbns data ftp smtp pop imap telnet tftp snmp syslog sip quic mqtt coap stun'.split(
    ' ',
  ),
);

const operators = new Set('all any not in contains matches and or max min len count string upper lower'.split(' '));

const filters = [
  ...[
    'eth',
    'ip',
    'ipv6',
    'tcp',
    'udp',
    'icmp',
    'icmpv6',
    'arp',
    'dns',
    'mdns',
    'vlan',
    'frame',
    'not udp',
    '!ip && eth',
  ],
  ...['udp.port == 53', 'udp.port != 53', '!(udp.port == 53)', 'udp.port !== 53', 'udp.port === 53', 'udp.port'],
  ...[
    'udp.srcport == 53',
    'udp.dstport > 1024',
    'all udp.port > 1024',
    'any udp.port > 1024',
    'udp.port in {53, 67..69, 5353}',
  ],
  ...[
    'udp.port not in {53, 123}',
    'udp.srcport < udp.dstport',
    'udp.srcport == udp.dstport',
    'udp.dstport >= udp.srcport + 1',
  ],
  ...[
    'udp.length > 100',
    'udp.length & 1',
    'udp.length - 8 > 64',
    'udp.checksum == 0',
    'udp.srcport & 0xff00 == 0x1400',
  ],
  ...[
    'max(udp.srcport, udp.dstport) > 50000',
    'min(udp.srcport, udp.dstport) == 53',
    'udp.port in {53} and udp.length < 60',
  ],
  ...['udp[0:2] == 00:35', 'udp[8:2] & 80:00', 'udp contains 00:01', 'udp[-1] == 01', 'count(udp.port) == 2'],
  ...[
    'ip.ttl == 64',
    'ip.ttl < 64 or ip.ttl > 128',
    'ip.ttl != 64',
    'ip.ttl in {1, 2, 60..64, 255}',
    'ip.ttl / 2 == 32',
    'ip.ttl % 64 == 0',
  ],
  ...[
    'ip.len > 500',
    'ip.id == 0',
    'ip.id != 0',
    'ip.flags.df',
    'ip.flags.df == False',
    'ip.flags.mf == 1 || ip.frag_offset > 0',
  ],
  ...[
    '!ip.flags.df',
    'ip.flags.df == "Set"',
    'ip.proto == 17',
    'ip.proto == UDP',
    'ip.proto == "ICMP"',
    'ip.hdr_len > 20',
    'ip.version == 4',
  ],
  ...[
    'ip.dsfield.dscp != 0',
    'ip.checksum.status == 0',
    'ip.checksum.status == "Good"',
    'ip.src == ip.dst',
    'ip.src != ip.dst',
  ],
  ...[
    'ip.addr == 10.0.0.0/8',
    'ip.addr == 192.168.0.0/16',
    'ip.addr != 192.168.0.0/16',
    '!(ip.addr == 192.168.0.0/16)',
    'ip.addr !== 192.168.0.0/16',
  ],
  ...[
    'ip.src == 0.0.0.0/0',
    'ip.dst == 224.0.0.0/4',
    'ip.src > 192.0.0.0',
    'ip.dst <= 127.255.255.255',
    'ip.src in {10.0.0.0..10.255.255.255, 172.16.0.0/12}',
  ],
  ...[
    'all ip.addr in {10.0.0.0/8, 192.168.0.0/16}',
    'ip.src[0] == 0a',
    'ip.src[0:2] == c0:a8',
    'ip.src#1 == 10.0.0.0/8',
    'ip.src#2',
    'count(ip.src) == 2',
  ],
  ...['string(ip.src) contains "192.168"', 'len(ip.src) == 4', 'ip[8] == 40', 'ip contains "GET"', 'ip.src < ip.dst'],
  ...[
    'eth.dst == ff:ff:ff:ff:ff:ff',
    'eth.dst[0] & 1',
    'eth.src[0:3] == 00:0c:29',
    'eth.addr[0:1] == 00',
    'eth.dst != ff-ff-ff-ff-ff-ff',
  ],
  ...[
    'eth.type == 0x0800',
    'eth.type == 0x86dd',
    'eth.type != 0x0800',
    'eth.type',
    'eth.len',
    'eth.type in {0x0806, 0x8100}',
    'eth.src > 80:00:00:00:00:00',
  ],
  ...[
    'eth.src == eth.dst',
    'eth.dst[0:2] == 01:00 || eth.dst[0:2] == 33:33',
    'eth.src[3:] > 80:00:00',
    'eth.src[-2:] contains 01',
  ],
  ...[
    'frame.len > 200',
    'frame.len == frame.cap_len',
    'frame.cap_len <= 60',
    'frame.number in {1..20, 100}',
    'frame.number % 3 == 0',
  ],
  ...[
    'frame.time >= "2012-01-01T00:00:00Z"',
    'frame.time < "Jan  1, 2012 00:00:00 UTC"',
    'frame.time_epoch > 1400000000.5',
    'frame.time_relative < 0',
  ],
  ...[
    'frame.time_relative in {0 .. 5.5}',
    'frame contains "HTTP"',
    'frame[0:2] == 00:00',
    'frame[-4:] == 00:00:00:00',
    'frame[12:2] == 08:00',
  ],
  ...[
    'frame contains 00:00:00:00:00:01',
    'frame[100:] contains "a"',
    'frame matches "http"',
    'frame matches r"[0-9]{3} ok"',
    'frame.len & 1 and frame.len > 99',
  ],
  ...[
    'tcp.port == 80',
    'tcp.flags.syn == 1 && tcp.flags.ack == 0',
    'tcp.flags.reset',
    'tcp.flags & 0x02',
    'tcp.flags == 0x018',
    'tcp.hdr_len > 20',
  ],
  ...[
    'tcp.window_size_value < 1000',
    'tcp.options.mss_val == 1460',
    'tcp.len > 0',
    'tcp contains "GET"',
    'tcp[13] & 3',
    'tcp.dstport in {80, 443}',
  ],
  ...[
    'ipv6.addr == fe80::/10',
    'ipv6.src == ::',
    'ipv6.dst == ff02::1:2',
    'ipv6.hlim == 255',
    'ipv6.src != fe80::/10',
    'ipv6.nxt == 58',
    'ipv6.dst > ff00::',
  ],
  ...['ipv6.src[0:2] == fe:80', 'ipv6.plen > 100', 'icmp.type == 8', 'icmp.type in {0, 8}', 'icmp.code != 0'],
  ...[
    'icmp && udp',
    'icmpv6.type == 135',
    'icmpv6.type in {133..137}',
    'arp.opcode == 1',
    'arp.opcode == request',
    'arp.src.proto_ipv4 == 192.168.0.0/16',
  ],
  ...[
    'arp.dst.hw_mac == 00:00:00:00:00:00',
    'arp.isgratuitous',
    'vlan.id == 1',
    'vlan.id > 100',
    'vlan.priority == 0',
    'vlan.etype == 0x0800',
  ],
  ...[
    'dns.qry.name contains "com"',
    'dns.qry.name == "www.google.com"',
    'dns.qry.type == 1',
    'dns.flags.response == 1',
    'dns.flags.rcode == 3',
  ],
  ...[
    'dns.a',
    'dns.a == 10.0.0.0/8',
    'dns.aaaa',
    'dns.count.answers > 1',
    'count(dns.a) > 1',
    'upper(dns.qry.name) contains "WWW"',
    'dns.resp.ttl < 60',
    'len(dns.qry.name) > 20',
  ],
  ...[
    'dns.qry.name matches "^www\\\\."',
    'dns.qry.name[0:3] == "www"',
    'dns.id == 0',
    'all dns.resp.ttl > 100',
    'dns.qry.name != "www.google.com"',
  ],
].filter(isKnown);

function isKnown(text: string): boolean {
  const words = text.replace(/r?"[^"]*"/g, '').match(/(?<![\w:./-])[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(?![\w:-])/g) ?? [];
  return words
    .filter((word) => !operators.has(word) && !/^[0-9a-f]{2}$/.test(word) && word !== 'request')
    .every((word) => lookUp(registry, word) !== undefined);
}

function captures(): string[] {
  const rows = readFileSync(join(CORPUS, 'MANIFEST.tsv'), 'utf8').trim().split('\n').slice(1);
  const fit = rows
    .map((row) => row.split('\t'))
    .filter(([name, , , , , format, , , protocols, bytes, tshark]) => {
      const names = protocols.split(' ').map((part) => part.split(':')[0]);
      const followed = names.every((it) => ends.has(it) || (carriers.includes(it) && registry.idOf(it) !== 0));
      return (
        format.startsWith('pcap-') &&
        tshark === 'ok' &&
        Number(bytes) < LARGEST_FILE &&
        followed &&
        !name.startsWith('derived')
      );
    })
    .map(([name]) => join(CORPUS, 'captures', name));
  const step = Math.max(1, Math.floor(fit.length / FILES));
  return fit.filter((_, index) => index % step === 0).slice(0, FILES);
}

/** As in the corpus's oracle: nothing reassembled, every checksum verified. */
const preferences = [
  ...[
    'ip.defragment:FALSE',
    'ipv6.defragment:FALSE',
    'tcp.desegment_tcp_streams:FALSE',
    'tcp.analyze_sequence_numbers:FALSE',
  ],
  ...[
    'ip.check_checksum:TRUE',
    'tcp.check_checksum:TRUE',
    'udp.check_checksum:TRUE',
    'tcp.relative_sequence_numbers:FALSE',
  ],
].flatMap((preference) => ['-o', preference]);

(ready ? describe : describe.skip)('filters and tshark', () => {
  const packets: FilterPacket[] = [];
  let folder = '';
  let merged = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netglass-filters-'));
    merged = join(folder, 'merged.pcapng');
    await run('mergecap', ['-a', '-w', merged, ...captures()]);
    const source = await openFile(merged);
    let base: bigint | undefined;
    for (let block = await source.next(); block !== null; block = await source.next())
      forEachPacket(block.bytes.slice(), (view, at) => {
        const [timeHigh, timeLow] = [view.getUint32(at + EPB.timeHigh, true), view.getUint32(at + EPB.timeLow, true)];
        const time = (BigInt(timeHigh) << 32n) + BigInt(timeLow);
        base ??= time;
        const interfaceId = view.getUint32(at + EPB.interface, true);
        const captured = view.getUint32(at + EPB.captured, true);
        const original = view.getUint32(at + EPB.original, true);
        const { linkType, name } = source.interfaces[interfaceId];
        const walk = new Walk();
        const start = at + EPB.data;
        walkPacket(registry, view, linkType, start, captured, original, walk);
        const relativeNanoseconds = Number(time - base);
        packets.push({
          ...{ view, start, captured, original, linkType, timeHigh, timeLow, relativeNanoseconds, interfaceId, walk },
          number: packets.length + 1,
          interfaceName: name,
        });
      });
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('there is something to compare', () => {
    expect(packets.length).toBeGreaterThan(100);
    expect(filters.length).toBeGreaterThanOrEqual(60);
  });

  // Two at a time: a run of tshark is nearly all its start.
  const pairs = filters.flatMap((_, index) => (index % 2 === 0 ? [filters.slice(index, index + 2)] : []));
  test.each(pairs.map((pair) => [pair.join('   |   '), pair] as const))('%s', async (_, pair) => {
    await Promise.all(
      pair.map(async (text) => {
        const filter = compileFilter(registry, text);
        const ours = packets.filter((packet) => filter.matches(packet)).map(({ number }) => number);
        const { stdout } = await run(
          'tshark',
          ['-n', ...preferences, '-r', merged, '-Y', text, '-T', 'fields', '-e', 'frame.number'],
          { env: { ...process.env, TZ: 'UTC', WIRESHARK_CONFIG_DIR: folder }, maxBuffer: 1 << 24 },
        );
        const theirs = stdout.trim() === '' ? [] : stdout.trim().split('\n').map(Number);
        expect({ text, numbers: ours }).toEqual({ text, numbers: theirs });
      }),
    );
  });
});
