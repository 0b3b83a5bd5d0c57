/** What TLS and DTLS remember between records and packets. */

import { describe, expect, test } from '@jest/globals';
import { findField, type LayerNode } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';

const RAW_IP = 101;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const uint24 = (value: number): Buffer => Buffer.concat([Buffer.from([value >> 16]), uint16(value & 0xffff)]);

/** A Client Hello without its header: TLS 1.2, one suite, no extensions; with an empty cookie for DTLS. */
const hello = (version: string, cookie = ''): Buffer =>
  hex(`${version} ${'5a'.repeat(32)} 00 ${cookie} 0002 1301 01 00`);
const message = (body: Buffer): Buffer => Buffer.concat([hex('01'), uint24(body.length), body]);
const record = (content: Buffer): Buffer => Buffer.concat([hex('16 0303'), uint16(content.length), content]);

interface Ends {
  readonly from: number;
  readonly to: number;
}

function ip(protocol: number, payload: Buffer): Buffer {
  const header = hex('45000000 00000000 40000000 0a000001 0a000002');
  header.writeUInt16BE(20 + payload.length, 2);
  header[9] = protocol;
  return Buffer.concat([header, payload]);
}

function tcpPacket({ from, to }: Ends, sequence: number, payload: Buffer): Buffer {
  const header = hex('00000000 00000000 00000000 50180400 00000000');
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt32BE(sequence, 4);
  return ip(6, Buffer.concat([header, payload]));
}

function udpPacket({ from, to }: Ends, payload: Buffer): Buffer {
  return ip(17, Buffer.concat([uint16(from), uint16(to), uint16(8 + payload.length), uint16(0), payload]));
}

/** The layers above the transport of each packet. */
function upper(packets: readonly Buffer[]): LayerNode[][] {
  const session = new Session(registry);
  return packets.map((bytes, index) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const packet = { view, start: 0, captured: bytes.length, original: bytes.length, linkType: RAW_IP };
    const { layers } = session.dissect({ ...packet, number: index + 1 });
    return layers.filter(({ protocol }) => !['raw', 'ip', 'tcp', 'udp'].includes(protocol));
  });
}

const suiteOf = (layers: readonly LayerNode[], name: string): string | undefined =>
  layers.map(({ fields }) => findField(fields, name)?.text).find((text) => text !== undefined);

describe('TLS', () => {
  const ends = { from: 50000, to: 443 };
  const whole = message(hello('0303'));

  test('a message that spans two records is shown by the second', () => {
    const parts = Buffer.concat([record(whole.subarray(0, 20)), record(whole.subarray(20))]);
    const [layers] = upper([tcpPacket(ends, 1, parts)]);
    expect(suiteOf(layers, 'tls.handshake.ciphersuite')).toBe('0x1301');
    expect(layers.at(-1)?.summary).toBe('Client Hello (fragment), Client Hello');
  });

  test('also where the records are in packets of their own', () => {
    const first = record(whole.subarray(0, 3));
    const second = record(whole.subarray(3));
    const [before, after] = upper([tcpPacket(ends, 1, first), tcpPacket(ends, 1 + first.length, second)]);
    expect(suiteOf(before, 'tls.handshake.ciphersuite')).toBeUndefined();
    expect(suiteOf(after, 'tls.handshake.ciphersuite')).toBe('0x1301');
  });

  test.each([
    ['smtp', 25, 'EHLO example\r\n'],
    ['imap', 143, 'a STARTTLS\r\n'],
    ['pop', 110, 'STLS\r\n'],
    ['ftp', 21, 'AUTH TLS\r\n'],
  ])('a Client Hello ends what %s says in the clear', (protocol, to, line) => {
    const clear = Buffer.from(line);
    const [before, after] = upper([
      tcpPacket({ from: 50000, to }, 1, clear),
      tcpPacket({ from: 50000, to }, 1 + clear.length, record(whole)),
    ]);
    expect(before.map((layer) => layer.protocol)).toEqual([protocol]);
    expect(after.map((layer) => layer.protocol)).toEqual(['tls']);
  });
});

describe('DTLS', () => {
  const ends = { from: 50000, to: 4433 };
  const body = hello('fefd', '00');

  function fragment(sequence: number, offset: number, length: number): Buffer {
    const content = Buffer.concat([
      hex('01'),
      uint24(body.length),
      hex('0000'),
      uint24(offset),
      uint24(length),
      body.subarray(offset, offset + length),
    ]);
    const header = Buffer.concat([hex('16 fefd 0000 0000000000'), Buffer.from([sequence]), uint16(content.length)]);
    return udpPacket(ends, Buffer.concat([header, content]));
  }

  test.each([
    ['in order', [0, 1, 2]],
    ['in any order, and twice', [2, 0, 2, 1]],
  ])('fragments are put together: %s', (_name, order) => {
    const fragments = [fragment(0, 0, 10), fragment(1, 10, 10), fragment(2, 20, body.length - 20)];
    const all = upper(order.map((index) => fragments[index]));
    const suites = all.map((layers) => suiteOf(layers, 'dtls.handshake.ciphersuite'));
    expect(suites).toEqual([...order.slice(1).map(() => undefined), '0x1301']);
  });
});
