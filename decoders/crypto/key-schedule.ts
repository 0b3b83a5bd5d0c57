/** How TLS makes keys of secrets. */

import type { HashName, Secrets } from '../core/secrets.js';

const encoder = new TextEncoder();

/** HKDF-Expand (RFC 5869, section 2.3) with the label of TLS 1.3 and an empty context: RFC 8446, section 7.1. */
export function expandLabel(
  secrets: Secrets,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  length: number,
): Uint8Array {
  const name = encoder.encode(`tls13 ${label}`);
  const info = Uint8Array.of(length >> 8, length & 255, name.length, ...name, 0);
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += block.length, counter++) {
    block = secrets.hmac(hash, secret, block, info, Uint8Array.of(counter));
    out.set(block.subarray(0, Math.min(block.length, length - at)), at);
  }
  return out;
}

/** The PRF of TLS 1.2: RFC 5246, section 5. */
export function prf(
  secrets: Secrets,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: readonly Uint8Array[],
  length: number,
): Uint8Array {
  const whole = [encoder.encode(label), ...seed];
  const out = new Uint8Array(length);
  let a = secrets.hmac(hash, secret, ...whole);
  for (let at = 0; at < length; ) {
    const block = secrets.hmac(hash, secret, a, ...whole);
    out.set(block.subarray(0, Math.min(block.length, length - at)), at);
    at += block.length;
    a = secrets.hmac(hash, secret, a);
  }
  return out;
}
