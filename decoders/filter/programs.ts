/**
 * The programs of a packet's flow, which no packet tells: whoever captured it has looked at the machine's sockets. A flow
 * may have several: at both of its ends, or where processes share a socket.
 */

import type { Bound, Condition, Test } from './condition.js';
import type { RuntimeValue } from './fields.js';
import type { FilterPacket } from './packet.js';
import { and, flowCondition, joinConditions, not, type Condition as SqlCondition, type SqlTree } from './sql-tree.js';
import { boundTest } from './values.js';

/** A process that has a socket of the packet's flow. */
export interface PacketProgram {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
}

const members = {
  'netglass.process.name': 'name',
  'netglass.process.pid': 'pid',
  'netglass.process.user': 'user',
} as const;

export type ProgramField = keyof typeof members;

export function isProgramField(name: string): name is ProgramField {
  return Object.hasOwn(members, name);
}

const NOBODY: readonly PacketProgram[] = [];

export function programsOf(packet: FilterPacket): readonly PacketProgram[] {
  return packet.programs?.() ?? NOBODY;
}

/** The values of one of the fields, each process' own. */
export function valuesOfProgram(programs: readonly PacketProgram[], name: ProgramField): (string | number)[] {
  return programs.map((program) => program[members[name]]);
}

export function programValues(packet: FilterPacket, name: ProgramField): RuntimeValue[] {
  return valuesOfProgram(programsOf(packet), name);
}

type Match = Extract<Condition, { kind: 'match' }>;

export function programTest(name: ProgramField, { bounds, quantifier, negated }: Match): Test {
  const tests = bounds.map(boundTest);
  const holds = (value: RuntimeValue) => tests.some((test) => test(value)) !== negated;
  return (packet) => {
    const values = programValues(packet, name);
    return quantifier === 'any' ? values.some(holds) : values.length > 0 && values.every(holds);
  };
}

/** Flows of which a program is known. */
export const WITH_PROGRAM = flowCondition('id IN (SELECT flow FROM flow_processes)');

/**
 * The comparison over the tables `processes` and `flow_processes`; undefined where SQLite orders texts otherwise than the
 * language does.
 */
export function programTree(name: ProgramField, { bounds, quantifier, negated }: Match): SqlTree | undefined {
  const conditions: SqlCondition[] = [];
  for (const bound of bounds) {
    const condition = conditionOf(`r.${members[name]}`, bound, name === 'netglass.process.pid');
    if (condition === undefined) return undefined;
    conditions.push(condition);
  }
  const { text, parameters } = joinConditions('or', conditions);
  const holders = (where: string): SqlTree =>
    flowCondition(
      `id IN (SELECT h.flow FROM flow_processes h JOIN processes r ON r.id = h.process WHERE ${where})`,
      ...parameters,
    );
  if (quantifier === 'any') return holders(negated ? `NOT (${text})` : text);
  return and(WITH_PROGRAM, not(holders(negated ? text : `NOT (${text})`)));
}

function conditionOf(column: string, bound: Bound, isNumber: boolean): SqlCondition | undefined {
  if (bound.order === 'between')
    return isNumber
      ? { text: `${column} BETWEEN ? AND ?`, parameters: [sqlValue(bound.from), sqlValue(bound.to)] }
      : undefined;
  const sign = { eq: '=', lt: '<', le: '<=', gt: '>', ge: '>=' }[bound.order];
  if (!isNumber && sign !== '=') return undefined;
  return { text: `${column} ${sign} ?`, parameters: [sqlValue(bound.literal.value)] };
}

function sqlValue(value: RuntimeValue): number | bigint | string {
  return typeof value === 'object' ? '' : value;
}
