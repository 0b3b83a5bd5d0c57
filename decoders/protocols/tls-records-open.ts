/** Where records and what decrypts them meet. */

import type { Conversation } from '../core/conversation.js';
import type { Body } from '../core/index.js';
import { cipherOf } from './tls-ciphers-open.js';
import { type Opened as OpenedOctets, TlsOpener } from './tls-open.js';

/** What stood in a record, and what both ends agreed to speak in such records (a name of RFC 7301). */
export interface Opened extends OpenedOctets {
  readonly application: string | undefined;
}

const OPENER = 'tls opener';

function openerOf(conversation: Conversation | undefined): TlsOpener | undefined {
  const secrets = conversation?.secrets;
  return secrets && conversation?.remember(OPENER, () => new TlsOpener(secrets));
}

/** Whether each record of the conversation counts: with it, those behind it are decrypted. */
export function decrypts(conversation: Conversation | undefined): boolean {
  return openerOf(conversation)?.possible === true;
}

/** Octets that stand before what was encrypted: RFC 5288, RFC 6655 and RFC 5246, section 6.2.3.2. */
export function explicitOctets(suite: number): number {
  const cipher = suite >> 8 === 0x13 ? undefined : cipherOf(suite);
  if (cipher === undefined || cipher.aead === 'chacha20-poly1305') return 0;
  return cipher.aead === undefined ? 16 : 8;
}

/**
 * Has the conversation's keys try the record whose fragment is at `at`, behind its header; every record that is whole has to come by.
 *
 * @returns undefined where it is in the clear, or the keys are not known
 */
export function openRecord(body: Body, at: number, type: number, length: number): Opened | undefined {
  const opener = openerOf(body.dissection.conversation);
  if (opener === undefined || length === 0) return undefined;
  const { view } = body;
  const version = view.getUint16(at - 4);
  const fragment = new Uint8Array(view.buffer, view.byteOffset + at, length);
  const opened = opener.record(body.dissection.conversation?.direction ?? 0, { type, version, fragment });
  return opened && { ...opened, application: opener.application };
}
