/**
 * A capture's secrets: `secrets.keys` in its folder, which only the owner may read. They are nowhere else: not in the
 * index, in no answer, and gone with the folder.
 */

import { closeSync, constants, fchmodSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CaptureError } from '../sources/source.js';
import { KeyLog, type Taken } from './key-log.js';
import { MAXIMUM_KEY_LOG } from './key-log-file.js';

const OWNER_ONLY = 0o600;
/** Octets that are read at once. */
const PIECE = 1 << 18;

export function secretsPath(folder: string): string {
  return join(folder, 'secrets.keys');
}

/** The secrets of a folder as they are on the disk; `refresh` finds what others have added since. */
export class StoredSecrets {
  readonly keyLog = new KeyLog();
  private size = 0;
  private rest = '';

  constructor(private readonly folder: string) {}

  /** Reads what has been added. @returns whether there was anything new */
  refresh(): boolean {
    const before = this.keyLog.changes;
    while (this.step());
    return this.keyLog.changes !== before;
  }

  /** Reads some of what has been added, for some milliseconds at most. @returns whether there is more */
  step(): boolean {
    const path = secretsPath(this.folder);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.size) return false;
    const fd = openSync(path, 'r');
    try {
      const piece = Buffer.alloc(Math.min(PIECE, size - this.size));
      const length = readSync(fd, piece, 0, piece.length, this.size);
      this.size += length;
      this.take(piece.toString('latin1', 0, length));
      return length > 0 && this.size < size;
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Adds the secrets of whole lines, and stores what is new. What was added before must have been read.
   *
   * @throws CaptureError when there is no room for them
   */
  add(text: string): Taken {
    const { taken, fresh } = this.keyLog.add(text);
    if (fresh !== '') this.append(Buffer.from(fresh, 'latin1'));
    return taken;
  }

  private append(lines: Buffer): void {
    let fd: number | undefined;
    try {
      fd = openSync(secretsPath(this.folder), constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, OWNER_ONLY);
      // Whatever the mask of the process makes of it, and of one that somebody has copied here.
      fchmodSync(fd, OWNER_ONLY);
      const { size } = fstatSync(fd);
      if (size + lines.length > MAXIMUM_KEY_LOG)
        throw new CaptureError(
          'bad-option',
          `The secrets of one capture may have ${MAXIMUM_KEY_LOG} octets.`,
          'Give only those of connections that are in the capture.',
        );
      writeSync(fd, lines);
      this.size = size + lines.length;
    } catch (error) {
      if (error instanceof CaptureError) throw error;
      throw new CaptureError('io', `The secrets could not be stored: ${(error as Error).message}.`);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  private take(text: string): void {
    const whole = this.rest + text;
    const end = whole.lastIndexOf('\n') + 1;
    this.rest = whole.slice(end);
    this.keyLog.add(whole.slice(0, end));
  }
}

/** Adds up what became of the parts of a text. */
export function addTaken(sum: Taken, part: Taken): void {
  for (const [label, count] of Object.entries(part.labels)) sum.labels[label] = (sum.labels[label] ?? 0) + count;
  sum.known += part.known;
  sum.ignored += part.ignored;
  sum.refused += part.refused;
}
