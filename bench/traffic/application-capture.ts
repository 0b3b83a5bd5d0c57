/** A capture with messages of applications in it: DNS, HTTP and TLS, one a packet, among packets without any. */

import { closeSync, openSync, writeSync } from 'node:fs';

const PACKETS_A_WRITE = 10_000;
const START_SECONDS = 1767225600;
const MICROSECONDS_BETWEEN = 10;

/** Where a frame has the protocol that IPv4 carries. */
const PROTOCOL = 23;

/** Length before the octets, in `width` octets. */
function counted(width: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(width);
  length.writeUIntBE(body.length, 0, width);
  return Buffer.concat([length, body]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

function dnsQuery(name: string): Buffer {
  const labels = name.split('.').map((label) => counted(1, Buffer.from(label)));
  return Buffer.concat([hex('123401000001000000000000'), ...labels, hex('0000010001')]);
}

/** A Client Hello with a server's name (RFC 8446, section 4.1.2; RFC 6066, section 3). */
function clientHello(name: string): Buffer {
  const serverName = Buffer.concat([hex('0000'), counted(2, counted(2, hex('00'), counted(2, Buffer.from(name))))]);
  const body = [hex('0303'), Buffer.alloc(32, 7), hex('00'), counted(2, hex('130113021303')), hex('0100')];
  const hello = Buffer.concat([hex('01'), counted(3, ...body, counted(2, serverName))]);
  return Buffer.concat([hex('160301'), counted(2, hello)]);
}

/** Ethernet, IPv4 and a transport around a payload; checksums are left to the card, as in a capture of one's own. */
function frame(protocol: 6 | 17, ports: readonly [number, number], payload: Buffer): Buffer {
  const header = protocol === 6 ? 20 : 8;
  const out = Buffer.alloc(34 + header + payload.length);
  hex('02000000000102000000000208004500').copy(out);
  out.writeUInt16BE(20 + header + payload.length, 16);
  out.writeUInt8(64, 22);
  out.writeUInt8(protocol, 23);
  hex('0a0000010a000002').copy(out, 26);
  out.writeUInt16BE(ports[0], 34);
  out.writeUInt16BE(ports[1], 36);
  if (protocol === 6) hex('5018ffff').copy(out, 46);
  else out.writeUInt16BE(8 + payload.length, 38);
  payload.copy(out, 34 + header);
  return out;
}

const request = (host: string): Buffer =>
  Buffer.from(`GET /index.html HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n\r\n`);
const response = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n${'a'.repeat(200)}`);

/** Frames that follow one another again and again, as a client's traffic has them: mostly others than are asked for. */
function frames(): Buffer[] {
  const data = Buffer.alloc(500, 0x5a);
  // Application data, one record a segment (RFC 8446, section 5.1).
  const secret = Buffer.concat([hex('170303'), counted(2, data)]);
  const quiet = [0, 1, 2, 3, 4].flatMap((i) => [
    frame(6, [443, 50_000 + i], secret),
    frame(6, [50_000 + i, 443], Buffer.alloc(0)),
    frame(17, [50_000 + i, 4500 + i], data),
  ]);
  return [
    frame(17, [50_010, 53], dnsQuery('www.example.com')),
    frame(17, [50_011, 53], dnsQuery('mail.other.org')),
    frame(6, [50_012, 80], request('www.example.com')),
    frame(6, [80, 50_012], response),
    frame(6, [50_013, 443], clientHello('www.example.com')),
    ...quiet,
  ];
}

/** Writes a pcap of so many packets. The same number makes the same file. @returns octets written */
export function makeApplicationCapture(file: string, packets: number): number {
  const all = frames();
  const fd = openSync(file, 'w');
  try {
    const header = Buffer.alloc(24);
    hex('d4c3b2a102000400').copy(header);
    header.writeUInt32LE(65535, 16);
    header.writeUInt32LE(1, 20);
    let written = writeSync(fd, header);
    for (let number = 0; number < packets; ) {
      const pieces: Buffer[] = [];
      for (let i = 0; i < PACKETS_A_WRITE && number < packets; i++, number++) {
        const data = Buffer.from(all[number % all.length]);
        // Each segment goes on where the one before it ended; otherwise all would be repetitions of the first.
        if (data[PROTOCOL] === 6) data.writeUInt32BE((Math.floor(number / all.length) * (data.length - 54)) >>> 0, 38);
        const record = Buffer.alloc(16);
        const microseconds = number * MICROSECONDS_BETWEEN;
        record.writeUInt32LE(START_SECONDS + Math.floor(microseconds / 1e6), 0);
        record.writeUInt32LE(microseconds % 1_000_000, 4);
        record.writeUInt32LE(data.length, 8);
        record.writeUInt32LE(data.length, 12);
        pieces.push(record, data);
      }
      written += writeSync(fd, Buffer.concat(pieces));
    }
    return written;
  } finally {
    closeSync(fd);
  }
}
