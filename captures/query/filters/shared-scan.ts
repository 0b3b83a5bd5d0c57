/**
 * A filter's matches, looked for by two threads where that is quicker: each goes through the log, walks every packet, and
 * decodes only the conversations that are its part. What they find is put in order again as far as both have come.
 */

import type { CaptureReader } from '../capture-reader.js';
import { FilterRun, type NumberStep } from './filter-run.js';
import { AHEAD, beginScan, idleProcessor, type Scan, scanHelperIsFree } from './scan-helper.js';

/** With fewer packets than these left, the second thread would hardly have begun. */
export const LEAST_SHARED = 300_000;

/** `wait`: there is nothing to do before it settles. */
export interface SharedStep extends NumberStep {
  readonly wait?: Promise<void>;
}

/**
 * As `FilterRun.numbers`. The second thread comes in when it is there: until then one looks at everything, so that first
 * pages do not wait for it.
 *
 * @param least packets that must be left for the second thread to be worth it
 * @param isIdle whether a processor has nothing else to do
 */
export function* sharedNumbers(
  reader: CaptureReader,
  filter: string,
  run: FilterRun,
  from: number,
  to: number,
  least = LEAST_SHARED,
  isIdle = idleProcessor(),
): Generator<SharedStep, void, undefined> {
  if (to - from < least || !run.mayBeDivided(from, to)) {
    yield* run.numbers(from, to);
    return;
  }
  let scan: Scan | undefined;
  let done = from - 1;
  try {
    const merge = new Merge();
    for (const step of run.numbers(from, to)) {
      if (scan === undefined) {
        yield step;
        done = step.scannedTo;
        if (run.sawFragment || to - done < least || !isIdle() || !scanHelperIsFree()) continue;
        const theirs = run.theirs();
        run.divide({ part: 0, theirs });
        scan = beginScan({ folder: reader.folder, filter, from, to, after: done, theirs });
        continue;
      }
      merge.add(step.numbers);
      scan.tell(step.scannedTo);
      for (;;) {
        if (scan.failed || run.sawFragment) break;
        for (const numbers of scan.take()) merge.addOther(numbers);
        done = Math.max(done, Math.min(step.scannedTo, scan.scannedTo));
        const ahead = step.scannedTo - scan.scannedTo;
        const mustWait = ahead > AHEAD || (step.scannedTo >= to && ahead > 0);
        // Whoever has everything does not ask again.
        if (done >= to) scan.end();
        yield { numbers: merge.take(done), scannedTo: done, ...(mustWait ? { wait: scan.news() } : {}) };
        if (!mustWait) break;
      }
      if (scan.failed || run.sawFragment) break;
    }
    if (scan === undefined) return;
    while (!scan.failed && !run.sawFragment && done < to) {
      for (const numbers of scan.take()) merge.addOther(numbers);
      // Its own part is through: a ring may have ended it before `to`.
      done = Math.max(done, scan.scannedTo);
      if (done >= to) scan.end();
      yield { numbers: merge.take(done), scannedTo: done, ...(done < to ? { wait: scan.news() } : {}) };
    }
    if (done >= to && !scan.failed && !run.sawFragment) return;
  } finally {
    scan?.end();
  }
  // Fragments may belong to any conversation, and a thread may be lost: then one looks at everything, from the beginning.
  for (const { numbers, scannedTo } of new FilterRun(reader, filter).numbers(from, to)) {
    if (scannedTo <= done) yield { numbers: [], scannedTo: done };
    else yield { numbers: numbers.filter((number) => number > done), scannedTo };
  }
}

/** Two ascending lists of numbers that grow at their ends, as one. */
class Merge {
  private own: number[] = [];
  private others: number[] = [];

  add(numbers: readonly number[]): void {
    for (const number of numbers) this.own.push(number);
  }

  addOther(numbers: Uint32Array): void {
    for (const number of numbers) this.others.push(number);
  }

  /** Those up to a number; they are forgotten here. */
  take(upTo: number): number[] {
    const { own, others } = this;
    const taken: number[] = [];
    let i = 0;
    let k = 0;
    for (;;) {
      const a = i < own.length && own[i] <= upTo ? own[i] : Number.POSITIVE_INFINITY;
      const b = k < others.length && others[k] <= upTo ? others[k] : Number.POSITIVE_INFINITY;
      if (a === b) break;
      if (a < b) i++;
      else k++;
      taken.push(Math.min(a, b));
    }
    if (i > 0) this.own = own.slice(i);
    if (k > 0) this.others = others.slice(k);
    return taken;
  }
}
