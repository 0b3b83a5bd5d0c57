/** The index writer thread: log → index. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openIndexWriter } from '../index/sqlite-writer.js';
import { indexPath } from '../segments/segment-files.js';
import type { LogPosition } from '../segments/segment-log.js';
import { LogIndexer } from './log-indexer.js';
import type { IndexerData, IndexerMessage, LogMessage, ReadMessage } from './messages.js';

const main = parentPort as MessagePort;
const { folder, recorder, firstPacket } = workerData as IndexerData;

/** Milliseconds after which what was read is committed although nothing more came. */
const IDLE_COMMIT = 100;

const tell = (message: IndexerMessage): void => main.postMessage(message);

const writer = openIndexWriter(indexPath(folder));
const indexer = new LogIndexer(
  folder,
  writer,
  (checkpoint, totals) =>
    tell({
      type: 'committed',
      checkpoint,
      totals: { ...totals },
      ...(writer.baseTime === undefined ? {} : { baseTime: writer.baseTime }),
    }),
  firstPacket,
);

/** Runs `work`; what cannot be indexed must not be lost silently, and the log keeps everything. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    tell({ type: 'failed', message: `The index could not be written: ${(error as Error).message}` });
    close();
  }
}

function close(): void {
  clearTimeout(timer);
  indexer.close();
  recorder?.close();
  main.close();
}

let timer: NodeJS.Timeout | undefined;
let latest: LogPosition | undefined;
let reading = 0;
let closed = false;

/** Messages pile up while a run is read; only the newest position matters, so they are taken together. */
function follow(): void {
  const position = latest;
  latest = undefined;
  if (position === undefined || closed) return;
  guarded(() => {
    indexer.advance(position);
    const { segment } = indexer.position;
    if (segment !== reading) {
      reading = segment;
      recorder?.postMessage({ type: 'reading', segment } satisfies ReadMessage);
    }
    clearTimeout(timer);
    timer = setTimeout(() => guarded(() => indexer.commit(true)), IDLE_COMMIT);
  });
}

if (recorder === undefined) {
  guarded(() => {
    indexer.advanceToEnd();
    indexer.finish();
    tell({ type: 'finished' });
  });
  close();
} else {
  recorder.on('message', (message: LogMessage) => {
    if (closed) return;
    if (message.type === 'grown') {
      if (latest === undefined) setImmediate(follow);
      latest = message.position;
    } else if (message.type === 'expired') {
      latest = undefined;
      guarded(() => indexer.expire(message.firstPacket));
    } else {
      latest = undefined;
      closed = true;
      clearTimeout(timer);
      guarded(() => {
        indexer.advance(message.position);
        indexer.finish();
        tell({ type: 'finished' });
      });
      close();
    }
  });
}
