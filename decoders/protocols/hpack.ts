/** HPACK, the header compression of HTTP/2: RFC 7541. */

import { utf8Text } from '../core/format.js';
import { huffmanDecode, staticTable } from './hpack-tables.js';

/** Octets that the dynamic table may have (section 4.2) whatever is asked for. */
const LARGEST_TABLE = 65536;
const DEFAULT_TABLE = 4096;
/** Octets of overhead that an entry counts (section 4.1). */
const OVERHEAD = 32;

/** One side's dynamic table. */
export interface HpackTable {
  /** Newest first. */
  readonly entries: (readonly [string, string])[];
  size: number;
  limit: number;
}

export function newTable(): HpackTable {
  return { entries: [], size: 0, limit: DEFAULT_TABLE };
}

/** How a field was represented (section 6). */
export type Representation =
  | 'Indexed Header Field'
  | 'Literal Header Field with Incremental Indexing - Indexed Name'
  | 'Literal Header Field with Incremental Indexing - New Name'
  | 'Literal Header Field without Indexing - Indexed Name'
  | 'Literal Header Field without Indexing - New Name'
  | 'Literal Header Field never Indexed - Indexed Name'
  | 'Literal Header Field never Indexed - New Name'
  | 'Maximum Dynamic Table Size Change';

export interface HpackField {
  /** Where it stands: octets in the view. */
  readonly at: number;
  readonly end: number;
  readonly representation: Representation;
  /** The index of the field or of its name; 0 for a new name. For a table size update, the size. */
  readonly index: number;
  /** Undefined where the index leads to an entry that was not seen. */
  readonly name: string | undefined;
  readonly value: string | undefined;
}

/** Reads the representation at `at`; undefined when it is cut or wrong. The table remembers what it says. */
export function readField(table: HpackTable, view: DataView, at: number, end: number): HpackField | undefined {
  const first = view.getUint8(at);
  if (first >= 0x80) return indexed(table, view, at, end);
  if (first >= 0x40) return literal(table, view, at, end, 6, 'with Incremental Indexing');
  if (first >= 0x20) {
    const [size, next] = integer(view, at, end, 5);
    if (next < 0) return undefined;
    resize(table, Math.min(size, LARGEST_TABLE));
    return {
      at,
      end: next,
      representation: 'Maximum Dynamic Table Size Change',
      index: size,
      name: undefined,
      value: undefined,
    };
  }
  return literal(table, view, at, end, 4, first >= 0x10 ? 'never Indexed' : 'without Indexing');
}

function indexed(table: HpackTable, view: DataView, at: number, end: number): HpackField | undefined {
  const [index, next] = integer(view, at, end, 7);
  if (next < 0 || index === 0) return undefined;
  const entry = lookup(table, index);
  return { at, end: next, representation: 'Indexed Header Field', index, name: entry?.[0], value: entry?.[1] };
}

type Kind = 'with Incremental Indexing' | 'without Indexing' | 'never Indexed';

function literal(
  table: HpackTable,
  view: DataView,
  at: number,
  end: number,
  prefix: number,
  kind: Kind,
): HpackField | undefined {
  const [index, next] = integer(view, at, end, prefix);
  if (next < 0) return undefined;
  let position = next;
  let name = index === 0 ? undefined : lookup(table, index)?.[0];
  if (index === 0) {
    const [text, after] = string(view, position, end);
    if (text === undefined) return undefined;
    name = text;
    position = after;
  }
  const [value, after] = string(view, position, end);
  if (value === undefined) return undefined;
  if (kind === 'with Incremental Indexing') insert(table, name ?? '<unknown>', value);
  const representation: Representation = `Literal Header Field ${kind} - ${index === 0 ? 'New Name' : 'Indexed Name'}`;
  return { at, end: after, representation, index, name, value };
}

function lookup(table: HpackTable, index: number): readonly [string, string] | undefined {
  return index <= staticTable.length ? staticTable[index - 1] : table.entries[index - staticTable.length - 1];
}

function insert(table: HpackTable, name: string, value: string): void {
  table.entries.unshift([name, value]);
  table.size += name.length + value.length + OVERHEAD;
  evict(table);
}

function resize(table: HpackTable, limit: number): void {
  table.limit = limit;
  evict(table);
}

function evict(table: HpackTable): void {
  while (table.size > table.limit) {
    const [name, value] = table.entries.pop() ?? ['', ''];
    table.size -= name.length + value.length + OVERHEAD;
  }
}

/** An integer with a prefix of some bits (section 5.1), and what is behind it; -1 when it is cut or too large. */
export function integer(view: DataView, at: number, end: number, prefix: number): [number, number] {
  if (at >= end) return [0, -1];
  const mask = 2 ** prefix - 1;
  let value = view.getUint8(at) & mask;
  if (value < mask) return [value, at + 1];
  let scale = 1;
  for (let position = at + 1; position < Math.min(end, at + 6); position++) {
    const octet = view.getUint8(position);
    value += (octet & 127) * scale;
    if (octet < 128) return [value, position + 1];
    scale *= 128;
  }
  return [0, -1];
}

/** A string (section 5.2), and what is behind it. */
function string(view: DataView, at: number, end: number): [string | undefined, number] {
  if (at >= end) return [undefined, -1];
  const [length, next] = integer(view, at, end, 7);
  if (next < 0 || next + length > end) return [undefined, -1];
  if (view.getUint8(at) < 0x80) return [utf8Text(view, next, length), next + length];
  const octets = huffmanDecode(view, next, length);
  if (octets === undefined) return [undefined, -1];
  return [utf8Text(new DataView(octets.buffer), 0, octets.length), next + length];
}
