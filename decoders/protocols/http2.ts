import { utf8Text } from '../core/format.js';
import {
  type Body,
  bytes,
  type Field,
  flag,
  group,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import { type Http2Side, headerBlock, newSide } from './http2-headers.js';
import { MEDIA } from './media-types.js';
import { readMessages } from './messages.js';
import { contained } from './tls-state.js';

const FRAME_HEADER = 9;
const END_STREAM = 1;
const END_HEADERS = 4;
/** The connection preface: `PRI * HTTP/2.0`, an empty line, and `SM` with one; RFC 9113, section 3.4. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const PREFACE_END = 'SM\r\n\r\n';
const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
};

const frameTypes = {
  0: 'DATA',
  1: 'HEADERS',
  2: 'PRIORITY',
  3: 'RST_STREAM',
  4: 'SETTINGS',
  5: 'PUSH_PROMISE',
  6: 'PING',
  7: 'GOAWAY',
  8: 'WINDOW_UPDATE',
  9: 'CONTINUATION',
  10: 'ALTSVC',
  11: 'BLOCKED',
  12: 'ORIGIN',
  16: 'PRIORITY_UPDATE',
};

const errorCodes = {
  0: 'NO_ERROR',
  1: 'PROTOCOL_ERROR',
  2: 'INTERNAL_ERROR',
  3: 'FLOW_CONTROL_ERROR',
  4: 'SETTINGS_TIMEOUT',
  5: 'STREAM_CLOSED',
  6: 'FRAME_SIZE_ERROR',
  7: 'REFUSED_STREAM',
  8: 'CANCEL',
  9: 'COMPRESSION_ERROR',
  10: 'CONNECT_ERROR',
  11: 'ENHANCE_YOUR_CALM',
  12: 'INADEQUATE_SECURITY',
  13: 'HTTP_1_1_REQUIRED',
};

/** Section 6.5.2: each setting has a field of its own. */
const settings = {
  1: ['settings.header_table_size', 'Header table size'],
  2: ['settings.enable_push', 'Enable PUSH'],
  3: ['settings.max_concurrent_streams', 'Max concurrent streams'],
  4: ['settings.initial_window_size', 'Initial Windows Size'],
  5: ['settings.max_frame_size', 'Max frame size'],
  6: ['settings.max_header_list_size', 'Max header list size'],
  8: ['settings.extended_connect', 'Extended CONNECT'],
} as const;

const fields = {
  stream: group('Stream'),
  magic: text('Magic'),
  length: uint(24, 'Length'),
  type: uint(8, 'Type', { labels: frameTypes }),
  flags: uint(8, 'Flags', { base: 16 }),
  'flags.end_stream': flag('End Stream'),
  'flags.eh': flag('End Headers'),
  'flags.padded': flag('Padded'),
  'flags.priority': flag('Priority'),
  'flags.ack.settings': flag('ACK'),
  'flags.ack.ping': flag('ACK'),
  r: uint(1, 'Reserved', { base: 16, hexBits: 32 }),
  streamid: uint(31, 'Stream Identifier'),
  pad_length: uint(8, 'Pad Length'),
  exclusive: flag('Exclusive'),
  stream_dependency: uint(31, 'Stream Dependency'),
  'headers.weight': uint(8, 'Weight'),
  'headers.weight_real': uint(8, 'Weight real'),
  'data.data': bytes(0, 'Data'),
  'data.padding': bytes(0, 'Padding'),
  'body.fragments': group('Body fragments'),
  'body.fragment': uint(32, 'Body fragment'),
  'body.fragment.count': uint(32, 'Body fragment count'),
  'body.reassembled.length': uint(32, 'Reassembled body length'),
  headers: bytes(0, 'Header Block Fragment'),
  'headers.padding': bytes(0, 'Padding'),
  header: group('Header'),
  'header.name.length': uint(32, 'Name Length'),
  'header.name': text('Name'),
  'header.value.length': uint(32, 'Value Length'),
  'header.value': text('Value'),
  'header.repr': text('Representation'),
  'header.index': uint(32, 'Index'),
  'header_table_size_update.header_table_size': uint(32, 'Header table size'),
  'headers.method': text(':method'),
  'headers.path': text(':path'),
  'headers.scheme': text(':scheme'),
  'headers.authority': text(':authority'),
  'headers.status': uint(16, ':status'),
  'rst_stream.error': uint(32, 'Error', { labels: errorCodes }),
  settings: group('Settings'),
  'settings.id': uint(16, 'Settings Identifier', {
    labels: Object.fromEntries(Object.entries(settings).map(([id, [, title]]) => [id, title])),
  }),
  'settings.header_table_size': uint(32, 'Header table size'),
  'settings.enable_push': uint(32, 'Enable PUSH'),
  'settings.max_concurrent_streams': uint(32, 'Max concurrent streams'),
  'settings.initial_window_size': uint(32, 'Initial Windows Size'),
  'settings.max_frame_size': uint(32, 'Max frame size'),
  'settings.max_header_list_size': uint(32, 'Max header list size'),
  'settings.extended_connect': uint(32, 'Extended CONNECT'),
  'settings.unknown': uint(32, 'Unknown Settings'),
  'push_promise.r': uint(1, 'Reserved', { base: 16, hexBits: 32 }),
  'push_promise.promised_stream_id': uint(31, 'Promised-Stream-ID'),
  ping: bytes(8, 'Ping'),
  pong: bytes(8, 'Pong'),
  'goway.r': uint(1, 'Reserved', { base: 16, hexBits: 32 }),
  'goaway.last_stream_id': uint(31, 'Promised-Stream-ID'),
  'goaway.error': uint(32, 'Error', { labels: errorCodes }),
  'goaway.addata': bytes(0, 'Additional Debug Data'),
  'window_update.r': uint(1, 'Reserved', { base: 16, hexBits: 32 }),
  'window_update.window_size_increment': uint(31, 'Window Size Increment'),
  unknown: bytes(0, 'Unknown'),
};

export type Http2Fields = { readonly [K in keyof typeof fields]: Field };

/** HTTP/2: frames and their headers. */
export const http2 = protocol('http2', 'HyperText Transfer Protocol 2', {
  reference: 'RFC 9113, section 4',
  column: 'HTTP2',
  hands: MEDIA,
  carriedBy: { 'http.version': 2 },
  header: {},
  fields,
  headerLength: 'all',
  message: frameLength,
  recognises: {
    tcp: startingWith(
      (octet) => octet === 0x50,
      (view, start, end) => startsWith(view, start, end, PREFACE),
    ),
  },
  body: (body, field) => {
    const { conversation } = body.dissection;
    const side =
      conversation === undefined ? newSide() : conversation.remember(`http2 ${conversation.direction}`, newSide);
    readMessages(body, frameLength, () => body.group(field.stream, () => frame(body, field, side)));
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (layer) => summary(layer),
});

function startsWith(view: DataView, start: number, end: number, what: string): boolean {
  if (start + what.length > end) return false;
  for (let i = 0; i < what.length; i++) if (view.getUint8(start + i) !== what.charCodeAt(i)) return false;
  return true;
}

/** Where HTTP/1 read the first half of the preface, as a request, the second half is what is left. */
function magicLength(view: DataView, start: number, end: number): number {
  if (startsWith(view, start, end, PREFACE)) return PREFACE.length;
  return startsWith(view, start, end, PREFACE_END) ? PREFACE_END.length : 0;
}

function frameLength(view: DataView, start: number, end: number): number {
  const magic = magicLength(view, start, end);
  if (magic > 0) return magic;
  if (start + FRAME_HEADER > end) return 0;
  return FRAME_HEADER + view.getUint16(start) * 256 + view.getUint8(start + 2);
}

function frame(body: Body, field: Http2Fields, side: Http2Side): void {
  const { view } = body;
  const magic = magicLength(view, body.position, body.end);
  if (magic > 0) {
    body.found(field.magic, utf8Text(view, body.position, magic), body.position, magic, 'Magic');
    body.position += magic;
    body.describe('Magic');
    return;
  }
  const length = body.number(field.length);
  const type = body.number(field.type);
  const flags = body.number(field.flags);
  flagsOf(body, field, type, flags);
  const stream = reservedAnd(body, field.r, field.streamid);
  const name = (frameTypes as Readonly<Record<number, string>>)[type] ?? `Unknown type (${type})`;
  body.describe(`${name}[${stream}]`);
  const end = body.position + length;
  const inside = () => payload(body, field, side, type, flags, stream, `${name}[${stream}]`);
  if (end <= body.end) contained(body, end, inside);
  else inside();
}

/** A bit that nobody uses, and a number of 31. */
function reservedAnd(body: Body, reserved: Field, number: Field): number {
  const bit = body.position * 8;
  body.bitsAt(reserved, bit);
  const value = body.bitsAt(number, bit + 1);
  body.position += 4;
  return value;
}

/** What the bits mean depends on the type (section 6). */
function flagsOf(body: Body, field: Http2Fields, type: number, flags: number): void {
  const at = body.position - 1;
  const add = (as: Field, mask: number) => body.derived(as, (flags & mask) !== 0, undefined, at, 1);
  if (type === Type.headers) add(field['flags.priority'], 0x20);
  if (type === Type.data || type === Type.headers || type === Type.push) add(field['flags.padded'], 8);
  if (type === Type.headers || type === Type.push || type === Type.continuation) add(field['flags.eh'], 4);
  if (type === Type.data || type === Type.headers) add(field['flags.end_stream'], 1);
  if (type === Type.settings) add(field['flags.ack.settings'], 1);
  if (type === Type.ping) add(field['flags.ack.ping'], 1);
}

function payload(
  body: Body,
  field: Http2Fields,
  side: Http2Side,
  type: number,
  flags: number,
  stream: number,
  label: string,
): void {
  switch (type) {
    case Type.data:
      padded(body, field, flags, field['data.padding'], () => {
        side.bodies.data(body, field, stream, (flags & END_STREAM) !== 0);
      });
      return;
    case Type.headers:
      padded(body, field, flags, field['headers.padding'], () => {
        if ((flags & 0x20) !== 0) priority(body, field);
        headerBlock(body, field, side, label, (flags & END_HEADERS) !== 0, stream);
        if ((flags & END_STREAM) !== 0) side.bodies.end(body, field, stream);
      });
      return;
    case Type.priority:
      priority(body, field);
      return;
    case Type.reset:
      body.number(field['rst_stream.error']);
      return;
    case Type.settings:
      while (body.remaining > 0) body.group(field.settings, () => setting(body, field));
      return;
    case Type.push:
      padded(body, field, flags, field['headers.padding'], () => {
        reservedAnd(body, field['push_promise.r'], field['push_promise.promised_stream_id']);
        headerBlock(body, field, side, label, (flags & END_HEADERS) !== 0);
      });
      return;
    case Type.ping:
      body.take(field[(flags & 1) === 0 ? 'ping' : 'pong']);
      return;
    case Type.goAway:
      reservedAnd(body, field['goway.r'], field['goaway.last_stream_id']);
      body.number(field['goaway.error']);
      if (body.remaining > 0) body.take(field['goaway.addata'], body.remaining);
      return;
    case Type.window:
      reservedAnd(body, field['window_update.r'], field['window_update.window_size_increment']);
      return;
    case Type.continuation:
      headerBlock(body, field, side, label, (flags & END_HEADERS) !== 0, stream);
      return;
    default:
      if (body.remaining > 0) body.take(field.unknown, body.remaining);
  }
}

function padded(body: Body, field: Http2Fields, flags: number, padding: Field, inside: () => void): void {
  if ((flags & 8) === 0) {
    body.derived(field.pad_length, 0);
    inside();
    return;
  }
  const length = body.number(field.pad_length);
  // Padding may claim more than the frame has (RFC 9113, section 6.1: a connection error).
  body.within(Math.max(body.position, body.end - length), inside);
  if (length > 0 && body.remaining > 0) body.take(padding, Math.min(length, body.remaining));
}

function priority(body: Body, field: Http2Fields): void {
  reservedAnd(body, field.exclusive, field.stream_dependency);
  const weight = body.number(field['headers.weight']);
  body.derived(field['headers.weight_real'], weight + 1, undefined, body.position - 1, 1);
}

function setting(body: Body, field: Http2Fields): void {
  const id = body.number(field['settings.id']);
  const known = (settings as Readonly<Record<number, (typeof settings)[keyof typeof settings] | undefined>>)[id];
  const value = body.number(field[known === undefined ? 'settings.unknown' : known[0]]);
  body.describe(`${known?.[1] ?? 'Unknown'}: ${value}`);
}

/** The frames, as Wireshark lists them. */
function summary(layer: LayerNode): string {
  return layer.fields
    .filter((node) => node.name === 'http2.stream')
    .map((node) => node.display)
    .join(', ');
}
