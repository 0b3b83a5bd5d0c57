/** The packets of a capture that a filter can only judge by what came before them, and the session that tells it. */

import { PacketFlag, type Walk } from '../../../decoders/core/index.js';
import type { CompiledFilter, FilterPacket } from '../../../decoders/filter/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import { Session } from '../../../decoders/session/session.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { sessionPacket } from './session-packet.js';

/** What conversations of a protocol may become (`switchTo`) or carry; of those that are not here, nothing else. */
const mayBecome: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['ftp', 'imap', 'ldap', 'mysql', 'pgsql', 'pop', 'smtp', 'xmpp', 'openvpn'].map((name) => [name, ['tls']]),
  ),
  http: ['http2', 'tls', 'websocket'],
  nbss: ['smb', 'smb2'],
};
/** Those that carry whatever somebody puts into them. */
const mayBecomeAnything = new Set(['socks', 'telnet', 'rtsp', 'sip']);

/** How far back a search that begins in the middle looks for the beginnings of what it finds. */
const WARM_PACKETS = 2000;
const WARM_DISTANCE = 100_000;

const TCP = 6;
const tcpId = registry.idOf('tcp');
const UDP = 17;
const udpId = registry.idOf('udp');
const quicId = registry.idOf('quic');
const FIN_OR_SYN = 3;

/** Bits of the table of ports: few enough for the processor's cache. */
const PORT_BITS = 1 << 18;

/** The same for both directions. */
function portsHash(a: number, b: number): number {
  return ((Math.imul(a + b, 0x9e3779b1) ^ Math.imul(a ^ b, 0x85ebca6b)) >>> 7) & (PORT_BITS - 1);
}

/** Protocols over TCP that announce other conversations, so that those depend on them. */
const announcing = ['sip', 'sdp', 'socks'].map((name) => registry.idOf(name));
/** As many as one session keeps: beyond that, two would remember more than one. */
const MOST_DIVIDED = 50_000;

interface FlowPorts {
  readonly id: number;
  readonly client_port: number;
  readonly server_port: number;
}

export class StreamRows {
  private readonly flows = new Set<number>();
  /** Where a bit is not set, no such flow has the two ports. */
  private readonly ports = new Uint32Array(PORT_BITS >> 5);
  private readonly session: Session;
  /** Whether every packet has to be looked at, from the capture's first on. */
  readonly wantsAll: boolean;
  /** Whether TLS and QUIC are decrypted. */
  private readonly decrypts: boolean = false;
  /** The last packet that was. */
  heardTo = 0;
  /** The condition on `packets p` that selects them. */
  readonly where: string;
  /** The condition on `flows` that selects theirs. */
  private readonly chosen: string;

  constructor(
    private readonly reader: CaptureReader,
    private readonly filter: CompiledFilter,
    /** That of the run before, for the same filter: what it has heard need not be read again. */
    before?: StreamRows,
  ) {
    this.wantsAll = filter.upper?.analysis === true;
    if (this.wantsAll) {
      this.session = before?.session ?? new Session(registry, { secrets: reader.secrets });
      this.heardTo = before?.heardTo ?? 0;
      this.where = '1';
      this.chosen = '1';
      return;
    }
    const worth = filter.upper?.worth;
    const { secrets } = reader;
    this.decrypts = secrets !== undefined;
    // What is encrypted can be read only by who has read it from its beginning.
    const goesOn = this.decrypts && before?.decrypts === true ? before : undefined;
    this.session = goesOn?.session ?? new Session(registry, { secrets, ...(worth === undefined ? {} : { worth }) });
    this.heardTo = goesOn?.heardTo ?? 0;
    const chosen = flowCondition(filter.upper?.protocols, this.decrypts);
    this.chosen = chosen;
    const flows = reader.db.prepare(`SELECT id, client_port, server_port FROM flows WHERE ${chosen}`);
    for (const { id, client_port, server_port } of flows.iterate() as IterableIterator<FlowPorts>) {
      this.flows.add(id);
      const bit = portsHash(client_port, server_port);
      this.ports[bit >> 5] |= 1 << (bit & 31);
    }
    const flow = this.flows.size === 0 ? '0' : `+p.flow IN (SELECT id FROM flows WHERE ${chosen})`;
    this.where = `((p.flags & ${PacketFlag.fragment}) != 0 OR ${flow})`;
  }

  /** Whether conversations can be told apart by their ports, and none of them says anything of another. */
  mayBeDivided(): boolean {
    if (this.wantsAll || this.decrypts || this.flows.size > MOST_DIVIDED) return false;
    const list = [...announcing].join(',');
    const sql = `SELECT 1 FROM flows WHERE transport = ${TCP} AND protocol IN (${list}) LIMIT 1`;
    return this.reader.db.prepare(sql).get() === undefined;
  }

  /** Half of the conversations, by their packets: a bit by the hash of two ports. */
  halves(): Uint32Array {
    const halves = new Uint32Array(PORT_BITS >> 5);
    const known = new Uint32Array(PORT_BITS >> 5);
    const flows = this.reader.db.prepare(
      `SELECT id, client_port, server_port, client_packets + server_packets AS packets FROM flows WHERE transport = ${TCP}`,
    );
    const sums = [0, 0];
    for (const flow of flows.iterate() as IterableIterator<FlowPorts & { packets: number }>) {
      if (!this.flows.has(flow.id)) continue;
      const hash = portsHash(flow.client_port, flow.server_port);
      const bit = 1 << (hash & 31);
      if ((known[hash >> 5] & bit) === 0) {
        known[hash >> 5] |= bit;
        if (sums[1] < sums[0]) halves[hash >> 5] |= bit;
      }
      sums[(halves[hash >> 5] & bit) === 0 ? 0 : 1] += flow.packets;
    }
    return halves;
  }

  /** 1 where a walked packet's conversation is among `halves`, 0 where it is another one's, -1 where it is of none. */
  partOf({ view, walk }: FilterPacket, halves: Uint32Array): number {
    const depth = tcpDepth(walk);
    if (depth < 0) return -1;
    const start = walk.start[depth];
    const hash = portsHash(view.getUint16(start), view.getUint16(start + 2));
    return (halves[hash >> 5] >>> (hash & 31)) & 1;
  }

  has(row: PacketRef): boolean {
    return this.wantsAll || this.flows.has(row.flow) || (row.flags & PacketFlag.fragment) !== 0;
  }

  /** As `has`, for a walked packet of which the row is not known; of flows with the same ports as one of them, some are let in. */
  hears({ view, walk }: FilterPacket): boolean {
    if (this.wantsAll) return true;
    if ((walk.flags & PacketFlag.fragment) !== 0) return true;
    const depth = this.depthOf(walk);
    if (depth < 0) return false;
    const start = walk.start[depth];
    const bit = portsHash(view.getUint16(start), view.getUint16(start + 2));
    return (this.ports[bit >> 5] & (1 << (bit & 31))) !== 0;
  }

  private depthOf(walk: Walk): number {
    const depth = tcpDepth(walk);
    // Which flow is QUIC's, its first packets have told; the others look like anything.
    return depth < 0 && this.decrypts ? udpDepth(walk) : depth;
  }

  /** Whether every conversation is heard from its beginning to its end, wherever the matches are. */
  get hearsAll(): boolean {
    return this.wantsAll || this.decrypts;
  }

  /** Where the oldest conversation begins that has packets between two numbers: what is there needs no packet before it. */
  heardFrom(from: number, to: number): number {
    const sql = `SELECT min(first_packet) FROM flows WHERE ${this.chosen} AND last_packet >= ? AND first_packet <= ?`;
    const first = this.reader.statement(sql).pluck().get(from, to) as number | null;
    return Math.min(first ?? from, from);
  }

  /** Has the session see what came before `from`, within bounds. */
  begin(from: number): void {
    const { reader } = this;
    if (this.wantsAll || from <= reader.firstNumber) return;
    const oldest = reader
      .statement(
        `SELECT p.number FROM packets p WHERE p.number BETWEEN ? AND ? AND ${this.where} ORDER BY p.number DESC LIMIT 1 OFFSET ?`,
      )
      .pluck()
      .get(from - WARM_DISTANCE, from - 1, WARM_PACKETS) as number | undefined;
    const range = [Math.max(oldest ?? from - WARM_DISTANCE, this.heardTo + 1), from - 1];
    if (range[0] > range[1]) return;
    for (const ref of reader.refs(`p.number BETWEEN ? AND ? AND ${this.where}`, range, WARM_PACKETS)) {
      const stored = reader.log.read(ref);
      if (stored === undefined) continue;
      this.session.follow(sessionPacket(reader, stored.view, stored.at, ref.number));
    }
  }

  /** With `wantsAll`: takes note of a walked packet before those that are asked for. */
  note(packet: FilterPacket): void {
    this.heardTo = packet.number;
    if (this.filter.upper?.lower === true) this.session.note(packet, packet.walk);
    else this.session.follow(packet);
  }

  /** Whether the next of them, already walked, meets the filter. They must come in order. */
  matches(packet: FilterPacket): boolean {
    const { filter, session } = this;
    if (this.wantsAll) {
      this.heardTo = packet.number;
      const { upper } = filter;
      const lower = upper?.lower === true;
      const tree = lower ? session.dissectLower(packet, packet.walk, upper.findings) : session.dissect(packet);
      return filter.matchesTree(packet, tree);
    }
    this.heardTo = packet.number;
    if (!tells(packet, this.depthOf(packet.walk))) return filter.matches(packet);
    const only = filter.upper?.only === true && (packet.walk.flags & PacketFlag.fragment) === 0;
    return filter.matchesTree(packet, only ? session.dissectUpper(packet, packet.walk) : session.dissect(packet));
  }
}

/** Depth of the innermost whole UDP header that is no quotation; -1 when there is none. */
function udpDepth(walk: Walk): number {
  for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--)
    if (walk.protocol[depth] === udpId) return walk.headerEnd[depth] - walk.start[depth] < 8 ? -1 : depth;
  return -1;
}

/** Depth of the innermost whole TCP header that is no quotation; -1 when there is none. */
function tcpDepth(walk: Walk): number {
  for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--)
    if (walk.protocol[depth] === tcpId) return walk.headerEnd[depth] - walk.start[depth] < 20 ? -1 : depth;
  return -1;
}

/** Whether the session has to see it: a fragment, or a segment with data or that begins or ends a stream. */
function tells({ view, walk }: FilterPacket, depth: number): boolean {
  if ((walk.flags & PacketFlag.fragment) !== 0) return true;
  if (depth < 0) return false;
  if (walk.protocol[depth] !== tcpId) return true;
  if ((view.getUint8(walk.start[depth] + 13) & FIN_OR_SYN) !== 0) return true;
  return walk.headerEnd[depth] < Math.min(walk.end[depth], walk.capturedEnd);
}

/**
 * Flows, of TCP and, where QUIC is decrypted, of that, in which one of the protocols can be. Left out are those that were seen to speak another that stays what it
 * is, and those that were recognised as nothing at ports that mean nothing.
 */
function flowCondition(wanted: ReadonlySet<number> | undefined, decrypts: boolean): string {
  const hidden = decrypts ? ` OR (transport = ${UDP} AND protocol = ${quicId})` : '';
  if (wanted === undefined) return `(transport = ${TCP}${hidden})`;
  const others: number[] = [];
  const ports = new Set<number>();
  registry.protocols.forEach((protocol, index) => {
    const { filter, message, carriedBy } = protocol;
    if (wanted.has(index + 1)) {
      const values = carriedBy['tcp.port'] ?? [];
      for (const port of typeof values === 'number' ? [values] : values) ports.add(port);
    } else if (filter === 'tcp') others.push(index + 1);
    else if (message !== undefined && !mayBecomeAnything.has(filter)) {
      const next = mayBecome[filter] ?? [];
      // What TLS hides may be anything.
      if (decrypts && (filter === 'tls' || next.includes('tls'))) return;
      if (!next.some((name) => wanted.has(registry.idOf(name)))) others.push(index + 1);
    }
  });
  const list = [...ports].join(',');
  const byPort = ports.size === 0 ? '0' : `client_port IN (${list}) OR server_port IN (${list})`;
  return `(transport = ${TCP} AND (protocol NOT IN (${others.join(',') || '0'}) OR (protocol = ${tcpId} AND (${byPort})))${hidden})`;
}
