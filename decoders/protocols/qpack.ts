/** QPACK, the header compression of HTTP/3: RFC 9204. */

import { utf8Text } from '../core/format.js';
import { integer } from './hpack.js';
import { huffmanDecode } from './hpack-tables.js';
import { staticEntries } from './qpack-table.js';

/** Octets that a dynamic table may have here, whatever is asked for. */
const LARGEST_TABLE = 65536;
/** Octets of overhead that an entry counts (section 3.2.1). */
const OVERHEAD = 32;

type Entry = readonly [name: string, value: string];

/** The dynamic table of one direction: what its encoder inserted. */
export class QpackTable {
  /** Oldest first. */
  private readonly entries: Entry[] = [];
  private dropped = 0;
  private size = 0;
  private capacity = 0;
  private rest: Uint8Array = new Uint8Array(0);
  /** What the other side allows (its SETTINGS): required to understand how its counts wrap. */
  maximum = 0;

  get inserted(): number {
    return this.dropped + this.entries.length;
  }

  /** By absolute index (section 3.2.4). */
  at(index: number): Entry | undefined {
    return this.entries[index - this.dropped];
  }

  /** Takes the next octets of the encoder's stream (section 4.3). */
  instruct(octets: Uint8Array): void {
    const whole = new Uint8Array(this.rest.length + octets.length);
    whole.set(this.rest);
    whole.set(octets, this.rest.length);
    const view = new DataView(whole.buffer);
    let at = 0;
    while (at < whole.length) {
      const next = this.instruction(view, at, whole.length);
      if (next < 0) break;
      at = next;
    }
    // An instruction has at most one name and one value of the table; what does not end by then is none.
    this.rest = whole.length - at > 2 * LARGEST_TABLE ? new Uint8Array(0) : whole.slice(at);
  }

  /** @returns what is behind it; -1 when it is not whole */
  private instruction(view: DataView, at: number, end: number): number {
    const first = view.getUint8(at);
    if (first >= 0x80) {
      const [index, next] = integer(view, at, end, 6);
      const value = next < 0 ? undefined : text(view, next, end, 7);
      if (value === undefined) return -1;
      const entry = (first & 0x40) !== 0 ? staticEntries[index] : this.at(this.inserted - 1 - index);
      this.insert(entry?.[0] ?? '<unknown>', value.text);
      return value.end;
    }
    if (first >= 0x40) {
      const name = text(view, at, end, 5);
      const value = name && text(view, name.end, end, 7);
      if (name === undefined || value === undefined) return -1;
      this.insert(name.text, value.text);
      return value.end;
    }
    const [number, next] = integer(view, at, end, 5);
    if (next < 0) return -1;
    if (first >= 0x20) {
      this.capacity = Math.min(number, LARGEST_TABLE);
      this.evict();
    } else {
      const [name, value] = this.at(this.inserted - 1 - number) ?? ['<unknown>', '<unknown>'];
      this.insert(name, value);
    }
    return next;
  }

  private insert(name: string, value: string): void {
    this.entries.push([name, value]);
    this.size += name.length + value.length + OVERHEAD;
    this.evict();
  }

  private evict(): void {
    while (this.size > this.capacity) {
      const [name, value] = this.entries.shift() ?? ['', ''];
      this.size -= name.length + value.length + OVERHEAD;
      this.dropped++;
    }
  }
}

/** One header field, where it stands in the field section. */
export interface QpackField {
  readonly at: number;
  readonly end: number;
  /** Undefined where the index leads to an entry that was not seen. */
  readonly name: string | undefined;
  readonly value: string | undefined;
}

/** The fields of a section at [start, end) (section 4.5); fewer where it is cut or wrong. */
export function readSection(table: QpackTable, view: DataView, start: number, end: number): QpackField[] {
  const [encoded, afterCount] = integer(view, start, end, 8);
  if (afterCount < 0) return [];
  const [delta, first] = integer(view, afterCount, end, 7);
  if (first < 0) return [];
  const required = requiredCount(table, encoded);
  const base = (view.getUint8(afterCount) & 0x80) === 0 ? required + delta : required - delta - 1;
  const fields: QpackField[] = [];
  for (let at = first; at < end; ) {
    const field = readLine(table, base, view, at, end);
    if (field === undefined) break;
    fields.push(field);
    at = field.end;
  }
  return fields;
}

/** Section 4.5.1.1: counts are sent modulo twice the entries that fit. */
function requiredCount({ maximum, inserted }: QpackTable, encoded: number): number {
  const entries = Math.floor(maximum / OVERHEAD);
  if (encoded === 0 || entries === 0) return 0;
  const range = 2 * entries;
  const largest = inserted + entries;
  const count = Math.floor(largest / range) * range + encoded - 1;
  return count > largest ? count - range : count;
}

function readLine(table: QpackTable, base: number, view: DataView, at: number, end: number): QpackField | undefined {
  const first = view.getUint8(at);
  if (first >= 0x80) {
    const [index, next] = integer(view, at, end, 6);
    return whole(at, next, (first & 0x40) !== 0 ? staticEntries[index] : table.at(base - index - 1));
  }
  if (first >= 0x40) {
    const [index, next] = integer(view, at, end, 4);
    return named(view, at, next, end, ((first & 0x10) !== 0 ? staticEntries[index] : table.at(base - index - 1))?.[0]);
  }
  if (first >= 0x20) {
    const name = text(view, at, end, 3);
    return name && named(view, at, name.end, end, name.text);
  }
  if (first >= 0x10) {
    const [index, next] = integer(view, at, end, 4);
    return whole(at, next, table.at(base + index));
  }
  const [index, next] = integer(view, at, end, 3);
  return named(view, at, next, end, table.at(base + index)?.[0]);
}

function whole(at: number, end: number, entry: Entry | undefined): QpackField | undefined {
  return end < 0 ? undefined : { at, end, name: entry?.[0], value: entry?.[1] };
}

function named(
  view: DataView,
  at: number,
  next: number,
  end: number,
  name: string | undefined,
): QpackField | undefined {
  const value = next < 0 ? undefined : text(view, next, end, 7);
  return value && { at, end: value.end, name, value: value.text };
}

/** A string whose length has a prefix of some bits, with the bit of Huffman's code before it (section 4.1.2). */
function text(view: DataView, at: number, end: number, prefix: number): { text: string; end: number } | undefined {
  if (at >= end) return undefined;
  const [length, next] = integer(view, at, end, prefix);
  if (next < 0 || next + length > end) return undefined;
  if (((view.getUint8(at) >> prefix) & 1) === 0) return { text: utf8Text(view, next, length), end: next + length };
  const octets = huffmanDecode(view, next, length);
  if (octets === undefined) return undefined;
  return { text: utf8Text(new DataView(octets.buffer), 0, octets.length), end: next + length };
}
