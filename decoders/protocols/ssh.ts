import {
  type Body,
  bytes,
  type Field,
  type FieldNode,
  flag,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import { ellipticCurve, groupExchange, messages } from '../labels/ssh.js';
import { cipherOf, exchangeFields, messageName, type Offers, readExchange } from './ssh-kex.js';

const PORT = 22;
const NEWKEYS = 21;
/** The numbers of the transport layer's messages end before this one: RFC 4250, section 4.1.1. */
const FIRST_OTHER = 50;
/** The client's message of version 1 behind which everything is encrypted. */
const SESSION_KEY = 3;
/** RFC 4253, section 6.1: what an implementation must be able to take; larger ones are encrypted. */
const LARGEST_PACKET = 35000;
/** RFC 4253, section 4.2, and the lines that a server may send before. */
const LONGEST_BANNER = 255;

/** Ciphers that Wireshark opens when it has the keys; without them it shows nothing of the packets. */
const OPENED = /^(?:chacha20-poly1305@openssh\.com|aes(?:128|192|256)-(?:ctr|cbc)|aes(?:128|256)-gcm@openssh\.com)$/;

const fields = {
  protocol: text('Protocol'),
  packet_length: uint(32, 'Packet Length'),
  padding_length: uint(8, 'Padding Length'),
  message_code: uint(8, 'Message Code', {
    labels: { ...ellipticCurve, ...messages, 32: groupExchange[32], 33: groupExchange[33], 34: groupExchange[34] },
  }),
  ...exchangeFields,
  padding_string: bytes(0, 'Padding String'),
  payload: bytes(0, 'Payload'),
  packet_length_encrypted: bytes(4, 'Packet Length (encrypted)'),
  encrypted_packet: bytes(0, 'Encrypted Packet'),
  direction: flag('Direction', { bits: 8 }),
};

type SshFields = { readonly [K in keyof typeof fields]: Field };

/** What the conversation has shown; indices are 0 for the client and 1 for the server. */
interface SshState extends Offers {
  /** 0 until a side has told its version. */
  version: 0 | 1 | 2;
  readonly encrypted: [boolean, boolean];
}

/** Secure Shell: the transport layer until it is encrypted. */
export const ssh = protocol('ssh', 'SSH Protocol', {
  reference: 'RFC 4253, sections 4, 6 and 7',
  carriedBy: { 'tcp.port': PORT },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  recognises: { tcp: startingWith((octet) => octet === 0x53, isBanner) },
  body: (body, field) => {
    const { conversation } = body.dissection;
    const state = conversation === undefined ? fresh() : conversation.remember('ssh', fresh);
    const server = fromServer(body);
    if (!isBanner(body.view, body.start, body.end)) body.column = 'SSHv2';
    while (body.remaining > 0) message(body, field, state, server ? 1 : 0);
    body.derived(field.direction, server, server ? 'server-to-client' : 'client-to-server', body.start);
  },
  info: (layer, body) => summary(layer, body),
});

function fresh(): SshState {
  return {
    version: 0,
    methods: [[], []],
    ciphers: [
      [[], []],
      [[], []],
    ],
    answered: false,
    encrypted: [false, false],
  };
}

/** Servers listen low: the lower port is the server's. */
function fromServer({ view, walk, depth }: Body): boolean {
  const carrier = walk.start[depth - 1];
  if (depth === 0 || carrier + 4 > walk.capturedEnd) return false;
  return view.getUint16(carrier) < view.getUint16(carrier + 2);
}

/** `SSH-`, section 4.2. */
function isBanner(view: DataView, start: number, end: number): boolean {
  return start + 4 <= end && view.getUint32(start) === 0x5353482d;
}

function bannerLength(view: DataView, start: number, end: number): number {
  const limit = Math.min(end, start + LONGEST_BANNER + 1);
  for (let at = start; at < limit; at++) if (view.getUint8(at) === 10) return at + 1 - start;
  return limit === end ? 0 : -1;
}

/** Whether a packet in the clear may stand at `at`: a length, a padding that fits it, and a message of the transport layer. */
function isClear(view: DataView, at: number, end: number): boolean {
  if (at + 6 > end) return false;
  const length = view.getUint32(at);
  const padding = view.getUint8(at + 4);
  const code = view.getUint8(at + 5);
  return length >= 2 && length <= LARGEST_PACKET && padding + 1 < length && code >= 1 && code < 50;
}

function messageLength(view: DataView, start: number, end: number): number {
  if (isBanner(view, start, end)) return bannerLength(view, start, end);
  if (end - start < 6) return 0;
  // Where encryption has begun, only the keys' owners know where packets end.
  return isClear(view, start, end) ? 4 + view.getUint32(start) : end - start;
}

function message(body: Body, field: SshFields, state: SshState, side: 0 | 1): void {
  const { view, position: start, end } = body;
  if (isBanner(view, start, end)) {
    banner(body, field, state);
    return;
  }
  // A packet by itself does not know what was before it.
  const alone = body.dissection.conversation === undefined;
  const inClear = alone ? isClear(view, start, end) : state.version === 2 && !state.encrypted[side];
  if (state.version === 1) firstVersion(body, field, state, side);
  else if (inClear) clearPacket(body, field, state, side);
  else if (state.answered && state.encrypted[side] && OPENED.test(cipherOf(state, side))) body.skip(body.remaining);
  else {
    // The length may be encrypted, or not: without the keys nobody knows (RFC 4253, section 6; OpenSSH's -etm modes).
    if (body.remaining > 4) body.take(field.packet_length_encrypted);
    body.take(field.encrypted_packet, body.remaining);
  }
}

/** RFC 4253, section 6. */
function clearPacket(body: Body, field: SshFields, state: SshState, side: 0 | 1): void {
  const { position: start, end } = body;
  body.need(4, 'a packet length');
  const length = body.view.getUint32(start);
  // NEWKEYS was in a packet that is not there: what follows is encrypted all the same.
  if (length > LARGEST_PACKET) body.fail(`a packet of ${length} octets: that is none in the clear`);
  body.number(field.packet_length);
  const last = start + 4 + length;
  if (last > end) {
    body.incomplete = true;
    body.report('truncated', `the packet has ${4 + length} octets, and goes on in another segment`, {
      needed: 4 + length,
      available: end - start,
      limitedBy: 'tcp',
    });
  }
  const padding = body.number(field.padding_length);
  const payloadEnd = last - padding;
  const code = body.peek8();
  body.found(field.message_code, code, body.position, 1, `${messageName(code, state)} (${code})`);
  body.position++;
  if (payloadEnd < body.position) body.fail(`${padding} octets of padding in a packet of ${length}`);
  // Where it breaks off, nothing behind it can be trusted either.
  body.within(payloadEnd, () => payload(body, field, state, side, code));
  if (body.position < payloadEnd) body.skip(payloadEnd - body.position);
  if (padding > 0) body.take(field.padding_string, padding);
}

function payload(body: Body, field: SshFields, state: SshState, side: 0 | 1, code: number): void {
  if (code === NEWKEYS) state.encrypted[side] = true;
  else if (code < FIRST_OTHER && !readExchange(body, field, state, side, code) && body.remaining > 0)
    body.take(field.payload, body.remaining);
}

/**
 * Version 1 of the protocol (draft-ylonen-ssh-protocol-00): the length does not count the padding, which stands in front
 * and fills up to a multiple of eight.
 */
function firstVersion(body: Body, field: SshFields, state: SshState, side: 0 | 1): void {
  const length = body.number(field.packet_length);
  const padding = 8 - (length % 8);
  body.derived(field.padding_length, padding);
  body.skip(padding);
  let left = length;
  if (!state.encrypted[side] && left > 0) {
    const code = body.number(field.message_code);
    left--;
    if (code === SESSION_KEY) state.encrypted.fill(true);
  }
  body.take(field.payload, left);
}

function banner(body: Body, field: SshFields, state: SshState): void {
  const { view, position: start } = body;
  const whole = bannerLength(view, start, body.end);
  const length = whole > 0 ? whole : body.remaining;
  let textLength = length;
  while (textLength > 0 && (view.getUint8(start + textLength - 1) & ~7) === 8) textLength--;
  const said = body.text(field.protocol, textLength);
  // Section 5.1: 1.99 is version 2 that can do version 1 too.
  if (/^SSH-(?:2\.|1\.99-)/.test(said)) state.version = 2;
  else if (said.startsWith('SSH-1.')) state.version = 1;
  if (length > textLength) body.skip(length - textLength);
}

/** `Client: Key Exchange Init`, as Wireshark lists it. */
function summary(layer: LayerNode, body: Body): string {
  const parts: string[] = [];
  for (const node of layer.fields) {
    if (node.name === 'ssh.protocol') parts.push(`Protocol (${node.text})`);
    else if (node.name === 'ssh.message_code') parts.push(node.display.replace(/ \(\d+\)$/, ''));
    else if (node.name === 'ssh.encrypted_packet') parts.push(`Encrypted packet (len=${encryptedLength(layer, node)})`);
  }
  return `${fromServer(body) ? 'Server' : 'Client'}: ${parts.join(', ')}`;
}

/** Octets of an encrypted packet with its length. */
function encryptedLength({ fields: nodes }: LayerNode, packet: FieldNode): number {
  const before = nodes[nodes.indexOf(packet) - 1];
  return packet.length + (before?.name === 'ssh.packet_length_encrypted' ? before.length : 0);
}
