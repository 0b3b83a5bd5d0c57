/** What the names in a filter stand for: fields, either-fields and protocols of the registry, and the frame's own. */

import type { FieldKind, RegisteredField, Registry } from '../core/index.js';
import { FilterError, nearest } from './error.js';

/**
 * Types that the language tells apart. At run time: integer and boolean are numbers (integers above 2^53 bigints), ipv4 a
 * number, ipv6, ether, bytes and protocol octets, time a bigint and duration a number of nanoseconds.
 * A heading has no value; it can only be there or not.
 */
export type ValueType =
  | 'integer'
  | 'boolean'
  | 'ipv4'
  | 'ipv6'
  | 'ether'
  | 'bytes'
  | 'string'
  | 'protocol'
  | 'time'
  | 'duration'
  | 'heading';

export type RuntimeValue = number | bigint | string | Uint8Array;

const typeOfKind: Record<FieldKind, ValueType> = {
  uint: 'integer',
  int: 'integer',
  bool: 'boolean',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  ether: 'ether',
  bytes: 'bytes',
  string: 'string',
  duration: 'duration',
  group: 'heading',
};

const typeNames: Record<ValueType, string> = {
  integer: 'a number',
  boolean: 'a yes-or-no field',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  ether: 'a MAC address',
  bytes: 'a byte string',
  string: 'a text',
  protocol: 'a protocol',
  time: 'a time',
  duration: 'a number of seconds',
  heading: 'a heading without a value',
};

export function typeName(type: ValueType): string {
  return typeNames[type];
}

/** Fields of the packet itself rather than of a protocol in it. */
export const frameFields = {
  'frame.number': { type: 'integer', title: 'Frame number' },
  'frame.len': { type: 'integer', title: 'Frame length on the wire' },
  'frame.cap_len': { type: 'integer', title: 'Frame length stored' },
  'frame.time': { type: 'time', title: 'Arrival time' },
  'frame.time_epoch': { type: 'time', title: 'Arrival time in seconds since 1970' },
  'frame.time_relative': { type: 'duration', title: 'Time since the first frame' },
  'frame.time_delta': { type: 'duration', title: 'Time since the frame captured before' },
  'frame.comment': { type: 'string', title: 'Comment' },
  'frame.interface_id': { type: 'integer', title: 'Interface id' },
  'frame.interface_name': { type: 'string', title: 'Interface name' },
  'frame.protocols': { type: 'string', title: 'Protocols in frame' },
  'netglass.process.name': { type: 'string', title: 'Name of a process that has a socket of the flow' },
  'netglass.process.pid': { type: 'integer', title: 'Id of a process that has a socket of the flow' },
  'netglass.process.user': { type: 'string', title: 'User of a process that has a socket of the flow' },
} as const satisfies Record<string, { type: ValueType; title: string }>;

export type FrameField = keyof typeof frameFields;

/** Wireshark's frame fields that need more than the packet itself; named so that the error can say so. */
const laterFields = new Set([
  'frame.marked',
  'frame.time_delta_displayed',
  'frame.time_invalid',
  'frame.offset_shift',
  'frame.ignored',
  'frame.file_off',
  'frame.interface_description',
  'frame.encap_type',
  'frame.section_number',
  'frame.coloring_rule.name',
  'frame.coloring_rule.string',
]);

export type Reference =
  /** `id` 0 is `frame`: the whole packet. */
  | { readonly kind: 'protocol'; readonly name: string; readonly type: 'protocol'; readonly id: number }
  | { readonly kind: 'frame'; readonly name: FrameField; readonly type: ValueType }
  | {
      readonly kind: 'fields';
      readonly name: string;
      readonly type: ValueType;
      /** One, or those that an either-field stands for. */
      readonly members: readonly RegisteredField[];
    };

/** What the name stands for; undefined when it is no field and no protocol. */
export function lookUp(registry: Registry, name: string): Reference | undefined {
  if (name === 'frame') return { kind: 'protocol', name, type: 'protocol', id: 0 };
  if (Object.hasOwn(frameFields, name)) {
    const key = name as FrameField;
    return { kind: 'frame', name: key, type: frameFields[key].type };
  }
  const field = registry.field(name);
  const members = field === undefined ? registry.either(name) : [field];
  if (members !== undefined) return { kind: 'fields', name, type: typeOfMembers(name, members), members };
  const id = registry.idOf(name);
  return id === 0 ? undefined : { kind: 'protocol', name, type: 'protocol', id };
}

function typeOfMembers(name: string, members: readonly RegisteredField[]): ValueType {
  const types = new Set(members.map((member) => typeOfKind[member.kind]));
  if (types.size > 1) throw new Error(`${name} stands for fields of different types`);
  return typeOfKind[members[0].kind];
}

/** Every name that a filter may use, for completion and for "did you mean". */
export function* allNames(registry: Registry): Iterable<string> {
  yield 'frame';
  yield* Object.keys(frameFields);
  for (const protocol of registry.protocols) yield protocol.filter;
  for (const field of registry.fields()) yield field.name;
  for (const [name] of registry.eithers()) yield name;
}

/** The error for a name that is none. */
export function unknownName(registry: Registry, name: string, position: number): FilterError {
  if (laterFields.has(name))
    return new FilterError(`${name} cannot be filtered by yet: it needs more than the packet itself`, position);
  if (/^\.?\d/.test(name) || name.includes(':'))
    return new FilterError(
      `"${name}" is a value; a field or protocol must stand here`,
      position,
      'a field or protocol',
    );
  const near = nearest(name, allNames(registry));
  return new FilterError(
    `${name} is not a field${name.includes('.') ? '' : ' or protocol'}${near === undefined ? '' : `; did you mean ${near}?`}`,
    position,
    'a field or protocol',
  );
}
