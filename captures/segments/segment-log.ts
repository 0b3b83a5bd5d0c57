/**
 * The packet log: plain pcapng files ("segments") that are only appended to. What was captured rests here exactly as
 * it came; everything else can be made again from it.
 */

import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { forEachPacket } from '../formats/epb.js';
import { interfaceDescription, type SectionTexts, sectionHeader } from '../formats/pcapng-writer.js';
import { type Block, CaptureError, type CaptureInterface } from '../sources/source.js';
import { segmentPath, syncFolder } from './segment-files.js';

export interface SegmentLimits {
  /** A segment that reaches this many octets is closed and the next begins. Default 256 MiB. */
  readonly segmentBytes?: number;
  /** A segment older than this is closed as soon as a packet arrives. Default: never. */
  readonly segmentSeconds?: number;
  /** The ring: what is beyond these is deleted, oldest segment first. The newest segment always stays. */
  readonly ringBytes?: number;
  readonly ringSegments?: number;
  readonly ringSeconds?: number;
}

/** How far the log reaches: what a follower may read. */
export interface LogPosition {
  readonly segment: number;
  /** Octets of whole blocks in that segment. */
  readonly end: number;
}

interface Segment {
  readonly id: number;
  bytes: number;
  /** Blocks of the source in it. */
  blocks: number;
  packets: number;
  readonly openedAt: number;
  closedAt: number;
}

const DEFAULT_SEGMENT_BYTES = 256 << 20;
/** The ring is held by whole segments: this many of them share it, so that at most an eighth goes at once. */
const RING_SHARE = 8;
const LEAST_SEGMENT_BYTES = 1 << 20;
/** The index has 32 bits for a packet's place in its segment. */
const LARGEST_SEGMENT_BYTES = 2 ** 31;

/** Segment size and age that fit the ring, unless they are given. */
export function segmentLimits(limits: SegmentLimits): Required<Pick<SegmentLimits, 'segmentBytes'>> & SegmentLimits {
  const { ringBytes, ringSeconds } = limits;
  const share = ringBytes === undefined ? DEFAULT_SEGMENT_BYTES : Math.floor(ringBytes / RING_SHARE);
  const fitting = Math.max(LEAST_SEGMENT_BYTES, Math.min(DEFAULT_SEGMENT_BYTES, share));
  const segmentBytes = Math.min(limits.segmentBytes ?? fitting, LARGEST_SEGMENT_BYTES);
  const seconds = limits.segmentSeconds ?? (ringSeconds === undefined ? undefined : ringSeconds / RING_SHARE);
  return { ...limits, segmentBytes, ...(seconds === undefined ? {} : { segmentSeconds: seconds }) };
}

/** Appends blocks to segments in one capture's folder. */
export class SegmentLog {
  /** Packets in the log, deleted ones included. */
  packets = 0;
  /** Number of the first packet that is still there. */
  firstPacket = 1;
  private readonly limits;
  private readonly segments: Segment[] = [];
  private fd = -1;
  private interfaces: readonly CaptureInterface[] = [];
  /** How many of them the current segment describes. */
  private described = 0;
  private dirty = false;
  private syncing = false;

  constructor(
    private readonly folder: string,
    private readonly section: SectionTexts,
    limits: SegmentLimits = {},
  ) {
    this.limits = segmentLimits(limits);
    this.begin(1);
  }

  get position(): LogPosition {
    const { id, bytes } = this.current;
    return { segment: id, end: bytes };
  }

  private get current(): Segment {
    return this.segments[this.segments.length - 1];
  }

  /**
   * Appends a block whose interfaces have been described.
   *
   * @throws CaptureError `io` when the disk takes no more; the segment then ends with the last whole block
   */
  append(block: Block): void {
    const { segmentBytes, segmentSeconds } = this.limits;
    const old = segmentSeconds !== undefined && Date.now() - this.current.openedAt > segmentSeconds * 1000;
    if (this.current.blocks > 0 && (old || this.current.bytes + block.bytes.length > segmentBytes)) this.rotate();
    this.write(block.bytes);
    this.current.blocks++;
    this.current.packets += block.packets;
    this.packets += block.packets;
  }

  /** Describes those of a source's interfaces that the segment does not know yet. */
  describe(interfaces: readonly CaptureInterface[]): void {
    for (; this.described < interfaces.length; this.described++)
      this.write(interfaceDescription(interfaces[this.described]));
    this.interfaces = interfaces;
  }

  /** Brings what was appended to the disk, without waiting; `failed` hears of an error. */
  sync(failed: (error: Error) => void): void {
    if (!this.dirty || this.syncing || this.fd < 0) return;
    this.dirty = false;
    this.syncing = true;
    const segment = this.current;
    fdatasync(this.fd, (error) => {
      this.syncing = false;
      // A segment that was closed meanwhile was synchronized when it was. Its descriptor's number tells nothing: the
      // next segment may have got the same.
      if (error !== null && this.fd >= 0 && segment === this.current) failed(diskError(error));
    });
  }

  /** Ends the log with what each interface received and lost (Interface Statistics Blocks). */
  close(statistics: readonly Uint8Array[] = []): void {
    if (this.fd < 0) return;
    try {
      for (const block of statistics) this.write(block);
    } finally {
      this.closeSegment();
    }
  }

  /**
   * Deletes the segments that the ring has no room for, but none from `unread` on: the index must have read a segment
   * before it goes. Returns whether any went.
   */
  retain(unread: number): boolean {
    const { ringBytes, ringSegments, ringSeconds } = this.limits;
    let total = this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    let removed = false;
    while (this.segments.length > 1 && this.segments[0].id < unread) {
      const oldest = this.segments[0];
      const over =
        (ringBytes !== undefined && total > ringBytes) ||
        (ringSegments !== undefined && this.segments.length > ringSegments) ||
        (ringSeconds !== undefined && Date.now() - oldest.closedAt > ringSeconds * 1000);
      if (!over) break;
      rmSync(segmentPath(this.folder, oldest.id), { force: true });
      total -= oldest.bytes;
      this.firstPacket += oldest.packets;
      this.segments.shift();
      removed = true;
    }
    return removed;
  }

  private rotate(): void {
    const { id } = this.current;
    this.closeSegment();
    this.current.closedAt = Date.now();
    this.begin(id + 1);
  }

  /** Begins a segment with everything that its packets need; one that the disk has no room for leaves nothing behind. */
  private begin(id: number): void {
    const file = segmentPath(this.folder, id);
    try {
      this.fd = openSync(file, 'wx');
    } catch (error) {
      throw diskError(error as NodeJS.ErrnoException);
    }
    this.segments.push({ id, bytes: 0, blocks: 0, packets: 0, openedAt: Date.now(), closedAt: 0 });
    try {
      this.write(Buffer.concat([sectionHeader(this.section), ...this.interfaces.map(interfaceDescription)]));
      this.described = this.interfaces.length;
      syncFolder(this.folder);
    } catch (error) {
      closeSync(this.fd);
      this.fd = -1;
      this.segments.pop();
      rmSync(file, { force: true });
      throw diskError(error as NodeJS.ErrnoException);
    }
  }

  private closeSegment(): void {
    const { fd } = this;
    this.fd = -1;
    try {
      fsyncSync(fd);
    } catch (error) {
      throw diskError(error as NodeJS.ErrnoException);
    } finally {
      closeSync(fd);
    }
  }

  private write(bytes: Uint8Array): void {
    const { current, fd } = this;
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(fd, bytes, done, bytes.length - done, current.bytes + done);
    } catch (error) {
      // After a segment that could not be begun there is none to be cut.
      if (fd >= 0) ftruncateSync(fd, current.bytes);
      throw diskError(error as NodeJS.ErrnoException);
    }
    current.bytes += bytes.length;
    this.dirty = true;
  }
}

function diskError(error: NodeJS.ErrnoException): CaptureError {
  if (error instanceof CaptureError) return error;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT'
    ? new CaptureError(
        'io',
        'The disk is full: the capture was stopped, and every packet before that is kept.',
        'Free some space, or capture into a ring ("ring": {"bytes": …}), then start a new capture.',
      )
    : new CaptureError('io', `The packet log could not be written: ${error.message}`);
}

/** The first `count` packets of a block, with everything that stands before the next one. */
export function headOfBlock(block: Block, count: number): Block {
  if (count >= block.packets) return block;
  let end = block.bytes.length;
  forEachPacket(block.bytes, (_view, at, index) => {
    if (index === count) end = at;
  });
  return { bytes: block.bytes.subarray(0, end), packets: count };
}
