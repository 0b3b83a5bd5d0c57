/** Flows between the flow table's arrays and the rows of the table `flows`. */

import { connectionState } from '../../decoders/conversations/connection-state.js';
import type { FlowEntries } from '../../decoders/conversations/flow-entries.js';
import { historyText, restoreHistory } from '../../decoders/conversations/flow-history.js';
import { addressBytes, addressText, addressWords } from './addresses.js';

const COLUMNS = 31;
const ICMP = 1;
const ICMPV6 = 58;

/** All columns of `flows` in their order. */
export const STORE_FLOW = `INSERT INTO flows VALUES (${Array(COLUMNS).fill('?').join(', ')})`;

/** The columns that go on, for a flow that has a row. */
export const UPDATE_FLOW = `
UPDATE flows SET client_packets = ?, client_bytes = ?, server_packets = ?, server_bytes = ?, first_time = ?,
  last_time = ?, last_packet = ?, protocol = ?, client_flags = ?, server_flags = ?, client_ttl = ?, server_ttl = ?,
  handshake = ?, first_data = ?, conn_state = ?, history = ? WHERE id = ?`;

/** The values for `UPDATE_FLOW`. A flow without any time has NaN, which SQLite stores as NULL. */
export function flowCounts(flows: FlowEntries, entry: number): unknown[] {
  return [
    flows.clientPackets[entry],
    flows.clientBytes[entry],
    flows.serverPackets[entry],
    flows.serverBytes[entry],
    flows.firstTime[entry],
    flows.lastTime[entry],
    flows.lastPacket[entry],
    flows.protocol[entry],
    flows.clientFlags[entry],
    flows.serverFlags[entry],
    ...facts(flows, entry),
    flows.id[entry],
  ];
}

/** From `client_ttl` on. */
function facts(flows: FlowEntries, entry: number): unknown[] {
  const history = historyText(flows, entry);
  return [
    flows.clientTtl[entry] < 0 ? null : flows.clientTtl[entry],
    flows.serverTtl[entry] < 0 ? null : flows.serverTtl[entry],
    flows.handshake[entry],
    flows.firstData[entry] || null,
    connectionState(flows.transport[entry], flows.states[entry], history),
    history || null,
  ];
}

/** The values for `STORE_FLOW`. A flow without any time has NaN, which SQLite stores as NULL. */
export function flowValues(flows: FlowEntries, entry: number): unknown[] {
  const family = flows.family[entry];
  const transport = flows.transport[entry];
  const client = addressBytes(family, flows.client, entry);
  const server = addressBytes(family, flows.server, entry);
  const isIcmp = transport === ICMP || transport === ICMPV6;
  return [
    flows.id[entry],
    family,
    transport,
    flows.ipProtocol[entry],
    client,
    server,
    flows.clientPort[entry],
    flows.serverPort[entry],
    flows.vlan[entry] & 0xfff || null,
    flows.vlan[entry] >>> 12 || null,
    isIcmp ? flows.icmp[entry] >> 8 : null,
    isIcmp ? flows.icmp[entry] & 0xff : null,
    addressText(client),
    addressText(server),
    flows.clientPackets[entry],
    flows.clientBytes[entry],
    flows.serverPackets[entry],
    flows.serverBytes[entry],
    flows.firstTime[entry],
    flows.lastTime[entry],
    flows.firstPacket[entry],
    flows.lastPacket[entry],
    flows.protocol[entry],
    flows.clientFlags[entry],
    flows.serverFlags[entry],
    ...facts(flows, entry),
  ];
}

export interface FlowRow {
  id: number;
  family: number;
  transport: number;
  ip_protocol: number;
  client: Buffer;
  server: Buffer;
  client_port: number;
  server_port: number;
  vlan: number | null;
  inner_vlan: number | null;
  icmp_type: number | null;
  icmp_code: number | null;
  client_address: string;
  server_address: string;
  client_packets: number;
  client_bytes: number;
  server_packets: number;
  server_bytes: number;
  first_time: number | null;
  last_time: number | null;
  first_packet: number;
  last_packet: number;
  protocol: number;
  client_flags: number;
  server_flags: number;
  client_ttl: number | null;
  server_ttl: number | null;
  handshake: number | null;
  first_data: number | null;
  conn_state: string | null;
  history: string | null;
}

/** Puts a stored flow back into the arrays. */
export function loadFlow(row: FlowRow, entry: number, flows: FlowEntries): void {
  flows.id[entry] = row.id;
  flows.family[entry] = row.family;
  flows.transport[entry] = row.transport;
  flows.ipProtocol[entry] = row.ip_protocol;
  addressWords(row.client, flows.client, entry);
  addressWords(row.server, flows.server, entry);
  flows.clientPort[entry] = row.client_port;
  flows.serverPort[entry] = row.server_port;
  flows.vlan[entry] = (row.vlan ?? 0) + (row.inner_vlan ?? 0) * 4096;
  flows.icmp[entry] = (row.icmp_type ?? 0) * 256 + (row.icmp_code ?? 0);
  flows.clientPackets[entry] = row.client_packets;
  flows.clientBytes[entry] = row.client_bytes;
  flows.serverPackets[entry] = row.server_packets;
  flows.serverBytes[entry] = row.server_bytes;
  flows.firstTime[entry] = row.first_time ?? Number.NaN;
  flows.lastTime[entry] = row.last_time ?? Number.NaN;
  flows.firstPacket[entry] = row.first_packet;
  flows.lastPacket[entry] = row.last_packet;
  flows.protocol[entry] = row.protocol;
  flows.clientFlags[entry] = row.client_flags;
  flows.serverFlags[entry] = row.server_flags;
  flows.clientTtl[entry] = row.client_ttl ?? -1;
  flows.serverTtl[entry] = row.server_ttl ?? -1;
  flows.handshake[entry] = row.handshake ?? Number.NaN;
  flows.firstData[entry] = row.first_data ?? 0;
  restoreHistory(flows, entry, row.history ?? '');
}
