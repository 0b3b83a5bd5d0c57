/** Marks: words between the packets, kept beside the log in `marks.jsonl` because they are not in the index alone. */

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface Mark {
  /** 1, 2, 3, … in the order in which they were made. */
  readonly id: number;
  readonly text: string;
  /** Nanoseconds since 1970, as decimal text. */
  readonly time: string;
}

const fileOf = (folder: string): string => join(folder, 'marks.jsonl');

/** A capture's marks in the order of their times. */
export function readMarks(folder: string): Mark[] {
  if (!existsSync(fileOf(folder))) return [];
  const lines = readFileSync(fileOf(folder), 'utf8').split('\n');
  // The last line is empty, or torn by a crash.
  lines.pop();
  return lines
    .map((line, index) => ({ id: index + 1, ...(JSON.parse(line) as Omit<Mark, 'id'>) }))
    .sort((a, b) => (BigInt(a.time) < BigInt(b.time) ? -1 : BigInt(a.time) > BigInt(b.time) ? 1 : a.id - b.id));
}

/** Adds a mark; it is on the disk when this returns. */
export function appendMark(folder: string, mark: Omit<Mark, 'id'>): Mark {
  const id = readMarks(folder).length + 1;
  const fd = openSync(fileOf(folder), 'a');
  try {
    writeSync(fd, `${JSON.stringify(mark)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return { id, ...mark };
}
