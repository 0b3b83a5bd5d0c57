/** Opens a capture's index beside its log. */

import { statSync } from 'node:fs';
import type { Checkpoint } from '../index/capture-index.js';
import { removeIndex } from '../index/sqlite-files.js';
import { openIndexWriter, type SqliteIndexWriter } from '../index/sqlite-writer.js';
import { indexPath, segmentPath } from '../segments/segment-files.js';

/** One that is further than the log is thrown away: the log is the truth, and has lost its end (a disk that failed). */
export function openIndexOf(folder: string): SqliteIndexWriter {
  const writer = openIndexWriter(indexPath(folder));
  if (logReaches(folder, writer.checkpoint)) return writer;
  writer.close();
  removeIndex(indexPath(folder));
  return openIndexWriter(indexPath(folder));
}

function logReaches(folder: string, { segment, offset }: Checkpoint): boolean {
  const file = statSync(segmentPath(folder, segment), { throwIfNoEntry: false });
  return (file?.size ?? 0) >= offset;
}
