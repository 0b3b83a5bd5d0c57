/** The field reference: every filter name, for the API and for completion. */

import type { FieldKind, Labels } from './field.js';
import type { RegisteredField, Registry } from './registry.js';

/** Types as Wireshark's documentation names them. */
export type FieldType =
  | 'unsigned'
  | 'signed'
  | 'boolean'
  | 'bytes'
  | 'ipv4'
  | 'ipv6'
  | 'ether'
  | 'string'
  | 'duration'
  | 'none';

const types: Readonly<Record<FieldKind, FieldType>> = {
  uint: 'unsigned',
  int: 'signed',
  bool: 'boolean',
  bytes: 'bytes',
  ether: 'ether',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  string: 'string',
  duration: 'duration',
  group: 'none',
};

export interface FieldReference {
  /** Filter name. */
  readonly name: string;
  readonly title: string;
  readonly type: FieldType;
  /** Filter names of the protocols that have it. */
  readonly protocols: readonly string[];
  /** Width on the wire; 0 when it varies. */
  readonly bits: number;
  /** Bits from the header's start, where the place is fixed. */
  readonly bitOffset?: number;
  /** Shown in hexadecimal. */
  readonly hexadecimal?: true;
  readonly unit?: string;
  readonly labels?: Labels;
  /** For a name that stands for any of several fields (`tcp.port`): those fields. */
  readonly either?: readonly string[];
}

export interface ProtocolReference {
  readonly name: string;
  readonly title: string;
  /** Where the octets are specified. */
  readonly reference: string;
}

/** All protocols, in the registry's order. */
export function protocolReference(registry: Registry): ProtocolReference[] {
  return registry.protocols.map(({ filter, title, reference }) => ({ name: filter, title, reference }));
}

/** All filter names of fields, sorted. */
export function fieldReference(registry: Registry): FieldReference[] {
  const nameOf = (id: number) => registry.runtime(id).protocol.filter;
  const fields = [...registry.fields()].map((field) => describe(field, nameOf));
  const eithers = [...registry.eithers()].map(([name, members]) => ({
    ...describe(members[0], nameOf),
    name,
    title: members.map((member) => member.title).join(' or '),
    bits: members[0].bits,
    either: members.map((member) => member.name),
  }));
  return [...fields, ...eithers].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(field: RegisteredField, nameOf: (id: number) => string): FieldReference {
  return {
    name: field.name,
    title: field.title,
    type: types[field.kind],
    protocols: field.protocolIds.map(nameOf),
    bits: field.bits,
    ...(field.bitOffset < 0 ? {} : { bitOffset: field.bitOffset }),
    ...(field.base === 16 ? { hexadecimal: true as const } : {}),
    ...(field.unit === undefined ? {} : { unit: field.unit }),
    ...(field.labels === undefined ? {} : { labels: field.labels }),
  };
}
