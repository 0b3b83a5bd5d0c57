/** What a trace has found, for a terminal and for programs. */

import type { PacketRow } from '../../captures/query/query-types.js';
import { timeText } from '../../decoders/core/frame.js';
import { packetView } from '../../lab/run-view.js';
import { callText, type TracedCall } from '../../lab/trace/calls.js';
import { type CallLinks, linkable } from '../../lab/trace/links.js';

export interface Trace {
  readonly command: readonly string[];
  readonly status: number;
  readonly capture: string | undefined;
  readonly calls: readonly TracedCall[];
  /** Ids of the marks, in the order of the calls; calls beyond the limit have none. */
  readonly marks: readonly number[];
  readonly links: readonly CallLinks[];
  readonly rows: readonly PacketRow[];
  readonly warnings: readonly string[];
}

/** Of the calls that make or bring packets (connect, accept, send, receive, close on TCP): how many have some. */
export function linked({ calls, links }: Trace): { calls: number; linked: number } {
  const wanted = linkable(calls);
  const those = links.filter((_links, index) => wanted[index]);
  return { calls: those.length, linked: those.filter(hasPackets).length };
}

/** As JSON; `null` for a capture that is gone. */
export function traceJson(trace: Trace): string {
  const { command, status, capture, calls, marks, links, rows, warnings } = trace;
  const shown = calls.map((call, index) => ({
    number: index + 1,
    pid: call.pid,
    call: call.name,
    arguments: call.arguments,
    result: call.result,
    ...(call.error === undefined ? {} : { error: call.error }),
    text: callText(call),
    time: timeText(call.began),
    endTime: timeText(call.ended),
    mark: marks[index] ?? null,
    ...links[index],
  }));
  const packets = rows.map(packetView);
  const found = linked(trace);
  const body = { command, status, capture: capture ?? null, linkable: found.calls, linked: found.linked };
  return JSON.stringify({ ...body, calls: shown, packets, warnings }, undefined, 2);
}

/** Columns that a call takes at most. */
const WIDEST = 84;

/** A table: a line a call, and the packets that it made (→) and got (←). */
export function traceTable(trace: Trace): string {
  const { calls, links, rows, capture, warnings } = trace;
  if (calls.length === 0) return 'The program made no socket call of the internet protocols.\n';
  const several = new Set(calls.map(({ pid }) => pid)).size > 1;
  const begin = calls[0]?.began ?? 0n;
  const texts = calls.map((call) => `${several ? `[${call.pid}] ` : ''}${callText(call)}`);
  const width = Math.min(WIDEST, Math.max(4, ...texts.map((text) => text.length)));
  const number = String(calls.length).length;
  const lines = calls.map((call, index) => {
    const time = seconds(call.began - begin);
    const text = texts[index].length > width ? `${texts[index].slice(0, width - 1)}…` : texts[index].padEnd(width);
    return `${String(index + 1).padStart(number)}  ${time}  ${text}  ${packetText(links[index])}`.trimEnd();
  });
  const head = `${'#'.padStart(number)}  ${'seconds'.padStart(10)}  ${'call'.padEnd(width)}  → made  ← got`;
  const found = linked(trace);
  const unlinked = rows.length - new Set(links.flatMap(({ packets, received }) => [...packets, ...received])).size;
  const sum = `${found.linked} of ${found.calls} calls that make or get packets have theirs; ${unlinked} of ${rows.length} packets are the kernel's own, such as acknowledgements.`;
  const where = capture === undefined ? [] : [`The calls are marks in capture ${capture}.`];
  return [head, ...lines, sum, ...where, ...warnings.map((warning) => `netglass: ${warning}`), ''].join('\n');
}

const hasPackets = ({ packets, received }: CallLinks): boolean => packets.length + received.length > 0;

function packetText({ packets, received }: CallLinks): string {
  const made = packets.length === 0 ? [] : [`→ ${ranges(packets)}`];
  const got = received.length === 0 ? [] : [`← ${ranges(received)}`];
  return [...made, ...got].join('  ');
}

/** `1, 4-9` */
function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let last = at;
    while (last + 1 < numbers.length && numbers[last + 1] === numbers[last] + 1) last++;
    parts.push(last - at < 2 ? numbers.slice(at, last + 1).join(', ') : `${numbers[at]}-${numbers[last]}`);
    at = last + 1;
  }
  return parts.join(', ');
}

const seconds = (nanoseconds: bigint): string => (Number(nanoseconds) / 1e9).toFixed(6).padStart(10);
