/** Conversations as the API shows them. */

import { hasIdentifier, icmpPorts } from '../../../decoders/conversations/icmp-flows.js';
import { TcpFlag } from '../../../decoders/conversations/tcp-flags.js';
import { timeText } from '../../../decoders/core/frame.js';
import { AddressFamily } from '../../../decoders/core/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import type { FlowRow } from '../../index/sqlite-flows.js';
import type { CaptureReader } from '../capture-reader.js';
import type { FlowInfo, FlowPage, FlowQuery } from '../query-types.js';
import { communityId, hasPorts } from './community-id.js';
import { processesOf } from './flow-programs.js';

const ORDER: Readonly<Record<NonNullable<FlowQuery['sort']>, string>> = {
  id: 'id',
  packets: 'client_packets + server_packets DESC, id',
  bytes: 'client_bytes + server_bytes DESC, id',
  firstTime: 'first_time, id',
  lastTime: 'last_time DESC, id',
  duration: 'last_time - first_time DESC, id',
};

const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;

/** @param flows ids to choose from; undefined: all */
export function flowPage(reader: CaptureReader, query: FlowQuery, flows: readonly number[] | undefined): FlowPage {
  const limit = query.limit ?? 100;
  const sort = query.sort ?? 'id';
  const chosen = flows === undefined ? '1' : 'id IN (SELECT value FROM json_each(?))';
  const parameters: unknown[] = flows === undefined ? [] : [JSON.stringify(flows)];
  const after = query.after ?? 0;
  const paging = sort === 'id' ? ['AND id > ?', 'LIMIT ?'] : ['', 'LIMIT ? OFFSET ?'];
  const rows = reader
    .statement(`SELECT * FROM flows WHERE ${chosen} ${paging[0]} ORDER BY ${ORDER[sort]} ${paging[1]}`)
    .all(...parameters, ...(sort === 'id' ? [after, limit + 1] : [limit + 1, after])) as FlowRow[];
  const more = rows.length > limit;
  const shown = rows.slice(0, limit);
  return {
    flows: shown.map((row) => flowInfo(reader, row)),
    next: !more ? null : sort === 'id' ? shown[shown.length - 1].id : after + limit,
  };
}

export function flowById(reader: CaptureReader, id: number): FlowInfo | null {
  const row = reader.statement('SELECT * FROM flows WHERE id = ?').get(id) as FlowRow | undefined;
  return row === undefined ? null : flowInfo(reader, row);
}

function flowInfo(reader: CaptureReader, row: FlowRow): FlowInfo {
  const transport = transportName(row);
  const highest = row.protocol === 0 ? null : registry.runtime(row.protocol).protocol;
  const isIcmp = row.transport === ICMP || row.transport === ICMPV6;
  const withPorts = !isIcmp && (row.client_port !== 0 || row.server_port !== 0);
  const isApplication = highest !== null && highest.role === undefined && highest.filter !== transport;
  return {
    id: row.id,
    transport,
    client: row.client_address,
    server: row.server_address,
    clientPort: withPorts ? row.client_port : null,
    serverPort: withPorts ? row.server_port : null,
    application: isApplication ? highest.filter : null,
    packets: row.client_packets + row.server_packets,
    bytes: row.client_bytes + row.server_bytes,
    clientPackets: row.client_packets,
    clientBytes: row.client_bytes,
    serverPackets: row.server_packets,
    serverBytes: row.server_bytes,
    firstTime: absolute(reader, row.first_time),
    lastTime: absolute(reader, row.last_time),
    firstPacket: row.first_packet,
    lastPacket: row.last_packet,
    state: row.transport === TCP ? tcpState(row.client_flags, row.server_flags) : null,
    connState: row.conn_state as FlowInfo['connState'],
    history: row.history,
    handshakeRtt: row.handshake === null ? null : row.handshake / 1e9,
    clientTtl: row.client_ttl,
    serverTtl: row.server_ttl,
    vlans: [row.vlan, row.inner_vlan].filter((id) => id !== null),
    icmp: isIcmp ? icmpOf(row) : null,
    communityId: communityOf(row),
    ...processesOf(reader, row),
  };
}

function icmpOf(row: FlowRow): NonNullable<FlowInfo['icmp']> {
  const type = row.icmp_type ?? 0;
  return {
    type,
    code: row.icmp_code ?? 0,
    identifier: hasIdentifier(row.transport, type) ? row.client_port : null,
  };
}

/** null: no IP, or what the ID is made of is not known: of fragments that are not the first, the ports. */
function communityOf(row: FlowRow): string | null {
  const { client, server, transport, ip_protocol: protocol } = row;
  if (protocol === 0 || (transport === 0 && hasPorts(protocol))) return null;
  const tuple = { source: client, destination: server, transport: protocol };
  if (row.icmp_type === null)
    return communityId({ ...tuple, sourcePort: row.client_port, destinationPort: row.server_port });
  const {
    client: sourcePort,
    server: destinationPort,
    oneWay,
  } = icmpPorts(transport, row.icmp_type * 256 + (row.icmp_code ?? 0));
  return communityId({ ...tuple, sourcePort, destinationPort, oneWay });
}

function transportName(row: FlowRow): string {
  if (row.family === AddressFamily.ether) return 'eth';
  for (const protocol of registry.protocols) {
    if (protocol.role !== 'transport' && protocol.role !== 'quotes') continue;
    const numbers = [protocol.carriedBy['ip.proto'] ?? [], protocol.carriedBy['ipv6.nxt'] ?? []].flat();
    if (row.transport !== 0 && numbers.includes(row.transport)) return protocol.filter;
  }
  return row.family === 4 ? 'ip' : 'ipv6';
}

/** A word for where a connection stands, from the control bits that each side has sent (RFC 9293, section 3.3.2). */
function tcpState(client: number, server: number): string {
  const either = client | server;
  if ((either & TcpFlag.rst) !== 0) return 'reset';
  if ((client & server & TcpFlag.fin) !== 0) return 'closed';
  if ((either & TcpFlag.fin) !== 0) return 'closing';
  if ((either & TcpFlag.syn) === 0) return 'midstream';
  return (server & TcpFlag.syn) !== 0 && (client & TcpFlag.ack) !== 0 ? 'established' : 'opening';
}

function absolute(reader: CaptureReader, relative: number | null): string | null {
  const base = reader.baseTime;
  return base === undefined || relative === null ? null : timeText(base + BigInt(relative));
}
