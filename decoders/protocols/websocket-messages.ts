/** What a WebSocket remembers: how its messages are compressed (RFC 7692), and fragments of one (RFC 6455, section 5.4). */

import type { Conversation } from '../core/conversation.js';
import { inflateRaw } from '../core/inflate.js';

/** Octets that a message may refer back to (RFC 7692, section 7.1.2: a window of up to 15 bits). */
const WINDOW = 1 << 15;
/** Octets of fragments that are kept until their message is whole. */
const LARGEST_MESSAGE = 1 << 20;
const MOST_FRAGMENTS = 1000;
/** Octets that one packet's messages may become: few can stand for very many. */
const LARGEST_INFLATED = 2 << 20;
/** What the sender took away from the end of a message (RFC 7692, section 7.2.1). */
const TAIL = [0, 0, 0xff, 0xff];
const NOTHING = new Uint8Array(0);

/** One direction. */
class Sender {
  /** What its last messages were, as far as the next may refer to it. */
  private window: Uint8Array = NOTHING;
  /** Set where a message was not seen whole, so that those that follow cannot be inflated. */
  private lost = false;
  /** Of the message whose fragments come: its kind, 0 for none, and whether it is compressed. */
  opcode = 0;
  private compressed = false;
  private parts: Uint8Array[] = [];
  private octets = 0;
  /** The packets of its fragments. */
  packets: number[] = [];

  begin(opcode: number, compressed: boolean): void {
    this.forget();
    this.opcode = opcode;
    this.compressed = compressed;
  }

  /** Keeps a fragment; a message of too many is given up. */
  add(octets: Uint8Array, packet: number): void {
    this.octets += octets.length;
    if (this.octets > LARGEST_MESSAGE || this.parts.length >= MOST_FRAGMENTS) {
      this.lost ||= this.compressed;
      this.forget();
      return;
    }
    this.parts.push(octets);
    this.packets.push(packet);
  }

  /** The message that the fragments make up; they are forgotten. */
  take(): { readonly octets: Uint8Array; readonly compressed: boolean } {
    const octets = new Uint8Array(this.octets);
    let at = 0;
    for (const part of this.parts) {
      octets.set(part, at);
      at += part.length;
    }
    const { compressed } = this;
    this.forget();
    return { octets, compressed };
  }

  /** A message without its compression; undefined where that cannot be undone. */
  inflate(octets: Uint8Array, takesOver: boolean, most: number): Uint8Array | undefined {
    if (this.lost) return undefined;
    const input = new Uint8Array(octets.length + TAIL.length);
    input.set(octets);
    input.set(TAIL, octets.length);
    const { bytes } = most <= 0 ? { bytes: NOTHING } : inflateRaw(input, 0, this.window);
    if (bytes.length === 0 && octets.length > 1) {
      this.lost = takesOver;
      return undefined;
    }
    if (takesOver) this.remember(bytes);
    return bytes;
  }

  private remember(bytes: Uint8Array): void {
    const kept = Math.min(this.window.length, Math.max(0, WINDOW - bytes.length));
    const next = new Uint8Array(kept + Math.min(bytes.length, WINDOW));
    next.set(this.window.subarray(this.window.length - kept));
    next.set(bytes.subarray(Math.max(0, bytes.length - WINDOW)), kept);
    this.window = next;
  }

  private forget(): void {
    this.opcode = 0;
    this.parts = [];
    this.packets = [];
    this.octets = 0;
  }
}

class Messages {
  /** Whether compression was agreed on. */
  deflates = false;
  private clientForgets = false;
  private serverForgets = false;
  readonly senders: readonly [Sender, Sender] = [new Sender(), new Sender()];
  private packet = 0;
  private inflated = 0;

  /** Takes note of what the server accepted (RFC 7692, section 7). */
  agree(extensions: string): void {
    this.deflates = /(^|,)\s*permessage-deflate\b/i.test(extensions);
    this.clientForgets = /;\s*client_no_context_takeover\b/i.test(extensions);
    this.serverForgets = /;\s*server_no_context_takeover\b/i.test(extensions);
  }

  /** A compressed message of the conversation's current direction. Only clients mask. */
  inflate(octets: Uint8Array, masked: boolean, { packet, direction }: Conversation): Uint8Array | undefined {
    if (packet !== this.packet) this.inflated = 0;
    this.packet = packet;
    const takesOver = !(masked ? this.clientForgets : this.serverForgets);
    const found = this.senders[direction].inflate(octets, takesOver, LARGEST_INFLATED - this.inflated);
    this.inflated += found?.length ?? 0;
    return found;
  }
}

export function messagesOf(conversation: Conversation): Messages {
  return conversation.remember('websocket', () => new Messages());
}

/** Takes note of the extensions that the server's handshake names. */
export function agreeOnWebsocket(conversation: Conversation, extensions: string): void {
  messagesOf(conversation).agree(extensions);
}
