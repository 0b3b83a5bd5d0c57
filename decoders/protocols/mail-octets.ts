/** The octets of a mail, which come in several packets: SMTP, POP and IMAP collect them until it is whole. */

import type { Body } from '../core/index.js';
import { MEDIA, Media } from './media-types.js';

/** Octets of one mail that are kept; of a larger one nothing is shown. */
const LARGEST_MAIL = 4 << 20;

const MAIL = { type: 'message/rfc822', parameters: '' };

export class MailOctets {
  /** Numbers of the packets that brought them, each once. */
  packets: number[] = [];
  length = 0;
  private pieces: Uint8Array<ArrayBuffer>[] = [];
  /** Where they are, as long as all of them are in the layer that is being read. */
  private only: { readonly view: DataView; readonly start: number; readonly end: number } | undefined;

  /** Adds [start, end) of the layer. */
  add(body: Body, start: number, end: number): void {
    const { view, dissection } = body;
    const { conversation } = dissection;
    if (end <= start) return;
    const packet = conversation?.packet ?? 0;
    if (this.packets.at(-1) !== packet) this.packets.push(packet);
    const follows = this.only?.view === view && this.only.end === start;
    if (this.length === 0) this.only = { view, start, end };
    else this.only = follows && this.only !== undefined ? { ...this.only, end } : undefined;
    this.length += end - start;
    if (this.length > LARGEST_MAIL) this.pieces = [];
    else this.pieces.push(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + start, end - start).slice());
    conversation?.keeps?.(this.length > LARGEST_MAIL ? 0 : this.length);
  }

  /** Hands the whole mail over, and forgets it. */
  hand(body: Body): void {
    const { only, pieces, length, packets } = this;
    // The same view may be that of another packet's octets.
    const here = packets.length === 1 && packets[0] === (body.dissection.conversation?.packet ?? 0);
    if (here && only?.view === body.view) body.hand(MEDIA, Media.mail, MAIL, [only.start, only.end]);
    else if (length > 0 && length <= LARGEST_MAIL) body.hand(MEDIA, Media.mail, MAIL, joined(pieces, length));
    this.forget(body);
  }

  forget({ dissection }: Body): void {
    this.packets = [];
    this.length = 0;
    this.pieces = [];
    this.only = undefined;
    dissection.conversation?.keeps?.(0);
  }
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
