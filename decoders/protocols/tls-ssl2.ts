/** The Client Hello of SSL 2.0, with which clients once asked for any version: RFC 5246, appendix E.2. */

import { type Body, type Field, group, uint } from '../core/index.js';
import { cipherSuites } from '../labels/tls-ciphers.js';
import type { HandshakeFields } from './tls-fields.js';

/** The length with its highest bit set, the type, the version and three lengths. */
const HEADER_OCTETS = 11;
const CLIENT_HELLO = 1;
const SSL2 = 0x0002;
/** How the record is shown. */
export const SSL2_HELLO = 'Client Hello';

/** Octets of the Client Hello at `at`, with the two of its length; 0 when there is none. */
export function ssl2HelloLength(view: DataView, at: number, end: number): number {
  if (at + HEADER_OCTETS > end || view.getUint8(at) < 0x80 || view.getUint8(at + 2) !== CLIENT_HELLO) return 0;
  const version = view.getUint16(at + 3);
  const ciphers = view.getUint16(at + 5);
  if ((version !== SSL2 && (version < 0x0300 || version > 0x0304)) || ciphers === 0 || ciphers % 3 !== 0) return 0;
  const length = 9 + ciphers + view.getUint16(at + 7) + view.getUint16(at + 9);
  return (view.getUint16(at) & 0x7fff) === length ? 2 + length : 0;
}

/** What only this message has. */
export const ssl2Fields = {
  'handshake.cipher_spec_len': uint(16, 'Cipher Spec Length'),
  'handshake.cipherspec': uint(24, 'Cipher Spec', { base: 16, labels: cipherSuites }),
  'handshake.challenge_length': uint(16, 'Challenge Length'),
  'handshake.challenge': group('Challenge'),
};

/** The fields of the record that this message is, too. */
type Ssl2Fields = HandshakeFields & { readonly [K in keyof typeof ssl2Fields]: Field } & RecordFields;

interface RecordFields {
  readonly record: Field;
  readonly 'record.version': Field;
  readonly 'record.length': Field;
}

/** Reads the message of `length` octets at the cursor. */
export function readSsl2Hello(body: Body, field: Ssl2Fields, length: number): void {
  body.need(HEADER_OCTETS, 'a Client Hello of SSL 2.0');
  body.group(
    field.record,
    () => {
      body.derived(field['record.version'], SSL2);
      body.found(field['record.length'], body.view.getUint16(body.position) & 0x7fff, body.position, 2);
      body.position += 2;
      body.describe(SSL2_HELLO);
      body.number(field['handshake.type']);
      body.number(field['handshake.version']);
      const ciphers = body.number(field['handshake.cipher_spec_len']);
      const session = body.view.getUint16(body.position);
      body.found(field['handshake.session_id_length'], session, body.position, 2);
      body.position += 2;
      const challenge = body.number(field['handshake.challenge_length']);
      body.group(field['handshake.ciphersuites'], () => {
        body.describe(`Cipher Specs (${ciphers / 3} specs)`);
        body.within(body.position + ciphers, () => {
          while (body.remaining > 0) body.number(field['handshake.cipherspec']);
        });
      });
      if (session > 0) body.take(field['handshake.session_id'], session);
      body.group(field['handshake.challenge'], () => undefined, challenge);
    },
    length,
  );
}
