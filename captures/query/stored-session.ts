/** Dissects stored packets with what the packets before them told, within bounds. */

import type { PacketTree } from '../../decoders/core/index.js';
import { dissect, PacketFlag, Walk, walkPacket } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { AGREE_ON_TLS } from '../../decoders/session/begins-tls.js';
import { Session } from '../../decoders/session/session.js';
import type { CaptureReader, PacketRef } from './capture-reader.js';
import { sessionPacket } from './session-packet.js';
import { StreamNumbers } from './stream-numbers.js';

/** How far back one packet's conversation, or the fragments of its datagram, are read. */
const MAXIMUM_PACKETS = 2000;
const MAXIMUM_OCTETS = 8 << 20;
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

/** Packets and octets of encrypted flows that are read for one page or packet: half a second’s work. */
const MAXIMUM_ENCRYPTED = 30_000;
const MAXIMUM_ENCRYPTED_OCTETS = 128 << 20;
/** Protocols of flows that are encrypted, or may become so. */
const ENCRYPTED: ReadonlySet<number> = new Set(['tls', 'quic', ...AGREE_ON_TLS].map((name) => registry.idOf(name)));

const TCP = registry.idOf('tcp');
const UDP = registry.idOf('udp');

export class StoredSession {
  private readonly session: Session;
  private readonly streams: StreamNumbers;
  /** By flow, the number of the last packet that the session has seen. */
  private readonly seen = new Map<number, number>();
  private fragmentsSeen = 0;
  /** Packets of encrypted flows that may be read besides those that are asked for. */
  private encryptedBudget = MAXIMUM_ENCRYPTED;
  private encryptedOctets = MAXIMUM_ENCRYPTED_OCTETS;
  /** Whether somebody looks at more than the packet list shows: more is read for the analysis, and for UDP's streams. */
  thorough = false;
  private readonly walk = new Walk();

  /** @param budget packets that may be read besides those that are asked for */
  constructor(
    private readonly reader: CaptureReader,
    private budget = PAGE_BUDGET,
  ) {
    this.streams = new StreamNumbers(reader);
    this.session = new Session(registry, { countStreams: false, secrets: reader.secrets });
  }

  /**
   * The tree of a packet, with the message or datagram that it completes. References come in ascending order.
   *
   * @returns undefined when the ring has deleted the packet meanwhile
   */
  dissect(ref: PacketRef): PacketTree | undefined {
    const packet = this.read(ref);
    if (packet === undefined) return undefined;
    const { view, start, captured, original, linkType } = packet;
    walkPacket(registry, view, linkType, start, captured, original, this.walk);
    const flow = this.reader.flowOf(ref);
    if (this.isFragment()) this.followFragments(ref);
    else if (this.needsOthers(flow)) this.followFlow(flow, ref);
    else return dissect(registry, packet, this.walk);
    // Reading the others has used the buffer for them.
    const again = this.read(ref);
    if (again === undefined) return undefined;
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
          (this.reader.secrets !== undefined && this.encrypted(flow) !== undefined)
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
    if (reader.secrets !== undefined && this.followEncrypted(flow, upTo, ref)) return;
    const from = Math.max(upTo + 1, reader.hasFlowIndex ? 0 : ref.number - MAXIMUM_DISTANCE);
    this.budget -= LOOK_UP;
    if (from >= ref.number || this.budget <= 0) return;
    const limit = this.thorough ? Math.min(this.budget, MAXIMUM_PACKETS) : TAIL_PACKETS;
    const tail = this.lastPlaces('p.flow = ?', [flow], from, ref.number - 1, limit);
    const mayHaveHead = upTo === 0 && reader.hasFlowIndex && tail.length > 0;
    const condition = 'p.flow = ? AND p.number < ?';
    const head = mayHaveHead ? reader.refs(condition, [flow, tail[0].number], HEAD_PACKETS) : [];
    const whole = tail.length < limit && head.length === 0;
    this.followAll(head);
    if (!whole) this.interrupt(ref);
    // What is long past matters to the analysis of sequence numbers alone, which needs the headers only.
    const past = tail.slice(0, Math.max(0, tail.length - TAIL_PACKETS));
    this.noteAll(past);
    this.followAll(tail.slice(past.length));
    const packet = whole && past.length === 0 ? undefined : this.read(ref);
    if (packet === undefined || this.session.settled(packet)) return;
    this.interrupt(ref);
    this.follow('p.flow = ?', [flow], from, ref.number - 1);
  }

  /**
   * What is encrypted can be read only by who has read it from its beginning.
   *
   * @returns false for a flow in which nothing is, or not all of it can be read
   */
  private followEncrypted(flow: number, upTo: number, ref: PacketRef): boolean {
    const { reader } = this;
    const row = this.encrypted(flow);
    if (row === undefined) return false;
    const from = Math.max(upTo + 1, row.first_packet);
    const where = 'p.flow = ? AND p.number BETWEEN ? AND ?';
    const range = [flow, from, ref.number - 1];
    const { packets, octets } = reader
      .statement(`SELECT count(*) AS packets, total(p.captured) AS octets FROM packets p WHERE ${where}`)
      .get(...range) as { packets: number; octets: number };
    if (packets > this.encryptedBudget || octets > this.encryptedOctets) return false;
    const refs = reader.refs(where, range, packets);
    this.encryptedBudget -= packets;
    this.encryptedOctets -= octets;
    this.budget += refs.length;
    this.followAll(refs);
    return true;
  }

  /** A flow in which something is encrypted, or may come to be. */
  private encrypted(flow: number): { readonly protocol: number; readonly first_packet: number } | undefined {
    const statement = this.reader.statement('SELECT protocol, first_packet FROM flows WHERE id = ?');
    const row = statement.get(flow) as { protocol: number; first_packet: number } | undefined;
    return row !== undefined && ENCRYPTED.has(row.protocol) ? row : undefined;
  }

  private interrupt(ref: PacketRef): void {
    const packet = this.read(ref);
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
    this.followAll(this.lastPlaces(condition, parameters, from, to, Math.min(this.budget, MAXIMUM_PACKETS)));
  }

  private noteAll(refs: readonly PacketRef[]): void {
    this.budget -= refs.length;
    for (const ref of refs) {
      const packet = this.read(ref);
      if (packet === undefined) continue;
      const { view, start, captured, original, linkType } = packet;
      walkPacket(registry, view, linkType, start, captured, original, this.walk);
      this.session.note(packet, this.walk);
    }
  }

  private followAll(refs: readonly PacketRef[]): void {
    this.budget -= refs.length;
    for (const ref of refs) {
      const packet = this.read(ref);
      if (packet !== undefined) this.session.follow(packet);
    }
  }

  /** The last packets among `from` … `to` that meet a condition, at most `limit` and `MAXIMUM_OCTETS` of them, in order. */
  private lastPlaces(
    condition: string,
    parameters: readonly unknown[],
    from: number,
    to: number,
    limit: number,
  ): PacketRef[] {
    const found = this.reader.lastRefs(`${condition} AND p.number BETWEEN ? AND ?`, [...parameters, from, to], limit);
    let count = 0;
    for (let octets = 0; count < found.length; count++) {
      octets += found[count].captured;
      if (octets > MAXIMUM_OCTETS) break;
    }
    found.length = count;
    return found.reverse();
  }

  private read(ref: PacketRef) {
    const stored = this.reader.log.read(ref);
    return stored === undefined ? undefined : sessionPacket(this.reader, stored.view, stored.at, ref.number);
  }
}

/** Whether a protocol over UDP may know more with its conversation; DNS, the most frequent by far, is told here not to. */
function remembers(id: number): boolean {
  const { filter } = registry.runtime(id).protocol;
  return filter !== 'dns' && filter !== 'mdns' && filter !== 'llmnr';
}
