/** How much of a processor the watching thread may have. */

import { readFileSync } from 'node:fs';

/** Milliseconds that are saved before anything is spent again. */
const RESERVE = 5;

/** A share of one core: what this thread may spend now, and when there is something to spend again. */
export class Budget {
  private saved: number;
  private at = performance.now();
  private used: number;

  /**
   * @param share of a core, 0 … 1
   * @param burst milliseconds that may be saved up at most
   * @param clock milliseconds that the thread has run so far
   */
  constructor(
    private readonly share: number,
    private readonly burst: number,
    private readonly clock: () => number = threadTime,
  ) {
    this.saved = burst;
    this.used = clock();
  }

  /**
   * Milliseconds until there is something to spend; 0: there is. Once all is spent, a little is saved first: waking up for
   * next to nothing would cost as much again.
   */
  get wait(): number {
    const now = performance.now();
    const used = this.clock();
    this.saved = Math.min(this.burst, this.saved + (now - this.at) * this.share) - (used - this.used);
    this.at = now;
    this.used = used;
    return this.saved > 0 ? 0 : Math.ceil((RESERVE - this.saved) / this.share);
  }
}

/**
 * Milliseconds that the calling thread has had a processor (proc(5), `schedstat`): on a busy machine much less than the
 * time that has passed. Where the kernel does not count that, the time since the process began stands in for it.
 */
export function threadTime(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}
