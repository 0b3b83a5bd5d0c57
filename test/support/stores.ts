/** A store with its queries in a folder of its own, and what its captures' files hold, read by others' means. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ExportQuery } from '../../captures/query/query-types.js';
import { QueryService } from '../../captures/query/thread/query-service.js';
import { indexPath, listSegments, segmentPath } from '../../captures/segments/segment-files.js';
import type { CaptureRecord } from '../../captures/store/capture-file.js';
import { CaptureStore } from '../../captures/store/capture-store.js';
import { pcapOf, type TestPacket, temporaryFolder, tsharkCount } from './packets.js';

export interface Opened {
  readonly path: string;
  readonly store: CaptureStore;
  readonly queries: QueryService;
  close(): Promise<void>;
}

export async function openStore(path = temporaryFolder()): Promise<Opened> {
  const store = await CaptureStore.open(path);
  const queries = new QueryService(store);
  return {
    path,
    store,
    queries,
    async close() {
      await queries.close();
      await store.close();
    },
  };
}

/** Imports packets through a file. */
export async function importPackets(store: CaptureStore, packets: readonly TestPacket[]): Promise<CaptureRecord> {
  const file = join(temporaryFolder(), 'packets.pcap');
  writeFileSync(file, pcapOf(packets));
  return store.importFile(file);
}

/** Everything that one index says, but for how far it was read. Rows are as SQLite has them. */
export function tablesOf(folder: string): Record<string, unknown[]> {
  const db = new Database(indexPath(folder), { readonly: true });
  try {
    const all = (sql: string) => db.prepare(sql).safeIntegers(true).all();
    return {
      interfaces: all('SELECT * FROM interfaces ORDER BY id'),
      segments: all('SELECT * FROM segments ORDER BY id'),
      packets: all('SELECT * FROM packets ORDER BY number'),
      flows: all('SELECT * FROM flows ORDER BY id'),
      seconds: all('SELECT * FROM seconds ORDER BY second, protocol'),
      indexes: all("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"),
    };
  } finally {
    db.close();
  }
}

/** Whether the index agrees with itself and with the log, by numbers that neither made for the other. */
export function balance(folder: string): {
  log: number;
  index: number;
  numbers: string;
  flows: string;
  seconds: string;
} {
  const db = new Database(indexPath(folder), { readonly: true });
  const one = (sql: string) => Object.values(db.prepare(sql).get() as object).join(' ');
  try {
    const log = listSegments(folder)
      .map((id) => segmentPath(folder, id))
      .filter((file) => statSync(file).size > 0)
      .reduce((sum, file) => sum + tsharkCount(file), 0);
    const both = (rows: string, sums: string) => `${one(rows)} = ${one(sums)}`;
    return {
      log,
      index: Number(one('SELECT count(*) FROM packets')),
      numbers: one('SELECT coalesce(max(number) - min(number) + 1, 0) = count(*) FROM packets'),
      flows: both(
        'SELECT count(*), coalesce(sum(length), 0) FROM packets WHERE flow > 0',
        'SELECT coalesce(sum(client_packets + server_packets), 0), coalesce(sum(client_bytes + server_bytes), 0) FROM flows',
      ),
      seconds: both(
        'SELECT count(*), coalesce(sum(length), 0) FROM packets WHERE time IS NOT NULL',
        'SELECT coalesce(sum(packets), 0), coalesce(sum(bytes), 0) FROM seconds',
      ),
    };
  } finally {
    db.close();
  }
}

/** Throws unless log and index agree. @returns the packets in both */
export function balanced(folder: string): number {
  const found = balance(folder);
  const halves = (text: string) => new Set(text.split(' = ')).size === 1;
  if (found.log !== found.index || found.numbers !== '1' || !halves(found.flows) || !halves(found.seconds))
    throw new Error(`log and index differ: ${JSON.stringify(found)}`);
  return found.log;
}

export async function exported(queries: QueryService, id: string, query: ExportQuery): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of queries.export(id, query)) pieces.push(new Uint8Array(piece));
  return Buffer.concat(pieces);
}

/** An export in a file of its own, for tshark. */
export async function exportedFile(queries: QueryService, id: string, query: ExportQuery): Promise<string> {
  const file = join(temporaryFolder(), `export.${query.format}`);
  writeFileSync(file, await exported(queries, id, query));
  return file;
}
