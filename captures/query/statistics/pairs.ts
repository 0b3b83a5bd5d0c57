/** Who talked to whom, and how much: conversations and endpoints at one layer, counted as tshark counts them. */

/** What there can be endpoints and conversations of. */
export type PairType = 'eth' | 'ip' | 'ipv6' | 'tcp' | 'udp' | 'sctp';

/** Different pairs, or ends, that are kept; packets of further ones are only counted. */
export const MAXIMUM_PAIRS = 500_000;

/** One packet as it goes from one end to the other. */
export interface Passage {
  readonly source: string;
  readonly destination: string;
  /** Undefined where the layer has none. */
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** Tells conversations between the same two ends apart. */
  readonly stream: number;
  readonly packets: number;
  readonly bytes: number;
  /** Nanoseconds since the capture's first packet, of the first and the last packet; NaN when unknown. */
  readonly first: number;
  readonly last: number;
}

export interface ConversationRow {
  readonly addressA: string;
  readonly portA?: number;
  readonly addressB: string;
  readonly portB?: number;
  packetsAB: number;
  bytesAB: number;
  packetsBA: number;
  bytesBA: number;
  /** Seconds since the capture's first packet; null when no packet has a time. */
  start: number | null;
  /** Seconds. */
  duration: number | null;
}

export interface EndpointRow {
  readonly address: string;
  readonly port?: number;
  packets: number;
  bytes: number;
  txPackets: number;
  txBytes: number;
  rxPackets: number;
  rxBytes: number;
}

interface Conversation extends ConversationRow {
  first: number;
  last: number;
}

/** Gathers conversations. */
export class Conversations {
  /** Packets of conversations that there was no room for. */
  omitted = 0;
  private readonly byKey = new Map<string, Conversation>();

  add(passage: Passage): void {
    const { source, sourcePort, destination, destinationPort, stream } = passage;
    const from = `${source} ${sourcePort}`;
    const to = `${destination} ${destinationPort}`;
    const key = from < to ? `${from} ${to} ${stream}` : `${to} ${from} ${stream}`;
    let found = this.byKey.get(key);
    if (found === undefined) {
      if (this.byKey.size >= MAXIMUM_PAIRS) {
        this.omitted += passage.packets;
        return;
      }
      found = newConversation(passage);
      this.byKey.set(key, found);
    }
    if (found.addressA === source && found.portA === sourcePort) {
      found.packetsAB += passage.packets;
      found.bytesAB += passage.bytes;
    } else {
      found.packetsBA += passage.packets;
      found.bytesBA += passage.bytes;
    }
    // False for NaN, and a capture may go back in time.
    if (!(found.first <= passage.first)) found.first = passage.first;
    if (!(found.last >= passage.last)) found.last = passage.last;
  }

  /** The largest first. */
  rows(): ConversationRow[] {
    return [...this.byKey.values()]
      .sort((a, b) => b.packetsAB + b.packetsBA - (a.packetsAB + a.packetsBA) || a.first - b.first)
      .map(({ first, last, ...row }) => ({
        ...row,
        start: Number.isNaN(first) ? null : first / 1e9,
        duration: Number.isNaN(first) ? null : (last - first) / 1e9,
      }));
  }
}

/** Gathers endpoints. */
export class Endpoints {
  omitted = 0;
  private readonly byKey = new Map<string, EndpointRow>();

  add({ source, sourcePort, destination, destinationPort, packets, bytes }: Passage): void {
    const from = this.endpoint(source, sourcePort);
    const to = this.endpoint(destination, destinationPort);
    if (from === undefined || to === undefined) this.omitted += packets;
    if (from !== undefined) {
      from.packets += packets;
      from.bytes += bytes;
      from.txPackets += packets;
      from.txBytes += bytes;
    }
    if (to !== undefined) {
      to.packets += packets;
      to.bytes += bytes;
      to.rxPackets += packets;
      to.rxBytes += bytes;
    }
  }

  /** The largest first. */
  rows(): EndpointRow[] {
    return [...this.byKey.values()].sort((a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1));
  }

  private endpoint(address: string, port: number | undefined): EndpointRow | undefined {
    const key = port === undefined ? address : `${address} ${port}`;
    let found = this.byKey.get(key);
    if (found === undefined && this.byKey.size < MAXIMUM_PAIRS) {
      found = {
        address,
        ...(port === undefined ? {} : { port }),
        packets: 0,
        bytes: 0,
        txPackets: 0,
        txBytes: 0,
        rxPackets: 0,
        rxBytes: 0,
      };
      this.byKey.set(key, found);
    }
    return found;
  }
}

/** A is the end that sent the first packet. */
function newConversation({ source, sourcePort, destination, destinationPort }: Passage): Conversation {
  return {
    addressA: source,
    ...(sourcePort === undefined ? {} : { portA: sourcePort }),
    addressB: destination,
    ...(destinationPort === undefined ? {} : { portB: destinationPort }),
    packetsAB: 0,
    bytesAB: 0,
    packetsBA: 0,
    bytesBA: 0,
    start: null,
    duration: null,
    first: Number.NaN,
    last: Number.NaN,
  };
}

/** What was gathered, in the shape of the answer. */
export function pairsFound(pairs: Conversations | Endpoints) {
  const omitted = pairs.omitted === 0 ? {} : { omitted: pairs.omitted };
  return pairs instanceof Endpoints
    ? { endpoints: pairs.rows(), ...omitted }
    : { conversations: pairs.rows(), ...omitted };
}
