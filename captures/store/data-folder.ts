/** The data folder and the lock that keeps a second daemon out of it. */

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { CaptureError } from '../sources/source.js';

export interface DataFolder {
  /** Where the captures' folders are. */
  readonly captures: string;
  release(): void;
}

/**
 * Makes the folder when it is missing and takes the lock. It is SQLite's lock on a file: the kernel frees it however
 * the process ends, so that a crash leaves nothing to clean up.
 *
 * @throws CaptureError `io` when the folder cannot be used or another daemon has it
 */
export function openDataFolder(path: string): DataFolder {
  const captures = join(path, 'captures');
  try {
    makeFolders(captures);
    accessSync(captures, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CaptureError(
      'io',
      `The data folder ${path} cannot be used: ${(error as Error).message}`,
      'Choose another one with --data DIR, or make it writable for this user.',
    );
  }
  return { captures, release: takeLock(path) };
}

function takeLock(path: string): () => void {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(join(path, 'lock.sqlite'), { timeout: 0 });
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    return () => lock?.close();
  } catch (error) {
    lock?.close();
    const { code, message } = error as { code: string; message: string };
    if (/^SQLITE_(BUSY|LOCKED)/.test(code))
      throw new CaptureError(
        'io',
        `Another netglass uses the data folder ${path} already.`,
        'Stop it, or start this one with another folder: --data DIR',
      );
    throw new CaptureError(
      'io',
      `The lock ${join(path, 'lock.sqlite')} cannot be taken: ${message}.`,
      'Remove that file, or choose another folder with --data DIR.',
    );
  }
}

/**
 * Makes a folder and those above it that are missing, readable for this user alone. (`mkdirSync` with `recursive` never
 * returns below a folder like /proc, which says of every new name that it does not exist.)
 */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolders(above);
  mkdirSync(path, { mode: 0o700 });
}
