/** When packets may leave. Times are nanoseconds of `process.hrtime`. */

/** How much of its time a limit lets be made up for, so that runs with breaks between them still reach it. */
const DEBT = 20e6;

export function nowNanoseconds(): number {
  return Number(process.hrtime.bigint());
}

/** A limit that everybody who sends shares: packets take turns, a run at a time. */
export class RateLimit {
  /** Nanoseconds from one packet to the next at least. */
  readonly gap: number;
  private next = 0;

  /** @param perSecond packets a second, above 0; `Infinity` for no limit */
  constructor(readonly perSecond: number) {
    this.gap = 1e9 / perSecond;
  }

  /** Packets that a run of `nanoseconds` may have, at least one. */
  packetsIn(nanoseconds: number): number {
    return Math.max(1, Math.floor(nanoseconds / this.gap));
  }

  /**
   * Takes the next turns of the limit.
   *
   * @param from when the first packet is wanted
   * @returns when it may leave; the others follow at least `gap` apart
   */
  reserve(packets: number, from: number): number {
    const start = Math.max(from, this.next, nowNanoseconds() - DEBT);
    this.next = start + packets * this.gap;
    return start;
  }
}
