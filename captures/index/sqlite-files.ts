/** The files of an index: `index.sqlite`, and the side files that SQLite has beside it while it is being written. */

import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Removes an index with its side files. */
export function removeIndex(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true });
}

/** Waits until an index that is closed is on the disk. */
export function syncIndex(file: string): void {
  for (const part of [file, `${file}-wal`]) {
    // The side file is there when somebody is reading.
    if (!existsSync(part)) continue;
    const fd = openSync(part, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * Without side files an index can be read on a disk that is full, and is one file to copy. Whoever is reading it now
 * keeps it as it is, and is not waited for.
 */
export function leaveWal(db: Database.Database): void {
  try {
    db.pragma('busy_timeout = 0');
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error;
  }
}
