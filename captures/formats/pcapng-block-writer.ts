/** Builds one little-endian pcapng block (section 3.1) from numbers, octets and options. */
import { OPTION, padded } from './epb.js';

/** Octets of an option's value at most (section 3.5). */
const MAXIMUM_OPTION = 0xffff;

export class BlockWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private end = 8;
  private options = false;

  constructor(private readonly type: number) {}

  u16(value: number): void {
    this.room(2);
    this.view.setUint16(this.end, value, true);
    this.end += 2;
  }

  u32(value: number): void {
    this.room(4);
    this.view.setUint32(this.end, value, true);
    this.end += 4;
  }

  u64(value: bigint): void {
    this.room(8);
    this.view.setBigUint64(this.end, value, true);
    this.end += 8;
  }

  /** A time: the upper half comes first, whatever the byte order (section 4.3). */
  time(nanoseconds: bigint): void {
    this.u32(Number((nanoseconds >> 32n) & 0xffff_ffffn));
    this.u32(Number(nanoseconds & 0xffff_ffffn));
  }

  /** Octets, padded to 32 bits. */
  octets(value: Uint8Array): void {
    this.room(padded(value.length));
    this.bytes.set(value, this.end);
    this.end += padded(value.length);
  }

  /** A type, a length and a value: an option, or a record of a Name Resolution Block. */
  record(code: number, value: Uint8Array): void {
    if (value.length > MAXIMUM_OPTION) {
      throw new RangeError(`option ${code} has ${value.length} octets; ${MAXIMUM_OPTION} are the most`);
    }
    this.u16(code);
    this.u16(value.length);
    this.octets(value);
  }

  option(code: number, value: Uint8Array): void {
    this.record(code, value);
    this.options = true;
  }

  optionU64(code: number, value: bigint): void {
    const octets = new Uint8Array(8);
    new DataView(octets.buffer).setBigUint64(0, value, true);
    this.option(code, octets);
  }

  optionTime(code: number, nanoseconds: bigint): void {
    this.u16(code);
    this.u16(8);
    this.time(nanoseconds);
    this.options = true;
  }

  /** An option of UTF-8 text, left out when there is none. What is longer than an option can be is cut between characters. */
  text(code: number, text: string | undefined): void {
    if (text === undefined || text === '') {
      return;
    }
    const target = new Uint8Array(MAXIMUM_OPTION);
    const { written } = new TextEncoder().encodeInto(text, target);
    this.option(code, target.subarray(0, written));
  }

  /** The whole block. */
  finish(): Uint8Array {
    if (this.options) {
      this.u32(OPTION.endOfOptions);
    }
    this.u32(this.end + 4);
    this.view.setUint32(0, this.type, true);
    this.view.setUint32(4, this.end, true);
    return this.bytes.subarray(0, this.end);
  }

  private room(octets: number): void {
    if (this.end + octets + 4 > this.bytes.length) {
      const grown = new Uint8Array(2 * this.bytes.length + octets);
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
  }
}
