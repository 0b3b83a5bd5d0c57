/** The index writer thread: log → index. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { LogPosition } from '../segments/segment-log.js';
import { FlowProgramAsker } from './flow-programs.js';
import { LogIndexer } from './log-indexer.js';
import type { IndexerData, IndexerMessage, LogMessage, ReadMessage } from './messages.js';
import { openIndexOf } from './open-index.js';
import { ProgramLog } from './program-log.js';

const main = parentPort as MessagePort;
const { folder, recorder, programs, past } = workerData as IndexerData;

/** Milliseconds after which what was read is committed although nothing more came. */
const IDLE_COMMIT = 100;
/** Milliseconds for which the end of a capture waits for the programs of its last flows. */
const LAST_PROGRAMS = 500;

const tell = (message: IndexerMessage): void => main.postMessage(message);

let indexer: LogIndexer | undefined;
let timer: NodeJS.Timeout | undefined;
let latest: LogPosition | undefined;
let told = 0;
let finishing = false;
let closed = false;

const programLog = new ProgramLog(folder);
const asker =
  programs === undefined
    ? undefined
    : new FlowProgramAsker(programs, (found) =>
        guarded((open) => {
          open.addPrograms(found);
          programLog.append(found);
          commitSoon();
        }),
      );

function openIndexer(): LogIndexer {
  const writer = openIndexOf(folder);
  return new LogIndexer(
    folder,
    writer,
    (checkpoint, totals) => {
      tell({
        type: 'committed',
        checkpoint,
        totals: { ...totals },
        expired: writer.expired,
        ...(writer.baseTime === undefined ? {} : { baseTime: writer.baseTime }),
      });
      // Only what is committed: after a crash, indexing goes on there, and must find that segment.
      if (checkpoint.segment === told) return;
      told = checkpoint.segment;
      recorder?.postMessage({ type: 'reading', segment: told } satisfies ReadMessage);
    },
    past,
    asker,
  );
}

/** Runs `work`; what cannot be indexed must not be lost silently, and the log keeps everything. */
function guarded(work: (open: LogIndexer) => void): void {
  if (closed) return;
  try {
    indexer ??= openIndexer();
    work(indexer);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const full = code?.startsWith('SQLITE_FULL') === true;
    const why = full ? 'the disk is full' : message;
    tell({ type: 'failed', message: `The index could not be written: ${why}.`, full });
    close();
  }
}

function close(): void {
  closed = true;
  clearTimeout(timer);
  indexer?.close();
  recorder?.close();
  asker?.close();
  main.close();
}

/** Messages pile up while a run is read; only the newest position matters, so they are taken together. */
function follow(): void {
  const position = latest;
  latest = undefined;
  if (position === undefined) return;
  guarded((open) => {
    open.advance(position);
    commitSoon();
  });
}

function commitSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => guarded((open) => open.commit(true)), IDLE_COMMIT);
}

function finish(read: (open: LogIndexer) => void): void {
  if (finishing) return;
  finishing = true;
  guarded(read);
  const end = (): void =>
    guarded((open) => {
      open.finish();
      tell({ type: 'finished' });
      close();
    });
  if (asker === undefined) end();
  else void asker.settled(LAST_PROGRAMS).then(end);
}

guarded(() => tell({ type: 'ready' }));
if (recorder === undefined)
  finish((open) => {
    open.advanceToEnd();
    open.restorePrograms();
  });
else {
  recorder.on('message', (message: LogMessage) => {
    if (message.type === 'grown') {
      if (latest === undefined) setImmediate(follow);
      latest = message.position;
    } else if (message.type === 'expired')
      guarded((open) => {
        open.expire(message.firstPacket);
        programLog.expire(folder, message.firstPacket);
      });
    else finish((open) => open.advance(message.position));
  });
  // A recorder that ended without a word, which it does only when it crashes: what it has written is there.
  recorder.on('close', () => finish((open) => open.advanceToEnd()));
}
