/** Whether a text is a capture filter, without capturing: libpcap's compiler is asked, in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { CaptureError, type CaptureErrorCode } from './source.js';

export interface CheckQuestion {
  readonly id: number;
  readonly filter: string;
  /** LINKTYPE_ value. */
  readonly linkType: number;
}

/** Without a code: the filter is right. */
export interface CheckAnswer {
  readonly id: number;
  readonly code?: CaptureErrorCode;
  readonly message?: string;
  readonly hint?: string;
}

/** Milliseconds that an answer is waited for: somebody is typing. */
const PATIENCE = 3000;
/** Milliseconds without a question after which the thread ends. */
const IDLE = 20_000;
/** Questions that wait at once: each is a request that is open. */
const MOST_WAITING = 100;

export class FilterCheck {
  private worker: Worker | undefined;
  private readonly asked = new Map<number, (answer: CheckAnswer) => void>();
  private nextId = 1;
  private idle: NodeJS.Timeout | undefined;

  /**
   * @param linkType LINKTYPE_ value of the packets that it is for
   * @returns undefined for a right filter, CaptureError `bad-filter` with the compiler's words for a wrong one
   * @throws CaptureError `engine-unavailable` without the native addon, `io` when there is no answer in three seconds
   */
  async check(filter: string, linkType: number): Promise<CaptureError | undefined> {
    if (filter.includes('\0'))
      return new CaptureError('bad-filter', 'The capture filter contains a zero character.', 'Remove it.');
    const { code, message, hint } = await this.ask(filter, linkType);
    if (code === undefined) return undefined;
    const error = new CaptureError(code, message ?? '', hint);
    if (code !== 'bad-filter') throw error;
    return error;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    await this.worker?.terminate();
  }

  private ask(filter: string, linkType: number): Promise<CheckAnswer> {
    if (this.asked.size >= MOST_WAITING)
      return Promise.reject(
        new CaptureError('io', 'Too many capture filters are being checked at once.', 'Ask again.'),
      );
    const id = this.nextId++;
    const worker = this.start();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.asked.delete(id);
        const words = 'The capture filter could not be checked within three seconds.';
        reject(new CaptureError('io', words, 'A name in it may be slow to look up: use an address.'));
      }, PATIENCE);
      this.asked.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      worker.postMessage({ id, filter, linkType } satisfies CheckQuestion);
    });
  }

  private start(): Worker {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      const idle = this.worker;
      // Whoever asks while it ends gets another one.
      this.worker = undefined;
      void idle?.terminate();
    }, IDLE);
    this.idle.unref();
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL('./filter-check-worker.js', import.meta.url));
    this.worker = worker;
    worker.unref();
    worker.on('message', (answer: CheckAnswer) => {
      this.asked.get(answer.id)?.(answer);
      this.asked.delete(answer.id);
    });
    const gone = (words: string): void => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      for (const [id, answer] of this.asked) answer({ id, code: 'io', message: words });
      this.asked.clear();
    };
    worker.on('error', (error) => gone(`The capture filter could not be checked: ${error.message}.`));
    worker.on('exit', () => gone('The capture filter could not be checked: netglass is stopping.'));
    return worker;
  }
}
