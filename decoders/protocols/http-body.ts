/** The bodies of HTTP/1 messages: RFC 9112, sections 6 and 7. */

import { asciiText, utf8Text } from '../core/format.js';
import type { Body } from '../core/index.js';
import { inflate } from '../core/inflate.js';
import type { HttpFields } from './http-fields.js';
import { chunkSize, lineEnd, textEnd } from './http-scan.js';
import { handMedia } from './media-types.js';

/** Octets of a body whose text is shown. */
const LARGEST_SHOWN = 4 << 20;

/** Codings that are undone here (RFC 9110, section 8.4.1); what has another one is shown as it is, in no field. */
const inflated = new Set(['gzip', 'x-gzip', 'deflate', 'x-deflate']);

/** What the header says of the body (RFC 9110, section 8). */
export interface Coded {
  readonly coding: string;
  /** The media type with its parameters; the empty string without. */
  readonly type: string;
}

/** Whether the capture did not keep the rest of this layer. */
export function cutByCapture({ end, walk, depth }: Body): boolean {
  return end === walk.capturedEnd && (walk.end[depth] ?? 0) > walk.capturedEnd;
}

/** Says that a part goes on in another segment; what the capture cut off is told of already. */
export function partly(body: Body, what: string): void {
  if (cutByCapture(body)) return;
  if (!body.incomplete) {
    body.report('truncated', `${what} goes on in another segment`, { available: body.remaining, limitedBy: 'tcp' });
    body.incomplete = true;
  }
}

/** A body of a known length, as far as it is there. */
export function entity(body: Body, field: HttpFields, length: number, coded: Coded): void {
  if (length === 0) return;
  if (length > body.remaining) partly(body, `the body of ${length} octets`);
  const have = Math.min(length, body.remaining);
  if (have === 0) return;
  const { view, position } = body;
  content(body, field, octetsAt(view, position, have), coded, have);
}

function octetsAt(view: DataView, at: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + at, length);
}

/** What was sent, without its codings, which stands in the next `length` octets. */
function content(
  body: Body,
  field: HttpFields,
  octets: Uint8Array<ArrayBuffer>,
  { coding, type }: Coded,
  length: number,
): void {
  const { position: at } = body;
  const plain = decoded(octets, coding);
  if (plain !== undefined) body.found(field.file_data, asciiText(plain.subarray(0, LARGEST_SHOWN)), at, length);
  if (plain === undefined) body.skip(length);
  body.position = at + length;
  // What cannot be read is of no type.
  const place =
    plain === undefined || plain === octets ? ([at, at + length] as const) : plain.subarray(0, LARGEST_SHOWN);
  handMedia(body, plain === undefined ? '' : type, place);
}

/** Octets without their coding; undefined for one that is not undone here. */
export function decoded(octets: Uint8Array<ArrayBuffer>, coding: string): Uint8Array<ArrayBuffer> | undefined {
  const name = coding.toLowerCase();
  if (name === '' || name === 'identity') return octets;
  return inflated.has(name) ? inflate(octets)?.bytes : undefined;
}

/** RFC 9112, section 7.1: chunks that are whole, but for the last that may be missing. */
export function chunks(body: Body, field: HttpFields, coded: Coded): void {
  const { view } = body;
  const from = body.position;
  const parts: Uint8Array[] = [];
  for (;;) {
    const next = lineEnd(view, body.position, body.end);
    const size = next < 0 ? -1 : chunkSize(view, body.position, next);
    if (size < 0) {
      partly(body, 'the chunked body');
      break;
    }
    body.found(field.chunk_size, size, body.position, next - body.position);
    body.position = next;
    if (size === 0) {
      trailers(body, field);
      break;
    }
    parts.push(octetsAt(view, body.position, size));
    body.take(field.chunk_data, size);
    if (body.remaining >= 2) body.take(field.chunk_boundary, 2);
  }
  if (parts.length > 0) joined(body, field, parts, coded, from);
}

/** The body that the chunks make up. */
function joined(
  body: Body,
  field: HttpFields,
  parts: readonly Uint8Array[],
  { coding, type }: Coded,
  from: number,
): void {
  const octets = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  const plain = decoded(octets, coding);
  if (plain !== undefined) {
    const text = asciiText(plain.subarray(0, LARGEST_SHOWN));
    body.derived(field.file_data, text, undefined, from, body.position - from);
  }
  handMedia(body, plain === undefined ? '' : type, (plain ?? octets).subarray(0, LARGEST_SHOWN));
}

function trailers(body: Body, field: HttpFields): void {
  const { view } = body;
  for (;;) {
    const next = lineEnd(view, body.position, body.end);
    if (next < 0) return;
    if (textEnd(view, body.position, next) === body.position) {
      body.skip(next - body.position);
      return;
    }
    const value = utf8Text(view, body.position, next - body.position);
    body.found(field.chunked_trailer_part, value, body.position, next - body.position, value.trimEnd());
    body.position = next;
  }
}

/** Octets that are no message: the middle of one that began elsewhere. */
export function strayData(body: Body, field: HttpFields, length: number, coded: Coded): void {
  content(body, field, octetsAt(body.view, body.position, length), coded, length);
}
