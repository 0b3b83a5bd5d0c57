/** Addresses as keys: one spelling for flows, sockets and interfaces. */

import { networkInterfaces } from 'node:os';
import { addressOctets } from '../../decoders/filter/octets.js';

/**
 * The key of an address held as four words (IPv4: the first alone). An IPv4 address inside an IPv6 one (RFC 4291, section
 * 2.5.5.2), which is how an IPv6 socket shows an IPv4 peer, has the key of the IPv4 address.
 */
export function addressKey(family: number, a: number, b: number, c: number, d: number): string {
  if (family === 4) return String(a >>> 0);
  if (a === 0 && b === 0 && c === 0xffff) return String(d >>> 0);
  return `${(a >>> 0).toString(16)}:${(b >>> 0).toString(16)}:${(c >>> 0).toString(16)}:${(d >>> 0).toString(16)}`;
}

/** The keys of "any address". */
export const ANY4 = '0';
export const ANY6 = '0:0:0:0';

/** Whether the key is that of an IPv4 address in 127.0.0.0/8: all of them are this machine. */
export function isLoopback4(key: string): boolean {
  return !key.includes(':') && Number(key) >>> 24 === 127;
}

/** The key of an address as text; undefined for what is none. */
export function keyOfText(text: string): string | undefined {
  const octets = addressOctets(text);
  if (octets === undefined) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return octets.length === 4
    ? String(view.getUint32(0))
    : addressKey(6, view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
}

/** The keys of the machine's addresses as they are now. */
export function ownAddresses(): string[] {
  const keys = new Set<string>();
  for (const addresses of Object.values(networkInterfaces()))
    for (const { address } of addresses ?? []) {
      const key = keyOfText(address);
      if (key !== undefined) keys.add(key);
    }
  return [...keys].sort();
}
