/** Names of the files in a capture's folder. */

import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `000001.pcapng` */
export function segmentName(id: number): string {
  return `${String(id).padStart(6, '0')}.pcapng`;
}

export function segmentPath(folder: string, id: number): string {
  return join(folder, segmentName(id));
}

export function indexPath(folder: string): string {
  return join(folder, 'index.sqlite');
}

/** The segments that are there, oldest first. */
export function listSegments(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => /^(\d{6,})\.pcapng$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** Brings the names in a folder to the disk: a file that was synchronized is lost all the same when its name is not. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
