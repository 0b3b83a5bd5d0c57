import type { Conversation } from '../core/conversation.js';
import { hexText, utf8Text } from '../core/format.js';
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
import { MEDIA, Media } from './media-types.js';
import { readMessages } from './messages.js';
import { messagesOf } from './websocket-messages.js';

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** Of the three reserved bits, the first (RFC 7692, section 6). */
const PER_MESSAGE_COMPRESSED = 4;
const NO_TYPE = { type: '', parameters: '' } as const;
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
  pmc: flag('Per-Message Compressed'),
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
  fragment: uint(0, 'Frame'),
  'fragment.count': uint(0, 'Fragment count'),
  'reassembled.length': uint(0, 'Reassembled websocket Payload length'),
};

type WebsocketFields = { readonly [K in keyof typeof fields]: Field };

/** WebSocket: what two ends speak after an HTTP upgrade. */
export const websocket = protocol('websocket', 'WebSocket', {
  reference: 'RFC 6455, section 5.2',
  column: 'WebSocket',
  hands: MEDIA,
  header: {},
  fields,
  headerLength: 'all',
  message: frameLength,
  recognises: { tcp: startingWith((octet) => octet === 0x81, recognise) },
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
  const whole = body.bitsAt(field.fin, start * 8) !== 0;
  const compressed = (body.bitsAt(field.rsv, start * 8 + 1) & PER_MESSAGE_COMPRESSED) !== 0;
  const { conversation } = body.dissection;
  const messages = conversation && messagesOf(conversation);
  if (messages?.deflates === true) body.bitsAt(field.pmc, start * 8 + 1);
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
      const one = { opcode, whole, compressed, masked, octets };
      if (opcode >= CLOSE || have < length) control(body, field, opcode, new DataView(octets.buffer));
      else if (conversation !== undefined) part(body, field, one, conversation);
      else if (whole) message(body, field, opcode, octets, have);
      else if (opcode === CONTINUATION) continued(body, field, octets);
      body.position += have;
    },
    have,
  );
}

/** A data frame with its mask removed (section 5.3). */
interface Part {
  readonly opcode: number;
  /** Whether it is the last of its message. */
  readonly whole: boolean;
  readonly compressed: boolean;
  readonly masked: boolean;
  readonly octets: Uint8Array;
}

/** A message, or a fragment of one; the last of them shows the whole message (section 5.4). */
function part(body: Body, field: WebsocketFields, one: Part, conversation: Conversation): void {
  const { opcode, whole, masked, octets } = one;
  const messages = messagesOf(conversation);
  const sender = messages.senders[conversation.direction];
  const plain = (sent: Uint8Array, compressed: boolean) =>
    compressed && messages.deflates ? (messages.inflate(sent, masked, conversation) ?? sent) : sent;
  if (opcode !== CONTINUATION && whole) {
    message(body, field, opcode, plain(octets, one.compressed), octets.length);
    return;
  }
  if (opcode !== CONTINUATION) sender.begin(opcode, one.compressed);
  const kind = sender.opcode;
  if (kind !== 0) sender.add(octets, conversation.packet);
  if (!whole) {
    if (opcode === CONTINUATION) continued(body, field, octets);
    return;
  }
  if (kind === 0 || sender.opcode === 0) return;
  const { packets } = sender;
  const { octets: sent, compressed } = sender.take();
  message(body, field, kind, plain(sent, compressed), octets.length);
  for (const packet of packets) body.derived(field.fragment, packet);
  body.derived(field['fragment.count'], packets.length);
  body.derived(field['reassembled.length'], sent.length);
}

/** A whole message that ends in the next `length` octets. */
function message(body: Body, field: WebsocketFields, opcode: number, octets: Uint8Array, length: number): void {
  const plain = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const at = body.position;
  if (opcode === TEXT) {
    body.found(field['payload.text'], utf8Text(plain, 0, octets.length), at, length);
    body.hand(MEDIA, Media.text, NO_TYPE, stands(body, octets) ? [at, at + length] : octets.slice());
  } else if (opcode !== BINARY && opcode !== CONTINUATION)
    body.found(field['payload.unknown'], hexText(plain, 0, octets.length), at, length);
}

/** Whether the octets stand at the position as they are: neither masked nor compressed. */
function stands({ view, position, remaining }: Body, octets: Uint8Array): boolean {
  return octets.length <= remaining && octets.every((octet, index) => view.getUint8(position + index) === octet);
}

function continued(body: Body, field: WebsocketFields, octets: Uint8Array): void {
  const plain = new DataView(octets.buffer, octets.byteOffset, octets.length);
  body.found(field['payload.continue'], hexText(plain, 0, octets.length), body.position, octets.length);
}

/** The payload of a control frame (section 5.5), or what there is of one that was cut. */
function control(body: Body, field: WebsocketFields, opcode: number, plain: DataView): void {
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
    case BINARY:
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
    default:
      shown(field['payload.unknown']);
  }
}

/** Each frame as Wireshark lists it: `WebSocket Text [FIN] [MASKED]`. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  let last = '';
  for (const node of layer.fields) {
    if (node.name === 'websocket.fin') last = node.value === true ? ' [FIN]' : '[FRAGMENT] ';
    if (node.name === 'websocket.opcode') {
      const name = (opcodes as Readonly<Record<number, string>>)[Number(node.value)] ?? 'Unknown Opcode';
      parts.push(`WebSocket ${name}${last} `);
    }
    if (node.name === 'websocket.mask' && node.value === true) parts.push(`${parts.pop()}[MASKED]`);
  }
  return parts.join(' ');
}
