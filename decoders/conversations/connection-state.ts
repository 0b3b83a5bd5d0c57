/**
 * What became of a conversation, in the words of Zeek's conn.log: `conn_state`, from the states of both ends and the
 * history (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html).
 */

import { TcpFlag } from './tcp-flags.js';

/**
 * What an end was last seen to do. `partial`: it sends, and its opening was not captured. An end of UDP is inactive or
 * established.
 */
export const EndState = {
  inactive: 0,
  synSent: 1,
  synAckSent: 2,
  partial: 3,
  established: 4,
  closed: 5,
  reset: 6,
} as const;

/** 0: the client, who opens the conversation; 1: the server. */
export type SideIndex = 0 | 1;

const { syn: SYN, fin: FIN, rst: RST, ack: ACK } = TcpFlag;

/** Both ends' states in 16 bits: four a side for what it is, and four for what it was before. */
export function stateOf(states: number, side: number): number {
  return (states >> (side * 4)) & 15;
}

function stateBefore(states: number, side: number): number {
  return (states >> (8 + side * 4)) & 15;
}

export function withState(states: number, side: number, state: number): number {
  const old = stateOf(states, side);
  if (old === state) return states;
  return (states & ~(0xf0f << (side * 4))) | (state << (side * 4)) | (old << (8 + side * 4));
}

/**
 * The states after a TCP segment.
 *
 * @param flags control bits of octet 13
 * @param length octets of payload
 */
export function afterSegment(states: number, side: SideIndex, flags: number, length: number): number {
  const own = stateOf(states, side);
  const peer = stateOf(states, 1 - side);
  switch (own) {
    case EndState.inactive:
      return afterFirst(states, side, flags, length);
    case EndState.synSent:
    case EndState.synAckSent: {
      const closed = (flags & FIN) !== 0 ? withState(states, side, EndState.closed) : states;
      return (flags & RST) !== 0 ? withState(closed, side, EndState.reset) : closed;
    }
    case EndState.partial:
    case EndState.established:
      if ((flags & RST) !== 0) return withState(states, side, EndState.reset);
      if ((flags & FIN) !== 0) {
        const closed = withState(states, side, EndState.closed);
        // A FIN and then a RST from the other end: this is how some close, so it counts as the FIN.
        const wasClosed = peer === EndState.reset && stateBefore(states, 1 - side) === EndState.closed;
        return wasClosed ? withState(closed, 1 - side, EndState.closed) : closed;
      }
      if ((flags & (SYN | ACK)) === SYN && own === EndState.partial && peer === EndState.inactive)
        return withState(states, side, EndState.synSent);
      return states;
    case EndState.closed:
      // After both FINs a RST only says that nobody listens any more.
      if ((flags & RST) !== 0 && peer !== EndState.closed) return withState(states, side, EndState.reset);
      return states;
    default:
      return states;
  }
}

/** The first segment of a side. */
function afterFirst(before: number, side: SideIndex, flags: number, length: number): number {
  let states = before;
  const peer = stateOf(before, 1 - side);
  if ((flags & SYN) !== 0) {
    if (side === 0) {
      const opening = (flags & ACK) !== 0 ? EndState.synAckSent : EndState.synSent;
      // A SYN that was captured after its answer.
      states = withState(states, 0, peer === EndState.established ? EndState.established : opening);
    } else {
      if (peer === EndState.synSent) states = withState(states, 0, EndState.established);
      states = withState(states, 1, EndState.established);
    }
  }
  if ((flags & FIN) !== 0) states = withState(states, side, EndState.closed);
  if ((flags & RST) !== 0) states = withState(states, side, EndState.reset);
  if (stateOf(states, side) !== EndState.inactive) return states;
  // Some acknowledge a SYN before they send their own.
  if (side === 1 && length === 0 && peer === EndState.synSent) return states;
  const answers = (flags & ACK) !== 0 && peer === EndState.established;
  return withState(states, side, answers ? EndState.established : EndState.partial);
}

/** Whether an end has closed or reset the connection. */
export function isClosing(states: number): boolean {
  return stateOf(states, 0) >= EndState.closed || stateOf(states, 1) >= EndState.closed;
}

export type ConnectionState =
  | 'S0'
  | 'S1'
  | 'SF'
  | 'REJ'
  | 'S2'
  | 'S3'
  | 'RSTO'
  | 'RSTR'
  | 'RSTOS0'
  | 'RSTRH'
  | 'SH'
  | 'SHR'
  | 'OTH';

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;

/** A client that has sent nothing but its SYN before it resets. */
const ONLY_SYN = /^\^?S[^HAFGIQ]*R/;

/**
 * Zeek's `conn_state`; null for transports that it does not know.
 *
 * @param transport IP protocol number
 */
export function connectionState(transport: number, states: number, history: string): ConnectionState | null {
  if (transport === ICMP || transport === ICMPV6) return 'OTH';
  const client = stateOf(states, 0);
  const server = stateOf(states, 1);
  if (transport === UDP) {
    if (client !== EndState.inactive) return server !== EndState.inactive ? 'SF' : 'S0';
    return server !== EndState.inactive ? 'SHR' : 'OTH';
  }
  return transport === TCP ? tcpState(client, server, history) : null;
}

function tcpState(client: number, server: number, history: string): ConnectionState {
  const noClient = client === EndState.inactive || client === EndState.partial;
  const noServer = server === EndState.inactive || server === EndState.partial;
  if (server === EndState.reset) {
    const refused = client === EndState.synSent || client === EndState.synAckSent;
    if (refused || (client === EndState.reset && !/[Dd]/.test(history))) return 'REJ';
    return noClient ? 'RSTRH' : 'RSTR';
  }
  if (client === EndState.reset) {
    if (!noServer) return 'RSTO';
    return ONLY_SYN.test(history) ? 'RSTOS0' : 'OTH';
  }
  if (client === EndState.closed) return server === EndState.closed ? 'SF' : noServer ? 'SH' : 'S2';
  if (server === EndState.closed) return noClient ? 'SHR' : 'S3';
  if (client === EndState.synSent && server === EndState.inactive) return 'S0';
  return client === EndState.established && server === EndState.established ? 'S1' : 'OTH';
}
