/** Reads single packets, and runs of them, from a capture's segments. */

import { closeSync, openSync, readSync } from 'node:fs';
import { EPB } from '../formats/epb.js';
import { segmentPath } from '../segments/segment-files.js';

/** Octets read at once: the packets of a page stand close together. */
const WINDOW = 256 << 10;

/** Where a packet rests. */
export interface PacketPlace {
  readonly segment: number;
  /** Of its Enhanced Packet Block. */
  readonly offset: number;
}

/** A packet's block in a buffer that the next read may use again. */
export interface StoredPacket {
  readonly view: DataView;
  /** Where its Enhanced Packet Block starts in the view. */
  readonly at: number;
  /** Octets of the block. */
  readonly size: number;
}

export class LogReader {
  private segment = 0;
  private fd = -1;
  private buffer = new Uint8Array(WINDOW);
  private view = new DataView(this.buffer.buffer);
  private from = 0;
  private filled = 0;

  constructor(private readonly folder: string) {}

  /** @returns undefined when the ring has deleted the segment meanwhile */
  read(place: PacketPlace): StoredPacket | undefined {
    if (!this.open(place.segment)) return undefined;
    if (!this.holds(place.offset, EPB.overhead)) this.load(place.offset);
    if (!this.holds(place.offset, EPB.overhead)) return undefined;
    const size = this.view.getUint32(place.offset - this.from + 4, true);
    if (!this.holds(place.offset, size)) {
      if (size > this.buffer.length) {
        this.buffer = new Uint8Array(size);
        this.view = new DataView(this.buffer.buffer);
      }
      this.load(place.offset);
      if (!this.holds(place.offset, size)) return undefined;
    }
    return { view: this.view, at: place.offset - this.from, size };
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    this.segment = 0;
    this.filled = 0;
  }

  private holds(offset: number, octets: number): boolean {
    return offset >= this.from && offset + octets <= this.from + this.filled;
  }

  private load(offset: number): void {
    this.from = offset;
    this.filled = readSync(this.fd, this.buffer, 0, this.buffer.length, offset);
  }

  private open(segment: number): boolean {
    if (segment === this.segment) return true;
    this.close();
    try {
      this.fd = openSync(segmentPath(this.folder, segment), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    this.segment = segment;
    return true;
  }
}
