/**
 * Dissects packets in the order of the capture with what the earlier ones have told: fragments are put together,
 * messages that span TCP segments are shown by the packet that completes them, and protocols remember.
 */

import type { Dissection } from '../core/body.js';
import { ChecksumStatus, checkTransport, OFFLOADED } from '../core/checksum.js';
import { Columns } from '../core/columns.js';
import type { Conversation, TransportNotes } from '../core/conversation.js';
import { dissectLayers, newDissection, type PacketData, trailers, unclaimed, walkProblem } from '../core/dissect.js';
import type { Problem } from '../core/problem.js';
import type { Registry } from '../core/registry.js';
import type { Secrets } from '../core/secrets.js';
import type { LayerNode, PacketTree, TreeSource } from '../core/tree.js';
import { PacketFlag, Walk, walkFrom, walkPacket } from '../core/walk.js';
import { EndsOf } from './addresses.js';
import { AGREE_ON_TLS, beginsTls } from './begins-tls.js';
import { sequenceDistance } from './byte-stream.js';
import {
  type ConversationState,
  Conversations,
  type Direction,
  directionOf,
  type Ends,
  type Hidden,
  type Part,
  Seen,
} from './conversations.js';
import { Fragments } from './fragments.js';
import { chooser } from './inside.js';
import { joinFragments } from './join-fragments.js';
import { MAXIMUM_MESSAGE } from './message-buffer.js';
import { type AnalysisOptions, TransportAnalysis } from './transport-notes.js';

export interface SessionOptions extends AnalysisOptions {
  /** Put IPv4 fragments together. Default true. */
  readonly defragmentIpv4?: boolean;
  /** Put IPv6 fragments together. Default true. */
  readonly defragmentIpv6?: boolean;
  /** Put messages together that span TCP segments. Default true. */
  readonly desegment?: boolean;
  /**
   * For somebody who looks at upper layers only: whether they would look at these octets of a stream, of the protocol
   * with this registry id. They are asked for octets that leave nothing behind; when they would not, those are not
   * decoded.
   */
  readonly worth?: Worth;
  /**
   * Leave segments by themselves whose checksum is wrong, as Wireshark does where it verifies them. Default false: what
   * was captured on the machine that sent it has no checksums yet.
   */
  readonly verifyTcpChecksum?: boolean;
  /** To decrypt with. Default none: nothing is decrypted but what everybody can. */
  readonly secrets?: Secrets | undefined;
}

/** Whether somebody wants what a protocol (its registry id) says in the octets [start, end). */
export type Worth = (protocol: number, view: DataView, start: number, end: number) => boolean;

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

/** Layers that are being shown, all in one buffer: the packet's own, or one that was put together. */
interface Unit {
  readonly view: DataView;
  readonly walk: Walk;
  /** Index in `sources`; undefined for the packet's own octets. */
  readonly source: number | undefined;
}

/** One packet's tree while it grows. */
interface Growing {
  readonly number: number;
  /** As `SessionPacket` has them, NaN where it has none. */
  readonly timeHigh: number;
  readonly timeLow: number;
  readonly stream: number | undefined;
  /** With `lower`: the findings of which one is wanted. */
  readonly findings: number | undefined;
  /** Which layers somebody will look at. Those above a transport are decoded in any case: protocols remember. */
  readonly wanted: 'whole' | 'upper' | 'lower' | 'none' | 'notes';
  readonly layers: LayerNode[];
  readonly problems: Problem[];
  readonly sources: TreeSource[];
  shown: { protocol: string; info: string };
  /** What earlier packets tell of its transports. */
  notes: readonly TransportNotes[];
}

/** A packet that comes next, and its conversation. */
interface Standing {
  readonly ends: Ends;
  readonly state: ConversationState;
  readonly walk: Walk;
  /** Whether it is a TCP segment without octets, and no last one. */
  readonly empty: boolean;
}

/** Walks that are kept for the next packet. */
const MAXIMUM_WALKS = 16;

/** What the octets are called that were put together from several segments. */
const REASSEMBLED = 'Reassembled TCP';
const DECRYPTED = 'Decrypted TLS';

const TCP = 6;
const FIN = 1;
const SYN = 2;
const ACK = 16;

export class Session {
  private readonly fragments = new Fragments();
  private readonly conversations: Conversations;
  private readonly analysis: TransportAnalysis;
  private readonly tcp: number;
  private readonly udp: number;
  private readonly agreeOnTls: ReadonlySet<number>;
  private readonly ends: EndsOf;
  /** Used again for every packet: they are large, and nothing of them is kept. */
  private readonly walks: Walk[] = [];
  private walksUsed = 0;
  /** What messages carry is decoded where somebody looks at it, or it is remembered. */
  private readonly wantsWhatStays = (id: number, view: DataView, start: number, end: number): boolean =>
    this.registry.runtime(id).protocol.forgets?.octets(view, start, end) !== true;
  private readonly wantsContents = (id: number, view: DataView, start: number, end: number): boolean =>
    this.options.worth?.(id, view, start, end) !== false || this.wantsWhatStays(id, view, start, end);

  constructor(
    private readonly registry: Registry,
    private readonly options: SessionOptions = {},
  ) {
    const { secrets } = options;
    const hidden: Hidden | undefined = secrets && { secrets, choose: chooser(registry) };
    this.conversations = new Conversations(registry, hidden);
    this.analysis = new TransportAnalysis(registry, options);
    this.ends = new EndsOf(registry, new Columns(1));
    this.tcp = registry.idOf('tcp');
    this.udp = registry.idOf('udp');
    this.agreeOnTls = new Set(AGREE_ON_TLS.map((filter) => registry.idOf(filter)));
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
    this.walksUsed = 0;
    const walk = this.freshWalk();
    const { view, start, captured, original, linkType } = packet;
    walkPacket(this.registry, view, linkType, start, captured, original, walk);
    const depth = this.transportDepth(walk);
    const ends = depth < 0 ? undefined : this.endsOf({ view, walk, source: undefined }, depth);
    if (ends === undefined) return undefined;
    const empty =
      ends.carrier === 'tcp' &&
      walk.headerEnd[depth] >= walk.end[depth] &&
      (view.getUint8(walk.start[depth] + 13) & FIN) === 0;
    return { ends, state: this.conversations.of(ends), walk, empty };
  }

  private grow(packet: SessionPacket, wanted: Growing['wanted'], walked?: Walk, findings?: number): Growing {
    const { registry } = this;
    this.walksUsed = 0;
    const walk = walked ?? this.freshWalk();
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

  private freshWalk(): Walk {
    let walk = this.walks[this.walksUsed];
    if (walk === undefined) {
      walk = new Walk();
      // A packet with thousands of messages is rare, and what it needed is not kept for the next.
      if (this.walksUsed < MAXIMUM_WALKS) this.walks.push(walk);
    }
    this.walksUsed++;
    return walk;
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
    this.showLayers(unit, 0, growing, undefined, fragment.whole === undefined);
    if (fragment.whole === undefined) return;
    const source = this.addSource(growing, fragment.name, fragment.whole.bytes);
    const inner = this.freshWalk();
    const { bytes, network, skip } = fragment.whole;
    inner.reset(0, bytes.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    walkFrom(this.registry, view, network, 0, bytes.length, inner);
    this.showTransport({ view, walk: inner, source }, skip, growing);
  }

  /** Shows the layers from `from` on, and what the transport carries by way of its conversation. */
  private showTransport(unit: Unit, from: number, growing: Growing): void {
    const { walk } = unit;
    // Whoever wants the layers above only does not see it.
    if (growing.wanted !== 'upper')
      growing.notes = this.analysis.of(
        unit.view,
        walk,
        growing,
        growing.wanted === 'whole' || growing.wanted === 'lower',
      );
    if (growing.wanted === 'notes') return;
    const depth = this.transportDepth(walk);
    if (growing.wanted === 'lower') {
      const { findings } = growing;
      const lacks = ({ segment }: TransportNotes): boolean => ((segment?.findings ?? 0) & (findings ?? 0)) === 0;
      if (findings !== undefined && growing.notes.every(lacks)) return;
      if (depth >= 0) walk.depth = depth + 1;
      this.showLayers(unit, from, growing, undefined, true);
      return;
    }
    const ends = depth < 0 ? undefined : this.endsOf(unit, depth);
    if (ends === undefined) {
      this.showLayers(unit, from, growing, undefined, true);
      return;
    }
    const tcpFlags = ends.carrier === 'tcp' ? unit.view.getUint8(walk.start[depth] + 13) : 0;
    const state = this.conversationOf(unit, depth, ends, tcpFlags);
    const conversation = this.conversations.seenFrom(ends, state, growing);
    conversation.unseen = growing.wanted === 'none';
    if (this.passes(unit, depth, tcpFlags, state, conversation, growing)) return;
    this.chooseProtocol(unit, depth, ends, state);
    if (ends.carrier === 'tcp' && this.options.desegment !== false)
      this.showStream(unit, from, depth, state, conversation, tcpFlags, growing);
    else this.showLayers(unit, from, growing, conversation, true);
  }

  /** The conversation of the packet; a SYN that does not repeat the one before begins another on the same ports. */
  private conversationOf({ view, walk }: Unit, depth: number, ends: Ends, flags: number): ConversationState {
    const known = this.conversations.of(ends);
    if ((flags & (SYN | ACK)) !== SYN) return known;
    const { next } = known.directions[directionOf(ends, known)].stream;
    const first = (view.getUint32(walk.start[depth] + 4) + 1) >>> 0;
    const answered = known.directions.some((one) => one.end !== undefined);
    return answered || (next !== undefined && next !== first) ? this.conversations.renew(ends) : known;
  }

  /** What the walk found above the transport, unless the conversation knows better. */
  private chooseProtocol({ view, walk }: Unit, depth: number, ends: Ends, state: ConversationState): void {
    const found = walk.depth > depth + 1 ? walk.protocol[depth + 1] : 0;
    // Too little of a message for the walk to know it is still that protocol's, when the ports say so.
    if (state.protocol === 0)
      state.protocol = found || this.registry.byPorts(`${ends.carrier}.port`, ends.sourcePort, ends.destinationPort);
    const payload = walk.headerEnd[depth];
    const end = walk.end[depth];
    if (this.agreeOnTls.has(state.protocol) && beginsTls(view, payload, Math.min(end, walk.capturedEnd))) {
      state.protocol = this.registry.idOf('tls');
      state.said = true;
    }
    if (state.protocol === 0 || state.protocol === found) return;
    if (payload >= Math.min(end, walk.capturedEnd)) return;
    walk.depth = depth + 1;
    walkFrom(this.registry, view, state.protocol, payload, end, walk);
  }

  /**
   * Takes note of a segment that begins where the one before it ended, and has nothing but whole messages at which nobody
   * looks: most of a capture, to a filter. What it does is what the long way would do.
   *
   * @returns false for every other segment, of which nothing is noted yet
   */
  private passes(
    { view, walk }: Unit,
    depth: number,
    flags: number,
    state: ConversationState,
    conversation: Seen,
    growing: Growing,
  ): boolean {
    const { protocol } = state;
    const { desegment, verifyTcpChecksum } = this.options;
    if (growing.wanted === 'whole' || protocol === 0 || (flags & (SYN | FIN | ACK)) !== ACK) return false;
    if (desegment === false || verifyTcpChecksum === true || this.agreeOnTls.has(protocol)) return false;
    const { message, forgets } = this.registry.runtime(protocol).protocol;
    const start = walk.headerEnd[depth];
    const end = walk.end[depth];
    if (message === undefined || forgets === undefined || start >= end || end > walk.capturedEnd) return false;
    const direction = state.directions[conversation.direction];
    const sequence = view.getUint32(walk.start[depth] + 4);
    if (direction.end !== undefined || direction.pending.length > 0 || !direction.stream.endsAt(sequence)) return false;
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
    direction.needed = 0;
    direction.aligned = true;
    direction.stream.skipTo((sequence + end - start) >>> 0);
    return true;
  }

  private showStream(
    unit: Unit,
    from: number,
    depth: number,
    state: ConversationState,
    conversation: Conversation,
    flags: number,
    growing: Growing,
  ): void {
    const { view, walk } = unit;
    const direction = state.directions[conversation.direction];
    const { stream } = direction;
    const opens = (flags & SYN) !== 0;
    // The SYN takes a number of its own, also with data behind it (RFC 7413).
    const sequence = (view.getUint32(walk.start[depth] + 4) + (opens ? 1 : 0)) >>> 0;
    const start = walk.headerEnd[depth];
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    const behind = (sequence + Math.max(0, walk.end[depth] - start)) >>> 0;
    if (opens) stream.next ??= sequence;
    if ((flags & FIN) !== 0) direction.end = behind;
    const message = state.protocol === 0 ? undefined : this.registry.runtime(state.protocol).protocol.message;
    const cut = walk.end[depth] > walk.capturedEnd;
    const wrong = this.options.verifyTcpChecksum === true && hasWrongChecksum(unit, depth);
    // One octet where nothing is known of the stream is a keep-alive's: the octet before the next one.
    const probe = stream.next === undefined && end - start === 1;
    if (start >= end || message === undefined || cut || wrong || probe) {
      if (cut || wrong) direction.pending.clear();
      // A wrong segment leaves a hole, which only a right one of the same octets fills.
      if (end > start && !probe && !wrong) stream.skipTo(behind);
      this.showLayers(unit, from, growing, conversation, !probe);
      this.flush(direction, state, conversation, growing);
    } else this.showSegment(unit, from, depth, sequence, direction, state, conversation, growing);
    this.conversations.count(state);
  }

  private showSegment(
    unit: Unit,
    from: number,
    depth: number,
    sequence: number,
    direction: Direction,
    state: ConversationState,
    conversation: Conversation,
    growing: Growing,
  ): void {
    const { view, walk } = unit;
    const { stream } = direction;
    const start = walk.headerEnd[depth];
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    const ahead = stream.next === undefined || sequenceDistance((sequence + end - start) >>> 0, stream.next) > 0;
    walk.depth = depth + 1;
    const before = growing.layers.length;
    this.showLayers(unit, from, growing, conversation, false);
    const own = { bytes: octetsOf(view), start, end };
    let shown = false;
    for (const piece of stream.add(sequence, own)) {
      // What was lost before it can not be part of its message.
      if (stream.lost > 0) direction.pending.clear();
      // Only what is whole within this packet's own octets keeps its place in them.
      const inPlace = piece.bytes === own.bytes && direction.pending.length === 0;
      shown =
        (inPlace
          ? this.showRun(unit, depth, piece.start, piece.end, direction, state, conversation, growing)
          : this.showPending(piece, direction, state, conversation, growing)) || shown;
      stream.lost = 0;
    }
    shown = this.flush(direction, state, conversation, growing) || shown;
    // A retransmission is part of nothing any more.
    if (!shown && ahead) markSegment(growing, before, end - start);
  }

  /** Shows the whole messages of [start, end) in the packet's own octets; the rest waits. */
  private showRun(
    unit: Unit,
    depth: number,
    start: number,
    end: number,
    direction: Direction,
    state: ConversationState,
    conversation: Conversation,
    growing: Growing,
  ): boolean {
    const { view } = unit;
    let at = start;
    while (at < end) {
      direction.needed = 0;
      const whole = this.runOf(view, at, end, state, direction, conversation);
      if (whole === at) break;
      if (!this.leaves(view, at, whole, state.protocol, conversation, growing)) {
        const walk = continued(unit.walk, this.freshWalk(), depth, whole);
        walkFrom(this.registry, view, state.protocol, at, whole, walk);
        this.showLayers({ ...unit, walk }, depth + 1, growing, conversation, true);
      }
      at = whole;
    }
    if (at < end) direction.pending.append(octetsOf(view), at, end);
    return at > start;
  }

  /** Adds to what is waiting, and shows the messages that are whole now. */
  private showPending(
    piece: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
    direction: Direction,
    state: ConversationState,
    conversation: Conversation,
    growing: Growing,
    name = REASSEMBLED,
  ): boolean {
    direction.pending.append(piece.bytes, piece.start, piece.end);
    let shown = false;
    for (;;) {
      const { length } = direction.pending;
      if (length < direction.needed && length < MAXIMUM_MESSAGE) return shown;
      const whole =
        length >= MAXIMUM_MESSAGE
          ? length
          : this.runOf(direction.pending.view(), 0, length, state, direction, conversation);
      if (whole === 0) return shown;
      this.showTaken(direction, whole, state.protocol, conversation, growing, name);
      shown = true;
    }
  }

  /** Shows what is waiting when the stream has ended and the message is one that goes on until then. */
  private flush(direction: Direction, state: ConversationState, conversation: Conversation, growing: Growing): boolean {
    const { pending, stream, end } = direction;
    if (end === undefined || !stream.endsAt(end)) return false;
    this.flushInside(conversation, growing);
    if (pending.length === 0) return false;
    if (direction.needed !== Number.POSITIVE_INFINITY) return false;
    this.showTaken(direction, pending.length, state.protocol, conversation, growing);
    return true;
  }

  /** The same for what was decrypted: it ends with the stream that hid it. */
  private flushInside(conversation: Conversation, growing: Growing): void {
    const inside = conversation instanceof Seen ? conversation.inside : undefined;
    if (inside === undefined) return;
    const { state, seen } = inside;
    const direction = state.directions[seen.direction];
    const { pending, needed } = direction;
    if (pending.length > 0 && needed === Number.POSITIVE_INFINITY)
      this.showTaken(direction, pending.length, state.protocol, seen, growing, DECRYPTED);
  }

  private showTaken(
    direction: Direction,
    octets: number,
    protocol: number,
    conversation: Conversation,
    growing: Growing,
    name = REASSEMBLED,
  ): void {
    direction.needed = 0;
    if (this.leaves(direction.pending.view(), 0, octets, protocol, conversation, growing)) {
      direction.pending.drop(octets);
      return;
    }
    const bytes = direction.pending.take(octets);
    const source = this.addSource(growing, name, bytes);
    const walk = this.freshWalk();
    walk.reset(0, bytes.length);
    walk.transport = TCP;
    const view = new DataView(bytes.buffer);
    walkFrom(this.registry, view, protocol, 0, bytes.length, walk);
    this.showLayers({ view, walk, source }, 0, growing, conversation, true);
  }

  /**
   * Where the whole messages that begin at `start` end; `start` itself when the first is not whole yet. What is no
   * message, and what another protocol says, is a run of its own.
   */
  private runOf(
    view: DataView,
    start: number,
    end: number,
    state: ConversationState,
    direction: Direction,
    conversation: Conversation,
  ): number {
    const { protocol } = state;
    const message = this.registry.runtime(protocol).protocol.message;
    if (message === undefined) return end;
    let at = start;
    while (at < end) {
      const length = message(view, at, end, conversation);
      if (state.protocol !== protocol)
        return at > start ? at : this.runOf(view, start, end, state, direction, conversation);
      // What is no message is shown as far as it goes, by whoever the protocol is.
      direction.aligned = length > 0;
      if (length < 0) return at > start ? at : end;
      if (length === 0 || at + length > end) {
        direction.needed = length;
        return at;
      }
      at += length;
    }
    return at;
  }

  /** Whether nobody looks at these messages, and nothing would be remembered of them. */
  private leaves(
    view: DataView,
    start: number,
    end: number,
    id: number,
    conversation: Conversation,
    { wanted }: Growing,
  ): boolean {
    if (wanted === 'whole') return false;
    const { message, forgets } = this.registry.runtime(id).protocol;
    if (forgets === undefined || message === undefined) return false;
    if (wanted === 'upper' && this.options.worth?.(id, view, start, end) !== false) return false;
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

  private showLayers(
    { view, walk, source }: Unit,
    from: number,
    growing: Growing,
    conversation: Conversation | undefined,
    withPayload: boolean,
  ): void {
    const { wanted, problems, notes } = growing;
    if (wanted === 'notes' || (wanted === 'none' && conversation === undefined)) return;
    const lean = wanted === 'none' || wanted === 'upper';
    const dissection: Dissection = {
      ...newDissection(this.registry, view, walk, problems, conversation, notes, lean),
      sources: growing.sources,
      wants: wanted === 'none' ? this.wantsWhatStays : wanted === 'upper' ? this.wantsContents : undefined,
    };
    const layers: LayerNode[] = [];
    const partly = wanted !== 'whole' && wanted !== 'lower' && conversation !== undefined;
    const first = partly ? Math.max(from, this.transportDepth(walk) + 1) : from;
    const columns = dissectLayers(this.registry, dissection, first, layers);
    if (wanted === 'none') {
      this.showInside(conversation, growing);
      return;
    }
    if (columns !== undefined) growing.shown = columns;
    if (from === 0 && source === undefined && !partly) trailers(this.registry, dissection, layers);
    const data = withPayload ? unclaimed(dissection, walk.capturedEnd) : undefined;
    if (data !== undefined) layers.push(data);
    walkProblem(dissection);
    for (const layer of layers)
      growing.layers.push(source === undefined || layer.source !== undefined ? layer : { ...layer, source });
    this.showInside(conversation, growing);
  }

  /** Shows the whole messages of what the layers above have decrypted. */
  private showInside(conversation: Conversation | undefined, growing: Growing): void {
    if (!(conversation instanceof Seen)) return;
    for (const part of conversation.takeParts()) this.showPart(part, conversation, growing);
    const revealed = conversation.takeRevealed();
    const { inside } = conversation;
    if (revealed.length === 0 || inside === undefined) return;
    const { state, seen } = inside;
    const direction = state.directions[seen.direction];
    for (const bytes of revealed) {
      if (state.protocol === 0) {
        this.showUnknown(bytes, seen, growing);
        continue;
      }
      const piece = { bytes, start: 0, end: bytes.length };
      this.showPending(piece, direction, state, seen, growing, DECRYPTED);
    }
  }

  /** Octets that were decrypted and are nobody's. */
  private showUnknown(bytes: Uint8Array<ArrayBuffer>, seen: Seen, growing: Growing): void {
    const source = this.addSource(growing, DECRYPTED, bytes);
    const walk = this.freshWalk();
    walk.reset(0, bytes.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.showLayers({ view, walk, source }, 0, growing, seen, true);
  }

  private showPart({ name, protocol, octets, presented }: Part, conversation: Seen, growing: Growing): void {
    const source = this.addSource(growing, name, octets);
    const walk = this.freshWalk();
    walk.reset(0, octets.length);
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    walkFrom(this.registry, view, this.registry.idOf(protocol), 0, octets.length, walk);
    conversation.presented = presented;
    this.showLayers({ view, walk, source }, 0, growing, conversation, true);
    conversation.presented = undefined;
  }

  private addSource(growing: Growing, name: string, bytes: Uint8Array): number {
    growing.sources.push({ name, bytes });
    return growing.sources.length - 1;
  }

  /** Depth of the innermost TCP or UDP header that is there in full and no quotation; -1 when there is none. */
  private transportDepth(walk: Walk): number {
    for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--) {
      const id = walk.protocol[depth];
      if (id !== this.tcp && id !== this.udp) continue;
      const { fixedLength } = this.registry.runtime(id);
      return walk.headerEnd[depth] - walk.start[depth] >= fixedLength && walk.fragmented[depth] === 0 ? depth : -1;
    }
    return -1;
  }

  private endsOf({ view, walk }: Unit, depth: number): Ends | undefined {
    return this.ends.at(view, walk, depth, walk.protocol[depth] === this.tcp ? 'tcp' : 'udp');
  }
}

function treeOf({ layers, problems, sources, shown }: Growing): PacketTree {
  const { protocol, info } = shown;
  return sources.length > 0 ? { layers, problems, protocol, info, sources } : { layers, problems, protocol, info };
}

/** A walk of the same layers down to `depth`, for a payload that ends at `end`. */
function continued(walk: Walk, next: Walk, depth: number, end: number): Walk {
  next.reset(walk.packetStart, end);
  next.linkType = walk.linkType;
  for (let i = 0; i <= depth; i++) {
    next.protocol[i] = walk.protocol[i];
    next.start[i] = walk.start[i];
    next.lead[i] = walk.lead[i];
    next.networkUnder[i] = walk.networkUnder[i];
    next.fragmented[i] = walk.fragmented[i];
    next.destinationUnder[i] = walk.destinationUnder[i];
    next.headerEnd[i] = walk.headerEnd[i];
    next.end[i] = i === depth ? end : walk.end[i];
  }
  next.transport = walk.transport;
  next.network = walk.network;
  next.lowerNetwork = walk.lowerNetwork;
  next.depth = depth + 1;
  return next;
}

function hasWrongChecksum({ view, walk }: Unit, depth: number): boolean {
  // The flags are of any transport of the packet, so that they only tell whether it is worth the sum.
  if ((walk.flags & (PacketFlag.badTransportChecksum | PacketFlag.checksumOffload)) === 0) return false;
  const start = walk.start[depth];
  const status = checkTransport(view, walk, depth, start, walk.end[depth], TCP, view.getUint16(start + 16));
  return status === ChecksumStatus.bad || status === OFFLOADED;
}

function octetsOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Says that the payload is part of a message that another packet completes, as Wireshark's list does. */
function markSegment(growing: Growing, from: number, octets: number): void {
  const tcp = growing.layers.slice(from).findLast((layer) => layer.protocol === 'tcp');
  if (tcp === undefined) return;
  growing.shown = { ...growing.shown, info: `${growing.shown.info} [TCP segment of a reassembled PDU]` };
  tcp.fields.push({
    name: 'tcp.segment_data',
    title: 'TCP segment data',
    value: octets,
    display: `${octets} bytes`,
    text: String(octets),
    offset: tcp.offset + tcp.length,
    length: octets,
    generated: true,
  });
}
