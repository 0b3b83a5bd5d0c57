import { crc32 } from '../core/bytes.js';
import { ipv4FromNumber, ipv6FromWords } from '../core/format.js';
import {
  type Body,
  bits,
  bytes,
  type Field,
  findField,
  flag,
  group,
  ipv4Address,
  ipv6Address,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import { attributes, classes, errorCodes, methods } from '../labels/stun.js';

const HEADER = 20;
/** RFC 8489, section 5. */
const COOKIE = 0x2112a442;
/** RFC 8489, section 14.7: "STUN". */
const FINGERPRINT_MASK = 0x5354554e;
const PORT = 3478;

const fields = {
  'type.class': uint(16, 'Message Class', { base: 16 }),
  'type.method': uint(16, 'Message Method', { base: 16 }),
  'type.method-assignment': uint(16, 'Message Method Assignment', {
    base: 16,
    labels: { 0: 'IETF Review', 1: 'Designated Expert' },
  }),
  network_version: uint(8, 'STUN Network Version', {
    labels: { 0: 'Auto', 1: 'MS-TURN', 2: 'RFC-3489', 3: 'RFC-5389/8489' },
  }),
  channel: uint(16, 'Channel Number', { base: 16 }),
  type: uint(16, 'Message Type', { base: 16 }),
  length: uint(16, 'Message Length'),
  cookie: bytes(4, 'Message Cookie'),
  id: bytes(12, 'Message Transaction ID'),
  attributes: group('Attributes'),
  attribute: uint(16, 'Attribute', { base: 16, labels: attributes }),
  'att.type': bits(
    16,
    'Attribute Type',
    {
      comprehension: uint(1, 'Attribute Type Comprehension', {
        base: 16,
        hexBits: 16,
        labels: { 0: 'Required', 1: 'Optional' },
      }),
      assignment: uint(1, 'Attribute Type Assignment', {
        base: 16,
        hexBits: 16,
        labels: { 0: 'IETF Review', 1: 'Designated Expert' },
      }),
      rest: uint(14, 'Number', { bare: true, when: () => false }),
    },
    { base: 16, labels: attributes },
  ),
  'att.length': uint(16, 'Attribute Length'),
  'att.reserved': bytes(0, 'Reserved'),
  'att.family': uint(8, 'Protocol Family', { base: 16, labels: { 1: 'IPv4', 2: 'IPv6' } }),
  'att.port': uint(16, 'Port'),
  'att.ipv4': ipv4Address('IP'),
  'att.ipv6': ipv6Address('IP'),
  'att.port-xord': bytes(2, 'Port (XOR-d)'),
  'att.ipv4-xord': bytes(4, 'IP (XOR-d)'),
  'att.ipv6-xord': bytes(16, 'IP (XOR-d)'),
  'att.username': text('Username'),
  'att.realm': text('Realm'),
  'att.nonce': text('Nonce'),
  'att.software': text('Software'),
  'att.padding': uint(16, 'Padding'),
  'att.hmac': bytes(0, 'HMAC-SHA1'),
  'att.crc32': uint(32, 'CRC-32', { base: 16 }),
  'att.crc32.status': uint(8, 'CRC-32 Status', { labels: { 0: 'Bad', 1: 'Good' } }),
  'att.error.class': uint(3, 'Error Class'),
  'att.error': uint(8, 'Error Code'),
  'att.error.reason': text('Error Reason Phrase'),
  'att.unknown': uint(16, 'Unknown Attribute', { base: 16, labels: attributes }),
  'att.priority': uint(32, 'Priority'),
  'att.tie-breaker': bytes(8, 'Tie breaker'),
  'att.lifetime': uint(32, 'Lifetime', { unit: 's' }),
  'att.change-ip': flag('Change IP'),
  'att.change-port': flag('Change Port'),
  'att.transp': uint(8, 'Transport', { base: 16, labels: { 6: 'TCP', 17: 'UDP' } }),
  'att.channelnum': uint(16, 'Channel-Number', { base: 16 }),
  'att.icmp.type': uint(8, 'ICMP type'),
  'att.icmp.code': uint(8, 'ICMP code'),
  value: bytes(0, 'Value'),
};

type StunFields = { readonly [K in keyof typeof fields]: Field };

/** Session Traversal Utilities for NAT, and TURN, which extends it. */
export const stun = protocol('stun', 'Session Traversal Utilities for NAT', {
  reference: 'RFC 8489, RFC 8656, RFC 5780, RFC 8445',
  carriedBy: { 'udp.port': PORT, 'tcp.port': PORT },
  header: {},
  fields,
  // Messages without the cookie are of the older RFC 3489, which is another protocol to Wireshark.
  lead: {
    fields: [],
    octets: (_read, view, start, end) =>
      start + 4 <= end && (isChannel(view, start) || start + 8 > end || view.getUint32(start + 4) === COOKIE) ? 0 : -1,
  },
  headerLength: 'all',
  message: (view, start, end) => {
    if (start + 4 > end) return 0;
    const length = view.getUint16(start + 2);
    // RFC 8656, section 12.5: over TCP, channel data is padded to whole words.
    return isChannel(view, start) ? 4 + ((length + 3) & ~3) : HEADER + length;
  },
  recognises: { udp: startingWith(isMessageType, recognise), tcp: startingWith(isMessageType, recognise) },
  body: (body, field) => {
    while (body.remaining > 0) {
      if (isChannel(body.view, body.position)) channelData(body, field);
      else message(body, field);
    }
  },
  info: summary,
});

/** The two zero bits, which tell it from what else stands on the same ports. */
function isMessageType(octet: number): boolean {
  return octet < 0x40;
}

/** RFC 8489, section 5: two zero bits, the cookie, and a length of whole words. */
function recognise(view: DataView, start: number, end: number): boolean {
  if (start + HEADER > end || view.getUint32(start + 4) !== COOKIE) return false;
  const length = view.getUint16(start + 2);
  return isMessageType(view.getUint8(start)) && (length & 3) === 0 && start + HEADER + length === end;
}

/** RFC 8656, section 12: channels have numbers from 0x4000 on. */
function isChannel(view: DataView, at: number): boolean {
  return (view.getUint8(at) & 0xc0) === 0x40;
}

function channelData(body: Body, field: StunFields): void {
  body.number(field.channel);
  const length = body.number(field.length);
  body.skip(Math.min(length, body.remaining));
  if (body.remaining > 0 && body.remaining < 4) body.skip(body.remaining);
}

/** RFC 8489, section 5: class and method are interleaved in the type. */
function classOf(type: number): number {
  return ((type >> 7) & 2) | ((type >> 4) & 1);
}

function methodOf(type: number): number {
  return (type & 0xf) | ((type >> 1) & 0x70) | ((type >> 2) & 0xf80);
}

function message(body: Body, field: StunFields): void {
  const { view, position: start } = body;
  body.headed(field.type, (type) => {
    const method = methodOf(type);
    const kind = classOf(type);
    body.describe(`0x${type.toString(16).padStart(4, '0')} (${methods[method] ?? 'Unknown'} ${classes[kind]})`);
    // Wireshark's values are the bits as they lie in the type, not put together.
    const classBits = (type & 0x110) >> 4;
    body.derived(field['type.class'], classBits, `${classes[kind]} (0x${classBits.toString(16)})`, start, 2);
    body.derived(field['type.method'], type & 0x3eef, `${methods[method] ?? 'Unknown'} (${method})`, start, 2);
    body.derived(field['type.method-assignment'], (type >> 13) & 1, undefined, start, 2);
  });
  const length = body.number(field.length);
  body.take(field.cookie);
  body.take(field.id);
  const hasCookie = view.getUint32(start + 4) === COOKIE;
  if (length === 0) return;
  body.derived(field.network_version, hasCookie ? 3 : 2, undefined, start + 4);
  const end = start + HEADER + length;
  body.within(end, () =>
    body.group(field.attributes, () => {
      while (body.remaining >= 4) attribute(body, field, start);
    }),
  );
  if (end > body.end) body.need(end - body.position, 'the message');
  if (body.remaining > 0 && body.position < end) body.skip(end - body.position);
}

/** RFC 8489, section 14: padded to whole words. */
function attribute(body: Body, field: StunFields, message: number): void {
  const kind = body.peek16();
  const name = attributes[kind] ?? `Unknown attribute 0x${kind.toString(16)}`;
  body.titled(field.attribute, kind, () => {
    body.describe(name);
    body.number(field['att.type']);
    const length = body.number(field['att.length']);
    body.need(length, name);
    const end = body.position + length;
    body.within(end, () => {
      readers[kind]?.(body, field, message);
      if (body.remaining > 0) body.take(field.value, body.remaining);
    });
    const padding = Math.min((4 - (length & 3)) & 3, body.remaining);
    if (padding > 0) {
      body.found(field['att.padding'], padding, body.position, padding);
      body.position += padding;
    }
  });
}

type Reader = (body: Body, field: StunFields, message: number) => void;

const whole =
  (key: keyof StunFields): Reader =>
  (body, field) => {
    if (body.remaining > 0) body.take(field[key], body.remaining);
  };
const fixed =
  (...keys: (keyof StunFields)[]): Reader =>
  (body, field) => {
    for (const key of keys) if (body.remaining * 8 >= field[key].bits) body.take(field[key]);
  };

/** RFC 8489, section 14.1. */
function address(body: Body, field: StunFields): void {
  if (body.remaining < 8) return;
  body.take(field['att.reserved'], 1);
  const family = body.number(field['att.family']);
  body.number(field['att.port']);
  if (family === 1) body.take(field['att.ipv4']);
  else if (family === 2 && body.remaining >= 16) body.take(field['att.ipv6']);
}

/** RFC 8489, section 14.2: the same, but so that no middlebox takes it for an address that it should rewrite. */
function xorAddress(body: Body, field: StunFields, message: number): void {
  if (body.remaining < 8) return;
  const { view } = body;
  body.take(field['att.reserved'], 1);
  const family = body.number(field['att.family']);
  const at = body.position;
  body.take(field['att.port-xord']);
  body.derived(field['att.port'], view.getUint16(at) ^ view.getUint16(message + 4), undefined, at, 2);
  const key = (i: number) => view.getUint32(message + 4 + i * 4);
  const word = (i: number) => (view.getUint32(at + 2 + i * 4) ^ key(i)) >>> 0;
  if (family === 1) {
    body.take(field['att.ipv4-xord']);
    body.derived(field['att.ipv4'], ipv4FromNumber(word(0)), undefined, at + 2, 4);
  } else if (family === 2 && body.remaining >= 16) {
    body.take(field['att.ipv6-xord']);
    body.derived(field['att.ipv6'], ipv6FromWords(word(0), word(1), word(2), word(3)), undefined, at + 2, 16);
  }
}

const readers: Readonly<Record<number, Reader>> = {
  0x0001: address,
  0x0002: address,
  0x0003: (body, field) => {
    if (body.remaining < 4) return;
    const at = body.position + 3;
    const set = body.view.getUint8(at);
    body.skip(4);
    body.derived(field['att.change-ip'], (set & 4) !== 0, undefined, at, 1);
    body.derived(field['att.change-port'], (set & 2) !== 0, undefined, at, 1);
  },
  0x0004: address,
  0x0005: address,
  0x0006: whole('att.username'),
  0x0008: whole('att.hmac'),
  0x0009: (body, field) => {
    if (body.remaining < 4) return;
    body.take(field['att.reserved'], 2);
    body.bitsAt(field['att.error.class'], body.position * 8 + 5);
    body.position++;
    body.number(field['att.error']);
    if (body.remaining > 0) body.take(field['att.error.reason'], body.remaining);
  },
  0x000a: (body, field) => {
    while (body.remaining >= 2) body.number(field['att.unknown']);
  },
  0x000c: (body, field) => {
    if (body.remaining < 4) return;
    body.number(field['att.channelnum']);
    body.take(field['att.reserved'], 2);
  },
  0x000d: fixed('att.lifetime'),
  0x0012: xorAddress,
  0x0014: whole('att.realm'),
  0x0015: whole('att.nonce'),
  0x0016: xorAddress,
  0x0019: (body, field) => {
    if (body.remaining < 4) return;
    body.number(field['att.transp']);
    body.take(field['att.reserved'], 3);
  },
  0x001c: whole('att.hmac'),
  0x0020: xorAddress,
  0x0024: fixed('att.priority'),
  0x8022: whole('att.software'),
  0x8023: address,
  0x8028: (body, field, message) => {
    if (body.remaining < 4) return;
    const at = body.position - 4;
    const value = body.number(field['att.crc32']);
    const sum = (crc32(body.view, message, at - message) ^ FINGERPRINT_MASK) >>> 0;
    body.derived(field['att.crc32.status'], sum === value ? 1 : 0, undefined, body.position - 4, 4);
  },
  0x8029: fixed('att.tie-breaker'),
  0x802a: fixed('att.tie-breaker'),
  0x802b: address,
  0x802c: address,
};

/** Method and class, and the attributes that say most. */
function summary(layer: LayerNode, { view, start, end }: Body): string {
  if (start + 4 > end) return 'Cut STUN header';
  if (isChannel(view, start)) return 'ChannelData TURN Message';
  const type = view.getUint16(start);
  const parts = [`${methods[methodOf(type)] ?? 'Unknown'} ${classes[classOf(type)]}`];
  const list = layer.fields.find((field) => field.name === 'stun.attributes');
  for (const { value, fields: inner = [] } of list?.fields ?? []) {
    const kind = Number(value);
    const text = (name: string) => findField(inner, name)?.text;
    const ip = text('stun.att.ipv4') ?? text('stun.att.ipv6');
    if (kind === 0x0006) parts.push(`user: ${text('stun.att.username') ?? ''}`);
    else if (kind === 0x0014) parts.push(`realm: ${text('stun.att.realm') ?? ''}`);
    else if (kind === 0x0015 && text('stun.att.nonce') !== undefined) parts.push('with nonce');
    else if (kind === 0x0009) {
      const code = Number(text('stun.att.error.class') ?? 0) * 100 + Number(text('stun.att.error') ?? 0);
      parts.push(`error-code: ${code} (${errorCodes[code] ?? 'Unknown'}) ${text('stun.att.error.reason') ?? ''}`);
    } else if (kind === 0x000d) parts.push(`lifetime: ${text('stun.att.lifetime')}`);
    else if (ip !== undefined) parts.push(`${attributes[kind]}: ${ip}:${text('stun.att.port')}`);
  }
  return parts.join(' ');
}
