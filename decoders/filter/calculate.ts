/** Arithmetic and slices on values. */

import type { ArithmeticOperator, Range } from './ast.js';
import type { RuntimeValue, ValueType } from './fields.js';
import { octetsOfText } from './octets.js';

type Number64 = number | bigint;

function exact(value: bigint): Number64 {
  const small = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
  return small ? Number(value) : value;
}

function onIntegers(operator: ArithmeticOperator, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? undefined : a / b;
    case '%':
      return b === 0n ? undefined : a % b;
    case '&':
      return a & b;
  }
}

/**
 * The operator as a function on values of the type; it answers undefined where there is no result: division by zero,
 * and masks of another length than what they mask. Integers are exact, and results above 64 bits are cut off there.
 */
export function calculation(
  operator: ArithmeticOperator,
  type: ValueType,
): (a: RuntimeValue, b: RuntimeValue) => RuntimeValue | undefined {
  if (type !== 'integer' && type !== 'duration')
    return (a, b) => {
      if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return undefined;
      return a.map((octet, i) => octet & b[i]);
    };
  return (a, b) => {
    if (typeof a === 'string' || typeof b === 'string' || a instanceof Uint8Array || b instanceof Uint8Array)
      return undefined;
    const result = onIntegers(operator, BigInt(a), BigInt(b));
    return result === undefined ? undefined : exact(BigInt.asIntN(65, result));
  };
}

/** The smallest and largest of values, and the magnitude of one. */
export function absolute(value: RuntimeValue): RuntimeValue {
  return (typeof value === 'number' || typeof value === 'bigint') && value < 0 ? -value : value;
}

/** The octets that a slice takes from a value of the type; undefined when the type has no octets to take. */
export function slicer(type: ValueType, ranges: readonly Range[]): ((value: RuntimeValue) => Uint8Array) | undefined {
  switch (type) {
    case 'bytes':
    case 'ether':
    case 'ipv6':
    case 'protocol':
      return (value) => slice(value as Uint8Array, ranges);
    case 'string':
      return (value) => slice(octetsOfText(value as string), ranges);
    case 'ipv4':
      return (value) => {
        const word = value as number;
        return slice(Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word), ranges);
      };
    default:
      return undefined;
  }
}

/** All ranges together. As in Wireshark, a range beyond the end ends the slice: what was taken before it stays. */
function slice(octets: Uint8Array, ranges: readonly Range[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const range of ranges) {
    const part = cut(octets, range);
    if (part === undefined) break;
    parts.push(part);
  }
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function cut(octets: Uint8Array, range: Range): Uint8Array | undefined {
  const from = range.from < 0 ? octets.length + range.from : range.from;
  if (from < 0) return undefined;
  let end = octets.length;
  if (range.kind === 'length') end = from + range.length;
  else if (range.kind === 'until') end = (range.to < 0 ? octets.length + range.to : range.to) + 1;
  return end > octets.length || end <= from ? undefined : octets.subarray(from, end);
}
