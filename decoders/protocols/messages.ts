/** What protocols over byte streams share: a segment holds several messages, the last of them perhaps in part. */

import { MAXIMUM_NODES, STOP } from '../core/body.js';
import { utf8Text } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';

/**
 * Reads the messages from the current position to the end of the layer. One that goes on in another segment is read as
 * far as it is there; that is no fault of the packet.
 *
 * @param length how many octets the message at a place has, as in the protocol's declaration
 * @param read reads one message; what it leaves of the message becomes a gap
 */
export function readMessages(body: Body, length: MessageLength, read: () => void): void {
  while (body.remaining > 0) {
    const start = body.position;
    const octets = length(body.view, start, body.end);
    if (octets < 0) return;
    const end = octets === 0 || octets === Number.POSITIVE_INFINITY ? body.end : start + octets;
    if (octets === 0 || end > body.end) continues(body, octets);
    body.within(end, () => {
      readWhole(body, read);
      if (body.remaining > 0) body.skip(body.remaining);
    });
    if (body.position === start) return;
  }
}

/** Reads one message; what is wrong within it is its own: those that follow begin where its length says. */
function readWhole(body: Body, read: () => void): void {
  try {
    read();
  } catch (stop) {
    if (stop !== STOP || body.incomplete || body.dissection.nodes > MAXIMUM_NODES) throw stop;
  }
}

/** Says that the message at the position is not whole here; reading past the end is no further problem then. */
export function continues(body: Body, octets: number): void {
  const { walk } = body;
  // What the capture cut off is told of already, by the walk.
  if (body.end < walk.capturedEnd || walk.end[body.depth] <= walk.capturedEnd) {
    const what = octets === 0 ? 'the message' : `the message has ${octets} octets, and`;
    body.report('truncated', `${what} goes on in another segment`, {
      ...(octets === 0 ? {} : { needed: octets }),
      available: body.remaining,
      limitedBy: 'tcp',
    });
  }
  body.incomplete = true;
}

/** Octets before the next octet `value` in [from, end), -1 when there is none. */
export function distanceTo(view: DataView, value: number, from: number, end: number): number {
  for (let at = from; at < end; at++) if (view.getUint8(at) === value) return at - from;
  return -1;
}

/** Reads text that a zero octet ends, and that octet; returns the text. */
export function zeroText(body: Body, field: Field): string {
  const at = body.position;
  const length = distanceTo(body.view, 0, at, body.end);
  if (length < 0) {
    body.need(body.remaining + 1, `the zero octet that ends "${field.title}"`);
    return '';
  }
  const value = utf8Text(body.view, at, length);
  body.found(field, value, at, length + 1);
  body.position = at + length + 1;
  return value;
}

/** The ports of the transport that carries this layer; zeros where there is none. */
export function portsOf(body: Body): { readonly source: number; readonly destination: number } {
  const { conversation } = body.dissection;
  if (conversation !== undefined) return { source: conversation.sourcePort, destination: conversation.destinationPort };
  for (let depth = body.depth - 1; depth >= 0; depth--) {
    const carrier = body.dissection.protocolAt(depth);
    if (carrier !== 'tcp' && carrier !== 'udp') continue;
    const at = body.walk.start[depth];
    return { source: body.view.getUint16(at), destination: body.view.getUint16(at + 2) };
  }
  return { source: 0, destination: 0 };
}
