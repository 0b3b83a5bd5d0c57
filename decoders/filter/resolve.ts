/** Gives a syntax tree its meaning against the registry: names looked up, types checked, literals read. */

import type { Registry } from '../core/index.js';
import {
  type Comparison,
  type ComparisonOperator,
  type Expression,
  type Membership,
  operatorText,
  type Quantifier,
  type SetElement,
  type Value,
} from './ast.js';
import type { Bound, Condition, Order, Test } from './condition.js';
import { FilterError } from './error.js';
import { lookUp, type RuntimeValue, typeName, unknownName } from './fields.js';
import { literalOf, type Wanted } from './literal.js';
import { compatible, type Operand, operandOf, standsForLiteral } from './operand.js';
import { searchCondition } from './search.js';
import { boundTest, relation } from './values.js';

/** The meaning of a parsed filter; undefined (an empty filter) is what every packet meets. */
export function resolve(registry: Registry, expression: Expression | undefined): Condition {
  if (expression === undefined) return { kind: 'constant', value: true };
  switch (expression.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return { kind: expression.kind, parts: expression.parts.map((part) => resolve(registry, part)) };
    case 'not':
      return { kind: 'not', part: resolve(registry, expression.part) };
    case 'presence':
      return presence(registry, expression.value);
    case 'compare':
      return comparison(registry, expression);
    case 'in':
      return membership(registry, expression);
  }
}

function presence(registry: Registry, value: Value): Condition {
  if (value.kind === 'word') {
    const reference = lookUp(registry, value.text);
    if (reference === undefined) throw unknownName(registry, value.text, value.at);
    return { kind: 'present', reference };
  }
  if (value.kind === 'call')
    throw new FilterError(`${value.name}() always has a value; compare it with something`, value.at, 'a comparison');
  const { collect, needs } = operandOf(registry, value);
  // A calculation is true where it is not zero (`tcp.flags & 0x02`), a slice or layer where there is something.
  const calculated = value.kind === 'arithmetic' || value.kind === 'negative';
  const counts = (found: RuntimeValue): boolean => {
    if (!(found instanceof Uint8Array)) return !calculated || Number(found) !== 0;
    return calculated ? found.some((octet) => octet !== 0) : value.kind !== 'slice' || found.length > 0;
  };
  return {
    kind: 'general',
    needs,
    test: (packet, layers) => {
      const values: RuntimeValue[] = [];
      collect(packet, layers, values);
      return values.some(counts);
    },
  };
}

/** What an operator asks of two values, of how many occurrences, and whether the answer is turned round. */
function meaning(operator: ComparisonOperator, given: Quantifier | undefined): [Order, boolean, Quantifier] {
  switch (operator) {
    case 'eq':
      return ['eq', false, given ?? 'any'];
    case 'all_eq':
      return ['eq', false, given ?? 'all'];
    case 'ne':
      return ['eq', true, given ?? 'all'];
    case 'any_ne':
      return ['eq', true, given ?? 'any'];
    default:
      return [operator as Order, false, given ?? 'any'];
  }
}

/** The left side of an operator, which must have a field in it. */
function leftOperand(registry: Registry, value: Value, operator: string): Operand {
  if (standsForLiteral(registry, value) && value.kind !== 'word')
    throw new FilterError(`a field must stand to the left of ${operator}, not a value`, value.at, 'a field');
  return operandOf(registry, value);
}

function comparison(registry: Registry, expression: Comparison): Condition {
  const { operator } = expression;
  const left = leftOperand(registry, expression.left, operatorText(operator));
  const wanted = { type: left.type, reference: left.plain, name: left.name };
  if (operator === 'contains' || operator === 'matches') return searchCondition(registry, expression, left);
  const [order, negated, quantifier] = meaning(operator, expression.quantifier);
  if (left.type === 'heading')
    throw new FilterError(`${left.name} is ${typeName('heading')}; it can only be there or not`, expression.at);
  if (standsForLiteral(registry, expression.right)) {
    const literal = literalOf(expression.right, wanted);
    return againstLiterals(left, quantifier, [{ order, literal }], negated);
  }
  const right = operandOf(registry, expression.right, wanted);
  if (!compatible(left.type, right.type))
    throw new FilterError(
      `${left.name} is ${typeName(left.type)}, but ${right.name} is ${typeName(right.type)}; they cannot be compared`,
      expression.right.at,
      typeName(left.type),
    );
  const holds = relation(order);
  const known = left.type === 'integer' && right.plain === undefined ? isComparable : always;
  const pair = (a: RuntimeValue, b: RuntimeValue) =>
    known(a, b) ? holds(a, b) !== negated : negated && quantifier === 'all';
  return { kind: 'general', needs: [...left.needs, ...right.needs], test: pairTest(left, right, quantifier, pair) };
}

const always = () => true;

/** In Wireshark a number that is not negative is in no order to a calculation's result that is, and not equal to it. */
function isComparable(a: RuntimeValue, b: RuntimeValue): boolean {
  return Number(a) < 0 || Number(b) >= 0;
}

/** Every occurrence of one side against every one of the other. */
function pairTest(
  left: Operand,
  right: Operand,
  quantifier: Quantifier,
  holds: (a: RuntimeValue, b: RuntimeValue) => boolean,
): Test {
  return (packet, layers) => {
    const a: RuntimeValue[] = [];
    left.collect(packet, layers, a);
    if (a.length === 0) return false;
    const b: RuntimeValue[] = [];
    right.collect(packet, layers, b);
    if (b.length === 0) return false;
    return quantifier === 'any'
      ? a.some((x) => b.some((y) => holds(x, y)))
      : a.every((x) => b.every((y) => holds(x, y)));
  };
}

function membership(registry: Registry, expression: Membership): Condition {
  const left = leftOperand(registry, expression.left, 'in');
  const wanted = { type: left.type, reference: left.plain, name: left.name };
  const isLiteral = (value: Value | undefined) => value === undefined || standsForLiteral(registry, value);
  const all = expression.quantifier === 'all';
  const bounds: Bound[] = [];
  const others: Condition[] = [];
  for (const element of expression.set) {
    if (isLiteral(element.from) && isLiteral(element.to)) bounds.push(boundOf(element, wanted));
    else others.push(amongFields(registry, left, element, wanted, all));
  }
  // As in Wireshark, `all a in {x, y}` is `all a == x or all a == y`: one member must do for every occurrence.
  const parts = all
    ? bounds.map((bound) => againstLiterals(left, 'all', [bound], false))
    : bounds.length > 0
      ? [againstLiterals(left, 'any', bounds, false)]
      : [];
  parts.push(...others);
  return parts.length === 1 ? parts[0] : { kind: 'or', parts };
}

function boundOf({ from, to }: SetElement, wanted: Wanted): Bound {
  const first = literalOf(from, wanted);
  if (to === undefined) return { order: 'eq', literal: first };
  const last = literalOf(to, wanted);
  if (first.prefix !== undefined || last.prefix !== undefined)
    throw new FilterError('a range goes from one address to another, not between networks', from.at, 'an address');
  return { order: 'between', from: first.value, to: last.value };
}

/** A member of a set that is a field, or a range to or from one. */
function amongFields(
  registry: Registry,
  left: Operand,
  { from, to }: SetElement,
  wanted: Wanted,
  all: boolean,
): Condition {
  const [low, high] = [from, to ?? from].map((value): Operand => {
    if (value.kind !== 'word' && value.kind !== 'layer' && !standsForLiteral(registry, value))
      throw new FilterError('a set may only have values and fields in it, not calculations', value.at, 'a value');
    const operand = operandOf(registry, value, wanted);
    if (compatible(left.type, operand.type)) return operand;
    throw new FilterError(
      `${left.name} is ${typeName(left.type)}, but ${operand.name} is ${typeName(operand.type)}; they cannot be compared`,
      value.at,
      typeName(left.type),
    );
  });
  const [atLeast, atMost] = to === undefined ? [relation('eq'), relation('eq')] : [relation('ge'), relation('le')];
  return {
    kind: 'general',
    needs: [...left.needs, ...low.needs, ...high.needs],
    test: (packet, layers) => {
      const [values, lows, highs]: RuntimeValue[][] = [[], [], []];
      left.collect(packet, layers, values);
      low.collect(packet, layers, lows);
      high.collect(packet, layers, highs);
      const within = (value: RuntimeValue) =>
        lows.some((one) => atLeast(value, one)) && highs.some((one) => atMost(value, one));
      return all ? values.length > 0 && values.every(within) : values.some(within);
    },
  };
}

function againstLiterals(left: Operand, quantifier: Quantifier, bounds: readonly Bound[], negated: boolean): Condition {
  if (left.plain !== undefined) return { kind: 'match', reference: left.plain, quantifier, bounds, negated };
  const tests = bounds.map(boundTest);
  const holds = (value: RuntimeValue) => tests.some((test) => test(value)) !== negated;
  const { collect, needs } = left;
  return {
    kind: 'general',
    needs,
    test: (packet, layers) => {
      const values: RuntimeValue[] = [];
      collect(packet, layers, values);
      return quantifier === 'any' ? values.some(holds) : values.length > 0 && values.every(holds);
    },
  };
}
