/** Reads single packets, and runs of them, from a capture's segments. */

import { closeSync, openSync, readSync } from 'node:fs';
import { EPB } from '../formats/epb.js';
import { segmentPath } from '../segments/segment-files.js';

/** Octets that may be read at once: the packets of a page stand close together. */
const WINDOW = 256 << 10;
/** Octets read at a place that does not follow the one before: most packets, and no more than it must be. */
const FIRST = 4 << 10;

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
  /** Octets of the block that are there. */
  readonly size: number;
}

export class LogReader {
  private segment = 0;
  private fd = -1;
  private buffer = new Uint8Array(WINDOW);
  private view = new DataView(this.buffer.buffer);
  private from = 0;
  private filled = 0;
  /** Octets that the last read asked for. */
  private wanted = FIRST;

  constructor(private readonly folder: string) {}

  /**
   * @param most so many octets of the block are enough
   * @returns undefined when the ring has deleted the segment meanwhile
   */
  read(place: PacketPlace, most = Number.POSITIVE_INFINITY): StoredPacket | undefined {
    if (!this.open(place.segment)) return undefined;
    if (!this.holds(place.offset, EPB.overhead)) this.load(place.offset);
    if (!this.holds(place.offset, EPB.overhead)) return undefined;
    const size = Math.min(most, this.view.getUint32(place.offset - this.from + 4, true));
    if (!this.holds(place.offset, size)) {
      if (size > this.buffer.length) {
        this.buffer = new Uint8Array(size);
        this.view = new DataView(this.buffer.buffer);
      }
      this.load(place.offset, size);
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

  /** Reads from an octet on: the more, the nearer it is to what was read before. */
  private load(offset: number, least = 0): void {
    const end = this.from + this.filled;
    this.wanted = offset >= this.from && offset <= end + this.wanted ? Math.min(this.wanted * 2, WINDOW) : FIRST;
    this.from = offset;
    const octets = Math.min(this.buffer.length, Math.max(this.wanted, least));
    this.filled = readSync(this.fd, this.buffer, 0, octets, offset);
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
