import {
  type Body,
  bytes,
  type Field,
  flag,
  group,
  protocol,
  startingWith,
  text,
  uint,
  uintLE,
} from '../core/index.js';

const INITIATION = 1;
const RESPONSE = 2;
const COOKIE = 3;
const TRANSPORT = 4;
const types = {
  [INITIATION]: 'Handshake Initiation',
  [RESPONSE]: 'Handshake Response',
  [COOKIE]: 'Cookie Reply',
  [TRANSPORT]: 'Transport Data',
};
/** Octets of the messages that have a fixed length; a transport message has at least a tag behind its header. */
const lengths: Readonly<Record<number, number>> = { [INITIATION]: 148, [RESPONSE]: 92, [COOKIE]: 64 };
const TRANSPORT_HEADER = 16;
const TAG = 16;

const fields = {
  sender: uintLE(32, 'Sender', { base: 16 }),
  receiver: uintLE(32, 'Receiver', { base: 16 }),
  ephemeral: text('Ephemeral'),
  'ephemeral.known_privkey': flag('Has Private Key'),
  encrypted_static: group('Encrypted Static'),
  encrypted_timestamp: group('Encrypted Timestamp'),
  encrypted_empty: group('Encrypted Empty'),
  mac1: bytes(16, 'mac1'),
  mac2: bytes(16, 'mac2'),
  nonce: bytes(24, 'Nonce'),
  encrypted_cookie: bytes(32, 'Encrypted Cookie'),
  counter: uintLE(64, 'Counter'),
  encrypted_packet: group('Encrypted Packet'),
};

type WireGuardFields = { readonly [K in keyof typeof fields]: Field };

/** WireGuard, as the whitepaper ("Next Generation Kernel Network Tunnel", section 5.4) specifies its messages. */
export const wireguard = protocol('wg', 'WireGuard Protocol', {
  reference: 'WireGuard whitepaper, section 5.4',
  column: 'WireGuard',
  header: {
    type: uint(8, 'Type', { labels: types }),
    reserved: bytes(3, 'Reserved'),
  },
  fields,
  headerLength: 'all',
  recognises: { udp: startingWith((octet) => octet <= TRANSPORT, isWireGuard) },
  body: (body, field, read) => {
    switch (read.type(body.view, body.start)) {
      case INITIATION:
        body.number(field.sender);
        ephemeral(body, field);
        sealed(body, field.encrypted_static, 32 + TAG);
        sealed(body, field.encrypted_timestamp, 12 + TAG);
        body.take(field.mac1);
        body.take(field.mac2);
        return;
      case RESPONSE:
        body.number(field.sender);
        body.number(field.receiver);
        ephemeral(body, field);
        sealed(body, field.encrypted_empty, TAG);
        body.take(field.mac1);
        body.take(field.mac2);
        return;
      case COOKIE:
        body.number(field.receiver);
        body.take(field.nonce);
        body.take(field.encrypted_cookie);
        return;
      case TRANSPORT:
        body.number(field.receiver);
        body.take(field.counter);
        sealed(body, field.encrypted_packet, Math.max(TAG, body.remaining));
        return;
      default:
        body.fail('a message type that WireGuard does not have');
    }
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    const type = start < end ? view.getUint8(start) : 0;
    const index = (at: number) =>
      `0x${view
        .getUint32(start + at, true)
        .toString(16)
        .toUpperCase()
        .padStart(8, '0')}`;
    if (start + (type === TRANSPORT ? TRANSPORT_HEADER : 12) > end) return 'WireGuard';
    if (type === INITIATION) return `Handshake Initiation, sender=${index(4)}`;
    if (type === RESPONSE) return `Handshake Response, sender=${index(4)}, receiver=${index(8)}`;
    if (type === COOKIE) return `Cookie Reply, receiver=${index(4)}`;
    const counter = view.getBigUint64(start + 8, true);
    const length = walk.end[depth] - start - TRANSPORT_HEADER - TAG;
    // Section 6.5: a packet without content keeps the session alive.
    if (length <= 0) return `Keepalive, receiver=${index(4)}, counter=${counter}`;
    return `Transport Data, receiver=${index(4)}, counter=${counter}, datalen=${length}`;
  },
});

/** The first octet is the type and three zeros follow, and each type has its length. */
function isWireGuard(view: DataView, start: number, end: number): boolean {
  if (end - start < TRANSPORT_HEADER + TAG || (view.getUint32(start) & 0xffffff) !== 0) return false;
  const type = view.getUint8(start);
  return type === TRANSPORT || lengths[type] === end - start;
}

/** A Curve25519 public key, written as `wg` writes it. */
function ephemeral(body: Body, field: WireGuardFields): void {
  body.need(32, 'Ephemeral');
  body.found(field.ephemeral, base64(body.view, body.position, 32), body.position, 32);
  body.position += 32;
  body.derived(field['ephemeral.known_privkey'], false);
}

/** Octets that only the ends can read, with their authentication tag. */
function sealed(body: Body, field: Field, length: number): void {
  body.need(length, field.title);
  body.found(field, null, body.position, length, `${length - TAG} bytes and tag`);
  body.position += length;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648, section 4. */
function base64(view: DataView, start: number, length: number): string {
  let out = '';
  for (let i = 0; i < length; i += 3) {
    const octet = (at: number) => (at < length ? view.getUint8(start + at) : 0);
    const group = (octet(i) << 16) | (octet(i + 1) << 8) | octet(i + 2);
    for (let k = 0; k < 4; k++) out += i + k > length ? '=' : ALPHABET[(group >> (18 - 6 * k)) & 63];
  }
  return out;
}
