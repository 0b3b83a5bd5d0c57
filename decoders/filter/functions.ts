/** The functions of the filter language. */

import { etherText, hexText, ipv4FromNumber, ipv6Text } from '../core/format.js';
import type { Registry } from '../core/index.js';
import { type Call, printValue } from './ast.js';
import { absolute } from './calculate.js';
import { FilterError, nearest } from './error.js';
import { type RuntimeValue, typeName, type ValueType } from './fields.js';
import type { Collect } from './occurrences.js';
import { octetsOfText } from './octets.js';
import { type Operand, operandOf } from './operand.js';
import { compareValues } from './values.js';

interface Signature {
  readonly title: string;
  readonly takes: readonly ValueType[];
  readonly gives: (type: ValueType) => ValueType;
  readonly many?: boolean;
}

const ordered: readonly ValueType[] = ['integer', 'duration', 'time', 'ipv4'];
const same = (type: ValueType): ValueType => type;
const number = (): ValueType => 'integer';
const text = (): ValueType => 'string';

/** By name; also the list that completion offers. */
export const functions: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  [
    'len',
    { title: 'Length in octets', takes: ['string', 'bytes', 'ether', 'ipv4', 'ipv6', 'protocol'], gives: number },
  ],
  ['count', { title: 'Number of occurrences', takes: [], gives: number }],
  ['upper', { title: 'Text in capitals', takes: ['string'], gives: text }],
  ['lower', { title: 'Text in small letters', takes: ['string'], gives: text }],
  ['string', { title: 'Value as text', takes: ['integer', 'ipv4', 'ipv6', 'ether'], gives: text }],
  ['max', { title: 'Largest value', takes: ordered, gives: same, many: true }],
  ['min', { title: 'Smallest value', takes: ordered, gives: same, many: true }],
  ['abs', { title: 'Magnitude', takes: ['integer', 'duration'], gives: same }],
]);

export function functionOperand(registry: Registry, call: Call): Operand {
  const { name, at } = call;
  const signature = functions.get(name);
  if (signature === undefined) {
    const near = nearest(name, functions.keys());
    const hint = near === undefined ? `there are ${[...functions.keys()].join(', ')}` : `did you mean ${near}?`;
    throw new FilterError(`there is no function ${name}; ${hint}`, at, 'a function');
  }
  const many = signature.many === true;
  if (call.arguments.length === 0 || (!many && call.arguments.length > 1))
    throw new FilterError(`${name}() takes ${many ? 'at least one field' : 'one field'}`, at, 'a field');
  const operands = call.arguments.map((argument) => operandOf(registry, argument));
  for (const operand of operands) checkArgument(name, signature, operand, operands[0], call);
  return {
    type: signature.gives(operands[0].type),
    name: printValue(call),
    at,
    collect: evaluator(name, operands),
    // One of several arguments is enough, so no single one is needed.
    needs: operands.length === 1 ? operands[0].needs : [],
  };
}

function checkArgument(name: string, signature: Signature, operand: Operand, first: Operand, call: Call): void {
  if (name === 'count') {
    if (call.arguments[0].kind === 'word' || call.arguments[0].kind === 'layer') return;
    throw new FilterError(`count() takes a field, not the calculation ${operand.name}`, operand.at, 'a field');
  }
  if (!signature.takes.includes(operand.type))
    throw new FilterError(
      `${name}() does not take ${operand.name}, which is ${typeName(operand.type)}`,
      operand.at,
      signature.takes.map(typeName).join(', '),
    );
  if (operand.type !== first.type)
    throw new FilterError(
      `${first.name} is ${typeName(first.type)}, but ${operand.name} is ${typeName(operand.type)}`,
      operand.at,
    );
}

function evaluator(name: string, operands: readonly Operand[]): Collect {
  const { type, collect } = operands[0];
  switch (name) {
    case 'count':
      return (packet, layers, out) => {
        const values: RuntimeValue[] = [];
        collect(packet, layers, values);
        // No occurrence: no value either, as Wireshark has it, so that count(x) == 0 is never true.
        if (values.length > 0) out.push(values.length);
      };
    case 'max':
    case 'min': {
      const sign = name === 'max' ? 1 : -1;
      return (packet, layers, out) => {
        const values: RuntimeValue[] = [];
        for (const operand of operands) operand.collect(packet, layers, values);
        if (values.length > 0) out.push(values.reduce((a, b) => (compareValues(b, a) * sign > 0 ? b : a)));
      };
    }
    default: {
      const convert = conversion(name, type);
      return (packet, layers, out) => {
        const from = out.length;
        collect(packet, layers, out);
        for (let i = from; i < out.length; i++) out[i] = convert(out[i]);
      };
    }
  }
}

function conversion(name: string, type: ValueType): (value: RuntimeValue) => RuntimeValue {
  switch (name) {
    case 'len':
      if (type === 'string') return (value) => octetsOfText(String(value)).length;
      return (value) => (value instanceof Uint8Array ? value.length : 4);
    case 'upper':
      return (value) => String(value).toUpperCase();
    case 'lower':
      return (value) => String(value).toLowerCase();
    case 'abs':
      return absolute;
    default:
      return (value) => textOf(value, type);
  }
}

function textOf(value: RuntimeValue, type: ValueType): string {
  if (type === 'ipv4') return ipv4FromNumber(Number(value));
  if (!(value instanceof Uint8Array)) return String(value);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (type === 'ether' && value.length === 6) return etherText(view, 0);
  if (type === 'ipv6' && value.length === 16) return ipv6Text(view, 0);
  return hexText(view, 0, value.length);
}
