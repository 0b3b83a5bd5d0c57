/**
 * The index of one capture, behind a small interface: SQLite is the embedded engine; a distributed one for fleets of
 * sensors would be a second implementation of these two, and nothing else would change.
 */

import type { FlowTable } from '../../decoders/conversations/flow-table.js';
import type { Columns } from '../../decoders/core/index.js';
import type { FlowPrograms } from '../programs/messages.js';
import type { CaptureInterface } from '../sources/source.js';

/** How far the index has read the log: everything before this is in it, completely. */
export interface Checkpoint {
  /** Packets indexed. */
  readonly packets: number;
  /** Segment number, from 1. */
  readonly segment: number;
  /** Octet in that segment up to which it was read. */
  readonly offset: number;
}

/** What a ring has let go: what the packets that are left do not say of those before them. */
export interface Expired {
  /** Packets: the first one that is left is the next. */
  readonly packets: number;
  /** Octets on the wire. */
  readonly bytes: number;
  readonly truncated: number;
  readonly malformed: number;
}

export const NOTHING_EXPIRED: Expired = { packets: 0, bytes: 0, truncated: 0, malformed: 0 };

/** Counts over all packets that were indexed, those included that a ring has let go. */
export interface IndexTotals {
  packets: number;
  /** Octets on the wire. */
  bytes: number;
  /** Packets kept only in part (snap length). */
  truncated: number;
  malformed: number;
  /** Packets still there whose columns may tell only part of what a filter asks (`VERIFY_FLAGS`). */
  toVerify: number;
  /** Nanoseconds since the base time, of the first and the last packet with a time; null when there is none. */
  firstTime: number | null;
  lastTime: number | null;
}

/** The writing side, owned by one indexer at a time. */
export interface IndexWriter {
  /** Where indexing goes on: the position of the last commit. */
  readonly checkpoint: Checkpoint;
  readonly totals: IndexTotals;
  readonly expired: Expired;
  /** Nanoseconds since 1970 of relative time 0; undefined until the first packet sets it. */
  baseTime: bigint | undefined;
  /** Loads the flows that were being tracked at the checkpoint. */
  restoreFlows(flows: FlowTable): void;
  addInterfaces(interfaces: readonly CaptureInterface[]): void;
  /** For an empty index: counting goes on after what the log has no more, relative to the same time. */
  beginAfter(expired: Expired, baseTime: bigint | undefined): void;
  /** A segment begins: its packets start at `firstPacket`. */
  addSegment(id: number, file: string, firstPacket: number): void;
  /** Number of a segment's first packet; undefined when the index does not know the segment. */
  firstPacketOf(segment: number): number | undefined;
  /** Adds a batch whose first row is packet `firstNumber`. Offsets in `columns` are octets in the segment. */
  addPackets(columns: Columns, firstNumber: number): void;
  /** Adds who holds the sockets of flows, in place of what was said of the same ends before. */
  addPrograms(found: readonly FlowPrograms[]): void;
  /**
   * Adds what was found out before the index was built again, of flows by the numbers of their first packets. Those that
   * are not committed yet get none.
   */
  restorePrograms(stored: Iterable<Omit<FlowPrograms, 'flow'>>): void;
  /** Whether the gathered rollups want to be written before more packets are added. */
  readonly wantsCommit: boolean;
  /**
   * Stores the flows that changed and the position, and makes everything added so far visible to readers, all in
   * one transaction: after a crash the index is as it was at some commit, and indexing goes on from there.
   */
  commit(position: Checkpoint, flows: FlowTable): void;
  /**
   * Removes the packets before `firstPacket`, whose segments the ring has deleted, and what only they have brought:
   * flows that ended before it, and their share of the rollups. A flow that goes on keeps its counts.
   */
  expire(firstPacket: number): void;
  /** Builds what is only worth building once nothing is added any more, closes the index and brings it to the disk. */
  finish(): void;
  close(): void;
}
