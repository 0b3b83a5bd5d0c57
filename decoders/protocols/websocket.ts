import { hexText, utf8Text } from '../core/format.js';
import { type Body, bytes, type Field, flag, group, type LayerNode, protocol, text, uint } from '../core/index.js';
import { readMessages } from './messages.js';

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** Characters that a recogniser wants of a text: fewer are found by chance. */
const LEAST_TEXT = 4;

/** RFC 6455, section 11.8. */
const opcodes = { 0: 'Continuation', 1: 'Text', 2: 'Binary', 8: 'Connection Close', 9: 'Ping', 10: 'Pong' };

/** RFC 6455, section 7.4.1, and IANA "WebSocket Close Code Number Registry". */
const closeCodes = {
  1000: 'Normal Closure',
  1001: 'Going Away',
  1002: 'Protocol error',
  1003: 'Unsupported Data',
  1005: 'No Status Rcvd',
  1006: 'Abnormal Closure',
  1007: 'Invalid frame payload data',
  1008: 'Policy Violation',
  1009: 'Message Too Big',
  1010: 'Mandatory Ext.',
  1011: 'Internal Server Error',
  1012: 'Service Restart',
  1013: 'Try Again Later',
  1014: 'Bad Gateway',
  1015: 'TLS handshake',
};

const fields = {
  fin: flag('Fin'),
  rsv: uint(3, 'Reserved', { base: 16 }),
  opcode: uint(4, 'Opcode', { labels: opcodes }),
  mask: flag('Mask'),
  payload_length: uint(7, 'Payload length'),
  payload_length_ext_16: uint(16, 'Extended Payload length (16 bits)'),
  payload_length_ext_64: uint(64, 'Extended Payload length (64 bits)'),
  masking_key: bytes(4, 'Masking-Key'),
  payload: group('Payload'),
  'payload.continue': bytes(0, 'Continue'),
  'payload.text': text('Text'),
  'payload.unknown': bytes(0, 'Unknown'),
  'payload.ping': bytes(0, 'Ping'),
  'payload.pong': bytes(0, 'Pong'),
  'payload.close': group('Close'),
  'payload.close.status_code': uint(16, 'Status code', { labels: closeCodes }),
  'payload.close.reason': text('Reason'),
};

type WebsocketFields = { readonly [K in keyof typeof fields]: Field };

/** WebSocket: what two ends speak after an HTTP upgrade. */
export const websocket = protocol('websocket', 'WebSocket', {
  reference: 'RFC 6455, section 5.2',
  column: 'WebSocket',
  header: {},
  fields,
  headerLength: 'all',
  message: frameLength,
  recognises: { tcp: recognise },
  body: (body, field) => {
    readMessages(body, frameLength, () => frame(body, field));
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (layer) => summary(layer),
});

/** Octets before the payload; 0 when they cannot be told yet. */
function headerLength(view: DataView, start: number, end: number): number {
  if (start + 2 > end) return 0;
  const second = view.getUint8(start + 1);
  const extended = (second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0;
  return 2 + extended + (second >= 128 ? 4 : 0);
}

function payloadLength(view: DataView, start: number): number {
  const length = view.getUint8(start + 1) & 127;
  if (length < 126) return length;
  if (length === 126) return view.getUint16(start + 2);
  return view.getUint32(start + 2) * 4294967296 + view.getUint32(start + 6);
}

function frameLength(view: DataView, start: number, end: number): number {
  const header = headerLength(view, start, end);
  if (header === 0 || start + header > end) return 0;
  return header + payloadLength(view, start);
}

/** One whole frame of printable text, which is all of the segment. */
function recognise(view: DataView, start: number, end: number): boolean {
  if (start + 2 + LEAST_TEXT > end || view.getUint8(start) !== 0x81) return false;
  const header = headerLength(view, start, end);
  const at = start + header;
  if (at > end || frameLength(view, start, end) !== end - start || end - at < LEAST_TEXT) return false;
  const key = view.getUint8(start + 1) >= 128 ? view.getUint32(at - 4) : 0;
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i) ^ ((key >>> (24 - ((i - at) & 3) * 8)) & 255);
    if ((octet < 32 && octet !== 9 && octet !== 10 && octet !== 13) || octet === 127) return false;
  }
  return true;
}

function frame(body: Body, field: WebsocketFields): void {
  const { view } = body;
  const start = body.position;
  body.bitsAt(field.fin, start * 8);
  body.bitsAt(field.rsv, start * 8 + 1);
  const opcode = body.bitsAt(field.opcode, start * 8 + 4);
  body.position++;
  const masked = body.bitsAt(field.mask, start * 8 + 8) !== 0;
  const length = body.bitsAt(field.payload_length, start * 8 + 9);
  body.position++;
  if (length === 126) body.number(field.payload_length_ext_16);
  else if (length === 127) body.take(field.payload_length_ext_64);
  const keyAt = body.position;
  if (masked) body.take(field.masking_key);
  const have = body.remaining;
  if (have === 0) return;
  body.group(
    field.payload,
    () => {
      const octets = new Uint8Array(have);
      for (let i = 0; i < have; i++)
        octets[i] = view.getUint8(body.position + i) ^ (masked ? view.getUint8(keyAt + (i & 3)) : 0);
      payload(body, field, opcode, new DataView(octets.buffer));
      body.position += have;
    },
    have,
  );
}

/** The payload with its mask removed (section 5.3). */
function payload(body: Body, field: WebsocketFields, opcode: number, plain: DataView): void {
  const at = body.position;
  const length = plain.byteLength;
  const shown = (as: Field) => body.found(as, hexText(plain, 0, length), at, length);
  switch (opcode) {
    case CONTINUATION:
      shown(field['payload.continue']);
      return;
    case TEXT:
      body.found(field['payload.text'], utf8Text(plain, 0, length), at, length);
      return;
    case CLOSE:
      if (length < 2) return;
      body.found(field['payload.close.status_code'], plain.getUint16(0), at, 2);
      if (length > 2) body.found(field['payload.close.reason'], utf8Text(plain, 2, length - 2), at + 2, length - 2);
      return;
    case PING:
      shown(field['payload.ping']);
      return;
    case PONG:
      shown(field['payload.pong']);
      return;
    case BINARY:
      return;
    default:
      shown(field['payload.unknown']);
  }
}

/** Each frame as Wireshark lists it: `WebSocket Text [FIN] [MASKED]`. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  let last = '';
  for (const node of layer.fields) {
    if (node.name === 'websocket.fin') last = node.value === true ? ' [FIN]' : '';
    if (node.name === 'websocket.opcode') {
      const name = (opcodes as Readonly<Record<number, string>>)[Number(node.value)] ?? `Unknown (${node.value})`;
      parts.push(`WebSocket ${name}${last} `);
    }
    if (node.name === 'websocket.mask' && node.value === true) parts.push(`${parts.pop()}[MASKED]`);
  }
  return parts.join(' ');
}
