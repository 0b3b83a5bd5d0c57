/** Handshake messages that came in fragments, put together: RFC 6347, section 4.2.3. */

import type { Body } from '../core/index.js';

/** Messages that may be incomplete at a time, in each direction; the oldest is given up for a new one. */
const MOST_MESSAGES = 8;
/** A message that claims more is none: certificates have less. */
const LARGEST_MESSAGE = 1 << 17;

/** Fragments of one message that are kept: what needs more is no handshake. */
const MOST_PARTS = 64;

interface Part {
  readonly offset: number;
  readonly octets: Uint8Array;
}

type Partial = Part[];

type Pending = readonly [Map<string, Partial>, Map<string, Partial>];

/** Which message a fragment is part of, and where. */
export interface Fragment {
  readonly type: number;
  /** Octets of the whole message. */
  readonly total: number;
  readonly sequence: number;
  readonly offset: number;
  /** Octets of this fragment, from the cursor. */
  readonly length: number;
}

/** Keeps the fragment at the cursor; returns the message's octets when none of them is missing any more. */
export function addFragment(body: Body, fragment: Fragment): Uint8Array<ArrayBuffer> | undefined {
  const { conversation } = body.dissection;
  const { type, total, sequence, offset, length } = fragment;
  if (conversation === undefined || total > LARGEST_MESSAGE || offset + length > total || length > body.remaining)
    return undefined;
  const pending = conversation.remember<Pending>('dtls fragments', () => [new Map(), new Map()])[
    conversation.direction
  ];
  const key = `${type} ${sequence} ${total}`;
  let parts = pending.get(key);
  if (parts === undefined) {
    if (pending.size >= MOST_MESSAGES) pending.delete(pending.keys().next().value ?? '');
    parts = [];
    pending.set(key, parts);
  }
  // What comes again is a retransmission.
  if (parts.some((part) => part.offset <= offset && offset + length <= part.offset + part.octets.length))
    return undefined;
  if (parts.length >= MOST_PARTS) return undefined;
  const { view, position } = body;
  parts.push({ offset, octets: new Uint8Array(view.buffer, view.byteOffset + position, length).slice() });
  if (!isWhole(parts, total)) return undefined;
  pending.delete(key);
  const whole = new Uint8Array(total);
  for (const part of parts) whole.set(part.octets, part.offset);
  return whole;
}

/** Whether the parts leave no gap. */
function isWhole(parts: Partial, total: number): boolean {
  parts.sort((a, b) => a.offset - b.offset);
  let reached = 0;
  for (const { offset, octets } of parts) {
    if (offset > reached) return false;
    reached = Math.max(reached, offset + octets.length);
  }
  return reached >= total;
}
