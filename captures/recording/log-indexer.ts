/**
 * Follows the log and indexes what it finds there: the one path by which packets come into the index, be they live,
 * imported, left over by a crash, or indexed anew. It falls behind a flood without holding anything in memory, because
 * what it has not read yet is in the log.
 */

import { statSync } from 'node:fs';
import { FlowTable } from '../../decoders/conversations/flow-table.js';
import { Columns, PacketFlag, summarizePacket, Walk } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import {
  BLOCK_TYPE,
  EPB,
  EPB_DIRECTION,
  hasTime,
  nanoseconds,
  packetFlags,
  relativeNanoseconds,
} from '../formats/epb.js';
import { readInterface } from '../formats/pcapng-headers.js';
import type { Checkpoint, Expired, IndexTotals, IndexWriter } from '../index/capture-index.js';
import type { FlowPrograms } from '../programs/messages.js';
import { type BlockScanner, scanSegment } from '../segments/block-scanner.js';
import { listSegments, segmentName, segmentPath } from '../segments/segment-files.js';
import type { LogPosition } from '../segments/segment-log.js';
import type { FlowProgramAsker } from './flow-programs.js';
import { readPrograms } from './program-log.js';

/** Milliseconds between commits at least, by how many flows changed: each of them is a row to write. */
const COMMIT_INTERVALS: readonly (readonly [flows: number, milliseconds: number])[] = [
  [64, 40],
  [4000, 150],
  [Number.POSITIVE_INFINITY, 1000],
];
/** The largest relative time that fits 64 bits with a sign and a double. */
const LARGEST_TIME = 2 ** 63 - 1024;

/** What an index that is built again cannot find in the log, because a ring has let it go. */
export interface Past {
  readonly expired: Expired;
  /** Nanoseconds since 1970 of relative time 0. */
  readonly baseTime: bigint | undefined;
}

export class LogIndexer {
  private readonly flows = new FlowTable(registry);
  private readonly columns = new Columns();
  private readonly walk = new Walk();
  /** By interface id of the segment. */
  private linkTypes: number[] = [];
  private scanner: BlockScanner | undefined;
  private segment: number;
  private packets: number;
  private offset: number;
  private baseHigh = 0;
  private baseLow = 0;
  private lastCommit = 0;
  private committedAt: Checkpoint = { packets: 0, segment: 0, offset: 0 };
  private interfacesKnown = 0;
  private programsAdded = false;

  constructor(
    private readonly folder: string,
    private readonly index: IndexWriter,
    /** Hears of every commit. */
    private readonly committed: (checkpoint: Checkpoint, totals: IndexTotals) => void = () => undefined,
    past?: Past,
    /** Hears of new flows, in a live capture. */
    private readonly programs?: Pick<FlowProgramAsker, 'ask'>,
  ) {
    const { checkpoint } = index;
    const anew = checkpoint.packets === 0 && checkpoint.offset === 0;
    if (anew && past !== undefined && past.expired.packets > 0) index.beginAfter(past.expired, past.baseTime);
    this.segment = anew ? (listSegments(folder)[0] ?? 1) : checkpoint.segment;
    this.packets = anew ? index.expired.packets : checkpoint.packets;
    this.offset = checkpoint.offset;
    if (index.baseTime !== undefined) this.setBase(index.baseTime);
    index.restoreFlows(this.flows);
    this.readAgain();
  }

  /** Packets read so far, committed or not. */
  get position(): Checkpoint {
    return { packets: this.packets, segment: this.segment, offset: this.offset };
  }

  /** Reads the log up to `position`. */
  advance(position: LogPosition): void {
    while (this.segment < position.segment) {
      this.read(Number.POSITIVE_INFINITY);
      this.open(this.segment + 1);
    }
    this.read(position.end);
  }

  /** Reads everything that is in the folder: after a crash, or to index anew. */
  advanceToEnd(): void {
    const segments = listSegments(this.folder);
    const last = segments.at(-1);
    if (last === undefined) return;
    this.advance({ segment: last, end: statSync(segmentPath(this.folder, last)).size });
    // Segments that a ring deleted just before a crash.
    const first = this.index.firstPacketOf(segments[0]) ?? 1;
    if (first > this.index.expired.packets + 1) this.index.expire(first);
  }

  /** Commits when it is time to; `force` when nothing more is coming for a while. */
  commit(force: boolean): void {
    const read = this.offset !== this.committedAt.offset || this.segment !== this.committedAt.segment;
    if (!read && !this.programsAdded) return;
    const now = performance.now();
    const waited = now - this.lastCommit;
    const { dirtyFlows } = this.flows;
    const interval = COMMIT_INTERVALS.find(([flows]) => dirtyFlows <= flows)?.[1] ?? 0;
    if (force || waited > interval) this.commitNow(now);
  }

  /** Takes who holds the sockets of flows; the next commit brings it to the index. */
  addPrograms(found: readonly FlowPrograms[]): void {
    this.index.addPrograms(found);
    this.programsAdded = true;
  }

  /** Takes what was found out of programs before; everything of the log must have been read. */
  restorePrograms(): void {
    this.commitNow(performance.now());
    this.index.restorePrograms(readPrograms(this.folder));
  }

  /** Forgets packets before `firstPacket`, whose segments are gone. */
  expire(firstPacket: number): void {
    this.index.expire(firstPacket);
    this.commitNow(performance.now());
  }

  finish(): void {
    this.commitNow(performance.now());
    this.index.finish();
    this.close();
  }

  close(): void {
    this.scanner?.close();
    this.scanner = undefined;
    this.index.close();
  }

  private commitNow(now: number): void {
    this.index.commit(this.position, this.flows);
    this.lastCommit = now;
    this.programsAdded = false;
    this.committedAt = this.position;
    this.committed(this.committedAt, this.index.totals);
  }

  /** The interface descriptions before the checkpoint: packets after it refer to them. */
  private readAgain(): void {
    const until = this.offset;
    this.open(this.segment);
    while (this.offset < until) {
      const run = this.scanner?.next(until);
      if (run === null || run === undefined) break;
      for (let at = 0; at < run.length; at += run.view.getUint32(at + 4, true))
        if (run.view.getUint32(at, true) === BLOCK_TYPE.interfaceDescription)
          this.addInterface(run.bytes, run.view, at);
      this.offset += run.length;
    }
  }

  private open(segment: number): void {
    this.scanner?.close();
    this.scanner = undefined;
    this.segment = segment;
    this.offset = 0;
    this.linkTypes = [];
    this.scanner = scanSegment(segmentPath(this.folder, segment));
    if (this.scanner !== undefined) this.index.addSegment(segment, segmentName(segment), this.packets + 1);
  }

  private read(end: number): void {
    if (this.scanner === undefined) this.open(this.segment);
    if (this.scanner === undefined) return;
    for (let run = this.scanner.next(end); run !== null; run = this.scanner.next(end)) {
      this.indexRun(run.bytes, run.view, run.length, run.offset);
      this.offset = this.scanner.position;
      this.commit(false);
    }
  }

  private indexRun(bytes: Uint8Array, view: DataView, length: number, offset: number): void {
    const { columns } = this;
    let rows = 0;
    for (let at = 0; at < length; at += view.getUint32(at + 4, true)) {
      const type = view.getUint32(at, true);
      if (type === BLOCK_TYPE.enhancedPacket) {
        this.summarize(view, at, offset, rows++);
        if (rows === columns.capacity) {
          this.flush(view, rows);
          this.offset = offset + at + view.getUint32(at + 4, true);
          rows = 0;
        }
      } else if (type === BLOCK_TYPE.interfaceDescription) this.addInterface(bytes, view, at);
    }
    this.flush(view, rows);
  }

  private summarize(view: DataView, at: number, offset: number, row: number): void {
    const { columns } = this;
    const interfaceId = view.getUint32(at + EPB.interface, true);
    const captured = view.getUint32(at + EPB.captured, true);
    const original = view.getUint32(at + EPB.original, true);
    const high = view.getUint32(at + EPB.timeHigh, true);
    const low = view.getUint32(at + EPB.timeLow, true);
    if (this.index.baseTime === undefined && hasTime(view, at)) this.setBase(nanoseconds(high, low));
    columns.time[row] =
      (high === 0 && low === 0 && !hasTime(view, at)) || this.index.baseTime === undefined
        ? Number.NaN
        : Math.max(-LARGEST_TIME, Math.min(LARGEST_TIME, relativeNanoseconds(high, low, this.baseHigh, this.baseLow)));
    columns.length[row] = original;
    columns.captured[row] = captured;
    columns.offset[row] = offset + at;
    columns.interface[row] = interfaceId;
    summarizePacket(
      registry,
      view,
      this.linkTypes[interfaceId] ?? -1,
      at + EPB.data,
      captured,
      original,
      this.walk,
      columns,
      row,
    );
    const direction = packetFlags(view, at) & 3;
    if (direction === EPB_DIRECTION.inbound) columns.flags[row] |= PacketFlag.inbound;
    else if (direction === EPB_DIRECTION.outbound) columns.flags[row] |= PacketFlag.outbound;
  }

  private flush(view: DataView, rows: number): void {
    if (rows === 0) return;
    const { columns, flows } = this;
    columns.rows = rows;
    if (flows.isFull(rows) || this.index.wantsCommit) {
      // Flows must be stored before they leave memory. The position is that of the rows before these.
      this.index.commit(this.position, flows);
      if (flows.isFull(rows)) flows.evict();
    }
    const known = flows.size;
    flows.track(columns, view, this.packets + 1);
    if (this.programs !== undefined && flows.size > known)
      this.programs.ask(flows.entries, known, flows.size, Number((this.index.baseTime ?? 0n) / 1_000_000n));
    this.index.addPackets(columns, this.packets + 1);
    this.packets += rows;
  }

  private addInterface(bytes: Uint8Array, view: DataView, at: number): void {
    const id = this.linkTypes.length;
    const found = readInterface(bytes, view, at, view.getUint32(at + 4, true), true, id, 0);
    this.linkTypes.push(view.getUint16(at + 8, true));
    if (found !== undefined && id >= this.interfacesKnown) {
      this.interfacesKnown = id + 1;
      this.index.addInterfaces([found.shown]);
    }
  }

  private setBase(time: bigint): void {
    this.index.baseTime = time;
    this.baseHigh = Number(time >> 32n);
    this.baseLow = Number(time & 0xffffffffn);
  }
}
