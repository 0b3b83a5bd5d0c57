/** A filter's matches so far: a compact, growing list of packet numbers, so that any place in it is one quick answer. */

import type { CaptureReader } from './capture-reader.js';
import { FilterRun } from './filter-run.js';
import type { Matches } from './query-types.js';

const CHUNK = 65536;

export class ResultSet {
  readonly plan: Matches['plan'];
  count = 0;
  /** Every packet up to this number has been looked at. */
  scannedTo: number;
  /** When it was last asked for, for whoever must make room. */
  usedAt = 0;
  private readonly chunks: Uint32Array[] = [];
  private readonly run: FilterRun;
  private working: Generator<void, void, undefined> | undefined;

  /** @throws FilterError */
  constructor(
    private readonly reader: CaptureReader,
    filter: string,
  ) {
    this.run = new FilterRun(reader, filter);
    this.plan = this.run.plan;
    this.scannedTo = reader.firstNumber - 1;
  }

  /** Octets of memory that it takes. */
  get size(): number {
    return this.chunks.length * CHUNK * 4;
  }

  /** Whether every packet that is in the index now has been looked at. */
  get complete(): boolean {
    return this.scannedTo >= this.reader.lastNumber;
  }

  get matches(): Matches {
    return { count: this.count, complete: this.complete, plan: this.plan };
  }

  /** The packet number at a 0-based place below `count`. */
  at(position: number): number {
    return this.chunks[Math.floor(position / CHUNK)][position % CHUNK];
  }

  /** The place of the first match whose number is greater than `number`; `count` when there is none. */
  placeAfter(number: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Up to `limit` numbers from a place on. */
  slice(position: number, limit: number): number[] {
    const numbers: number[] = [];
    for (let i = Math.max(0, position); i < Math.min(this.count, position + limit); i++) numbers.push(this.at(i));
    return numbers;
  }

  /** Looks at some more packets. Returns whether there is more to look at. */
  step(): boolean {
    this.working ??= this.work();
    if (this.working.next().done === true) this.working = undefined;
    return !this.complete;
  }

  private *work(): Generator<void, void, undefined> {
    const last = this.reader.lastNumber;
    for (const { rows, scannedTo } of this.run.matches(this.scannedTo + 1, last)) {
      for (const row of rows) this.add(row.number);
      this.scannedTo = scannedTo;
      yield;
    }
    this.scannedTo = Math.max(this.scannedTo, last);
  }

  private add(number: number): void {
    const place = this.count % CHUNK;
    if (place === 0) this.chunks.push(new Uint32Array(CHUNK));
    this.chunks[this.chunks.length - 1][place] = number;
    this.count++;
  }
}
