/** Frames for the sample: each layer puts its header, with the right checksum, before what it carries. */

/** Addresses of a host, as octets. */
export interface Host {
  readonly mac: readonly number[];
  readonly v4: readonly number[];
  readonly v6: readonly number[];
}

/** The Internet checksum (RFC 1071) over several pieces, of which only the last may be of odd length. */
function checksum(...pieces: readonly Buffer[]): number {
  let sum = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += 2) sum += at + 1 < piece.length ? piece.readUInt16BE(at) : piece[at] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    bytes.writeUInt16BE(value, index * 2);
  });
  return bytes;
}

/** Ethernet II (IEEE 802.3), padded to the 60 octets that the wire wants (the frame check sequence is not captured). */
export function ethernet(from: Host, to: readonly number[], type: number, payload: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from(to), Buffer.from(from.mac), u16(type), payload]);
  return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
}

/** RFC 826: operation 1 asks, 2 answers. */
export function arp(operation: 1 | 2, from: Host, to: Host): Buffer {
  const target = operation === 1 ? [0, 0, 0, 0, 0, 0] : to.mac;
  const body = Buffer.concat([
    u16(1, 0x0800, 0x0604, operation),
    Buffer.from([...from.mac, ...from.v4, ...target, ...to.v4]),
  ]);
  return ethernet(from, operation === 1 ? [255, 255, 255, 255, 255, 255] : to.mac, 0x0806, body);
}

/** RFC 791, without options. */
export function ipv4(from: Host, to: Host, protocol: number, payload: Buffer, ttl = 64, source = from.v4): Buffer {
  const header = Buffer.from([0x45, 0, 0, 0, 0, 0, 0x40, 0, ttl, protocol, 0, 0, ...source, ...to.v4]);
  header.writeUInt16BE(20 + payload.length, 2);
  // It must not be fragmented, so any identification will do (RFC 6864, section 4.1); the same one every time.
  header.writeUInt16BE(checksum(payload), 4);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

/** RFC 8200, without extension headers. */
export function ipv6(from: Host, to: Host, next: number, payload: Buffer, hops = 64): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    u16(payload.length),
    Buffer.from([next, hops, ...from.v6, ...to.v6]),
  ]);
  return Buffer.concat([header, payload]);
}

/** What TCP, UDP and ICMPv6 count into their checksums (RFC 793, section 3.1; RFC 8200, section 8.1). */
function pseudoHeader(from: Host, to: Host, version: 4 | 6, protocol: number, length: number): Buffer {
  return version === 4
    ? Buffer.concat([Buffer.from([...from.v4, ...to.v4, 0, protocol]), u16(length)])
    : Buffer.concat([Buffer.from([...from.v6, ...to.v6]), u16(0, length, 0, protocol)]);
}

/** RFC 792: `rest` is the header's second word. */
export function icmp(type: number, code: number, rest: Buffer, payload: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), rest, payload]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** RFC 4443. */
export function icmpv6(from: Host, to: Host, type: number, code: number, rest: Buffer, payload: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), rest, payload]);
  message.writeUInt16BE(checksum(pseudoHeader(from, to, 6, 58, message.length), message), 2);
  return message;
}

/** RFC 768. */
export function udp(from: Host, to: Host, version: 4 | 6, ports: readonly [number, number], payload: Buffer): Buffer {
  const message = Buffer.concat([u16(ports[0], ports[1], 8 + payload.length, 0), payload]);
  // A sum of 0 is sent as all ones, for 0 means that there is none.
  message.writeUInt16BE(checksum(pseudoHeader(from, to, version, 17, message.length), message) || 0xffff, 6);
  return message;
}

export interface Segment {
  readonly ports: readonly [number, number];
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly options?: Buffer;
  readonly payload?: Buffer;
}

export const TCP = { fin: 1, syn: 2, psh: 8, ack: 16 } as const;

/** RFC 9293; options are whole words. */
export function tcp(from: Host, to: Host, version: 4 | 6, segment: Segment): Buffer {
  const { ports, seq, ack, flags, options = Buffer.alloc(0), payload = Buffer.alloc(0) } = segment;
  const header = Buffer.alloc(20);
  header.writeUInt16BE(ports[0], 0);
  header.writeUInt16BE(ports[1], 2);
  header.writeUInt32BE(seq >>> 0, 4);
  header.writeUInt32BE(ack >>> 0, 8);
  header[12] = (5 + options.length / 4) << 4;
  header[13] = flags;
  // With a window scale of 7, 502 is the same window as a SYN's unscaled 64240 (RFC 7323, section 2.2).
  header.writeUInt16BE((flags & TCP.syn) === 0 ? 502 : 64_240, 14);
  const message = Buffer.concat([header, options, payload]);
  message.writeUInt16BE(checksum(pseudoHeader(from, to, version, 6, message.length), message), 16);
  return message;
}
