/** A running capture as the main thread sees it: a recorder thread and an indexer thread, and what they report. */

import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { SegmentLimits } from '../segments/segment-log.js';
import { CaptureError, type CaptureInterface, type SourceEnd, type SourceStatistics } from '../sources/source.js';
import { Indexer, type IndexState } from './indexing.js';
import type { IndexerData, RecorderData, RecorderMessage, SourceRequest, StopMessage, StopRules } from './messages.js';

export interface RecordingResult {
  readonly end: SourceEnd;
  /** Set when the log is whole but the index is not. */
  readonly indexError?: string;
}

/** Something below `Recording` has changed. */
interface RecordingEvents {
  committed: [];
  counted: [];
  interfaces: [];
  /** The index goes on no more; the log does, unless its disk is full too. */
  indexFailed: [error: string];
}

export class Recording extends EventEmitter<RecordingEvents> {
  interfaces: readonly CaptureInterface[] = [];
  statistics: SourceStatistics = { received: 0, kernel: null, interface: null, daemon: null };
  warnings: readonly string[] = [];
  /** As of the newest commit; undefined before the first one. */
  index: IndexState | undefined;
  /** Resolves when both threads are through, whatever the reason. */
  readonly done: Promise<RecordingResult>;
  private readonly opened = settleable();
  private readonly ready = settleable();
  private over = false;

  /**
   * Starts the threads; resolves once the source is open, which for a live one means capturing, and the index can be
   * asked.
   *
   * @param programs where the programs of new flows are asked for
   * @throws CaptureError what the source says when it cannot be opened; what is in the folder then is of no use
   */
  static async start(
    folder: string,
    source: SourceRequest,
    stop: StopRules,
    limits: SegmentLimits,
    programs?: MessagePort,
  ): Promise<Recording> {
    const { port1, port2 } = new MessageChannel();
    const recorder = new Worker(new URL('./recorder-worker.js', import.meta.url), {
      workerData: { folder, source, stop, limits, indexer: port1 } satisfies RecorderData,
      transferList: source.kind === 'stream' ? [port1, source.port] : [port1],
    });
    const recording = new Recording(recorder, { folder, recorder: port2, programs, past: undefined });
    const outcomes = await Promise.allSettled([recording.opened.promise, recording.ready.promise]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return recording;
    // Both threads are gone before the folder is, so that neither makes a file in it again. They end by themselves when
    // the other is not there: a thread that is terminated while it loads its modules leaves their files open.
    recording.stop();
    await recording.done;
    throw failed.reason;
  }

  private constructor(
    private readonly recorder: Worker,
    indexerData: IndexerData,
  ) {
    super();
    const recorded = this.recorded();
    const indexer = new Indexer(indexerData, {
      ready: () => this.ready.resolve(),
      committed: (state) => {
        this.index = state;
        this.emit('committed');
      },
      failed: (error, full) => this.indexFailed(error, full),
    });
    this.done = Promise.all([recorded, indexer.done]).then(([end, indexError]) =>
      indexError === undefined ? { end } : { end, indexError },
    );
  }

  /** Ends the capture; what was captured is still written and indexed. */
  stop(): void {
    if (!this.over) this.recorder.postMessage({ type: 'stop' } satisfies StopMessage);
  }

  private indexFailed(error: string, full: boolean): void {
    this.ready.reject(new CaptureError('io', error));
    this.emit('indexFailed', error);
    // The log is on the same disk: what is there is kept, and whoever watches learns of it now.
    if (full) this.stop();
  }

  private recorded(): Promise<SourceEnd> {
    const { recorder } = this;
    return new Promise((resolve) => {
      let end: SourceEnd | undefined;
      let crash = 'no reason given';
      recorder.on('message', (message: RecorderMessage) => {
        if (message.type === 'refused')
          this.opened.reject(new CaptureError(message.code, message.message, message.hint));
        else {
          this.receive(message);
          if (message.type === 'ended') end = message.end;
        }
      });
      recorder.on('error', (error) => {
        crash = error.message;
      });
      recorder.on('exit', () => {
        this.over = true;
        const detail = `The recorder ended unexpectedly: ${crash}`;
        this.opened.reject(new CaptureError('io', detail));
        resolve(end ?? { reason: 'damaged', detail });
      });
    });
  }

  private receive(message: Exclude<RecorderMessage, { type: 'refused' }>): void {
    if (message.type === 'opened' || message.type === 'interfaces') {
      this.interfaces = message.interfaces;
      if (message.type === 'opened') this.opened.resolve();
      this.emit('interfaces');
    } else {
      this.statistics = message.statistics;
      this.warnings = message.warnings;
      this.emit('counted');
    }
  }
}

/** A promise that is settled from outside; later attempts to settle it change nothing. */
function settleable(): { promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever awaits it learns of the error; after the start nobody does, and `done` says what has happened since.
  promise.catch(() => undefined);
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}
