/** Where an HTTP/1 message's lines are and where it ends: RFC 9112, sections 2 and 6. Nothing here allocates per octet. */

import type { Conversation } from '../core/conversation.js';
import { methods } from '../labels/http.js';
import { exchangeOf } from './http-exchange.js';

const CR = 13;
const LF = 10;
const SP = 32;
const TAB = 9;
const COLON = 58;
/** Octets that a method may have; the longest that is registered has 17. */
const LONGEST_METHOD = 18;
/** Octets of header that are looked at for the end of a message; servers allow 8 to 64 KiB. */
const LARGEST_HEADER = 1 << 17;
/** Octets of the first line that a recogniser looks at. */
const LONGEST_GUESS = 4096;

/**
 * Where the line behind the one that begins at `at` begins; -1 when it does not end before `end`. It ends with CR LF or
 * LF (RFC 9112, section 2.2), and also with a CR alone, which Wireshark takes for an end of a line too.
 */
export function lineEnd(view: DataView, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i);
    if (octet === LF || (octet === CR && i + 1 < end && view.getUint8(i + 1) !== LF)) return i + 1;
  }
  return -1;
}

/** Where the text of a line ends that has its end at `next`: before CR LF or LF. */
export function textEnd(view: DataView, at: number, next: number): number {
  const end = next > at && view.getUint8(next - 1) === LF ? next - 1 : next;
  return end > at && view.getUint8(end - 1) === CR ? end - 1 : end;
}

/** The end of a header field: its line, and those that begin with a space (obsolete folding, RFC 9112, section 5.2). */
export function fieldEnd(view: DataView, at: number, end: number): number {
  let next = lineEnd(view, at, end);
  // Behind the empty line the body begins, with whatever octet.
  if (next >= 0 && textEnd(view, at, next) === at) return next;
  while (next >= 0 && next < end && isSpace(view.getUint8(next))) next = lineEnd(view, next, end);
  return next;
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === TAB;
}

/** By length, so that a payload is compared with a few of them only. */
const methodsByLength: string[][] = Array.from({ length: LONGEST_METHOD + 1 }, (_, length) =>
  [...methods].filter((method) => method.length === length),
);

/** Compares octets: it runs for packets of any protocol, and making text of them would allocate. */
function isMethod(view: DataView, at: number, length: number): boolean {
  const candidates = methodsByLength[length];
  for (let i = 0; i < candidates.length; i++) {
    const method = candidates[i];
    let same = 0;
    while (same < length && view.getUint8(at + same) === method.charCodeAt(same)) same++;
    if (same === length && length > 0) return true;
  }
  return false;
}

/** Whether it is an octet of methods' names: an upper-case letter, `-` or `_`. `HTTP` begins with one, too. */
export function beginsMethod(octet: number): boolean {
  return (octet >= 65 && octet <= 90) || octet === 45 || octet === 95;
}

/** Octets of the method at `at`; 0 when there is none that is known. */
export function methodLength(view: DataView, at: number, end: number): number {
  const limit = Math.min(end, at + LONGEST_METHOD);
  for (let i = at; i < limit; i++) {
    const octet = view.getUint8(i);
    if (octet === SP || octet === CR || octet === LF) return isMethod(view, at, i - at) ? i - at : 0;
    if (!beginsMethod(octet)) return 0;
  }
  return 0;
}

/** Whether a response begins at `at`: `HTTP/`. */
export function isResponse(view: DataView, at: number, end: number): boolean {
  return at + 5 <= end && view.getUint32(at) === 0x48545450 && view.getUint8(at + 4) === 0x2f;
}

/** Whether a message begins at `at`. */
export function startsMessage(view: DataView, at: number, end: number): boolean {
  return isResponse(view, at, end) || methodLength(view, at, end) > 0;
}

/** Whether the first line has a version: that no text of another protocol has by chance. */
export function recognise(view: DataView, start: number, end: number): boolean {
  if (isResponse(view, start, end)) return start + 8 <= end && isVersion(view, start, end);
  if (methodLength(view, start, end) === 0) return false;
  const next = lineEnd(view, start, Math.min(end, start + LONGEST_GUESS));
  const last = next < 0 ? -1 : textEnd(view, start, next);
  return last - 9 > start && isSpace(view.getUint8(last - 9)) && isVersion(view, last - 8, last);
}

/** `HTTP/1.` and a digit. */
function isVersion(view: DataView, at: number, end: number): boolean {
  return isResponse(view, at, end) && view.getUint8(at + 5) === 0x31 && view.getUint8(at + 6) === 0x2e;
}

/** How the body of a message is delimited. */
export interface Framing {
  /** First octet behind the header; -1 when its end is not there. */
  bodyStart: number;
  chunked: boolean;
  /** Content-Length; -1 for none. */
  length: number;
}

const framing: Framing = { bodyStart: 0, chunked: false, length: -1 };

/** Reads what the header at `start` says of the body. The result is the same object every time. */
export function scanHeader(view: DataView, start: number, end: number): Framing {
  framing.chunked = false;
  framing.length = framing.bodyStart = -1;
  const limit = Math.min(end, start + LARGEST_HEADER);
  let at = lineEnd(view, start, limit);
  while (at >= 0) {
    const next = lineEnd(view, at, limit);
    if (next < 0) break;
    const last = textEnd(view, at, next);
    if (last === at) {
      framing.bodyStart = next;
      break;
    }
    const colon = named(view, at, last, 'content-length') ? at + 14 : -1;
    if (colon >= 0) framing.length = decimal(view, colon + 1, last);
    else if (named(view, at, last, 'transfer-encoding')) framing.chunked = endsChunked(view, at + 18, last);
    at = next;
  }
  return framing;
}

/** Whether the field at `at` has this name, which is in lower case. */
export function named(view: DataView, at: number, end: number, name: string): boolean {
  if (at + name.length >= end || view.getUint8(at + name.length) !== COLON) return false;
  return matches(view, at, name);
}

function matches(view: DataView, at: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const octet = view.getUint8(at + i);
    const folded = octet >= 65 && octet <= 90 ? octet + 32 : octet;
    if (folded !== lower.charCodeAt(i)) return false;
  }
  return true;
}

function decimal(view: DataView, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(view.getUint8(at))) at++;
  let value = 0;
  let digits = 0;
  for (; at < end && digits < 15; at++, digits++) {
    const digit = view.getUint8(at) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return digits === 0 ? -1 : value;
}

/** RFC 9112, section 6.1: chunked is the last of the codings. */
function endsChunked(view: DataView, from: number, end: number): boolean {
  let last = end;
  while (last > from && isSpace(view.getUint8(last - 1))) last--;
  return last - 7 >= from && matches(view, last - 7, 'chunked');
}

/** The size that the chunk line at `at` gives; -1 when it gives none. */
export function chunkSize(view: DataView, at: number, end: number): number {
  let size = 0;
  let digits = 0;
  for (let i = at; i < end && digits < 9; i++, digits++) {
    const octet = view.getUint8(i);
    const digit = octet <= 57 ? octet - 48 : (octet | 32) - 87;
    if (digit < 0 || digit > 15 || (octet > 57 && digit < 10)) break;
    size = size * 16 + digit;
  }
  return digits === 0 || digits > 8 ? -1 : size;
}

/** First octet behind a chunked body; 0 when it is not all there, -1 when it is none. */
function chunkedEnd(view: DataView, from: number, end: number): number {
  let at = from;
  for (;;) {
    const next = lineEnd(view, at, Math.min(end, at + LONGEST_GUESS));
    if (next < 0) return end - at >= LONGEST_GUESS ? -1 : 0;
    const size = chunkSize(view, at, next);
    if (size < 0) return -1;
    at = next + size;
    if (size === 0) return trailerEnd(view, at, end);
    if (at + 2 > end) return 0;
    at = lineEnd(view, at, at + 2);
    if (at < 0) return -1;
  }
}

function trailerEnd(view: DataView, from: number, end: number): number {
  let at = from;
  for (;;) {
    const next = lineEnd(view, at, end);
    if (next < 0) return 0;
    if (textEnd(view, at, next) === at) return next;
    at = next;
  }
}

/** Octets of empty lines at `at`, which may stand before a message (RFC 9112, section 2.2). */
export function emptyLines(view: DataView, at: number, end: number): number {
  let i = at;
  while (i < end && (view.getUint8(i) === CR || view.getUint8(i) === LF)) i++;
  return i - at;
}

/** RFC 9112, section 6.3: the length of the message that begins at `start`, as `MessageLength` says it. */
export function messageLength(view: DataView, start: number, end: number, conversation?: Conversation): number {
  const empty = emptyLines(view, start, end);
  if (empty > 0) return empty;
  const response = isResponse(view, start, end);
  const method = response ? 0 : methodLength(view, start, end);
  if (!response && method === 0) {
    // A method or `HTTP/` may be cut, and text that is neither is shown by lines.
    if (!isText(view.getUint8(start)) || end - start > LARGEST_HEADER) return -1;
    return lineEnd(view, start, end) < 0 ? 0 : -1;
  }
  if (conversation !== undefined && !response && isPreface(view, start, end)) conversation.switchTo('http2');
  const { bodyStart, chunked, length } = scanHeader(view, start, end);
  if (bodyStart < 0) return end - start > LARGEST_HEADER ? -1 : 0;
  const header = bodyStart - start;
  if (!response) {
    if (conversation !== undefined) exchangeOf(conversation).asks(view, start, method);
    if (isTunnel(view, start)) return header;
  } else if (hasNoBody(view, start, end) || answersWithoutBody(view, start, end, conversation)) return header;
  if (chunked) {
    const last = chunkedEnd(view, bodyStart, end);
    return last > 0 ? last - start : last < 0 ? header : 0;
  }
  if (length >= 0) return header + length;
  return response ? Number.POSITIVE_INFINITY : header;
}

/** A printable character of ASCII. */
export function isText(octet: number): boolean {
  return octet >= 32 && octet < 127;
}

export function isBlank(octet: number): boolean {
  return octet === SP || (octet >= TAB && octet <= CR);
}

/** Whether the chunks that begin here are whole; the last of them may be missing. */
export function hasWholeChunks(view: DataView, from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    const next = lineEnd(view, at, Math.min(end, at + LONGEST_GUESS));
    const size = next < 0 ? -1 : chunkSize(view, at, next);
    if (size <= 0) return size === 0;
    at = next + size + 2;
  }
  return at === end;
}

/** The preface of HTTP/2 is written as a request, so that servers of version 1 refuse it (RFC 9113, section 3.4). */
export function isPreface(view: DataView, start: number, end: number): boolean {
  return start + 16 <= end && view.getUint32(start) === 0x50524920 && view.getUint32(start + 4) === 0x2a204854;
}

/** `RPC_IN_DATA` and `RPC_OUT_DATA`: what follows is no body but calls for as long as the channel is open. */
function isTunnel(view: DataView, start: number): boolean {
  return view.getUint32(start) === 0x5250435f;
}

/** Whether only the request says that this response has no body: HEAD, and CONNECT with success (RFC 9112, section 6.3). */
export function answersWithoutBody(view: DataView, start: number, end: number, conversation?: Conversation): boolean {
  if (conversation === undefined) return false;
  const { method } = exchangeOf(conversation);
  if (method === 'HEAD') return true;
  return method === 'CONNECT' && statusOf(view, start, end) >= 200 && statusOf(view, start, end) < 300;
}

function statusOf(view: DataView, start: number, end: number): number {
  let at = start;
  while (at < end && view.getUint8(at) !== SP) at++;
  return decimal(view, at, Math.min(end, at + 4));
}

/** 1xx, 204 and 304. */
export function hasNoBody(view: DataView, start: number, end: number): boolean {
  const code = statusOf(view, start, end);
  return (code >= 100 && code < 200) || code === 204 || code === 304;
}
