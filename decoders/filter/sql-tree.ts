/**
 * A filter over the index's columns, as a tree that an executor may turn to SQL text (`renderSql`) or drive itself,
 * for example by asking for the flows first and walking their packets.
 *
 * The tables it speaks of:
 * `packets p(number, time, length, captured, offset, interface, flow, protocol, flags)` and
 * `flows f(id, family, transport, client, server, client_port, server_port)`.
 * A packet goes from client to server unless `flags & PacketFlag.fromServer`.
 */

import { PacketFlag } from '../core/walk.js';

/** Packets with one of these flags are not fully described by their columns. */
export const VERIFY_FLAGS = PacketFlag.nested | PacketFlag.malformed | PacketFlag.short;

export type SqlValue = number | bigint | string | Uint8Array;

/** A condition on columns of one table: SQL text in which every `?` stands for the next of `parameters`. */
export interface Condition {
  /** Needs no brackets around it. */
  readonly text: string;
  readonly parameters: readonly SqlValue[];
}

export type SqlTree =
  /** Every packet. */
  | { readonly kind: 'all' }
  /** No packet. */
  | { readonly kind: 'none' }
  | { readonly kind: 'and'; readonly parts: readonly SqlTree[] }
  | { readonly kind: 'or'; readonly parts: readonly SqlTree[] }
  | { readonly kind: 'not'; readonly part: SqlTree }
  /** The packets of the flows that meet the condition, in which columns are written without a prefix (`client_port = ?`). */
  | { readonly kind: 'flow'; readonly where: Condition }
  /** A condition on the packet's own row, in which columns are prefixed `p.`. */
  | { readonly kind: 'packet'; readonly where: Condition };

export const ALL: SqlTree = { kind: 'all' };
export const NONE: SqlTree = { kind: 'none' };

export function packetCondition(text: string, ...parameters: SqlValue[]): SqlTree {
  return { kind: 'packet', where: { text, parameters } };
}

export function flowCondition(text: string, ...parameters: SqlValue[]): SqlTree {
  return { kind: 'flow', where: { text, parameters } };
}

/** Conjunction, simplified: conditions on flows become one, so that the flows are searched once. */
export function and(...parts: SqlTree[]): SqlTree {
  return join('and', parts);
}

/** Disjunction, simplified. */
export function or(...parts: SqlTree[]): SqlTree {
  return join('or', parts);
}

export function not(part: SqlTree): SqlTree {
  if (part.kind === 'all') return NONE;
  if (part.kind === 'none') return ALL;
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

function join(kind: 'and' | 'or', given: readonly SqlTree[]): SqlTree {
  const [neutral, absorbing] = kind === 'and' ? (['all', 'none'] as const) : (['none', 'all'] as const);
  const parts = given.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  if (parts.some((part) => part.kind === absorbing)) return absorbing === 'all' ? ALL : NONE;
  const flows: Condition[] = [];
  const rest: SqlTree[] = [];
  for (const part of parts) {
    if (part.kind === 'flow') flows.push(part.where);
    else if (part.kind !== neutral) rest.push(part);
  }
  if (flows.length > 0) rest.unshift({ kind: 'flow', where: joinConditions(kind, flows) });
  if (rest.length === 0) return neutral === 'all' ? ALL : NONE;
  return rest.length === 1 ? rest[0] : { kind, parts: rest };
}

/**
 * Conditions joined, in brackets when there are several. They nest as a balanced tree: SQLite reads `a OR b OR c …` as
 * ever deeper nesting and allows 1000 levels.
 */
export function joinConditions(kind: 'and' | 'or', conditions: readonly Condition[]): Condition {
  if (conditions.length === 1) return conditions[0];
  const middle = conditions.length >> 1;
  const left = joinConditions(kind, conditions.slice(0, middle));
  const right = joinConditions(kind, conditions.slice(middle));
  return {
    text: `(${left.text} ${kind === 'and' ? 'AND' : 'OR'} ${right.text})`,
    parameters: [...left.parameters, ...right.parameters],
  };
}

/**
 * The tree as the text of a WHERE clause over `packets p`.
 *
 * @param flows how flows are found: all that meet a condition at once, or for a few packets each one's own; the
 * parameters are the same
 */
export function renderSql(tree: SqlTree, flows: 'all' | 'each' = 'all'): Condition {
  switch (tree.kind) {
    case 'all':
      return { text: '1', parameters: [] };
    case 'none':
      return { text: '0', parameters: [] };
    case 'packet':
      return tree.where;
    case 'flow':
      return {
        ...tree.where,
        text:
          flows === 'all'
            ? `p.flow IN (SELECT id FROM flows WHERE ${tree.where.text})`
            : `EXISTS (SELECT 1 FROM flows WHERE id = p.flow AND ${tree.where.text})`,
      };
    case 'not': {
      // A packet without a flow has NULL there, and NOT NULL is NULL: IS NOT TRUE keeps the logic two-valued.
      const { text, parameters } = renderSql(tree.part, flows);
      return { text: `(${text}) IS NOT TRUE`, parameters };
    }
    default:
      return joinConditions(
        tree.kind,
        tree.parts.map((part) => renderSql(part, flows)),
      );
  }
}
