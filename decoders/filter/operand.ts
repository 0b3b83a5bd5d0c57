/** Fields, slices, calculations and functions as operands: what values they have in a packet, and of which type. */

import type { Registry } from '../core/index.js';
import { type Arithmetic, printValue, type Slice, type Value } from './ast.js';
import { calculation, slicer } from './calculate.js';
import { FilterError } from './error.js';
import { lookUp, type Reference, typeName, unknownName, type ValueType } from './fields.js';
import { functionOperand } from './functions.js';
import { isLiteral, literalOf, type Wanted } from './literal.js';
import { type Collect, collector } from './occurrences.js';

export interface Operand {
  readonly type: ValueType;
  /** As written. */
  readonly name: string;
  readonly at: number;
  readonly collect: Collect;
  /** Of a protocol: its octets with all that it carries, in which `contains` and `matches` search. */
  readonly whole?: Collect;
  /** What must be in the packet for the operand to have a value. */
  readonly needs: readonly Reference[];
  /** When the operand is a name and nothing more. */
  readonly plain?: Reference;
}

/** Types whose values are octets. */
export function isOctets(type: ValueType): boolean {
  return type === 'bytes' || type === 'ether' || type === 'protocol';
}

/** Whether values of the two types can be compared with each other. */
export function compatible(a: ValueType, b: ValueType): boolean {
  return a === b ? a !== 'heading' : isOctets(a) && isOctets(b);
}

/** Whether the value can only be read as a literal, or is a word that names nothing. */
export function standsForLiteral(registry: Registry, value: Value): boolean {
  const inner = value.kind === 'negative' ? value.of : value;
  if (inner.kind === 'word') return lookUp(registry, inner.text) === undefined;
  return isLiteral(value);
}

/**
 * Resolves an operand.
 *
 * @param wanted what a literal must be here; undefined where a literal cannot stand
 */
export function operandOf(registry: Registry, value: Value, wanted?: Wanted): Operand {
  if (standsForLiteral(registry, value)) return literalOperand(registry, value, wanted);
  switch (value.kind) {
    case 'word':
    case 'layer': {
      const word = value.kind === 'word' ? value : value.of;
      const reference = lookUp(registry, word.text);
      if (reference === undefined) throw unknownName(registry, word.text, word.at);
      if (value.kind === 'layer' && (reference.kind === 'frame' || reference.name === 'frame'))
        throw new FilterError(`${reference.name} belongs to no layer of its own, so "#" cannot choose one`, value.at);
      const ranges = value.kind === 'layer' ? value.ranges : undefined;
      return {
        type: reference.type,
        name: printValue(value),
        at: value.at,
        collect: collector(registry, reference, ranges),
        ...(reference.kind === 'protocol' ? { whole: collector(registry, reference, ranges, true) } : {}),
        needs: [reference],
        ...(value.kind === 'word' ? { plain: reference } : {}),
      };
    }
    case 'slice':
      return sliceOperand(registry, value);
    case 'call':
      return functionOperand(registry, value);
    case 'arithmetic':
      return arithmeticOperand(registry, value, wanted);
    case 'negative': {
      const of = operandOf(registry, value.of, wanted);
      if (of.type !== 'integer' && of.type !== 'duration')
        throw new FilterError(`${of.name} is ${typeName(of.type)} and has no negative`, value.at, 'a number');
      const negate = calculation('-', of.type);
      const collect: Collect = (packet, layers, out) => {
        const from = out.length;
        of.collect(packet, layers, out);
        for (let i = from; i < out.length; i++) out[i] = negate(0, out[i]) ?? 0;
      };
      return { type: of.type, name: printValue(value), at: value.at, collect, needs: of.needs };
    }
    default:
      return literalOperand(registry, value, wanted);
  }
}

function literalOperand(registry: Registry, value: Value, wanted: Wanted | undefined): Operand {
  const name = printValue(value);
  if (wanted === undefined) {
    if (value.kind === 'word') throw unknownName(registry, value.text, value.at);
    throw new FilterError(`${name} is a value; a field or protocol must stand here`, value.at, 'a field or protocol');
  }
  const literal = literalOf(value, wanted);
  if (literal.prefix !== undefined)
    throw new FilterError(`${name} is a network; it can only be compared with a field directly`, value.at);
  return {
    type: wanted.type === 'protocol' || wanted.type === 'ether' ? 'bytes' : wanted.type,
    name,
    at: value.at,
    collect: (_packet, _layers, out) => void out.push(literal.value),
    needs: [],
  };
}

function sliceOperand(registry: Registry, value: Slice): Operand {
  const of = operandOf(registry, value.of);
  const cut = slicer(of.type, value.ranges);
  if (cut === undefined)
    throw new FilterError(
      `${of.name} is ${typeName(of.type)}, which cannot be cut into octets`,
      value.at,
      'a byte string, text, address or protocol',
    );
  const collect: Collect = (packet, layers, out) => {
    const from = out.length;
    of.collect(packet, layers, out);
    for (let i = from; i < out.length; i++) out[i] = cut(out[i]);
  };
  return { type: 'bytes', name: printValue(value), at: value.at, collect, needs: of.needs };
}

/** Values that a calculation over fields with several occurrences may have. */
const MAXIMUM_RESULTS = 10000;

function arithmeticOperand(registry: Registry, value: Arithmetic, wanted: Wanted | undefined): Operand {
  const [left, right] = bothSides(registry, value, wanted);
  const { type } = left;
  const octets = isOctets(type);
  if (!compatible(type, right.type))
    throw new FilterError(`${left.name} is ${typeName(type)}, but ${right.name} is ${typeName(right.type)}`, right.at);
  const calculate = calculation(value.operator, type);
  const collect: Collect = (packet, layers, out) => {
    const a: typeof out = [];
    const b: typeof out = [];
    left.collect(packet, layers, a);
    right.collect(packet, layers, b);
    for (const x of a)
      for (const y of b) {
        if (out.length >= MAXIMUM_RESULTS) return;
        const result = calculate(x, y);
        if (result !== undefined) out.push(result);
      }
  };
  return {
    type: octets ? 'bytes' : type,
    name: printValue(value),
    at: value.at,
    collect,
    needs: [...left.needs, ...right.needs],
  };
}

/** Refuses operands with which the operator cannot calculate. */
function checkType({ operator, at }: Arithmetic, operand: Operand): Operand {
  const { type, name } = operand;
  if (isOctets(type) ? operator !== '&' : type !== 'integer' && type !== 'duration')
    throw new FilterError(
      `${name} is ${typeName(type)}, with which "${operator}" cannot calculate`,
      operand.at,
      'a number',
    );
  if (type === 'duration' && operator !== '+' && operator !== '-')
    throw new FilterError(`only + and - calculate with ${typeName(type)}`, at, '+ or -');
  return operand;
}

/** Both operands; a literal takes the type of the other side, or of what the whole is compared with. */
function bothSides(registry: Registry, value: Arithmetic, wanted: Wanted | undefined): [Operand, Operand] {
  const typed = (operand: Operand): Wanted => ({
    type: isOctets(operand.type) ? 'bytes' : operand.type,
    name: operand.name,
  });
  if (!hasField(registry, value.left)) {
    if (!hasField(registry, value.right) && wanted === undefined)
      throw new FilterError('a calculation needs a field in it', value.at, 'a field');
    const right = checkType(value, operandOf(registry, value.right, wanted));
    return [operandOf(registry, value.left, typed(right)), right];
  }
  const left = checkType(value, operandOf(registry, value.left, wanted));
  return [left, operandOf(registry, value.right, typed(left))];
}

function hasField(registry: Registry, value: Value): boolean {
  if (value.kind === 'arithmetic') return hasField(registry, value.left) || hasField(registry, value.right);
  if (value.kind === 'negative') return hasField(registry, value.of);
  return !standsForLiteral(registry, value);
}
