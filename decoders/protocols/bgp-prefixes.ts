/** Prefixes in BGP: RFC 4271 section 4.3, RFC 7911, RFC 8277 and RFC 4364. */

import { ipv4FromNumber, ipv4Text, ipv6FromWords } from '../core/format.js';
import type { Body } from '../core/index.js';
import type { AttributeFields } from './bgp-attributes.js';

const IPV4 = 1;
const IPV6 = 2;
const LABELED = 4;
const VPN = 128;
const LABEL_BITS = 24;
const DISTINGUISHER_BITS = 64;
/** RFC 8277, section 2.4: a withdrawal may have this in the place of a label. */
const WITHDRAWN_LABEL = 0x800000;

/** RFC 4364, section 4.2. */
export function rdText(view: DataView, at: number): string {
  const type = view.getUint16(at);
  if (type === 1) return `${ipv4Text(view, at + 2)}:${view.getUint16(at + 6)}`;
  if (type === 2) return `${view.getUint32(at + 2)}:${view.getUint16(at + 6)}`;
  return `${view.getUint16(at + 2)}:${view.getUint32(at + 4)}`;
}

/** An address of which only the first octets are there. */
function addressText(view: DataView, at: number, octets: number, size: number): string {
  const word = (index: number): number => {
    let value = 0;
    for (let i = index * 4; i < index * 4 + 4; i++) value = value * 256 + (i < octets ? view.getUint8(at + i) : 0);
    return value;
  };
  return size === 4 ? ipv4FromNumber(word(0)) : ipv6FromWords(word(0), word(1), word(2), word(3));
}

/** Reads prefixes of IPv4, with a path identifier before each when they can only be read so. */
export function prefixes(body: Body, field: AttributeFields, key: 'nlri_prefix' | 'withdrawn_prefix'): void {
  const withPath = havePaths(body, 32);
  while (body.remaining > 0) {
    if (withPath) body.number(field.nlri_path_id);
    if (!prefix(body, field, key, 4, 32)) return;
  }
}

/**
 * Whether a path identifier stands before each prefix (RFC 7911), which only the OPENs say: the octets can be read so, and
 * either not otherwise, or only with more default routes than anybody announces at once.
 */
function havePaths({ view, position, end }: Body, most: number): boolean {
  if (!arePrefixes(view, position, end, 4, most)) return false;
  if (!arePrefixes(view, position, end, 0, most)) return true;
  let defaults = 0;
  for (let at = position; at < end; at += 1 + ((view.getUint8(at) + 7) >> 3)) if (view.getUint8(at) === 0) defaults++;
  return defaults > 1;
}

/** Whether [at, end) is prefixes of at most `most` bits, each behind `before` octets. */
function arePrefixes(view: DataView, at: number, end: number, before: number, most: number): boolean {
  let position = at;
  while (position < end) {
    position += before;
    if (position >= end) return false;
    const bits = view.getUint8(position);
    if (bits > most) return false;
    position += 1 + ((bits + 7) >> 3);
  }
  return position === end;
}

/** Reads a length in bits and that much of an address; false when the length cannot be. */
function prefix(body: Body, field: AttributeFields, key: keyof AttributeFields, size: number, most: number): boolean {
  const bits = body.peek8();
  const octets = (bits + 7) >> 3;
  if (bits > most) {
    body.report('malformed', `a prefix of ${bits} bits; an address has ${most}`);
    return false;
  }
  body.number(field.prefix_length);
  body.need(octets, field[key].title);
  const at = body.position;
  body.found(field[key], addressText(body.view, at, octets, size), at, octets);
  body.position = at + octets;
  return true;
}

/** The prefixes of MP_REACH_NLRI and MP_UNREACH_NLRI; what is not known stays as it is. */
export function familyPrefixes(
  body: Body,
  field: AttributeFields,
  family: number,
  kind: number,
  way: 'reach' | 'unreach',
): void {
  if (family !== IPV4 && family !== IPV6) return;
  const size = family === IPV4 ? 4 : 16;
  const key = `mp_${way}_nlri_ipv${family === IPV4 ? 4 : 6}_prefix` as const;
  if (kind === 1 || kind === 2) {
    const most = size * 8;
    const withPath = havePaths(body, most);
    while (body.remaining > 0) {
      if (withPath) body.number(field.nlri_path_id);
      if (!prefix(body, field, key, size, most)) return;
    }
  } else if (kind === LABELED || kind === VPN)
    while (body.remaining > 0) if (!labeled(body, field, key, size, kind === VPN)) return;
}

/** RFC 8277, section 2, and RFC 4364, section 4.3.4: labels, and for a VPN a route distinguisher, count as bits of the prefix. */
function labeled(body: Body, field: AttributeFields, key: keyof AttributeFields, size: number, vpn: boolean): boolean {
  const { view } = body;
  let bits = body.number(field.prefix_length);
  const start = body.position;
  const labels: string[] = [];
  while (bits >= LABEL_BITS && body.remaining >= 3) {
    const label = view.getUint16(body.position) * 256 + view.getUint8(body.position + 2);
    body.position += 3;
    bits -= LABEL_BITS;
    const bottom = (label & 1) === 1;
    labels.push(label === WITHDRAWN_LABEL || label === 0 ? 'withdrawn' : `${label >> 4}${bottom ? ' (bottom)' : ''}`);
    if (bottom || label === WITHDRAWN_LABEL || label === 0) break;
  }
  body.found(field.label_stack, labels.join(','), start, body.position - start);
  if (vpn) {
    if (bits < DISTINGUISHER_BITS) return false;
    body.need(8, field.rd.title);
    body.found(field.rd, rdText(view, body.position), body.position, 8);
    body.position += 8;
    bits -= DISTINGUISHER_BITS;
  }
  const octets = (bits + 7) >> 3;
  if (octets > size) return false;
  body.need(octets, field[key].title);
  body.found(field[key], addressText(view, body.position, octets, size), body.position, octets);
  body.position += octets;
  return true;
}
