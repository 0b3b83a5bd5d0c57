/** What a crash left: finds the end of the last whole block of a segment and cuts off what is torn. */

import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statSync } from 'node:fs';
import { BlockScanner } from './block-scanner.js';

export interface Repair {
  /** Octets of whole blocks: the segment's length now. */
  readonly length: number;
  /** Octets that were cut off. */
  readonly removed: number;
}

/** Cuts a torn last block off a segment. One without a single whole block is removed: nothing opens an empty file. */
export function repairSegment(file: string): Repair {
  const scanner = new BlockScanner(file);
  try {
    while (scanner.next() !== null);
  } finally {
    scanner.close();
  }
  const { size } = statSync(file);
  const length = scanner.position;
  if (length === 0) {
    rmSync(file);
    return { length, removed: size };
  }
  if (size > length) {
    const fd = openSync(file, 'r+');
    try {
      ftruncateSync(fd, length);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
  return { length, removed: size - length };
}
