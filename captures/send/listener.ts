/** Listens while packets are sent: for the packets as they left, and for what answers them. */

import { EPB, nextBlock, nextPacket, viewOf } from '../formats/epb.js';
import { openLive } from '../sources/engines.js';
import type { LiveSource } from '../sources/live.js';
import { type Headers, readHeaders } from './headers.js';
import { isSame, type ReplyKind, replyKind, type SentPacket } from './replies.js';

/** Octets that are kept of what was sent, and of what was heard before it was known what it belongs to. */
const MOST_OCTETS = 4 << 20;
/** Kernel buffer of such a short capture. */
const BUFFER_BYTES = 4 << 20;

/** A packet as it was captured. */
export interface Heard {
  readonly bytes: Uint8Array;
  readonly linkType: number;
  /** Nanoseconds since 1970, by the kernel's clock. */
  readonly time: bigint;
}

/** One packet that was sent, what left of it, and what came back. */
export interface Exchange {
  readonly number: number;
  /** The octets as they were handed over. */
  readonly bytes: Uint8Array;
  readonly sent: SentPacket;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  left: Heard | undefined;
  reply: (Heard & { readonly kind: ReplyKind }) | undefined;
}

export class Listener {
  readonly exchanges: Exchange[] = [];
  /** What was heard before it was known that its packet had been sent. */
  private early: Heard[] = [];
  private earlyOctets = 0;
  private octets = 0;
  private readonly reading: Promise<void>;
  private changed: () => void = () => undefined;

  private constructor(
    private readonly source: LiveSource,
    private readonly most: number,
  ) {
    this.reading = this.read();
  }

  /**
   * @param name the interface, or `any`
   * @param filter BPF text
   * @param most exchanges at most
   * @throws CaptureError as `openLive`
   */
  static async open(name: string, filter: string, most: number): Promise<Listener> {
    const options = { interfaces: [name], captureFilter: filter, promiscuous: false, bufferBytes: BUFFER_BYTES };
    return new Listener(await openLive('native', options), most);
  }

  /** A packet has left. */
  add(bytes: Uint8Array, sent: SentPacket, time: bigint): void {
    if (this.exchanges.length >= this.most || this.octets > MOST_OCTETS) return;
    this.octets += bytes.length;
    this.exchanges.push({ number: this.exchanges.length + 1, bytes, sent, time, left: undefined, reply: undefined });
    const early = this.early;
    this.early = [];
    this.earlyOctets = 0;
    for (const heard of early) this.match(heard);
  }

  /** Whether everything that was sent has been seen leaving, or with `replies` has been answered. */
  isComplete(replies: boolean): boolean {
    return this.exchanges.every(({ left, reply }) => (replies ? reply !== undefined : left !== undefined));
  }

  /** Waits until everything is there, but no longer than so many milliseconds. */
  async wait(milliseconds: number, replies: boolean, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0 || signal.aborted || this.isComplete(replies)) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, left);
        signal.addEventListener('abort', done);
        this.changed = done;
      });
    }
  }

  /** Ends the capture; what it still has is taken into account. */
  async close(): Promise<void> {
    await this.source.stop();
    await this.reading;
  }

  private async read(): Promise<void> {
    for (let block = await this.source.next(); block !== null; block = await this.source.next()) {
      const view = viewOf(block.bytes);
      const end = block.bytes.length;
      for (let at = nextPacket(view, 0, end); at >= 0; at = nextPacket(view, nextBlock(view, at), end)) {
        const start = at + EPB.data;
        const heard: Heard = {
          bytes: block.bytes.slice(start, start + view.getUint32(at + EPB.captured, true)),
          linkType: this.source.interfaces[view.getUint32(at + EPB.interface, true)]?.linkType ?? 1,
          time:
            (BigInt(view.getUint32(at + EPB.timeHigh, true)) << 32n) | BigInt(view.getUint32(at + EPB.timeLow, true)),
        };
        if (!this.match(heard)) this.keep(heard);
      }
      this.changed();
    }
    this.changed();
  }

  private keep(heard: Heard): void {
    if (this.early.length >= this.most * 4 || this.earlyOctets > MOST_OCTETS) return;
    this.early.push(heard);
    this.earlyOctets += heard.bytes.length;
  }

  /** Whether it belongs to something that was sent. */
  private match(heard: Heard): boolean {
    const view = viewOf(heard.bytes);
    const headers = readHeaders(view, heard.linkType);
    return this.isOwn(heard, view, headers) || this.isReply(heard, view, headers);
  }

  private isOwn(heard: Heard, view: DataView, headers: Headers | undefined): boolean {
    for (const exchange of this.exchanges) {
      // Copies that are the same in every octet leave in order.
      if (exchange.left !== undefined || !isSame(exchange.sent, view, headers)) continue;
      exchange.left = heard;
      return true;
    }
    return this.exchanges.some(({ sent }) => isSame(sent, view, headers));
  }

  private isReply(heard: Heard, view: DataView, headers: Headers | undefined): boolean {
    for (const exchange of this.exchanges) {
      if (exchange.reply !== undefined) continue;
      const kind = replyKind(exchange.sent, view, headers);
      if (kind === undefined) continue;
      exchange.reply = { ...heard, kind };
      return true;
    }
    return false;
  }
}
