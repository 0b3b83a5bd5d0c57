/** Parts of certificates that stand in several places: what ASN.1 (ITU-T X.680) calls its types. */

import { absoluteTimeText, utf8Text } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import { signatureNames } from '../labels/x509.js';
import { countTlvs, integerAt, isTlv, oidText, peekTlv, Tag, takeTlv, timeText, withinTlv } from './der.js';
import { certificateFields as field } from './x509-fields.js';

export const CONTEXT = 2;

export function integer(body: Body, as: Field): void {
  withinTlv(body, as.title, ({ content, end }) => {
    // Half a number is none.
    const value = end > body.end ? undefined : integerAt(body.view, content, end - content);
    if (value !== undefined) body.found(as, value, content, end - content);
  });
}

/** An element whose content is shown as the octets that it is. */
export function octetString(body: Body, as: Field): void {
  withinTlv(body, as.title, () => {
    if (body.remaining > 0) body.take(as, body.remaining);
  });
}

export function objectId(body: Body, as: Field, labels: Readonly<Record<string, string>>): string {
  let oid = '';
  withinTlv(body, as.title, ({ content, end }) => {
    const length = Math.min(end, body.end) - content;
    oid = oidText(body.view, content, length);
    const name = labels[oid];
    body.found(as, oid, content, length, name === undefined ? oid : `${oid} (${name})`);
  });
  return oid;
}

/** SEQUENCE OF and SET OF, whose value is the number of the elements that `item` reads one of. */
export function listOf(body: Body, as: Field, item: () => void): void {
  const { content, end } = peekTlv(body, as.title);
  const count = countTlvs(body.view, content, Math.min(end, body.end));
  body.titled(as, count, () => {
    body.describe(count === 1 ? '1 item' : `${count} items`);
    withinTlv(body, as.title, () => {
      while (body.remaining > 0) item();
    });
  });
}

/** A BIT STRING of whole octets: the first says how many bits of the last are none. */
export function bitString(body: Body, as: Field, shown: boolean, inside?: () => void): void {
  if (body.remaining < 1) return;
  if (shown) body.number(field.padding);
  else body.position++;
  if (inside === undefined) body.take(as, body.remaining);
  else body.over(as, body.remaining, inside);
}

/** RFC 5280, section 4.1.1.2. Returns the algorithm. */
export function algorithmIdentifier(body: Body, heading: Field): string {
  let oid = '';
  body.group(heading, () =>
    withinTlv(body, heading.title, () => {
      oid = objectId(body, field.algorithm, signatureNames);
      body.describe(signatureNames[oid] ?? oid);
      if (body.remaining > 0) parameters(body, oid);
    }),
  );
  return oid;
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const DSA = '1.2.840.10040.4.1';

function parameters(body: Body, algorithm: string): void {
  const tlv = peekTlv(body, 'the parameters');
  if (algorithm === EC_PUBLIC_KEY) {
    // RFC 5480, section 2.1.1; X9.62 knows a curve that is written out, too.
    const form = isTlv(tlv, Tag.oid) ? 1 : isTlv(tlv, Tag.null) ? 2 : 0;
    body.titled(field.curve, form, () => {
      if (form === 1) objectId(body, field.namedCurve, signatureNames);
      else withinTlv(body, 'the curve', () => undefined);
    });
  } else if (algorithm === DSA && tlv.constructed) {
    body.group(field.dss, () =>
      withinTlv(body, 'the parameters', () => {
        for (const part of [field.p, field.q, field.g]) octetString(body, part);
      }),
    );
  }
}

/** A Time (section 4.1.2.5), whose value is the form that it has. */
export function time(body: Body, heading: Field): void {
  const utc = peekTlv(body, heading.title).tag === Tag.utcTime;
  body.titled(heading, utc ? 0 : 1, () => {
    const value = utc ? utcTime(body) : generalizedTime(body, field.generalizedTime);
    body.describe(value);
  });
}

function utcTime(body: Body): string {
  const tlv = takeTlv(body, 'a time');
  if (tlv.end > body.end) body.need(tlv.end - tlv.content, 'a time');
  const value = timeText(body.view, tlv);
  body.found(field.utcTime, value, tlv.content, tlv.end - tlv.content);
  body.position = tlv.end;
  return value;
}

/** Wireshark writes this form as it writes times: `Nov  3, 2050 00:00:00.000000000 UTC`. */
export function generalizedTime(body: Body, as: Field): string {
  const tlv = takeTlv(body, as.title);
  const length = tlv.end - tlv.content;
  if (tlv.end > body.end) body.need(length, as.title);
  const text = utf8Text(body.view, tlv.content, length);
  const value = absoluteOf(text) ?? text;
  body.found(as, value, tlv.content, length);
  body.position = tlv.end;
  return value;
}

/** X.680, section 46: `YYYYMMDDHH[MM[SS[.f]]](Z|±hhmm)`. */
function absoluteOf(text: string): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d))?$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const east = parts[7] === undefined ? 0 : (Number(parts[8]) * 60 + Number(parts[9])) * (parts[7] === '+' ? 1 : -1);
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute - east, second);
  return Number.isNaN(milliseconds) ? undefined : absoluteTimeText(milliseconds / 1000);
}
