/** Turns what a number may be into one quick check. */

import type { Bound } from './condition.js';
import { addressRange } from './values.js';

export type NumberCheck = (value: number) => boolean;

/** Closed, sorted, disjoint ranges of whole numbers. */
type Ranges = (readonly [number, number])[];

/** More single values than this are looked up in a set. */
const FEW = 4;

/** A value as a number: MAC addresses are 48 bits. Undefined when it is none that a double holds exactly. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Uint8Array && value.length <= 6) return value.reduce((sum, octet) => sum * 256 + octet, 0);
  return undefined;
}

function rangeOf(bound: Bound): readonly [number, number] | undefined {
  if (bound.order === 'between') {
    const from = numberOf(bound.from);
    const to = numberOf(bound.to);
    return from === undefined || to === undefined ? undefined : [from, to];
  }
  const [first, last] = addressRange(bound.literal).map(numberOf);
  if (first === undefined || last === undefined) return undefined;
  switch (bound.order) {
    case 'eq':
      return [first, last];
    // A network is compared as a whole: above it is above its last address.
    case 'lt':
      return [Number.NEGATIVE_INFINITY, first - 1];
    case 'le':
      return [Number.NEGATIVE_INFINITY, last];
    case 'gt':
      return [last + 1, Number.POSITIVE_INFINITY];
    case 'ge':
      return [first, Number.POSITIVE_INFINITY];
  }
}

/** The bounds as ranges of whole numbers; undefined when one of them is no such number. */
export function numberRanges(bounds: readonly Bound[]): Ranges | undefined {
  const ranges: Ranges = [];
  for (const bound of bounds) {
    const range = rangeOf(bound);
    if (range === undefined) return undefined;
    if (range[0] <= range[1]) ranges.push(range);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = merged[merged.length - 1];
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** Whether a number lies in one of the ranges. */
export function numberCheck(ranges: Ranges): NumberCheck {
  if (ranges.length === 0) return () => false;
  if (ranges.length === 1) {
    const [from, to] = ranges[0];
    if (from === to) return (value) => value === from;
    return (value) => value >= from && value <= to;
  }
  if (ranges.every(([from, to]) => from === to) && ranges.length > FEW) {
    const set = new Set(ranges.map(([from]) => from));
    return (value) => set.has(value);
  }
  const starts = Float64Array.from(ranges, ([from]) => from);
  const ends = Float64Array.from(ranges, ([, to]) => to);
  return (value) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= value) low = middle;
      else high = middle - 1;
    }
    return value >= starts[low] && value <= ends[low];
  };
}
