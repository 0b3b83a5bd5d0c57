/**
 * BER and DER (ITU-T X.690): a cursor over tag, length and content that never leaves its bounds. What SNMP, LDAP and Kerberos
 * are written in, and the certificates of TLS.
 */

import { utf8Text } from '../core/format.js';
import type { Body } from '../core/index.js';

/** Universal tag numbers (X.680, section 8.6). */
export const Tag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  enumerated: 10,
  utf8String: 12,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
} as const;

/** Octets of an object identifier that are read at most: none in use comes near, and each costs a digit or more of text. */
const LARGEST_OID = 256;
/** Octets of an INTEGER that become a number; longer ones (keys, serial numbers) are shown as octets. */
const LARGEST_INTEGER = 8;

/** One element. Offsets are octets in the view. */
export interface Tlv {
  /** 0 universal, 1 application, 2 context, 3 private. */
  readonly class: number;
  readonly constructed: boolean;
  /** Tag number. */
  readonly tag: number;
  /** First octet of the identifier. */
  readonly start: number;
  /** First octet of the content. */
  readonly content: number;
  /** First octet behind the content, as the length claims; may lie beyond what there is. */
  readonly end: number;
}

/**
 * Reads an element's identifier and length.
 *
 * @param end first octet that they cannot have
 * @returns undefined when they are cut, or not of the definite form (RFC 5280, RFC 4511 and RFC 3417 all demand it)
 */
export function readTlv(view: DataView, at: number, end: number): Tlv | undefined {
  if (at + 2 > end) return undefined;
  const identifier = view.getUint8(at);
  let position = at + 1;
  let tag = identifier & 31;
  if (tag === 31) {
    tag = 0;
    // Four groups of seven bits are more than any tag in use.
    for (let i = 0; ; i++) {
      if (i === 4 || position >= end) return undefined;
      const octet = view.getUint8(position++);
      tag = tag * 128 + (octet & 127);
      if (octet < 128) break;
    }
  }
  if (position >= end) return undefined;
  let length = view.getUint8(position++);
  if (length >= 128) {
    const octets = length & 127;
    if (octets === 0 || octets > 4 || position + octets > end) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + view.getUint8(position++);
  }
  return {
    class: identifier >> 6,
    constructed: (identifier & 32) !== 0,
    tag,
    start: at,
    content: position,
    end: position + length,
  };
}

/** The element at the cursor, which stays where it is; stops the layer when its identifier or length are cut or wrong. */
export function peekTlv(body: Body, what: string): Tlv {
  const tlv = readTlv(body.view, body.position, body.end);
  if (tlv !== undefined) return tlv;
  // The longest form that is read has five octets of tag and five of length.
  if (body.remaining < 10) body.need(body.remaining < 2 ? 2 : body.remaining + 1, what);
  return body.fail(`${what}: this is no element of BER with a definite length`);
}

/** Moves the cursor to the content of the element at the cursor, and returns the element. */
export function takeTlv(body: Body, what: string): Tlv {
  const tlv = peekTlv(body, what);
  body.position = tlv.content;
  return tlv;
}

/**
 * Reads the element at the cursor with `inside`, which sees no further than its end; then the cursor is behind it. What of it
 * is not there stops the layer, once what is there is read.
 */
export function withinTlv(body: Body, what: string, inside: (tlv: Tlv) => void): void {
  const tlv = takeTlv(body, what);
  body.within(tlv.end, () => inside(tlv));
  if (tlv.end > body.end) body.need(tlv.end - body.position, what);
  body.position = tlv.end;
}

/** How many elements stand in [at, end), as far as they can be read; one that is not whole counts. */
export function countTlvs(view: DataView, at: number, end: number): number {
  let count = 0;
  let tlv = readTlv(view, at, end);
  for (; tlv !== undefined; count++) tlv = readTlv(view, tlv.end, end);
  return count;
}

/** Whether an element is of a class and tag number. */
export function isTlv(tlv: Tlv, tag: number, tlvClass = 0): boolean {
  return tlv.tag === tag && tlv.class === tlvClass;
}

/** An INTEGER or ENUMERATED (section 8.3) in two's complement: a number up to 48 bits, a bigint up to 64, undefined for longer ones. */
export function integerAt(view: DataView, at: number, length: number): number | bigint | undefined {
  if (length > LARGEST_INTEGER || length === 0) return length === 0 ? 0 : undefined;
  if (length <= 6) {
    let value = view.getInt8(at);
    for (let i = 1; i < length; i++) value = value * 256 + view.getUint8(at + i);
    return value;
  }
  let value = BigInt(view.getInt8(at));
  for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(view.getUint8(at + i));
  return value;
}

/** An object identifier (section 8.19) as dotted numbers; what of it is wrong or too long ends it. */
export function oidText(view: DataView, at: number, length: number): string {
  const end = at + Math.min(length, LARGEST_OID);
  const arcs: (number | bigint)[] = [];
  let arc = 0n;
  for (let position = at; position < end; position++) {
    const octet = view.getUint8(position);
    arc = (arc << 7n) | BigInt(octet & 127);
    if (octet >= 128) continue;
    if (arcs.length === 0) {
      const first = arc < 40n ? 0n : arc < 80n ? 1n : 2n;
      arcs.push(first, arc - first * 40n);
    } else arcs.push(arc);
    arc = 0n;
  }
  return arcs.join('.');
}

/**
 * A UTCTime as `2015-11-03 00:00:00 (UTC)`, its year from 1950 to 2049 (RFC 5280, section 4.1.2.5.1), and a GeneralizedTime likewise;
 * what is no such time stays as it is.
 */
export function timeText(view: DataView, { tag, content, end }: Tlv): string {
  const text = utf8Text(view, content, end - content);
  const pattern = tag === Tag.utcTime ? /^(\d\d)/ : /^(\d{4})/;
  const year = pattern.exec(text)?.[1];
  const rest = year === undefined ? null : /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(.*)$/.exec(text.slice(year.length));
  if (year === undefined || rest === null) return text;
  const [, month, day, hour, minute, second, zone] = rest;
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const clock = `${hour}:${minute}${second === undefined ? '' : `:${second}`}`;
  return `${century}${year}-${month}-${day} ${clock} (${zone === 'Z' ? 'UTC' : `UTC${zone}`})`;
}
