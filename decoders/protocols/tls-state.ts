/** What the messages of a TLS or DTLS connection say about those that follow. */

import { type Body, STOP } from '../core/body.js';

export const TLS13 = 0x0304;

export interface TlsState {
  /** The version that the server chose; 0 while unknown. */
  version: number;
  /** The cipher suite that the server chose; -1 while unknown. */
  suite: number;
  /** For each direction: whether Change Cipher Spec was sent, so that what follows is encrypted. */
  readonly encrypted: [boolean, boolean];
  direction: 0 | 1;
  /** For each direction: the first part of a handshake message that goes on in the next record (RFC 8446, section 5.1). */
  readonly partial: [Uint8Array | undefined, Uint8Array | undefined];
}

export function freshTls(): TlsState {
  return { version: 0, suite: -1, encrypted: [false, false], direction: 0, partial: [undefined, undefined] };
}

/** The connection's state; without a conversation, one that knows no more than this packet's layer. */
export function stateOf(body: Body): TlsState {
  const { conversation } = body.dissection;
  if (conversation === undefined) return freshTls();
  const state = conversation.remember(body.protocol, freshTls);
  state.direction = conversation.direction;
  return state;
}

/** Whether a version code stands for TLS 1.3 or one of its drafts. */
export function isTls13(version: number): boolean {
  return version === TLS13 || version === 0xfefc || version >> 8 === 0x7f || version >> 8 === 0xfb;
}

/** Reads a part of which a fault ends only that part; then the cursor is at `end`, or where the layer ends. */
export function contained(body: Body, end: number, inside: () => void): void {
  const outer = body.incomplete;
  try {
    body.within(end, inside);
  } catch (stop) {
    if (stop !== STOP) throw stop;
  } finally {
    body.incomplete = outer;
  }
  const rest = Math.min(end, body.end) - body.position;
  if (rest > 0) body.skip(rest);
}
