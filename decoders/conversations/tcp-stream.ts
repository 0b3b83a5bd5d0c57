/**
 * Both directions of a TCP connection as one conversation: each octet once, in the order in which it could be read, with
 * what is missing shown as a gap. Bounded in memory whatever comes.
 */

import { ByteStream, octetsAhead, type Piece } from '../session/byte-stream.js';
import { TcpFlag } from './tcp-flags.js';

export type Side = 'client' | 'server';
const SIDES: readonly Side[] = ['client', 'server'];

/** Octets, and segments, of one direction that may wait for one that is missing. */
const WAITING_OCTETS = 4 << 20;
const WAITING_SEGMENTS = 4096;
/** Octets of one direction that are kept to find what contradicts them: more than a usual window. */
const REMEMBERED = 1 << 20;

/** One segment, as it was captured. */
export interface TcpSegment {
  readonly from: Side;
  /** Its packet's number. */
  readonly packet: number;
  /** As on the wire: of the SYN itself, where there is one. */
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Control bits of octet 13. */
  readonly flags: number;
  /** The payload is [start, end) of this buffer, which may be used again afterwards. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A part of the conversation. */
export type StreamPart =
  /** Octets of [start, end), good until the next segment is added. */
  | {
      readonly kind: 'data';
      readonly from: Side;
      readonly packet: number;
      readonly bytes: Uint8Array;
      readonly start: number;
      readonly end: number;
    }
  /** Octets that the capture does not have. */
  | { readonly kind: 'gap'; readonly from: Side; readonly octets: number }
  /** Octets of a segment that are not those that came first in their place; the first ones count. */
  | { readonly kind: 'contradiction'; readonly from: Side; readonly packet: number; readonly octets: number }
  /** The ports are used again: what follows is another connection. */
  | { readonly kind: 'renewed'; readonly from: Side; readonly packet: number };

const LIMITS = { waitingOctets: WAITING_OCTETS, waitingSegments: WAITING_SEGMENTS, remembered: REMEMBERED };

class Direction {
  stream = new ByteStream(LIMITS);
  /** Number of the first octet, where its SYN was seen. */
  first: number | undefined;
}

export class TcpStream {
  private directions: Record<Side, Direction> = { client: new Direction(), server: new Direction() };

  /** The next segment of the connection, in the order of the capture. @returns what can be read now */
  add(segment: TcpSegment): StreamPart[] {
    const { from, packet, flags, bytes, start, end } = segment;
    const parts: StreamPart[] = [];
    const opens = (flags & TcpFlag.syn) !== 0;
    // The SYN takes a number of its own, also with data behind it (RFC 7413).
    const sequence = (segment.sequence + (opens ? 1 : 0)) >>> 0;
    if (opens) this.open(from, sequence, flags, packet, parts);
    const { stream } = this.directions[from];
    stream.next ??= sequence;
    // What the other end acknowledges has reached it: what is missing of it was not captured (RFC 9293, section 3.4).
    if ((flags & TcpFlag.ack) !== 0) this.acknowledge(from === 'client' ? 'server' : 'client', segment, parts);
    if (end > start) {
      const ready = stream.add(sequence, { bytes, start, end, packet });
      if (stream.contradicting > 0) parts.push({ kind: 'contradiction', from, packet, octets: stream.contradicting });
      // A gap given up for want of room lies before the last run of what is ready; nothing was ready before it.
      if (stream.lost > 0) parts.push({ kind: 'gap', from, octets: stream.lost });
      pushData(parts, from, ready);
    }
    return parts;
  }

  /** No more segments come: what waits is given out behind the gaps that it waits for. */
  finish(): StreamPart[] {
    const parts: StreamPart[] = [];
    for (const from of SIDES) {
      const { stream } = this.directions[from];
      while (stream.behindGap !== undefined) giveUp(stream, from, parts);
    }
    return parts;
  }

  /** Whether the SYN of this side was seen, so that what it said first is known to be the first. */
  sawBeginning(side: Side): boolean {
    return this.directions[side].first !== undefined;
  }

  /** Octets that are kept until a segment before them comes. */
  get held(): number {
    return this.directions.client.stream.held + this.directions.server.stream.held;
  }

  private open(from: Side, first: number, flags: number, packet: number, parts: StreamPart[]): void {
    const direction = this.directions[from];
    const { next } = direction.stream;
    const begins = (flags & TcpFlag.ack) === 0;
    if (begins && next !== undefined && (direction.first ?? next) !== first) {
      parts.push(...this.finish(), { kind: 'renewed', from, packet });
      this.directions = { client: new Direction(), server: new Direction() };
    }
    this.directions[from].first ??= first;
  }

  private acknowledge(side: Side, { acknowledgment }: TcpSegment, parts: StreamPart[]): void {
    const { stream } = this.directions[side];
    for (;;) {
      const behind = stream.behindGap;
      if (behind === undefined || octetsAhead(acknowledgment, behind) <= 0) return;
      giveUp(stream, side, parts);
    }
  }
}

function giveUp(stream: ByteStream, from: Side, parts: StreamPart[]): void {
  const ready = stream.giveUp();
  parts.push({ kind: 'gap', from, octets: stream.lost });
  pushData(parts, from, ready);
}

function pushData(parts: StreamPart[], from: Side, pieces: readonly Piece[]): void {
  for (const { bytes, start, end, packet = 0 } of pieces) parts.push({ kind: 'data', from, packet, bytes, start, end });
}
