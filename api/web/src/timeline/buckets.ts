/** Buckets of time as columns of numbers that can be drawn on top of one another. It imports nothing but types. */

import type { TimelineBucket } from '../api/types';

export type Measure = 'packets' | 'bytes';

/** Protocols that have a colour of their own; what is left is drawn as one. */
export const COLOURS = 7;
/** What is left goes by this name, which no protocol has. */
export const OTHERS = '';
/** Buckets are asked for so that at most so many come. */
const MOST_BUCKETS = 400;
/** From so many packets on, only whole seconds are asked for: they are counted already. */
const MANY_PACKETS = 500_000;

/**
 * The width of a bucket with which a capture makes 160 to 400 of them.
 *
 * @param duration seconds
 * @returns seconds: 1, 2 or 5 times a power of ten
 */
export function intervalOf(duration: number, packets: number): number {
  const wanted = Math.max(duration / MOST_BUCKETS, 1e-6);
  const power = 10 ** Math.floor(Math.log10(wanted) + 1e-9);
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10;
  const interval = Number((step * power).toPrecision(1));
  return interval < 1 && packets > MANY_PACKETS ? 1 : interval;
}

/** Nanoseconds since 1970 of an RFC 3339 time in UTC with up to nine decimals. */
export function nanoseconds(time: string): bigint {
  const [whole, fraction = ''] = time.replace('Z', '').split('.');
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/**
 * The protocols that are drawn, those with most packets first, and `OTHERS` where there are more. Who has a colour keeps
 * it while a capture grows: `before` are those of the last time.
 */
export function protocolsOf(buckets: readonly TimelineBucket[], before: readonly string[]): readonly string[] {
  const totals = new Map<string, number>();
  for (const { byProtocol } of buckets)
    for (const [name, { packets }] of Object.entries(byProtocol)) totals.set(name, (totals.get(name) ?? 0) + packets);
  const kept = before.filter((name) => totals.has(name));
  const more = [...totals.keys()]
    .filter((name) => !kept.includes(name))
    .sort((a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0));
  const shown = [...kept, ...more].slice(0, COLOURS);
  return totals.size > shown.length ? [...shown, OTHERS] : shown;
}

/** The value of each protocol in a bucket. */
export function valueIn({ byProtocol }: TimelineBucket, name: string, shown: readonly string[], by: Measure): number {
  if (name !== OTHERS) return byProtocol[name]?.[by] ?? 0;
  let sum = 0;
  for (const [other, value] of Object.entries(byProtocol)) if (!shown.includes(other)) sum += value[by];
  return sum;
}

/** Each protocol's upper edge: its own value and those of all before it. */
export function stacked(
  buckets: readonly TimelineBucket[],
  protocols: readonly string[],
  hidden: ReadonlySet<string>,
  by: Measure,
): number[][] {
  let below: number[] = buckets.map(() => 0);
  return protocols.map((name) => {
    if (!hidden.has(name)) below = buckets.map((bucket, at) => below[at] + valueIn(bucket, name, protocols, by));
    return below;
  });
}

/** What the chart draws. */
export interface Drawn {
  /** Seconds since the capture's first packet at which each bucket begins. */
  readonly times: readonly number[];
  /** Seconds. */
  readonly interval: number;
  /** Upper edges, the lowest first; see `stacked`. */
  readonly edges: readonly (readonly number[])[];
  readonly drops: readonly (number | null)[];
  readonly format: (value: number) => string;
}

/** Packets lost in all of them; null where losses were not counted. */
export function lostIn(buckets: readonly { readonly drops: number | null }[]): number | null {
  return buckets.reduce<number | null>((sum, { drops }) => (drops === null ? sum : (sum ?? 0) + drops), null);
}
