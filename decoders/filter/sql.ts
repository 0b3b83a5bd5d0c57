/**
 * What the index's columns can say about a filter: a condition that at least every match meets.
 *
 * Every part of a filter is bounded twice: `over` selects at least its matches, `under` at most them. Negation swaps
 * the two, so that the negative of a part that the columns know only roughly never loses a packet. Where the two are
 * one, the columns answer alone.
 *
 * Columns tell of the innermost addresses and ports. All of this therefore holds for packets without `VERIFY_FLAGS`;
 * the others have to be decoded whatever their columns say.
 */

import type { Registry } from '../core/index.js';
import type { Condition } from './condition.js';
import type { Reference } from './fields.js';
import { isUnclaimed } from './occurrences.js';
import type { CompiledFilter } from './predicate.js';
import { isProgramField, WITH_PROGRAM } from './programs.js';
import { exactly, IndexKnowledge } from './sql-knowledge.js';
import { matchSpan } from './sql-match.js';
import { ALL, and, NONE, not, or, renderSql, type SqlTree, type SqlValue, VERIFY_FLAGS } from './sql-tree.js';

/** What the planner has to know of the capture. */
export interface SqlSchema {
  /** Nanoseconds since 1970 from which the column `time` counts; without it, absolute times are not planned. */
  readonly baseTime?: bigint;
}

export interface SqlPlan {
  /** At least the matches among the packets without `VERIFY_FLAGS`; see sql-tree.ts. */
  readonly tree: SqlTree;
  /** Whether `tree` selects exactly the matches among them. Otherwise every candidate has to be decoded. */
  readonly exact: boolean;
  /** The WHERE clause over `packets p` for all candidates: those that `tree` selects, and those with `VERIFY_FLAGS`. */
  readonly where: string;
  readonly parameters: readonly SqlValue[];
}

/** Bounds of what a condition selects. */
export interface Span {
  readonly over: SqlTree;
  readonly under: SqlTree;
}

/** Above this the statement would be larger than what it saves. */
const MAXIMUM_PARAMETERS = 5000;

export function toSql(registry: Registry, filter: CompiledFilter, schema: SqlSchema = {}): SqlPlan {
  const planned = spanOf(registry, new IndexKnowledge(registry, schema.baseTime), filter.condition);
  const rendered = renderSql(planned.over);
  const small = rendered.parameters.length <= MAXIMUM_PARAMETERS;
  const { over, under } = small ? planned : UNKNOWN;
  const { text, parameters } = small ? rendered : renderSql(ALL);
  return {
    tree: over,
    exact: over === under,
    where: over.kind === 'all' ? text : `((p.flags & ${VERIFY_FLAGS}) != 0 OR ${text})`,
    parameters,
  };
}

const UNKNOWN: Span = { over: ALL, under: NONE };

function spanOf(registry: Registry, knowledge: IndexKnowledge, condition: Condition): Span {
  switch (condition.kind) {
    case 'constant':
      return exactly(condition.value ? ALL : NONE);
    case 'present':
      return presenceSpan(knowledge, condition.reference, true);
    case 'match': {
      const there = presenceSpan(knowledge, condition.reference, false);
      const matching = matchSpan(registry, knowledge, condition);
      if (matching === undefined) return { over: there.over, under: NONE };
      return matching.over === matching.under
        ? matching
        : { over: and(there.over, matching.over), under: matching.under };
    }
    case 'general': {
      const needs = condition.needs.map((reference) => presenceSpan(knowledge, reference, false).over);
      return { over: and(...needs), under: NONE };
    }
    case 'not':
      return negative(spanOf(registry, knowledge, condition.part));
    default: {
      const parts = condition.parts.map((part) => spanOf(registry, knowledge, part));
      if (condition.kind === 'xor') return parts.reduce(exclusive);
      return combine(condition.kind === 'and' ? and : or, parts);
    }
  }
}

function combine(join: (...parts: SqlTree[]) => SqlTree, parts: readonly Span[]): Span {
  const over = join(...parts.map((part) => part.over));
  const exact = parts.every((part) => part.over === part.under);
  return exact ? exactly(over) : { over, under: join(...parts.map((part) => part.under)) };
}

function negative({ over, under }: Span): Span {
  return over === under ? exactly(not(over)) : { over: not(under), under: not(over) };
}

function exclusive(a: Span, b: Span): Span {
  if (a.over !== a.under || b.over !== b.under) return UNKNOWN;
  return exactly(or(and(a.over, not(b.over)), and(not(a.over), b.over)));
}

/**
 * Packets in which the field or protocol is.
 *
 * @param exact whether it matters what the columns know for certain; otherwise only `over` is meant
 */
function presenceSpan(knowledge: IndexKnowledge, reference: Reference, exact: boolean): Span {
  if (reference.kind === 'frame') {
    if (isProgramField(reference.name)) return exactly(WITH_PROGRAM);
    if (reference.name === 'frame.comment') return UNKNOWN;
    return exact && reference.name === 'frame.interface_name' ? UNKNOWN : exactly(ALL);
  }
  if (isUnclaimed(reference)) return UNKNOWN;
  if (reference.kind === 'protocol') return knowledge.presence(reference.id);
  const ids = [...new Set(reference.members.flatMap((member) => member.protocolIds))];
  const there = combine(
    or,
    ids.map((id) => knowledge.presence(id)),
  );
  // A field of the fixed part is there whenever its protocol is; the rest depends on the packet.
  const always = reference.members.length === 1 && reference.members[0].bitOffset >= 0;
  return always ? there : { over: there.over, under: NONE };
}
