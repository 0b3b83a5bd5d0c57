/** Options of IPv4, TCP and Neighbor Discovery: a type, a length, and what the type says; padded to whole words. */

import type { EncodedLayer } from './codec.js';
import { PacketError } from './error.js';
import { Given } from './given.js';
import { Octets } from './octets.js';
import { type Defaults, type Part, writeParts } from './parts.js';
import { hexOctets, wireNumber } from './value.js';

/** What stands in an option behind its type and length. */
export interface OptionKind {
  /** The type stands alone, without a length. */
  readonly alone?: true;
  readonly parts?: readonly Part[];
  readonly defaults?: Defaults;
}

export interface OptionForm {
  /** Names of the fields that have the option's type and length. */
  readonly type: string;
  readonly length: string;
  /** The name for the octets of an option, in place of its fields. */
  readonly data: string;
  readonly kinds: Readonly<Record<number, OptionKind>>;
  /** Octets of all options at most. */
  readonly most: number;
  /** Octets that the length counts in, and that options are padded to one by one; else all are together, to 4. */
  readonly unit?: 8;
}

/**
 * Writes the `options` of a layer: a list of objects with the fields of each, or hexadecimal digits for all of them.
 * An option's length is computed unless it is given; the end of the list is filled with zeros up to a whole word.
 *
 * @throws PacketError for an option that nobody can make sense of, and for more octets than the header has room for
 */
export function writeOptions(layer: EncodedLayer, form: OptionForm): void {
  const { given, out } = layer;
  const options = given.take('options');
  if (options === undefined) return;
  const octets = typeof options === 'string' ? raw(options, given) : list(options, given, form);
  if (form.unit === undefined) {
    const padding = -octets.length & 3;
    if (octets.length + padding > form.most)
      throw new PacketError(
        `${given.where}: the options take ${octets.length} octets; the header has room for ${form.most}.`,
      );
    out.append(octets);
    out.zeros(padding);
  } else out.append(octets);
}

function raw(text: string, given: Given): Uint8Array {
  const octets = hexOctets(text);
  if (octets === undefined)
    throw new PacketError(`${given.at('options')}: give a list of options, or hexadecimal digits.`);
  return octets;
}

function list(options: unknown, given: Given, form: OptionForm): Uint8Array {
  if (!Array.isArray(options))
    throw new PacketError(`${given.at('options')}: give a list of options, or hexadecimal digits.`);
  const out = new Octets();
  for (const [index, option] of options.entries()) {
    out.append(one(new Given(`${given.where}, option ${index + 1}`, given.names, option), form));
    // Long before the header's limit, so that no list is worked through that cannot fit.
    if (out.length > 2048) throw new PacketError(`${given.where}: the options take more than 2048 octets.`);
  }
  return out.take();
}

function one(given: Given, form: OptionForm): Uint8Array {
  const { type: typeName, length: lengthName, data, kinds, unit = 1 } = form;
  const type = typeOf(given, form);
  const kind = kinds[type] ?? {};
  const body = new Octets();
  const octets = given.take(data);
  if (octets !== undefined) {
    const digits = typeof octets === 'string' ? hexOctets(octets) : undefined;
    if (digits === undefined) throw new PacketError(`${given.at(data)}: give hexadecimal digits.`);
    body.append(digits);
  } else writeParts(body, given, kind.parts ?? [], kind.defaults);
  const out = new Octets();
  out.number(8, type);
  const alone = kind.alone === true && !given.has(lengthName) && body.length === 0;
  if (!alone) {
    const length = 2 + body.length + (-(2 + body.length) & (unit - 1));
    const field = given.names.field(lengthName);
    out.number(8, wireNumber(field, given.take(lengthName) ?? length / unit, given.at(lengthName)));
    out.append(body.take());
    out.zeros(length - out.length);
  }
  given.take(typeName);
  given.finish();
  return out.take();
}

/** The type that was given, or the one that has the fields that were given. */
function typeOf(given: Given, { type, kinds }: OptionForm): number {
  if (given.has(type)) return wireNumber(given.names.field(type), given.take(type), given.at(type));
  for (const [number, { parts = [] }] of Object.entries(kinds))
    if (parts.some((part) => partNames(part).some((name) => given.has(name)))) return Number(number);
  throw new PacketError(`${given.where}: ${given.names.prefix}.${type} is missing: which option is it?`);
}

function partNames(part: Part): readonly string[] {
  if (typeof part === 'number') return [];
  if (typeof part === 'string') return [part];
  if ('name' in part) return [part.name];
  if ('strings' in part) return [part.strings];
  return 'many' in part ? [part.many] : part.pairs;
}
