/** Frames: RFC 9000, section 19. */

import type { Body } from '../core/index.js';
import { frameTypes } from '../labels/quic.js';
import type { QuicFields } from './quic-fields.js';
import { hasVarint, takeVarint, varintAt, varintSize } from './quic-varint.js';

/** A piece of the handshake: where it stands in the stream of CRYPTO frames, and in the packet. */
export interface CryptoPiece {
  readonly offset: number;
  readonly at: number;
  readonly length: number;
}

/** What a STREAM frame carries: of which stream, where in that, and where in the packet. */
export interface StreamPiece extends CryptoPiece {
  readonly id: number;
}

/** Reads a piece of the handshake where it stands. */
type Handshake = (piece: CryptoPiece) => void;

type Reader = (
  body: Body,
  field: QuicFields,
  pieces: CryptoPiece[],
  handshake: Handshake,
  streams: StreamPiece[],
) => void;

/** Reads all frames up to the end of what the body sees; returns the pieces of the handshake among them. */
export function readFrames(
  body: Body,
  field: QuicFields,
  handshake: Handshake,
  streams: StreamPiece[] = [],
): readonly CryptoPiece[] {
  const pieces: CryptoPiece[] = [];
  while (body.remaining > 0) {
    body.group(field.frame, () => {
      const type = takeVarint(body, field.frame_type, (value) => frameTypes[value] ?? `Unknown (${value})`);
      body.describe(SHORT_NAMES[type] ?? frameTypes[type] ?? 'Unknown');
      const reader = readers[type];
      if (reader === undefined) body.skip(body.remaining);
      else reader(body, field, pieces, handshake, streams);
    });
  }
  return pieces;
}

/** Names that the list abbreviates. */
const SHORT_NAMES: Readonly<Record<number, string>> = {
  3: 'ACK',
  4: 'RS',
  5: 'SS',
  7: 'NT',
  16: 'MD',
  17: 'MSD',
  18: 'MS',
  19: 'MS',
  20: 'DB',
  21: 'SDB',
  22: 'SB',
  23: 'SB',
  24: 'NCI',
  25: 'RC',
  26: 'PC',
  27: 'PR',
  28: 'CC',
  29: 'CC',
  30: 'DONE',
  48: 'DG',
  49: 'DG',
};

/** A run of PADDING is one frame here: there are hundreds of them. */
const padding: Reader = (body, field) => {
  const start = body.position - 1;
  let at = body.position;
  while (at < body.end && body.view.getUint8(at) === 0) at++;
  body.position = at;
  body.derived(field.padding_length, at - start, undefined, start, at - start);
};

const acknowledgement =
  (congestion: boolean): Reader =>
  (body, field) => {
    takeVarint(body, field['ack.largest_acknowledged']);
    takeVarint(body, field['ack.ack_delay']);
    const count = takeVarint(body, field['ack.ack_range_count']);
    takeVarint(body, field['ack.first_ack_range']);
    for (let i = 0; i < count; i++) {
      takeVarint(body, field['ack.gap']);
      takeVarint(body, field['ack.ack_range']);
    }
    if (!congestion) return;
    takeVarint(body, field['ack.ect0_count']);
    takeVarint(body, field['ack.ect1_count']);
    takeVarint(body, field['ack.ecn_ce_count']);
  };

const crypto: Reader = (body, field, pieces, handshake) => {
  const offset = takeVarint(body, field['crypto.offset']);
  const length = takeVarint(body, field['crypto.length']);
  body.need(length, 'the handshake data');
  const piece = { offset, at: body.position, length };
  pieces.push(piece);
  body.group(field['crypto.crypto_data'], () => {
    body.describe(`${length} bytes`);
    handshake(piece);
    body.position = piece.at + length;
  });
};

const close =
  (transport: boolean): Reader =>
  (body, field) => {
    takeVarint(body, field[transport ? 'cc.error_code' : 'cc.error_code.app']);
    if (transport) takeVarint(body, field['cc.frame_type']);
    const length = takeVarint(body, field['cc.reason_phrase.length']);
    if (length > 0) body.text(field['cc.reason_phrase'], length);
  };

/** Frames that have nothing but numbers. */
const numbers =
  (...keys: readonly (keyof QuicFields)[]): Reader =>
  (body, field) => {
    for (const key of keys) takeVarint(body, field[key]);
  };

const FIN = 1;
const LENGTH = 2;
const OFFSET = 4;

/** Section 19.8: what of it is there, the type says. */
const stream =
  (type: number): Reader =>
  (body, field, _pieces, _handshake, streams) => {
    const typeAt = body.position - 1;
    for (const [key, bit] of [
      ['stream.fin', FIN],
      ['stream.len', LENGTH],
      ['stream.off', OFFSET],
    ] as const)
      body.derived(field[key], (type & bit) !== 0, undefined, typeAt, 1);
    const at = body.position;
    const id = takeVarint(body, field['stream.stream_id']);
    body.derived(field['stream.initiator'], id % 2, undefined, at, body.position - at);
    body.derived(field['stream.direction'], (id >> 1) & 1, undefined, at, body.position - at);
    const offset = (type & OFFSET) !== 0 ? takeVarint(body, field['stream.offset']) : 0;
    const length = (type & LENGTH) !== 0 ? takeVarint(body, field['stream.length']) : body.remaining;
    body.need(length, 'the data of the stream');
    streams.push({ id, offset, at: body.position, length });
    if (length > 0) body.take(field.stream_data, length);
    body.describe(`STREAM(${id})`);
  };

const newToken: Reader = (body, field) => {
  const length = takeVarint(body, field['nt.length']);
  if (length > 0) body.take(field['nt.token'], length);
};

/** Section 19.15. */
const newConnectionId: Reader = (body, field) => {
  takeVarint(body, field['nci.sequence']);
  takeVarint(body, field['nci.retire_prior_to']);
  const length = body.number(field['nci.connection_id.length']);
  if (length > 0) body.take(field['nci.connection_id'], length);
  body.take(field['nci.stateless_reset_token']);
};

/** RFC 9221, section 4. */
const datagram =
  (counted: boolean): Reader =>
  (body, field) => {
    const length = counted ? takeVarint(body, field['dg.length']) : body.remaining;
    if (length > 0) body.take(field.dg, length);
  };

const readers: Readonly<Record<number, Reader>> = {
  4: numbers('rsts.stream_id', 'rsts.application_error_code', 'rsts.final_size'),
  5: numbers('ss.stream_id', 'ss.application_error_code'),
  7: newToken,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, flags) => [8 + flags, stream(flags)])),
  16: numbers('md.maximum_data'),
  17: numbers('msd.stream_id', 'msd.maximum_stream_data'),
  18: numbers('ms.max_streams'),
  19: numbers('ms.max_streams'),
  20: numbers('sb.stream_data_limit'),
  21: numbers('sdb.stream_id', 'sb.stream_data_limit'),
  22: numbers('sib.stream_limit'),
  23: numbers('sib.stream_limit'),
  24: newConnectionId,
  25: numbers('rci.sequence'),
  26: (body, field) => void body.take(field['path_challenge.data']),
  27: (body, field) => void body.take(field['path_response.data']),
  30: () => undefined,
  48: datagram(false),
  49: datagram(true),
  0: padding,
  1: () => undefined,
  2: acknowledgement(false),
  3: acknowledgement(true),
  6: crypto,
  28: close(true),
  29: close(false),
};

const GOOGLE_CRYPTO = 8;

/** Frames of Google's versions, of which only the handshake is read: the others have formats of their own. */
export function readGoogleFrames(body: Body, handshake: Handshake): readonly CryptoPiece[] {
  const pieces: CryptoPiece[] = [];
  const { view } = body;
  while (body.remaining > 0 && body.peek8() === GOOGLE_CRYPTO) {
    let at = body.position + 1;
    const numbers: number[] = [];
    for (let i = 0; i < 2; i++) {
      if (!hasVarint(view, at, body.end)) body.fail('a CRYPTO frame without its offset and length');
      numbers.push(varintAt(view, at));
      at += varintSize(view, at);
    }
    const [offset, length] = numbers;
    body.skip(at - body.position);
    body.need(length, 'the handshake data');
    const piece = { offset, at, length };
    pieces.push(piece);
    handshake(piece);
    if (body.position < at + length) body.skip(at + length - body.position);
  }
  if (body.remaining > 0) body.skip(body.remaining);
  return pieces;
}
