/** What the packets of a QUIC connection say about those that follow. */

import type { Body } from '../core/index.js';
import { Level, QuicOpener } from './quic-open.js';
import { freshTls, TLS13, type TlsState } from './tls-state.js';

/** A piece of the handshake that waits for those before it. */
export interface Piece {
  readonly offset: number;
  readonly octets: Uint8Array;
}

/** One direction's CRYPTO frames of one level, as far as they were not shown. */
export interface CryptoStream {
  pieces: Piece[];
  /** Octets that were shown; what repeats them is a retransmission. */
  shown: number;
}

export interface Connection {
  /** The Destination Connection ID of the client's first packet, from which the keys follow. */
  first: Uint8Array | undefined;
  /** The direction of that packet. */
  client: 0 | 1;
  /** The connection IDs that the server chose, as hexadecimal digits. */
  readonly serverIds: Set<string>;
  /** For each direction: octets of the connection IDs in its packets; -1 while unknown. */
  readonly idLength: [number, number];
  /** By level and direction (RFC 9001, section 4.1.4). */
  readonly crypto: readonly (readonly [CryptoStream, CryptoStream])[];
  readonly tls: TlsState;
  /** Undefined where there are no secrets. */
  opener: QuicOpener | undefined;
  direction: 0 | 1;
}

const stream = (): CryptoStream => ({ pieces: [], shown: 0 });

export function fresh(): Connection {
  const tls: TlsState = { ...freshTls(), version: TLS13 };
  return {
    first: undefined,
    client: 0,
    serverIds: new Set(),
    idLength: [-1, -1],
    crypto: [Level.initial, Level.handshake, Level.application].map(() => [stream(), stream()] as const),
    tls,
    opener: undefined,
    direction: 0,
  };
}

export function connectionOf(body: Body): Connection {
  const { conversation } = body.dissection;
  if (conversation === undefined) return fresh();
  const connection = conversation.remember('quic', fresh);
  connection.direction = conversation.direction;
  return connection;
}

/** Has the secrets of the key log ready for packets of this version; does nothing where there are none. */
export function useSecrets(body: Body, connection: Connection, version: number): void {
  const { conversation } = body.dissection;
  if (conversation?.secrets !== undefined) connection.opener ??= new QuicOpener(conversation.secrets, version);
}
