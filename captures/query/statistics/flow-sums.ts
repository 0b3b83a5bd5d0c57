/** Conversations and endpoints from the flows, where those tell everything: no packet has to be looked at. */

import { AddressFamily, PacketFlag } from '../../../decoders/core/index.js';
import type { CaptureReader } from '../capture-reader.js';
import { Conversations, Endpoints, type PairType, pairsFound } from './pairs.js';

const TRANSPORT: Partial<Record<PairType, number>> = { tcp: 6, udp: 17, sctp: 132 };

interface FlowRow {
  readonly id: number;
  readonly client_address: string;
  readonly server_address: string;
  readonly client_port: number;
  readonly server_port: number;
  readonly client_packets: number;
  readonly client_bytes: number;
  readonly server_packets: number;
  readonly server_bytes: number;
  readonly first_time: number | null;
  readonly last_time: number | null;
  /** Whether the server sent the first packet. */
  readonly server_first: number | null;
}

/**
 * Whether the flows say all: no tunnels or quotations, whose outer layers they do not know, no cut or broken headers,
 * no fragments (for the transports), and nothing that a ring has let go.
 */
export function flowsTell(reader: CaptureReader, type: PairType): boolean {
  if (type === 'eth' || reader.totals.toVerify > 0 || reader.firstNumber > 1) return false;
  if (TRANSPORT[type] === undefined) return true;
  const fragment = reader.statement(`SELECT 1 FROM packets WHERE (flags & ${PacketFlag.fragment}) != 0 LIMIT 1`);
  return fragment.get() === undefined;
}

export function flowSums(reader: CaptureReader, type: PairType, kind: 'conversations' | 'endpoints') {
  const transport = TRANSPORT[type];
  const condition =
    transport === undefined
      ? `family = ${type === 'ip' ? AddressFamily.ipv4 : AddressFamily.ipv6}`
      : `transport = ${transport}`;
  const pairs = kind === 'conversations' ? new Conversations() : new Endpoints();
  const rows = reader
    .statement(
      `SELECT f.*, (SELECT p.flags & ${PacketFlag.fromServer} FROM packets p WHERE p.number = f.first_packet) AS server_first
        FROM flows f WHERE ${condition} ORDER BY f.first_packet`,
    )
    .iterate() as IterableIterator<FlowRow>;
  for (const row of rows) {
    const stream = type === 'tcp' ? row.id : 0;
    const first = row.first_time ?? Number.NaN;
    const last = row.last_time ?? Number.NaN;
    const ports = transport !== undefined;
    const client = { address: row.client_address, port: ports ? row.client_port : undefined };
    const server = { address: row.server_address, port: ports ? row.server_port : undefined };
    const add = (from: typeof client, to: typeof client, packets: number, bytes: number): void => {
      if (packets === 0) return;
      pairs.add({
        source: from.address,
        sourcePort: from.port,
        destination: to.address,
        destinationPort: to.port,
        stream,
        packets,
        bytes,
        first,
        last,
      });
    };
    const toServer = () => add(client, server, row.client_packets, row.client_bytes);
    const toClient = () => add(server, client, row.server_packets, row.server_bytes);
    // Who sent first is told by who comes first.
    if (row.server_first) toClient();
    toServer();
    if (!row.server_first) toClient();
  }
  return pairsFound(pairs);
}
