/** Names in certificates: distinguished ones (RFC 5280, section 4.1.2.4), and the general ones of section 4.2.1.6. */

import { ipv4Text, ipv6Text } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import { attributeTypes } from '../labels/x509.js';
import { countTlvs, oidText, peekTlv, Tag, type Tlv, takeTlv, withinTlv } from './der.js';
import { certificateFields as field } from './x509-fields.js';
import { listOf, objectId } from './x509-values.js';

/** A Name, of which there is but one form: `as` has that one's number, `sequence` the number of its parts. */
export function readName(body: Body, as: Field, sequence: Field): void {
  body.titled(as, 0, () => {
    const { content, end } = peekTlv(body, 'a distinguished name');
    const count = countTlvs(body.view, content, Math.min(end, body.end));
    body.titled(sequence, count, () => body.describe(`${count} item${count === 1 ? '' : 's'} (${readSequence(body)})`));
  });
}

/** An RDNSequence; returns it in the order that Wireshark writes it in, `CN=…` first. */
export function readSequence(body: Body): string {
  const shown: string[] = [];
  withinTlv(body, 'a distinguished name', () => {
    while (body.remaining > 0)
      listOf(body, field.rdn, () => {
        body.group(field.attributeItem, () =>
          withinTlv(body, 'an attribute', () => {
            const attribute = readAttribute(body);
            shown.unshift(attribute);
            body.describe(attribute);
          }),
        );
      });
  });
  return shown.join(',');
}

const COUNTRIES: ReadonlySet<string> = new Set(['2.5.4.6', '1.3.6.1.4.1.311.60.2.1.3']);
/** Attributes whose syntax is PrintableString alone: serialNumber, dnQualifier. */
const PRINTABLE_ONLY: ReadonlySet<string> = new Set(['2.5.4.5', '2.5.4.46']);
/** Those whose syntax is IA5String alone: emailAddress, domainComponent. */
const IA5_ONLY: ReadonlySet<string> = new Set(['1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.25']);

/** The alternatives of a DirectoryString by their tag (section 4.1.2.4), with the numbers of X.520. */
const directoryStrings: Readonly<Record<number, readonly [number, Field]>> = {
  20: [0, field.teletex],
  19: [1, field.printable],
  28: [2, field.universal],
  30: [3, field.bmp],
  [Tag.utf8String]: [4, field.utf8],
};

function readAttribute(body: Body): string {
  const oid = objectId(body, field.attribute, attributeTypes);
  const name = attributeTypes[oid] ?? oid;
  const tlv = peekTlv(body, 'a value');
  const only = onlySyntax(oid, tlv);
  if (only !== undefined) return `${name}=${takeText(body, only)}`;
  const choice = directoryStrings[tlv.tag];
  // What is of no syntax that the attribute can have.
  if (choice === undefined || tlv.class !== 0) {
    withinTlv(body, 'a value', () => undefined);
    return name;
  }
  let value = '';
  body.titled(field.directoryString, choice[0], () => {
    value = takeText(body, choice[1]);
  });
  return `${name}=${value}`;
}

function onlySyntax(oid: string, { tag }: Tlv): Field | undefined {
  if (COUNTRIES.has(oid)) return field.country;
  if (PRINTABLE_ONLY.has(oid)) return field.serial;
  return IA5_ONLY.has(oid) || tag === IA5_STRING ? field.ia5 : undefined;
}

const IA5_STRING = 22;
const BMP_STRING = 30;

/** A string by its tag: most are UTF-8 or less; BMPString has two octets a character (X.690, section 8.23). */
export function takeText(body: Body, as: Field): string {
  const { tag } = peekTlv(body, as.title);
  let value = '';
  withinTlv(body, as.title, ({ content }) => {
    const length = body.remaining;
    if (tag !== BMP_STRING) {
      value = body.text(as, length);
      return;
    }
    for (let at = 0; at + 1 < length; at += 2) value += String.fromCharCode(body.view.getUint16(content + at));
    body.found(as, value, content, length);
  });
  return value;
}

/** GeneralNames: a list in `as`, each with the number of its form. */
export function generalNames(body: Body, as: Field): void {
  listOf(body, as, () => generalName(body, field.name));
}

/** The same where the list's own tag was replaced (X.680, section 30.6). */
export function generalName(body: Body, as: Field): void {
  const tlv = peekTlv(body, 'a name');
  body.titled(as, tlv.tag, () => withinTlv(body, 'a name', () => named(body, tlv)));
}

function named(body: Body, { tag, content }: Tlv): void {
  const length = body.remaining;
  if (tag === 0) objectId(body, field.otherType, attributeTypes);
  else if (tag === 1) body.text(field.email, length);
  else if (tag === 2) body.text(field.dns, length);
  else if (tag === 4) readName(body, field.directoryName, field.issuerNames);
  else if (tag === 6) body.text(field.uri, length);
  else if (tag === 7 && length === 4) body.found(field.ipv4, ipv4Text(body.view, content), content, length);
  else if (tag === 7 && length === 16) body.found(field.ipv6, ipv6Text(body.view, content), content, length);
  else if (tag === 8) body.found(field.registered, oidText(body.view, content, length), content, length);
  // Other names' values, and the forms that nobody uses, stay octets.
  body.position = body.end;
}

/** The explicit tag around a CHOICE, which no implicit one can replace. */
export function unwrapped(body: Body, what: string, inside: () => void): void {
  const { end } = takeTlv(body, what);
  body.within(end, inside);
  body.position = Math.min(end, body.end);
}
