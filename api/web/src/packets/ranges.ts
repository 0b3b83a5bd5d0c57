/**
 * Sets of packet numbers as ranges, however many there are in them. It imports nothing, so that it can be tested without
 * a browser.
 */

/** First and last number, both in it; sorted, and with gaps between them. */
export type Ranges = readonly (readonly [number, number])[];

/** Ranges that are kept: a filter of more would not fit an address. */
export const MOST_RANGES = 200;

export const has = (ranges: Ranges, number: number): boolean =>
  ranges.some(([first, last]) => first <= number && number <= last);

/** The ranges with these numbers in them too. */
export function added(ranges: Ranges, from: number, to: number): Ranges {
  let [first, last] = from <= to ? [from, to] : [to, from];
  const rest: (readonly [number, number])[] = [];
  for (const range of ranges) {
    if (range[1] < first - 1 || range[0] > last + 1) rest.push(range);
    else {
      first = Math.min(first, range[0]);
      last = Math.max(last, range[1]);
    }
  }
  const all = [...rest, [first, last] as const].sort((one, other) => one[0] - other[0]);
  return all.length > MOST_RANGES ? ranges : all;
}

/** The ranges without a number. */
export function removed(ranges: Ranges, number: number): Ranges {
  const left = ranges.flatMap(([first, last]): Ranges => {
    if (number < first || number > last) return [[first, last]];
    return [
      ...(first < number ? [[first, number - 1] as const] : []),
      ...(number < last ? [[number + 1, last] as const] : []),
    ];
  });
  return left.length > MOST_RANGES ? ranges : left;
}

/** The display filter for them; undefined for none. */
export function filterOf(ranges: Ranges): string | undefined {
  if (ranges.length === 0) return undefined;
  if (ranges.length === 1 && ranges[0][0] === ranges[0][1]) return `frame.number == ${ranges[0][0]}`;
  return `frame.number in {${ranges.map(([first, last]) => (first === last ? first : `${first}..${last}`)).join(', ')}}`;
}
