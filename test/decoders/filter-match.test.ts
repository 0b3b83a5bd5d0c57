/** What filters mean, on packets made by hand. */

import { describe, expect, test } from '@jest/globals';
import { dissect, type FieldNode, type RegisteredField } from '../../decoders/core/index.js';
import { compileFilter, complete, type FilterPacket } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { frame, ipv4, octets, packetOf, udpInIpv4 } from './filter-support.js';

const hello = packetOf(frame(udpInIpv4({ ports: [54, 40000], ttl: 64 })), {
  number: 7,
  original: 1500,
  relative: 500_000_000,
  time: 1_600_000_000_500_000_000n,
  interfaceId: 2,
  interfaceName: 'eth0',
});
/** IPv4 in IPv4: 10.0.0.1 → 10.0.0.2 around 192.168.1.1 → 192.168.1.2. */
const tunnel = packetOf(
  frame(ipv4(4, udpInIpv4({ source: '192.168.1.1', destination: '192.168.1.2', ports: [1000, 2000], ttl: 5 }))),
);
/** Ports 2000 → 2000. */
const samePorts = packetOf(frame(udpInIpv4({ ports: [2000, 2000] })));
const fragment = packetOf(frame(ipv4(17, '00'.repeat(24), { fragment: 0x0003 })));
/** The UDP header is cut behind its source port. */
const cut = packetOf(frame(udpInIpv4()).subarray(0, 36), { original: 60 });
const unknown = packetOf(frame('0102030405', '88b5'));
const empty = packetOf(new Uint8Array(0));

const matches = (text: string, packet: FilterPacket): boolean => compileFilter(registry, text).matches(packet);

describe('one occurrence', () => {
  test.each([
    ['', true],
    ['udp', true],
    ['frame and eth and ip', true],
    ['udp.port == 54', true],
    ['udp.port == 53', false],
    ['udp.srcport == 0x36 and udp.srcport == 066 and udp.srcport == 0b110110', true],
    ["udp.srcport == '6'", true],
    ['udp.port in {1, 50..60}', true],
    ['udp.port in {1, 2, 3, 4, 5, 40000}', true],
    ['udp.port in {1, 2, 3, 4, 5}', false],
    ['udp.port not in {1..10}', true],
    ['udp.srcport in {udp.dstport, 54}', true],
    ['udp.srcport in {1, udp.dstport}', false],
    ['udp.srcport in {50 .. udp.dstport}', true],
    ['udp.dstport in {50 .. udp.srcport}', false],
    ['all udp.port in {udp.srcport .. udp.dstport}', true],
    ['udp.srcport ~= 54', false],
    ['udp.port ~= 54', true],
    // As tshark 4.0 has it: what is negative is in no order to what is not.
    ['ip.ttl >= {udp.srcport - 60}', false],
    ['ip.ttl < {udp.srcport - 60}', false],
    ['ip.ttl != {udp.srcport - 60}', true],
    ['ip.ttl !== {udp.srcport - 60}', false],
    ['{udp.srcport - 60} < ip.ttl', true],
    ['{udp.srcport - 60} == -6', true],
    ['ip.src == 10.0.0.1', true],
    ['ip.src == 10.0.0.0/8 && ip.dst == 10.0.0.2/31', true],
    ['ip.src == 10.0.1.0/24', false],
    ['ip.src == 0.0.0.0/0', true],
    ['ip.src < 10.0.0.2 and ip.src >= 10.0.0.1', true],
    ['ip.src > 10.0.0.0/24', false],
    ['ip.src >= 10.0.0.0/24', true],
    ['ip.src in {10.0.0.0..10.0.0.5}', true],
    ['eth.src == 02:00:5e:00:53:02', true],
    ['eth.src == 0200.5e00.5302', true],
    ['eth.dst > 00:00:00:00:00:00', true],
    ['eth.src[0:3] == 02:00:5e', true],
    ['eth.src[3:] == 00:53:02', true],
    ['eth.src[-1] == 2', true],
    ['eth.src[0,-1] == 02:02', true],
    ['eth.src[1-2] == "\\x00^"', true],
    ['eth.src[0:7]', false],
    ['eth.src[6] == 00', false],
    ['ip.src[0] == 0a', true],
    ['ip.flags.df', true],
    ['ip.flags.df == True', true],
    ['ip.flags.df == 0', false],
    ['!ip.flags.mf', false],
    ['ip.flags.mf == False', true],
    ['ip.ttl == 64 and ip.ttl < 65', true],
    ['ip.hdr_len == 20', true],
    ['ip.dsfield.dscp == 0', true],
    ['ip.proto == UDP', true],
    ['ip.ttl & 0x40', true],
    ['ip.ttl & 1', false],
    ['ip.ttl & 0x60 == 0x40', true],
    ['ip.ttl - 4 == 60', true],
    ['ip.ttl * 2 == 128 and ip.ttl / 3 == 21 and ip.ttl % 3 == 1', true],
    ['ip.ttl / 0 == 0', false],
    ['udp.dstport >= 4 * {udp.srcport + 3}', true],
    ['udp.dstport > udp.srcport', true],
    ['udp.srcport == udp.dstport', false],
    ['ip.src == ip.dst', false],
    ['ip.src != ip.dst', true],
    ['eth.src & ff:00:00:00:00:00 == 02:00:00:00:00:00', true],
    ['frame.number == 7 and frame.len == 1500 and frame.cap_len == 47', true],
    ['frame.interface_id == 2 and frame.interface_name == "eth0"', true],
    ['frame.interface_name contains "th"', true],
    ['frame.time_relative == 0.5', true],
    ['frame.time_relative in {0.25..0.75}', true],
    ['frame.time_epoch == 1600000000.5', true],
    ['frame.time == "2020-09-13T12:26:40.5Z"', true],
    ['frame.time == "Sep 13, 2020 12:26:40.500000000"', true],
    ['frame.time < "2020-09-13 14:26:40.6+02:00"', true],
    ['frame.protocols == "eth:ethertype:ip:udp:data"', true],
    ['frame contains "hello"', true],
    ['udp contains 68:65:6c', true],
    ['ip contains "HELLO"', false],
    ['frame[-5:] == "hello"', true],
    ['udp[0:2] == 00:36', true],
    ['udp[8:2] == "he"', false],
    ['data == "hello" and data.data contains 6c:6c and data.len == 5 and data', true],
    ['len(udp) == 8 and len(ip) == 20', true],
    ['len(eth.src) == 6 and len(frame) == 47', true],
    ['count(ip.addr) == 2', true],
    ['string(ip.src) == "10.0.0.1"', true],
    ['string(ip.ttl) contains "6"', true],
    ['upper(frame.interface_name) == "ETH0" and lower(frame.interface_name) == "eth0"', true],
    ['max(udp.srcport, udp.dstport) == 40000 and min(udp.port) == 54', true],
    ['abs(ip.ttl) == 64', true],
    ['ip xor udp', false],
    ['ip xor udp xor eth', true],
    ['1 < ip.ttl', undefined],
  ])('%s', (text, expected) => {
    if (expected === undefined) expect(() => matches(text, hello)).toThrow(/must stand here/);
    else expect(matches(text, hello)).toBe(expected);
  });
});

describe('several occurrences', () => {
  test.each([
    // 4.0: != means that all differ, and the negative of == that none is equal.
    ['ip.src == 10.0.0.1', true],
    ['ip.src == 192.168.1.1', true],
    ['ip.src != 10.0.0.1', false],
    ['!(ip.src == 10.0.0.1)', false],
    ['ip.src !== 10.0.0.1', true],
    ['any ip.src != 10.0.0.1', true],
    ['all ip.src == 10.0.0.1', false],
    ['ip.src === 10.0.0.1', false],
    ['ip.src != 10.9.9.9', true],
    ['all ip.ttl < 65', true],
    ['all ip.ttl < 64', false],
    ['any ip.ttl < 64', true],
    ['all ip.addr in {10.0.0.0/8, 192.168.0.0/16}', false],
    ['all ip.addr in {10.0.0.0..192.168.255.255, 1.1.1.1}', true],
    ['all ip.addr in {10.0.0.0/8}', false],
    ['ip.src#1 == 10.0.0.1', true],
    ['ip.src#2 == 10.0.0.1', false],
    ['ip.src#[2:] == 192.168.1.1', true],
    ['ip.src#-1 == 192.168.1.1', true],
    ['ip.src#[1-2] != 10.0.0.1', false],
    ['ip#2', true],
    ['ip.ttl#3', false],
    ['count(ip.src) == 2', true],
    ['ip.src == ip.dst', false],
    ['all ip.src != ip.dst', true],
    ['ip.ttl + 59 == 64', true],
  ])('%s', (text, expected) => {
    expect(matches(text, tunnel)).toBe(expected);
  });

  test('either-fields have both', () => {
    expect(matches('udp.port != 54', hello)).toBe(false);
    expect(matches('!(udp.port == 54)', hello)).toBe(false);
    expect(matches('udp.port !== 54', hello)).toBe(true);
    expect(matches('udp.port != 2000', samePorts)).toBe(false);
    expect(matches('udp.port === 2000', samePorts)).toBe(true);
    expect(matches('all udp.port > 2000', samePorts)).toBe(false);
  });
});

describe('missing fields', () => {
  test.each([
    ['udp', false],
    ['udp.port == 0', false],
    ['udp.port != 53', false],
    ['!(udp.port == 53)', true],
    ['all udp.port < 1', false],
    ['udp.srcport == udp.dstport', false],
    ['count(udp.port) == 0', false],
    ['udp.port in {0..65535}', false],
    ['ip.frag_offset > 0', true],
  ])('in a later fragment: %s', (text, expected) => {
    expect(matches(text, fragment)).toBe(expected);
  });

  test('a cut header has the fields before the cut', () => {
    expect(matches('udp', cut)).toBe(true);
    expect(matches('udp.srcport == 40000', cut)).toBe(true);
    expect(matches('udp.dstport', cut)).toBe(false);
    expect(matches('udp.port != 40000', cut)).toBe(false);
  });

  test('nothing that is known, and nothing at all', () => {
    for (const packet of [unknown, empty]) {
      expect(matches('ip', packet)).toBe(false);
      expect(matches('not ip', packet)).toBe(true);
      expect(matches('frame.len >= 0', packet)).toBe(true);
    }
    expect(matches('eth.type == 0x88b5', unknown)).toBe(true);
    expect(matches('frame.interface_name', empty)).toBe(false);
    expect(matches('frame.interface_name != "eth0"', empty)).toBe(false);
  });
});

test('a header field read in place is what the tree shows', () => {
  const packets = [hello, tunnel, samePorts, fragment, cut, unknown, packetOf(octets('45000000'), { linkType: 228 })];
  const nodesOf = (fields: readonly FieldNode[], name: string): number =>
    fields.reduce((sum, node) => sum + (node.name === name ? 1 : 0) + nodesOf(node.fields ?? [], name), 0);
  for (const packet of packets) {
    const { layers } = dissect(registry, packet);
    for (const { name } of registry.fields() as Iterable<RegisteredField>) {
      const shown = layers.reduce((sum, layer) => sum + nodesOf(layer.fields, name), 0);
      expect({ name, found: matches(name, packet) }).toEqual({ name, found: shown > 0 });
      expect({ name, counted: matches(`count(${name}) == ${shown}`, packet) }).toEqual({ name, counted: shown > 0 });
    }
  }
});

test('completion', () => {
  const texts = (prefix: string) => complete(registry, prefix).map(({ text }) => text);
  expect(texts('udp.s')[0]).toBe('udp.srcport');
  expect(texts('ip and ud')[0]).toBe('udp');
  expect(texts('udp.port ')).toEqual(expect.arrayContaining(['==', 'in', 'and']));
  expect(texts('ip.proto == u')).toContain('"UDP"');
  expect(texts('ip.flags.df == ')).toEqual(['True', 'False']);
  expect(complete(registry, 'a and fr')[0].from).toBe(6);
  expect(complete(registry, '', 5)).toHaveLength(5);
});
