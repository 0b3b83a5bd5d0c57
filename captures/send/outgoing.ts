/** A run of packets on its way out, and when each is wanted to leave. */

import { BlockBuilder, EPB, nextBlock, nextPacket } from '../formats/epb.js';
import { BLOCK_BYTES } from '../sources/source.js';

/** Nanoseconds that the packets of one run may span: so quick is a sender stopped. */
export const RUN_NANOSECONDS = 50e6;
/** Packets of one run at most. */
const MOST_PACKETS = 8192;

/** Filled by a supply, sent by the sender, and then filled again. */
export class Outgoing {
  /** Nanoseconds since the beginning, one a packet. */
  readonly wanted = new Float64Array(MOST_PACKETS);
  private readonly builder = new BlockBuilder(BLOCK_BYTES);
  private limit = 0;

  /** @param interfaceId of the blocks, as the log of what was sent has it */
  constructor(private readonly interfaceId: number) {}

  get packets(): number {
    return this.builder.packets;
  }

  /** Forgets what was sent. @param limit packets of the next run at most */
  clear(limit: number): void {
    if (this.builder.packets > 0) this.builder.take();
    this.limit = Math.max(1, Math.min(MOST_PACKETS, limit));
  }

  /**
   * Adds a packet; false when it is for the next run.
   *
   * @param wanted nanoseconds since the beginning, ascending
   */
  add(bytes: Uint8Array, start: number, end: number, wanted: number): boolean {
    const count = this.builder.packets;
    if (count >= this.limit || (count > 0 && wanted > this.wanted[0] + RUN_NANOSECONDS)) return false;
    if (!this.builder.add(this.interfaceId, 0, 0, bytes, start, end, end - start)) return false;
    this.wanted[count] = wanted;
    return true;
  }

  /** The blocks; valid until `clear`. */
  get blocks(): Uint8Array {
    return this.builder.buffer.subarray(0, this.builder.bytes);
  }

  /** The blocks of the first packets, and how many octets the packets have. */
  first(packets: number): { blocks: Uint8Array; octets: number } {
    const { view, bytes } = this.builder;
    let at = 0;
    let octets = 0;
    for (let i = 0; i < packets; i++) {
      const packet = nextPacket(view, at, bytes);
      octets += view.getUint32(packet + EPB.captured, true);
      at = nextBlock(view, packet);
    }
    return { blocks: this.builder.buffer.subarray(0, at), octets };
  }

  /** Visits the first packets: where their octets stand in `blocks`, and how many there are. */
  each(packets: number, visit: (view: DataView, start: number, length: number, time: bigint) => void): void {
    const { view, bytes } = this.builder;
    let at = nextPacket(view, 0, bytes);
    for (let i = 0; i < packets; i++, at = nextPacket(view, nextBlock(view, at), bytes)) {
      const time =
        (BigInt(view.getUint32(at + EPB.timeHigh, true)) << 32n) | BigInt(view.getUint32(at + EPB.timeLow, true));
      visit(view, at + EPB.data, view.getUint32(at + EPB.captured, true), time);
    }
  }
}

/** Where the packets come from. */
export interface PacketSupply {
  /** Adds packets until `out` takes no more; resolves without having added one at the end. */
  fill(out: Outgoing): void | Promise<void>;
  close?(): Promise<void>;
}
