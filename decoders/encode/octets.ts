/** Octets that are being written. */

import { writeBits } from '../core/bytes.js';
import { PacketError } from './error.js';

/** The largest packet of IPv4 (RFC 791, section 3.1), behind an Ethernet header and two tags. */
const MOST_OCTETS = 65_535 + 22;

/** Grows while it is written, up to the largest packet that there can be. */
export class Octets {
  private bytes = new Uint8Array(64);
  view = new DataView(this.bytes.buffer);
  /** Bits written so far. */
  private bit = 0;

  /** Octets written so far. */
  get length(): number {
    return this.bit >> 3;
  }

  /** Appends a number of 1 … 48 bits, which must fit; see `writeBits`. */
  number(width: number, value: number): void {
    this.reserve(width);
    writeBits(this.view, this.bit, width, value);
    this.bit += width;
  }

  /** Appends octets; what came before must be whole octets. @throws PacketError when the packet becomes too long */
  append(octets: Uint8Array): void {
    this.reserve(octets.length * 8);
    this.bytes.set(octets, this.length);
    this.bit += octets.length * 8;
  }

  /** Appends so many octets that are zero. */
  zeros(count: number): void {
    this.reserve(count * 8);
    this.bit += count * 8;
  }

  /** What was written. It shares the memory. */
  take(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(bits: number): void {
    const needed = (this.bit + bits + 7) >> 3;
    if (needed > MOST_OCTETS)
      throw new PacketError(`The packet would have more than ${MOST_OCTETS} octets; 65535 fit into one of IP.`);
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
