/** `contains` and `matches`: looking for octets, characters or a pattern inside a value. */

import type { Registry } from '../core/index.js';
import type { Comparison } from './ast.js';
import type { Condition } from './condition.js';
import { FilterError } from './error.js';
import { type RuntimeValue, typeName } from './fields.js';
import { literalOf } from './literal.js';
import { containsOctets, octetsOfText } from './octets.js';
import { compatible, isOctets, type Operand, operandOf, standsForLiteral } from './operand.js';
import { Pattern } from './pattern.js';
import { PatternError } from './pattern-parse.js';

export function searchCondition(registry: Registry, expression: Comparison, left: Operand): Condition {
  if (left.type !== 'string' && !isOctets(left.type))
    throw new FilterError(
      `${left.name} is ${typeName(left.type)}; "${expression.operator}" searches only texts, byte strings and protocols`,
      expression.left.at,
      'a text, byte string or protocol',
    );
  return expression.operator === 'matches' ? matching(expression, left) : containment(registry, expression, left);
}

function matching(expression: Comparison, left: Operand): Condition {
  const { right } = expression;
  if (right.kind !== 'text')
    throw new FilterError('a regular expression is written in quotation marks', right.at, 'a text such as "^www"');
  const pattern = patternOf(right.value, right.at);
  const matches = (value: RuntimeValue) =>
    pattern.test(value instanceof Uint8Array ? value : octetsOfText(String(value)));
  return search(expression, left, matches);
}

function patternOf(text: string, at: number): Pattern {
  try {
    return new Pattern(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new FilterError(`the regular expression is wrong at its character ${error.at + 1}: ${error.message}`, at);
  }
}

function containment(registry: Registry, expression: Comparison, left: Operand): Condition {
  const text = left.type === 'string';
  const wanted = { type: text ? ('string' as const) : ('bytes' as const), name: left.name };
  if (standsForLiteral(registry, expression.right)) {
    const needle = literalOf(expression.right, wanted).value;
    const condition = search(expression, left, finder(needle));
    // Of several occurrences all must contain it with "all": then it is in the packet as well.
    return left.plain !== undefined && typeof needle === 'string' ? { ...condition, text: [needle] } : condition;
  }
  const right = operandOf(registry, expression.right, wanted);
  if (!compatible(left.type, right.type) && !(text === (right.type === 'string')))
    throw new FilterError(
      `${left.name} is ${typeName(left.type)}, but ${right.name} is ${typeName(right.type)}`,
      expression.right.at,
    );
  return {
    kind: 'general',
    needs: [...left.needs, ...right.needs],
    test: (packet, layers) => {
      const values: RuntimeValue[] = [];
      const needles: RuntimeValue[] = [];
      (left.whole ?? left.collect)(packet, layers, values);
      right.collect(packet, layers, needles);
      if (values.length === 0 || needles.length === 0) return false;
      const finders = needles.map(finder);
      return expression.quantifier === 'all'
        ? values.every((value) => finders.every((find) => find(value)))
        : values.some((value) => finders.some((find) => find(value)));
    },
  };
}

/** A search in every occurrence. A protocol is searched with all that it carries. */
function search(
  { quantifier }: Comparison,
  left: Operand,
  holds: (value: RuntimeValue) => boolean,
): Extract<Condition, { kind: 'general' }> {
  const collect = left.whole ?? left.collect;
  return {
    kind: 'general',
    needs: left.needs,
    test: (packet, layers) => {
      const values: RuntimeValue[] = [];
      collect(packet, layers, values);
      return quantifier === 'all' ? values.length > 0 && values.every(holds) : values.some(holds);
    },
  };
}

/** Looks for the needle. Escaped octets in a text's needle make it a search among the text's octets. */
function finder(needle: RuntimeValue): (value: RuntimeValue) => boolean {
  if (typeof needle === 'string' && !/[\udc80-\udcff]/.test(needle.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')))
    return (value) =>
      typeof value === 'string' ? value.includes(needle) : containsOctets(value as Uint8Array, octetsOfText(needle));
  const octets = typeof needle === 'string' ? octetsOfText(needle) : (needle as Uint8Array);
  return (value) => containsOctets(typeof value === 'string' ? octetsOfText(value) : (value as Uint8Array), octets);
}
