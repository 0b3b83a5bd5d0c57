/**
 * The pcapng block layout that everything in netglass shares: constants, a builder that fills blocks without
 * allocating per packet, and readers that walk them in place.
 *
 * Section numbers are those of draft-ietf-opsawg-pcapng. All offsets are octets from the start of a block,
 * and everything is little-endian: sources convert once, at the door.
 */
import { BLOCK_BYTES, type Block } from '../sources/source.js';

/** Block types, section 4 (and section 11.1, the registry). */
export const BLOCK_TYPE = {
  /** The same in both byte orders, so that it can be read before the order is known. */
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  /** Obsolete, appendix A. */
  packet: 2,
  simplePacket: 3,
  nameResolution: 4,
  interfaceStatistics: 5,
  enhancedPacket: 6,
  systemdJournal: 9,
  decryptionSecrets: 10,
  custom: 0x00000bad,
  /** Custom, and not to be copied to a changed file. */
  customNoCopy: 0x40000bad,
} as const;

/** `Byte-Order Magic` of a section header as read in the section's own byte order, section 4.1. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Option codes by the block they stand in, sections 3.5 and 4.1 to 4.7. */
export const OPTION = {
  endOfOptions: 0,
  comment: 1,
  shbHardware: 2,
  shbOs: 3,
  shbUserApplication: 4,
  ifName: 2,
  ifDescription: 3,
  ifMacAddress: 6,
  ifSpeed: 8,
  ifTimeResolution: 9,
  ifFilter: 11,
  ifOs: 12,
  ifTimeOffset: 14,
  ifHardware: 15,
  epbFlags: 2,
  epbHash: 3,
  epbDropCount: 4,
  epbPacketId: 5,
  epbQueue: 6,
  epbVerdict: 7,
  isbStartTime: 2,
  isbEndTime: 3,
  isbReceived: 4,
  isbInterfaceDropped: 5,
  isbFilterAccepted: 6,
  isbOsDropped: 7,
  isbDelivered: 8,
  /** Custom options: string or octets, with the leave to copy them or without, section 3.5. */
  customString: 2988,
  customBytes: 2989,
  customStringNoCopy: 19372,
  customBytesNoCopy: 19373,
  /**
   * Ours, in the range for local use (codes with the most significant bit set, section 3.5): this packet had no time
   * stamp at all (it was a Simple Packet Block). Its value is the four octets "NoTm"; the EPB's time is then 0.
   */
  noTime: 0xa5a5,
} as const;

/** Where the fields of an Enhanced Packet Block stand, section 4.3. */
export const EPB = {
  type: 0,
  length: 4,
  interface: 8,
  timeHigh: 12,
  timeLow: 16,
  captured: 20,
  original: 24,
  data: 28,
  /** Octets of an EPB without data and options: the seven fields and the trailing length. */
  overhead: 32,
} as const;

/** Direction values in the two lowest bits of `epb_flags`, section 4.3.1. */
export const EPB_DIRECTION = { unknown: 0, inbound: 1, outbound: 2 } as const;

/** "NoTm", read as a little-endian 32-bit number. */
export const NO_TIME_MARK = 0x6d546f4e;

/** Octets that `epb_flags` with its end-of-options takes. */
const FLAGS_OPTION_BYTES = 12;

/** Up to this many octets a loop beats the call (and the subarray it needs) to `TypedArray.prototype.set`. */
const SHORT_COPY_BYTES = 24;

/** `length` rounded up to pcapng's 32-bit alignment; 0 … 2^31-4. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Octets that an Enhanced Packet Block with this much data takes, with or without `epb_flags`. */
export function packetBlockBytes(capturedLength: number, withFlags = false): number {
  return EPB.overhead + padded(capturedLength) + (withFlags ? FLAGS_OPTION_BYTES : 0);
}

/**
 * Fills blocks. Nothing is allocated per packet: the buffer is allocated once and grown only for a single block that
 * is larger than it. What `take()` returned shares that buffer, and is therefore valid until the next `add`,
 * `addRaw` or `reserve`.
 */
export class BlockBuilder {
  /** The buffer: filled up to `bytes`. For callers that `reserve` room and write there. It changes when it grows. */
  buffer: Uint8Array<ArrayBuffer>;
  /** The same buffer. */
  view: DataView<ArrayBuffer>;
  /** Packets added since the last `take()`. */
  packets = 0;
  /** Octets added since the last `take()`. */
  bytes = 0;

  /** @param capacity octets after which `add` answers false, at least 1. */
  constructor(private readonly capacity: number = BLOCK_BYTES) {
    this.buffer = new Uint8Array(padded(capacity));
    this.view = new DataView(this.buffer.buffer);
  }

  /**
   * Appends one packet as an Enhanced Packet Block.
   *
   * @param interfaceId 0 … 2^32-1
   * @param timeHigh upper 32 bits of the nanoseconds since 1970-01-01 UTC
   * @param timeLow lower 32 bits of the same
   * @param data holds the packet in `dataStart` (inclusive) … `dataEnd` (exclusive)
   * @param originalLength octets on the wire
   * @param flags `epb_flags` (section 4.3.1), written when given
   * @returns false when it does not fit any more: `take()` first, then add it again. Never false on an empty builder.
   */
  add(
    interfaceId: number,
    timeHigh: number,
    timeLow: number,
    data: Uint8Array,
    dataStart: number,
    dataEnd: number,
    originalLength: number,
    flags?: number,
  ): boolean {
    const captured = dataEnd - dataStart;
    const dataBytes = (captured + 3) & ~3;
    const total = EPB.overhead + dataBytes + (flags === undefined ? 0 : FLAGS_OPTION_BYTES);
    const at = this.reserve(total);
    if (at < 0) {
      return false;
    }
    const view = this.view;
    view.setUint32(at, BLOCK_TYPE.enhancedPacket, true);
    view.setUint32(at + EPB.length, total, true);
    view.setUint32(at + EPB.interface, interfaceId, true);
    view.setUint32(at + EPB.timeHigh, timeHigh, true);
    view.setUint32(at + EPB.timeLow, timeLow, true);
    view.setUint32(at + EPB.captured, captured, true);
    view.setUint32(at + EPB.original, originalLength, true);
    let end = at + EPB.data + dataBytes;
    if (dataBytes !== captured) {
      // The padding must be zero, and the buffer holds an earlier block.
      view.setUint32(end - 4, 0, true);
    }
    copyOctets(this.buffer, at + EPB.data, data, dataStart, dataEnd);
    if (flags !== undefined) {
      view.setUint32(end, OPTION.epbFlags | (4 << 16), true);
      view.setUint32(end + 4, flags, true);
      view.setUint32(end + 8, OPTION.endOfOptions, true);
      end += FLAGS_OPTION_BYTES;
    }
    view.setUint32(end, total, true);
    this.packets++;
    return true;
  }

  /**
   * Appends whole blocks that are little-endian already, `start` (inclusive) … `end` (exclusive).
   *
   * @param packets how many of them are Enhanced Packet Blocks
   * @returns false when they do not fit any more, as `add`.
   */
  addRaw(bytes: Uint8Array, start: number, end: number, packets = 0): boolean {
    const at = this.reserve(end - start);
    if (at < 0) {
      return false;
    }
    copyOctets(this.buffer, at, bytes, start, end);
    this.packets += packets;
    return true;
  }

  /**
   * Makes room for `octets` (a multiple of 4) that the caller then writes to `buffer` or `view`; the room's contents
   * are undefined. The caller counts `packets` itself.
   *
   * @returns the offset of the room, or -1 when it does not fit any more.
   */
  reserve(octets: number): number {
    const at = this.bytes;
    const end = at + octets;
    if (end > this.capacity) {
      if (at > 0) {
        return -1;
      }
      if (end > this.buffer.length) {
        this.grow(end);
      }
    }
    this.bytes = end;
    return at;
  }

  /** Hands over what was added, or null when that is nothing, and starts again. Valid until the next addition. */
  take(): Block | null {
    if (this.bytes === 0) {
      return null;
    }
    const block = { bytes: this.buffer.subarray(0, this.bytes), packets: this.packets };
    this.bytes = 0;
    this.packets = 0;
    return block;
  }

  /** Only ever called on an empty builder, so there is nothing to copy. */
  private grow(octets: number): void {
    this.buffer = new Uint8Array(padded(octets));
    this.view = new DataView(this.buffer.buffer);
  }
}

/** Copies `source[start … end)` to `target` at `at`, in the way that is fastest for its length. */
export function copyOctets(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length <= SHORT_COPY_BYTES) {
    for (let i = 0; i < length; i++) {
      target[at + i] = source[start + i];
    }
  } else {
    target.set(source.subarray(start, end), at);
  }
}

/** A view of the same octets as `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The offset of the block after the one at `at`: `nextBlock(view, at) === end` after the last one. */
export function nextBlock(view: DataView, at: number): number {
  return at + view.getUint32(at + 4, true);
}

/**
 * The offset of the first Enhanced Packet Block at or after the block at `at`, or -1. `end` is where the blocks end.
 * Made for `for (let at = nextPacket(view, 0, end); at >= 0; at = nextPacket(view, nextBlock(view, at), end))`.
 * Expects blocks as a source hands them over: whole, with sound lengths.
 */
export function nextPacket(view: DataView, at: number, end: number): number {
  let offset = at;
  while (offset < end) {
    if (view.getUint32(offset, true) === BLOCK_TYPE.enhancedPacket) {
      return offset;
    }
    offset += view.getUint32(offset + 4, true);
  }
  return -1;
}

/** Calls `visit(view, at, index)` for every Enhanced Packet Block of a source's block; `index` counts from 0. */
export function forEachPacket(bytes: Uint8Array, visit: (view: DataView, at: number, index: number) => void): void {
  const view = viewOf(bytes);
  let index = 0;
  for (let at = nextPacket(view, 0, bytes.length); at >= 0; at = nextPacket(view, nextBlock(view, at), bytes.length)) {
    visit(view, at, index++);
  }
}

/** Where the options of the Enhanced Packet Block at `at` start; they end 4 octets before the block's end. */
export function packetOptions(view: DataView, at: number): number {
  return at + EPB.data + padded(view.getUint32(at + EPB.captured, true));
}

/**
 * Where the value of the first option `code` of a packet starts, or -1; the value's length is the 16 bits before it.
 * Never leaves the block, whatever the options say.
 */
export function findPacketOption(view: DataView, at: number, code: number): number {
  const end = nextBlock(view, at) - 4;
  let offset = packetOptions(view, at);
  while (offset + 4 <= end) {
    const found = view.getUint16(offset, true);
    const length = view.getUint16(offset + 2, true);
    if (found === OPTION.endOfOptions || offset + 4 + length > end) {
      return -1;
    }
    if (found === code) {
      return offset + 4;
    }
    offset += 4 + padded(length);
  }
  return -1;
}

/** `epb_flags` of the packet at `at`; 0 when there are none. */
export function packetFlags(view: DataView, at: number): number {
  const value = findPacketOption(view, at, OPTION.epbFlags);
  return value >= 0 && view.getUint16(value - 2, true) === 4 ? view.getUint32(value, true) : 0;
}

/**
 * Whether the packet at `at` has a time at all. Simple Packet Blocks have none: they become Enhanced Packet Blocks
 * with time 0 and the option `OPTION.noTime`, so that a packet really stamped 1970-01-01T00:00:00Z stays different.
 */
export function hasTime(view: DataView, at: number): boolean {
  if (view.getUint32(at + EPB.timeLow, true) !== 0 || view.getUint32(at + EPB.timeHigh, true) !== 0) {
    return true;
  }
  const value = findPacketOption(view, at, OPTION.noTime);
  return value < 0 || view.getUint16(value - 2, true) !== 4 || view.getUint32(value, true) !== NO_TIME_MARK;
}

/** Nanoseconds since 1970-01-01 UTC from an EPB's two halves: 0 … 2^64-1. */
export function nanoseconds(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The upper half of a time in nanoseconds. */
export function timeHigh(time: bigint): number {
  return Number((time >> 32n) & 0xffff_ffffn);
}

/** The lower half of a time in nanoseconds. */
export function timeLow(time: bigint): number {
  return Number(time & 0xffff_ffffn);
}

/**
 * Nanoseconds from the base to the time, negative when it lies before, without BigInt. Exact up to ±2^53 ns
 * (104 days); beyond that the result is rounded to the nearest double.
 */
export function relativeNanoseconds(high: number, low: number, baseHigh: number, baseLow: number): number {
  return (high - baseHigh) * 4294967296 + (low - baseLow);
}
