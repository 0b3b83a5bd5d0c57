/** Octets that come in several packets and are one thing: a mail, the body of a stream of HTTP/2. */

import type { Body } from '../core/index.js';
import { MEDIA, Media } from './media-types.js';

/** Octets of one thing that are kept; of a larger one nothing is shown. */
const LARGEST = 4 << 20;

const MAIL = { type: 'message/rfc822', parameters: '' };

/** Where octets are: [start, end) of the layer's view, or others. */
export type Place = Uint8Array<ArrayBuffer> | readonly [number, number];

export class CollectedOctets {
  /** Numbers of the packets that brought them, in order; one that brought several pieces has as many. */
  packets: number[] = [];
  length = 0;
  private pieces: Uint8Array<ArrayBuffer>[] = [];
  private kept = 0;
  /** Where they are, as long as all of them are in the layer that is being read. */
  private only: { readonly view: DataView; readonly start: number; readonly end: number } | undefined;

  /** Adds [start, end) of the layer. */
  add(body: Body, start: number, end: number): void {
    const { view } = body;
    if (end <= start) return;
    if (this.packets.length < LARGEST) this.packets.push(packetOf(body));
    const follows = this.only?.view === view && this.only.end === start;
    if (this.length === 0) this.only = { view, start, end };
    else this.only = follows && this.only !== undefined ? { ...this.only, end } : undefined;
    this.length += end - start;
    if (this.length > LARGEST) this.pieces = [];
    else this.pieces.push(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + start, end - start).slice());
    this.keep(body, this.length > LARGEST ? 0 : this.length);
  }

  /** Gives all of them out, and forgets them; undefined when there are none, or too many. */
  take(body: Body): Place | undefined {
    const { only, pieces, length, packets } = this;
    // The same view may be that of another packet's octets.
    const here = only?.view === body.view && packets.every((packet) => packet === packetOf(body));
    this.forget(body);
    if (here && only !== undefined) return [only.start, only.end];
    return length > 0 && length <= LARGEST ? joined(pieces, length) : undefined;
  }

  /** Hands them over as a mail, and forgets them. */
  handMail(body: Body): void {
    const place = this.take(body);
    if (place !== undefined) body.hand(MEDIA, Media.mail, MAIL, place);
  }

  forget(body: Body): void {
    this.packets = [];
    this.length = 0;
    this.pieces = [];
    this.only = undefined;
    this.keep(body, 0);
  }

  private keep({ dissection }: Body, octets: number): void {
    dissection.conversation?.keeps?.(octets - this.kept);
    this.kept = octets;
  }
}

/** The packet that is being read; 0 where nobody counts. */
function packetOf({ dissection }: Body): number {
  return dissection.conversation?.packet ?? 0;
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
