/** Signed certificate timestamps: RFC 6962, section 3.3. They stand in an extension of TLS, and in one of certificates. */

import { absoluteTimeText } from '../core/format.js';
import type { Body } from '../core/index.js';
import type { HandshakeFields } from './tls-fields.js';

/** Reads a list of timestamps, each with the signature of its log. */
export function readTimestamps(body: Body, field: HandshakeFields): void {
  const length = body.number(field['sct.scts_length']);
  body.within(body.position + length, () => {
    while (body.remaining > 0) {
      const octets = body.number(field['sct.sct_length']);
      const end = body.position + octets;
      body.within(end, () => timestamp(body, field));
      if (body.position < end) body.skip(end - body.position);
    }
  });
}

function timestamp(body: Body, field: HandshakeFields): void {
  body.number(field['sct.sct_version']);
  body.take(field['sct.sct_logid']);
  body.need(8, 'the timestamp');
  const { view, position } = body;
  const milliseconds = view.getUint32(position) * 4294967296 + view.getUint32(position + 4);
  body.found(field['sct.sct_timestamp'], timeOf(milliseconds), position, 8);
  body.position += 8;
  const extensions = body.number(field['sct.sct_extensions_length']);
  body.skip(extensions);
  body.number(field['handshake.sig_hash_alg']);
  const signature = body.number(field['sct.sct_signature_length']);
  body.take(field['sct.sct_signature'], signature);
}

/** Years beyond what a Date can hold are shown as the number that they are. */
function timeOf(milliseconds: number): string {
  if (milliseconds > 8.64e15) return String(milliseconds);
  const fraction = String(milliseconds % 1000).padStart(3, '0');
  return absoluteTimeText(Math.floor(milliseconds / 1000)).replace('.000000000', `.${fraction}000000`);
}
