/**
 * Classic pcap (draft-ietf-opsawg-pcap), little-endian, of nanoseconds or microseconds. It holds packets only:
 * comments, names, secrets, statistics and the direction of packets are left out, and so are the names of interfaces.
 */
import { CaptureError, type CaptureInterface, MAXIMUM_SNAP_LENGTH } from '../sources/source.js';
import { BLOCK_TYPE, EPB, viewOf } from './epb.js';
import { PCAP_HEADER_BYTES, PCAP_MAGIC } from './pcap-reader.js';
import type { PacketSelector } from './select.js';

const RECORD_BYTES = 16;
const TWO_32 = 4294967296;

export class PcapWriter {
  /**
   * Packets whose time does not fit into the 32 bits of seconds (from 2106-02-07T06:28:16Z on): they were written
   * with the seconds modulo 2^32.
   */
  timesOutOfRange = 0;
  private bytes = new Uint8Array(0);
  private view = viewOf(this.bytes);
  private readonly linkType: number;
  private readonly snapLength: number;
  /** The second of the packet before, and its time in nanoseconds: most packets fall into the same one. */
  private seconds = 0;
  private secondHigh = 0;
  private secondLow = 0;
  /** Whether `seconds` was cut to 32 bits. */
  private lateSecond = false;

  /**
   * @param interfaces those of the packets to come
   * @param resolution what is finer than a microsecond is cut off when that is asked for
   * @throws CaptureError `unsupported` when the interfaces have more than one link type.
   */
  constructor(
    interfaces: readonly Pick<CaptureInterface, 'linkType' | 'snapLength'>[],
    private readonly resolution: 'nanoseconds' | 'microseconds' = 'nanoseconds',
  ) {
    const linkTypes = [...new Set(interfaces.map((one) => one.linkType))];
    if (linkTypes.length > 1) {
      throw new CaptureError(
        'unsupported',
        `a pcap file holds one link type; these packets have ${linkTypes.length} (${linkTypes.join(', ')})`,
        'export as pcapng, or only the packets of one interface',
      );
    }
    this.linkType = linkTypes[0] ?? 1;
    const limits = interfaces.map((one) => one.snapLength || MAXIMUM_SNAP_LENGTH);
    this.snapLength = Math.min(Math.max(0, ...limits) || MAXIMUM_SNAP_LENGTH, MAXIMUM_SNAP_LENGTH);
  }

  /** The file header: an empty capture is these 24 octets alone. */
  header(): Uint8Array {
    const bytes = new Uint8Array(PCAP_HEADER_BYTES);
    const view = viewOf(bytes);
    view.setUint32(0, this.resolution === 'nanoseconds' ? PCAP_MAGIC.nanoseconds : PCAP_MAGIC.microseconds, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, this.snapLength, true);
    view.setUint32(20, this.linkType, true);
    return bytes;
  }

  /**
   * The packets of `bytes` (blocks as a source has them) as records, or those that `select` takes; blocks that are no
   * packets are left out. Valid until the next call.
   */
  writeBlock(bytes: Uint8Array, select?: PacketSelector): Uint8Array {
    const source = viewOf(bytes);
    const end = bytes.length;
    if (this.bytes.length < end) {
      this.bytes = new Uint8Array(end);
      this.view = viewOf(this.bytes);
    }
    // The blocks are copied first, so that each packet then moves within one buffer: a record is shorter than its
    // block, so what was written never reaches what is still to be moved.
    this.bytes.set(bytes);
    const { view } = this;
    let out = 0;
    let index = 0;
    let next = 0;
    for (let at = 0; at < end; at = next) {
      next = at + source.getUint32(at + EPB.length, true);
      if (source.getUint32(at, true) !== BLOCK_TYPE.enhancedPacket || (select !== undefined && !select(index++))) {
        continue;
      }
      const captured = source.getUint32(at + EPB.captured, true);
      const fraction = this.split(source.getUint32(at + EPB.timeHigh, true), source.getUint32(at + EPB.timeLow, true));
      this.bytes.copyWithin(out + RECORD_BYTES, at + EPB.data, at + EPB.data + captured);
      view.setUint32(out, this.seconds, true);
      view.setUint32(out + 4, this.resolution === 'nanoseconds' ? fraction : Math.floor(fraction / 1000), true);
      view.setUint32(out + 8, captured, true);
      view.setUint32(out + 12, source.getUint32(at + EPB.original, true), true);
      out += RECORD_BYTES + captured;
    }
    return this.bytes.subarray(0, out);
  }

  /** Sets `seconds`, modulo 2^32, and answers the nanoseconds in it: without BigInt, and without dividing mostly. */
  private split(high: number, low: number): number {
    const since = (high - this.secondHigh) * TWO_32 + (low - this.secondLow);
    if (since >= 0 && since < 1e9) {
      this.timesOutOfRange += this.lateSecond ? 1 : 0;
      return since;
    }
    // Long division by 10^9 in digits of 16 bits: every step stays below 2^53.
    const upper = Math.floor(high / 1e9);
    const middle = (high - upper * 1e9) * 65536 + (low >>> 16);
    const middleSeconds = Math.floor(middle / 1e9);
    const rest = (middle - middleSeconds * 1e9) * 65536 + (low & 0xffff);
    const lowSeconds = Math.floor(rest / 1e9);
    const fraction = rest - lowSeconds * 1e9;
    const seconds = upper * TWO_32 + middleSeconds * 65536 + lowSeconds;
    this.lateSecond = seconds >= TWO_32;
    this.timesOutOfRange += this.lateSecond ? 1 : 0;
    this.seconds = seconds % TWO_32;
    const startLow = low - fraction;
    this.secondHigh = startLow < 0 ? high - 1 : high;
    this.secondLow = startLow < 0 ? startLow + TWO_32 : startLow;
    return fraction;
  }
}
