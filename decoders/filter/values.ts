/** Order and equality of values of one type. */

import type { Bound, Order } from './condition.js';
import type { RuntimeValue } from './fields.js';
import type { Literal } from './literal.js';
import { compareOctets, samePrefix } from './octets.js';

/** Below 0, 0 or above 0. Both are of one type; numbers and bigints mix. */
export function compareValues(a: RuntimeValue, b: RuntimeValue): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareOctets(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(order: Order, difference: number): boolean {
  switch (order) {
    case 'eq':
      return difference === 0;
    case 'lt':
      return difference < 0;
    case 'le':
      return difference <= 0;
    case 'gt':
      return difference > 0;
    case 'ge':
      return difference >= 0;
  }
}

/** The relation of an operator between two values. */
export function relation(order: Order): (a: RuntimeValue, b: RuntimeValue) => boolean {
  return (a, b) => holds(order, compareValues(a, b));
}

/** A 32-bit mask of that many leading bits. */
export function prefixMask(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

/** The value with all but its leading bits cleared. */
function masked(value: RuntimeValue, bits: number): RuntimeValue {
  if (typeof value === 'number') return (value & prefixMask(bits)) >>> 0;
  if (!(value instanceof Uint8Array)) return value;
  return value.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))));
}

/** Whether a value meets a bound. An address with a prefix length is compared by its network, as Wireshark does. */
export function boundTest(bound: Bound): (value: RuntimeValue) => boolean {
  if (bound.order === 'between') {
    const { from, to } = bound;
    return (value) => compareValues(value, from) >= 0 && compareValues(value, to) <= 0;
  }
  const { order, literal } = bound;
  const { prefix } = literal;
  if (prefix === undefined) return (value) => holds(order, compareValues(value, literal.value));
  const { value: network } = literal;
  if (order === 'eq' && network instanceof Uint8Array)
    return (value) => value instanceof Uint8Array && samePrefix(value, network, prefix);
  const base = masked(network, prefix);
  return (value) => holds(order, compareValues(masked(value, prefix), base));
}

/** First and last address of a network, or the address itself twice. */
export function addressRange({ value, prefix }: Literal): [RuntimeValue, RuntimeValue] {
  if (prefix === undefined) return [value, value];
  const first = masked(value, prefix);
  if (typeof first === 'number') return [first, (first | ~prefixMask(prefix)) >>> 0];
  if (!(first instanceof Uint8Array)) return [first, first];
  const last = first.map((octet, i) => octet | (0xff >> Math.min(8, Math.max(0, prefix - i * 8))));
  return [first, last];
}
