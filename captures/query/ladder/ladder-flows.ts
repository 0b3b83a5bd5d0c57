/** What a ladder has to know of the TCP connections whose segments it shows, whether or not it shows them all. */

import { type EndsRemark, TcpEnds, type TcpState } from '../../../decoders/conversations/tcp-ends.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import {
  type FollowedFlow,
  flowPackets,
  followedFlow,
  type TransportPacket,
  TransportReader,
} from '../streams/flow-packets.js';
import { TRANSPORT } from '../streams/follow.js';

/** Connections that are remembered from page to page. */
const MAXIMUM_CONNECTIONS = 500;
/** Packets that a page may read besides its own, to know the states; where no index helps, packet numbers count a little. */
const BUDGET = 200_000;
const NUMBERS_A_PACKET = 50;
/** Packets that are read before others get their turn. */
const TURN = 500;
const HEADER = 20;

const NAMES: readonly (readonly [number, string])[] = [
  [2, 'SYN'],
  [1, 'FIN'],
  [4, 'RST'],
  [8, 'PSH'],
  [32, 'URG'],
  [16, 'ACK'],
];

/** A segment on a ladder. */
export interface LadderSegment {
  readonly fromServer: boolean;
  readonly flags: string;
  readonly bits: number;
  readonly seq: number | undefined;
  readonly ack: number | undefined;
  /** Octets of payload on the wire. */
  readonly length: number;
  readonly window: number;
  readonly clientState: TcpState | undefined;
  readonly serverState: TcpState | undefined;
  readonly remark: EndsRemark | undefined;
  /** The states before it. */
  readonly before: { readonly clientState: TcpState | undefined; readonly serverState: TcpState | undefined };
}

interface Connection {
  readonly flow: FollowedFlow;
  readonly packets: TransportReader;
  readonly ends: TcpEnds;
  /** Number of the last packet that it has seen. */
  position: number;
  /** Whether packets were left out, so that nobody knows the states. */
  lost: boolean;
}

export class LadderFlows {
  private readonly connections = new Map<number, Connection>();
  private budget = BUDGET;

  constructor(
    private readonly reader: CaptureReader,
    private readonly pause: () => Promise<void>,
  ) {}

  /** A page begins: it may read so many packets again. */
  beginPage(): void {
    this.budget = BUDGET;
  }

  /** The segment in a packet, after everything of its connection before it; undefined for what is no TCP. */
  async segment(ref: PacketRef, flow: number): Promise<LadderSegment | undefined> {
    const connection = this.connectionOf(flow, ref.number);
    if (connection === undefined) return undefined;
    await this.catchUp(connection, ref.number - 1);
    connection.position = ref.number;
    const packet = connection.packets.read(ref);
    return packet === undefined || packet.transport !== TRANSPORT.tcp ? undefined : look(connection, packet);
  }

  private connectionOf(id: number, number: number): Connection | undefined {
    const known = this.connections.get(id);
    if (known !== undefined && known.position < number) {
      this.connections.delete(id);
      this.connections.set(id, known);
      return known;
    }
    const flow = followedFlow(this.reader, id);
    if (flow === undefined || flow.transport !== TRANSPORT.tcp) return undefined;
    const connection = {
      flow,
      packets: new TransportReader(this.reader, flow),
      ends: new TcpEnds(),
      position: flow.firstPacket - 1,
      lost: false,
    };
    this.connections.delete(id);
    this.connections.set(id, connection);
    if (this.connections.size > MAXIMUM_CONNECTIONS) {
      const [oldest] = this.connections.keys();
      this.connections.delete(oldest);
    }
    return connection;
  }

  private async catchUp(connection: Connection, until: number): Promise<void> {
    const { reader } = this;
    if (connection.lost || connection.position >= until) return;
    if (!reader.hasFlowIndex) this.budget -= (until - connection.position) / NUMBERS_A_PACKET;
    let looked = 0;
    for (const refs of flowPackets(reader, connection.flow.id, connection.position, until)) {
      if (this.budget < 0) {
        connection.lost = true;
        return;
      }
      this.budget -= refs.length;
      for (const ref of refs) {
        const packet = connection.packets.read(ref);
        if (packet?.transport === TRANSPORT.tcp) look(connection, packet);
      }
      looked += refs.length;
      if (looked >= TURN) {
        looked = 0;
        await this.pause();
      }
    }
    connection.position = until;
  }
}

function look(connection: Connection, { view, offset, end, fromServer }: TransportPacket): LadderSegment {
  const { ends, lost } = connection;
  const bits = view.getUint8(offset + 13);
  const header = Math.max(HEADER, (view.getUint8(offset + 12) >> 4) * 4);
  const length = Math.max(0, end - offset - header);
  const sequence = view.getUint32(offset + 4);
  const acknowledgment = view.getUint32(offset + 8);
  const from = fromServer ? 'server' : 'client';
  const before = { clientState: ends.clientState, serverState: ends.serverState };
  const remark = ends.add({ from, sequence, acknowledgment, flags: bits, length });
  return {
    fromServer,
    flags: NAMES.filter(([bit]) => (bits & bit) !== 0)
      .map(([, name]) => name)
      .join(', '),
    bits,
    seq: ends.relative(from, sequence),
    ack: (bits & 16) === 0 ? undefined : ends.relative(fromServer ? 'client' : 'server', acknowledgment),
    length,
    window: view.getUint16(offset + 14),
    clientState: lost ? undefined : ends.clientState,
    serverState: lost ? undefined : ends.serverState,
    remark: lost ? undefined : remark,
    before,
  };
}
