/** Help while a filter is being typed: whether it is right so far, and what could come next. */

import type { RegisteredField, Registry } from '../core/index.js';
import { FilterError } from './error.js';
import { frameFields, lookUp } from './fields.js';
import { functions } from './functions.js';
import { compileFilter } from './predicate.js';

export type CheckResult =
  | { readonly valid: true }
  | { readonly valid: false; readonly error: string; readonly position: number; readonly expected?: string };

/** Whether the text is a filter, and otherwise where and why it is none. */
export function check(registry: Registry, text: string): CheckResult {
  try {
    compileFilter(registry, text);
    return { valid: true };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { message, position, expected } = error;
    return { valid: false, error: message, position, ...(expected === undefined ? {} : { expected }) };
  }
}

export interface Completion {
  /** What to put in place of the text from `from` to the end. */
  readonly text: string;
  readonly kind: 'field' | 'protocol' | 'operator' | 'value' | 'function';
  readonly title: string;
  /** 0-based character at which the unfinished word begins. */
  readonly from: number;
}

const comparisons: readonly (readonly [string, string])[] = [
  ['==', 'equal (any occurrence)'],
  ['!=', 'not equal (all occurrences)'],
  ['>', 'greater than'],
  ['<', 'less than'],
  ['>=', 'at least'],
  ['<=', 'at most'],
  ['in', 'one of a set: {80, 443}'],
  ['contains', 'has in it'],
];
const junctions: readonly (readonly [string, string])[] = [
  ['and', 'both'],
  ['or', 'either'],
];

/**
 * What the unfinished word at the end of a filter could become: fields, protocols and functions where an operand may
 * stand, named values behind a comparison, operators behind a complete field.
 *
 * @param prefix the filter up to the cursor
 * @param limit most completions to answer
 */
export function complete(registry: Registry, prefix: string, limit = 50): Completion[] {
  const word = /[A-Za-z0-9_.-]*$/.exec(prefix)![0];
  const from = prefix.length - word.length;
  const before = prefix.slice(0, from);
  const value = /([A-Za-z0-9_.-]+)\s*(?:==|!=|===|!==|\beq|\bne)\s*("?)$/.exec(before);
  if (value !== null) return values(registry, value[1], value[2] === '' ? from : from - 1, word).slice(0, limit);
  const after = /([A-Za-z0-9_.-]+)\s+$/.exec(before);
  if (after !== null && (lookUp(registry, after[1]) !== undefined || /^[\d"]/.test(after[1])))
    return operators(registry, after[1], word, from).slice(0, limit);
  return names(registry, word, from).slice(0, limit);
}

function values(registry: Registry, name: string, from: number, word: string): Completion[] {
  const reference = lookUp(registry, name);
  if (reference?.kind !== 'fields') return [];
  const found = new Map<string, Completion>();
  for (const { kind, labels } of reference.members) {
    if (kind === 'bool')
      for (const text of ['True', 'False']) found.set(text, { text, kind: 'value', title: text, from });
    for (const [number, label] of Object.entries(labels ?? {}))
      if (!found.has(label))
        found.set(label, { text: `"${label}"`, kind: 'value', title: `${label} (${number})`, from });
  }
  const typed = word.toLowerCase();
  return [...found].filter(([label]) => label.toLowerCase().startsWith(typed)).map(([, completion]) => completion);
}

function operators(registry: Registry, name: string, word: string, from: number): Completion[] {
  const list = lookUp(registry, name) === undefined ? junctions : [...comparisons, ...junctions];
  return list
    .filter(([text]) => text.startsWith(word))
    .map(([text, title]) => ({ text, kind: 'operator', title, from }));
}

/** Names that begin with the word first, then those that have it in them; shorter ones first. */
function names(registry: Registry, word: string, from: number): Completion[] {
  const typed = word.toLowerCase();
  const all: Completion[] = [
    { text: 'frame', kind: 'protocol', title: 'Frame', from },
    ...registry.protocols.map((it): Completion => ({ text: it.filter, kind: 'protocol', title: it.title, from })),
    ...Object.entries(frameFields).map(([text, { title }]): Completion => ({ text, kind: 'field', title, from })),
    ...[...registry.fields()].map((it): Completion => ({ text: it.name, kind: 'field', title: it.title, from })),
    ...[...registry.eithers()].map(
      ([text, members]): Completion => ({ text, kind: 'field', title: eitherTitle(members), from }),
    ),
    ...[...functions].map(([text, { title }]): Completion => ({ text: `${text}(`, kind: 'function', title, from })),
  ];
  const rank = (completion: Completion) => (completion.text.toLowerCase().startsWith(typed) ? 0 : 1);
  const depth = (completion: Completion) => completion.text.split('.').length;
  return all
    .filter((completion) => completion.text.toLowerCase().includes(typed))
    .sort((a, b) => rank(a) - rank(b) || depth(a) - depth(b) || (a.text < b.text ? -1 : 1));
}

function eitherTitle(members: readonly RegisteredField[]): string {
  return members.map(({ title }) => title).join(' or ');
}
