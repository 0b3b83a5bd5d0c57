/** Starts the query thread when it is needed, and carries questions there and answers back. */

import { Worker } from 'node:worker_threads';
import { FilterError } from '../../../decoders/filter/error.js';
import { CaptureError } from '../../sources/source.js';
import type { CaptureStore } from '../../store/capture-store.js';
import { PieceReceiver } from '../export/pieces.js';
import type { filterLanguage } from '../filters/filter-language.js';
import type { ExportQuery, FollowQuery } from '../query-types.js';
import type {
  Answer,
  AnswerMessage,
  Argument,
  LanguageQuestion,
  QueryMessage,
  QuestionName,
  WireError,
} from './query-messages.js';

const STOPPING = 'netglass is stopping.';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Stream {
  readonly pieces: PieceReceiver;
  done: boolean;
  error?: Error;
  wake?: () => void;
}

/**
 * Milliseconds without a question after which the thread ends, with the some 25 MB that the decoders take in it: soon
 * where it was only started in advance, late where results of questions would have to be found again.
 */
const UNASKED = 20_000;
const SILENT = 600_000;

/** A thread that was started before there was a pool. */
let started: Worker | undefined;

/**
 * Starts the thread of the pool that comes: it loads the decoders on another core while this one still loads what the
 * service is made of.
 */
export function startQueryThread(): void {
  if (started !== undefined) return;
  started = new Worker(new URL('./query-worker.js', import.meta.url));
  // A service that cannot begin ends without it.
  started.unref();
}

export class QueryPool {
  private worker: Worker | undefined;
  private ending: NodeJS.Timeout | undefined;
  private closed = false;
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly streams = new Map<number, Stream>();

  constructor(
    private readonly store: CaptureStore,
    private readonly unasked = UNASKED,
    private readonly silent = SILENT,
  ) {
    store.on('progress', (capture) => this.tellIfRunning({ type: 'progress', capture, ended: false }));
    store.on('ended', (capture) => this.tellIfRunning({ type: 'progress', capture, ended: true }));
    for (const event of ['deleted', 'reindexing'] as const)
      store.on(event, (capture) => this.tellIfRunning({ type: 'forget', capture }));
  }

  /** @throws FilterError, CaptureError */
  async ask<Q extends QuestionName>(capture: string, question: Q, argument: Argument<Q>): Promise<Answer<Q>> {
    try {
      return await this.askOnce(capture, question, argument);
    } catch (error) {
      if (!(error instanceof OutdatedIndex)) throw error;
      await this.store.reindex(capture);
      return this.askOnce(capture, question, argument);
    }
  }

  /** The pieces of an export, produced only as fast as they are taken; each may be read until the next is asked for. */
  async *stream(capture: string, query: ExportQuery | FollowQuery): AsyncGenerator<Uint8Array, void, undefined> {
    let begun = false;
    try {
      for await (const piece of this.streamOnce(capture, query)) {
        begun = true;
        yield piece;
      }
    } catch (error) {
      if (!(error instanceof OutdatedIndex) || begun) throw error;
      await this.store.reindex(capture);
      yield* this.streamOnce(capture, query);
    }
  }

  private async *streamOnce(
    capture: string,
    query: ExportQuery | FollowQuery,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const id = this.nextId++;
    const stream: Stream = { pieces: new PieceReceiver(), done: false };
    const folder = this.store.folder(capture);
    const running = this.store.get(capture)?.stoppedAt === null;
    this.streams.set(id, stream);
    this.tell({ type: 'stream', id, capture, folder, query, running });
    try {
      for (;;) {
        const taken = stream.pieces.next();
        if (taken !== undefined) {
          yield taken.piece;
          this.tellIfRunning({ type: 'release', id, slot: taken.slot });
        } else if (stream.error !== undefined) throw stream.error;
        else if (stream.done) return;
        else
          await new Promise<void>((resolve) => {
            stream.wake = resolve;
          });
      }
    } finally {
      this.streams.delete(id);
      this.tellIfRunning({ type: 'over', id });
    }
  }

  warm(): void {
    if (this.worker !== undefined) return;
    this.worker = this.start();
    this.endAfter(this.unasked);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.ending);
    await this.worker?.terminate();
    this.worker = undefined;
    this.failAll(new CaptureError('io', STOPPING));
  }

  /** A question about the filter language. */
  askLanguage<Q extends LanguageQuestion>(
    question: Q,
    argument: Parameters<(typeof filterLanguage)[Q]>[0],
  ): Promise<ReturnType<(typeof filterLanguage)[Q]>> {
    return this.expect((id) => this.tell({ type: 'language', id, question, argument }));
  }

  private askOnce<Q extends QuestionName>(capture: string, question: Q, argument: Argument<Q>): Promise<Answer<Q>> {
    const folder = this.store.folder(capture);
    return this.expect((id) => this.tell({ type: 'ask', id, capture, folder, question, argument }));
  }

  /** The answer to what `send` asks under the number that it is given. */
  private expect<T>(send: (id: number) => void): Promise<T> {
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      send(id);
    });
  }

  private tell(message: QueryMessage): void {
    if (this.closed) throw new CaptureError('io', STOPPING);
    this.worker ??= this.start();
    this.worker.postMessage(message);
    this.endAfter(this.silent);
  }

  /** Ends the thread when nothing is asked for so long. */
  private endAfter(milliseconds: number): void {
    clearTimeout(this.ending);
    this.ending = setTimeout(() => {
      if (this.pending.size > 0 || this.streams.size > 0) this.endAfter(this.silent);
      else {
        void this.worker?.terminate();
        this.worker = undefined;
      }
    }, milliseconds).unref();
  }

  private tellIfRunning(message: QueryMessage): void {
    this.worker?.postMessage(message);
  }

  private start(): Worker {
    const worker = started ?? new Worker(new URL('./query-worker.js', import.meta.url));
    started = undefined;
    worker.ref();
    worker.on('message', (message: AnswerMessage) => this.receive(message));
    worker.on('error', (error) => {
      this.worker = undefined;
      this.failAll(error);
    });
    return worker;
  }

  private receive(message: AnswerMessage): void {
    const stream = this.streams.get(message.id);
    if (message.type === 'wants-flow-index') this.store.indexFlows(message.capture);
    else if (message.type === 'piece') stream?.pieces.add(message.place);
    else if (message.type === 'end') {
      if (stream !== undefined) stream.done = true;
    } else {
      const asked = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.type === 'answer') asked?.resolve(message.value);
      else {
        const error = errorOf(message.error);
        asked?.reject(error);
        if (stream !== undefined) Object.assign(stream, { done: true, error });
      }
    }
    stream?.wake?.();
  }

  private failAll(error: Error): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    for (const stream of this.streams.values()) {
      Object.assign(stream, { done: true, error });
      stream.wake?.();
    }
  }
}

/** The index has to be built again before it can be asked. */
class OutdatedIndex extends Error {}

function errorOf(error: WireError): Error {
  switch (error.kind) {
    case 'filter':
      return new FilterError(error.message, error.position);
    case 'capture':
      return new CaptureError(error.code, error.message, error.hint);
    case 'outdated':
      return new OutdatedIndex(error.message);
    default:
      return new Error(error.message);
  }
}
