/**
 * Classic pcap (draft-ietf-opsawg-pcap): microseconds or nanoseconds, either byte order, and Alexey Kuznetzov's modified
 * form with 8 more octets a record.
 */
import { BLOCK_BYTES, type Block, CaptureError, type CaptureInterface } from '../sources/source.js';
import { Nanoseconds } from './clock.js';
import { BLOCK_TYPE, EPB, OPTION } from './epb.js';
import { type FormatReader, grouped, largestPacket } from './reader.js';
import type { InputWindow } from './window.js';

/** Octets of the file header. */
export const PCAP_HEADER_BYTES = 24;

/** `Magic Number` as read in the file's own byte order. */
export const PCAP_MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d, modified: 0xa1b2cd34 } as const;

/** What the file header says. */
export interface PcapHeader {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly modified: boolean;
  readonly major: number;
  readonly minor: number;
  readonly snapLength: number;
  readonly linkType: number;
  /** Octets of frame check sequence at the end of each packet, when the file says so, or 0. */
  readonly fcsBytes: number;
}

/** Whether the first four octets are a classic pcap's. */
export function isPcap(bytes: Uint8Array, at: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 4);
  const magics: readonly number[] = Object.values(PCAP_MAGIC);
  return magics.includes(view.getUint32(0, true)) || magics.includes(view.getUint32(0, false));
}

/**
 * Reads the 24 octets of the file header.
 * @throws CaptureError `unsupported` for a version or a header that nobody reads.
 */
export function readPcapHeader(bytes: Uint8Array, at: number): PcapHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PCAP_HEADER_BYTES);
  const littleEndian = (Object.values(PCAP_MAGIC) as number[]).includes(view.getUint32(0, true));
  const magic = view.getUint32(0, littleEndian);
  const major = view.getUint16(4, littleEndian);
  const minor = view.getUint16(6, littleEndian);
  if (major < 2) {
    throw new CaptureError(
      'unsupported',
      `this pcap file has version ${major}.${minor}; versions from 2.0 on are read`,
    );
  }
  const network = view.getUint32(20, littleEndian);
  // Bits 16 to 25 are reserved and zero (draft-ietf-opsawg-pcap, section 4); bits 28 to 31 count the octets of the
  // FCS in pairs when bit 26 is set.
  if ((network & 0x03ff0000) !== 0) {
    throw new CaptureError('unsupported', `this pcap file's link type ${network} has reserved bits set`);
  }
  return {
    littleEndian,
    nanoseconds: magic === PCAP_MAGIC.nanoseconds,
    modified: magic === PCAP_MAGIC.modified,
    major,
    minor,
    snapLength: view.getUint32(16, littleEndian),
    linkType: network & 0xffff,
    fcsBytes: network & 0x04000000 ? (network >>> 28) * 2 : 0,
  };
}

/** Linux's `pkt_type` in a modified record → the direction and reception type of `epb_flags` (section 4.3.1). */
const FLAGS_OF_PACKET_TYPE = [1 | (1 << 2), 1 | (3 << 2), 1 | (2 << 2), 1 | (4 << 2), 2];

const FLAGS_BYTES = 12;

export class PcapReader implements FormatReader {
  readonly interfaces: readonly CaptureInterface[];
  readonly section = undefined;
  readonly warnings: string[] = [];
  needed: number;
  problem: string | undefined;

  private readonly recordBytes: number;
  private readonly largest: number;
  private readonly fractionUnit: number;
  private readonly withFlags: boolean;
  private readonly time = new Nanoseconds();
  private packets = 0;
  /** Octets and packets built in the window's head room. */
  private built = 0;
  private builtPackets = 0;

  /**
   * @param header what `readPcapHeader` found
   * @param window stands behind the file header; its head room is at least BLOCK_BYTES
   */
  constructor(
    private readonly header: PcapHeader,
    private readonly window: InputWindow,
  ) {
    this.recordBytes = header.modified ? 24 : 16;
    this.needed = this.recordBytes;
    this.largest = largestPacket(header.linkType);
    this.fractionUnit = header.nanoseconds ? 1 : 1000;
    this.withFlags = header.modified || (header.fcsBytes > 0 && header.fcsBytes < 16);
    this.interfaces = [
      {
        id: 0,
        name: '',
        linkType: header.linkType,
        snapLength: header.snapLength,
        originalResolution: header.nanoseconds ? 9 : 6,
        section: 0,
      },
    ];
  }

  read(): Block | null {
    if (this.problem !== undefined) {
      return null;
    }
    const { window, recordBytes, largest, fractionUnit, time } = this;
    const little = this.header.littleEndian;
    const swappable = this.header.minor <= 3 || this.header.major === 543;
    const extra = EPB.overhead + (this.withFlags ? FLAGS_BYTES : 0);
    const { bytes, view, end } = window;
    let at = window.start;
    let out = this.built;
    let count = this.builtPackets;
    let needed = recordBytes;
    let full = false;
    let largeBlock = 0;
    while (end - at >= recordBytes) {
      let captured = view.getUint32(at + 8, little);
      let original = view.getUint32(at + 12, little);
      if (swappable && this.lengthsSwapped(captured, original)) {
        [captured, original] = [original, captured];
      }
      if (captured > largest) {
        break;
      }
      if (end - at < recordBytes + captured) {
        needed = recordBytes + captured;
        break;
      }
      const total = extra + ((captured + 3) & ~3);
      if (out + total > BLOCK_BYTES && (out > 0 || total > window.headRoom)) {
        full = true;
        largeBlock = total;
        break;
      }
      time.set(view.getUint32(at, little), view.getUint32(at + 4, little) * fractionUnit);
      // The padding is zeroed by a whole word, and the packet copied over its share of that word. A packet of no
      // octets has its word in the header, which is written afterwards.
      view.setUint32(out + EPB.data + ((captured - 1) & ~3), 0, true);
      view.setUint32(out, BLOCK_TYPE.enhancedPacket, true);
      view.setUint32(out + EPB.length, total, true);
      view.setUint32(out + EPB.interface, 0, true);
      view.setUint32(out + EPB.timeHigh, time.high, true);
      view.setUint32(out + EPB.timeLow, time.low, true);
      view.setUint32(out + EPB.captured, captured, true);
      view.setUint32(out + EPB.original, original, true);
      bytes.copyWithin(out + EPB.data, at + recordBytes, at + recordBytes + captured);
      if (this.withFlags) {
        this.writeFlags(out + total - 4 - FLAGS_BYTES, at);
      }
      view.setUint32(out + total - 4, total, true);
      out += total;
      at += recordBytes + captured;
      count++;
    }
    this.packets += count - this.builtPackets;
    this.built = out;
    this.builtPackets = count;
    window.start = at;
    this.needed = needed;
    if (full) {
      return out > 0 ? this.take() : this.enlarge(largeBlock);
    }
    if (end - at >= recordBytes && needed === recordBytes) {
      return this.damaged(at);
    }
    return null;
  }

  take(): Block | null {
    if (this.built === 0) {
      return null;
    }
    const block = { bytes: this.window.bytes.subarray(0, this.built), packets: this.builtPackets };
    this.built = 0;
    this.builtPackets = 0;
    return block;
  }

  cutOff(): string {
    const have = this.window.end - this.window.start;
    return (
      `the file ends in the middle of packet ${grouped(this.packets + 1)}, at octet ` +
      `${grouped(this.window.offsetOf(this.window.start))}: ${grouped(have)} of ${grouped(this.needed)} octets are there`
    );
  }

  /** A single packet that is larger than a block: the block is made as large as it. */
  private enlarge(total: number): Block | null {
    this.window.growHeadRoom(total);
    return this.read();
  }

  /** Versions before 2.3 had the two lengths the other way round, and some writers of 2.3 too (libpcap, sf-pcap.c). */
  private lengthsSwapped(captured: number, original: number): boolean {
    const { major, minor } = this.header;
    return major === 543 || (major === 2 && (minor < 3 || (minor === 3 && captured > original)));
  }

  private writeFlags(at: number, record: number): void {
    const { view } = this.window;
    const kept = this.header.modified ? (FLAGS_OF_PACKET_TYPE[view.getUint8(record + 22)] ?? 0) : 0;
    view.setUint32(at, OPTION.epbFlags | (4 << 16), true);
    view.setUint32(at + 4, kept | (this.header.fcsBytes < 16 ? this.header.fcsBytes << 5 : 0), true);
    view.setUint32(at + 8, OPTION.endOfOptions, true);
  }

  private damaged(at: number): Block | null {
    const rest = this.take();
    if (rest !== null) {
      return rest;
    }
    const little = this.header.littleEndian;
    const lengths = [this.window.view.getUint32(at + 8, little), this.window.view.getUint32(at + 12, little)];
    const captured = this.lengthsSwapped(lengths[0], lengths[1]) ? lengths[1] : lengths[0];
    this.problem =
      `packet ${grouped(this.packets + 1)}, at octet ${grouped(this.window.offsetOf(at))}, claims ` +
      `${grouped(captured)} octets; ${grouped(this.largest)} is the most that a packet can have`;
    return null;
  }
}
