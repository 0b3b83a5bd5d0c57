/** Handshake messages that came in fragments, put together: RFC 6347, section 4.2.3. */

import type { Body } from '../core/index.js';

/** Messages that may be incomplete at a time, in each direction; the oldest is given up for a new one. */
const MOST_MESSAGES = 8;
/** A message that claims more is none: certificates have less. */
const LARGEST_MESSAGE = 1 << 17;

interface Partial {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Which octets are there. */
  readonly have: Uint8Array;
  missing: number;
}

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
  let message = pending.get(key);
  if (message === undefined) {
    if (pending.size >= MOST_MESSAGES) pending.delete(pending.keys().next().value ?? '');
    message = { octets: new Uint8Array(total), have: new Uint8Array(total), missing: total };
    pending.set(key, message);
  }
  for (let i = 0; i < length; i++) {
    if (message.have[offset + i] === 1) continue;
    message.have[offset + i] = 1;
    message.octets[offset + i] = body.view.getUint8(body.position + i);
    message.missing--;
  }
  if (message.missing > 0) return undefined;
  pending.delete(key);
  return message.octets;
}
