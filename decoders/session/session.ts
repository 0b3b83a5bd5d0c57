/**
 * Dissects packets in the order of the capture with what the earlier ones have told: fragments are put together,
 * messages that span TCP segments are shown by the packet that completes them, and protocols remember.
 */

import type { TransportNotes } from '../core/conversation.js';
import type { PacketData } from '../core/dissect.js';
import type { Registry } from '../core/registry.js';
import type { PacketTree } from '../core/tree.js';
import { type Walk, walkFrom, walkPacket } from '../core/walk.js';
import { type ConversationState, Conversations, directionOf, type Ends, type Hidden } from './conversations.js';
import { Fragments } from './fragments.js';
import { addSource, type Growing, treeOf, type Unit } from './growing.js';
import { chooser } from './inside.js';
import { joinFragments } from './join-fragments.js';
import { Layers } from './layers.js';
import { Messages } from './messages.js';
import type { SessionOptions } from './options.js';
import { Segments } from './segments.js';
import { FIN, tcpFlagsAt } from './tcp-flags.js';
import { TransportAnalysis } from './transport-notes.js';
import { Transports } from './transports.js';
import { Walks } from './walks.js';

/** A packet with its place in the capture. */
export interface SessionPacket extends PacketData {
  /** 1-based. */
  readonly number: number;
  /** Nanoseconds since 1970: `timeHigh` × 2^32 + `timeLow`. Without them, nothing is told of times. */
  readonly timeHigh?: number;
  readonly timeLow?: number;
  /** With `countStreams` false: number of the innermost transport's conversation, where it is known. */
  readonly stream?: number;
}

/** A packet that comes next, and its conversation. */
interface Standing {
  readonly ends: Ends;
  readonly state: ConversationState;
  readonly walk: Walk;
  /** Whether it is a TCP segment without octets, and no last one. */
  readonly empty: boolean;
}

export class Session {
  private readonly fragments = new Fragments();
  private readonly walks = new Walks();
  private readonly conversations: Conversations;
  private readonly analysis: TransportAnalysis;
  private readonly transports: Transports;
  private readonly layers: Layers;
  private readonly messages: Messages;
  private readonly segments: Segments;

  constructor(
    private readonly registry: Registry,
    private readonly options: SessionOptions = {},
  ) {
    const { secrets, worth } = options;
    const hidden: Hidden | undefined = secrets && { secrets, choose: chooser(registry) };
    this.conversations = new Conversations(registry, hidden);
    this.analysis = new TransportAnalysis(registry, options);
    this.transports = new Transports(registry, this.conversations);
    this.layers = new Layers(registry, this.transports, worth);
    this.messages = new Messages(registry, this.layers, this.walks, worth);
    this.segments = new Segments(registry, this.messages, options);
  }

  /** The tree of the next packet of the capture. Never throws for packet content. */
  dissect(packet: SessionPacket): PacketTree {
    return treeOf(this.grow(packet, 'whole'));
  }

  /**
   * The same, without the layers down to the transport of whatever has one, and without summaries: a fraction of the
   * work for a filter on the rest. Values are read when they are asked for, as long as the packet's octets are there.
   *
   * @param walk the packet's finished walk, when there is one already; it is changed
   */
  dissectUpper(packet: SessionPacket, walk?: Walk): PacketTree {
    return treeOf(this.grow(packet, 'upper', walk));
  }

  /**
   * The same, without what conversations carry: for a filter that asks only for the layers down to the transport and
   * what earlier packets tell of it.
   *
   * @param walk the packet's finished walk; it is changed
   * @param findings `Finding` bits: a packet that has none of them gets a tree without layers
   */
  dissectLower(packet: SessionPacket, walk: Walk, findings?: number): PacketTree {
    return treeOf(this.grow(packet, 'lower', walk, findings));
  }

  /** Takes note of the next packet as far as `dissectLower` needs it: nobody will look at its tree, nor at streams. */
  note(packet: SessionPacket, walk: Walk): void {
    this.grow(packet, 'notes', walk);
  }

  /** Takes note of the next packet of the capture as `dissect` does, for less: nobody will look at its tree. */
  follow(packet: SessionPacket): void {
    this.grow(packet, 'none');
  }

  /** The packets of this one's conversation that come next are not those that followed: what waits for them is let go. */
  interrupt(packet: SessionPacket): void {
    const known = this.standing(packet);
    for (const direction of known?.state.directions ?? []) {
      direction.stream.forget();
      direction.pending.clear();
      direction.needed = 0;
      direction.aligned = false;
    }
    if (known !== undefined) this.analysis.interrupt(packet.view, known.walk);
  }

  /** Whether what came before those that the session has seen of this packet's direction could tell nothing more of it. */
  settled(packet: SessionPacket): boolean {
    const known = this.standing(packet);
    if (known === undefined || known.ends.carrier === 'udp') return true;
    const { protocol, directions } = known.state;
    // What is empty is part of no message, and only a FIN ends one.
    if (protocol === 0 || known.empty) return true;
    const { message, forgets } = this.registry.runtime(protocol).protocol;
    // Others' lengths fit any octets, so that where a message began is not known.
    return message === undefined || (forgets !== undefined && directions[directionOf(known.ends, known.state)].aligned);
  }

  /** The conversation of a packet that is not to be followed yet. */
  private standing(packet: SessionPacket): Standing | undefined {
    this.walks.begin();
    const walk = this.walks.fresh();
    const { view, start, captured, original, linkType } = packet;
    walkPacket(this.registry, view, linkType, start, captured, original, walk);
    const depth = this.transports.depthIn(walk);
    const ends = this.transports.endsOf(view, walk, depth);
    if (ends === undefined) return undefined;
    const empty =
      ends.carrier === 'tcp' && walk.headerEnd[depth] >= walk.end[depth] && (tcpFlagsAt(view, walk, depth) & FIN) === 0;
    return { ends, state: this.conversations.of(ends), walk, empty };
  }

  private grow(packet: SessionPacket, wanted: Growing['wanted'], walked?: Walk, findings?: number): Growing {
    const { registry } = this;
    this.walks.begin();
    const walk = walked ?? this.walks.fresh();
    const { view, start, captured, original, linkType } = packet;
    if (walked === undefined) walkPacket(registry, view, linkType, start, captured, original, walk);
    const growing: Growing = {
      number: packet.number,
      timeHigh: packet.timeHigh ?? Number.NaN,
      timeLow: packet.timeLow ?? Number.NaN,
      stream: packet.stream,
      findings,
      wanted,
      layers: [],
      problems: [],
      sources: [],
      shown: { protocol: 'UNKNOWN', info: '' },
      notes: [],
    };
    this.showPacket({ view, walk, source: undefined }, growing);
    return growing;
  }

  private showPacket(unit: Unit, growing: Growing): void {
    const { walk } = unit;
    const fragment = joinFragments(this.registry, unit, this.fragments, this.options);
    if (fragment === undefined) {
      this.showTransport(unit, 0, growing);
      return;
    }
    // Only the layers down to the fragment are this packet's; what it completes begins a buffer of its own.
    walk.depth = fragment.depth + 1;
    this.layers.show(unit, 0, growing, undefined, fragment.whole === undefined);
    if (fragment.whole === undefined) return;
    const source = addSource(growing, fragment.name, fragment.whole.bytes);
    const inner = this.walks.fresh();
    const { bytes, network, skip } = fragment.whole;
    inner.reset(0, bytes.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    walkFrom(this.registry, view, network, 0, bytes.length, inner);
    this.showTransport({ view, walk: inner, source }, skip, growing);
  }

  /** Shows the layers from `from` on, and what the transport carries by way of its conversation. */
  private showTransport(unit: Unit, from: number, growing: Growing): void {
    const { view, walk } = unit;
    // Whoever wants the layers above only does not see it.
    if (growing.wanted !== 'upper')
      growing.notes = this.analysis.of(view, walk, growing, growing.wanted === 'whole' || growing.wanted === 'lower');
    if (growing.wanted === 'notes') return;
    const depth = this.transports.depthIn(walk);
    if (growing.wanted === 'lower') {
      const { findings } = growing;
      const lacks = ({ segment }: TransportNotes): boolean => ((segment?.findings ?? 0) & (findings ?? 0)) === 0;
      if (findings !== undefined && growing.notes.every(lacks)) return;
      if (depth >= 0) walk.depth = depth + 1;
      this.layers.show(unit, from, growing, undefined, true);
      return;
    }
    const ends = this.transports.endsOf(view, walk, depth);
    if (ends === undefined) {
      this.layers.show(unit, from, growing, undefined, true);
      return;
    }
    const tcpFlags = ends.carrier === 'tcp' ? tcpFlagsAt(view, walk, depth) : 0;
    const state = this.transports.conversationOf(view, walk, depth, ends, tcpFlags);
    const conversation = this.conversations.seenFrom(ends, state, growing);
    conversation.unseen = growing.wanted === 'none';
    if (this.segments.passes(unit, depth, tcpFlags, conversation, growing)) return;
    this.transports.chooseProtocol(view, walk, depth, ends, state);
    if (ends.carrier === 'tcp' && this.options.desegment !== false) {
      this.segments.show(unit, from, depth, tcpFlags, conversation, growing);
      this.conversations.count(state);
    } else this.messages.show(unit, from, growing, conversation, true);
  }
}
