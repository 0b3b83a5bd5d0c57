/** The index writer thread as the main thread sees it. */

import { type TransferListItem, Worker } from 'node:worker_threads';
import type { Expired, IndexTotals } from '../index/capture-index.js';
import { CaptureError } from '../sources/source.js';
import type { Past } from './log-indexer.js';
import type { IndexerData, IndexerMessage } from './messages.js';

/** How far the index is. */
export interface IndexState {
  readonly totals: IndexTotals;
  readonly expired: Expired;
  readonly baseTime: bigint | undefined;
}

export interface IndexerEvents {
  /** The index is there and can be asked. */
  ready(): void;
  committed(state: IndexState): void;
  /** It goes on no more, for this reason; `full`: the disk has no room for it. Called once at most. */
  failed(error: string, full: boolean): void;
}

export class Indexer {
  /** Resolves when the thread is through: to undefined, or to what went wrong. */
  readonly done: Promise<string | undefined>;
  private readonly worker: Worker;
  private error: string | undefined;
  private finished = false;

  constructor(
    data: IndexerData,
    private readonly events: IndexerEvents,
  ) {
    const transferList: TransferListItem[] = [data.recorder, data.programs].filter((port) => port !== undefined);
    this.worker = new Worker(new URL('./indexer-worker.js', import.meta.url), { workerData: data, transferList });
    this.worker.on('message', (message: IndexerMessage) => this.receive(message));
    this.worker.on('error', (error) => this.fail(`The indexer ended unexpectedly: ${error.message}`, false));
    this.done = new Promise((resolve) => {
      this.worker.on('exit', () => {
        if (!this.finished) this.fail('The indexer ended before it was through.', false);
        resolve(this.error);
      });
    });
  }

  private receive(message: IndexerMessage): void {
    switch (message.type) {
      case 'ready':
        this.events.ready();
        break;
      case 'committed': {
        const { totals, expired, baseTime } = message;
        this.events.committed({ totals, expired, baseTime });
        break;
      }
      case 'failed':
        this.fail(message.message, message.full);
        break;
      default:
        this.finished = true;
    }
  }

  private fail(error: string, full: boolean): void {
    if (this.error !== undefined) return;
    this.error = error;
    this.events.failed(error, full);
  }
}

/**
 * Indexes what is in the folder's log and not yet in its index; resolves when that is done.
 *
 * @param past for an index that is built again
 * @throws CaptureError `io`
 */
export async function indexFolder(folder: string, past: Past): Promise<IndexState> {
  let last: IndexState | undefined;
  const indexer = new Indexer(
    { folder, recorder: undefined, past },
    {
      ready: () => undefined,
      committed: (state) => {
        last = state;
      },
      // `done` says so too.
      failed: () => undefined,
    },
  );
  const error = await indexer.done;
  if (error !== undefined) throw new CaptureError('io', error);
  if (last === undefined) throw new CaptureError('io', 'The index was not written.');
  return last;
}

/** Builds the index on flows of a stopped capture. @throws CaptureError `io` */
export function indexFlows(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./flow-index-worker.js', import.meta.url), { workerData: { folder } });
    worker.on('error', (error) => reject(new CaptureError('io', error.message)));
    worker.on('exit', () => resolve());
  });
}
