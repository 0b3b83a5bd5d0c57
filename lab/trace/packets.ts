/** The packets of a traced program as its calls are linked to them, and the filters that find them. */

import type { PacketRow } from '../../captures/query/query-types.js';
import type { EndPoint } from '../step.js';
import type { TracedCall } from './calls.js';

/** The fields that rows need beside their columns. */
export const TRACE_FIELDS: readonly string[] = [
  'frame.time_epoch',
  'tcp.len',
  'tcp.seq_raw',
  'tcp.flags',
  'udp.length',
  'udp.srcport',
  'udp.dstport',
  'icmp.type',
  'icmpv6.type',
];

export interface TracedPacket {
  readonly number: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly flow: number | null;
  readonly from: EndPoint;
  readonly to: EndPoint;
  readonly kind: 'tcp' | 'udp' | 'icmp' | 'other';
  /** TCP's flags as in the header (RFC 9293, section 3.1), and 0 elsewhere. */
  readonly flags: number;
  /** TCP: sequence number as in the header. */
  readonly seq: number;
  /** Octets of data of TCP and UDP. */
  readonly data: number;
  /** ICMP errors: the ports of the datagram that they are about. */
  readonly about?: { readonly from: number; readonly to: number };
}

export const FLAGS = { fin: 1, syn: 2, rst: 4, ack: 16 };

/** Undefined for a packet without addresses. */
export function tracedPacket(row: PacketRow): TracedPacket | undefined {
  const { number, flow, source, destination, sourcePort, destinationPort, fields = {} } = row;
  const [, seconds, nanoseconds] = /^(\d+)\.(\d{9})$/.exec(fields['frame.time_epoch']?.[0] ?? '') ?? [];
  if (seconds === undefined || source === null || destination === null) return undefined;
  const value = (name: string): number => Number(fields[name]?.[0] ?? 0);
  const has = (name: string): boolean => fields[name] !== undefined && fields[name].length > 0;
  const icmp = has('icmp.type') || has('icmpv6.type');
  const kind = icmp ? 'icmp' : has('tcp.len') ? 'tcp' : has('udp.length') ? 'udp' : 'other';
  return {
    number,
    time: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
    flow,
    from: { address: source, port: sourcePort },
    to: { address: destination, port: destinationPort },
    kind,
    flags: kind === 'tcp' ? value('tcp.flags') : 0,
    seq: kind === 'tcp' ? value('tcp.seq_raw') : 0,
    data: kind === 'tcp' ? value('tcp.len') : kind === 'udp' ? value('udp.length') - 8 : 0,
    ...(icmp && has('udp.srcport') ? { about: { from: value('udp.srcport'), to: value('udp.dstport') } } : {}),
  };
}

/** Ports in one filter at most. */
const PORTS = 100;

/** Display filters that together find the packets of the calls' sockets; none where no packet can be expected. */
export function traceFilters(calls: readonly TracedCall[]): string[] {
  const ports = { tcp: new Set<number>(), udp: new Set<number>() };
  let raw = false;
  for (const { socket, peer } of calls) {
    const { transport, local, remote } = socket;
    if (transport === 'icmp' || transport === 'raw') raw = true;
    else {
      // One port is enough to find a conversation; the program's own is rarer than the server's.
      const port = local?.port || remote?.port || peer?.port;
      if (port) ports[transport].add(port);
    }
  }
  const filters = (['tcp', 'udp'] as const).flatMap((transport) => {
    const all = [...ports[transport]];
    return Array.from({ length: Math.ceil(all.length / PORTS) }, (_, index) => {
      const some = all.slice(index * PORTS, (index + 1) * PORTS);
      return `${transport}.port in {${some.join(', ')}}`;
    });
  });
  if (raw) filters.push('icmp || icmpv6');
  return filters;
}
