/** The detail tree of one packet: what `dissect` builds when somebody looks. */

import type { Problem } from './problem.js';

/** Numbers up to 2^53 are numbers, wider ones bigints; addresses and octets are text; a group has null. */
export type FieldValue = number | bigint | string | boolean | null;

export interface FieldNode {
  /** Filter name. */
  readonly name: string;
  readonly title: string;
  readonly value: FieldValue;
  /** What a person reads, without the title: label, number with unit, address. */
  display: string;
  /** What `-T fields` prints. */
  readonly text: string;
  /** Octets from the packet's start. */
  readonly offset: number;
  /** Octets. 0 for a computed field that stands nowhere. */
  length: number;
  /** Bits from the packet's start, for a field that is not whole octets. */
  readonly bitOffset?: number;
  readonly bitLength?: number;
  /** Computed by the decoder, not found on the wire. */
  readonly generated?: true;
  fields?: FieldNode[];
}

/** Octets that were put together from several packets: what some of a tree's layers stand in. */
export interface TreeSource {
  /** For example "Reassembled TCP". */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface LayerNode {
  /** Index in the tree's `sources` where offsets count in reassembled octets; absent: in the packet. */
  readonly source?: number;
  /** Filter name of the protocol. */
  readonly protocol: string;
  readonly title: string;
  summary: string;
  /** The list's `protocol` column where this packet's is not the protocol's usual one. */
  column?: string;
  readonly offset: number;
  /** Octets of the header (with its variable part). */
  length: number;
  /** Octets of payload behind the header that were captured; absent for what has none by its nature. */
  readonly payload?: number;
  readonly fields: FieldNode[];
}

export interface PacketTree {
  readonly layers: readonly LayerNode[];
  readonly problems: readonly Problem[];
  readonly sources?: readonly TreeSource[];
  /** The list's `protocol` column. */
  readonly protocol: string;
  /** The list's `info` column. */
  readonly info: string;
}

/** The first field of that name in the layer, at any depth. */
export function findField(fields: readonly FieldNode[], name: string): FieldNode | undefined {
  for (const field of fields) {
    if (field.name === name) return field;
    const inner = field.fields === undefined ? undefined : findField(field.fields, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
