/** Handshake messages: RFC 8446, section 4; RFC 5246, section 7.4; RFC 8422 for elliptic curves. */

import { absoluteTimeText, hexText } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import { handshakeTypes } from '../labels/tls.js';
import { cipherSuites } from '../labels/tls-ciphers.js';
import { readOcspResponse } from './ocsp.js';
import { type Hello, readExtensions, signatureAlgorithms } from './tls-extensions.js';
import type { HandshakeFields } from './tls-fields.js';
import { contained, isTls13, type TlsState } from './tls-state.js';
import { readCertificate } from './x509-certificate.js';
import { readSequence } from './x509-names.js';

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const TLS12 = 0x0303;
const DTLS12 = 0xfefd;
const SSL3 = 0x0300;
const SUPPORTED_VERSIONS = 43;
const NAMED_CURVE = 3;
/** A Server Hello with this random asks for another Client Hello (RFC 8446, section 4.1.3). */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

export interface HandshakeContext {
  readonly field: HandshakeFields;
  readonly state: TlsState;
  /** The record's version, as long as the server has not chosen one. */
  readonly recordVersion: number;
  /** Where DTLS has a cookie in its Client Hello. */
  readonly cookie?: ((body: Body) => void) | undefined;
}

type Reader = (body: Body, context: HandshakeContext) => void;

/** Reads the body of a message, which `body.end` ends. */
export function readMessage(body: Body, context: HandshakeContext, type: number): void {
  readers[type]?.(body, context);
  if (body.remaining > 0) body.skip(body.remaining);
}

/** The message's name as the list shows it. */
export function messageName(body: Body, type: number, at: number): string {
  if (type === SERVER_HELLO && at + 34 <= body.end && hexText(body.view, at + 2, 32) === RETRY_RANDOM)
    return 'Hello Retry Request';
  return handshakeTypes[type] ?? `Unknown type ${type}`;
}

const clientHello: Reader = (body, context) => {
  const { field } = context;
  body.number(field['handshake.version']);
  random(body, field, !isTls13(context.state.version));
  sessionId(body, field);
  context.cookie?.(body);
  const length = body.number(field['handshake.cipher_suites_length']);
  vector(body, field['handshake.ciphersuites'], length, () => body.number(field['handshake.ciphersuite']), 'suite');
  const methods = body.number(field['handshake.comp_methods_length']);
  vector(body, field['handshake.comp_methods'], methods, () => body.number(field['handshake.comp_method']), 'method');
  readExtensions(body, field, 'client');
};

/** Elements up to a length that was read before, under a heading that counts them. */
function vector(body: Body, heading: Field, octets: number, element: () => void, name: string): void {
  const partial = octets > body.remaining;
  body.group(heading, () => {
    let count = 0;
    body.within(body.position + octets, () => {
      for (; body.remaining > 0; count++) element();
    });
    body.describe(`${count} ${name}${count === 1 ? '' : 's'}`);
  });
  if (partial) body.need(body.remaining + 1, heading.title);
}

const serverHello: Reader = (body, context) => {
  const { field, state } = context;
  const retry = body.remaining >= 34 && hexText(body.view, body.position + 2, 32) === RETRY_RANDOM;
  const draft = isTls13(body.peek16());
  const chosen = draft ? body.peek16() : chosenVersion(body);
  state.version = chosen;
  body.number(field['handshake.version']);
  random(body, field, !isTls13(chosen));
  // Drafts of TLS 1.3 up to 21 had no session here.
  const short = draft && body.peek16() >> 8 !== 0x20;
  if (!short) sessionId(body, field);
  state.suite = body.number(field['handshake.ciphersuite']);
  if (!short) body.number(field['handshake.comp_method']);
  const hello: Hello = retry ? 'retry' : 'server';
  readExtensions(body, field, hello);
};

/** What the Server Hello at the position chooses: the extension of TLS 1.3 if it is there, else the version field. */
function chosenVersion({ view, position, end }: Body): number {
  const version = view.getUint16(position);
  if (position + 35 > end) return version;
  let at = position + 35 + view.getUint8(position + 34) + 3;
  if (at + 2 > end) return version;
  const last = Math.min(end, at + 2 + view.getUint16(at));
  for (at += 2; at + 4 <= last; at += 4 + view.getUint16(at + 2))
    if (view.getUint16(at) === SUPPORTED_VERSIONS && at + 6 <= last) return view.getUint16(at + 4);
  return version;
}

/** @param dated whether the first four octets are a time: until TLS 1.2 (RFC 5246, section 7.4.1.2) */
function random(body: Body, field: HandshakeFields, dated: boolean): void {
  if (!dated) {
    body.take(field['handshake.random']);
    return;
  }
  body.over(field['handshake.random'], 32, () => {
    const seconds = body.view.getUint32(body.position);
    body.found(field['handshake.random_time'], absoluteTimeText(seconds), body.position, 4);
    body.position += 4;
    body.take(field['handshake.random_bytes']);
  });
}

function sessionId(body: Body, field: HandshakeFields): void {
  const length = body.number(field['handshake.session_id_length']);
  if (length > 0) body.take(field['handshake.session_id'], length);
}

/** Of an answer to a request, or of a request: RFC 8446, sections 4.3.2 and 4.4.2. */
function requestContext(body: Body, field: HandshakeFields): void {
  const length = body.number(field['handshake.certificate_request_context_length']);
  if (length > 0) body.take(field['handshake.certificate_request_context'], length);
}

const certificate: Reader = (body, { field, state }) => {
  const is13 = isTls13(state.version);
  if (is13) requestContext(body, field);
  const length = body.number(field['handshake.certificates_length']);
  const partial = length > body.remaining;
  body.group(field['handshake.certificates'], () => {
    body.describe(`${length} bytes`);
    body.within(body.position + length, () => {
      while (body.remaining > 0) {
        const octets = body.number(field['handshake.certificate_length']);
        readCertificate(body, field['handshake.certificate'], octets);
        if (is13) readExtensions(body, field, 'other');
      }
    });
  });
  if (partial) body.need(length, 'the certificates');
};

const certificateRequest: Reader = (body, { field, state, recordVersion }) => {
  if (isTls13(state.version)) {
    requestContext(body, field);
    readExtensions(body, field, 'other');
    return;
  }
  const types = body.number(field['handshake.cert_types_count']);
  vector(body, field['handshake.cert_types'], types, () => body.number(field['handshake.cert_type']), 'type');
  if (hasSignatureAlgorithm(state.version || recordVersion)) signatureAlgorithms(body, field, 'other');
  const length = body.number(field['handshake.dnames_len']);
  if (length === 0) return;
  body.group(field['handshake.dnames'], () => {
    body.within(body.position + length, () => {
      while (body.remaining > 0) {
        const octets = body.number(field['handshake.dname_len']);
        body.need(octets, 'a distinguished name');
        const end = body.position + octets;
        body.group(field['handshake.dname'], () => contained(body, end, () => body.describe(readSequence(body))));
      }
    });
  });
};

function hasSignatureAlgorithm(version: number): boolean {
  return version === TLS12 || version === DTLS12 || isTls13(version);
}

/**
 * The key exchange of a suite, from its name (`TLS_ECDHE_RSA_WITH_…`). A packet by itself does not tell the suite, and a
 * guess is better than nothing; where the Server Hello is missing in a capture, Wireshark does not guess either.
 */
function exchangeOf({ dissection }: Body, suite: number, guess: () => string): string {
  if (suite < 0) return dissection.conversation === undefined ? guess() : '';
  return /^TLS_(.+?)_WITH_/.exec(cipherSuites[suite] ?? '')?.[1] ?? '';
}

const serverKeyExchange: Reader = (body, context) => {
  const exchange = exchangeOf(body, context.state.suite, () => (looksLikeCurve(body) ? 'ECDHE_RSA' : ''));
  const { field } = context;
  if (/PSK/.test(exchange)) {
    const length = body.number(field['handshake.hint_len']);
    if (length > 0) body.take(field['handshake.hint'], length);
  }
  if (exchange === 'ECJPAKE') {
    body.number(field['handshake.server_curve_type']);
    body.number(field['handshake.server_named_curve']);
    for (const name of ['xs', 'vs', 'rs'] as const) counted(body, field, name);
    return;
  }
  if (/^ECDHE|^ECDH_anon/.test(exchange)) {
    if (body.peek8() !== NAMED_CURVE) return;
    body.number(field['handshake.server_curve_type']);
    body.number(field['handshake.server_named_curve']);
    const length = body.number(field['handshake.server_point_len']);
    body.take(field['handshake.server_point'], length);
  } else if (/^RSA_EXPORT/.test(exchange)) {
    // RFC 2246, section 7.4.3: a key that was short enough to be sold abroad.
    for (const name of ['modulus', 'exponent'] as const) {
      const length = body.number(field[`handshake.${name}_len`]);
      body.take(field[`handshake.${name}`], length);
    }
  } else if (/^DHE|^DH_anon/.test(exchange)) {
    for (const name of ['p', 'g', 'ys'] as const) {
      const length = body.number(field[`handshake.${name}_len`]);
      body.take(field[`handshake.${name}`], length);
    }
  } else return;
  if (/anon|PSK/.test(exchange)) return;
  signature(body, context, 'handshake.sig_len', 'handshake.sig');
};

/** Octets with their number, of which one octet is enough. */
function counted(body: Body, field: HandshakeFields, name: 'xs' | 'vs' | 'rs' | 'xc' | 'vc' | 'rc'): void {
  const length = body.number(field[`handshake.${name}_len`]);
  body.take(field[`handshake.${name}`], length);
}

/** RFC 8422, section 5.4: a named curve, and an uncompressed point or one of Montgomery's curves. */
function looksLikeCurve({ view, position, remaining }: Body): boolean {
  if (remaining < 5 || view.getUint8(position) !== NAMED_CURVE) return false;
  const group = view.getUint16(position + 1);
  return group <= 30 && 4 + view.getUint8(position + 3) <= remaining;
}

function signature(
  body: Body,
  { field, state, recordVersion }: HandshakeContext,
  lengthKey: 'handshake.sig_len' | 'handshake.client_cert_vrfy.sig_len',
  key: 'handshake.sig' | 'handshake.client_cert_vrfy.sig',
): void {
  if (hasSignatureAlgorithm(state.version || recordVersion)) body.number(field['handshake.sig_hash_alg']);
  const length = body.number(field[lengthKey]);
  body.take(field[key], length);
}

const clientKeyExchange: Reader = (body, { field, state, recordVersion }) => {
  const isPoint = () => body.remaining > 0 && body.peek8() + 1 === body.remaining;
  const exchange = exchangeOf(body, state.suite, () => (isPoint() ? 'ECDHE' : ''));
  if (/PSK/.test(exchange)) {
    const length = body.number(field['handshake.identity_len']);
    body.take(field['handshake.identity'], length);
  }
  if (exchange === 'ECJPAKE') for (const name of ['xc', 'vc', 'rc'] as const) counted(body, field, name);
  else if (/^ECDH/.test(exchange)) {
    const length = body.number(field['handshake.client_point_len']);
    body.take(field['handshake.client_point'], length);
  } else if (/^DH/.test(exchange)) {
    const length = body.number(field['handshake.yc_len']);
    body.take(field['handshake.yc'], length);
  } else if (/^RSA/.test(exchange)) {
    // SSL 3.0 has no length here, nor has OpenSSL's DTLS before its standard.
    const version = state.version || recordVersion;
    let length = body.remaining;
    if (version !== SSL3 && version !== 0x0100) length = body.number(field['handshake.epms_len']);
    body.take(field['handshake.epms'], length);
  }
};

const certificateVerify: Reader = (body, context) => {
  signature(body, context, 'handshake.client_cert_vrfy.sig_len', 'handshake.client_cert_vrfy.sig');
};

const newSessionTicket: Reader = (body, { field, state }) => {
  body.number(field['handshake.session_ticket_lifetime_hint']);
  const is13 = isTls13(state.version);
  if (is13) {
    // RFC 8446, section 4.6.1.
    body.number(field['handshake.session_ticket_age_add']);
    const nonce = body.number(field['handshake.session_ticket_nonce_length']);
    if (nonce > 0) body.take(field['handshake.session_ticket_nonce'], nonce);
  }
  const length = body.number(field['handshake.session_ticket_length']);
  if (length > 0) body.take(field['handshake.session_ticket'], length);
  if (is13) readExtensions(body, field, 'other');
};

/** RFC 6066, section 8. */
const certificateStatus: Reader = (body, { field }) => {
  body.number(field['handshake.extensions_status_request_type']);
  const length = body.number(field['handshake.ocsp_response_len']);
  if (length > 0) contained(body, body.position + length, () => readOcspResponse(body));
};

const readers: Readonly<Record<number, Reader>> = {
  [CLIENT_HELLO]: clientHello,
  [SERVER_HELLO]: serverHello,
  4: newSessionTicket,
  8: (body, { field }) => readExtensions(body, field, 'server'),
  11: certificate,
  12: serverKeyExchange,
  13: certificateRequest,
  15: certificateVerify,
  16: clientKeyExchange,
  20: (body, { field }) => body.group(field['handshake.verify_data'], () => undefined, body.remaining),
  22: certificateStatus,
  24: (body, { field }) => body.number(field['handshake.key_update.request_update']),
};
