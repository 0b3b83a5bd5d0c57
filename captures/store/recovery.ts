/** Captures as a crash, a power failure or a careless hand left them. */

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { removeIndex } from '../index/sqlite-files.js';
import { indexFolder } from '../recording/indexing.js';
import { repairSegment } from '../segments/repair.js';
import { indexPath, listSegments, segmentPath } from '../segments/segment-files.js';
import { openFile } from '../sources/file.js';
import { type CaptureRecord, currentBootId, newRecord } from './capture-file.js';
import { applyIndex, forgetIndexError, shownInterface } from './record-updates.js';

/** Brings the index up to the log; one that is missing or unusable is built from nothing. @throws CaptureError `io` */
export async function indexAgain(folder: string, record: CaptureRecord): Promise<void> {
  const baseTime = record.baseTime === null ? undefined : BigInt(record.baseTime);
  applyIndex(record, await indexFolder(folder, { expired: record.expired, baseTime }));
  forgetIndexError(record);
}

/** Mends a capture that was running when netglass ended: torn blocks are cut off, and what is in the log is indexed. */
export async function recoverCapture(folder: string, record: CaptureRecord): Promise<void> {
  const last = listSegments(folder).at(-1);
  const removed = last === undefined ? 0 : repairSegment(segmentPath(folder, last)).removed;
  if (record.state === 'importing')
    record.error = 'The import was interrupted: the packets after the last one shown are missing.';
  record.state = 'stopped';
  record.stoppedAt = new Date().toISOString();
  record.warnings.push(
    removed === 0
      ? 'netglass ended without stopping this capture; every packet in the log was recovered.'
      : `netglass ended without stopping this capture; a torn last block (${removed} octets) was cut off, and every packet before it was recovered.`,
  );
  try {
    // The index is not synchronized with the disk while a capture runs: a power failure may have left anything of it.
    if (record.bootId !== currentBootId()) removeIndex(indexPath(folder));
    await indexAgain(folder, record);
  } catch (error) {
    record.state = 'failed';
    record.indexError = `${(error as Error).message} The packets are safe in ${folder}.`;
    record.error ??= record.indexError;
  }
}

/** A record for a folder that has packets but whose own record cannot be read; undefined when it has none. */
export async function recordFromLog(folder: string): Promise<CaptureRecord | undefined> {
  const [first] = listSegments(folder);
  if (first === undefined) return undefined;
  const id = basename(folder);
  const record = newRecord(id, id, { kind: 'import', file: id });
  record.warnings.push('What netglass knew of this capture (capture.json) could not be read; its packets were kept.');
  const begun = statSync(segmentPath(folder, first));
  const startedAt = new Date(Math.min(begun.birthtimeMs || begun.mtimeMs, begun.mtimeMs)).toISOString();
  const source = await openFile(segmentPath(folder, first)).catch(() => undefined);
  await source?.next();
  record.interfaces = source?.interfaces.map(shownInterface) ?? [];
  await source?.stop();
  return { ...record, state: 'running', startedAt };
}
