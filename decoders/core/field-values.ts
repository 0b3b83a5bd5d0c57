/** What fields stand for: their values, and those as people read them and as `tshark -T fields` prints them. */

import { littleEndianReader, readBits, readUint64 } from './bytes.js';
import type { FieldDeclaration } from './field.js';
import { asciiText, etherText, hexNumber, hexText, ipv4Text, ipv6Text, lineText, utf8Text } from './format.js';
import { secondsText } from './frame.js';
import type { FieldValue } from './tree.js';

/** The value of a field whose width is declared; `bitOffset` bits behind the octet at `at`. */
export function valueAt(field: FieldDeclaration, view: DataView, at: number, bitOffset: number): FieldValue {
  switch (field.kind) {
    case 'ipv4':
      return ipv4Text(view, at);
    case 'ipv6':
      return ipv6Text(view, at);
    case 'ether':
      return etherText(view, at);
    case 'bytes':
      return hexText(view, at, field.bits / 8);
    case 'string':
      return utf8Text(view, at, field.bits / 8);
    case 'group':
      return null;
    default:
  }
  if (field.bits > 48) return readUint64(view, at, field.littleEndian);
  const raw =
    field.littleEndian === true
      ? littleEndianReader(bitOffset, field.bits)(view, at)
      : readBits(view, at * 8 + bitOffset, field.bits);
  if (field.kind === 'bool') return raw !== 0;
  if (field.kind === 'int') return raw >= 2 ** (field.bits - 1) ? raw - 2 ** field.bits : raw;
  return field.scale === undefined ? raw : raw * field.scale;
}

function octetsAt(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

/** The value of a field of `length` octets. */
export function variableValue(field: FieldDeclaration, view: DataView, at: number, length: number): FieldValue {
  if (field.kind === 'string')
    return field.ascii === true ? asciiText(octetsAt(view, at, length)) : utf8Text(view, at, length);
  if (field.kind === 'uint' && length <= 6) return length === 0 ? 0 : readBits(view, at * 8, length * 8);
  if (field.kind === 'uint' && length === 8) return readUint64(view, at, field.littleEndian);
  return hexText(view, at, length);
}

/** The value as a person reads it. */
export function displayOf(field: FieldDeclaration, value: FieldValue): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'Set' : 'Not set';
  if (typeof value === 'string') return field.colons === true ? withColons(value) : value;
  const plain = textOf(field, value);
  const label = field.labels?.[Number(value)];
  if (label !== undefined) return `${label} (${plain})`;
  return field.unit === undefined ? plain : `${plain} ${field.unit}`;
}

function withColons(hex: string): string {
  return hex.replace(/(..)(?=.)/g, '$1:');
}

/** The value as `tshark -T fields` prints it: booleans 1 and 0, hexadecimal where the base says so, no labels. */
export function textOf(field: FieldDeclaration, value: FieldValue): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (field.kind === 'bytes' && value === '') return '<MISSING>';
  if (typeof value === 'string') {
    if (field.kind !== 'string') return field.colons === true ? withColons(value) : value;
    // A C string ends at a zero octet.
    const zero = value.indexOf('\0');
    return lineText(zero < 0 ? value : value.slice(0, zero));
  }
  if (field.kind === 'duration') return secondsText(nanosecondsOf(Number(value)));
  return field.base === 16 ? hexNumber(value, hexBits(field, value)) : String(value);
}

/** A number of seconds, which is exact to the nanosecond for 104 days. */
function nanosecondsOf(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}

/** Wireshark writes as many digits as the C type holds: 8, 16, 24, 32 … bits, or the octets that were read. */
function hexBits(field: FieldDeclaration, value: number | bigint): number {
  const bits = field.hexBits ?? field.bits;
  return bits === 0 ? value.toString(16).length * 4 : Math.ceil(bits / 8) * 8;
}
