/** `contains`: looking for octets or characters inside a value. */

import type { Registry } from '../core/index.js';
import type { Comparison } from './ast.js';
import type { Condition } from './condition.js';
import { FilterError } from './error.js';
import { type RuntimeValue, typeName } from './fields.js';
import { literalOf } from './literal.js';
import { containsOctets, octetsOfText } from './octets.js';
import { compatible, isOctets, type Operand, operandOf, standsForLiteral } from './operand.js';

export function searchCondition(registry: Registry, expression: Comparison, left: Operand): Condition {
  if (left.type !== 'string' && !isOctets(left.type))
    throw new FilterError(
      `${left.name} is ${typeName(left.type)}; "${expression.operator}" searches only texts, byte strings and protocols`,
      expression.left.at,
      'a text, byte string or protocol',
    );
  if (expression.operator === 'matches')
    throw new FilterError('"matches" is not supported yet; "contains" looks for a fixed text', expression.right.at);
  return containment(registry, expression, left);
}

function containment(registry: Registry, expression: Comparison, left: Operand): Condition {
  const text = left.type === 'string';
  const wanted = { type: text ? ('string' as const) : ('bytes' as const), name: left.name };
  if (standsForLiteral(registry, expression.right)) {
    const needle = literalOf(expression.right, wanted).value;
    const contains = finder(needle);
    return search(expression, left, left.needs, (values) => {
      return expression.quantifier === 'all' ? values.every(contains) : values.some(contains);
    });
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
      left.collect(packet, layers, values);
      right.collect(packet, layers, needles);
      if (values.length === 0 || needles.length === 0) return false;
      const finders = needles.map(finder);
      return expression.quantifier === 'all'
        ? values.every((value) => finders.every((find) => find(value)))
        : values.some((value) => finders.some((find) => find(value)));
    },
  };
}

function search(
  _expression: Comparison,
  left: Operand,
  needs: Operand['needs'],
  holds: (values: RuntimeValue[]) => boolean,
): Condition {
  return {
    kind: 'general',
    needs,
    test: (packet, layers) => {
      const values: RuntimeValue[] = [];
      left.collect(packet, layers, values);
      return values.length > 0 && holds(values);
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
