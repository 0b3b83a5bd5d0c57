/** Domain names as octets: RFC 1035, section 3.1. */

import { PacketError } from './error.js';

/** Octets of a name on the wire at most (RFC 1035, section 2.3.4). */
const LARGEST_NAME = 255;
const LARGEST_LABEL = 63;

/**
 * A name without compression.
 *
 * @param name dotted, with or without a final dot; empty, `.` or `<Root>` for the root
 * @throws PacketError for a label that is empty or longer than 63 octets, and a name longer than 255
 */
export function writeName(name: unknown, where: string): Uint8Array {
  if (typeof name !== 'string') throw new PacketError(`${where}: ${JSON.stringify(name)} is not a domain name.`);
  const dotted = name === '<Root>' ? '' : name.replace(/\.$/, '');
  const labels = dotted === '' ? [] : dotted.split('.').map((label) => new TextEncoder().encode(label));
  const octets: number[] = [];
  for (const label of labels) {
    if (label.length === 0) throw new PacketError(`${where}: "${name}" has an empty label (two dots in a row).`);
    if (label.length > LARGEST_LABEL)
      throw new PacketError(`${where}: a label of ${label.length} octets; a label has at most ${LARGEST_LABEL}.`);
    octets.push(label.length, ...label);
  }
  octets.push(0);
  if (octets.length > LARGEST_NAME)
    throw new PacketError(`${where}: the name takes ${octets.length} octets; a name has at most ${LARGEST_NAME}.`);
  return Uint8Array.from(octets);
}
