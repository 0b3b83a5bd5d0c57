/** Dissects stored packets with what the packets before them told, within bounds. */

import type { PacketTree } from '../../../decoders/core/index.js';
import { dissect, PacketFlag, Walk, walkPacket } from '../../../decoders/core/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import { AGREE_ON_TLS } from '../../../decoders/session/begins-tls.js';
import { Session, type SessionPacket } from '../../../decoders/session/session.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { type PacketsBefore, ReadBack } from './read-back.js';
import { readHeaders, readPacket } from './session-packet.js';
import { StreamNumbers } from './stream-numbers.js';

/** How far back one packet's conversation, or the fragments of its datagram, are read. */
const MAXIMUM_PACKETS = 2000;
/** Packets from its beginning, which agree on how to speak, and just before the packet, which usually are enough. */
const HEAD_PACKETS = 32;
const TAIL_PACKETS = 96;
/** Packet numbers among which they are looked for where no index on flows helps, and for fragments. */
const MAXIMUM_DISTANCE = 20_000;
/** What looking for a conversation's packets counts for, in packets read. */
const LOOK_UP = 20;
/** Packets that one page may cost besides its own; beyond it each packet is shown by itself. */
const PAGE_BUDGET = 10_000;
const MAXIMUM_FLOWS = 50_000;
/** Packets and octets after which a session is not kept for other pages: what it remembers grows with them. */
const MAXIMUM_KEPT = 50_000;
const MAXIMUM_KEPT_OCTETS = 64 << 20;

/** Packets and octets of encrypted flows that are read for one page or packet: half a second’s work. */
const MAXIMUM_ENCRYPTED = 30_000;
const MAXIMUM_ENCRYPTED_OCTETS = 128 << 20;
/** Protocols of flows that are encrypted, or may become so. */
const ENCRYPTED: ReadonlySet<number> = new Set(['tls', 'quic', ...AGREE_ON_TLS].map((name) => registry.idOf(name)));

const TCP = registry.idOf('tcp');
const UDP = registry.idOf('udp');

/** Of the IP protocol field. */
const TCP_NUMBER = 6;

interface FlowRow {
  readonly id: number;
  readonly transport: number;
  readonly protocol: number;
  readonly first_packet: number;
  readonly client_packets: number;
  readonly server_packets: number;
}

export interface StoredSessionOptions {
  /**
   * Whether somebody looks at more than the packet list shows: more is read for the analysis, and for UDP's streams.
   * Default false.
   */
  readonly thorough?: boolean;
  /** Packets that one page may cost besides its own; default 10,000. */
  readonly budget?: number;
}

export class StoredSession {
  private readonly session: Session;
  private readonly streams: StreamNumbers;
  /** By flow, the number of the last packet that the session has seen. */
  private readonly seen = new Map<number, number>();
  private fragmentsSeen = 0;
  /** Packets of encrypted flows that may be read besides those that are asked for. */
  private encryptedBudget = MAXIMUM_ENCRYPTED;
  private encryptedOctets = MAXIMUM_ENCRYPTED_OCTETS;
  /** As `StoredSessionOptions` has it. */
  readonly thorough: boolean;
  private budget: number;
  private readonly walk = new Walk();
  private readonly back: ReadBack;

  /** Number of the packet that was asked for last. */
  private last = 0;
  /** From here to `last`, it was asked for every packet. */
  private runFrom = 0;
  private packetsRead = 0;
  private octetsRead = 0;
  private leftOut = false;

  constructor(
    private readonly reader: CaptureReader,
    { thorough = false, budget = PAGE_BUDGET }: StoredSessionOptions = {},
  ) {
    this.thorough = thorough;
    this.budget = budget;
    this.streams = new StreamNumbers(reader);
    this.back = new ReadBack(reader);
    this.session = new Session(registry, { countStreams: false, secrets: reader.secrets });
  }

  /** Number of the packet that was asked for last: those that come next are behind it. */
  get position(): number {
    return this.last;
  }

  /** Whether the next page is better asked of another one: it remembers much, or left out what that could decrypt. */
  get isSpent(): boolean {
    return this.leftOut || this.packetsRead > MAXIMUM_KEPT || this.octetsRead > MAXIMUM_KEPT_OCTETS;
  }

  /** Another page begins, which may cost as much as the one before. */
  beginPage(): void {
    this.budget = PAGE_BUDGET;
    this.encryptedBudget = MAXIMUM_ENCRYPTED;
    this.encryptedOctets = MAXIMUM_ENCRYPTED_OCTETS;
  }

  /**
   * The tree of a packet, with the message or datagram that it completes. References come in ascending order.
   *
   * @returns undefined when the ring has deleted the packet meanwhile
   */
  dissect(ref: PacketRef): PacketTree | undefined {
    if (ref.number !== this.last + 1) this.runFrom = ref.number;
    this.last = ref.number;
    const packet = readPacket(this.reader, ref);
    if (packet === undefined) return undefined;
    const { view, start, captured, original, linkType } = packet;
    walkPacket(registry, view, linkType, start, captured, original, this.walk);
    const flow = this.reader.flowOf(ref);
    if (this.isFragment()) this.followFragments(ref);
    else if (this.needsOthers(flow)) this.followFlow(flow, ref);
    else return dissect(registry, packet, this.walk);
    // Reading the others has used the buffer for them.
    const again = readPacket(this.reader, ref);
    if (again === undefined) return undefined;
    this.count(again);
    const stream = this.streams.of(flow);
    return this.session.dissect(stream === undefined ? again : { ...again, stream });
  }

  private isFragment(): boolean {
    return (this.walk.flags & PacketFlag.fragment) !== 0;
  }

  /** Whether the packets before it can change how this one reads. */
  private needsOthers(flow: number): boolean {
    const { walk } = this;
    if (flow === 0) return false;
    for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--) {
      const id = walk.protocol[depth];
      if (id === UDP)
        return (
          this.thorough ||
          (depth + 1 < walk.depth && remembers(walk.protocol[depth + 1])) ||
          // Only QUIC's first packets can be known by themselves.
          (this.reader.secrets !== undefined && this.isEncrypted(flow))
        );
      if (id === TCP) return walk.headerEnd[depth] - walk.start[depth] >= 20;
    }
    return false;
  }

  private followFlow(flow: number, ref: PacketRef): void {
    const { reader, seen } = this;
    const upTo = seen.get(flow) ?? 0;
    if (seen.size >= MAXIMUM_FLOWS) seen.clear();
    seen.set(flow, ref.number);
    // None of its packets lies between.
    if (upTo >= this.runFrom && upTo > 0) return;
    const row = this.flowRow(flow);
    if (row === undefined) return;
    if (reader.secrets !== undefined && this.followEncrypted(row, upTo, ref)) return;
    const from = Math.max(upTo + 1, reader.hasFlowIndex ? 0 : ref.number - MAXIMUM_DISTANCE);
    this.budget -= LOOK_UP;
    if (this.budget <= 0) this.interrupt(ref);
    if (from >= ref.number || this.budget <= 0) return;
    const { refs, all } = this.before(row, from, ref);
    const head = upTo === 0 && refs.length > 0 ? this.beginning(row, refs[0].number) : [];
    this.followAll(head);
    const whole = all && head.length === 0 && (upTo === 0 || from === upTo + 1);
    if (!whole) this.interrupt(ref);
    // What is long past matters to the analysis of sequence numbers alone, which needs the headers only.
    const past = Math.max(0, refs.length - TAIL_PACKETS);
    this.noteAll(refs.slice(0, past));
    this.followAll(refs.slice(past));
    const packet = whole && past === 0 ? undefined : readPacket(reader, ref);
    if (packet === undefined || this.session.settled(packet)) return;
    this.interrupt(ref);
    this.follow('p.flow = ?', [flow], from, ref.number - 1);
  }

  /** The packets just before it that tell something of a packet. */
  private before(row: FlowRow, from: number, ref: PacketRef): PacketsBefore {
    // Datagrams are whole by themselves: what protocols remember of them is little.
    const few = row.transport === TCP_NUMBER ? TAIL_PACKETS : HEAD_PACKETS;
    const least = Math.min(this.budget, few);
    const most = this.thorough ? Math.min(this.budget, MAXIMUM_PACKETS) : least;
    // Where nobody answers, as in a capture of one direction, there is no place to stop at.
    const answered = row.client_packets > 0 && row.server_packets > 0;
    const looks = row.transport === TCP_NUMBER && (answered || row.client_packets + row.server_packets <= most);
    return looks
      ? this.back.ofTcp(row.id, from, ref, { least, most })
      : this.back.last('p.flow = ?', [row.id], from, ref.number - 1, least);
  }

  /** The first packets of a flow, before a packet's number: they agree on how to speak. */
  private beginning(row: FlowRow, before: number): PacketRef[] {
    const first = row.first_packet;
    const to = this.reader.hasFlowIndex ? before - 1 : Math.min(before - 1, first + MAXIMUM_DISTANCE);
    return this.reader.refs('p.flow = ? AND p.number BETWEEN ? AND ?', [row.id, first, to], HEAD_PACKETS);
  }

  /**
   * What is encrypted can be read only by who has read it from its beginning.
   *
   * @returns false for a flow in which nothing is, or not all of it can be read
   */
  private followEncrypted(row: FlowRow, upTo: number, ref: PacketRef): boolean {
    const { reader } = this;
    if (!ENCRYPTED.has(row.protocol)) return false;
    const from = Math.max(upTo + 1, row.first_packet);
    const where = 'p.flow = ? AND p.number BETWEEN ? AND ?';
    const range = [row.id, from, ref.number - 1];
    const { packets, octets } = reader
      .statement(`SELECT count(*) AS packets, total(p.captured) AS octets FROM packets p WHERE ${where}`)
      .get(...range) as { packets: number; octets: number };
    if (packets > this.encryptedBudget || octets > this.encryptedOctets) {
      this.leftOut = true;
      return false;
    }
    const refs = reader.refs(where, range, packets);
    this.encryptedBudget -= packets;
    this.encryptedOctets -= octets;
    this.budget += refs.length;
    this.followAll(refs);
    return true;
  }

  private flowRow(flow: number): FlowRow | undefined {
    const columns = 'id, transport, protocol, first_packet, client_packets, server_packets';
    return this.reader.statement(`SELECT ${columns} FROM flows WHERE id = ?`).get(flow) as FlowRow | undefined;
  }

  /** Whether something in a flow is encrypted, or may come to be. */
  private isEncrypted(flow: number): boolean {
    const row = this.flowRow(flow);
    return row !== undefined && ENCRYPTED.has(row.protocol);
  }

  private interrupt(ref: PacketRef): void {
    const packet = readPacket(this.reader, ref);
    if (packet !== undefined) this.session.interrupt(packet);
  }

  /** A fragment's siblings have no ports, so they are in another flow: all fragments before it are read. */
  private followFragments(ref: PacketRef): void {
    const from = Math.max(this.fragmentsSeen + 1, ref.number - MAXIMUM_DISTANCE);
    this.fragmentsSeen = ref.number;
    this.budget -= LOOK_UP;
    if (from < ref.number && this.budget > 0)
      this.follow(`(p.flags & ${PacketFlag.fragment}) != 0`, [], from, ref.number - 1);
  }

  /** Has the session see the last packets among `from` … `to` that meet a condition. */
  private follow(condition: string, parameters: readonly unknown[], from: number, to: number): void {
    const limit = Math.min(this.budget, MAXIMUM_PACKETS);
    this.followAll(this.back.last(condition, parameters, from, to, limit).refs);
  }

  private noteAll(refs: readonly PacketRef[]): void {
    this.budget -= refs.length;
    for (const ref of refs) {
      const packet = readHeaders(this.reader, ref);
      if (packet === undefined) continue;
      this.count(packet);
      const { view, start, captured, original, linkType } = packet;
      walkPacket(registry, view, linkType, start, captured, original, this.walk);
      this.session.note(packet, this.walk);
    }
  }

  private count({ captured }: SessionPacket): void {
    this.packetsRead++;
    this.octetsRead += captured;
  }

  private followAll(refs: readonly PacketRef[]): void {
    this.budget -= refs.length;
    for (const ref of refs) {
      const packet = readPacket(this.reader, ref);
      if (packet === undefined) continue;
      this.count(packet);
      this.session.follow(packet);
    }
  }
}

/** Whether a protocol over UDP may know more with its conversation; DNS, the most frequent by far, is told here not to. */
function remembers(id: number): boolean {
  const { filter } = registry.runtime(id).protocol;
  return filter !== 'dns' && filter !== 'mdns' && filter !== 'llmnr';
}
