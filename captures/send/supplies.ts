/** Packets to send: copies of one that was made, or those of a capture. */

import { onesComplementSum } from '../../decoders/core/bytes.js';
import type { BuiltPacket } from '../../decoders/encode/index.js';
import { EPB, nextBlock, nextPacket, relativeNanoseconds, viewOf } from '../formats/epb.js';
import type { PacketSource } from '../sources/source.js';
import { CaptureError } from '../sources/source.js';
import type { Destinations } from './destinations.js';
import type { Outgoing, PacketSupply } from './outgoing.js';
import type { PacketOutput } from './output.js';

/**
 * Copies of a packet. Where it says so, the next one has the next number: an echo's sequence, an identification.
 *
 * @param count how many
 * @param interval nanoseconds from one to the next
 */
export class Copies implements PacketSupply {
  private made = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    private readonly packet: BuiltPacket,
    private readonly count: number,
    private readonly interval: number,
  ) {
    this.bytes = Uint8Array.from(packet.bytes);
    this.view = viewOf(this.bytes);
  }

  fill(out: Outgoing): void {
    while (this.made < this.count) {
      if (!out.add(this.bytes, 0, this.bytes.length, this.made * this.interval)) return;
      this.made++;
      for (const { at, checksum } of this.packet.varying) this.increment(at, checksum);
    }
  }

  /** The checksum follows without being made anew: RFC 1624, equation 3. */
  private increment(at: number, checksum: number): void {
    const { view } = this;
    const old = view.getUint16(at);
    // 0 is what the kernel takes for "fill it in", and ports below are somebody's.
    const next = old === 0xffff ? FIRST_EPHEMERAL : old + 1;
    view.setUint16(at, next);
    if (checksum < 0) return;
    SUM.setUint16(0, ~view.getUint16(checksum) & 0xffff);
    SUM.setUint16(2, ~old & 0xffff);
    SUM.setUint16(4, next);
    // Of the two zeros that ones' complement has, only UDP's all ones is sent (RFC 768); for the others it is as good.
    view.setUint16(checksum, ~onesComplementSum(SUM, 0, 6) & 0xffff || 0xffff);
  }
}

/** What comes behind the last number: a port that is nobody's (RFC 6335, section 6), and as good for the rest. */
const FIRST_EPHEMERAL = 0xc000;
const SUM = new DataView(new ArrayBuffer(6));

/** Why packets of a capture did not leave. */
export interface Skipped {
  /** Longer than the interface takes: super-frames of segmentation offload, most of them. */
  tooLong: number;
  /** Their destination is not allowed. */
  refused: number;
  /** Kept only in part, and sent as they are. */
  truncated: number;
}

/** The packets of a source, in its order, as far apart as they were. */
export class Replayed implements PacketSupply {
  readonly skipped: Skipped = { tooLong: 0, refused: 0, truncated: 0 };
  /** Why the first packet was refused that was. */
  firstRefusal: string | undefined;
  private bytes: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  private view = viewOf(this.bytes);
  private at = -1;
  private baseHigh = -1;
  private baseLow = 0;
  private last = 0;
  private left: number;

  /**
   * @param speed how many times as fast as it was; 0: as fast as possible
   * @param most packets at most
   */
  constructor(
    private readonly source: PacketSource,
    private readonly output: PacketOutput,
    private readonly destinations: Destinations,
    private readonly speed: number,
    most: number,
  ) {
    this.left = most;
  }

  async fill(out: Outgoing): Promise<void> {
    while (this.left > 0) {
      if (this.at < 0) {
        // A run that has packets leaves before more are read: reading may take longer than they are to wait.
        if (out.packets > 0 || !(await this.read())) return;
        continue;
      }
      const { view, at } = this;
      const captured = view.getUint32(at + EPB.captured, true);
      if (this.mayLeave(at, captured)) {
        if (!out.add(this.bytes, at + EPB.data, at + EPB.data + captured, this.wanted(at))) return;
        this.left--;
        if (captured < view.getUint32(at + EPB.original, true)) this.skipped.truncated++;
      }
      this.at = nextPacket(view, nextBlock(view, at), this.bytes.length);
    }
  }

  async close(): Promise<void> {
    await this.source.stop();
  }

  private async read(): Promise<boolean> {
    const block = await this.source.next();
    if (block === null) {
      const { end } = this.source;
      if (end?.reason === 'damaged' || end?.reason === 'lost') throw new CaptureError('io', `${end.detail}`);
      return false;
    }
    this.bytes = block.bytes;
    this.view = viewOf(block.bytes);
    this.at = nextPacket(this.view, 0, this.bytes.length);
    return true;
  }

  private mayLeave(at: number, captured: number): boolean {
    const { linkType, name, maximum } = this.output;
    const of = this.source.interfaces[this.view.getUint32(at + EPB.interface, true)];
    if (of !== undefined && of.linkType !== linkType) throw unfit(of.linkType, name);
    if (captured > maximum) {
      this.skipped.tooLong++;
      return false;
    }
    const packet = new DataView(this.bytes.buffer, this.bytes.byteOffset + at + EPB.data, captured);
    const why = this.destinations.refusal(packet, linkType, name);
    if (why === undefined) return true;
    this.skipped.refused++;
    this.firstRefusal ??= why;
    return false;
  }

  /** Packets that are out of order leave at once, behind those before them. */
  private wanted(at: number): number {
    if (this.speed === 0) return 0;
    const high = this.view.getUint32(at + EPB.timeHigh, true);
    const low = this.view.getUint32(at + EPB.timeLow, true);
    if (this.baseHigh < 0) {
      this.baseHigh = high;
      this.baseLow = low;
    }
    const since = relativeNanoseconds(high, low, this.baseHigh, this.baseLow) / this.speed;
    this.last = Math.max(this.last, since);
    return this.last;
  }
}

const linkTypeNames: Readonly<Record<number, string>> = {
  0: 'BSD loopback',
  1: 'Ethernet',
  9: 'PPP',
  101: 'raw IP',
  105: 'IEEE 802.11',
  113: 'Linux cooked (captured on "any")',
  127: 'IEEE 802.11 with radiotap',
  228: 'raw IPv4',
  229: 'raw IPv6',
  276: 'Linux cooked (captured on "any")',
};

/** The error for packets of another link layer than the interface has. */
export function unfit(linkType: number, name: string): CaptureError {
  const what = linkTypeNames[linkType] ?? `link type ${linkType}`;
  return new CaptureError(
    'unsupported',
    `The capture's packets begin with ${what}; ${name} takes Ethernet frames.`,
    'Capture on a named Ethernet interface (not on "any"), or replay only its packets with a filter.',
  );
}
