/** Plain comparisons over the columns: ports, addresses, and the frame's own numbers. */

import { AddressFamily, PacketFlag, type RegisteredField, type Registry } from '../core/index.js';
import type { Bound, Condition } from './condition.js';
import type { RuntimeValue } from './fields.js';
import { numberRanges } from './numbers.js';
import { isProgramField, programTree } from './programs.js';
import type { Span } from './sql.js';
import { exactly, type IndexKnowledge } from './sql-knowledge.js';
import {
  and,
  flowCondition,
  joinConditions,
  NONE,
  not,
  or,
  packetCondition,
  type Condition as SqlCondition,
  type SqlTree,
  type SqlValue,
} from './sql-tree.js';
import { addressRange } from './values.js';

type Match = Extract<Condition, { kind: 'match' }>;

/** More bounds than this are left to the decoder, to keep the statement small. */
const MAXIMUM_BOUNDS = 500;

const FROM_CLIENT = packetCondition(`(p.flags & ${PacketFlag.fromServer}) = 0`);
const FROM_SERVER = packetCondition(`(p.flags & ${PacketFlag.fromServer}) != 0`);

const frameColumns = {
  'frame.number': 'p.number',
  'frame.len': 'p.length',
  'frame.cap_len': 'p.captured',
  'frame.interface_id': 'p.interface',
  'frame.time_relative': 'p.time',
} as const;

/** What the columns say about a comparison; undefined when they say nothing about its values. */
export function matchSpan(registry: Registry, knowledge: IndexKnowledge, match: Match): Span | undefined {
  const { reference } = match;
  if (match.bounds.length > MAXIMUM_BOUNDS) return undefined;
  if (reference.kind === 'frame') return frameSpan(knowledge, match);
  if (reference.kind !== 'fields') return undefined;
  const byProtocol = new Map<number, RegisteredField[]>();
  for (const member of reference.members) {
    // Only what stands once in every header can be in a column.
    if (member.column === undefined || member.protocolIds.length > 1 || member.instead !== undefined) return undefined;
    byProtocol.set(member.protocolId, [...(byProtocol.get(member.protocolId) ?? []), member]);
  }
  // Several protocols' fields under one name have no "all" that columns could tell.
  if (byProtocol.size !== 1) return undefined;
  const [[id, members]] = byProtocol;
  const family = knowledge.familyOf(id);
  if (family === AddressFamily.ether) return etherSpan(knowledge, match, id, members);
  const presence = knowledge.presence(id);
  if (presence.over !== presence.under) return undefined;
  const runtime = registry.runtime(id);
  if (runtime.isNetwork && knowledge.ownsFamily(id))
    return exactly(sides(match, members, addressCondition(match.bounds), flowText('family = ?', family)));
  const ranges = numberRanges(match.bounds);
  if (runtime.ipProtocol === 0 || ranges === undefined) return undefined;
  const ports = (side: Side) => rangesCondition(`${side}_port`, ranges);
  return exactly(sides(match, members, ports, flowText('transport = ?', runtime.ipProtocol)));
}

type Side = 'client' | 'server';

function flowText(text: string, ...parameters: SqlValue[]): SqlCondition {
  return { text, parameters };
}

/**
 * The comparison over the two sides of a flow: the source is the client, unless the server sent the packet. Both sides
 * together need not know who sent it.
 */
function sides(
  { quantifier, negated }: Match,
  members: readonly RegisteredField[],
  condition: (side: Side) => SqlCondition,
  exists: SqlCondition,
): SqlTree {
  const plain = (side: Side): SqlCondition => {
    const { text, parameters } = condition(side);
    return negated ? { text: `NOT ${text}`, parameters } : { text, parameters };
  };
  const onFlow = (where: SqlCondition): SqlTree => {
    const { text, parameters } = joinConditions('and', [exists, where]);
    return flowCondition(text, ...parameters);
  };
  const columns = new Set(
    members.map(({ column }) => (column === 'source' || column === 'sourcePort' ? 'client' : 'server')),
  );
  if (columns.size === 2)
    return onFlow(joinConditions(quantifier === 'any' ? 'or' : 'and', [plain('client'), plain('server')]));
  const source = columns.has('client');
  return or(
    and(FROM_CLIENT, onFlow(plain(source ? 'client' : 'server'))),
    and(FROM_SERVER, onFlow(plain(source ? 'server' : 'client'))),
  );
}

/** MAC addresses are in the columns only of packets that have no others. */
function etherSpan(
  knowledge: IndexKnowledge,
  match: Match,
  id: number,
  members: readonly RegisteredField[],
): Span | undefined {
  if (!knowledge.ownsFamily(id)) return undefined;
  const known = flowText('family = ?', AddressFamily.ether);
  const tree = sides(match, members, addressCondition(match.bounds), known);
  const over = or(not(flowCondition(known.text, ...known.parameters)), tree);
  // With one Ethernet header inside another, the columns have the inner addresses: enough for "any", not for "all".
  return match.quantifier === 'any' ? { over, under: tree } : undefined;
}

function blobOf(value: RuntimeValue): SqlValue {
  if (typeof value !== 'number') return value;
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function addressCondition(bounds: readonly Bound[]): (column: string) => SqlCondition {
  return (column) => boundsCondition(column, bounds, blobOf);
}

/** Bounds over a column whose values SQLite orders as the language does: numbers, and octets. */
function boundsCondition(
  column: string,
  bounds: readonly Bound[],
  encode: (value: RuntimeValue) => SqlValue,
): SqlCondition {
  return bracketed(
    joinConditions(
      'or',
      bounds.map((bound) => boundCondition(column, bound, encode)),
    ),
  );
}

function boundCondition(column: string, bound: Bound, encode: (value: RuntimeValue) => SqlValue): SqlCondition {
  if (bound.order === 'between') return flowText(`${column} BETWEEN ? AND ?`, encode(bound.from), encode(bound.to));
  const [first, last] = addressRange(bound.literal).map(encode);
  switch (bound.order) {
    case 'eq':
      return bound.literal.prefix === undefined
        ? flowText(`${column} = ?`, first)
        : flowText(`${column} BETWEEN ? AND ?`, first, last);
    case 'lt':
      return flowText(`${column} < ?`, first);
    case 'le':
      return flowText(`${column} <= ?`, last);
    case 'gt':
      return flowText(`${column} > ?`, last);
    case 'ge':
      return flowText(`${column} >= ?`, first);
  }
}

function bracketed({ text, parameters }: SqlCondition): SqlCondition {
  return { text: text.startsWith('(') ? text : `(${text})`, parameters };
}

function rangesCondition(column: string, ranges: readonly (readonly [number, number])[]): SqlCondition {
  if (ranges.length === 0) return flowText('0');
  const conditions = ranges.map(([from, to]): SqlCondition => {
    if (from === to) return flowText(`${column} = ?`, from);
    if (from === Number.NEGATIVE_INFINITY)
      return to === Number.POSITIVE_INFINITY ? flowText(`${column} IS NOT NULL`) : flowText(`${column} <= ?`, to);
    return to === Number.POSITIVE_INFINITY
      ? flowText(`${column} >= ?`, from)
      : flowText(`${column} BETWEEN ? AND ?`, from, to);
  });
  return bracketed(joinConditions('or', conditions));
}

function frameSpan(knowledge: IndexKnowledge, match: Match): Span | undefined {
  const { reference, bounds, negated } = match;
  if (isProgramField(reference.name)) {
    const programs = programTree(reference.name, match);
    return programs === undefined ? undefined : exactly(programs);
  }
  const condition = frameCondition(knowledge, reference.name, bounds);
  if (condition === undefined) return undefined;
  const tree = condition.text === '0' ? NONE : packetCondition(condition.text, ...condition.parameters);
  return exactly(negated ? not(tree) : tree);
}

function frameCondition(knowledge: IndexKnowledge, name: string, bounds: readonly Bound[]): SqlCondition | undefined {
  if (name === 'frame.time' || name === 'frame.time_epoch') {
    const { baseTime } = knowledge;
    if (baseTime === undefined) return undefined;
    return boundsCondition('p.time', bounds, (value) => BigInt(value as bigint) - baseTime);
  }
  if (!Object.hasOwn(frameColumns, name)) return undefined;
  const ranges = numberRanges(bounds);
  return ranges === undefined ? undefined : rangesCondition(frameColumns[name as keyof typeof frameColumns], ranges);
}
