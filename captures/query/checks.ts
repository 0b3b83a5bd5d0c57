/** Expectations about a capture, in order: what must come, how often, and what must not come in between. */

import type { ResultSet } from './filters/result-set.js';

/** Packets that must come, after those of the expectation before. */
export interface Expectation {
  readonly name?: string;
  /** Display filter. */
  readonly expect: string;
  /** How many; default 1 or more. A number: exactly so many. */
  readonly count?: number | { readonly min?: number; readonly max?: number };
  /** Seconds from the last packet of the expectation before to the last of these. */
  readonly within?: number;
}

/** Packets that must not come between the expectation before and the one after. */
export interface Prohibition {
  readonly name?: string;
  /** Display filter. */
  readonly no: string;
}

export type Check = Expectation | Prohibition;

export interface CheckOutcome {
  /** The check's own name, or its filter in words. */
  readonly name: string;
  readonly pass: boolean;
  /** What was found, in one sentence. */
  readonly detail: string;
  /** Matching packets in the part of the capture that the check is about. */
  readonly count: number;
  /** Numbers of the packets that made it pass, or fail: at most 100. */
  readonly packets: readonly number[];
}

export interface CheckReport {
  readonly pass: boolean;
  readonly checks: readonly CheckOutcome[];
}

const SHOWN = 100;

/** An expectation, and where its packets were found. */
interface Found {
  readonly results: ResultSet;
  readonly min: number;
  readonly max: number;
  /** Number of the packet before which nothing counts. */
  readonly after: number;
  /** Number of the packet that completed it; undefined when it was not met. */
  readonly last: number | undefined;
}

/**
 * Judges the checks. Each expectation takes the first packets behind those of the one before that are enough for it;
 * further ones, up to the packets of the next expectation, count towards its maximum. A prohibition is about the
 * packets between its neighbours, or to the capture's beginning or end.
 *
 * @param resultsOf a filter's matches, complete
 * @param timeOf nanoseconds since the capture's first packet; null when the packet has no time
 * @throws FilterError
 */
export async function judge(
  checks: readonly Check[],
  resultsOf: (filter: string) => Promise<ResultSet>,
  timeOf: (number: number) => number | null,
): Promise<CheckReport> {
  const results: ResultSet[] = [];
  for (const check of checks) results.push(await resultsOf(filterOf(check)));
  const found = locate(checks, results);
  const outcomes = checks.map((check, index) =>
    'no' in check
      ? judgeProhibition(check, results[index], found, index)
      : judgeExpectation(check, found[index] as Found, nextStart(found, index), startOf(found, index), timeOf),
  );
  return { pass: outcomes.every((outcome) => outcome.pass), checks: outcomes };
}

function filterOf(check: Check): string {
  return 'no' in check ? check.no : check.expect;
}

/** Where each expectation's packets are; undefined for prohibitions. */
function locate(checks: readonly Check[], results: readonly ResultSet[]): (Found | undefined)[] {
  let after = 0;
  return checks.map((check, index) => {
    if ('no' in check) return undefined;
    const { min, max } = bounds(check.count);
    const set = results[index];
    const place = set.placeAfter(after);
    const last = min === 0 ? after : place + min <= set.count ? set.at(place + min - 1) : undefined;
    const found = { results: set, min, max, after, last };
    // After one that failed, the next is looked for from the same place: its own outcome still tells something.
    after = last ?? after;
    return found;
  });
}

function bounds(count: Expectation['count']): { min: number; max: number } {
  if (typeof count === 'number') return { min: count, max: count };
  return { min: count?.min ?? (count?.max === undefined ? 1 : Math.min(1, count.max)), max: count?.max ?? Infinity };
}

/** The last packet of the expectation before `index`; 0: the capture's beginning. */
function startOf(found: readonly (Found | undefined)[], index: number): number {
  for (let i = index - 1; i >= 0; i--) {
    const before = found[i];
    if (before !== undefined) return before.last ?? before.after;
  }
  return 0;
}

/** The first packet that the next expectation takes; infinity: the capture's end. */
function nextStart(found: readonly (Found | undefined)[], index: number): number {
  const next = found.slice(index + 1).find((one) => one !== undefined && one.last !== undefined && one.min > 0);
  if (next === undefined) return Number.POSITIVE_INFINITY;
  return next.results.at(next.results.placeAfter(next.after));
}

function judgeExpectation(
  check: Expectation,
  { results, min, max, after, last }: Found,
  end: number,
  start: number,
  timeOf: (number: number) => number | null,
): CheckOutcome {
  const first = results.placeAfter(after);
  const count = results.placeAfter(end - 1) - first;
  const packets = results.slice(first, Math.min(SHOWN, last === undefined ? results.count - first : count));
  const outcome = (pass: boolean, detail: string): CheckOutcome => ({
    name: check.name ?? check.expect,
    pass,
    detail,
    count: last === undefined ? results.count - first : count,
    packets,
  });
  const where = after === 0 ? '' : ` after packet ${after}`;
  if (last === undefined)
    return outcome(false, `${amount(results.count - first)}${where}, but ${atLeast(min)} expected.`);
  if (count > max) return outcome(false, `${amount(count)}${where}, but at most ${max} expected.`);
  if (check.within !== undefined && min > 0) {
    const from = start === 0 ? null : timeOf(start);
    const to = timeOf(last);
    const took = from === null || to === null ? null : (to - from) / 1e9;
    if (took !== null && took > check.within)
      return outcome(
        false,
        `Packet ${last} came ${took.toFixed(6)} s after packet ${start}, not within ${check.within} s.`,
      );
  }
  return outcome(true, `${amount(count)}${where}.`);
}

function judgeProhibition(
  check: Prohibition,
  results: ResultSet,
  found: readonly (Found | undefined)[],
  index: number,
): CheckOutcome {
  const start = startOf(found, index);
  const end = nextStart(found, index);
  const first = results.placeAfter(start);
  const count = results.placeAfter(end - 1) - first;
  const to = end === Number.POSITIVE_INFINITY ? 'the end' : `packet ${end}`;
  const between = start === 0 ? `before ${to}` : `between packet ${start} and ${to}`;
  return {
    name: check.name ?? `no ${check.no}`,
    pass: count === 0,
    detail: count === 0 ? `None ${between}.` : `${amount(count)} ${between}, where none may be.`,
    count,
    packets: results.slice(first, Math.min(SHOWN, count)),
  };
}

const amount = (count: number): string =>
  count === 0 ? 'No packet' : count === 1 ? 'One packet' : `${count.toLocaleString('en-GB')} packets`;
const atLeast = (count: number): string => (count === 1 ? 'one is' : `${count} are`);
