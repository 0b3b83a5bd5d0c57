import { hexText } from '../core/format.js';
import { type Body, type FieldNode, findField, type LayerNode, protocol, startingWith } from '../core/index.js';
import { quicVersions } from '../labels/quic.js';
import { readIn } from './other-octets.js';
import { type Connection, connectionOf, fresh, presentStreams, takeSecrets } from './quic-connection.js';
import { CryptoFrames } from './quic-crypto.js';
import { type QuicFields, quicFields } from './quic-fields.js';
import { type CryptoPiece, readFrames, readGoogleFrames, type StreamPiece } from './quic-frames.js';
import { hasGoogleFrames, initialKeys, isKnownVersion, open, type Unmasked, unmask, VERSION_2 } from './quic-keys.js';
import { Level, type OpenedPacket } from './quic-open.js';
import { hasVarint, takeVarint, varintAt, varintSize } from './quic-varint.js';
import { TLS13 } from './tls-state.js';

/** RFC 9000, section 17.2: a longer one is of another version than those that are known. */
const LONGEST_ID = 20;
const RETRY_TAG = 16;
/** Types of packets in version 1; version 2 counts one further (RFC 9369, section 3.2). */
const INITIAL = 0;
const HANDSHAKE = 2;
const RETRY = 3;
const TYPE_NAMES = ['Initial', '0-RTT', 'Handshake', 'Retry'];

/** QUIC: packets of version 1 (RFC 9000), version 2 (RFC 9369) and the last drafts. */
export const quic = protocol('quic', 'QUIC IETF', {
  reference: 'RFC 9000, section 17',
  carriedBy: { 'udp.port': 443 },
  header: {},
  fields: quicFields,
  // Port 443 had Google's QUIC before: that is another protocol.
  lead: {
    fields: [],
    octets: (_read, view, start, end) => (start < end && isQuic(view, start, end) ? 0 : -1),
  },
  headerLength: 'all',
  recognises: { udp: startingWith((octet) => octet >= 0xc0, recognise) },
  body: (body, field) => {
    const connection = connectionOf(body);
    const plain: Plain = { octets: undefined };
    while (body.remaining > 0) {
      if (body.peek8() < 0x80) shortPacket(body, field, connection, plain);
      else longPacket(body, field, connection, plain);
    }
  },
  info: (layer) => summary(layer),
});

/** The packet's octets with protection removed; made when first needed. */
interface Plain {
  octets: Uint8Array<ArrayBuffer> | undefined;
}

function isQuic(view: DataView, start: number, end: number): boolean {
  const first = view.getUint8(start);
  if (first < 0x80) return (first & 0x40) !== 0;
  if (start + 7 > end) return (first & 0x40) !== 0;
  const version = view.getUint32(start + 1);
  return version === 0 || isKnownVersion(version) || isReserved(version);
}

/** RFC 9000, section 15: versions that only make servers negotiate. */
function isReserved(version: number): boolean {
  return (version & 0x0f0f0f0f) === 0x0a0a0a0a;
}

/** A long header of a known version, whose connection IDs fit. */
function recognise(view: DataView, start: number, end: number): boolean {
  if (start + 7 > end || view.getUint8(start) < 0xc0 || !isKnownVersion(view.getUint32(start + 1))) return false;
  const destination = view.getUint8(start + 5);
  if (destination > LONGEST_ID || start + 7 + destination > end) return false;
  return view.getUint8(start + 6 + destination) <= LONGEST_ID;
}

/** RFC 9000, section 17.3: how long the connection ID is, only the connection knows. */
function shortPacket(body: Body, field: QuicFields, connection: Connection, plain: Plain): void {
  const start = body.position;
  const end = body.end;
  const length = Math.max(0, connection.idLength[connection.direction]);
  body.derived(field.packet_length, (body.walk.end[body.depth] ?? end) - start, undefined, start);
  const opened = openedBy(body, connection, Level.application, start, end, start + 1 + length);
  body.group(field.short, () => {
    body.bitsAt(field.header_form, start * 8);
    body.bitsAt(field.fixed_bit, start * 8 + 1);
    body.bitsAt(field.spin_bit, start * 8 + 2);
    if (opened !== undefined) {
      body.derived(field['short.reserved'], (opened.first >> 3) & 3, undefined, start, 1);
      body.derived(field.key_phase, (opened.first & 4) !== 0, undefined, start, 1);
      body.derived(field.packet_number_length, opened.first & 3, `${opened.numberLength} bytes`, start, 1);
    }
    body.position++;
    if (length > 0) body.take(field.dcid, length);
    body.describe(`Protected Payload (KP${opened === undefined ? 0 : (opened.first >> 2) & 1})`);
    if (opened === undefined) return;
    body.found(field.packet_number, opened.packetNumber, body.position, opened.numberLength);
    body.position += opened.numberLength;
    body.derived(
      field.protected_payload,
      hexText(body.view, body.position, end - body.position),
      undefined,
      body.position,
      end - body.position,
    );
  });
  if (opened !== undefined)
    frames(body, field, connection, plain, { ...opened, google: false }, Level.application, end);
  else if (body.remaining > 0) body.take(field.remaining_payload, body.remaining);
}

/** A packet that only the secrets of a key log open; undefined where they are not there or not right. */
function openedBy(
  body: Body,
  connection: Connection,
  level: Level,
  start: number,
  end: number,
  numberAt: number,
): OpenedPacket | undefined {
  const { opener, client, direction } = connection;
  if (opener === undefined || (body.walk.end[body.depth] ?? end) > body.walk.capturedEnd) return undefined;
  const packet = new Uint8Array(body.view.buffer, body.view.byteOffset + start, end - start);
  return opener.open(level, direction === client, packet, numberAt - start);
}

/** RFC 9000, section 17.2. */
function longPacket(body: Body, field: QuicFields, connection: Connection, plain: Plain): void {
  const { view } = body;
  const start = body.position;
  const version = body.remaining < 5 ? 0 : view.getUint32(start + 1);
  const length = packetLength(view, start, body.end, version);
  const there = (body.walk.end[body.depth] ?? body.end) - start;
  body.derived(field.packet_length, Math.min(length, there), undefined, start);
  body.bitsAt(field.header_form, start * 8);
  const type = version === VERSION_2 ? (view.getUint8(start) + 0x30) & 0x30 : view.getUint8(start) & 0x30;
  const kind = type >> 4;
  if (version === 0) body.bitsAt(field['vn.unused'], start * 8 + 1);
  else {
    if (kind !== RETRY) body.bitsAt(field.fixed_bit, start * 8 + 1);
    body.bitsAt(field[version === VERSION_2 ? 'long.packet_type_v2' : 'long.packet_type'], start * 8 + 2);
  }
  body.position = start + 1;
  body.number(field.version);
  const destinationLength = body.number(field.dcil);
  const destination = new Uint8Array(Math.min(destinationLength, Math.max(0, body.remaining)));
  for (let i = 0; i < destination.length; i++) destination[i] = view.getUint8(body.position + i);
  if (destinationLength > 0) body.take(field.dcid, destinationLength);
  const sourceLength = body.number(field.scil);
  const source = hexText(view, body.position, Math.max(0, Math.min(sourceLength, body.remaining)));
  if (sourceLength > 0) body.take(field.scid, sourceLength);
  connection.idLength[connection.direction] = destinationLength;
  connection.idLength[1 - connection.direction] = sourceLength;
  if (version === 0) {
    while (body.remaining > 0) body.number(field.supported_version);
    return;
  }
  if (kind === RETRY) {
    retry(body, field, connection, source);
    return;
  }
  if (kind === INITIAL) {
    const token = takeVarint(body, field.token_length);
    if (token > 0) body.take(field.token, token);
  }
  const octets = takeVarint(body, field.length);
  const whole = body.position + octets <= body.end;
  const last = Math.min(body.position + octets, body.end);
  const packet = new Uint8Array(view.buffer, view.byteOffset + start, last - start);
  let sealed: Sealed | undefined;
  let level: Level = Level.initial;
  if (kind === INITIAL) sealed = keysFor(body, packet, version, destination, source, connection);
  else if (whole) {
    level = kind === HANDSHAKE ? Level.handshake : Level.early;
    const opened = openedBy(body, connection, level, start, last, body.position);
    sealed = opened && { ...opened, google: false };
  }
  if (sealed !== undefined) longPayload(body, field, connection, plain, sealed, level, start, last);
  else if (last > body.position) body.take(field.remaining_payload, last - body.position);
  if (!whole) body.need(octets - (last - body.position), 'the payload');
}

/** Octets that the packet at `start` says it has, so far as that can be read; else all that is left. */
function packetLength(view: DataView, start: number, end: number, version: number): number {
  const all = Number.MAX_SAFE_INTEGER;
  if (version === 0) return all;
  const kind = (view.getUint8(start) >> 4) & 3;
  const type = version === VERSION_2 ? (kind + 3) & 3 : kind;
  let at = start + 5;
  for (let i = 0; i < 2; i++) {
    if (at >= end) return all;
    at += 1 + view.getUint8(at);
  }
  if (type === RETRY) return all;
  if (type === INITIAL) {
    if (!hasVarint(view, at, end)) return all;
    at += varintSize(view, at) + varintAt(view, at);
  }
  return hasVarint(view, at, end) ? at + varintSize(view, at) + varintAt(view, at) - start : all;
}

function retry(body: Body, field: QuicFields, connection: Connection, source: string): void {
  const length = body.remaining - RETRY_TAG;
  if (length > 0) body.take(field.retry_token, length);
  body.take(field.retry_integrity_tag);
  // The client begins again with another connection ID, and other keys (RFC 9001, section 5.2); its handshake goes on.
  connection.first = undefined;
  noteServer(connection, source);
}

const MOST_IDS = 8;

function noteServer({ serverIds }: Connection, id: string): void {
  if (serverIds.size < MOST_IDS) serverIds.add(id);
}

/** An Initial packet without the protection of its header, and its payload where the keys are right. */
interface Sealed extends Unmasked {
  readonly payload: Uint8Array<ArrayBuffer> | undefined;
  /** Whether the frames are Google's. */
  readonly google: boolean;
}

/** The keys follow from the client's first packet: this one, or one of the connection that was seen before. */
function keysFor(
  body: Body,
  packet: Uint8Array,
  version: number,
  destination: Uint8Array,
  source: string,
  connection: Connection,
): Sealed | undefined {
  const numberAt = body.view.byteOffset + body.position - packet.byteOffset;
  const { direction } = connection;
  if (connection.first === undefined || isAnother(connection, destination))
    begin(body, connection, destination, version);
  const ofClient = direction === connection.client;
  if (!ofClient) noteServer(connection, source);
  const keys = initialKeys(version, connection.first ?? destination)[ofClient ? 'client' : 'server'];
  const unmasked = unmask(keys, packet, numberAt);
  if (unmasked === undefined) return undefined;
  const payload = open(keys, packet, unmasked);
  // A packet by itself may be the server's, whose keys it does not tell.
  return payload === undefined && body.dissection.conversation === undefined
    ? undefined
    : { ...unmasked, payload, google: hasGoogleFrames(version) };
}

/** Whether a client's packet begins another connection between the same ports: it is for no connection ID that is known. */
function isAnother({ first, client, direction, serverIds }: Connection, destination: Uint8Array): boolean {
  if (direction !== client || destination.length === 0 || first === undefined) return false;
  if (first.length === destination.length && first.every((octet, index) => octet === destination[index])) return false;
  const view = new DataView(destination.buffer, destination.byteOffset, destination.length);
  return !serverIds.has(hexText(view, 0, destination.length));
}

function begin(body: Body, connection: Connection, destination: Uint8Array, version: number): void {
  const { direction, serverIds } = connection;
  const view = new DataView(destination.buffer, destination.byteOffset, destination.length);
  const goesOn = connection.first === undefined && serverIds.has(hexText(view, 0, destination.length));
  if (!goesOn) Object.assign(connection, fresh(), { idLength: connection.idLength, client: direction, direction });
  connection.first = destination;
  takeSecrets(body, connection, version);
}

/** What stood under the protection of a long header. */
function longPayload(
  body: Body,
  field: QuicFields,
  connection: Connection,
  plain: Plain,
  sealed: Sealed,
  level: Level,
  start: number,
  end: number,
): void {
  body.derived(field['long.reserved'], (sealed.first >> 2) & 3, undefined, start, 1);
  body.derived(field.packet_number_length, sealed.first & 3, `${sealed.numberLength} bytes`, start, 1);
  body.found(field.packet_number, sealed.packetNumber, body.position, sealed.numberLength);
  body.position += sealed.numberLength;
  const at = body.position;
  body.derived(field.payload, hexText(body.view, at, end - at), undefined, at, end - at);
  frames(body, field, connection, plain, sealed, level, end);
}

/** The frames at the cursor; the octets of the payload keep their places in the packet. */
function frames(
  body: Body,
  field: QuicFields,
  connection: Connection,
  plain: Plain,
  sealed: Sealed,
  level: Level,
  end: number,
): void {
  const { view, walk, position: at } = body;
  const { payload, google } = sealed;
  if (payload === undefined) {
    body.skip(end - at);
    return;
  }
  plain.octets ??= new Uint8Array(
    view.buffer,
    view.byteOffset + walk.packetStart,
    walk.capturedEnd - walk.packetStart,
  ).slice();
  const octets = plain.octets;
  const from = at - walk.packetStart;
  octets.set(payload, from);
  const tls = { field, state: connection.tls, recordVersion: TLS13 };
  // 0-RTT packets have no CRYPTO frames (RFC 9000, section 12.5); they count packets with those of 1-RTT.
  const crypto = new CryptoFrames(connection, level === Level.early ? Level.application : level, octets, tls, google);
  let pieces: readonly CryptoPiece[] = [];
  const streams: StreamPiece[] = [];
  const nodes = readIn(body, octets, from, from + payload.length, (inner) => {
    const show = (piece: CryptoPiece): void => crypto.show(inner, piece);
    pieces = google ? readGoogleFrames(inner, show) : readFrames(inner, field, show, streams);
  });
  body.adopt(nodes);
  body.position = at + payload.length;
  // The tag of the encryption.
  body.skip(end - body.position);
  crypto.finish(body, pieces, at);
  presentStreams(body, connection, streams, octets);
}

/** The packets of the datagram, and the frames of those that were opened. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  let packet: FieldNode[] = [];
  const finish = (): void => {
    if (packet.length > 0) parts.push(packetSummary(packet));
  };
  for (const node of layer.fields) {
    if (node.name === 'quic.packet_length') {
      finish();
      packet = [];
    }
    packet.push(node);
  }
  finish();
  return parts.join(', ');
}

function packetSummary(fields: readonly FieldNode[]): string {
  const text = (name: string) => findField(fields, name)?.text;
  const short = fields.find((node) => node.name === 'quic.short');
  const parts = [short === undefined ? kindOf(fields) : short.display];
  const destination = text('quic.dcid');
  const source = text('quic.scid');
  const number = text('quic.packet_number');
  if (destination !== undefined) parts.push(`DCID=${destination}`);
  if (source !== undefined) parts.push(`SCID=${source}`);
  if (number !== undefined) parts.push(`PKN: ${number}`);
  for (const node of fields) if (node.name === 'quic.frame') parts.push(node.display);
  return parts.join(', ');
}

function kindOf(fields: readonly FieldNode[]): string {
  const type = findField(fields, 'quic.long.packet_type')?.value;
  const typeV2 = findField(fields, 'quic.long.packet_type_v2')?.value;
  if (type === undefined && typeV2 === undefined) return quicVersions[0];
  return TYPE_NAMES[type === undefined ? (Number(typeV2) + 3) & 3 : Number(type)];
}
