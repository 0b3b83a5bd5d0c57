/** A statistic that grows: it goes through the log once, and on from there when packets have come. */

import type { CaptureReader } from '../capture-reader.js';
import type { ResultSet } from '../filters/result-set.js';
import { visitLog } from '../log-visit.js';

/** What is counted. */
export interface Tally {
  /** Whether `add` needs to know the packets' flows. */
  readonly wantsFlows: boolean;
  /** @param at where the packet's Enhanced Packet Block starts; `matches`: whether it meets the filter */
  add(view: DataView, at: number, number: number, matches: boolean, flow: number): void;
  result(): object;
}

export class Statistic {
  /** Every packet up to this number is counted. */
  scannedTo: number;
  /** When it was last asked for, for whoever must make room. */
  usedAt = 0;
  private working: Generator<number, void, undefined> | undefined;
  private matches: ResultSet | undefined;
  private readonly first: number;

  constructor(
    private readonly reader: CaptureReader,
    readonly tally: Tally,
  ) {
    this.first = reader.firstNumber;
    this.scannedTo = this.first - 1;
  }

  /** Whether a ring has let packets go that are counted. */
  get outdated(): boolean {
    return this.reader.firstNumber > this.first;
  }

  /**
   * Counts about 1 MiB of packets, as far as both the index and the matches go.
   *
   * @param matches the filter's result set; undefined: all packets
   */
  step(matches: ResultSet | undefined): void {
    if (this.working === undefined) {
      this.matches = matches;
      this.working = this.work();
    }
    const { done, value } = this.working.next();
    if (done === true) this.working = undefined;
    else this.scannedTo = value;
  }

  /** Closes the file that it is at. Asked again, it goes on. */
  end(): void {
    this.working?.return();
    this.working = undefined;
  }

  private *work(): Generator<number, void, undefined> {
    const { reader, tally, matches } = this;
    const from = this.scannedTo + 1;
    const to = matches === undefined ? reader.lastNumber : Math.min(reader.lastNumber, matches.scannedTo);
    const flows = tally.wantsFlows ? new FlowsInOrder(reader) : undefined;
    let place = matches?.placeAfter(from - 1) ?? 0;
    const runs = visitLog(reader, from, to, (view, at, number) => {
      const wanted = matches === undefined || (place < matches.count && matches.at(place) === number);
      if (wanted && matches !== undefined) place++;
      tally.add(view, at, number, wanted, flows?.of(number) ?? 0);
    });
    for (const scannedTo of runs) {
      yield scannedTo;
      // A ring may have moved the matches' places meanwhile.
      place = matches?.placeAfter(scannedTo) ?? 0;
    }
    this.scannedTo = Math.max(this.scannedTo, to);
  }
}

const FLOWS_AT_ONCE = 10_000;

/** The flows of packets that are asked for in order. */
class FlowsInOrder {
  private first = 1;
  private flows: number[] = [];

  constructor(private readonly reader: CaptureReader) {}

  of(number: number): number {
    if (number < this.first || number >= this.first + this.flows.length) {
      this.first = number;
      this.flows = this.reader
        .statement('SELECT p.flow FROM packets p WHERE p.number BETWEEN ? AND ? ORDER BY p.number')
        .pluck()
        .all(number, number + FLOWS_AT_ONCE - 1) as number[];
    }
    return this.flows[number - this.first] ?? 0;
  }
}
