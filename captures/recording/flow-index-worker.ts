/** Builds the index on flows of a capture that has stopped, in a thread that nobody waits for. */

import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { FLOW_INDEX } from '../index/schema.js';
import { leaveWal } from '../index/sqlite-files.js';
import { indexPath } from '../segments/segment-files.js';

const db = new Database(indexPath((workerData as { folder: string }).folder), { fileMustExist: true });
try {
  // With a rollback journal, building it would lock out whoever asks meanwhile, and a crash would leave an index that
  // cannot be opened for reading alone.
  db.pragma('journal_mode = WAL');
  db.exec(FLOW_INDEX);
  db.pragma('wal_checkpoint(TRUNCATE)');
  leaveWal(db);
} finally {
  db.close();
}
