/** Which end of a flow is the server, by its first packet. */

import type { Columns } from '../core/columns.js';
import type { Registry } from '../core/registry.js';
import { PacketFlag } from '../core/walk.js';
import { TcpFlag } from './tcp-flags.js';

const TCP = 6;
const UDP = 17;
const SCTP = 132;
/** RFC 9260, section 3.2: the chunks that open an association. */
const INIT = 1;
const INIT_ACK = 2;
const SCTP_HEADER = 12;
/** RFC 6335, section 6: the ports up to here are those of services that the system runs. */
const SYSTEM_PORTS = 1024;

/** Ports that one of the decoders is for, and the system's. */
function servicePorts(registry: Registry, table: string): Uint8Array {
  const ports = new Uint8Array(65_536).fill(1, 1, SYSTEM_PORTS);
  for (const { carriedBy } of registry.protocols) for (const port of [carriedBy[table] ?? []].flat()) ports[port] = 1;
  return ports;
}

export class FlowOpening {
  private readonly tcp: Uint8Array;
  private readonly udp: Uint8Array;

  constructor(registry: Registry) {
    this.tcp = servicePorts(registry, 'tcp.port');
    this.udp = servicePorts(registry, 'udp.port');
  }

  /**
   * Whether the packet in row `row` comes from the server: it answers an opening that was not captured (SYN with ACK,
   * INIT ACK), or it comes from a service's port and goes to one that is not. Otherwise whoever speaks first is the
   * client.
   *
   * @param tcpFlags TCP control bits, 0 of other transports
   */
  isFromServer(columns: Columns, row: number, view: DataView, tcpFlags: number): boolean {
    const transport = columns.transport[row];
    if ((tcpFlags & TcpFlag.syn) !== 0) return (tcpFlags & TcpFlag.ack) !== 0;
    if (transport === SCTP) {
      const chunk = firstChunk(columns, row, view);
      if (chunk === INIT || chunk === INIT_ACK) return chunk === INIT_ACK;
    }
    const services = transport === UDP ? this.udp : this.tcp;
    const source = columns.sourcePort[row];
    const destination = columns.destinationPort[row];
    // Without ports (0) nothing is known.
    if (transport !== TCP && transport !== UDP) return isSystem(source) && !isSystem(destination) && destination !== 0;
    return services[source] === 1 && services[destination] === 0;
  }
}

function isSystem(port: number): boolean {
  return port !== 0 && port < SYSTEM_PORTS;
}

/** Type of the first chunk of an SCTP packet; -1 when there is none, or it was not captured. */
function firstChunk(columns: Columns, row: number, view: DataView): number {
  const at = columns.transportOffset[row] + SCTP_HEADER;
  const isWhole = (columns.flags[row] & (PacketFlag.truncated | PacketFlag.short)) === 0;
  if (columns.transportOffset[row] < 0 || !isWhole || at >= columns.transportEnd[row] || at >= view.byteLength)
    return -1;
  return view.getUint8(at);
}
