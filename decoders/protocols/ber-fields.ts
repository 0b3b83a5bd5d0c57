/** Elements of BER as fields of a tree, with their identifiers and lengths: what SNMP, LDAP and Kerberos share. */

import { hexText, utf8Text, zeroEndedText } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import { integerAt, oidText, peekTlv, type Tlv, withinTlv } from './der.js';

/** Reads an INTEGER or ENUMERATED of any tag. Ones too long for a number are shown as 0, as Wireshark cannot either. */
export function takeInteger(body: Body, field: Field): number | bigint {
  let value: number | bigint = 0;
  withinTlv(body, field.title, ({ start, content, end }) => {
    const length = wholeLength(body, end, field);
    value = integerAt(body.view, content, length) ?? 0;
    body.found(field, unsigned(field, value, length), start, end - start);
    body.position = content + length;
  });
  return value;
}

/** A negative value of a field that has no sign is what its two's complement would be without one. */
function unsigned(field: Field, value: number | bigint, length: number): number | bigint {
  if (field.kind !== 'uint' || value >= 0) return value;
  return length <= 4 ? Number(value) + 2 ** 32 : BigInt(value) + (1n << 64n);
}

/** Reads a BOOLEAN: X.690, section 8.2. */
export function takeBoolean(body: Body, field: Field): boolean {
  let value = false;
  withinTlv(body, field.title, ({ start, content, end }) => {
    const length = wholeLength(body, end, field);
    value = length > 0 && body.view.getUint8(content) !== 0;
    body.found(field, value, start, end - start);
    body.position = content + length;
  });
  return value;
}

/** Reads octets of any tag as octets; none are shown as Wireshark does. */
export function takeOctets(body: Body, field: Field): Tlv {
  const tlv = peekTlv(body, field.title);
  withinTlv(body, field.title, ({ start, content, end }) => {
    const length = wholeLength(body, end, field);
    body.found(field, length === 0 ? '<MISSING>' : hexText(body.view, content, length), start, end - start);
    body.position = content + length;
  });
  return tlv;
}

/** Reads octets of any tag as text. */
export function takeString(body: Body, field: Field): string {
  let value = '';
  withinTlv(body, field.title, ({ start, content, end }) => {
    const length = wholeLength(body, end, field);
    value = utf8Text(body.view, content, length);
    body.found(field, zeroEndedText(body.view, content, length), start, end - start);
    body.position = content + length;
  });
  return value;
}

/** Reads an OBJECT IDENTIFIER. */
export function takeOid(body: Body, field: Field): string {
  let value = '';
  withinTlv(body, field.title, ({ start, content, end }) => {
    const length = wholeLength(body, end, field);
    value = oidText(body.view, content, length);
    body.found(field, value, start, end - start);
    body.position = content + length;
  });
  return value;
}

/** Reads a constructed element under a heading whose value is the number of its members. */
export function takeMembers(body: Body, field: Field, member: () => void): void {
  const { content, end } = peekTlv(body, field.title);
  const count = countMembers(body.view, content, Math.min(end, body.end));
  body.titled(field, count, () => {
    body.describe(`${count} item${count === 1 ? '' : 's'}`);
    withinTlv(body, field.title, () => {
      while (body.remaining > 0) member();
    });
  });
}

/** Enters a constructed element that has no field of its own: what identifies it is left as it is. */
export function enterTlv(body: Body, what: string): Tlv {
  const tlv = peekTlv(body, what);
  body.skip(tlv.content - body.position);
  return tlv;
}

/** Elements in [from, end); one that is cut counts. */
function countMembers(view: DataView, from: number, end: number): number {
  let count = 0;
  for (let at = from; at + 2 <= end; count++) {
    const first = view.getUint8(at + 1);
    let length = first;
    let header = 2;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      if (octets === 0 || octets > 4 || at + 2 + octets > end) return count + 1;
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + view.getUint8(at + 2 + i);
      header += octets;
    }
    at += header + length;
  }
  return count;
}

/** Octets of an element's content, all of which must be there. */
function wholeLength(body: Body, end: number, field: Field): number {
  const length = end - body.position;
  body.need(length, field.title);
  return length;
}
