/** The index in SQLite: the writing side. */

import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { FlowEntries } from '../../decoders/conversations/flow-entries.js';
import type { FlowTable } from '../../decoders/conversations/flow-table.js';
import { type Columns, PacketFlag } from '../../decoders/core/index.js';
import { VERIFY_FLAGS } from '../../decoders/filter/sql-tree.js';
import { registry } from '../../decoders/protocols/index.js';
import type { FlowPrograms } from '../programs/messages.js';
import type { CaptureInterface } from '../sources/source.js';
import { type Checkpoint, type Expired, type IndexTotals, type IndexWriter, NOTHING_EXPIRED } from './capture-index.js';
import { type PacketRows, packetRows } from './packet-rows.js';
import { PROBLEM_FLAGS, Rollups } from './rollups.js';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';
import { isUnreadable } from './sqlite-errors.js';
import { leaveWal, removeIndex, syncIndex } from './sqlite-files.js';
import { type FlowRow, flowCounts, flowValues, loadFlow, STORE_FLOW, UPDATE_FLOW } from './sqlite-flows.js';
import { ProgramRows } from './sqlite-programs.js';
import { SPAN_BITS, TimeSpans } from './time-spans.js';

/** What the decoders call themselves: an index made by others is rebuilt rather than misread. */
export function decoderFingerprint(): string {
  return registry.protocols.map((protocol) => protocol.filter).join(' ');
}

/**
 * Opens the index for writing, making it when it is missing. An index of another version, of other decoders, or one
 * that SQLite cannot read is thrown away: the segments have everything.
 */
export function openIndexWriter(file: string): SqliteIndexWriter {
  if (existsSync(file)) {
    try {
      const writer = new SqliteIndexWriter(file);
      if (writer.usable) return writer;
      writer.close();
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
    removeIndex(file);
  }
  return new SqliteIndexWriter(file);
}

export class SqliteIndexWriter implements IndexWriter {
  readonly checkpoint: Checkpoint;
  readonly totals: IndexTotals;
  expired: Expired;
  baseTime: bigint | undefined;
  /** Whether version and decoders are today's. */
  readonly usable: boolean;
  private readonly db: Database.Database;
  private readonly rows: PacketRows;
  private programRows: ProgramRows | undefined;
  /** How often programs were added: whoever keeps what it read of them looks at this. */
  private programChanges = 0;
  private readonly rollups = new Rollups();
  private readonly spans = new TimeSpans();
  private inTransaction = false;
  /** Flows up to this id have a row, unless the ring has removed it. */
  private storedFlows = 0;
  private readonly statements;

  constructor(private readonly file: string) {
    this.db = new Database(file);
    try {
      this.db.pragma('journal_mode = WAL');
      // No waiting for the disk while packets come in: the log is the truth, and after a power failure the index is
      // built again (see `recover` in the store). A killed process loses nothing by it.
      this.db.pragma('synchronous = OFF');
      this.db.pragma('wal_autocheckpoint = 1000');
      this.db.pragma('journal_size_limit = 67108864');
      this.db.pragma('cache_size = -8192');
      if (this.db.pragma('user_version', { simple: true }) === 0) this.create();
      this.usable =
        this.db.pragma('user_version', { simple: true }) === SCHEMA_VERSION &&
        this.meta('decoders') === decoderFingerprint();
      this.rows = packetRows(this.db);
      this.statements = this.prepare();
      this.checkpoint = (this.json('checkpoint') as Checkpoint | undefined) ?? { packets: 0, segment: 1, offset: 0 };
      this.expired = (this.json('expired') as Expired | undefined) ?? NOTHING_EXPIRED;
      this.totals = (this.json('totals') as IndexTotals | undefined) ?? emptyTotals();
      const base = this.meta('base_time');
      this.baseTime = base === undefined ? undefined : BigInt(base as string);
      this.programChanges = Number(this.meta('programs') ?? 0);
      if (this.usable) this.db.exec('DROP INDEX IF EXISTS packets_flow');
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  restoreFlows(flows: FlowTable): void {
    const recent = this.db
      .prepare('SELECT * FROM (SELECT * FROM flows ORDER BY last_packet DESC LIMIT 100000) ORDER BY id')
      .iterate() as IterableIterator<FlowRow>;
    for (const row of recent) flows.restore((entry, entries) => loadFlow(row, entry, entries));
    const last = this.db.prepare('SELECT max(id) AS id FROM flows').get() as { id: number | null };
    flows.nextId = Math.max(flows.nextId, (last.id ?? 0) + 1);
    this.storedFlows = flows.nextId - 1;
  }

  addInterfaces(interfaces: readonly CaptureInterface[]): void {
    this.begin();
    for (const it of interfaces)
      this.statements.interface.run(
        it.id,
        it.name,
        it.description ?? null,
        it.linkType,
        it.snapLength,
        it.filter ?? null,
        it.comment ?? null,
      );
  }

  addSegment(id: number, file: string, firstPacket: number): void {
    this.begin();
    this.statements.segment.run(id, file, firstPacket);
  }

  addPackets(columns: Columns, firstNumber: number): void {
    this.begin();
    this.rows.insert(columns, firstNumber);
    const { totals } = this;
    totals.packets += columns.rows;
    for (let row = 0; row < columns.rows; row++) {
      const flags = columns.flags[row];
      const length = columns.length[row];
      totals.bytes += length;
      if ((flags & PacketFlag.truncated) !== 0) totals.truncated++;
      if ((flags & PacketFlag.malformed) !== 0) totals.malformed++;
      if ((flags & VERIFY_FLAGS) !== 0) totals.toVerify++;
      const time = columns.time[row];
      if (Number.isNaN(time)) continue;
      if (totals.firstTime === null || time < totals.firstTime) totals.firstTime = time;
      if (totals.lastTime === null || time > totals.lastTime) totals.lastTime = time;
      this.rollups.add(time, columns.protocol[row], length, flags);
      this.spans.add(firstNumber + row, time);
    }
  }

  addPrograms(found: readonly FlowPrograms[]): void {
    this.begin();
    this.programRows ??= new ProgramRows(this.db);
    for (const one of found) this.programRows.store(one);
    this.programChanges += found.length;
    this.setMeta('programs', this.programChanges);
  }

  restorePrograms(stored: Iterable<Omit<FlowPrograms, 'flow'>>): void {
    this.begin();
    this.programRows ??= new ProgramRows(this.db);
    this.programRows.restore(stored);
    const known = this.db.prepare('SELECT count(*) FROM flow_processes').pluck().get() as number;
    this.programChanges = Math.max(this.programChanges, known);
    this.setMeta('programs', this.programChanges);
  }

  get wantsCommit(): boolean {
    return this.rollups.full;
  }

  commit(position: Checkpoint, flows: FlowTable): void {
    this.begin();
    flows.drain((entry, entries) => this.storeFlow(entry, entries));
    this.storedFlows = flows.nextId - 1;
    this.storeRollups();
    this.spans.drain((place, first, last) => this.statements.span.run(place, first, last));
    this.setMeta('checkpoint', JSON.stringify(position));
    this.setMeta('totals', JSON.stringify(this.totals));
    if (this.baseTime !== undefined) this.setMeta('base_time', this.baseTime.toString());
    this.end();
  }

  expire(firstPacket: number): void {
    this.begin();
    // What is still gathered belongs to the rows that are looked at.
    this.storeRollups();
    const { statements, expired } = this;
    const gone = statements.gone.get(firstPacket) as Expired & { toVerify: number };
    statements.takeSeconds.run(firstPacket);
    this.db.exec('DELETE FROM seconds WHERE packets <= 0');
    this.db.prepare('DELETE FROM packets WHERE number < ?').run(firstPacket);
    this.db.prepare('DELETE FROM spans WHERE place < ?').run(firstPacket >> SPAN_BITS);
    this.programRows ??= new ProgramRows(this.db);
    this.programRows.expire(firstPacket);
    this.db.prepare('DELETE FROM flows WHERE last_packet < ?').run(firstPacket);
    this.db
      .prepare('DELETE FROM segments WHERE id < (SELECT max(id) FROM segments WHERE first_packet <= ?)')
      .run(firstPacket);
    this.totals.toVerify -= gone.toVerify;
    this.expired = {
      packets: expired.packets + gone.packets,
      bytes: expired.bytes + gone.bytes,
      truncated: expired.truncated + gone.truncated,
      malformed: expired.malformed + gone.malformed,
    };
    this.setMeta('expired', JSON.stringify(this.expired));
  }

  firstPacketOf(segment: number): number | undefined {
    const row = this.db.prepare('SELECT first_packet FROM segments WHERE id = ?').get(segment);
    return (row as { first_packet: number } | undefined)?.first_packet;
  }

  beginAfter(expired: Expired, baseTime: bigint | undefined): void {
    this.begin();
    this.expired = expired;
    Object.assign(this.totals, expired);
    this.baseTime = baseTime;
    this.setMeta('expired', JSON.stringify(expired));
  }

  finish(): void {
    this.end();
    // From here on it is kept as files are: what is in the side file comes into the index, and that to the disk.
    this.db.pragma('synchronous = FULL');
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    leaveWal(this.db);
    this.close();
    syncIndex(this.file);
  }

  close(): void {
    if (!this.db.open) return;
    // What was not committed comes from the log again. A full disk has ended the transaction already.
    if (this.db.inTransaction) this.db.exec('ROLLBACK');
    this.inTransaction = false;
    this.db.close();
  }

  private end(): void {
    if (!this.inTransaction) return;
    this.db.exec('COMMIT');
    this.inTransaction = false;
  }

  private storeFlow(entry: number, flows: FlowEntries): void {
    // Most flows that changed were stored before: their addresses need not be written out again.
    const known =
      flows.id[entry] <= this.storedFlows && this.statements.knownFlow.run(flowCounts(flows, entry)).changes > 0;
    if (!known) this.statements.newFlow.run(flowValues(flows, entry));
  }

  private create(): void {
    this.db.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    const insert = this.db.prepare('INSERT INTO protocols VALUES (?, ?, ?)');
    const meta = this.db.prepare('INSERT INTO meta VALUES (?, ?)');
    this.db.transaction(() => {
      registry.protocols.forEach((protocol, index) => {
        insert.run(index + 1, protocol.filter, protocol.title);
      });
      meta.run('decoders', decoderFingerprint());
    })();
  }

  private begin(): void {
    if (this.inTransaction) return;
    this.db.exec('BEGIN IMMEDIATE');
    this.inTransaction = true;
  }

  private storeRollups(): void {
    this.rollups.drain((second, protocol, packets, bytes, problems) =>
      this.statements.rollup.run(second, protocol, packets, bytes, problems),
    );
  }

  private prepare() {
    const { db } = this;
    const sums = Object.entries({
      truncated: PacketFlag.truncated,
      malformed: PacketFlag.malformed,
      toVerify: VERIFY_FLAGS,
    }).map(([name, flags]) => `coalesce(sum((flags & ${flags}) != 0), 0) AS ${name}`);
    return {
      gone: db.prepare(
        `SELECT count(*) AS packets, coalesce(sum(length), 0) AS bytes, ${sums.join(', ')} FROM packets WHERE number < ?`,
      ),
      takeSeconds: db.prepare(`UPDATE seconds AS s SET packets = s.packets - gone.packets,
          bytes = s.bytes - gone.bytes, problems = s.problems - gone.problems
        FROM (SELECT CAST(floor(time / 1e9) AS INTEGER) AS second, protocol, count(*) AS packets,
            sum(length) AS bytes, sum((flags & ${PROBLEM_FLAGS}) != 0) AS problems
          FROM packets WHERE number < ? AND time IS NOT NULL GROUP BY 1, 2) AS gone
        WHERE s.second = gone.second AND s.protocol = gone.protocol`),
      interface: db.prepare('INSERT OR REPLACE INTO interfaces VALUES (?, ?, ?, ?, ?, ?, ?)'),
      segment: db.prepare('INSERT OR IGNORE INTO segments VALUES (?, ?, ?)'),
      meta: db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)'),
      rollup: db.prepare(`INSERT INTO seconds VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        packets = packets + excluded.packets, bytes = bytes + excluded.bytes, problems = problems + excluded.problems`),
      span: db.prepare(`INSERT INTO spans VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET
        first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time)`),
      newFlow: db.prepare(STORE_FLOW),
      knownFlow: db.prepare(UPDATE_FLOW),
    };
  }

  private meta(name: string): unknown {
    return (this.db.prepare('SELECT value FROM meta WHERE name = ?').get(name) as { value: unknown } | undefined)
      ?.value;
  }

  private json(name: string): unknown {
    const value = this.meta(name);
    return value === undefined ? undefined : JSON.parse(value as string);
  }

  private setMeta(name: string, value: string | number): void {
    this.statements.meta.run(name, value);
  }
}

export function emptyTotals(): IndexTotals {
  return { packets: 0, bytes: 0, truncated: 0, malformed: 0, toVerify: 0, firstTime: null, lastTime: null };
}
