/** The packets of a capture that a filter can only judge by what came before them, and the session that tells it. */

import { PacketFlag } from '../../decoders/core/index.js';
import type { CompiledFilter, FilterPacket } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session, type SessionPacket } from '../../decoders/session/session.js';
import { EPB } from '../formats/epb.js';
import type { CaptureReader, PacketRef } from './capture-reader.js';

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
const FIN_OR_SYN = 3;

export class StreamRows {
  private readonly flows: ReadonlySet<number>;
  private readonly session = new Session(registry);
  /** The condition on `packets p` that selects them. */
  readonly where: string;

  constructor(
    private readonly reader: CaptureReader,
    private readonly filter: CompiledFilter,
  ) {
    const chosen = flowCondition(filter.upper?.protocols);
    this.flows = new Set(reader.db.prepare(`SELECT id FROM flows WHERE ${chosen}`).pluck().all() as number[]);
    const flow = this.flows.size === 0 ? '0' : `+p.flow IN (SELECT id FROM flows WHERE ${chosen})`;
    this.where = `((p.flags & ${PacketFlag.fragment}) != 0 OR ${flow})`;
  }

  has(row: PacketRef): boolean {
    return this.flows.has(row.flow) || (row.flags & PacketFlag.fragment) !== 0;
  }

  /** Those among packets `from` … `to`, for a scan that knows only their numbers. */
  numbers(from: number, to: number): Set<number> {
    return new Set(this.reader.numbers(`p.number BETWEEN ? AND ? AND ${this.where}`, [from, to], to - from + 1));
  }

  /** Has the session see what came before `from`, within bounds. */
  begin(from: number): void {
    const { reader } = this;
    if (from <= reader.firstNumber) return;
    const oldest = reader
      .statement(
        `SELECT p.number FROM packets p WHERE p.number BETWEEN ? AND ? AND ${this.where} ORDER BY p.number DESC LIMIT 1 OFFSET ?`,
      )
      .pluck()
      .get(from - WARM_DISTANCE, from - 1, WARM_PACKETS) as number | undefined;
    const range = [oldest ?? from - WARM_DISTANCE, from - 1];
    for (const ref of reader.refs(`p.number BETWEEN ? AND ? AND ${this.where}`, range, WARM_PACKETS)) {
      const stored = reader.log.read(ref);
      if (stored === undefined) continue;
      const { view, at } = stored;
      const packet: SessionPacket = {
        view,
        start: at + EPB.data,
        captured: view.getUint32(at + EPB.captured, true),
        original: view.getUint32(at + EPB.original, true),
        linkType: reader.interface(view.getUint32(at + EPB.interface, true))?.link_type ?? -1,
        number: ref.number,
      };
      this.session.follow(packet);
    }
  }

  /** Whether the next of them, already walked, meets the filter. They must come in order. */
  matches(packet: FilterPacket): boolean {
    const { filter, session } = this;
    if (!tells(packet)) return filter.matches(packet);
    const only = filter.upper?.only === true && (packet.walk.flags & PacketFlag.fragment) === 0;
    return filter.matchesTree(packet, only ? session.dissectUpper(packet) : session.dissect(packet));
  }
}

/** Whether the session has to see it: a fragment, or a segment with data or that begins or ends a stream. */
function tells({ view, walk }: FilterPacket): boolean {
  if ((walk.flags & PacketFlag.fragment) !== 0) return true;
  for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--) {
    if (walk.protocol[depth] !== tcpId) continue;
    const start = walk.start[depth];
    if (walk.headerEnd[depth] - start < 20) return false;
    if ((view.getUint8(start + 13) & FIN_OR_SYN) !== 0) return true;
    return walk.headerEnd[depth] < Math.min(walk.end[depth], walk.capturedEnd);
  }
  return false;
}

/**
 * TCP flows in which one of the protocols can be. Left out are those that were seen to speak another that stays what it
 * is, and those that were recognised as nothing at ports that mean nothing.
 */
function flowCondition(wanted: ReadonlySet<number> | undefined): string {
  if (wanted === undefined) return `transport = ${TCP}`;
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
      if (!next.some((name) => wanted.has(registry.idOf(name)))) others.push(index + 1);
    }
  });
  const list = [...ports].join(',');
  const byPort = ports.size === 0 ? '0' : `client_port IN (${list}) OR server_port IN (${list})`;
  return `transport = ${TCP} AND (protocol NOT IN (${others.join(',') || '0'}) OR (protocol = ${tcpId} AND (${byPort})))`;
}
