/** The headers of HTTP/2, which may go on over several frames: RFC 9113, sections 4.3 and 6.10. */

import type { Body } from '../core/index.js';
import { statusCodes } from '../labels/http.js';
import { type HpackField, type HpackTable, newTable, readField } from './hpack.js';
import type { Http2Fields } from './http2.js';
import { Http2Bodies } from './http2-bodies.js';

/** Octets of one block that are kept until its last frame comes. */
const LARGEST_BLOCK = 1 << 18;

/** What one direction remembers. */
export interface Http2Side {
  readonly table: HpackTable;
  /** The beginning of a block whose last frame has not come. */
  begun: Uint8Array | undefined;
  readonly bodies: Http2Bodies;
}

export const newSide = (): Http2Side => ({ table: newTable(), begun: undefined, bodies: new Http2Bodies() });

const pseudo: Readonly<Record<string, 'method' | 'path' | 'scheme' | 'authority'>> = {
  ':method': 'method',
  ':path': 'path',
  ':scheme': 'scheme',
  ':authority': 'authority',
};

/**
 * Reads a block of header fields, or a part of one; the frame that ends it shows them.
 *
 * @param ended whether the block ends with this frame
 * @param stream whose body the fields speak of; 0 for what is promised
 */
export function headerBlock(
  body: Body,
  field: Http2Fields,
  side: Http2Side,
  label: string,
  ended: boolean,
  stream = 0,
): void {
  const { view, position: start, remaining } = body;
  const own = new Uint8Array(view.buffer, view.byteOffset + start, remaining);
  const whole = side.begun === undefined ? own : joined(side.begun, own);
  side.begun = ended || whole.length > LARGEST_BLOCK ? undefined : whole.slice();
  if (remaining === 0 && whole.length === 0) return;
  if (!ended) {
    body.take(field.headers, remaining);
    return;
  }
  let heading = '';
  // What the fields say is not where they stand: most are only numbers of entries, and some began in another frame.
  body.over(field.headers, remaining, () => {
    const block = new DataView(whole.buffer, whole.byteOffset, whole.length);
    const before = whole.length - remaining;
    const told = (name: string, value: string) => side.bodies.said(body, stream, name, value);
    heading = entries(body, field, side.table, block, (at) => start + Math.max(0, at - before), told);
  });
  body.describe(heading === '' ? label : `${label}: ${heading}`);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/**
 * RFC 7541.
 *
 * @param place where octets of the block stand in the view
 * @param told is told of every field
 * @returns the request's or the response's line in short
 */
function entries(
  body: Body,
  field: Http2Fields,
  table: HpackTable,
  block: DataView,
  place: (at: number) => number,
  told: (name: string, value: string) => void,
): string {
  const said = new Map<string, string>();
  for (let position = 0; position < block.byteLength; ) {
    const entry = readField(table, block, position, block.byteLength);
    if (entry === undefined) {
      body.report('malformed', 'a header field that is no HPACK, or is cut');
      break;
    }
    position = entry.end;
    body.group(field.header, () => {
      oneField(body, field, entry, place(entry.at), place(entry.end) - place(entry.at), said);
      body.position = place(entry.end);
    });
    if (entry.name !== undefined && entry.value !== undefined) told(entry.name, entry.value);
  }
  const method = said.get(':method');
  const status = said.get(':status');
  if (method !== undefined) return `${method} ${said.get(':path') ?? ''}`;
  return status === undefined ? '' : `${status} ${statusCodes[Number(status)] ?? ''}`;
}

function oneField(
  body: Body,
  field: Http2Fields,
  { name = '<unknown>', value = '<unknown>', index, representation }: HpackField,
  at: number,
  length: number,
  said: Map<string, string>,
): void {
  if (representation === 'Maximum Dynamic Table Size Change') {
    body.derived(field['header_table_size_update.header_table_size'], index, undefined, at, length);
    body.describe(`Dynamic table size ${index}`);
    return;
  }
  said.set(name, value);
  body.derived(field['header.name.length'], name.length, undefined, at, length);
  body.derived(field['header.name'], name, undefined, at, length);
  body.derived(field['header.value.length'], value.length, undefined, at, length);
  body.derived(field['header.value'], value, undefined, at, length);
  const key = pseudo[name];
  if (key !== undefined) body.derived(field[`headers.${key}`], value, undefined, at, length);
  else if (name === ':status' && /^\d{3}$/.test(value))
    body.derived(field['headers.status'], Number(value), undefined, at, length);
  body.derived(field['header.repr'], representation, undefined, at, length);
  if (index > 0) body.derived(field['header.index'], index, undefined, at, length);
  body.describe(`${name}: ${value}`);
}
