/** Variable-length integers, RFC 9000, section 16. */

import type { Body, Field } from '../core/index.js';

/** Octets that the integer at `at` has: 1, 2, 4 or 8. */
export function varintSize(view: DataView, at: number): number {
  return 1 << (view.getUint8(at) >> 6);
}

/** The integer at `at`, whose octets are all there; below 2^62, above 2^53 without its lowest bits. */
export function varintAt(view: DataView, at: number): number {
  const size = varintSize(view, at);
  if (size === 1) return view.getUint8(at) & 0x3f;
  if (size === 2) return view.getUint16(at) & 0x3fff;
  if (size === 4) return view.getUint32(at) & 0x3fffffff;
  return (view.getUint32(at) & 0x3fffffff) * 4294967296 + view.getUint32(at + 4);
}

/** Whether a variable-length integer is whole before `end`. */
export function hasVarint(view: DataView, at: number, end: number): boolean {
  return at < end && at + varintSize(view, at) <= end;
}

/** Reads an integer as a field, and moves past it. */
export function takeVarint(body: Body, field: Field, display?: (value: number) => string): number {
  body.need(1, field.title);
  const at = body.position;
  const size = varintSize(body.view, at);
  body.need(size, field.title);
  const value = varintAt(body.view, at);
  const exact = value > Number.MAX_SAFE_INTEGER ? body.view.getBigUint64(at) & 0x3fffffffffffffffn : value;
  body.found(field, exact, at, size, display?.(value));
  body.position = at + size;
  return value;
}
