/** The messages of a conversation: whole ones are shown, the rest waits; so are those that are hidden in them. */

import type { Registry } from '../core/registry.js';
import { walkFrom } from '../core/walk.js';
import type { Part, Seen } from './conversations.js';
import { addSource, type Growing, type Unit } from './growing.js';
import type { Layers } from './layers.js';
import { MAXIMUM_MESSAGE } from './message-buffer.js';
import type { Worth } from './options.js';
import type { Walks } from './walks.js';

/** What the octets are called that were put together from several segments. */
const REASSEMBLED = 'Reassembled TCP';
const DECRYPTED = 'Decrypted TLS';

const TCP = 6;

/** Octets [start, end) of a stream. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export class Messages {
  /** @param worth see `SessionOptions` */
  constructor(
    private readonly registry: Registry,
    private readonly layers: Layers,
    private readonly walks: Walks,
    private readonly worth: Worth | undefined,
  ) {}

  /** Shows layers as `Layers` does, and what they present or decrypt. */
  show(unit: Unit, from: number, growing: Growing, conversation: Seen, withPayload: boolean): void {
    this.layers.show(unit, from, growing, conversation, withPayload);
    this.showInside(conversation, growing);
  }

  /**
   * Shows the whole messages of [start, end) in the packet's own octets; the rest waits.
   *
   * @returns whether there was one
   */
  showRun(unit: Unit, depth: number, start: number, end: number, conversation: Seen, growing: Growing): boolean {
    const { view } = unit;
    const { state, half } = conversation;
    let at = start;
    while (at < end) {
      half.needed = 0;
      const whole = this.runOf(view, at, end, conversation);
      if (whole === at) break;
      if (!this.leaves(view, at, whole, conversation, growing)) {
        const walk = this.walks.continued(unit.walk, depth, whole);
        walkFrom(this.registry, view, state.protocol, at, whole, walk);
        this.show({ ...unit, walk }, depth + 1, growing, conversation, true);
      }
      at = whole;
    }
    if (at < end) half.pending.append(octetsOf(view), at, end);
    return at > start;
  }

  /**
   * Adds to what is waiting, and shows the messages that are whole now.
   *
   * @returns whether there was one
   */
  showPending(piece: Piece, conversation: Seen, growing: Growing, name = REASSEMBLED): boolean {
    const { half } = conversation;
    half.pending.append(piece.bytes, piece.start, piece.end);
    let shown = false;
    for (;;) {
      const { length } = half.pending;
      if (length < half.needed && length < MAXIMUM_MESSAGE) return shown;
      const whole = length >= MAXIMUM_MESSAGE ? length : this.runOf(half.pending.view(), 0, length, conversation);
      if (whole === 0) return shown;
      this.showTaken(whole, conversation, growing, name);
      shown = true;
    }
  }

  /**
   * Shows what is waiting when the stream has ended and the message is one that goes on until then.
   *
   * @returns whether there was one
   */
  flush(conversation: Seen, growing: Growing): boolean {
    const { pending, stream, end } = conversation.half;
    if (end === undefined || !stream.endsAt(end)) return false;
    // What was decrypted ends with the stream that hid it.
    const { inside } = conversation;
    if (inside !== undefined && waitsForEnd(inside))
      this.showTaken(inside.half.pending.length, inside, growing, DECRYPTED);
    if (!waitsForEnd(conversation)) return false;
    this.showTaken(pending.length, conversation, growing, REASSEMBLED);
    return true;
  }

  /** Shows the first octets of what is waiting. */
  private showTaken(octets: number, conversation: Seen, growing: Growing, name: string): void {
    const { half } = conversation;
    half.needed = 0;
    if (this.leaves(half.pending.view(), 0, octets, conversation, growing)) {
      half.pending.drop(octets);
      return;
    }
    this.showApart(name, half.pending.take(octets), conversation.state.protocol, TCP, conversation, growing);
  }

  /**
   * Where the whole messages that begin at `start` end; `start` itself when the first is not whole yet. What is no
   * message, and what another protocol says, is a run of its own.
   */
  private runOf(view: DataView, start: number, end: number, conversation: Seen): number {
    const { state, half } = conversation;
    const { protocol } = state;
    const message = this.registry.runtime(protocol).protocol.message;
    if (message === undefined) return end;
    let at = start;
    while (at < end) {
      const length = message(view, at, end, conversation);
      if (state.protocol !== protocol) return at > start ? at : this.runOf(view, start, end, conversation);
      // What is no message is shown as far as it goes, by whoever the protocol is.
      half.aligned = length > 0;
      if (length < 0) return at > start ? at : end;
      if (length === 0 || at + length > end) {
        half.needed = length;
        return at;
      }
      at += length;
    }
    return at;
  }

  /** Whether nobody looks at these messages, and nothing would be remembered of them. */
  private leaves(view: DataView, start: number, end: number, conversation: Seen, { wanted }: Growing): boolean {
    if (wanted === 'whole') return false;
    const id = conversation.state.protocol;
    const { message, forgets } = this.registry.runtime(id).protocol;
    if (forgets === undefined || message === undefined) return false;
    if (wanted === 'upper' && this.worth?.(id, view, start, end) !== false) return false;
    for (let at = start; at < end; ) {
      if (!forgets.octets(view, at, end, conversation)) return false;
      const length = message(view, at, end, conversation);
      if (length <= 0) break;
      at += length;
    }
    for (let at = start; forgets.note !== undefined && at < end; ) {
      forgets.note(view, at, end, conversation);
      const length = message(view, at, end, conversation);
      if (length <= 0) break;
      at += length;
    }
    return true;
  }

  /** Shows the whole messages of what the layers above have presented and decrypted. */
  private showInside(conversation: Seen, growing: Growing): void {
    for (const part of conversation.takeParts()) this.showPart(part, conversation, growing);
    const revealed = conversation.takeRevealed();
    if (revealed.length === 0) return;
    const { inside } = conversation;
    if (inside === undefined) return;
    for (const bytes of revealed) {
      // Nobody's octets are shown as they are.
      if (inside.state.protocol === 0) this.showApart(DECRYPTED, bytes, 0, undefined, inside, growing);
      else this.showPending({ bytes, start: 0, end: bytes.length }, inside, growing, DECRYPTED);
    }
  }

  private showPart({ name, protocol, octets, presented }: Part, conversation: Seen, growing: Growing): void {
    conversation.presented = presented;
    this.showApart(name, octets, this.registry.idOf(protocol), undefined, conversation, growing);
    conversation.presented = undefined;
  }

  /**
   * Shows octets that stand nowhere in the packet.
   *
   * @param protocol registry id; 0 for nobody's
   * @param transport number of the IP protocol that carried them, where it has been told
   */
  private showApart(
    name: string,
    octets: Uint8Array<ArrayBuffer>,
    protocol: number,
    transport: number | undefined,
    conversation: Seen,
    growing: Growing,
  ): void {
    const source = addSource(growing, name, octets);
    const walk = this.walks.fresh();
    walk.reset(0, octets.length);
    if (transport !== undefined) walk.transport = transport;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    if (protocol !== 0) walkFrom(this.registry, view, protocol, 0, octets.length, walk);
    this.show({ view, walk, source }, 0, growing, conversation, true);
  }
}

/** Whether a message is waiting that goes on until the stream ends. */
function waitsForEnd({ half }: Seen): boolean {
  return half.pending.length > 0 && half.needed === Number.POSITIVE_INFINITY;
}

/** The octets that a view shows, without copying them. */
export function octetsOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
