/** Where values of JSON end: RFC 8259. Nothing is shown of a text before it is known to be one. */

import { hexDigit } from './text-lines.js';

/** Objects and arrays within one another that are followed. */
export const MAXIMUM_JSON_DEPTH = 64;

export const Octet = {
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

const LITERALS = ['true', 'false', 'null', 'NaN'].map((word) => Array.from(word, (letter) => letter.charCodeAt(0)));
const ESCAPED = new Set(Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0)));
const LETTER_U = 0x75;

/** The first octet from `at` on that is no white space (section 2). */
export function skipBlank(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end) {
    const octet = view.getUint8(position);
    if (octet !== 0x20 && octet !== 0x0a && octet !== 0x0d && octet !== 0x09) break;
    position++;
  }
  return position;
}

/** First octet behind the value that begins at `at`; -1 when there is none, or it nests too deep. */
export function valueEnd(view: DataView, at: number, end: number, depth = 0): number {
  if (at >= end) return -1;
  const first = view.getUint8(at);
  if (first === Octet.quote) return stringEnd(view, at, end);
  if (first === Octet.openObject || first === Octet.openArray)
    return depth < MAXIMUM_JSON_DEPTH ? listEnd(view, at, end, depth + 1, first === Octet.openObject) : -1;
  for (const literal of LITERALS) if (literal[0] === first) return literalEnd(view, at, end, literal);
  return numberEnd(view, at, end);
}

/** Of an object or an array (sections 4 and 5). */
function listEnd(view: DataView, at: number, end: number, depth: number, object: boolean): number {
  const close = object ? Octet.closeObject : Octet.closeArray;
  let position = skipBlank(view, at + 1, end);
  if (position < end && view.getUint8(position) === close) return position + 1;
  for (;;) {
    if (object) {
      if (position >= end || view.getUint8(position) !== Octet.quote) return -1;
      position = stringEnd(view, position, end);
      if (position < 0) return -1;
      position = skipBlank(view, position, end);
      if (position >= end || view.getUint8(position) !== Octet.colon) return -1;
      position = skipBlank(view, position + 1, end);
    }
    position = valueEnd(view, position, end, depth);
    if (position < 0) return -1;
    position = skipBlank(view, position, end);
    if (position >= end) return -1;
    const octet = view.getUint8(position);
    if (octet === close) return position + 1;
    if (octet !== Octet.comma) return -1;
    position = skipBlank(view, position + 1, end);
  }
}

/** Section 7; control characters are taken as they are, as Wireshark does. */
export function stringEnd(view: DataView, at: number, end: number): number {
  for (let position = at + 1; position < end; position++) {
    const octet = view.getUint8(position);
    if (octet === Octet.quote) return position + 1;
    if (octet !== Octet.backslash) continue;
    if (++position >= end) return -1;
    const letter = view.getUint8(position);
    if (letter === LETTER_U) {
      for (let i = 1; i <= 4; i++) if (position + i >= end || hexDigit(view.getUint8(position + i)) < 0) return -1;
      position += 4;
    } else if (!ESCAPED.has(letter)) return -1;
  }
  return -1;
}

function literalEnd(view: DataView, at: number, end: number, literal: readonly number[]): number {
  if (at + literal.length > end) return -1;
  for (let i = 1; i < literal.length; i++) if (view.getUint8(at + i) !== literal[i]) return -1;
  return at + literal.length;
}

/** Section 6. */
function numberEnd(view: DataView, at: number, end: number): number {
  let position = view.getUint8(at) === Octet.minus ? at + 1 : at;
  const whole = digitsEnd(view, position, end);
  if (whole === position || (view.getUint8(position) === Octet.zero && whole > position + 1)) return -1;
  position = whole;
  if (position < end && view.getUint8(position) === Octet.point) {
    const fraction = digitsEnd(view, position + 1, end);
    if (fraction === position + 1) return -1;
    position = fraction;
  }
  if (position < end && (view.getUint8(position) | 0x20) === 0x65) {
    const sign = position + 1 < end ? view.getUint8(position + 1) : 0;
    const from = position + (sign === 0x2b || sign === Octet.minus ? 2 : 1);
    const exponent = digitsEnd(view, from, end);
    if (exponent === from) return -1;
    position = exponent;
  }
  return position;
}

function digitsEnd(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end && view.getUint8(position) >= 0x30 && view.getUint8(position) <= 0x39) position++;
  return position;
}
