/** Flows between the flow table's arrays and the rows of the table `flows`. */

import type { FlowEntries } from '../../decoders/conversations/flow-table.js';
import { addressBytes, addressText, addressWords } from './addresses.js';

/** All columns of `flows` in their order. */
export const STORE_FLOW = 'INSERT INTO flows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** The columns that go on, for a flow that has a row. */
export const UPDATE_FLOW = `
UPDATE flows SET client_packets = ?, client_bytes = ?, server_packets = ?, server_bytes = ?, first_time = ?,
  last_time = ?, last_packet = ?, protocol = ?, client_flags = ?, server_flags = ? WHERE id = ?`;

/** The values for `UPDATE_FLOW`. A flow without any time has NaN, which SQLite stores as NULL. */
export function flowCounts(flows: FlowEntries, entry: number): number[] {
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
    flows.id[entry],
  ];
}

/** The values for `STORE_FLOW`. A flow without any time has NaN, which SQLite stores as NULL. */
export function flowValues(flows: FlowEntries, entry: number): unknown[] {
  const family = flows.family[entry];
  const client = addressBytes(family, flows.client, entry);
  const server = addressBytes(family, flows.server, entry);
  return [
    flows.id[entry],
    family,
    flows.transport[entry],
    client,
    server,
    flows.clientPort[entry],
    flows.serverPort[entry],
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
  ];
}

export interface FlowRow {
  id: number;
  family: number;
  transport: number;
  client: Buffer;
  server: Buffer;
  client_port: number;
  server_port: number;
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
}

/** Puts a stored flow back into the arrays. */
export function loadFlow(row: FlowRow, entry: number, flows: FlowEntries): void {
  flows.id[entry] = row.id;
  flows.family[entry] = row.family;
  flows.transport[entry] = row.transport;
  addressWords(row.client, flows.client, entry);
  addressWords(row.server, flows.server, entry);
  flows.clientPort[entry] = row.client_port;
  flows.serverPort[entry] = row.server_port;
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
}
