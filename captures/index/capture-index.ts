/**
 * The index of one capture, behind a small interface: SQLite is the embedded engine; a distributed one for fleets of
 * sensors would be a second implementation of these two, and nothing else would change.
 */

import type { FlowTable } from '../../decoders/conversations/flow-table.js';
import type { Columns } from '../../decoders/core/index.js';
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

/** Counts over all indexed packets. */
export interface IndexTotals {
  packets: number;
  /** Octets on the wire. */
  bytes: number;
  /** Packets kept only in part (snap length). */
  truncated: number;
  malformed: number;
  /** Packets whose columns may tell only part of what a filter asks (`VERIFY_FLAGS`). */
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
  /** Nanoseconds since 1970 of relative time 0; undefined until the first packet sets it. */
  baseTime: bigint | undefined;
  /** Loads the flows that were being tracked at the checkpoint. */
  restoreFlows(flows: FlowTable): void;
  addInterfaces(interfaces: readonly CaptureInterface[]): void;
  /** A segment begins: its packets start at `firstPacket`. */
  addSegment(id: number, file: string, firstPacket: number): void;
  /** Adds a batch whose first row is packet `firstNumber`. Offsets in `columns` are octets in the segment. */
  addPackets(columns: Columns, firstNumber: number): void;
  /** Whether the gathered rollups want to be written before more packets are added. */
  readonly wantsCommit: boolean;
  /**
   * Stores the flows that changed and the position, and makes everything added so far visible to readers, all in
   * one transaction: after a crash the index is as it was at some commit, and indexing goes on from there.
   */
  commit(position: Checkpoint, flows: FlowTable): void;
  /** Removes packets before `firstPacket`, whose segment the ring has deleted. */
  expire(firstPacket: number): void;
  /** Builds what is only worth building once nothing is added any more, closes the index and brings it to the disk. */
  finish(): void;
  close(): void;
}
