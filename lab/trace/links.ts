/** Which packets a traced program's calls made, and which brought what they received. */

import type { TracedCall } from './calls.js';
import { linkDatagrams } from './datagrams.js';
import type { TracedPacket } from './packets.js';
import type { TracedSocket } from './sockets.js';
import { linkConnections } from './streams.js';

export interface CallLinks {
  /** Packets that the call made. */
  readonly packets: number[];
  /** Packets that brought what it returned: data, a FIN, the other end's part of a handshake, an error. */
  readonly received: number[];
  flow: number | null;
}

/** A call with the place where its links go. */
export interface Linked {
  readonly call: TracedCall;
  readonly links: CallLinks;
}

/**
 * Links calls to packets. TCP by sequence numbers: the octets that the calls on a connection sent and received, one after
 * the other, are those of its segments, whatever Nagle, retransmission and delay did. Datagrams by their order, sizes and
 * times.
 *
 * @param calls in the order in which they returned
 * @param packets in the order of their numbers
 * @returns in the order of `calls`
 */
export function linkCalls(calls: readonly TracedCall[], packets: readonly TracedPacket[]): CallLinks[] {
  const all = calls.map((call): Linked => ({ call, links: { packets: [], received: [], flow: null } }));
  const sockets = new Map<TracedSocket, Linked[]>();
  for (const one of all) {
    const those = sockets.get(one.call.socket);
    if (those === undefined) sockets.set(one.call.socket, [one]);
    else those.push(one);
  }
  linkConnections(
    [...sockets].filter(([{ transport }]) => transport === 'tcp'),
    packets.filter(({ kind }) => kind === 'tcp'),
  );
  linkDatagrams(
    [...sockets].filter(([{ transport }]) => transport !== 'tcp'),
    packets.filter(({ kind }) => kind !== 'tcp'),
  );
  return all.map(({ links }) => links);
}

/** Notes packets that a call made, or with `received` those that it got. */
export function note({ links }: Linked, which: 'packets' | 'received', packets: Iterable<TracedPacket>): void {
  for (const { number, flow } of packets) {
    if (!links[which].includes(number)) links[which].push(number);
    links.flow ??= flow;
  }
}

/**
 * Calls that packets are to be found for: connect, accept, send, receive and close of TCP, send and receive of others.
 *
 * @returns for each call whether it is one
 */
export function linkable(calls: readonly TracedCall[]): boolean[] {
  const closed = new Set<TracedSocket>();
  return calls.map((call) => {
    const { effect, error, sizes, socket } = call;
    const tcp = socket.transport === 'tcp';
    if (effect === 'connects') return tcp;
    if (error !== undefined) return false;
    if (effect === 'accepts' || effect === 'receives') return true;
    if (effect === 'sends') return !tcp || sizes[0] > 0;
    if (effect !== 'closes' || !tcp || socket.remote === undefined || closed.has(socket)) return false;
    // After shutdown, close has nothing to say any more.
    closed.add(socket);
    return true;
  });
}
