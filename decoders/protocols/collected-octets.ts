/** Octets that come in several packets and are one thing: a mail, the body of a stream of HTTP/2. */

import type { Body } from '../core/index.js';
import { MEDIA, Media } from './media-types.js';

/** Octets of one thing that are kept; of a larger one nothing is shown. */
const LARGEST = 4 << 20;

const MAIL = { type: 'message/rfc822', parameters: '' };

/** Octets that the number of a packet takes. */
const NUMBER = 8;

/** Where octets are: [start, end) of the layer's view, or others. */
export type Place = Uint8Array<ArrayBuffer> | readonly [number, number];

const NOTHING = new Uint8Array(0);

export class CollectedOctets {
  /** Numbers of the packets that brought them, in order; one that brought several pieces has as many. */
  packets: number[] = [];
  length = 0;
  /** One memory that grows, for pieces may be of one octet each. */
  private memory = NOTHING;
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
    const before = this.length;
    this.length += end - start;
    if (this.length > LARGEST) this.memory = NOTHING;
    else {
      if (this.length > this.memory.length) this.grow(before);
      this.memory.set(new Uint8Array(view.buffer, view.byteOffset + start, end - start), before);
    }
    this.keep(body);
  }

  /** Makes room for `length` octets; the first piece, which mostly is the only one, gets no more than it needs. */
  private grow(filled: number): void {
    const larger = new Uint8Array(Math.max(this.length, 2 * this.memory.length));
    larger.set(this.memory.subarray(0, filled));
    this.memory = larger;
  }

  /** Gives all of them out, and forgets them; undefined when there are none, or too many. */
  take(body: Body): Place | undefined {
    const { only, memory, length, packets } = this;
    // The same view may be that of another packet's octets.
    const here = only?.view === body.view && packets.every((packet) => packet === packetOf(body));
    this.forget(body);
    if (here && only !== undefined) return [only.start, only.end];
    if (length === 0 || length > LARGEST) return undefined;
    return memory.length === length ? memory : memory.slice(0, length);
  }

  /** Hands them over as a mail, and forgets them. */
  handMail(body: Body): void {
    const place = this.take(body);
    if (place !== undefined) body.hand(MEDIA, Media.mail, MAIL, place);
  }

  forget(body: Body): void {
    this.packets = [];
    this.length = 0;
    this.memory = NOTHING;
    this.only = undefined;
    this.keep(body);
  }

  private keep({ dissection }: Body): void {
    const octets = this.memory.length + this.packets.length * NUMBER;
    dissection.conversation?.keeps?.(octets - this.kept);
    this.kept = octets;
  }
}

/** The packet that is being read; 0 where nobody counts. */
export function packetOf({ dissection }: Body): number {
  return dissection.conversation?.packet ?? 0;
}
