/** What a recording and its index tell, written into the capture's record. */

import { defined } from '../defined.js';
import type { IndexState } from '../recording/indexing.js';
import type { Recording, RecordingResult } from '../recording/recording.js';
import type { CaptureInterface } from '../sources/source.js';
import type { CaptureRecord } from './capture-file.js';

export function applyIndex(record: CaptureRecord, { totals, expired, baseTime }: IndexState): void {
  record.packets = totals.packets;
  record.bytes = totals.bytes;
  record.loss.truncated = totals.truncated;
  record.loss.malformed = totals.malformed;
  record.expired = expired;
  record.firstPacket = expired.packets + 1;
  record.baseTime = baseTime?.toString() ?? null;
  if (baseTime === undefined || totals.firstTime === null || totals.lastTime === null) return;
  // After indexing anew what a ring has left, the first packet of all is still the one from which times count.
  const first = expired.packets > 0 ? Math.min(0, totals.firstTime) : totals.firstTime;
  record.firstTime = (baseTime + BigInt(first)).toString();
  record.lastTime = (baseTime + BigInt(totals.lastTime)).toString();
}

/** What the recorder has told so far. @param warning one of the store's own */
export function applyRecording(record: CaptureRecord, recording: Recording, warning?: string): void {
  const { statistics } = recording;
  record.loss.kernel = statistics.kernel;
  record.loss.interface = statistics.interface;
  record.loss.daemon = statistics.daemon;
  record.warnings = [...recording.warnings, ...(warning === undefined ? [] : [warning])];
  record.interfaces = recording.interfaces.map(shownInterface);
}

/** How it ended. */
export function applyEnd(record: CaptureRecord, { end, indexError }: RecordingResult): void {
  const { reason, detail } = end;
  const live = record.source.kind === 'live';
  // A damaged file is a finished import with an error; a live capture that broke off has failed.
  record.state = (reason === 'damaged' && live) || indexError !== undefined ? 'failed' : 'stopped';
  if (indexError !== undefined) record.indexError = indexError;
  const stopped =
    reason === 'stopped' && !live ? 'The import was stopped: the packets after the last are missing.' : '';
  const error = detail ?? (stopped || indexError);
  if (error !== undefined) record.error = error;
  record.stoppedAt = new Date().toISOString();
}

/** The index is whole again. */
export function forgetIndexError(record: CaptureRecord): void {
  if (record.indexError === undefined) return;
  if (record.error === record.indexError) {
    delete record.error;
    record.state = 'stopped';
  }
  delete record.indexError;
}

export function shownInterface(shown: CaptureInterface): CaptureRecord['interfaces'][number] {
  const { id, name, description, linkType, comment } = shown;
  return { id, name, linkType, ...defined({ description, comment }) };
}
