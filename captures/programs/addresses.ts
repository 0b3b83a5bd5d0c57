/** Addresses as keys: one spelling for flows, sockets and interfaces. */

import { networkInterfaces } from 'node:os';

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
  const bare = text.split('%')[0];
  if (!bare.includes(':')) {
    const octets = bare.split('.').map(Number);
    const whole = octets.length === 4 && octets.every((octet) => Number.isInteger(octet) && octet >= 0 && octet < 256);
    return whole ? String(octets.reduce((sum, octet) => sum * 256 + octet, 0)) : undefined;
  }
  const [head, tail] = bare.split('::');
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const first = groups(head);
  const last = groups(tail);
  const missing = 8 - first.length - last.length;
  if (missing < 0 || (tail === undefined && missing > 0)) return undefined;
  const all = [...first, ...Array<string>(missing).fill('0'), ...last].map((group) => Number.parseInt(group, 16));
  if (all.some((group) => !(group >= 0 && group <= 0xffff))) return undefined;
  const word = (at: number) => all[at] * 65536 + all[at + 1];
  return addressKey(6, word(0), word(2), word(4), word(6));
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
