/** Certificates: RFC 5280, section 4, in DER (ITU-T X.690). */

import type { Body, Field } from '../core/index.js';
import { isTlv, peekTlv, withinTlv } from './der.js';
import { contained } from './tls-state.js';
import { readExtensionList } from './x509-extensions.js';
import { certificateFields as field } from './x509-fields.js';
import { readName } from './x509-names.js';
import { algorithmIdentifier, bitString, CONTEXT, integer, octetString, time } from './x509-values.js';

/** Reads a certificate of `octets` octets as `whole`, with what it says below it. */
export function readCertificate(body: Body, whole: Field, octets: number): void {
  body.over(whole, octets, () => contained(body, body.end, () => certificate(body)));
}

/** A certificate that begins at the cursor. */
export function certificate(body: Body): void {
  withinTlv(body, 'a certificate', () => {
    body.group(field.certificate, () => withinTlv(body, 'the signed part', () => signedPart(body)));
    algorithmIdentifier(body, field.signatureAlgorithm);
    withinTlv(body, 'the signature', () => bitString(body, field.encrypted, true));
  });
}

function signedPart(body: Body): void {
  if (isTlv(peekTlv(body, 'the version'), 0, CONTEXT))
    withinTlv(body, 'the version', () => integer(body, field.version));
  octetString(body, field.serialNumber);
  algorithmIdentifier(body, field.signature);
  readName(body, field.issuer, field.issuerNames);
  body.group(field.validity, () =>
    withinTlv(body, 'the validity', () => {
      time(body, field.notBefore);
      time(body, field.notAfter);
    }),
  );
  readName(body, field.subject, field.subjectNames);
  body.group(field.key, () => withinTlv(body, 'the public key', () => publicKey(body)));
  while (body.remaining > 0) optionalPart(body);
}

/** The unique identifiers, which nobody uses, and the extensions. */
function optionalPart(body: Body): void {
  const tlv = peekTlv(body, 'an optional part');
  if (isTlv(tlv, 3, CONTEXT)) withinTlv(body, 'the extensions', () => readExtensionList(body, field.extensions));
  else
    withinTlv(body, 'a unique identifier', () => {
      if (isTlv(tlv, 1, CONTEXT)) bitString(body, field.issuerUnique, true);
      else if (isTlv(tlv, 2, CONTEXT)) bitString(body, field.subjectUnique, true);
    });
}

const RSA = '1.2.840.113549.1.1.1';

function publicKey(body: Body): void {
  const algorithm = algorithmIdentifier(body, field.keyAlgorithm);
  withinTlv(body, 'the key', () =>
    bitString(body, field.publicKey, algorithm !== RSA, () => {
      if (algorithm === RSA) contained(body, body.end, () => rsaKey(body));
      else body.position = body.end;
    }),
  );
}

/** RFC 8017, appendix A.1.1. */
function rsaKey(body: Body): void {
  withinTlv(body, 'an RSA key', () => {
    octetString(body, field.modulus);
    integer(body, field.exponent);
  });
}
