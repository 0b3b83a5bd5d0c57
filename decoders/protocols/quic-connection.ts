/** What the packets of a QUIC connection say about those that follow. */

import type { Body } from '../core/index.js';
import { Http3Connection } from './http3-streams.js';
import type { StreamPiece } from './quic-frames.js';
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
  /** Undefined before there is anything of HTTP/3. */
  http3: Http3Connection | undefined;
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
    http3: undefined,
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
export function takeSecrets(body: Body, connection: Connection, version: number): void {
  const { conversation } = body.dissection;
  if (conversation?.secrets !== undefined) connection.opener ??= new QuicOpener(conversation.secrets, version);
}

/** Has HTTP/3 shown that these frames carry, where that is what both sides speak. */
export function presentStreams(
  body: Body,
  connection: Connection,
  pieces: readonly StreamPiece[],
  octets: Uint8Array,
): void {
  const { conversation } = body.dissection;
  if (pieces.length === 0 || conversation === undefined || !/^h3\b/.test(connection.opener?.application ?? '')) return;
  connection.http3 ??= new Http3Connection();
  const ofClient = connection.direction === connection.client;
  for (const { id, offset, at, length } of pieces) {
    const stream = connection.http3.stream(id, ofClient);
    const known = stream.type;
    const ready = connection.http3.add(stream, offset, octets.slice(at, at + length));
    if (ready === undefined || ready.length === 0) continue;
    const first = stream.unidirectional && known < 0;
    conversation.present?.(`QUIC stream ${id}`, 'http3', ready, { connection: connection.http3, stream, first });
  }
}
