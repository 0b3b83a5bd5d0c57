/** Turns what is written beside an operator into a value of the field's type. */

import type { Labels } from '../core/index.js';
import { printValue, type Value } from './ast.js';
import { FilterError } from './error.js';
import { type Reference, type RuntimeValue, typeName, type ValueType } from './fields.js';
import { ipv4OfText, ipv6OfText, octetsOfText, octetsOfWord } from './octets.js';
import { nanosecondsOfText, timeOfText } from './times.js';

export interface Literal {
  readonly value: RuntimeValue;
  /** Leading bits that count, of an address with a prefix length; undefined: all. */
  readonly prefix?: number;
}

/** What a literal may be, beside its type. */
export interface Wanted {
  readonly type: ValueType;
  /** The field on the other side, whose labels and width matter. */
  readonly reference?: Reference | undefined;
  /** For the error: how the other side is called. */
  readonly name: string;
}

/** Whether the value can only be a literal (a word may be one too). */
export function isLiteral(value: Value): boolean {
  if (value.kind === 'negative') return isLiteral(value.of) || value.of.kind === 'word';
  return value.kind === 'text' || value.kind === 'character';
}

/** The literal as a value of the wanted type, or a FilterError in words. */
export function literalOf(value: Value, wanted: Wanted): Literal {
  const sign = value.kind === 'negative';
  const inner = sign ? value.of : value;
  if (inner.kind !== 'word' && inner.kind !== 'text' && inner.kind !== 'character')
    throw new FilterError(`"${printValue(value)}" is no value that ${wanted.name} can be compared with`, value.at);
  const fail = (why: string): FilterError => new FilterError(why, value.at, typeName(wanted.type));
  if (inner.kind === 'character') {
    if (wanted.type === 'string') return { value: String.fromCharCode(inner.value) };
    if (wanted.type === 'bytes' || wanted.type === 'protocol') return { value: Uint8Array.of(inner.value) };
  }
  const quoted = inner.kind === 'text';
  const text = inner.kind === 'text' ? inner.value : inner.kind === 'word' ? inner.text : String(inner.value);
  const shown = quoted ? `"${text}"` : `"${sign ? '-' : ''}${text}"`;
  switch (wanted.type) {
    case 'integer':
      return { value: integer(text, sign, quoted, shown, wanted, fail) };
    case 'boolean':
      return { value: boolean(text, sign, quoted, shown, wanted, fail) };
    case 'duration': {
      const nanoseconds = quoted ? undefined : nanosecondsOfText(text);
      if (nanoseconds === undefined) throw fail(`${shown} is not a number of seconds, such as 0.5`);
      return { value: sign ? -Number(nanoseconds) : Number(nanoseconds) };
    }
    case 'time': {
      const time = quoted ? timeOfText(text) : (nanosecondsOfText(text) ?? timeOfText(text));
      if (time === undefined)
        throw fail(`${shown} is not a time, such as "2026-11-22T18:00:00.5Z", or seconds since 1970`);
      return { value: sign ? -time : time };
    }
    case 'string':
      return { value: sign ? `-${text}` : text };
    case 'heading':
      throw fail(`${wanted.name} is a heading without a value of its own; it can only be there or not`);
    default:
      if (sign) throw fail(`${shown} is not ${typeName(wanted.type)}`);
      return octetsOrAddress(text, quoted, shown, wanted, fail);
  }
}

type Fail = (why: string) => FilterError;

function octetsOrAddress(text: string, quoted: boolean, shown: string, wanted: Wanted, fail: Fail): Literal {
  switch (wanted.type) {
    case 'ipv4':
    case 'ipv6': {
      if (quoted) throw fail(`${shown} is a text; write the address without quotation marks`);
      const [address, length] = text.split('/');
      const value = wanted.type === 'ipv4' ? ipv4OfText(address) : ipv6OfText(address);
      const other = wanted.type === 'ipv4' ? ipv6OfText(address) : ipv4OfText(address);
      if (value === undefined) {
        const hint =
          other === undefined
            ? ''
            : `; it is the other kind, which ${wanted.type === 'ipv4' ? 'ipv6' : 'ip'}.addr takes`;
        throw fail(`${shown} is not ${typeName(wanted.type)}${hint}`);
      }
      if (length === undefined) return { value };
      const bits = wanted.type === 'ipv4' ? 32 : 128;
      if (Number(length) > bits) throw fail(`a prefix length is at most ${bits} here, not ${length}`);
      return { value, prefix: Number(length) };
    }
    case 'ether': {
      const value = quoted ? undefined : octetsOfWord(text);
      if (value === undefined) throw fail(`${shown} is not a MAC address, such as 00:1b:21:3c:9d:f8`);
      if (value.length !== 6) throw fail(`${shown} has ${value.length} octets; a MAC address has 6`);
      return { value };
    }
    default: {
      if (quoted) return { value: octetsOfText(text) };
      const single = /^0x([0-9A-Fa-f]{1,2})$/.exec(text);
      const value = single === null ? octetsOfWord(text) : Uint8Array.of(Number.parseInt(single[1], 16));
      if (value === undefined)
        throw fail(`${shown} is neither a byte string, such as 47:45:54, nor a text in quotation marks`);
      return { value };
    }
  }
}

/** Decimal, hexadecimal (0x), binary (0b) or octal (0) digits; undefined when it is none. */
export function integerOfText(text: string): number | bigint | undefined {
  if (!/^(0[xX][0-9A-Fa-f]+|0[bB][01]+|0[0-7]*|[1-9]\d*)$/.test(text) || text.length > 80) return undefined;
  const value = BigInt(/^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function integer(
  text: string,
  sign: boolean,
  quoted: boolean,
  shown: string,
  wanted: Wanted,
  fail: Fail,
): number | bigint {
  const number = quoted ? undefined : integerOfText(text);
  if (number === undefined) {
    const label = sign ? undefined : labelled(text, wanted);
    if (label !== undefined) return label;
    if (labelsOf(wanted).length > 0) throw fail(`${shown} is neither a number nor one of ${wanted.name}'s names`);
    throw fail(`${shown} is not a number`);
  }
  const [least, most] = limits(wanted);
  const value = sign ? -number : number;
  if (value > most) throw fail(`${shown} is too big for ${wanted.name}; its maximum is ${most}`);
  if (value < least)
    throw fail(
      `${shown} is too small for ${wanted.name}; ${least === 0 ? 'it is never negative' : `its minimum is ${least}`}`,
    );
  return value;
}

function boolean(text: string, sign: boolean, quoted: boolean, shown: string, wanted: Wanted, fail: Fail): number {
  const number = quoted || sign ? undefined : integerOfText(text);
  if (number !== undefined) return number === 0 || number === 0n ? 0 : 1;
  const word = text.toLowerCase();
  if (!sign && (word === 'true' || word === 'set')) return 1;
  if (!sign && (word === 'false' || word === 'not set')) return 0;
  const label = sign ? undefined : labelled(text, wanted);
  if (label !== undefined) return label;
  throw fail(`${shown} is not a truth value: True, False, 1 or 0`);
}

function labelsOf(wanted: Wanted): Labels[] {
  if (wanted.reference?.kind !== 'fields') return [];
  return wanted.reference.members.flatMap((member) => (member.labels === undefined ? [] : [member.labels]));
}

function labelled(text: string, wanted: Wanted): number | undefined {
  const word = text.toLowerCase();
  for (const labels of labelsOf(wanted)) {
    const found = Object.entries(labels).find(([, label]) => label.toLowerCase() === word);
    if (found !== undefined) return Number(found[0]);
  }
  return undefined;
}

/** Smallest and largest number of the field's Wireshark type, which is as many whole octets as the field needs. */
function limits({ reference }: Wanted): [number | bigint, number | bigint] {
  if (reference?.kind === 'frame') return [0, 0xffffffff];
  if (reference?.kind !== 'fields') return [-(2n ** 63n), 2n ** 64n - 1n];
  const signed = reference.members.some((member) => member.kind === 'int');
  const widest = Math.max(...reference.members.map((member) => (member.bits === 0 ? 64 : member.bits)));
  const bits = [8, 16, 24, 32, 64].find((width) => width >= widest) ?? 64;
  if (signed) return bits === 64 ? [-(2n ** 63n), 2n ** 63n - 1n] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return [0, bits === 64 ? 2n ** 64n - 1n : 2 ** bits - 1];
}
