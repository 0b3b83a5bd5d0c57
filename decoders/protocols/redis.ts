import { escapedText, utf8Text } from '../core/format.js';
import {
  type Body,
  bytes,
  type Field,
  type FieldNode,
  group,
  int,
  type LayerNode,
  protocol,
  text,
} from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { portsOf, readMessages } from './messages.js';

const PORT = 6379;
const CR = 13;
const LF = 10;
const STRING = 0x2b; // +
const ERROR = 0x2d; // -
const INTEGER = 0x3a; // :
const BULK = 0x24; // $
const ARRAY = 0x2a; // *
/** Arrays in arrays that are followed. */
const MAXIMUM_DEPTH = 100;

const fields = {
  string: text('String'),
  error: text('Error'),
  integer: int(0 as 32, 'Integer'),
  bulk_string: group('Bulk String'),
  'bulk_string.length': int(0 as 32, 'Length'),
  'bulk_string.value': bytes(0, 'Value'),
  array: group('Array'),
  'array.length': int(0 as 32, 'Length'),
  fragment: group('Fragment'),
  partial: group('Field is only partially decoded'),
};

type RedisFields = { readonly [K in keyof typeof fields]: Field };

/** Octets of the line at `start` without its CR LF; -1 when its end is not here. */
function lineLength(view: DataView, start: number, end: number): number {
  for (let at = start; at + 1 < end; at++)
    if (view.getUint8(at) === CR && view.getUint8(at + 1) === LF) return at - start;
  return -1;
}

const LARGEST = 0x7fffffffffffffffn;

/** The 64-bit number that a line's octets begin with; undefined when they begin with none. */
function decimal(view: DataView, start: number, length: number): bigint | undefined {
  const digits = /^[+-]?\d+/.exec(utf8Text(view, start, Math.min(length, 40)))?.[0];
  if (digits === undefined) return undefined;
  const value = BigInt(digits.replace('+', ''));
  return value > LARGEST ? LARGEST : value < -LARGEST - 1n ? -LARGEST - 1n : value;
}

/** Follows an array through all its elements. */
const messageLength: MessageLength = (view, start, end) => {
  let at = start;
  for (let pending = 1; pending > 0; pending--) {
    if (at >= end) return 0;
    const kind = view.getUint8(at);
    const line = lineLength(view, at, end);
    if (line < 0) return 0;
    const next = at + line + 2;
    const count = kind === BULK || kind === ARRAY ? lineNumber(view, at + 1, at + line) : 0;
    if (kind === BULK && count >= 0) {
      at = next + count + 2;
      if (at > end) return pending === 1 ? at - start : 0;
    } else {
      at = next;
      if (kind === ARRAY && count > 0) pending += count;
    }
  }
  return at - start;
};

/** Reads a whole line's decimal number without making text of it; -1 when it is none. */
function lineNumber(view: DataView, start: number, end: number): number {
  let value = 0;
  if (start === end || end - start > 10) return -1;
  for (let at = start; at < end; at++) {
    const digit = view.getUint8(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Redis serialization protocol, version 2. */
export const redis = protocol('resp', 'REdis Serialization Protocol', {
  reference: 'Redis serialization protocol specification (redis.io/docs/reference/protocol-spec)',
  carriedBy: { 'tcp.port': PORT },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => readMessages(body, messageLength, () => readValue(body, field, 0)),
  info: summary,
});

/** Reads one value, or as much of it as there is. */
function readValue(body: Body, field: RedisFields, depth: number): void {
  const { view, position: at } = body;
  const whole = lineLength(view, at, body.end);
  const kind = view.getUint8(at);
  const line = whole < 0 ? body.remaining : whole;
  if (whole < 0) {
    body.incomplete = true;
    if (kind !== BULK && kind !== ARRAY) body.need(body.remaining + 1, 'the end of the line');
  }
  const next = at + line + 2;
  if (kind === STRING || kind === ERROR) {
    body.found(field[kind === STRING ? 'string' : 'error'], utf8Text(view, at + 1, line - 1), at, line + 2);
    body.position = next;
  } else if (kind === INTEGER) {
    body.found(field.integer, decimal(view, at + 1, line - 1) ?? 0n, at, line + 2);
    body.position = next;
  } else if (kind === BULK) bulk(body, field, decimal(view, at + 1, line - 1), line);
  else if (kind === ARRAY) array(body, field, decimal(view, at + 1, line - 1), line, depth);
  else {
    // A command in plain words, or the rest of a value whose beginning is in an earlier segment.
    body.found(field.fragment, null, at, line + 2, utf8Text(view, at, line));
    body.position = next;
  }
}

function bulk(body: Body, field: RedisFields, value: bigint | undefined, line: number): void {
  body.group(field.bulk_string, () => {
    const length = takeLength(body, field['bulk_string.length'], value, line);
    // -1 stands for no value at all.
    if (length < 0) return;
    if (body.remaining < length + 2) {
      body.incomplete = true;
      if (body.remaining > 0) body.take(field['bulk_string.value'], body.remaining);
      body.derived(field.partial, null);
      return;
    }
    if (length > 0) body.describe(body.take(field['bulk_string.value'], length).text);
    body.position += 2;
  });
}

function array(body: Body, field: RedisFields, value: bigint | undefined, line: number, depth: number): void {
  body.group(field.array, () => {
    const length = takeLength(body, field['array.length'], value, line);
    body.describe(`${length}`);
    if (depth === MAXIMUM_DEPTH) body.fail(`arrays are nested deeper than ${MAXIMUM_DEPTH}`);
    for (let i = 0; i < length; i++) {
      if (body.remaining === 0) {
        body.derived(field.partial, null);
        return;
      }
      readValue(body, field, depth + 1);
    }
  });
}

/** Reads the line with a length; -1 when it has none. */
function takeLength(body: Body, field: Field, value: bigint | undefined, line: number): number {
  const octets = Math.min(line + 2, body.remaining);
  if (value !== undefined) body.found(field, value, body.position, octets);
  body.position += octets;
  return Number(value ?? -1n);
}

/** The words of a request, or what the response's values are. */
function summary(layer: LayerNode, body: Body): string {
  const request = portsOf(body).destination === PORT;
  const words: string[] = [];
  for (const node of layer.fields) describe(node, request, words);
  return `${request ? 'Request:' : 'Response:'}${words.map((word) => ` ${word}`).join('')}`;
}

function describe(node: FieldNode, request: boolean, words: string[]): void {
  switch (node.name) {
    case 'resp.error':
      words.push(`Error: ${node.text}`);
      return;
    case 'resp.fragment':
      words.push('[fragment]');
      return;
    case 'resp.string':
    case 'resp.integer':
      words.push(node.text);
      return;
    case 'resp.bulk_string':
      // -1 stands for no value at all.
      if (Number(node.fields?.[0]?.value ?? 0) >= 0) words.push(bulkText(node));
      return;
    case 'resp.array':
      if (request) for (const inner of node.fields ?? []) describe(inner, request, words);
      else words.push(`Array(${node.display})${isPartial(node) ? ' [partial]' : ''}`);
      return;
    default:
  }
}

function isPartial(node: FieldNode): boolean {
  const last = node.fields?.at(-1);
  return last !== undefined && (last.name === 'resp.partial' || isPartial(last));
}

function bulkText(node: FieldNode): string {
  const hex = node.fields?.find((field) => field.name === 'resp.bulk_string.value')?.text ?? '';
  if (hex === '') return 'BulkString(0)';
  const octets = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return escapedText(utf8Text(new DataView(octets.buffer), 0, octets.length));
}
