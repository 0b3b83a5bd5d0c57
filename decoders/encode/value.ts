/** What a person wrote for a field as what stands on the wire: the inverse of the tree's `value` and `display`. */

import type { FieldDeclaration } from '../core/index.js';
import { integerOfText } from '../filter/literal.js';
import { ipv4OfText, ipv6OfText, octetsOfHex, octetsOfWord } from '../filter/octets.js';
import { PacketError } from './error.js';

/** A field's value in JSON: numbers also as text ("0x0800", or the name of the value), octets as hexadecimal digits. */
export type JsonValue = string | number | boolean;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/**
 * The number that stands on the wire for a numeric field.
 *
 * @param where how the error calls the field
 * @throws PacketError when it is no number, or not in the field's range
 */
export function wireNumber(field: FieldDeclaration, value: unknown, where: string): number {
  const number = typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? ofText(field, value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw new PacketError(`${where}: ${shown(value)} is not a whole number${namesOf(field)}.`);
  const scale = field.scale ?? 1;
  const signed = field.kind === 'int';
  const least = signed ? -(2 ** (field.bits - 1)) : 0;
  const most = (signed ? 2 ** (field.bits - 1) : 2 ** field.bits) - 1;
  const raw = number / scale;
  if (!Number.isInteger(raw) || raw < least || raw > most) {
    const steps = scale === 1 ? '' : `, in steps of ${scale}`;
    const bits = `${field.bits} bit${field.bits === 1 ? '' : 's'}`;
    throw new PacketError(
      `${where}: ${shown(value)} does not fit; the field has ${bits}: ${least * scale} to ${most * scale}${steps}.`,
    );
  }
  return raw < 0 ? raw + 2 ** field.bits : raw;
}

function ofText(field: FieldDeclaration, text: string): number | undefined {
  const word = text.trim().toLowerCase();
  const integer = integerOfText(word);
  if (typeof integer === 'number') return integer;
  if (field.kind === 'bool' && (word === 'true' || word === 'false')) return word === 'true' ? 1 : 0;
  const negative = field.kind === 'int' && word.startsWith('-') ? integerOfText(word.slice(1)) : undefined;
  if (typeof negative === 'number') return -negative;
  const found = Object.entries(field.labels ?? {}).find(([, label]) => label.toLowerCase() === word);
  return found === undefined ? undefined : Number(found[0]);
}

function namesOf({ labels }: FieldDeclaration): string {
  if (labels === undefined) return '';
  const names = Object.values(labels).slice(0, 4);
  return `, nor one of the field's names (${names.map((name) => JSON.stringify(name)).join(', ')} …)`;
}

/**
 * The octets of a field that is no number: addresses, octets, texts.
 *
 * @throws PacketError when it is not what the field holds, or not as long
 */
export function wireOctets(field: FieldDeclaration, value: unknown, where: string): Uint8Array {
  if (typeof value !== 'string') throw new PacketError(`${where}: ${shown(value)} is not ${kindName(field)}.`);
  const octets = octetsOf(field, value);
  if (octets === undefined) throw new PacketError(`${where}: ${shown(value)} is not ${kindName(field)}.`);
  const length = field.bits / 8;
  if (length > 0 && octets.length !== length)
    throw new PacketError(`${where}: ${shown(value)} has ${octets.length} octets; the field has ${length}.`);
  return octets;
}

function octetsOf(field: FieldDeclaration, text: string): Uint8Array | undefined {
  switch (field.kind) {
    case 'ipv4': {
      const number = ipv4OfText(text);
      return number === undefined
        ? undefined
        : Uint8Array.of(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
    }
    case 'ipv6':
      return ipv6OfText(text);
    case 'string':
      return new TextEncoder().encode(text);
    default:
      return hexOctets(text);
  }
}

/** Hexadecimal digits: `0x0a1b`, `0a1b`, `0a:1b`, `0a 1b`; undefined when they are none. */
export function hexOctets(text: string): Uint8Array | undefined {
  const digits = text.replace(/^0x/i, '').trim();
  if (digits === '') return new Uint8Array(0);
  return octetsOfHex(digits.replace(/\s+/g, '')) ?? octetsOfWord(digits);
}

function kindName({ kind }: FieldDeclaration): string {
  switch (kind) {
    case 'ipv4':
      return 'an IPv4 address, such as "192.0.2.1"';
    case 'ipv6':
      return 'an IPv6 address, such as "2001:db8::1"';
    case 'ether':
      return 'a MAC address, such as "02:00:00:00:00:01"';
    case 'string':
      return 'a text';
    default:
      return 'octets in hexadecimal digits, such as "0a1b2c"';
  }
}
