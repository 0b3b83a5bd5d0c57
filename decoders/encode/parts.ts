/** Writes fields one after the other, as their declaration says. */

import type { Field } from '../core/index.js';
import { PacketError } from './error.js';
import type { Given } from './given.js';
import { writeName } from './names.js';
import type { Octets } from './octets.js';
import { wireNumber, wireOctets } from './value.js';

/**
 * What stands in a variable part, in wire order: a field's name; so many reserved octets, which are zero; or something
 * of a length that the packet itself tells.
 */
export type Part =
  | string
  | number
  /** A domain name without compression (RFC 1035, section 3.1). */
  | { readonly name: string }
  /** Character-strings with their length octets (RFC 1035, section 3.3); a value or a list of them. */
  | { readonly strings: string }
  /** As many as were given. */
  | { readonly many: string }
  /** Pairs of two fields, as many as were given of the first; without any, the second ones alone. */
  | { readonly pairs: readonly [string, string] };

/** Values for fields that are not given. */
export type Defaults = Readonly<Record<string, unknown>>;

const isNumber = ({ kind }: Field): boolean => kind === 'uint' || kind === 'int' || kind === 'bool';

/**
 * Writes one field: what was given, else the default, else zeros. Parts of it that were given win over the whole.
 *
 * @throws PacketError for a value that does not fit
 */
export function writeField(out: Octets, given: Given, name: string, value: unknown): void {
  const field = given.names.field(name);
  writeValue(out, given, name, field, value);
}

function writeValue(out: Octets, given: Given, name: string, field: Field, value: unknown): void {
  const chosen = given.take(name) ?? value;
  if (!isNumber(field)) {
    if (chosen === undefined) out.zeros(field.bits / 8);
    else out.append(wireOctets(field, chosen, given.at(name)));
    return;
  }
  let whole = chosen === undefined ? 0 : wireNumber(field, chosen, given.at(name));
  let below = field.bits;
  for (const child of field.children) {
    below -= child.bits;
    const part = given.names.short(child.name);
    if (!given.has(part)) continue;
    const unit = 2 ** below;
    const old = Math.floor(whole / unit) % 2 ** child.bits;
    whole += (wireNumber(child, given.take(part), given.at(part)) - old) * unit;
  }
  out.number(field.bits, whole);
}

/** Writes the fixed header of a protocol. */
export function writeHeader(out: Octets, given: Given, header: readonly Field[], defaults: Defaults): void {
  for (const field of header) {
    const name = given.names.short(field.name);
    writeValue(out, given, name, field, defaults[name]);
  }
}

/** Writes a variable part. */
export function writeParts(out: Octets, given: Given, parts: readonly Part[], defaults: Defaults = {}): void {
  for (const part of parts) {
    if (typeof part === 'number') out.zeros(part);
    else if (typeof part === 'string') writeField(out, given, part, defaults[part]);
    else if ('name' in part)
      out.append(writeName(given.take(part.name) ?? defaults[part.name] ?? '', given.at(part.name)));
    else if ('strings' in part)
      for (const one of given.takeList(part.strings)) out.append(writeString(one, given.at(part.strings)));
    else if ('many' in part) for (const one of given.takeList(part.many)) writeOne(out, given, part.many, one);
    else {
      const [first, second] = part.pairs.map((name) => given.takeList(name));
      for (let index = 0; index < (first.length || second.length); index++) {
        if (first.length > 0) writeOne(out, given, part.pairs[0], first[index]);
        writeOne(out, given, part.pairs[1], second[index] ?? 0);
      }
    }
  }
}

function writeOne(out: Octets, given: Given, name: string, value: unknown): void {
  const field = given.names.field(name);
  if (isNumber(field)) out.number(field.bits, wireNumber(field, value, given.at(name)));
  else out.append(wireOctets(field, value, given.at(name)));
}

/** A character-string: one octet of length, and the text (RFC 1035, section 3.3). */
function writeString(value: unknown, where: string): Uint8Array {
  if (typeof value !== 'string') throw new PacketError(`${where}: ${JSON.stringify(value)} is not a text.`);
  const text = new TextEncoder().encode(value);
  if (text.length > 255)
    throw new PacketError(`${where}: the text has ${text.length} octets; a character-string has at most 255.`);
  return Uint8Array.of(text.length, ...text);
}
