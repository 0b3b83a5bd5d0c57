/** Parameters that demos share. */

import { isIP } from 'node:net';
import { z } from 'zod';
import { interfaceTowards } from '../captures/query/why/why-route.js';

/** Where loopback traffic comes by. */
const LOOPBACK = process.platform === 'linux' ? 'lo' : 'lo0';

export const address = z
  .string()
  .refine((text) => isIP(text) !== 0, { error: 'this is no IPv4 or IPv6 address, for example 127.0.0.1' })
  .default('127.0.0.1')
  .describe('The server’s address: one of this machine’s.');

export const port = (standard: number) =>
  z.int().min(1).max(65_535).default(standard).describe('The server’s port; below 1024 it takes root.');

export const networkInterface = z
  .string()
  .min(1)
  .max(100)
  .default(LOOPBACK)
  .describe('Where the packets come by. What a machine sends to its own addresses goes over loopback.');

export const clients = z.int().min(1).max(20).default(1).describe('How many clients at once.');

export const concurrent = z
  .boolean()
  .default(false)
  .describe(
    'A server that serves several clients at once; otherwise an iterative one, which serves one after the other.',
  );

export const text = (standard: string) =>
  z.string().min(1).max(1000).default(standard).describe('What the client says.');

/** Of demos that send to any host. */
export const probedAddress = address.describe('The host to ask: an address.');

export const probedInterface = z
  .string()
  .max(100)
  .default('')
  .describe('Where the packets come by; otherwise where the route leads.');

/** The interface that was named, or over which an address is reached. */
export const towards = (name: string, address: string): string =>
  name !== '' ? name : (interfaceTowards(withoutZone(address)) ?? 'any');

/** An address and a port as display filters and people write them. */
export const endText = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** BPF: packets of an address. libpcap takes no zone (`fe80::1%eth0`). */
export const bpfHost = (address: string): string => `host ${withoutZone(address)}`;

/** An address as it stands in packets. */
export const withoutZone = (address: string): string => address.replace(/%.*/, '');

/** The family's name in C. */
export const familyOf = (address: string): 'AF_INET' | 'AF_INET6' => (isIP(address) === 6 ? 'AF_INET6' : 'AF_INET');
