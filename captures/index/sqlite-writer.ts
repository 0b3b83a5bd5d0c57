/** The index in SQLite: the writing side. */

import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { FlowEntries, FlowTable } from '../../decoders/conversations/flow-table.js';
import { type Columns, PacketFlag } from '../../decoders/core/index.js';
import { VERIFY_FLAGS } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import type { CaptureInterface } from '../sources/source.js';
import { addressBytes, addressText, addressWords } from './addresses.js';
import type { Checkpoint, IndexTotals, IndexWriter } from './capture-index.js';
import { type PacketRows, packetRows } from './packet-rows.js';
import { FLOW_INDEX, SCHEMA, SCHEMA_VERSION } from './schema.js';

/** Flags that make a packet count as a problem in the rollups. */
const PROBLEM_FLAGS = PacketFlag.malformed | PacketFlag.badNetworkChecksum | PacketFlag.badTransportChecksum;
/** Rows per second and protocol that are gathered before they are written. */
const ROLLUP_LIMIT = 4096;

interface Rollup {
  packets: number;
  bytes: number;
  problems: number;
}

/** What the decoders call themselves: an index made by others is rebuilt rather than misread. */
export function decoderFingerprint(): string {
  return registry.protocols.map((protocol) => protocol.filter).join(' ');
}

/** Removes an index with its side files. */
export function removeIndex(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
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
      if (!(error instanceof Database.SqliteError) || !/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code)) throw error;
    }
    removeIndex(file);
  }
  return new SqliteIndexWriter(file);
}

export class SqliteIndexWriter implements IndexWriter {
  readonly checkpoint: Checkpoint;
  readonly totals: IndexTotals;
  baseTime: bigint | undefined;
  /** Whether version and decoders are today's. */
  readonly usable: boolean;
  private readonly db: Database.Database;
  private readonly rows: PacketRows;
  private readonly rollups = new Map<number, Map<number, Rollup>>();
  private rollupCount = 0;
  private inTransaction = false;
  private readonly statements;

  constructor(private readonly file: string) {
    this.db = new Database(file);
    this.db.pragma('journal_mode = WAL');
    // No waiting for the disk while packets come in: the log is the truth, and after a power failure the index is built
    // again (see `recover` in the store). A killed process loses nothing by it.
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
    this.totals = (this.json('totals') as IndexTotals | undefined) ?? {
      packets: 0,
      bytes: 0,
      truncated: 0,
      malformed: 0,
      toVerify: 0,
      firstTime: null,
      lastTime: null,
    };
    const base = this.meta('base_time');
    this.baseTime = base === undefined ? undefined : BigInt(base as string);
    if (this.usable) this.db.exec('DROP INDEX IF EXISTS packets_flow');
  }

  restoreFlows(flows: FlowTable): void {
    const recent = this.db
      .prepare('SELECT * FROM (SELECT * FROM flows ORDER BY last_packet DESC LIMIT 100000) ORDER BY id')
      .iterate() as IterableIterator<FlowRow>;
    for (const row of recent) flows.restore((entry, entries) => loadFlow(row, entry, entries));
    const last = this.db.prepare('SELECT max(id) AS id FROM flows').get() as { id: number | null };
    flows.nextId = Math.max(flows.nextId, (last.id ?? 0) + 1);
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
      this.roll(Math.floor(time / 1e9), columns.protocol[row], length, flags);
    }
  }

  get wantsCommit(): boolean {
    return this.rollupCount > ROLLUP_LIMIT;
  }

  commit(position: Checkpoint, flows: FlowTable): void {
    this.begin();
    flows.drain((entry, entries) => this.storeFlow(entry, entries));
    this.storeRollups();
    this.setMeta('checkpoint', JSON.stringify(position));
    this.setMeta('totals', JSON.stringify(this.totals));
    if (this.baseTime !== undefined) this.setMeta('base_time', this.baseTime.toString());
    this.end();
  }

  expire(firstPacket: number): void {
    this.begin();
    this.db.prepare('DELETE FROM packets WHERE number < ?').run(firstPacket);
    this.db
      .prepare('DELETE FROM segments WHERE id < (SELECT max(id) FROM segments WHERE first_packet <= ?)')
      .run(firstPacket);
    this.setMeta('first_packet', firstPacket);
  }

  finish(): void {
    this.end();
    this.db.exec(FLOW_INDEX);
    this.close();
    const fd = openSync(this.file, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    if (!this.db.open) return;
    // What was not committed comes from the log again.
    if (this.inTransaction) this.db.exec('ROLLBACK');
    this.inTransaction = false;
    this.db.close();
  }

  private end(): void {
    if (!this.inTransaction) return;
    this.db.exec('COMMIT');
    this.inTransaction = false;
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

  private roll(second: number, protocol: number, length: number, flags: number): void {
    let bySecond = this.rollups.get(second);
    if (bySecond === undefined) this.rollups.set(second, (bySecond = new Map()));
    let rollup = bySecond.get(protocol);
    if (rollup === undefined) {
      this.rollupCount++;
      bySecond.set(protocol, (rollup = { packets: 0, bytes: 0, problems: 0 }));
    }
    rollup.packets++;
    rollup.bytes += length;
    if ((flags & PROBLEM_FLAGS) !== 0) rollup.problems++;
  }

  private storeRollups(): void {
    for (const [second, bySecond] of this.rollups)
      for (const [protocol, { packets, bytes, problems }] of bySecond)
        this.statements.rollup.run(second, protocol, packets, bytes, problems);
    this.rollups.clear();
    this.rollupCount = 0;
  }

  private storeFlow(entry: number, flows: FlowEntries): void {
    const family = flows.family[entry];
    const client = addressBytes(family, flows.client, entry);
    const server = addressBytes(family, flows.server, entry);
    this.statements.flow.run(
      flows.id[entry],
      family,
      flows.transport[entry],
      client,
      server,
      flows.clientPort[entry],
      flows.serverPort[entry],
      addressText(client),
      addressText(server),
      flows.clientPackets[entry],
      flows.clientBytes[entry],
      flows.serverPackets[entry],
      flows.serverBytes[entry],
      flows.firstTime[entry],
      flows.lastTime[entry],
      flows.firstPacket[entry],
      flows.lastPacket[entry],
      flows.protocol[entry],
      flows.clientFlags[entry],
      flows.serverFlags[entry],
    );
  }

  private prepare() {
    const { db } = this;
    return {
      interface: db.prepare('INSERT OR REPLACE INTO interfaces VALUES (?, ?, ?, ?, ?, ?, ?)'),
      segment: db.prepare('INSERT OR IGNORE INTO segments VALUES (?, ?, ?)'),
      meta: db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)'),
      rollup: db.prepare(`INSERT INTO seconds VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        packets = packets + excluded.packets, bytes = bytes + excluded.bytes, problems = problems + excluded.problems`),
      flow: db.prepare(`INSERT INTO flows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET client_packets = excluded.client_packets, client_bytes = excluded.client_bytes,
        server_packets = excluded.server_packets, server_bytes = excluded.server_bytes,
        last_time = excluded.last_time, last_packet = excluded.last_packet, protocol = excluded.protocol,
        client_flags = excluded.client_flags, server_flags = excluded.server_flags`),
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

interface FlowRow {
  id: number;
  family: number;
  transport: number;
  client: Buffer;
  server: Buffer;
  client_port: number;
  server_port: number;
  client_packets: number;
  client_bytes: number;
  server_packets: number;
  server_bytes: number;
  first_time: number;
  last_time: number;
  first_packet: number;
  last_packet: number;
  protocol: number;
  client_flags: number;
  server_flags: number;
}

function loadFlow(row: FlowRow, entry: number, flows: FlowEntries): void {
  flows.id[entry] = row.id;
  flows.family[entry] = row.family;
  flows.transport[entry] = row.transport;
  addressWords(row.client, flows.client, entry);
  addressWords(row.server, flows.server, entry);
  flows.clientPort[entry] = row.client_port;
  flows.serverPort[entry] = row.server_port;
  flows.clientPackets[entry] = row.client_packets;
  flows.clientBytes[entry] = row.client_bytes;
  flows.serverPackets[entry] = row.server_packets;
  flows.serverBytes[entry] = row.server_bytes;
  flows.firstTime[entry] = row.first_time;
  flows.lastTime[entry] = row.last_time;
  flows.firstPacket[entry] = row.first_packet;
  flows.lastPacket[entry] = row.last_packet;
  flows.protocol[entry] = row.protocol;
  flows.clientFlags[entry] = row.client_flags;
  flows.serverFlags[entry] = row.server_flags;
}
