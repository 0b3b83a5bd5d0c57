/**
 * The address functions of inet(3), as glibc defines them. Numbers are in host order; networks have the classes of RFC 791:
 * A below 128.0.0.0, B below 192.0.0.0, C for the rest.
 */

import { ipv4FromNumber } from '../decoders/core/format.js';

/** What `inet_network` answers for what is none. */
export const INADDR_NONE = 0xffffffff;

const CLASS_B = 0x80000000;
const CLASS_C = 0xc0000000;

/**
 * Reads `a.b.c.d`, `a.b.c` (c: 16 bits), `a.b` (b: 24 bits) or `a` (32 bits), each in decimal, octal (`0…`) or
 * hexadecimal (`0x…`). As in glibc, a space ends the text.
 *
 * @returns undefined where the call answers 0: it is no address
 */
export function inetAton(text: string): number | undefined {
  const parts = text.split(/[ \t\n\v\f\r]/, 1)[0].split('.');
  const values = parts.map(numberOf);
  if (parts.length > 4 || values.some((value) => value === undefined)) return undefined;
  const numbers = values as number[];
  const last = numbers.pop() as number;
  if (numbers.some((value) => value > 0xff) || last > 2 ** (8 * (4 - numbers.length)) - 1) return undefined;
  return numbers.reduce((sum, value, index) => sum + value * 2 ** (24 - 8 * index), last);
}

/** As strtoul with base 0 reads it; undefined for what it does not read to its end. */
function numberOf(text: string): number | undefined {
  const digits = /^(?:0[xX]([0-9a-fA-F]{1,16})|0([0-7]{0,20})|([1-9]\d{0,18}))$/.exec(text);
  if (digits === null) return undefined;
  const [, hex, octal, decimal] = digits;
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return decimal === undefined ? Number.parseInt(`0${octal}`, 8) : Number(decimal);
}

export const inetNtoa: (address: number) => string = ipv4FromNumber;

/** Each part is an octet, and the last one is lowest: `10.1` is 0x0a01. @returns INADDR_NONE for what is no network */
export function inetNetwork(text: string): number {
  const parts = text.replace(/[ \t\n\v\f\r]+$/, '').split('.');
  if (parts.length > 4) return INADDR_NONE;
  let network = 0;
  for (const part of parts) {
    const value = octetOf(part);
    if (value === undefined || value > 0xff) return INADDR_NONE;
    network = network * 256 + value;
  }
  return network;
}

/** Here an `x` needs no 0 before it, a leading 0 is a digit of its own, and what does not fit 32 bits loses the bits above. */
function octetOf(text: string): number | undefined {
  const found = /^(?:0?[xX]([0-9a-fA-F]{1,200})|0([0-7]{0,200})|([1-9]\d{0,200}))$/.exec(text);
  if (found === null) return undefined;
  const [, hex, octal, decimal] = found;
  const literal = hex !== undefined ? `0x${hex}` : octal !== undefined ? `0o0${octal}` : decimal;
  return Number(BigInt.asUintN(32, BigInt(literal)));
}

/** Puts a network and a host in it together; how many bits are the host's, the network's size says. */
export function inetMakeaddr(network: number, host: number): number {
  if (network < 0x80) return ((network << 24) | (host & 0xffffff)) >>> 0;
  if (network < 0x10000) return ((network << 16) | (host & 0xffff)) >>> 0;
  if (network < 0x1000000) return ((network << 8) | (host & 0xff)) >>> 0;
  return (network | host) >>> 0;
}

/** The network's part of an address, moved to the right. */
export function inetNetof(address: number): number {
  return address >>> hostBits(address);
}

/** The host's part of an address. */
export function inetLnaof(address: number): number {
  return address & (2 ** hostBits(address) - 1);
}

const hostBits = (address: number): 24 | 16 | 8 => (address >= CLASS_C ? 8 : address >= CLASS_B ? 16 : 24);
