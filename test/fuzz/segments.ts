/** TCP segments and IP fragments that contradict each other: what an attacker sends to a reassembler. */

import type { Random } from '../support/random.js';
import type { Seed } from './seeds.js';

const ETHERNET = 1;
const HEADERS = 14 + 20 + 20;
const PORTS = [53, 80, 443, 21, 25, 110, 143, 502, 1883, 5432, 3306, 6379, 139, 445, 5672, 9092, 11211, 6881, 8080, 23];

/** Beginnings of messages that claim to be long, and short ones to repeat. */
const MESSAGES: readonly Uint8Array[] = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nContent-Length: 4294967295\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n',
  'EHLO a\r\nDATA\r\n',
  '*1000000\r\n$5\r\nhello\r\n',
  '\x16\x03\x01\xff\xff\x01\x00\xff\xff',
  '\x17\x03\x03\x00\x01a',
  '\xff\xff\x00\x01\x81\x80',
  'Q\x7f\xff\xff\xff',
  '\x00\x00\xff\xffSMB',
  '\x13BitTorrent protocol',
].map((text) => Buffer.from(text, 'latin1'));

export class Stranger {
  /** Sequence numbers of the two directions. They begin close to their end, so that they wrap. */
  private readonly next: [number, number];
  private readonly port: number;
  private readonly own: number;
  private sent = 0;

  constructor(private readonly random: Random) {
    this.next = [this.near(), this.near()];
    this.port = PORTS[random.below(PORTS.length)];
    this.own = 1024 + random.below(60000);
  }

  private near(): number {
    return (this.random.below(2) === 0 ? 0xffffffff - this.random.below(4000) : this.random.next()) >>> 0;
  }

  /** The next packet. */
  packet(): Seed {
    const { random } = this;
    if (this.sent++ === 0 && random.below(4) > 0) return this.segment(0, this.next[0]++ >>> 0, 0x02, new Uint8Array(0));
    if (random.below(12) === 0) return this.fragment();
    const direction = random.below(3) === 0 ? 1 : 0;
    const payload = this.payload();
    const expected = this.next[direction];
    let sequence = expected;
    switch (random.below(8)) {
      case 0: // Overlaps what was sent, with other octets.
        sequence = (expected - random.below(3000)) >>> 0;
        break;
      case 1: // Leaves a gap.
        sequence = (expected + 1 + random.below(3000)) >>> 0;
        break;
      case 2: // Half the space away.
        if (random.below(8) === 0) sequence = (expected + 0x7fffff00 + random.below(512)) >>> 0;
        break;
      default:
        this.next[direction] = (expected + payload.length) >>> 0;
    }
    const flags = random.below(200) === 0 ? 0x11 : random.below(300) === 0 ? 0x04 : 0x18;
    return this.segment(direction, sequence, flags, payload);
  }

  private payload(): Uint8Array {
    const { random } = this;
    const bytes = new Uint8Array(random.below(random.below(4) === 0 ? 1400 : 200));
    const message = MESSAGES[random.below(MESSAGES.length)];
    if (random.below(3) > 0)
      for (let at = 0; at < bytes.length; at += message.length) bytes.set(message.subarray(0, bytes.length - at), at);
    else bytes.fill(random.below(256));
    return bytes;
  }

  private segment(direction: number, sequence: number, flags: number, payload: Uint8Array): Seed {
    const bytes = new Uint8Array(HEADERS + payload.length);
    const view = new DataView(bytes.buffer);
    this.network(view, direction, 6, 0x4000, 20 + payload.length);
    view.setUint16(34, direction === 0 ? this.own : this.port);
    view.setUint16(36, direction === 0 ? this.port : this.own);
    view.setUint32(38, sequence);
    view.setUint8(46, 0x50);
    view.setUint8(47, flags);
    bytes.set(payload, HEADERS);
    return { bytes, linkType: ETHERNET };
  }

  /** A fragment that overlaps others, or goes past the end of the largest datagram. */
  private fragment(): Seed {
    const { random } = this;
    const length = 8 * (1 + random.below(60));
    const bytes = new Uint8Array(34 + length).fill(random.below(256));
    const offset = random.below(4) === 0 ? 8191 - random.below(30) : random.below(60);
    this.network(
      new DataView(bytes.buffer),
      0,
      random.below(2) === 0 ? 17 : 6,
      (random.below(3) > 0 ? 0x2000 : 0) | offset,
      length,
    );
    return { bytes, linkType: ETHERNET };
  }

  private network(view: DataView, direction: number, protocol: number, fragment: number, length: number): void {
    view.setUint16(12, 0x0800);
    view.setUint8(14, 0x45);
    view.setUint16(16, 20 + length);
    view.setUint16(18, this.random.below(4));
    view.setUint16(20, fragment);
    view.setUint8(22, 64);
    view.setUint8(23, protocol);
    view.setUint32(26, 0x0a000001 + direction);
    view.setUint32(30, 0x0a000002 - direction);
  }
}
