/** A filter's matches so far: a compact, growing list of packet numbers, so that any place in it is one quick answer. */

import type { CaptureReader } from '../capture-reader.js';
import type { Matches } from '../query-types.js';
import { FilterRun } from './filter-run.js';
import { LEAST_SHARED, sharedNumbers } from './shared-scan.js';

const CHUNK = 65536;

export class ResultSet {
  /** Every packet up to this number has been looked at. */
  scannedTo: number;
  /** When it was last asked for, for whoever must make room. */
  usedAt = 0;
  private readonly programChanges: number;
  private latestPlan: Matches['plan'];
  private readonly isDeep: boolean;
  private chunks: Uint32Array[] = [];
  /** Numbers in `chunks`. */
  private stored = 0;
  /** Those at the front whose packets a ring has let go. */
  private gone = 0;
  private working: Generator<void, void, undefined> | undefined;
  /** Settles when another thread has news; undefined where there is something to do. */
  waiting: Promise<void> | undefined;
  /** The run that told the plan, and the last packet that it knows of, until it is used. */
  private first: { readonly run: FilterRun; readonly last: number } | undefined;
  /** The run before, which knows of the packets so far. */
  private before: FilterRun | undefined;

  /**
   * @param flow only packets of this flow
   * @throws FilterError
   */
  constructor(
    private readonly reader: CaptureReader,
    private readonly filter: string,
    private readonly flow?: number,
    /** Packets from which on two threads look at them. */
    private readonly least = LEAST_SHARED,
  ) {
    this.programChanges = reader.programChanges;
    const last = reader.lastNumber;
    const run = new FilterRun(reader, filter);
    this.first = { run, last };
    this.latestPlan = run.plan;
    this.isDeep = run.deep;
    this.scannedTo = (flow === undefined ? reader.firstNumber : (flowStart(reader, flow) ?? 1)) - 1;
  }

  /** Whether programs that it asks for have become known since it was begun: it has to be begun again. */
  get isOutdated(): boolean {
    return this.filter.includes('netglass.process.') && this.programChanges !== this.reader.programChanges;
  }

  /** Whether it depends on more than each packet's own octets: secrets may change it. */
  get deep(): boolean {
    return this.isDeep;
  }

  get count(): number {
    return this.stored - this.gone;
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
    return { count: this.count, complete: this.complete, scannedTo: this.scannedTo, plan: this.latestPlan };
  }

  /** Forgets matches before `first`, which a ring has let go. */
  forgetBefore(first: number): void {
    this.gone += this.placeAfter(first - 1);
    const whole = Math.floor(this.gone / CHUNK);
    if (whole > 0) this.chunks.splice(0, whole);
    this.gone -= whole * CHUNK;
    this.stored -= whole * CHUNK;
  }

  /** The packet number at a 0-based place below `count`. */
  at(position: number): number {
    const place = this.gone + position;
    return this.chunks[Math.floor(place / CHUNK)][place % CHUNK];
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

  /** Gives up what it is at: its file is closed, another thread looks for nothing more. Asked again, it goes on. */
  end(): void {
    this.working?.return();
    this.working = undefined;
    this.waiting = undefined;
    // The run is not finished, and another one has to find out by itself.
    this.before = undefined;
  }

  private *work(): Generator<void, void, undefined> {
    const last = this.reader.lastNumber;
    const run = this.first?.last === last ? this.first.run : new FilterRun(this.reader, this.filter, this.before);
    this.first = undefined;
    this.before = run;
    this.latestPlan = run.plan;
    if (this.flow === undefined)
      for (const step of sharedNumbers(this.reader, this.filter, run, this.scannedTo + 1, last, this.least)) {
        for (const number of step.numbers) this.add(number);
        this.scannedTo = step.scannedTo;
        this.waiting = step.wait;
        yield;
      }
    else
      for (const { rows, scannedTo } of run.matches(this.scannedTo + 1, last)) {
        for (const row of rows) if (this.reader.flowOf(row) === this.flow) this.add(row.number);
        this.scannedTo = scannedTo;
        yield;
      }
    this.waiting = undefined;
    this.scannedTo = Math.max(this.scannedTo, last);
  }

  private add(number: number): void {
    const place = this.stored % CHUNK;
    if (place === 0) this.chunks.push(new Uint32Array(CHUNK));
    this.chunks[this.chunks.length - 1][place] = number;
    this.stored++;
  }
}

/** Number of a flow's first packet, or of the first one that a ring has left. */
function flowStart(reader: CaptureReader, flow: number): number | undefined {
  const first = reader.statement('SELECT first_packet FROM flows WHERE id = ?').pluck().get(flow) as number | undefined;
  return first === undefined ? undefined : Math.max(first, reader.firstNumber);
}
