/**
 * The names under which clients asked for their servers: TLS's and QUIC's server name (RFC 6066, section 3), HTTP's Host
 * (RFC 9110, section 7.2) and HTTP/2's authority. They are in the first data that a client sends, of which the index
 * knows the packet; a page of flows reads those, and remembers what it found.
 */

import type { FieldNode } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { EPB } from '../formats/epb.js';
import type { CaptureReader, PacketRef } from './capture-reader.js';
import type { FlowInfo } from './query-types.js';

/** Protocols that say it. */
const SPEAKERS = new Set(['tls', 'dtls', 'quic', 'gquic', 'http', 'http2', 'http3', 'websocket', 'ssdp']);
const FIELDS: readonly string[] = ['tls.handshake.extensions_server_name', 'http.host', 'http2.headers.authority'];
/** Packets of one flow that are read: a Client Hello with the keys of new algorithms fills two or three. */
const PACKETS = 6;
/** Packet numbers among which they are looked for where no index on flows helps. */
const DISTANCE = 2000;
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
    let began = performance.now();
    for (const flow of flows) {
      named.push({ ...flow, host: this.hostOf(flow) });
      if (performance.now() - began < TURN) continue;
      await this.pause();
      began = performance.now();
    }
    return named;
  }

  private hostOf({ id, application, lastPacket }: FlowInfo): string | null {
    if (application === null || !SPEAKERS.has(application)) return null;
    const known = this.found.get(id);
    const isFinal = known !== undefined && (known.host !== null || known.read >= PACKETS);
    if (known !== undefined && (isFinal || known.lastPacket === lastPacket)) return known.host;
    const first = this.reader.statement('SELECT first_data FROM flows WHERE id = ?').pluck().get(id);
    if (typeof first !== 'number') return null;
    const { host, read } = this.read(id, first);
    if (this.found.size >= REMEMBERED) this.found.clear();
    this.found.set(id, { host, lastPacket, read });
    return host;
  }

  private read(flow: number, firstData: number): { host: string | null; read: number } {
    const { reader } = this;
    const session = new Session(registry);
    const first = reader.ref(firstData);
    if (first === undefined) return { host: null, read: 0 };
    const host = this.hostIn(session, first);
    if (host !== null) return { host, read: 1 };
    const to = reader.hasFlowIndex ? Number.MAX_SAFE_INTEGER : firstData + DISTANCE;
    const others = reader.refs('p.flow = ? AND p.number > ? AND p.number <= ?', [flow, firstData, to], PACKETS - 1);
    for (const [index, ref] of others.entries()) {
      const later = this.hostIn(session, ref);
      if (later !== null) return { host: later, read: index + 2 };
    }
    return { host: null, read: others.length + 1 };
  }

  private hostIn(session: Session, ref: PacketRef): string | null {
    const stored = this.reader.log.read(ref);
    if (stored === undefined) return null;
    const { view, at } = stored;
    const tree = session.dissect({
      view,
      start: at + EPB.data,
      captured: view.getUint32(at + EPB.captured, true),
      original: view.getUint32(at + EPB.original, true),
      linkType: this.reader.interface(view.getUint32(at + EPB.interface, true))?.link_type ?? -1,
      number: ref.number,
    });
    for (const layer of tree.layers) {
      const host = hostAmong(layer.fields);
      if (host !== null) return host;
    }
    return null;
  }
}

function hostAmong(fields: readonly FieldNode[]): string | null {
  for (const field of fields) {
    if (FIELDS.includes(field.name) && typeof field.value === 'string' && field.value !== '')
      return field.value.slice(0, LONGEST);
    const inside = field.fields === undefined ? null : hostAmong(field.fields);
    if (inside !== null) return inside;
  }
  return null;
}
