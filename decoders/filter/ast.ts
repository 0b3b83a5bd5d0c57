/** The syntax tree of a display filter. It says what was written; what it means is found out against the registry. */

interface Node {
  /** Where it was written: [at, end) in characters of the filter. */
  readonly at: number;
  readonly end: number;
}

export type Quantifier = 'any' | 'all';

/** Comparison operators under one spelling each: `ne` is "all differ" and `any_ne` the other, as in Wireshark 4.0. */
export type ComparisonOperator = 'eq' | 'ne' | 'all_eq' | 'any_ne' | 'gt' | 'lt' | 'ge' | 'le' | 'contains' | 'matches';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&';

/** A part of a list of octets, characters or layers, both ends counted from its start, or from its end when negative. */
export type Range =
  | { readonly kind: 'length'; readonly from: number; readonly length: number }
  | { readonly kind: 'until'; readonly from: number; readonly to: number }
  | { readonly kind: 'rest'; readonly from: number };

/** A field's or protocol's name, or an unquoted literal: only the place where it stands tells which. */
export interface Word extends Node {
  readonly kind: 'word';
  readonly text: string;
}

/** A quoted text. */
export interface Text extends Node {
  readonly kind: 'text';
  readonly value: string;
}

/** A character constant: a number. */
export interface Character extends Node {
  readonly kind: 'character';
  readonly value: number;
}

export interface Slice extends Node {
  readonly kind: 'slice';
  readonly of: Value;
  readonly ranges: readonly Range[];
}

/** `ip.src#2`: only the occurrences in those layers of the field's protocol, counted from 1. */
export interface Layer extends Node {
  readonly kind: 'layer';
  readonly of: Word;
  readonly ranges: readonly Range[];
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: readonly Value[];
}

export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Value;
  readonly right: Value;
}

export interface Negative extends Node {
  readonly kind: 'negative';
  readonly of: Value;
}

export type Value = Word | Text | Character | Slice | Layer | Call | Arithmetic | Negative;

/** One member of `{…}`; `to` when it is a range that includes both ends. */
export interface SetElement {
  readonly from: Value;
  readonly to: Value | undefined;
}

export interface Junction extends Node {
  readonly kind: 'and' | 'or' | 'xor';
  /** Two or more. */
  readonly parts: readonly Expression[];
}

export interface Not extends Node {
  readonly kind: 'not';
  readonly part: Expression;
}

/** A value on its own: is it there, or for a calculation, is it not zero. */
export interface Presence extends Node {
  readonly kind: 'presence';
  readonly value: Value;
}

export interface Comparison extends Node {
  readonly kind: 'compare';
  readonly quantifier: Quantifier | undefined;
  readonly operator: ComparisonOperator;
  readonly left: Value;
  readonly right: Value;
}

export interface Membership extends Node {
  readonly kind: 'in';
  readonly quantifier: Quantifier | undefined;
  readonly left: Value;
  readonly set: readonly SetElement[];
}

export type Expression = Junction | Not | Presence | Comparison | Membership;

const symbols: Record<ComparisonOperator, string> = {
  eq: '==',
  ne: '!=',
  all_eq: '===',
  any_ne: '!==',
  gt: '>',
  lt: '<',
  ge: '>=',
  le: '<=',
  contains: 'contains',
  matches: 'matches',
};

/** The operator as it is best known. */
export function operatorText(operator: ComparisonOperator): string {
  return symbols[operator];
}

function printRange(range: Range): string {
  if (range.kind === 'length') return `${range.from}:${range.length}`;
  return range.kind === 'until' ? `${range.from}-${range.to}` : `${range.from}:`;
}

function quote(text: string): string {
  let out = '"';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === '\\') out += `\\${character}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${(code & 0xff).toString(16)}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += `\\u${code.toString(16)}`;
    else out += character;
  }
  return `${out}"`;
}

/** The value as a filter's text. */
export function printValue(value: Value): string {
  switch (value.kind) {
    case 'word':
      return value.text;
    case 'text':
      return quote(value.value);
    case 'character':
      return `'\\x${value.value.toString(16).padStart(2, '0')}'`;
    case 'slice':
      // What is cut from a negative number must not become the negative of what is cut.
      return `${value.of.kind === 'negative' ? `{${printValue(value.of)}}` : printValue(value.of)}[${value.ranges.map(printRange).join(',')}]`;
    case 'layer':
      return `${value.of.text}#[${value.ranges.map(printRange).join(',')}]`;
    case 'call':
      return `${value.name}(${value.arguments.map(printValue).join(', ')})`;
    case 'negative':
      return `-{${printValue(value.of)}}`;
    case 'arithmetic':
      return `{${printValue(value.left)} ${value.operator} ${printValue(value.right)}}`;
  }
}

/** The expression as a filter's text, with every bracket written: parsing it again gives the same tree. */
export function print(expression: Expression): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return `(${expression.parts.map(print).join(` ${expression.kind} `)})`;
    case 'not':
      return `not ${print(expression.part)}`;
    case 'presence':
      return printValue(expression.value);
    case 'compare': {
      const quantifier = expression.quantifier === undefined ? '' : `${expression.quantifier} `;
      return `${quantifier}${printValue(expression.left)} ${symbols[expression.operator]} ${printValue(expression.right)}`;
    }
    case 'in': {
      const quantifier = expression.quantifier === undefined ? '' : `${expression.quantifier} `;
      const set = expression.set.map(({ from, to }) =>
        to === undefined ? printValue(from) : `${printValue(from)} .. ${printValue(to)}`,
      );
      return `${quantifier}${printValue(expression.left)} in {${set.join(', ')}}`;
    }
  }
}
