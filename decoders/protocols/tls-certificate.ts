/** Certificates: RFC 5280, section 4, in DER (ITU-T X.690). */

import { ipv4Text, ipv6Text } from '../core/format.js';
import { type Body, bytes, type Field, flag, group, int, sharedFields, text, uint } from '../core/index.js';
import { attributeTypes, extensionNames, signatureNames } from '../labels/x509.js';
import { integerAt, isTlv, oidText, peekTlv, Tag, type Tlv, takeTlv, timeText, withinTlv } from './der.js';
import { tlsHandshakeFields } from './tls-fields.js';
import { readTimestamps } from './tls-sct.js';
import { contained } from './tls-state.js';
import { absoluteTime } from './tls-time.js';

const CONTEXT = 2;

const named = (name: string) => ({ filter: name });

/** Wireshark names a certificate's parts after the modules of X.509 that define them. */
const x509 = {
  certificate: group('signedCertificate', named('x509af.signedCertificate_element')),
  version: uint(0, 'version', { labels: { 0: 'v1', 1: 'v2', 2: 'v3' }, ...named('x509af.version') }),
  serialNumber: bytes(0, 'serialNumber', named('x509af.serialNumber')),
  signature: group('signature', named('x509af.signature_element')),
  algorithm: text('Algorithm Id', named('x509af.algorithm.id')),
  issuer: group('issuer', named('x509af.issuer')),
  subject: group('subject', named('x509af.subject')),
  rdn: group('RDNSequence item', named('x509if.RDNSequence_item')),
  attribute: text('Object Id', named('x509if.oid')),
  country: text('CountryName', named('x509sat.CountryName')),
  utf8: text('uTF8String', named('x509sat.uTF8String')),
  printable: text('printableString', named('x509sat.printableString')),
  teletex: text('teletexString', named('x509sat.teletexString')),
  serial: text('PrintableString', named('x509sat.PrintableString')),
  ia5: text('IA5String', named('x509sat.IA5String')),
  validity: group('validity', named('x509af.validity_element')),
  notBefore: group('notBefore', named('x509af.notBefore')),
  notAfter: group('notAfter', named('x509af.notAfter')),
  utcTime: text('utcTime', named('x509af.utcTime')),
  generalizedTime: text('generalizedTime', named('x509af.generalizedTime')),
  key: group('subjectPublicKeyInfo', named('x509af.subjectPublicKeyInfo_element')),
  keyAlgorithm: group('algorithm', named('x509af.algorithm_element')),
  curve: text('namedCurve', named('pkcs1.namedCurve')),
  publicKey: bytes(0, 'subjectPublicKey', named('x509af.subjectPublicKey')),
  modulus: bytes(0, 'modulus', named('pkcs1.modulus')),
  exponent: int(32, 'publicExponent', named('pkcs1.publicExponent')),
  extensions: group('extensions', named('x509af.extensions')),
  extension: group('Extension', named('x509af.Extension_element')),
  extensionId: text('Extension Id', named('x509af.extension.id')),
  critical: flag('critical', { bits: 8, ...named('x509af.critical') }),
  names: group('GeneralNames', named('x509ce.GeneralNames')),
  dns: text('dNSName', named('x509ce.dNSName')),
  email: text('rfc822Name', named('x509ce.rfc822Name')),
  uri: text('uniformResourceIdentifier', named('x509ce.uniformResourceIdentifier')),
  ipv4: text('IPAddress', named('x509ce.IPAddress.ipv4')),
  ipv6: text('IPAddress', named('x509ce.IPAddress.ipv6')),
  keyId: bytes(0, 'SubjectKeyIdentifier', named('x509ce.SubjectKeyIdentifier')),
  authorityKeyId: bytes(0, 'keyIdentifier', named('x509ce.keyIdentifier')),
  ca: flag('cA', { bits: 8, ...named('x509ce.cA') }),
  pathLength: uint(0, 'pathLenConstraint', named('x509ce.pathLenConstraint')),
  purpose: text('KeyPurposeId', named('x509ce.KeyPurposeId')),
  signatureAlgorithm: group('algorithmIdentifier', named('x509af.algorithmIdentifier_element')),
  encrypted: bytes(0, 'encrypted', named('x509af.encrypted')),
};

/** To be declared by every protocol that shows certificates. */
export const certificateFields = sharedFields('x509af', x509);

const field = certificateFields;

/** Reads a certificate of `octets` octets as `whole`, with what it says below it. */
export function readCertificate(body: Body, whole: Field, octets: number): void {
  body.over(whole, octets, () => contained(body, body.end, () => withinTlv(body, 'a certificate', () => parts(body))));
}

function parts(body: Body): void {
  body.group(field.certificate, () => withinTlv(body, 'the signed part', () => signedPart(body)));
  algorithmIdentifier(body, field.signatureAlgorithm);
  withinTlv(body, 'the signature', () => bitString(body, field.encrypted));
}

function signedPart(body: Body): void {
  if (isTlv(peekTlv(body, 'the version'), 0, CONTEXT))
    withinTlv(body, 'the version', () => integer(body, field.version));
  withinTlv(body, 'the serial number', () => {
    body.take(field.serialNumber, body.remaining);
  });
  algorithmIdentifier(body, field.signature);
  body.group(field.issuer, () => body.describe(readName(body)));
  body.group(field.validity, () =>
    withinTlv(body, 'the validity', () => {
      time(body, field.notBefore);
      time(body, field.notAfter);
    }),
  );
  body.group(field.subject, () => body.describe(readName(body)));
  body.group(field.key, () => withinTlv(body, 'the public key', () => publicKey(body)));
  while (body.remaining > 0) {
    if (isTlv(peekTlv(body, 'an optional part'), 3, CONTEXT)) extensions(body);
    // issuerUniqueID and subjectUniqueID: version 2, which nobody uses.
    else withinTlv(body, 'a unique identifier', () => undefined);
  }
}

function integer(body: Body, as: Field): void {
  withinTlv(body, as.title, ({ content, end }) => {
    const length = Math.min(end, body.end) - content;
    const value = integerAt(body.view, content, length);
    if (value !== undefined) body.found(as, value, content, length);
  });
}

function objectId(body: Body, as: Field, labels: Readonly<Record<string, string>>): string {
  let oid = '';
  withinTlv(body, as.title, ({ content, end }) => {
    const length = Math.min(end, body.end) - content;
    oid = oidText(body.view, content, length);
    const name = labels[oid];
    body.found(as, oid, content, length, name === undefined ? oid : `${oid} (${name})`);
  });
  return oid;
}

function algorithmIdentifier(body: Body, heading: Field): void {
  body.group(heading, () =>
    withinTlv(body, heading.title, () => {
      const oid = objectId(body, field.algorithm, signatureNames);
      body.describe(signatureNames[oid] ?? oid);
      if (body.remaining > 0 && isTlv(peekTlv(body, 'the parameters'), Tag.oid))
        objectId(body, field.curve, signatureNames);
    }),
  );
}

/** A BIT STRING of whole octets: the first says how many bits of the last are none. */
function bitString(body: Body, as: Field, inside?: () => void): void {
  if (body.remaining < 1) return;
  body.position++;
  if (inside === undefined) body.take(as, body.remaining);
  else body.over(as, body.remaining, inside);
}

/** Reads a distinguished name; returns it in the order in which it stands, `CN=…` last. */
export function readName(body: Body): string {
  const shown: string[] = [];
  withinTlv(body, 'a distinguished name', () => {
    while (body.remaining > 0) {
      body.group(field.rdn, () =>
        withinTlv(body, 'a relative name', () => {
          while (body.remaining > 0)
            withinTlv(body, 'an attribute', () => {
              const attribute = readAttribute(body);
              shown.push(attribute);
              body.describe(attribute);
            });
        }),
      );
    }
  });
  return shown.join(', ');
}

const COUNTRY = '2.5.4.6';
/** Attributes whose syntax is PrintableString alone: serialNumber, dnQualifier. */
const PRINTABLE_ONLY: ReadonlySet<string> = new Set(['2.5.4.5', '2.5.4.46']);

function readAttribute(body: Body): string {
  const oid = objectId(body, field.attribute, attributeTypes);
  let value = '';
  withinTlv(body, 'a value', (tlv) => {
    const as = valueField(oid, tlv);
    if (as !== undefined) value = body.text(as, body.remaining);
  });
  return `${attributeTypes[oid] ?? oid}=${value}`;
}

function valueField(oid: string, tlv: Tlv): Field | undefined {
  if (oid === COUNTRY) return field.country;
  if (PRINTABLE_ONLY.has(oid)) return field.serial;
  if (tlv.tag === Tag.utf8String) return field.utf8;
  if (tlv.tag === 19) return field.printable;
  if (tlv.tag === 20) return field.teletex;
  return tlv.tag === 22 ? field.ia5 : undefined;
}

function time(body: Body, heading: Field): void {
  body.group(heading, () => {
    const tlv = takeTlv(body, heading.title);
    if (tlv.end > body.end) body.need(tlv.end - tlv.content, heading.title);
    const utc = tlv.tag === Tag.utcTime;
    const value = utc ? timeText(body.view, tlv) : generalizedTime(timeText(body.view, tlv));
    body.found(utc ? field.utcTime : field.generalizedTime, value, tlv.content, tlv.end - tlv.content);
    body.describe(value);
    body.position = tlv.end;
  });
}

/** Wireshark writes this form as it writes times: `Nov  3, 2050 00:00:00.000000000 UTC`. */
function generalizedTime(time: string): string {
  const milliseconds = Date.parse(time.replace(' (UTC)', 'Z').replace(' ', 'T'));
  return Number.isNaN(milliseconds) ? time : absoluteTime(milliseconds / 1000);
}

function publicKey(body: Body): void {
  algorithmIdentifier(body, field.keyAlgorithm);
  withinTlv(body, 'the key', () =>
    bitString(body, field.publicKey, () => {
      // RFC 8017, appendix A.1.1: RSA's key is a sequence; an elliptic curve's is a point (its first octet is 2 to 4).
      if (body.peek8() !== 0x30) return;
      contained(body, body.end, () =>
        withinTlv(body, 'an RSA key', () => {
          withinTlv(body, 'the modulus', () => body.take(field.modulus, body.remaining));
          withinTlv(body, 'the exponent', ({ content, end }) => {
            const value = integerAt(body.view, content, end - content);
            if (value !== undefined) body.found(field.exponent, value, content, end - content);
          });
        }),
      );
    }),
  );
}

function extensions(body: Body): void {
  body.group(field.extensions, () =>
    withinTlv(body, 'the extensions', () =>
      withinTlv(body, 'the extensions', () => {
        let count = 0;
        for (; body.remaining > 0; count++) body.group(field.extension, () => extension(body));
        body.describe(`${count} items`);
      }),
    ),
  );
}

function extension(body: Body): void {
  withinTlv(body, 'an extension', () => {
    const oid = objectId(body, field.extensionId, extensionNames);
    body.describe(extensionNames[oid] ?? oid);
    if (isTlv(peekTlv(body, 'an extension'), Tag.boolean))
      withinTlv(body, 'critical', () => body.number(field.critical));
    withinTlv(body, 'an extension', () => {
      const reader = readers[oid];
      if (reader !== undefined) contained(body, body.end, () => reader(body));
    });
  });
}

/** RFC 5280, section 4.2.1.6: names by the number of their context tag. */
function generalName(body: Body): void {
  withinTlv(body, 'a name', ({ tag, content }) => {
    const length = body.remaining;
    if (tag === 1) body.text(field.email, length);
    else if (tag === 2) body.text(field.dns, length);
    else if (tag === 6) body.text(field.uri, length);
    else if (tag === 7 && length === 4) body.found(field.ipv4, ipv4Text(body.view, content), content, length);
    else if (tag === 7 && length === 16) body.found(field.ipv6, ipv6Text(body.view, content), content, length);
  });
}

function generalNames(body: Body): void {
  withinTlv(body, 'the names', () => {
    while (body.remaining > 0) generalName(body);
  });
}

/** Where lists and responders are: only the addresses, however deep they stand. */
function addresses(body: Body): void {
  while (body.remaining > 0) {
    const tlv = peekTlv(body, 'an address');
    if (isTlv(tlv, 6, CONTEXT) && !tlv.constructed) generalName(body);
    else withinTlv(body, 'an address', () => (tlv.constructed ? addresses(body) : undefined));
  }
}

const readers: Readonly<Record<string, (body: Body) => void>> = {
  '2.5.29.14': (body) => withinTlv(body, 'the identifier', () => body.take(field.keyId, body.remaining)),
  '2.5.29.17': (body) => body.group(field.names, () => generalNames(body)),
  '2.5.29.18': (body) => body.group(field.names, () => generalNames(body)),
  '2.5.29.19': (body) =>
    withinTlv(body, 'the constraints', () => {
      if (body.remaining > 0 && isTlv(peekTlv(body, 'cA'), Tag.boolean))
        withinTlv(body, 'cA', () => body.number(field.ca));
      if (body.remaining > 0) integer(body, field.pathLength);
    }),
  '2.5.29.31': addresses,
  '2.5.29.35': (body) =>
    withinTlv(body, 'the identifier', () => {
      if (body.remaining > 0 && isTlv(peekTlv(body, 'the identifier'), 0, CONTEXT))
        withinTlv(body, 'the identifier', () => body.take(field.authorityKeyId, body.remaining));
    }),
  '2.5.29.37': (body) =>
    withinTlv(body, 'the purposes', () => {
      while (body.remaining > 0) objectId(body, field.purpose, extensionNames);
    }),
  '1.3.6.1.5.5.7.1.1': addresses,
  // Wireshark has one set of names for these, those of TLS.
  '1.3.6.1.4.1.11129.2.4.2': (body) =>
    withinTlv(body, 'the timestamps', () => readTimestamps(body, tlsHandshakeFields)),
};
