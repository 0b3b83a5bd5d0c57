/** What is wrong with a filter's text, in words for the person who typed it. */

/** Thrown for a filter that cannot be understood. Nothing else is ever thrown for a filter's text. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  constructor(
    /** One sentence. */
    message: string,
    /** 0-based character of the text at which it is wrong. */
    readonly position: number,
    /** What could have stood there. */
    readonly expected?: string,
  ) {
    super(message);
  }
}

/** Changes of one character, or swaps of two neighbours, that make `b` of `a`; at most `limit` are counted. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2] + 1);
      row.push(best);
    }
    if (Math.min(...row) > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length];
}

/** The name most like `given`, for "did you mean"; undefined when none is near. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  // Longer words are hardly slips of the finger, and would cost time.
  if (given.length > 64) return undefined;
  const word = given.toLowerCase();
  let best: string | undefined;
  let least = word.length <= 4 ? 1 : 2;
  for (const name of names) {
    const steps = distance(word, name.toLowerCase(), least);
    if (steps < least || (steps === least && (best === undefined || name.length < best.length))) {
      if (steps <= least) best = name;
      least = steps;
    }
  }
  return best;
}
