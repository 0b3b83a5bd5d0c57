/** The second thread of long scans: started when one begins, and ended when none goes on. */

import { readFileSync } from 'node:fs';
import { availableParallelism, platform } from 'node:os';
import { Worker } from 'node:worker_threads';

/** What the thread is told: a filter, and which of its matches are wanted. */
export interface ScanJob {
  readonly id: number;
  readonly folder: string;
  readonly filter: string;
  /** Packet numbers, both included. */
  readonly from: number;
  readonly to: number;
  /** Matches up to this number are known. */
  readonly after: number;
  /** By the hash of two ports, a bit: set where conversations are this thread's. */
  readonly theirs: Uint32Array;
  /** How far the query thread has come, and whether the rest is not wanted any more; shared. */
  readonly state: Int32Array;
}

/** What it tells; `failed`: the scan cannot be divided, or not be done. */
export type ScanMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly id: number; readonly numbers: Uint32Array; readonly scannedTo: number }
  | { readonly type: 'failed'; readonly id: number };

/** Places in `ScanJob.state`. */
export const PROGRESS = 0;
export const CANCELLED = 1;
/** Packets that one thread may be ahead of the other, so that little waits to be put in order. */
export const AHEAD = 200_000;

/** Milliseconds without a scan, or in which nobody asks how it goes on, after which the thread ends. */
const SILENT = 20_000;

let worker: Worker | undefined;
let ready = false;
let current: Scan | undefined;
let ending: NodeJS.Timeout | undefined;
let lastId = 0;

/** A scan that the second thread takes part in. */
export class Scan {
  /** How far it has come. */
  scannedTo: number;
  failed = false;
  private readonly found: Uint32Array[] = [];
  private wake: (() => void) | undefined;
  private isNew = false;

  constructor(readonly job: ScanJob) {
    this.scannedTo = job.from - 1;
  }

  /** Says how far the query thread has come. */
  tell(scannedTo: number): void {
    Atomics.store(this.job.state, PROGRESS, scannedTo);
    Atomics.notify(this.job.state, PROGRESS);
    ending?.refresh();
  }

  /** The matches that were found since, in ascending order. */
  take(): Uint32Array[] {
    return this.found.splice(0);
  }

  /** Settles when there is news of it. */
  news(): Promise<void> {
    if (this.isNew || this.failed) {
      this.isNew = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** Takes a message of the thread's. */
  receive(message: Exclude<ScanMessage, { type: 'ready' }>): void {
    if (message.type === 'failed') this.failed = true;
    else {
      if (message.numbers.length > 0) this.found.push(message.numbers);
      this.scannedTo = message.scannedTo;
    }
    this.isNew = this.wake === undefined;
    this.wake?.();
    this.wake = undefined;
  }

  /** The rest is not wanted any more. */
  end(): void {
    Atomics.store(this.job.state, CANCELLED, 1);
    Atomics.notify(this.job.state, PROGRESS);
    if (current === this) current = undefined;
  }
}

/** Looks in a row that find a processor idle, until it is believed: one look is by chance. */
const LOOKS = 8;

/** A question to be asked again and again: whether a processor has had nothing to do for a while. */
export function idleProcessor(): () => boolean {
  let looks = 0;
  return () => {
    looks = hasIdleProcessor() ? looks + 1 : 0;
    return looks >= LOOKS;
  };
}

/** Whether a processor has nothing to do at this moment: captures that run need theirs, and so do others. */
function hasIdleProcessor(): boolean {
  if (platform() !== 'linux') return false;
  // proc(5): the fourth field is how many threads can run now, of how many there are. One of them is this one.
  const running = /^\S+ \S+ \S+ (\d+)\//.exec(readFileSync('/proc/loadavg', 'latin1'));
  return running !== null && Number(running[1]) < availableParallelism();
}

/** Whether the second thread has nothing to do; starts it when there is none, which takes it a tenth of a second. */
export function scanHelperIsFree(): boolean {
  if (worker === undefined) start();
  else ending?.refresh();
  return ready && current === undefined;
}

/** Has the second thread, which must be free, look for its part of the matches. */
export function beginScan(job: Omit<ScanJob, 'id' | 'state'>): Scan {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const scan = new Scan({ ...job, id: ++lastId, state });
  scan.tell(job.after);
  current = scan;
  worker?.postMessage(scan.job);
  return scan;
}

/** Ends the thread; a scan that it takes part in fails. */
export async function endScanHelper(): Promise<void> {
  clearTimeout(ending);
  const ended = worker;
  lose();
  await ended?.terminate();
}

function start(): void {
  const started = new Worker(new URL('./scan-worker.js', import.meta.url));
  worker = started;
  // Whoever waits for a scan is kept alive by who asked.
  started.unref();
  started.on('message', (message: ScanMessage) => {
    if (message.type === 'ready') ready = true;
    else if (message.id === current?.job.id) current.receive(message);
  });
  const gone = (): void => {
    if (worker === started) lose();
  };
  // A scan goes on without it: what it found before is not trusted.
  started.on('error', gone);
  started.on('exit', gone);
  ending = setTimeout(() => void endScanHelper(), SILENT).unref();
}

function lose(): void {
  worker = undefined;
  ready = false;
  const scan = current;
  current = undefined;
  scan?.receive({ type: 'failed', id: scan.job.id });
}
