/** When packets came, by their numbers: the rows of the table `spans`, gathered between commits. */

/** Packet numbers of one row: `number >> SPAN_BITS` is its place. */
export const SPAN_BITS = 14;

export class TimeSpans {
  private readonly spans = new Map<number, { first: number; last: number }>();

  /** @param time nanoseconds since the base time */
  add(number: number, time: number): void {
    const place = Math.floor(number / 2 ** SPAN_BITS);
    const span = this.spans.get(place);
    if (span === undefined) this.spans.set(place, { first: time, last: time });
    else {
      if (time < span.first) span.first = time;
      if (time > span.last) span.last = time;
    }
  }

  /** Hands every row over and forgets it. */
  drain(store: (place: number, first: number, last: number) => void): void {
    for (const [place, { first, last }] of this.spans) store(place, first, last);
    this.spans.clear();
  }
}
