/** What protocols of text lines share: FTP, SMTP, POP3, IMAP. A line ends with CR LF; a lone LF is taken as well. */

import { utf8Text } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { portsOf } from './messages.js';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
/** Octets without an end after which a line is taken as it is: no command or answer is as long. */
const LONGEST_LINE = 65536;

/** A line; offsets are octets in the view. */
export interface Line {
  readonly start: number;
  /** First octet behind the text, without CR LF. */
  readonly textEnd: number;
  /** First octet of the next line. */
  readonly next: number;
  readonly text: string;
}

/** The line at `at`, or what there is of it before `end`. */
export function lineAt(view: DataView, at: number, end: number): Line {
  let next = at;
  while (next < end && view.getUint8(next) !== LF) next++;
  let textEnd = next;
  if (next < end) {
    if (textEnd > at && view.getUint8(textEnd - 1) === CR) textEnd--;
    next++;
  } else if (textEnd > at && view.getUint8(textEnd - 1) === CR) textEnd--;
  return { start: at, textEnd, next, text: utf8Text(view, at, textEnd - at) };
}

/** For `message` of a declaration: a line is a message. */
export const lineLength: MessageLength = (view, start, end) => {
  for (let at = start; at < end; at++) if (view.getUint8(at) === LF) return at + 1 - start;
  return end - start >= LONGEST_LINE ? end - start : 0;
};

/** Octets of the word at `at`, which ends before a space or at `end`. */
export function wordLength(view: DataView, at: number, end: number): number {
  let length = 0;
  while (at + length < end && view.getUint8(at + length) !== SPACE) length++;
  return length;
}

/** The first octet from `at` on that is no space. */
export function skipSpaces(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end && view.getUint8(position) === SPACE) position++;
  return position;
}

/** Reads text that stands at [from, to); nothing when it is empty. */
export function takeRange(body: Body, field: Field, from: number, to: number): string {
  if (to <= from) return '';
  const value = utf8Text(body.view, from, to - from);
  body.found(field, value, from, to - from);
  return value;
}

/** Whether the segment comes from the server: its source port is one of the protocol's, or the lower one. */
export function isFromServer(body: Body, ports: readonly number[]): boolean {
  const { source, destination } = portsOf(body);
  if (ports.includes(destination)) return false;
  return ports.includes(source) || source < destination;
}

/** The three digits that an answer begins with (RFC 959, section 4.2; RFC 5321, section 4.2), -1 without them. */
export function replyCode(text: string): number {
  return /^\d{3}(?!\d)/.test(text) ? Number(text.slice(0, 3)) : -1;
}

/** The value of a hexadecimal digit, -1 for another character. */
export function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
