/** The segments of a TCP connection, in the order of the capture: what becomes of their octets in the stream. */

import { ChecksumStatus, checkTransport, OFFLOADED } from '../core/checksum.js';
import type { Registry } from '../core/registry.js';
import { PacketFlag } from '../core/walk.js';
import { agreeOnTls } from './begins-tls.js';
import { sequenceDistance } from './byte-stream.js';
import type { Seen } from './conversations.js';
import { type Growing, markSegment, type Unit } from './growing.js';
import { type Messages, octetsOf } from './messages.js';
import type { SessionOptions } from './options.js';
import { ACK, FIN, SYN } from './tcp-flags.js';

const TCP = 6;

export class Segments {
  private readonly agreeOnTls: ReadonlySet<number>;

  constructor(
    private readonly registry: Registry,
    private readonly messages: Messages,
    private readonly options: SessionOptions,
  ) {
    this.agreeOnTls = agreeOnTls(registry);
  }

  /**
   * Takes note of a segment that begins where the one before it ended, and has nothing but whole messages at which nobody
   * looks: most of a capture, to a filter. What it does is what the long way would do.
   *
   * @param flags of the TCP header; 0 for other transports
   * @returns false for every other segment, of which nothing is noted yet
   */
  passes({ view, walk }: Unit, depth: number, flags: number, conversation: Seen, growing: Growing): boolean {
    const { protocol } = conversation.state;
    const { desegment, verifyTcpChecksum } = this.options;
    if (growing.wanted === 'whole' || protocol === 0 || (flags & (SYN | FIN | ACK)) !== ACK) return false;
    if (desegment === false || verifyTcpChecksum === true || this.agreeOnTls.has(protocol)) return false;
    const { message, forgets } = this.registry.runtime(protocol).protocol;
    const start = walk.headerEnd[depth];
    const end = walk.end[depth];
    if (message === undefined || forgets === undefined || start >= end || end > walk.capturedEnd) return false;
    const { half } = conversation;
    const sequence = view.getUint32(walk.start[depth] + 4);
    if (half.end !== undefined || half.pending.length > 0 || !half.stream.endsAt(sequence)) return false;
    if (growing.wanted === 'upper' && this.options.worth?.(protocol, view, start, end) !== false) return false;
    let last = start;
    for (let at = start; at < end; ) {
      if (!forgets.octets(view, at, end, conversation)) return false;
      const length = message(view, at, end, conversation);
      if (length <= 0 || at + length > end) return false;
      last = at;
      at += length;
    }
    for (let at = start; forgets.note !== undefined && at < end; ) {
      forgets.note(view, at, end, conversation);
      at = at === last ? end : at + message(view, at, end, conversation);
    }
    half.needed = 0;
    half.aligned = true;
    half.stream.skipTo((sequence + end - start) >>> 0);
    return true;
  }

  /**
   * Adds a segment to its stream, and shows it with the messages that it completes.
   *
   * @param from depth of the first layer that is shown
   * @param depth of the TCP header
   * @param flags of the TCP header
   */
  show(unit: Unit, from: number, depth: number, flags: number, conversation: Seen, growing: Growing): void {
    const { view, walk } = unit;
    const { state, half } = conversation;
    const { stream } = half;
    const opens = (flags & SYN) !== 0;
    // The SYN takes a number of its own, also with data behind it (RFC 7413).
    const sequence = (view.getUint32(walk.start[depth] + 4) + (opens ? 1 : 0)) >>> 0;
    const start = walk.headerEnd[depth];
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    const behind = (sequence + Math.max(0, walk.end[depth] - start)) >>> 0;
    if (opens) stream.next ??= sequence;
    if ((flags & FIN) !== 0) half.end = behind;
    const message = state.protocol === 0 ? undefined : this.registry.runtime(state.protocol).protocol.message;
    const cut = walk.end[depth] > walk.capturedEnd;
    const wrong = this.options.verifyTcpChecksum === true && hasWrongChecksum(unit, depth);
    // One octet where nothing is known of the stream is a keep-alive's: the octet before the next one.
    const probe = stream.next === undefined && end - start === 1;
    if (start < end && message !== undefined && !cut && !wrong && !probe) {
      this.showOctets(unit, from, depth, sequence, conversation, growing);
      return;
    }
    if (cut || wrong) half.pending.clear();
    // A wrong segment leaves a hole, which only a right one of the same octets fills.
    if (end > start && !probe && !wrong) stream.skipTo(behind);
    this.messages.show(unit, from, growing, conversation, !probe);
    this.messages.flush(conversation, growing);
  }

  /** Shows the segment, and the messages that its octets complete in the stream. */
  private showOctets(
    unit: Unit,
    from: number,
    depth: number,
    sequence: number,
    conversation: Seen,
    growing: Growing,
  ): void {
    const { view, walk } = unit;
    const { half } = conversation;
    const { stream } = half;
    const start = walk.headerEnd[depth];
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    const ahead = stream.next === undefined || sequenceDistance((sequence + end - start) >>> 0, stream.next) > 0;
    walk.depth = depth + 1;
    const before = growing.layers.length;
    this.messages.show(unit, from, growing, conversation, false);
    const own = { bytes: octetsOf(view), start, end };
    let shown = false;
    for (const piece of stream.add(sequence, own)) {
      // What was lost before it can not be part of its message.
      if (stream.lost > 0) half.pending.clear();
      // Only what is whole within this packet's own octets keeps its place in them.
      const inPlace = piece.bytes === own.bytes && half.pending.length === 0;
      shown =
        (inPlace
          ? this.messages.showRun(unit, depth, piece.start, piece.end, conversation, growing)
          : this.messages.showPending(piece, conversation, growing)) || shown;
      stream.lost = 0;
    }
    shown = this.messages.flush(conversation, growing) || shown;
    // A retransmission is part of nothing any more.
    if (!shown && ahead) markSegment(growing, before, end - start);
  }
}

function hasWrongChecksum({ view, walk }: Unit, depth: number): boolean {
  // The flags are of any transport of the packet, so that they only tell whether it is worth the sum.
  if ((walk.flags & (PacketFlag.badTransportChecksum | PacketFlag.checksumOffload)) === 0) return false;
  const start = walk.start[depth];
  const status = checkTransport(view, walk, depth, start, walk.end[depth], TCP, view.getUint16(start + 16));
  return status === ChecksumStatus.bad || status === OFFLOADED;
}
