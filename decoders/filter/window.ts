/** Between which packet numbers and times all matches of a filter must be: so that nobody looks anywhere else. */

import type { Bound, Condition } from './condition.js';
import { numberRanges } from './numbers.js';
import { addressRange } from './values.js';

type Range = readonly [number, number];

/** Both ends included; infinite where the filter does not limit them. */
export interface FilterWindow {
  /** Of `frame.number`. */
  readonly number: Range;
  /** Nanoseconds since the capture's base time; packets without a time are outside of a limited one. */
  readonly time: Range;
}

const ALL: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const EVERYWHERE: FilterWindow = { number: ALL, time: ALL };

/** @param baseTime nanoseconds since 1970 of relative time 0; without it, absolute times limit nothing */
export function windowOf(condition: Condition, baseTime?: bigint): FilterWindow {
  switch (condition.kind) {
    case 'and':
      return condition.parts.map((part) => windowOf(part, baseTime)).reduce(intersection, EVERYWHERE);
    case 'or':
      return condition.parts.map((part) => windowOf(part, baseTime)).reduce(hull);
    case 'match':
      return condition.negated || condition.reference.kind !== 'frame'
        ? EVERYWHERE
        : matchWindow(condition.reference.name, condition.bounds, baseTime);
    default:
      return EVERYWHERE;
  }
}

function matchWindow(name: string, bounds: readonly Bound[], baseTime: bigint | undefined): FilterWindow {
  if (name === 'frame.number') return { number: spanOf(numberRanges(bounds)), time: ALL };
  if (name === 'frame.time_relative') return { number: ALL, time: spanOf(numberRanges(bounds)) };
  if ((name === 'frame.time' || name === 'frame.time_epoch') && baseTime !== undefined)
    return { number: ALL, time: spanOf(bounds.map((bound) => timeRange(bound, baseTime))) };
  return EVERYWHERE;
}

/** One range that has them all; nothing is in none. */
function spanOf(ranges: readonly Range[] | undefined): Range {
  if (ranges === undefined) return ALL;
  return [Math.min(...ranges.map((range) => range[0])), Math.max(...ranges.map((range) => range[1]))];
}

/** Ends that are excluded are in it, too: it may be wider than the bound. */
function timeRange(bound: Bound, baseTime: bigint): Range {
  const relative = (value: unknown): number => Number((value as bigint) - baseTime);
  if (bound.order === 'between') return wider([relative(bound.from), relative(bound.to)]);
  const [first, last] = addressRange(bound.literal).map(relative);
  switch (bound.order) {
    case 'eq':
      return wider([first, last]);
    case 'lt':
    case 'le':
      return wider([Number.NEGATIVE_INFINITY, last]);
    default:
      return wider([first, Number.POSITIVE_INFINITY]);
  }
}

/** By what a double may be off, for times more than 104 days from the base. */
function wider([from, to]: Range): Range {
  const off = (time: number): number =>
    Number.isSafeInteger(time) || !Number.isFinite(time) ? 0 : Math.abs(time) / 2 ** 50;
  return [from - off(from), to + off(to)];
}

function intersection(one: FilterWindow, other: FilterWindow): FilterWindow {
  const both = (a: Range, b: Range): Range => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
  return { number: both(one.number, other.number), time: both(one.time, other.time) };
}

function hull(one: FilterWindow, other: FilterWindow): FilterWindow {
  const either = (a: Range, b: Range): Range => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
  return { number: either(one.number, other.number), time: either(one.time, other.time) };
}
