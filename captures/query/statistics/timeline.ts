/** Packets, octets and problems by interval of time: from the rollups by second where they tell, otherwise from the rows. */

import { timeText } from '../../../decoders/core/frame.js';
import { registry } from '../../../decoders/protocols/index.js';
import { PROBLEM_FLAGS } from '../../index/rollups.js';
import { type LossSpan, readLosses } from '../../recording/loss-log.js';
import { CaptureError } from '../../sources/source.js';
import type { CaptureReader } from '../capture-reader.js';
import type { ResultSet } from '../filters/result-set.js';

export interface Bucket {
  /** Its beginning: RFC 3339, UTC, nine decimals. */
  readonly time: string;
  packets: number;
  /** On the wire. */
  bytes: number;
  /** Packets lost in that time, whatever the filter; null where losses were not counted. */
  drops: number | null;
  /** Packets that are malformed or have a checksum that is wrong on the wire. */
  problems: number;
  readonly byProtocol: Record<string, { packets: number; bytes: number }>;
}

export interface Timeline {
  /** Seconds. */
  readonly interval: number;
  /** The beginning of the first bucket; null when no packet has a time. */
  readonly start: string | null;
  readonly buckets: Bucket[];
}

const MAXIMUM_BUCKETS = 10_000;
const WANTED_BUCKETS = 300;
const LEAST_INTERVAL = 1e-6;
const CHOICES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];
const ROWS_AT_ONCE = 200_000;
const NUMBERS_AT_ONCE = 20_000;

interface Sum {
  readonly bucket: number;
  readonly protocol: number;
  readonly packets: number;
  readonly bytes: number;
  readonly problems: number;
}

/**
 * @param interval seconds; undefined: one that gives about 300 buckets
 * @param matches a filter's matches, complete; undefined: all packets
 * @throws CaptureError `bad-option` for more than 10,000 buckets
 */
export async function timeline(
  reader: CaptureReader,
  interval: number | undefined,
  matches: ResultSet | undefined,
  pause: () => Promise<void>,
): Promise<Timeline> {
  const { firstTime, lastTime } = reader.totals;
  const base = reader.baseTime;
  const seconds = interval ?? suitable(((lastTime ?? 0) - (firstTime ?? 0)) / 1e9);
  if (base === undefined || firstTime === null || lastTime === null)
    return { interval: seconds, start: null, buckets: [] };
  const width = Math.round(seconds * 1e9);
  const first = Math.floor(firstTime / width);
  const count = Math.floor(lastTime / width) - first + 1;
  if (count > MAXIMUM_BUCKETS)
    throw new CaptureError(
      'bad-option',
      `An interval of ${seconds} s makes ${count.toLocaleString('en-GB')} buckets; ${MAXIMUM_BUCKETS.toLocaleString('en-GB')} are the most.`,
      `The capture lasts ${((lastTime - firstTime) / 1e9).toFixed(3)} s: use a longer interval.`,
    );
  const timeOf = (bucket: number): string => timeText(base + BigInt(first + bucket) * BigInt(width));
  const buckets = Array.from({ length: count }, (_, bucket): Bucket => emptyBucket(timeOf(bucket)));
  const add = (sum: Sum): void => addTo(buckets[sum.bucket - first], sum);
  if (matches === undefined && Number.isInteger(seconds)) {
    for (const sum of fromRollups(reader, seconds)) add(sum);
  } else
    for (const sums of fromRows(reader, width, matches)) {
      sums.forEach(add);
      await pause();
    }
  const losses = readLosses(reader.folder);
  if (losses !== null) addLosses(buckets, losses, base + BigInt(first) * BigInt(width), width);
  return { interval: seconds, start: buckets[0].time, buckets };
}

/**
 * Spreads what was lost evenly over the time in which it was, half a second as a rule. What was lost before the first
 * packet or after the last counts in the first or last bucket, so that all of them together have every loss.
 *
 * @param start of the first bucket, in nanoseconds since 1970
 * @param width of a bucket, in nanoseconds
 */
export function addLosses(
  buckets: { drops: number | null }[],
  losses: readonly LossSpan[],
  start: bigint,
  width: number,
): void {
  const last = buckets.length - 1;
  for (const bucket of buckets) bucket.drops = 0;
  const bucketAt = (time: number): number => Math.min(last, Math.max(0, Math.floor(time / width)));
  for (const { from, to, lost } of losses) {
    const begin = Number(from - start);
    const end = Math.max(begin + 1, Number(to - start));
    const final = bucketAt(end - 1);
    let told = 0;
    for (let i = bucketAt(begin); i <= final; i++) {
      const share = i === final ? 1 : ((i + 1) * width - begin) / (end - begin);
      const upTo = Math.round(lost * share);
      buckets[i].drops! += upTo - told;
      told = upTo;
    }
  }
}

/** Whole seconds where the capture lasts long enough for them, else a power of ten. */
function suitable(duration: number): number {
  const wanted = duration / WANTED_BUCKETS;
  if (wanted < 1) return Math.min(1, Math.max(LEAST_INTERVAL, 10 ** Math.ceil(Math.log10(Math.max(wanted, 1e-9)))));
  return CHOICES.find((choice) => choice >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
}

function emptyBucket(time: string): Bucket {
  return { time, packets: 0, bytes: 0, drops: null, problems: 0, byProtocol: {} };
}

function addTo(bucket: Bucket | undefined, { protocol, packets, bytes, problems }: Sum): void {
  // A packet that came with the newest commit, after the end of the timeline was read.
  if (bucket === undefined) return;
  bucket.packets += packets;
  bucket.bytes += bytes;
  bucket.problems += problems;
  const name = protocol === 0 ? 'unknown' : registry.runtime(protocol).protocol.filter;
  bucket.byProtocol[name] ??= { packets: 0, bytes: 0 };
  bucket.byProtocol[name].packets += packets;
  bucket.byProtocol[name].bytes += bytes;
}

function fromRollups(reader: CaptureReader, seconds: number): IterableIterator<Sum> {
  return reader
    .statement(
      `SELECT CAST(floor(second * 1.0 / ?) AS INTEGER) AS bucket, protocol, sum(packets) AS packets, sum(bytes) AS bytes,
        sum(problems) AS problems FROM seconds GROUP BY 1, 2`,
    )
    .iterate(seconds) as IterableIterator<Sum>;
}

const SUMS = `SELECT CAST(floor(p.time * 1.0 / ?) AS INTEGER) AS bucket, p.protocol AS protocol, count(*) AS packets,
  sum(p.length) AS bytes, sum((p.flags & ${PROBLEM_FLAGS}) != 0) AS problems FROM packets p WHERE p.time IS NOT NULL`;

function* fromRows(
  reader: CaptureReader,
  width: number,
  matches: ResultSet | undefined,
): Generator<Sum[], void, undefined> {
  if (matches === undefined) {
    const statement = reader.statement(`${SUMS} AND p.number BETWEEN ? AND ? GROUP BY 1, 2`);
    const last = reader.lastNumber;
    for (let from = reader.firstNumber; from <= last; from += ROWS_AT_ONCE)
      yield statement.all(width, from, Math.min(last, from + ROWS_AT_ONCE - 1)) as Sum[];
    return;
  }
  const statement = reader.statement(`${SUMS} AND p.number IN (SELECT value FROM json_each(?)) GROUP BY 1, 2`);
  for (let place = 0; place < matches.count; place += NUMBERS_AT_ONCE)
    yield statement.all(width, JSON.stringify(matches.slice(place, NUMBERS_AT_ONCE))) as Sum[];
}
