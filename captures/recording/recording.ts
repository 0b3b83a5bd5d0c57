/** A running capture as the main thread sees it: a recorder thread and an indexer thread, and what they report. */

import { EventEmitter } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Checkpoint, IndexTotals } from '../index/capture-index.js';
import type { SegmentLimits } from '../segments/segment-log.js';
import { CaptureError, type CaptureInterface, type SourceEnd, type SourceStatistics } from '../sources/source.js';
import type {
  IndexerData,
  IndexerMessage,
  RecorderData,
  RecorderMessage,
  SourceRequest,
  StopRules,
} from './messages.js';

export interface RecordingResult {
  readonly end: SourceEnd;
  readonly statistics: SourceStatistics;
  readonly warnings: readonly string[];
  /** Set when the log is whole but the index is not. */
  readonly indexError?: string;
}

interface RecordingEvents {
  committed: [checkpoint: Checkpoint, totals: IndexTotals, baseTime: bigint | undefined];
  statistics: [statistics: SourceStatistics, warnings: readonly string[]];
  interfaces: [interfaces: readonly CaptureInterface[]];
  expired: [firstPacket: number];
}

export class Recording extends EventEmitter<RecordingEvents> {
  interfaces: readonly CaptureInterface[] = [];
  /** Resolves when both threads are through, whatever the reason. */
  readonly done: Promise<RecordingResult>;
  private readonly recorder: Worker;

  /**
   * Starts the threads; resolves once the source is open, which for a live one means capturing.
   *
   * @throws CaptureError what the source says when it cannot be opened; the folder is then empty but for the index
   */
  static async start(
    folder: string,
    source: SourceRequest,
    stop: StopRules,
    limits: SegmentLimits,
  ): Promise<Recording> {
    const { port1, port2 } = new MessageChannel();
    const recorder = new Worker(new URL('./recorder-worker.js', import.meta.url), {
      workerData: { folder, source, stop, limits, indexer: port1 } satisfies RecorderData,
      transferList: source.kind === 'stream' ? [port1, source.port] : [port1],
    });
    const interfaces = await opened(recorder).catch((error: Error) => {
      port2.close();
      throw error;
    });
    return new Recording(recorder, startIndexer(folder, { recorder: port2, firstPacket: 1 }), interfaces);
  }

  private constructor(recorder: Worker, indexer: Worker, interfaces: readonly CaptureInterface[]) {
    super();
    this.recorder = recorder;
    this.interfaces = interfaces;
    this.done = Promise.all([this.recorded(recorder), indexed(indexer, this)]).then(([result, indexError]) =>
      indexError === undefined ? result : { ...result, indexError },
    );
  }

  /** Ends the capture; what was captured is still written and indexed. */
  stop(): void {
    this.recorder.postMessage({ type: 'stop' });
  }

  private recorded(recorder: Worker): Promise<RecordingResult> {
    return new Promise((resolve) => {
      let statistics: SourceStatistics = { received: 0, kernel: null, interface: null, daemon: null };
      let warnings: readonly string[] = [];
      let result: RecordingResult | undefined;
      let crash: string | undefined;
      recorder.on('message', (message: RecorderMessage) => {
        switch (message.type) {
          case 'interfaces':
            this.interfaces = message.interfaces;
            this.emit('interfaces', message.interfaces);
            break;
          case 'statistics':
            ({ statistics, warnings } = message);
            this.emit('statistics', statistics, warnings);
            break;
          case 'expired':
            this.emit('expired', message.firstPacket);
            break;
          case 'ended':
            result = { end: message.end, statistics: message.statistics, warnings: message.warnings };
            break;
          default:
        }
      });
      recorder.on('error', (error) => {
        crash = error.message;
      });
      recorder.on('exit', () => {
        const end: SourceEnd = {
          reason: 'damaged',
          detail: `The recorder ended unexpectedly: ${crash ?? 'no reason given'}`,
        };
        resolve(result ?? { end, statistics, warnings });
      });
    });
  }
}

/** Indexes what is in the folder's log and not yet in its index; resolves to the totals and the base time. */
export async function indexFolder(
  folder: string,
  firstPacket: number,
): Promise<{ totals: IndexTotals; baseTime: bigint | undefined }> {
  const events = new EventEmitter<RecordingEvents>();
  let last: { totals: IndexTotals; baseTime: bigint | undefined } | undefined;
  events.on('committed', (_checkpoint, totals, baseTime) => {
    last = { totals, baseTime };
  });
  const error = await indexed(startIndexer(folder, { recorder: undefined, firstPacket }), events);
  if (error !== undefined) throw new CaptureError('io', error);
  if (last === undefined) throw new CaptureError('io', 'The index was not written.');
  return last;
}

function startIndexer(folder: string, data: Omit<IndexerData, 'folder'>): Worker {
  return new Worker(new URL('./indexer-worker.js', import.meta.url), {
    workerData: { folder, ...data } satisfies IndexerData,
    transferList: data.recorder === undefined ? [] : [data.recorder],
  });
}

/** Resolves when the indexer thread is through: to undefined, or to what went wrong. */
function indexed(indexer: Worker, events: EventEmitter<RecordingEvents>): Promise<string | undefined> {
  return new Promise((resolve) => {
    let error: string | undefined;
    let finished = false;
    indexer.on('message', (message: IndexerMessage) => {
      if (message.type === 'committed') events.emit('committed', message.checkpoint, message.totals, message.baseTime);
      else if (message.type === 'failed') error = message.message;
      else finished = true;
    });
    indexer.on('error', (failure) => {
      error ??= `The indexer ended unexpectedly: ${failure.message}`;
    });
    indexer.on('exit', () => resolve(error ?? (finished ? undefined : 'The indexer ended before it was through.')));
  });
}

function opened(recorder: Worker): Promise<readonly CaptureInterface[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      recorder.removeAllListeners();
      act();
    };
    recorder.on('message', (message: RecorderMessage) => {
      if (message.type === 'opened') settle(() => resolve(message.interfaces));
      else if (message.type === 'refused')
        settle(() => reject(new CaptureError(message.code, message.message, message.hint)));
    });
    recorder.on('error', (error) => settle(() => reject(new CaptureError('io', error.message))));
    recorder.on('exit', () => settle(() => reject(new CaptureError('io', 'The recorder ended before it was ready.'))));
  });
}
