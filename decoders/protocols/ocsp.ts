/** Answers of the Online Certificate Status Protocol, which servers staple to their certificates: RFC 6960, section 4.2.1. */

import type { Body } from '../core/index.js';
import { extensionNames } from '../labels/x509.js';
import { isTlv, peekTlv, Tag, withinTlv } from './der.js';
import { certificate } from './x509-certificate.js';
import { certificateFields as field } from './x509-fields.js';
import { readName, unwrapped } from './x509-names.js';
import {
  algorithmIdentifier,
  bitString,
  CONTEXT,
  generalizedTime,
  integer,
  listOf,
  objectId,
  octetString,
} from './x509-values.js';

const BASIC = '1.3.6.1.5.5.7.48.1.1';

/** Reads an OCSPResponse up to the end of what the body sees. */
export function readOcspResponse(body: Body): void {
  withinTlv(body, 'an OCSP response', () => {
    integer(body, field.ocspStatus);
    if (body.remaining === 0) return;
    withinTlv(body, 'the response', () => body.group(field.ocspBytes, () => responseBytes(body)));
  });
}

function responseBytes(body: Body): void {
  withinTlv(body, 'the response', () => {
    const type = objectId(body, field.ocspType, extensionNames);
    withinTlv(body, 'the response', () => {
      if (type === BASIC) body.group(field.ocspBasic, () => withinTlv(body, 'the response', () => basic(body)));
    });
  });
}

function basic(body: Body): void {
  body.group(field.ocspData, () => withinTlv(body, 'the signed part', () => data(body)));
  algorithmIdentifier(body, field.ocspSignatureAlgorithm);
  withinTlv(body, 'the signature', () => bitString(body, field.ocspSignature, true));
  if (body.remaining > 0)
    withinTlv(body, 'the certificates', () =>
      listOf(body, field.ocspCertificates, () => body.group(field.ocspCertificate, () => certificate(body))),
    );
}

function data(body: Body): void {
  if (isTlv(peekTlv(body, 'the version'), 0, CONTEXT))
    withinTlv(body, 'the version', () => integer(body, field.ocspVersion));
  const { tag } = peekTlv(body, 'the responder');
  body.titled(field.ocspResponder, tag, () =>
    unwrapped(body, 'the responder', () => {
      if (tag === 1) readName(body, field.ocspByName, field.issuerNames);
      else octetString(body, field.ocspByKey);
    }),
  );
  generalizedTime(body, field.ocspProduced);
  listOf(body, field.ocspResponses, () =>
    body.group(field.ocspSingle, () => withinTlv(body, 'one answer', () => single(body))),
  );
}

function single(body: Body): void {
  body.group(field.ocspId, () =>
    withinTlv(body, 'the certificate that is meant', () => {
      algorithmIdentifier(body, field.ocspHash);
      octetString(body, field.ocspNameHash);
      octetString(body, field.ocspKeyHash);
      octetString(body, field.ocspSerial);
    }),
  );
  const { tag } = peekTlv(body, 'its status');
  body.titled(field.ocspCertStatus, tag, () =>
    withinTlv(body, 'its status', () => {
      if (tag !== 1) return;
      generalizedTime(body, field.ocspRevoked);
      if (body.remaining > 0)
        withinTlv(body, 'the reason', () => {
          if (isTlv(peekTlv(body, 'the reason'), Tag.enumerated)) integer(body, field.ocspReason);
        });
    }),
  );
  generalizedTime(body, field.ocspThisUpdate);
  if (body.remaining > 0 && isTlv(peekTlv(body, 'the next update'), 0, CONTEXT))
    withinTlv(body, 'the next update', () => generalizedTime(body, field.ocspNextUpdate));
}
