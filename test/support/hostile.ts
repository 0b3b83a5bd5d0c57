/** A capture whose every text is out to harm whoever looks at it in a browser or a terminal. */

import { START } from './packets.js';
import { block, epb, idb, joined, shb, type TestOption } from './pcap-bytes.js';
import { conversation, segmentFrame } from './tcp-packets.js';

/** HTML, a script, a terminal's colours, and what turns the direction of writing. */
export const EVIL =
  '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>\u001b[31m\u001b]0;pwned\u0007\u202eexe.evil\u202c\u2066\u0000\u0085\u2028&lt;"\'`';
/** 64,000 octets of it. */
export const LONG = EVIL.repeat(Math.ceil(64_000 / Buffer.byteLength(EVIL))).slice(0, 60_000);

const evilOctets = Buffer.from(EVIL);
const text = (value: string): Buffer => Buffer.from(value);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const sized = (data: Uint8Array): Buffer => Buffer.concat([u16(data.length), data]);

/** A DNS name of labels with any octets, 255 at most. */
function dnsName(): Buffer {
  const labels = [evilOctets.subarray(0, 60), evilOctets.subarray(60, 120), text('example')];
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), label])),
    Buffer.from([0]),
  ]);
}

/** An answer: the evil name has an address, and 60,000 octets of text. */
function dnsAnswer(): Buffer {
  const name = dnsName();
  const strings = Buffer.concat(
    Array.from({ length: 230 }, (_, at) => {
      const part = text(LONG).subarray(at * 200, at * 200 + 200);
      return Buffer.concat([Buffer.from([part.length]), part]);
    }),
  );
  const record = (type: number, data: Buffer) =>
    Buffer.concat([Buffer.from([0xc0, 12]), u16(type), u16(1), Buffer.from([0, 0, 0, 60]), sized(data)]);
  const header = Buffer.concat([u16(7), u16(0x8180), u16(1), u16(2), u16(0), u16(0)]);
  return Buffer.concat([header, name, u16(1), u16(1), record(1, Buffer.from([10, 0, 0, 2])), record(16, strings)]);
}

/** A ClientHello of TLS 1.2 that asks for the evil name (RFC 6066, section 3). */
function clientHello(): Buffer {
  const name = Buffer.concat([Buffer.from([0]), sized(evilOctets)]);
  const extension = Buffer.concat([u16(0), sized(sized(name))]);
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    sized(u16(0xc02f)),
    Buffer.from([1, 0]),
    sized(extension),
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), sized(handshake)]);
}

function udpFrame(source: number, destination: number, data: Uint8Array): Buffer {
  const frame = Buffer.alloc(42 + data.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  frame.writeUInt16BE(28 + data.length, 16);
  frame.set([64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1], 22);
  frame.writeUInt16BE(source, 34);
  frame.writeUInt16BE(destination, 36);
  frame.writeUInt16BE(8 + data.length, 38);
  frame.set(data, 42);
  return frame;
}

/** DHCP that calls its host the evil name (RFC 2132, option 12), in a message of another evil text (option 56). */
function dhcp(): Buffer {
  const option = (code: number, data: Uint8Array) => Buffer.concat([Buffer.from([code, data.length]), data]);
  const fixed = Buffer.alloc(236);
  fixed.set([1, 1, 6, 0]);
  fixed.set(evilOctets.subarray(0, 64), 44);
  return Buffer.concat([
    fixed,
    Buffer.from([0x63, 0x82, 0x53, 0x63]),
    option(53, Buffer.from([1])),
    option(12, evilOctets),
    option(56, evilOctets),
    option(60, evilOctets),
    Buffer.from([255]),
  ]);
}

const HTTP_PORT = 80;
const TLS_PORT = 443;
const DNS_PORT = 53;

/** As another conversation: its ports in place of those of the made-up one. */
function atPorts(frame: Buffer, client: number, server: number): Buffer {
  for (const at of [34, 36]) frame.writeUInt16BE(frame.readUInt16BE(at) === HTTP_PORT ? server : client, at);
  return frame;
}

/** The file: two interfaces, evil by name and description, and packets with evil comments. */
export function hostileFile(): Uint8Array {
  const named: TestOption[] = [
    [2, evilOctets],
    [3, evilOctets],
    [9, [9]],
  ];
  const request = `GET /${encodeURIComponent('x')}?<script>window.pwned=3</script> HTTP/1.1\r\nHost: ${EVIL.replace(/[\r\n\0]/g, '')}\r\nUser-Agent: ${EVIL}\r\n\r\n`;
  const answer = text(`<script>window.pwned=4</script>${LONG}`).subarray(0, 60_000);
  const http = conversation([
    ['>', text(request)],
    ['<', text(`HTTP/1.1 200 ${EVIL}\r\nContent-Type: text/html\r\nX-Long: ${LONG.slice(0, 20_000)}\r\n`)],
    ['<', text(`Content-Length: ${answer.length}\r\n\r\n`)],
    ['<', answer],
  ]).map(segmentFrame);
  const tls = conversation([['>', clientHello()]]).map((segment) => atPorts(segmentFrame(segment), 40001, TLS_PORT));
  const dns = conversation([['<', sized(dnsAnswer())]]).map((segment) =>
    atPorts(segmentFrame(segment), 40002, DNS_PORT),
  );
  const frames = [
    udpFrame(DNS_PORT, 40003, dnsAnswer().subarray(0, 1400)),
    udpFrame(68, 67, dhcp()),
    ...dns,
    ...http,
    ...tls,
  ];
  const comment: TestOption[] = [[1, text(EVIL + LONG.slice(0, 30_000))]];
  return joined(
    shb(true, [
      [1, evilOctets],
      [4, evilOctets],
    ]),
    idb(true, named),
    // A name resolution block: the evil name for 10.0.0.2.
    block(4, joined(nameRecord(), new Uint8Array(4))),
    ...frames.map((frame, at) => epb(START + BigInt(at) * 1_000_000n, frame, true, comment)),
  );
}

function nameRecord(): Uint8Array {
  const value = Buffer.concat([Buffer.from([10, 0, 0, 2]), text(EVIL.replaceAll('\0', '')), Buffer.from([0])]);
  const record = Buffer.alloc(4 + ((value.length + 3) & ~3));
  record.writeUInt16LE(1, 0);
  record.writeUInt16LE(value.length, 2);
  record.set(value, 4);
  return record;
}
