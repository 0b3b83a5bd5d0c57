/** One capture's index and log, opened for reading: by the query thread, for any number of questions. */

import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Secrets } from '../../decoders/core/secrets.js';
import type { Checkpoint, IndexTotals } from '../index/capture-index.js';
import { SCHEMA_VERSION } from '../index/schema.js';
import { isUnreadable } from '../index/sqlite-errors.js';
import { decoderFingerprint, emptyTotals } from '../index/sqlite-writer.js';
import { SPAN_BITS } from '../index/time-spans.js';
import { StoredSecrets } from '../secrets/capture-secrets.js';
import { secretsOf } from '../secrets/node-secrets.js';
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

/** With fewer packets than this, reading every row is quick enough. */
const FEW_PACKETS = 200_000;

/** Thrown when the index is of other decoders or another version, missing or damaged: it has to be built again first. */
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
  private cachedProgramChanges = 0;

  private readonly stored: StoredSecrets;
  private readonly decrypting: Secrets;

  /** @throws IndexOutdated also for one that is missing or damaged */
  constructor(readonly folder: string) {
    this.db = openIndex(folder);
    this.log = new LogReader(folder);
    this.stored = new StoredSecrets(folder);
    this.stored.refresh();
    this.decrypting = secretsOf(this.stored.keyLog);
  }

  /** What decrypts the capture's TLS and QUIC; undefined when nobody gave secrets. */
  get secrets(): Secrets | undefined {
    return this.stored.keyLog.size === 0 ? undefined : this.decrypting;
  }

  /** Grows with every secret. */
  get secretChanges(): number {
    return this.stored.keyLog.changes;
  }

  /** Finds secrets that were given since. @returns whether there were any */
  refreshSecrets(): boolean {
    return this.stored.refresh();
  }

  /** Set once a question was asked that the index on flows would answer more quickly. */
  wantsFlowIndex = false;

  /** Whether packets can be looked up by flow; asks for that where they cannot. */
  get hasFlowIndex(): boolean {
    const found = this.statement("SELECT 1 FROM sqlite_schema WHERE name = 'packets_flow'").get() !== undefined;
    if (!found && this.totals.packets > FEW_PACKETS) this.wantsFlowIndex = true;
    return found;
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
    // It stays what it is once there is one.
    if (this.base === undefined) this.refresh();
    return this.base;
  }

  /** How often programs of flows were added, up to the newest commit; 0: there are none. */
  get programChanges(): number {
    this.refresh();
    return this.cachedProgramChanges;
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
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  /** Packets that meet a condition on `packets p`, in ascending order: at most `limit` after the first `skip`. */
  refs(condition: string, parameters: readonly unknown[], limit: number, skip = 0): PacketRef[] {
    const sql = `SELECT p.number, p.offset, p.flags, p.flow, p.interface FROM packets p WHERE ${condition} ORDER BY p.number LIMIT ? OFFSET ?`;
    const rows = this.statement(sql).all(...parameters, limit, skip) as (RawRef & { segment: number })[];
    // After the rows: segments are never older than what is looked up in them.
    this.refresh();
    for (const row of rows) row.segment = this.segmentOf(row.number);
    return rows;
  }

  /** The last packets that meet a condition, the newest first, with the octets that are kept of each. */
  lastRefs(condition: string, parameters: readonly unknown[], limit: number): (PacketRef & { captured: number })[] {
    // Rows as lists take half the time of rows as objects.
    const sql = `SELECT p.number, p.offset, p.flags, p.flow, p.interface, p.captured FROM packets p WHERE ${condition} ORDER BY p.number DESC LIMIT ?`;
    const rows = this.statement(sql)
      .raw()
      .all(...parameters, limit) as [number, number, number, number, number, number][];
    if (rows.length > 0) this.refresh();
    return rows.map(([number, offset, flags, flow, interface_, captured]) => ({
      number,
      segment: this.segmentOf(number),
      offset,
      flags,
      flow,
      interface: interface_,
      captured,
    }));
  }

  /** Only the numbers of the packets that meet a condition; otherwise as `refs`. */
  numbers(condition: string, parameters: readonly unknown[], limit: number): number[] {
    const sql = `SELECT p.number FROM packets p WHERE ${condition} ORDER BY p.number LIMIT ${limit}`;
    return this.statement(sql)
      .pluck()
      .all(...parameters) as number[];
  }

  ref(number: number): PacketRef | undefined {
    return this.refs('p.number = ?', [number], 1)[0];
  }

  /** The flow of a packet, also when the reference came from the log and does not say. */
  flowOf(ref: PacketRef): number {
    return ref.flow >= 0 ? ref.flow : (this.ref(ref.number)?.flow ?? 0);
  }

  /**
   * Packet numbers between which all packets with a time in a range are; undefined when there is none.
   *
   * @param from nanoseconds since the base time, both included
   */
  numbersBetween(from: number, to: number): readonly [number, number] | undefined {
    const { first, last } = this.statement(
      'SELECT min(place) AS first, max(place) AS last FROM spans WHERE last_time >= ? AND first_time <= ?',
    ).get(from, to) as { first: number | null; last: number | null };
    if (first === null || last === null) return undefined;
    return [first * 2 ** SPAN_BITS, (last + 1) * 2 ** SPAN_BITS - 1];
  }

  /** The segment that holds a packet. */
  segmentOf(number: number): number {
    return this.segments[this.segmentIndex(number)]?.id ?? 0;
  }

  /** The first segment that the ring still has from this one on, and its first packet; undefined after the last. */
  segmentFrom(id: number): { readonly id: number; readonly first_packet: number } | undefined {
    this.refresh();
    return this.segments.find((segment) => segment.id >= id);
  }

  close(): void {
    this.log.close();
    this.db.close();
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

  /** Reads again what is kept here, when the indexer has committed since. */
  private refresh(): void {
    const version = this.statement('PRAGMA data_version').pluck().get() as number;
    if (version === this.version) return;
    this.version = version;
    const totals = metaValue(this.db, 'totals');
    if (totals !== undefined) this.cachedTotals = JSON.parse(totals) as IndexTotals;
    const checkpoint = metaValue(this.db, 'checkpoint');
    if (checkpoint !== undefined) this.cachedCheckpoint = JSON.parse(checkpoint) as Checkpoint;
    this.cachedProgramChanges = Number(metaValue(this.db, 'programs') ?? 0);
    const base = metaValue(this.db, 'base_time');
    if (base !== undefined) this.base = BigInt(base);
    this.segments = this.statement('SELECT id, first_packet FROM segments ORDER BY id').all() as typeof this.segments;
  }
}

/** @throws IndexOutdated */
function openIndex(folder: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = new Database(indexPath(folder), { readonly: true, fileMustExist: true });
    db.pragma('cache_size = -16384');
    db.pragma('mmap_size = 1073741824');
    const usable =
      db.pragma('user_version', { simple: true }) === SCHEMA_VERSION &&
      metaValue(db, 'decoders') === decoderFingerprint();
    if (usable) return db;
  } catch (error) {
    db?.close();
    if (isUnreadable(error) || !existsSync(indexPath(folder))) throw new IndexOutdated((error as Error).message);
    throw error;
  }
  db.close();
  throw new IndexOutdated('The index was made by another version.');
}

function metaValue(db: Database.Database, name: string): string | undefined {
  const row = db.prepare('SELECT value FROM meta WHERE name = ?').get(name) as { value: string } | undefined;
  return row?.value;
}
