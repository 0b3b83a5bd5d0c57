/**
 * The names under which clients asked for their servers: TLS's and QUIC's server name (RFC 6066, section 3), HTTP's Host
 * (RFC 9110, section 7.2) and HTTP/2's authority. They are in the first data that a client sends, of which the index
 * knows the packet; a page of flows reads those, and remembers what it found.
 */

import { type FieldNode, PacketFlag } from '../../../decoders/core/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import { Session } from '../../../decoders/session/session.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import type { FlowInfo } from '../query-types.js';
import { sessionPacket } from '../sessions/session-packet.js';

/** Protocols that say it. */
const SPEAKERS = new Set(['tls', 'dtls', 'quic', 'gquic', 'http', 'http2', 'http3', 'websocket', 'ssdp']);
const FIELDS: readonly string[] = ['tls.handshake.extensions_server_name', 'http.host', 'http2.headers.authority'];
/** Packets of one flow that are read: a Client Hello with the keys of new algorithms fills two or three. */
const PACKETS = 4;
/** Packet numbers among which they are looked for where no index on flows helps. */
const DISTANCE = 2000;
/** What shows that the client has said all that could name the server. */
const CONCLUSIVE: readonly string[] = ['tls.handshake.type', 'http.request.method'];
/** Octets of a name that are kept: RFC 1035, section 2.3.4, and a port. */
const LONGEST = 261;
const REMEMBERED = 50_000;
/** Milliseconds of work before others get their turn. */
const TURN = 5;

interface Found {
  readonly host: string | null;
  /** The flow's last packet when it was looked at; without a name, more packets may bring one. */
  readonly lastPacket: number;
  readonly read: number;
}

export class FlowHosts {
  private readonly found = new Map<number, Found>();

  constructor(
    private readonly reader: CaptureReader,
    private readonly pause: () => Promise<void>,
  ) {}

  /** Adds to flows the names of their servers; null: none was said, or not in what was captured. */
  async nameServers(flows: readonly FlowInfo[]): Promise<FlowInfo[]> {
    const named: FlowInfo[] = [];
    let session = new Session(registry);
    let ends = new Set<string>();
    let began = performance.now();
    for (const flow of flows) {
      // One that comes again on the same ports must not be read as what went on there before.
      const own = `${flow.client} ${flow.clientPort} ${flow.server} ${flow.serverPort}`;
      if (ends.has(own)) {
        session = new Session(registry);
        ends = new Set();
      }
      ends.add(own);
      named.push({ ...flow, host: this.hostOf(flow, session) });
      if (performance.now() - began < TURN) continue;
      await this.pause();
      began = performance.now();
    }
    return named;
  }

  private hostOf({ id, application, lastPacket }: FlowInfo, session: Session): string | null {
    if (application === null || !SPEAKERS.has(application)) return null;
    const known = this.found.get(id);
    const isFinal = known !== undefined && (known.host !== null || known.read >= PACKETS);
    if (known !== undefined && (isFinal || known.lastPacket === lastPacket)) return known.host;
    const first = this.reader.statement('SELECT first_data FROM flows WHERE id = ?').pluck().get(id);
    if (typeof first !== 'number') return null;
    const { host, read } = this.read(id, first, session);
    if (this.found.size >= REMEMBERED) this.found.clear();
    this.found.set(id, { host, lastPacket, read });
    return host;
  }

  private read(flow: number, firstData: number, session: Session): { host: string | null; read: number } {
    const { reader } = this;
    const first = reader.ref(firstData);
    if (first === undefined) return { host: null, read: 0 };
    const said = this.saidIn(session, first);
    if (said !== undefined) return { host: said, read: PACKETS };
    const to = reader.hasFlowIndex ? Number.MAX_SAFE_INTEGER : firstData + DISTANCE;
    const condition = `p.flow = ? AND p.number > ? AND p.number <= ? AND (p.flags & ${PacketFlag.fromServer}) = 0`;
    const others = reader.refs(condition, [flow, firstData, to], PACKETS - 1);
    for (const ref of others) {
      const later = this.saidIn(session, ref);
      if (later !== undefined) return { host: later, read: PACKETS };
    }
    return { host: null, read: others.length + 1 };
  }

  /** The name in a packet; null: all was said, without one; undefined: there may be more. */
  private saidIn(session: Session, ref: PacketRef): string | null | undefined {
    const stored = this.reader.log.read(ref);
    if (stored === undefined) return undefined;
    const { layers } = session.dissectUpper(sessionPacket(this.reader, stored.view, stored.at, ref.number));
    for (const layer of layers) {
      const host = valueAmong(layer.fields, FIELDS);
      if (host !== undefined) return host.slice(0, LONGEST);
    }
    return layers.some((layer) => valueAmong(layer.fields, CONCLUSIVE) !== undefined) ? null : undefined;
  }
}

/** The first value that fields of some names have, as text; undefined: there is none. */
function valueAmong(fields: readonly FieldNode[], names: readonly string[]): string | undefined {
  for (const field of fields) {
    if (names.includes(field.name) && field.value !== null && field.value !== '') return String(field.value);
    const inside = field.fields === undefined ? undefined : valueAmong(field.fields, names);
    if (inside !== undefined) return inside;
  }
  return undefined;
}
