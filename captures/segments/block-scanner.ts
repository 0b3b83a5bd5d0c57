/** Reads whole pcapng blocks from a segment in large pieces, whatever state its end is in. */

import { closeSync, openSync, readSync } from 'node:fs';
import { BLOCK_TYPE, EPB } from '../formats/epb.js';
import { MAXIMUM_BLOCK } from '../formats/reader.js';

const READ_BYTES = 1 << 20;

/** A run of whole blocks in a buffer that the next call to `next` uses again, unless it is given another. */
export interface BlockRun {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Octets of `bytes` that hold whole blocks, from 0. */
  readonly length: number;
  /** Where the run starts in the segment. */
  readonly offset: number;
}

export class BlockScanner {
  private readonly fd: number;
  private buffer: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(this.buffer.buffer);

  /** @param position octet in the segment at which a block starts */
  constructor(
    file: string,
    public position = 0,
  ) {
    this.fd = openSync(file, 'r');
  }

  /**
   * The whole blocks from `position` on, at most about 1 MiB of them and not beyond `end`; null when there is no
   * whole, sound block there. Moves `position` past them.
   *
   * @param room memory to read into, used as long as no block is longer
   */
  next(end = Number.POSITIVE_INFINITY, room?: Uint8Array): BlockRun | null {
    if (room !== undefined) this.use(room);
    else if (this.buffer.length === 0) this.use(new Uint8Array(READ_BYTES));
    let filled = this.fill(Math.min(this.buffer.length, end - this.position));
    let length = wholeBlocks(this.view, filled);
    if (length === 0 && filled >= 8) {
      const first = this.view.getUint32(4, true);
      if (first <= filled || first > MAXIMUM_BLOCK || this.position + first > end) return null;
      if (this.buffer.length < first) this.use(new Uint8Array(first));
      filled = this.fill(first);
      length = wholeBlocks(this.view, filled);
    }
    if (length === 0) return null;
    const run = { bytes: this.buffer, view: this.view, length, offset: this.position };
    this.position += length;
    return run;
  }

  close(): void {
    closeSync(this.fd);
  }

  private use(buffer: Uint8Array): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  }

  private fill(wanted: number): number {
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(this.fd, this.buffer, filled, wanted - filled, this.position + filled);
      if (got === 0) break;
      filled += got;
    }
    return filled;
  }
}

/** A scanner from an octet of a segment on; undefined when there is no such segment (any more): a ring deletes them. */
export function scanSegment(file: string, position = 0): BlockScanner | undefined {
  try {
    return new BlockScanner(file, position);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Octets from 0 that are whole blocks with sound lengths, at most `filled`. */
function wholeBlocks(view: DataView, filled: number): number {
  let at = 0;
  while (filled - at >= 12) {
    const length = view.getUint32(at + 4, true);
    if (length < 12 || (length & 3) !== 0 || length > filled - at) break;
    if (view.getUint32(at + length - 4, true) !== length) break;
    const type = view.getUint32(at, true);
    if (type === 0) break;
    if (type === BLOCK_TYPE.enhancedPacket && view.getUint32(at + EPB.captured, true) > length - EPB.overhead) break;
    at += length;
  }
  return at;
}
