/** The programs of a capture's flows as questions see them. */

import type { PacketProgram } from '../../../decoders/filter/index.js';
import type { CaptureReader } from '../capture-reader.js';
import type { FlowProcess, FlowProcesses } from '../query-types.js';

const NOTHING: FlowProcesses = { process: null, processes: [] };

/** Columns of `flows` that say where its ends are. */
export interface FlowEnds {
  readonly id: number;
  readonly client_address: string;
  readonly server_address: string;
}

/** Who holds a flow's sockets, in the order of the processes' ids. */
export function processesOf(reader: CaptureReader, { id, client_address, server_address }: FlowEnds): FlowProcesses {
  if (reader.programChanges === 0) return NOTHING;
  const processes = reader
    .statement(
      `SELECT h.side AS end, r.pid, r.name, r.user, r.command
       FROM flow_processes h JOIN processes r ON r.id = h.process WHERE h.flow = ? ORDER BY h.side, r.pid`,
    )
    .all(id) as FlowProcess[];
  if (processes.length === 0) return NOTHING;
  const clients = processes.filter(({ end }) => end === 'client');
  // Where both ends are on this machine, the flow's process is the one that began it, and nobody else stands in for it.
  const bothHere = client_address === server_address || isLoopback(client_address);
  const holders = clients.length > 0 || bothHere ? clients : processes;
  return { process: holders.length === 1 ? withoutEnd(holders[0]) : null, processes };
}

/** The same for a page of packets, whose flows are often the same. */
export class ProcessesOfFlows {
  private readonly known = new Map<number, FlowProcesses>();

  constructor(private readonly reader: CaptureReader) {}

  of(flow: number): FlowProcesses {
    if (flow === 0 || this.reader.programChanges === 0) return NOTHING;
    let found = this.known.get(flow);
    if (found === undefined) {
      const ends = this.reader
        .statement('SELECT id, client_address, server_address FROM flows WHERE id = ?')
        .get(flow) as FlowEnds | undefined;
      found = ends === undefined ? NOTHING : processesOf(this.reader, ends);
      if (this.known.size >= 10_000) this.known.clear();
      this.known.set(flow, found);
    }
    return found;
  }
}

/** The processes of a packet's flow for a filter. */
export function filterPrograms(reader: CaptureReader): (flow: number) => readonly PacketProgram[] {
  const processes = new ProcessesOfFlows(reader);
  return (flow) => processes.of(flow).processes;
}

function withoutEnd({ pid, name, user, command }: FlowProcess): FlowProcesses['process'] {
  return { pid, name, user, command };
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
