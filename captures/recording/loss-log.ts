/**
 * When a live capture lost packets, in `losses.jsonl` beside its log: no packet tells, so that an index that is built
 * again leaves it alone. A line is a span of time and how many were lost in it, whoever lost them.
 */

import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceStatistics } from '../sources/source.js';

/** Packets lost between two times, in nanoseconds since 1970. */
export interface LossSpan {
  readonly from: bigint;
  readonly to: bigint;
  readonly lost: number;
}

/** Spans that are kept at most, some 400 KiB: beyond, each two neighbours become one. */
const MOST = 8192;

const fileOf = (folder: string): string => join(folder, 'losses.jsonl');

/**
 * Writes down what the counters of a source tell from one look to the next. Nothing is written for a source that counts
 * no losses: that there is no file then says that they are unknown.
 */
export class LossLog {
  private readonly file: string;
  private spans: LossSpan[] = [];
  private lost = 0;

  /** @param since when the capture began, in nanoseconds since 1970 */
  constructor(
    folder: string,
    private since: bigint,
  ) {
    this.file = fileOf(folder);
  }

  /**
   * @param now nanoseconds since 1970
   * @throws when the disk does not take it; the next look then has these losses too
   */
  look(statistics: SourceStatistics, now: bigint): void {
    const total = lostIn(statistics);
    if (total === undefined) return;
    const first = this.spans.length === 0 && this.lost === 0;
    if (total > this.lost) this.write({ from: now < this.since ? now : this.since, to: now, lost: total - this.lost });
    else if (first) appendFileSync(this.file, '', { mode: 0o600 });
    this.lost = Math.max(this.lost, total);
    this.since = now;
  }

  private write(span: LossSpan): void {
    if (this.spans.length < MOST) {
      appendFileSync(this.file, lineOf(span), { mode: 0o600 });
      this.spans.push(span);
      return;
    }
    const coarser: LossSpan[] = [];
    for (let i = 0; i < MOST; i += 2) coarser.push(joined(this.spans[i], this.spans[i + 1]));
    coarser.push(span);
    writeFileSync(`${this.file}.new`, coarser.map(lineOf).join(''), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
    this.spans = coarser;
  }
}

/** What was written, in order, without lines that a crash has torn; null where losses were not counted. */
export function readLosses(folder: string): LossSpan[] | null {
  let text: string;
  try {
    text = readFileSync(fileOf(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/** Packets lost so far; undefined where that is not counted. The kernel is where nearly all of them are lost. */
function lostIn({ kernel, interface: dropped, daemon }: SourceStatistics): number | undefined {
  return kernel === null ? undefined : kernel + (dropped ?? 0) + (daemon ?? 0);
}

function joined(one: LossSpan, other: LossSpan): LossSpan {
  return {
    from: one.from < other.from ? one.from : other.from,
    to: one.to > other.to ? one.to : other.to,
    lost: one.lost + other.lost,
  };
}

const lineOf = ({ from, to, lost }: LossSpan): string =>
  `${JSON.stringify({ from: from.toString(), to: to.toString(), lost })}\n`;

function parseLine(line: string): LossSpan | undefined {
  try {
    const { from, to, lost } = JSON.parse(line) as Record<string, unknown>;
    const times = [from, to].every((time) => typeof time === 'string' && /^\d{1,19}$/.test(time));
    if (!times || !Number.isSafeInteger(lost) || (lost as number) < 0) return undefined;
    return { from: BigInt(from as string), to: BigInt(to as string), lost: lost as number };
  } catch {
    // The empty line at the end, one that a crash has torn, or that somebody has spoilt: the others count all the same.
    return undefined;
  }
}
