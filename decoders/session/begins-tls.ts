/** Where a conversation that began in the clear becomes TLS: RFC 2817, 2595, 3207, 4217, 4511 and their like. */

import type { Registry } from '../core/registry.js';

/**
 * Protocols that agree on TLS before they speak it. Each says so in its own way, and the capture may lack that part; a
 * Client Hello can be nothing else in any of them.
 */
export const AGREE_ON_TLS: readonly string[] = ['ftp', 'http', 'imap', 'ldap', 'mysql', 'pgsql', 'pop', 'smtp'];

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

/** Registry ids of the protocols that agree on TLS before they speak it. */
export function agreeOnTls(registry: Registry): ReadonlySet<number> {
  return new Set(AGREE_ON_TLS.map((filter) => registry.idOf(filter)));
}

/** Whether a record with a Client Hello, or with the first part of one, begins at `start` (RFC 8446, sections 4.1.2 and 5.1). */
export function beginsTls(view: DataView, start: number, end: number): boolean {
  if (start + 11 > end || view.getUint8(start) !== HANDSHAKE || view.getUint8(start + 1) !== 3) return false;
  if (view.getUint8(start + 2) > 4 || view.getUint8(start + 5) !== CLIENT_HELLO) return false;
  return view.getUint8(start + 6) === 0 && view.getUint8(start + 9) === 3;
}
