/** Builds the index on flows of a capture that has stopped, in a thread that nobody waits for. */

import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { FLOW_INDEX } from '../index/schema.js';
import { indexPath } from '../segments/segment-files.js';

const db = new Database(indexPath((workerData as { folder: string }).folder), { fileMustExist: true });
try {
  db.exec(FLOW_INDEX);
} finally {
  db.close();
}
