/** Domain names on the wire: RFC 1035 sections 3.1 and 4.1.4. */

import { utf8Text } from '../core/format.js';

/** Octets of a name at most, with its length octets (RFC 1035, section 2.3.4). */
const LARGEST_NAME = 255;

const PAST_END = 'a domain name goes past the end of its message';

export interface WireName {
  /** Dotted, without a final dot; `<Root>` for the root. What could be read, when `problem` is set. */
  readonly text: string;
  /** First octet behind the name where it stands. */
  readonly end: number;
  /** Labels, the root not counted. */
  readonly labels: number;
  /** Characters of the name. */
  readonly length: number;
  /** One sentence when the name is not whole. */
  readonly problem: string | undefined;
  /** Whether the octets ended before the name did. */
  readonly short: boolean;
}

/**
 * Reads a name. It always ends: a pointer must lead to before the place where the labels that it continues began
 * ("a prior occurrence", section 4.1.4), so that none can loop, and a name has at most 255 octets.
 *
 * @param at offset in the view of the name
 * @param end first octet that the name cannot have
 * @param message offset in the view that pointers count from
 */
export function readLabels(view: DataView, at: number, end: number, message: number): WireName {
  const labels: string[] = [];
  let position = at;
  let runStart = at;
  let limit = end;
  let after = -1;
  let octets = 1;
  const done = (problem?: string): WireName => {
    const text = labels.join('.');
    return {
      text: text === '' ? '<Root>' : text,
      end: after < 0 ? position : after,
      labels: labels.length,
      length: text === '' ? 6 : text.length,
      problem,
      short: problem === PAST_END,
    };
  };
  for (;;) {
    if (position >= limit) return done(PAST_END);
    const octet = view.getUint8(position);
    if (octet === 0) {
      position++;
      return done();
    }
    if (octet >= 0xc0) {
      if (position + 2 > limit) return done(PAST_END);
      const target = message + (view.getUint16(position) & 0x3fff);
      position += 2;
      if (after < 0) after = position;
      if (target >= runStart) return done('a domain name has a pointer that does not lead back: it would loop');
      limit = runStart;
      position = runStart = target;
      continue;
    }
    if (octet > 63) return done(`a domain name has a label of the unknown type ${octet >> 6}`);
    if (position + 1 + octet > limit) return done(PAST_END);
    octets += 1 + octet;
    if (octets > LARGEST_NAME) return done('a domain name has more than 255 octets');
    labels.push(utf8Text(view, position + 1, octet));
    position += 1 + octet;
  }
}
