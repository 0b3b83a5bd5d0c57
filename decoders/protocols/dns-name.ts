/** Domain names on the wire: RFC 1035 sections 3.1 and 4.1.4. */

import { utf8Text } from '../core/format.js';

/** Octets of a name at most, with its length octets (RFC 1035, section 2.3.4). */
const LARGEST_NAME = 255;
/** Octets that are followed of a name: longer ones than are allowed are shown too, up to here. */
const MOST_OCTETS = 1024;

/** What is shown instead of a name whose pointers lead back to where they came from, or that goes on and on. */
const LOOPS = '<Name contains a pointer that loops>';
const TOO_LONG = '<Name too long>';

const PAST_END = 'a domain name goes past the end of its message';

export interface WireName {
  /** Dotted, without a final dot; `<Root>` for the root. What could be read, when `problem` is set. */
  readonly text: string;
  /** First octet behind the name where it stands. */
  readonly end: number;
  /** Labels; the root's own counts where it is all there is. */
  readonly labels: number;
  /** Octets of the name, as it is written with dots. */
  readonly length: number;
  /** One sentence when the name is not whole. */
  readonly problem: string | undefined;
  /** Whether the octets ended before the name did. */
  readonly short: boolean;
  /** Whether it cannot be told where the name ends: a label of a type that nobody knows. */
  readonly broken: boolean;
}

/**
 * Reads a name. It always ends: no more octets are followed than the message has, for a pointer may lead anywhere
 * (section 4.1.4 says "a prior occurrence", but names that point forward are seen), and no more than `MOST_OCTETS`.
 *
 * @param at offset in the view of the name
 * @param end first octet that the name cannot have
 * @param message offset in the view that pointers count from
 */
export function readLabels(view: DataView, at: number, end: number, message: number): WireName {
  const size = Math.max(0, end - message);
  const labels: number[] = [];
  let position = at;
  let after = -1;
  let followed = 0;
  let octets = 0;
  const done = (problem?: string, said?: string): WireName => {
    const text = said ?? (octets === 0 ? '<Root>' : labelsText(view, labels));
    return {
      text,
      end: after < 0 ? position : after,
      labels: text.split('.').length,
      length: said !== undefined || octets === 0 ? text.length : octets - 1,
      problem: problem ?? (octets >= LARGEST_NAME ? 'a domain name has more than 255 octets' : undefined),
      short: problem === PAST_END,
      broken: problem !== undefined && said === undefined,
    };
  };
  for (;;) {
    if (position >= end || position < message) return done(PAST_END);
    const octet = view.getUint8(position);
    if (octet === 0) {
      position++;
      return done();
    }
    const isPointer = octet >= 0xc0;
    if (!isPointer && octet > 63) return done(`a domain name has a label of the unknown type ${octet >> 6}`);
    if (position + (isPointer ? 2 : 1 + octet) > end) return done(PAST_END);
    followed += isPointer ? 2 : 1 + octet;
    if (followed > size || followed > MOST_OCTETS) {
      if (after < 0) after = endOfLabels(view, position, end);
      return done('a domain name goes on and on', followed > size ? LOOPS : TOO_LONG);
    }
    if (isPointer) {
      if (after < 0) after = position + 2;
      position = message + (view.getUint16(position) & 0x3fff);
      continue;
    }
    labels.push(position);
    octets += 1 + octet;
    position += 1 + octet;
  }
}

/** Where labels end that are not looked at. */
function endOfLabels(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end) {
    const octet = view.getUint8(position);
    if (octet === 0) return position + 1;
    if (octet > 63) return Math.min(end, position + 2);
    position += 1 + octet;
  }
  return end;
}

/** The name of the labels that begin at those places. Only made when it is known that it is wanted. */
function labelsText(view: DataView, labels: readonly number[]): string {
  let out = '';
  for (const at of labels) {
    if (out !== '') out += '.';
    out += labelText(view, at + 1, view.getUint8(at));
  }
  return out;
}

/** Most labels are ASCII, which is put together faster than decoded. */
function labelText(view: DataView, at: number, length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) {
    const octet = view.getUint8(at + i);
    if (octet > 0x7f) return utf8Text(view, at, length);
    out += String.fromCharCode(octet);
  }
  return out;
}
