/** Traces a program: its calls as marks in a running capture, and which packets are theirs. */

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureError } from '../../captures/sources/source.js';
import { CallTracker, callText, type TracedCall } from '../../lab/trace/calls.js';
import { LineReader } from '../../lab/trace/lines.js';
import { linkCalls } from '../../lab/trace/links.js';
import { tracedPacket, traceFilters } from '../../lab/trace/packets.js';
import type { TraceOptions } from '../commands/trace.js';
import { writeAll } from '../read/output.js';
import { type TracePlace, tracePlace } from './place.js';
import { type Trace, traceJson, traceTable } from './report.js';
import { runUnderStrace } from './strace.js';

/** Calls that are kept, and marks that are put, at most. */
const MOST_CALLS = 20_000;
const MOST_MARKS = 5000;
/** Packets that are linked at most. */
const MOST_PACKETS = 50_000;
/** Milliseconds between two batches of marks. */
const MARKS = 250;
/** Characters of a mark at most. */
const LONGEST_MARK = 400;
/** Milliseconds after which what was captured is surely in a block, and the longest that packets are waited for. */
const BLOCK = 200;
const LONGEST_SETTLING = 3000;

/** @returns the program's exit status @throws CaptureError */
export async function traceCommand(command: readonly string[], options: TraceOptions): Promise<number> {
  const place = await tracePlace({ ...options, name: `trace: ${command.join(' ')}`.slice(0, 200) });
  try {
    const trace = await runTraced(command, place);
    const report = options.json === true ? `${traceJson(trace)}\n` : traceTable(trace);
    if (options.output === undefined) process.stderr.write(report);
    else writeFileSync(options.output, report);
    if (options.write !== undefined) await writeAll(options.write, await place.export(filterOf(trace.calls)));
    return trace.status;
  } finally {
    await place.close();
  }
}

async function runTraced(command: readonly string[], place: TracePlace): Promise<Trace> {
  const reader = new LineReader();
  const tracker = new CallTracker();
  const calls: TracedCall[] = [];
  let more = 0;
  const marks = new Marker(place, basename(command[0]));
  const follow = (line: string): void => {
    const read = reader.read(line);
    if (read === undefined) return;
    for (const call of tracker.follow(read))
      if (calls.length >= MOST_CALLS) more++;
      else {
        calls.push(call);
        if (calls.length <= MOST_MARKS) marks.add(call);
      }
  };
  const { status, warnings } = await marks.whileRunning(() => runUnderStrace(command, follow));
  if (more > 0) warnings.push(`${more} more calls were made: the first ${MOST_CALLS} are shown.`);
  if (calls.length > MOST_MARKS) warnings.push(`Only the first ${MOST_MARKS} calls became marks.`);
  await settle(place);
  const rows = calls.length === 0 ? [] : await rowsOf(place, calls);
  if (rows.length >= MOST_PACKETS) warnings.push(`Only the first ${MOST_PACKETS} packets were linked.`);
  const packets = rows.map(tracedPacket).filter((packet) => packet !== undefined);
  const links = linkCalls(calls, packets);
  return { command, status, capture: place.capture, calls, marks: marks.ids, links, rows, warnings };
}

async function rowsOf(place: TracePlace, calls: readonly TracedCall[]) {
  const found = new Map<number, Awaited<ReturnType<TracePlace['packets']>>[number]>();
  for (const filter of traceFilters(calls))
    for (const row of await place.packets(filter, MOST_PACKETS - found.size)) found.set(row.number, row);
  return [...found.values()].sort((a, b) => a.number - b.number);
}

/** One filter for all: what leaves as a file. */
const filterOf = (calls: readonly TracedCall[]): string =>
  traceFilters(calls)
    .map((filter) => `(${filter})`)
    .join(' || ') || 'frame.number == 0';

/** Puts marks a batch at a time while the program runs; a service that fails meanwhile does not end the program. */
class Marker {
  readonly ids: number[] = [];
  private waiting: TracedCall[] = [];
  private error: string | undefined;
  private sent: Promise<void> = Promise.resolve();

  constructor(
    private readonly place: TracePlace,
    private readonly program: string,
  ) {}

  add(call: TracedCall): void {
    this.waiting.push(call);
  }

  /** Puts marks as they come until a program is over. @returns its exit status, and what failed in words */
  async whileRunning(program: () => Promise<number>): Promise<{ status: number; warnings: string[] }> {
    const timer = setInterval(() => this.send(), MARKS);
    try {
      const status = await program();
      this.send();
      await this.sent;
      return { status, warnings: this.error === undefined ? [] : [`Calls did not become marks: ${this.error}`] };
    } finally {
      clearInterval(timer);
    }
  }

  private send(): void {
    const some = this.waiting.splice(0);
    if (some.length === 0 || this.error !== undefined) return;
    const marks = some.map((call) => ({
      text: `${this.program}[${call.pid}]: ${callText(call)}`.slice(0, LONGEST_MARK),
      // What a program waited for came before it went on; what it sends leaves after it has asked.
      time: call.effect === 'receives' || call.effect === 'accepts' ? call.ended : call.began,
    }));
    this.sent = this.sent.then(async () => {
      try {
        this.ids.push(...(await this.place.mark(marks)));
      } catch (error) {
        this.error ??= error instanceof CaptureError ? error.message : String(error);
      }
    });
  }
}

/** Waits until what the program's end caused has been captured and indexed. */
async function settle(place: TracePlace): Promise<void> {
  let before = -1;
  await sleep(BLOCK);
  for (const end = performance.now() + LONGEST_SETTLING; performance.now() < end; await sleep(100)) {
    const packets = await place.count();
    if (packets === before) return;
    before = packets;
  }
}
