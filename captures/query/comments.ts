/** What people have written about a packet: comments in its block, and marks made before it. */

import { EPB, findPacketOption, nanoseconds, OPTION, packetOptions, padded } from '../formats/epb.js';
import { type Mark, readMarks } from '../store/marks.js';
import type { CaptureReader } from './capture-reader.js';

const decoder = new TextDecoder();

/** The comments of the Enhanced Packet Block at `at`. */
export function readComments(view: DataView, at: number): string[] {
  if (findPacketOption(view, at, OPTION.comment) < 0) return [];
  const comments: string[] = [];
  const end = at + view.getUint32(at + 4, true) - 4;
  for (let option = packetOptions(view, at); option + 4 <= end; ) {
    const code = view.getUint16(option, true);
    const length = view.getUint16(option + 2, true);
    if (code === OPTION.endOfOptions || option + 4 + length > end) break;
    if (code === OPTION.comment)
      comments.push(decoder.decode(new Uint8Array(view.buffer, view.byteOffset + option + 4, length)));
    option += 4 + padded(length);
  }
  return comments;
}

/**
 * The texts of marks made after `before` and not after `time`, both in nanoseconds since 1970.
 *
 * @param marks in the order of their times: a traced program makes thousands, and every row asks
 */
export function marksBetween(marks: readonly Mark[], before: bigint, time: bigint): string[] {
  let first = 0;
  for (let end = marks.length; first < end; ) {
    const middle = (first + end) >>> 1;
    if (BigInt(marks[middle].time) > before) end = middle;
    else first = middle + 1;
  }
  const texts: string[] = [];
  for (let at = first; at < marks.length && BigInt(marks[at].time) <= time; at++) texts.push(marks[at].text);
  return texts;
}

/** Nanoseconds since the capture's first packet of the packet before that one; NaN when there is none, or it has no time. */
export function timeBefore(reader: CaptureReader, number: number): number {
  if (number <= 1) return Number.NaN;
  const time = reader
    .statement('SELECT p.time FROM packets p WHERE p.number = ?')
    .pluck()
    .get(number - 1);
  return (time as number | null | undefined) ?? Number.NaN;
}

/** Finds the comments and marks of packets, for a filter that asks for them. */
export class CommentFinder {
  private marks: readonly Mark[] | undefined;

  constructor(private readonly reader: CaptureReader) {}

  /** @param at where the packet's Enhanced Packet Block starts in the view */
  of(view: DataView, at: number, number: number): string[] {
    this.marks ??= readMarks(this.reader.folder);
    const comments = readComments(view, at);
    if (this.marks.length === 0) return comments;
    const base = this.reader.baseTime ?? 0n;
    const before = timeBefore(this.reader, number);
    const time = nanoseconds(view.getUint32(at + EPB.timeHigh, true), view.getUint32(at + EPB.timeLow, true));
    return [...comments, ...marksBetween(this.marks, Number.isNaN(before) ? -1n : base + BigInt(before), time)];
  }
}
