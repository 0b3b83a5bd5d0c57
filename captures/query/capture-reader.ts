/** One capture's index and log, opened for reading: by the query thread, for any number of questions. */

import Database from 'better-sqlite3';
import type { Checkpoint, IndexTotals } from '../index/capture-index.js';
import { SCHEMA_VERSION } from '../index/schema.js';
import { decoderFingerprint } from '../index/sqlite-writer.js';
import { indexPath } from '../segments/segment-files.js';
import { LogReader, type PacketPlace } from './log-reader.js';

/** A row of `packets`, as far as questions need it. */
export interface PacketRef extends PacketPlace {
  readonly number: number;
  readonly flags: number;
  readonly flow: number;
  readonly interface: number;
}

export interface InterfaceRow {
  readonly id: number;
  readonly name: string;
  readonly link_type: number;
  readonly snap_length: number;
}

/** Thrown when the index was made by other decoders or in another version: it has to be built again first. */
export class IndexOutdated extends Error {
  override readonly name = 'IndexOutdated';
}

interface RawRef {
  number: number;
  offset: number;
  flags: number;
  flow: number;
  interface: number;
}

export class CaptureReader {
  readonly db: Database.Database;
  readonly log: LogReader;
  private readonly statements = new Map<string, Database.Statement>();
  private segments: { id: number; first_packet: number }[] = [];
  private interfaces: InterfaceRow[] = [];
  private version = -1;
  private cachedTotals: IndexTotals = emptyTotals();
  private cachedCheckpoint: Checkpoint = { packets: 0, segment: 1, offset: 0 };
  private base: bigint | undefined;

  /** @throws IndexOutdated */
  constructor(readonly folder: string) {
    this.db = new Database(indexPath(folder), { readonly: true, fileMustExist: true });
    this.db.pragma('cache_size = -16384');
    this.db.pragma('mmap_size = 1073741824');
    const usable =
      this.db.pragma('user_version', { simple: true }) === SCHEMA_VERSION &&
      this.meta('decoders') === decoderFingerprint();
    if (!usable) {
      this.db.close();
      throw new IndexOutdated(`the index in ${folder} was made by another version`);
    }
    this.log = new LogReader(folder);
  }

  /** Totals as of the newest commit. */
  get totals(): IndexTotals {
    this.refresh();
    return this.cachedTotals;
  }

  /** Number of the newest packet in the index, 0 when there is none. */
  get lastNumber(): number {
    return (this.statement('SELECT max(number) AS number FROM packets').get() as { number: number | null }).number ?? 0;
  }

  /** Number of the first packet that the ring still has. */
  get firstNumber(): number {
    return (this.statement('SELECT min(number) AS number FROM packets').get() as { number: number | null }).number ?? 1;
  }

  /** Nanoseconds since 1970 of relative time 0; undefined while no packet had a time. */
  get baseTime(): bigint | undefined {
    this.refresh();
    return this.base;
  }

  /** How far the log was indexed at the newest commit. */
  get checkpoint(): Checkpoint {
    this.refresh();
    return this.cachedCheckpoint;
  }

  interface(id: number): InterfaceRow | undefined {
    if (id >= this.interfaces.length) this.allInterfaces();
    return this.interfaces[id];
  }

  /** In the order of their ids. */
  allInterfaces(): readonly InterfaceRow[] {
    this.interfaces = this.statement(
      'SELECT id, name, link_type, snap_length FROM interfaces ORDER BY id',
    ).all() as InterfaceRow[];
    return this.interfaces;
  }

  /** A statement, compiled once. */
  statement(sql: string): Database.Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      // Filters make any number of different statements; the cache must not grow with them.
      if (this.statements.size > 200) this.statements.clear();
      this.statements.set(sql, (statement = this.db.prepare(sql)));
    }
    return statement;
  }

  /** Packets that meet a condition on `packets p`, in ascending order, at most `limit`. */
  refs(condition: string, parameters: readonly unknown[], limit: number): PacketRef[] {
    const sql = `SELECT p.number, p.offset, p.flags, p.flow, p.interface FROM packets p WHERE ${condition} ORDER BY p.number LIMIT ${limit}`;
    return (this.statement(sql).all(...parameters) as RawRef[]).map((row) => this.placed(row));
  }

  ref(number: number): PacketRef | undefined {
    return this.refs('p.number = ?', [number], 1)[0];
  }

  /** The segment that holds a packet. */
  segmentOf(number: number): number {
    let index = this.segmentIndex(number);
    // The newest segment may have begun since they were read.
    if (index === this.segments.length - 1) {
      this.segments = this.statement('SELECT id, first_packet FROM segments ORDER BY id').all() as typeof this.segments;
      index = this.segmentIndex(number);
    }
    return this.segments[index]?.id ?? 0;
  }

  close(): void {
    this.log.close();
    this.db.close();
  }

  private placed(row: RawRef): PacketRef {
    return { ...row, segment: this.segmentOf(row.number) };
  }

  private segmentIndex(number: number): number {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.segments[middle].first_packet <= number) low = middle;
      else high = middle - 1;
    }
    return high;
  }

  private refresh(): void {
    const version = this.db.pragma('data_version', { simple: true }) as number;
    if (version === this.version) return;
    this.version = version;
    const totals = this.meta('totals');
    if (totals !== undefined) this.cachedTotals = JSON.parse(totals as string) as IndexTotals;
    const checkpoint = this.meta('checkpoint');
    if (checkpoint !== undefined) this.cachedCheckpoint = JSON.parse(checkpoint as string) as Checkpoint;
    const base = this.meta('base_time');
    if (base !== undefined) this.base = BigInt(base as string);
  }

  private meta(name: string): unknown {
    const row = this.db.prepare('SELECT value FROM meta WHERE name = ?').get(name);
    return (row as { value: unknown } | undefined)?.value;
  }
}

function emptyTotals(): IndexTotals {
  return { packets: 0, bytes: 0, truncated: 0, malformed: 0, toVerify: 0, firstTime: null, lastTime: null };
}
