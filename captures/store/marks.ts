/** Marks: words between the packets, kept beside the log in `marks.jsonl` because they are not in the index alone. */

import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface Mark {
  /** 1, 2, 3, … in the order in which they were made. */
  readonly id: number;
  readonly text: string;
  /** Nanoseconds since 1970, as decimal text. */
  readonly time: string;
}

const NEWLINE = 10;
const fileOf = (folder: string): string => join(folder, 'marks.jsonl');

/** A capture's marks in the order of their times. */
export function readMarks(folder: string): Mark[] {
  if (!existsSync(fileOf(folder))) return [];
  const lines = readFileSync(fileOf(folder), 'utf8').split('\n');
  // The last line is empty, or torn by a crash.
  lines.pop();
  return lines
    .flatMap((line, index) => parseMark(line, index + 1) ?? [])
    .sort((a, b) => (BigInt(a.time) < BigInt(b.time) ? -1 : BigInt(a.time) > BigInt(b.time) ? 1 : a.id - b.id));
}

/** Adds marks; they are on the disk when this returns. */
export function appendMarks(folder: string, marks: readonly Omit<Mark, 'id'>[]): Mark[] {
  const fd = openSync(fileOf(folder), 'a+');
  try {
    const stored = readFileSync(fd);
    // Half a line that a crash left would swallow the first of these.
    const whole = stored.lastIndexOf(NEWLINE) + 1;
    if (whole < stored.length) ftruncateSync(fd, whole);
    writeSync(fd, marks.map((mark) => `${JSON.stringify(mark)}\n`).join(''));
    fsyncSync(fd);
    const before = stored.filter((octet) => octet === NEWLINE).length;
    return marks.map((mark, index) => ({ id: before + index + 1, ...mark }));
  } finally {
    closeSync(fd);
  }
}

/** Undefined for a line that somebody else has spoilt: the others are shown all the same. */
function parseMark(line: string, id: number): Mark | undefined {
  try {
    const { text, time } = JSON.parse(line) as Partial<Mark>;
    return typeof text === 'string' && typeof time === 'string' && /^-?\d+$/.test(time)
      ? { id, text, time }
      : undefined;
  } catch {
    return undefined;
  }
}
