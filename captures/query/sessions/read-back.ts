/** Which packets before it tell something of a packet: as few of its TCP flow as that needs. */

import { TcpFlag } from '../../../decoders/conversations/tcp-flags.js';
import { PacketFlag, Walk, walkPacket } from '../../../decoders/core/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { readHeaders } from './session-packet.js';

/** Packets that are looked up and looked at together, before it is asked whether they are enough. */
const STEP = 128;
/** Segments one after the other that must have been answered: one alone may be a retransmission. */
const ANSWERED = 8;
/** Octets that are read of packets in full size, before others are. */
const MAXIMUM_OCTETS = 8 << 20;
/** Octets of a TCP header without options. */
const HEADER = 20;

const TCP = registry.idOf('tcp');
const { fin: FIN, syn: SYN, rst: RST, psh: PSH, ack: ACK } = TcpFlag;

/** What is known of one end's segments, going back in time. */
interface Side {
  /** What this end has acknowledged at last. */
  acknowledged: number | undefined;
  /** Segments of it in a row that the other end has acknowledged since; `ANSWERED` stays. */
  answered: number;
  /** Whether any had octets. */
  carries: boolean;
  pushed: boolean;
  /** Whether the other end had answered before it pushed: only from then on its octets are counted. */
  counted: boolean;
}

interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Octets of payload on the wire. */
  readonly length: number;
}

/** Packets before another one, in ascending order. */
export interface PacketsBefore {
  readonly refs: readonly PacketRef[];
  /** Whether there are none before them. */
  readonly all: boolean;
}

/** So many packets at least and at most. */
export interface Extent {
  readonly least: number;
  readonly most: number;
}

export class ReadBack {
  private readonly walk = new Walk();
  private sides: readonly [Side, Side] = [newSide(), newSide()];

  constructor(private readonly reader: CaptureReader) {}

  /**
   * The last packets of a flow among `from` … `ref.number - 1`, back to where everything that was under way has been
   * answered since: what came earlier tells no more of a segment than the connection's beginning does (RFC 9293, section
   * 3.4: an acknowledgment is for all octets before it).
   */
  ofTcp(flow: number, from: number, ref: PacketRef, { least, most }: Extent): PacketsBefore {
    this.sides = [newSide(), newSide()];
    this.sides[sideOf(ref)].carries = (this.segment(ref)?.length ?? 0) > 0;
    const found: PacketRef[] = [];
    for (let to = ref.number - 1; ; to = found[found.length - 1].number - 1) {
      const wanted = Math.min(found.length === 0 ? least : STEP, most - found.length);
      const next = this.reader.lastRefs('p.flow = ? AND p.number BETWEEN ? AND ?', [flow, from, to], wanted);
      found.push(...next);
      if (next.length < wanted) return before(found, true);
      if (found.length >= most) return before(found, false);
      for (const one of next) this.look(one);
      if (this.isTold()) return before(found, false);
    }
  }

  /** The last packets among `from` … `to` that meet a condition, at most `limit` and 8 MiB of them. */
  last(condition: string, parameters: readonly unknown[], from: number, to: number, limit: number): PacketsBefore {
    const found = this.reader.lastRefs(`${condition} AND p.number BETWEEN ? AND ?`, [...parameters, from, to], limit);
    const looked = found.length;
    let count = 0;
    for (let octets = 0; count < looked; count++) {
      octets += found[count].captured;
      if (octets > MAXIMUM_OCTETS) break;
    }
    found.length = count;
    return before(found, count === looked && looked < limit);
  }

  private isTold(): boolean {
    const [one, other] = this.sides;
    return isTold(one) && isTold(other);
  }

  private look(ref: PacketRef): void {
    const segment = this.segment(ref);
    if (segment === undefined) return;
    const { flags, sequence, acknowledgment, length } = segment;
    const side = this.sides[sideOf(ref)];
    const other = this.sides[1 - sideOf(ref)];
    if (length > 0) side.carries = true;
    if ((flags & PSH) !== 0) side.pushed = true;
    if ((flags & ACK) !== 0 && other.pushed) other.counted = true;
    if (side.acknowledged === undefined && (flags & (ACK | RST)) === ACK) side.acknowledged = acknowledgment;
    if (side.answered >= ANSWERED) return;
    const end = sequence + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
    const answered = other.acknowledged !== undefined && ((end - other.acknowledged) | 0) <= 0;
    side.answered = answered ? side.answered + 1 : 0;
  }

  /** The innermost TCP header of a packet. */
  private segment(ref: PacketRef): Segment | undefined {
    const { walk, reader } = this;
    const packet = readHeaders(reader, ref);
    if (packet === undefined) return undefined;
    const { view, start, captured, original, linkType } = packet;
    walkPacket(registry, view, linkType, start, captured, original, walk);
    for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--) {
      const at = walk.start[depth];
      if (walk.protocol[depth] !== TCP || walk.headerEnd[depth] - at < HEADER) continue;
      return {
        flags: view.getUint8(at + 13),
        sequence: view.getUint32(at + 4),
        acknowledgment: view.getUint32(at + 8),
        length: Math.max(0, walk.end[depth] - at - (view.getUint8(at + 12) >> 4) * 4),
      };
    }
    return undefined;
  }
}

function newSide(): Side {
  return { acknowledged: undefined, answered: 0, carries: false, pushed: false, counted: false };
}

function isTold({ answered, carries, counted }: Side): boolean {
  return answered >= ANSWERED && (counted || !carries);
}

function sideOf(ref: PacketRef): 0 | 1 {
  return (ref.flags & PacketFlag.fromServer) === 0 ? 0 : 1;
}

function before(newestFirst: PacketRef[], all: boolean): PacketsBefore {
  return { refs: newestFirst.reverse(), all };
}
