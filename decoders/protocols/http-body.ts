/** The bodies of HTTP/1 messages: RFC 9112, sections 6 and 7. */

import { utf8Text } from '../core/format.js';
import type { Body } from '../core/index.js';
import type { HttpFields } from './http-fields.js';
import { chunkSize, lineEnd, textEnd } from './http-scan.js';

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
export function entity(body: Body, field: HttpFields, length: number, encoded: boolean): void {
  if (length === 0) return;
  if (length > body.remaining) partly(body, `the body of ${length} octets`);
  const have = Math.min(length, body.remaining);
  if (have === 0) return;
  // What is compressed is no text; nothing here inflates it.
  if (encoded) body.skip(have);
  else fileData(body, field, have);
}

/** RFC 9112, section 7.1. */
export function chunks(body: Body, field: HttpFields): void {
  const { view } = body;
  for (;;) {
    const next = lineEnd(view, body.position, body.end);
    if (next < 0) {
      partly(body, 'the chunked body');
      if (body.remaining > 0) body.need(body.remaining + 1, 'a chunk');
      return;
    }
    const size = chunkSize(view, body.position, next);
    if (size < 0) body.fail('the size of a chunk is no hexadecimal number');
    body.found(field.chunk_size, size, body.position, next - body.position);
    body.position = next;
    if (size === 0) {
      trailers(body, field);
      return;
    }
    if (size + 2 > body.remaining) partly(body, 'the chunked body');
    const have = Math.min(size, body.remaining);
    if (have > 0) body.take(field.chunk_data, have);
    if (have < size) return;
    body.take(field.chunk_boundary, 2);
  }
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

/** Octets of a body as text, which ends at a zero octet, as Wireshark's does. */
export function fileData(body: Body, field: HttpFields, length: number): void {
  const { view, position } = body;
  let end = position;
  while (end < position + length && view.getUint8(end) !== 0) end++;
  body.found(field.file_data, utf8Text(view, position, end - position), position, length);
  body.position = position + length;
}
