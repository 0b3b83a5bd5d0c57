/** The display-filter language: parse, check, complete, match packets, and plan over the index's columns. */

export { type CheckResult, type Completion, check, complete } from './complete.js';
export { FilterError } from './error.js';
export type { FilterPacket } from './packet.js';
export { type CompiledFilter, compileFilter } from './predicate.js';
export { isProgramField, type PacketProgram, type ProgramField, valuesOfProgram } from './programs.js';
export { type SqlPlan, type SqlSchema, toSql } from './sql.js';
export { type Condition as SqlCondition, renderSql, type SqlTree, type SqlValue, VERIFY_FLAGS } from './sql-tree.js';
export { type FilterWindow, windowOf } from './window.js';
