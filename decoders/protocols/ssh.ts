import {
  type Body,
  bytes,
  type Field,
  type FieldNode,
  flag,
  type LayerNode,
  protocol,
  text,
  uint,
} from '../core/index.js';
import { diffieHellman, ellipticCurve, groupExchange, messages } from '../labels/ssh.js';
import { contained } from './tls-state.js';

const PORT = 22;
const KEXINIT = 20;
const NEWKEYS = 21;
/** RFC 4253, section 6.1: what an implementation must be able to take; larger ones are encrypted. */
const LARGEST_PACKET = 35000;
/** RFC 4253, section 4.2, and the lines that a server may send before. */
const LONGEST_BANNER = 255;

/** The lists of SSH_MSG_KEXINIT in wire order: RFC 4253, section 7.1. */
const lists = [
  'kex_algorithms',
  'server_host_key_algorithms',
  'encryption_algorithms_client_to_server',
  'encryption_algorithms_server_to_client',
  'mac_algorithms_client_to_server',
  'mac_algorithms_server_to_client',
  'compression_algorithms_client_to_server',
  'compression_algorithms_server_to_client',
  'languages_client_to_server',
  'languages_server_to_client',
] as const;

type List = (typeof lists)[number];

const listFields = Object.fromEntries(
  lists.flatMap((name) => [
    [`${name}_length`, uint(32, `${name} length`)],
    [name, text(`${name} string`)],
  ]),
) as Record<List, ReturnType<typeof text>> & Record<`${List}_length`, ReturnType<typeof uint>>;

const fields = {
  protocol: text('Protocol'),
  packet_length: uint(32, 'Packet Length'),
  padding_length: uint(8, 'Padding Length'),
  message_code: uint(8, 'Message Code', {
    labels: { ...ellipticCurve, ...messages, 32: groupExchange[32], 33: groupExchange[33], 34: groupExchange[34] },
  }),
  cookie: bytes(16, 'Cookie'),
  ...listFields,
  first_kex_packet_follows: uint(8, 'First KEX Packet Follows'),
  'kex.reserved': bytes(4, 'Reserved'),
  'dh_gex.min': uint(32, 'DH GEX Min'),
  'dh_gex.nbits': uint(32, 'DH GEX Number of Bits'),
  'dh_gex.max': uint(32, 'DH GEX Max'),
  'ecdh.q_c_length': uint(32, "ECDH client's ephemeral public key length"),
  'ecdh.q_c': bytes(0, "ECDH client's ephemeral public key (Q_C)"),
  padding_string: bytes(0, 'Padding String'),
  packet_length_encrypted: bytes(4, 'Packet Length (encrypted)'),
  encrypted_packet: bytes(0, 'Encrypted Packet'),
  direction: flag('Direction', { bits: 8 }),
};

type SshFields = { readonly [K in keyof typeof fields]: Field };

/** What both sides have said; indices are 0 for the client and 1 for the server. */
interface SshState {
  readonly methods: [string[], string[]];
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
  recognises: { tcp: isBanner },
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
  return { methods: [[], []], encrypted: [false, false] };
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
    banner(body, field);
    return;
  }
  if (state.encrypted[side] || !isClear(view, start, end)) {
    // The length may be encrypted, or not: without the keys nobody knows (RFC 4253, section 6; OpenSSH's -etm modes).
    if (body.remaining > 4) body.take(field.packet_length_encrypted);
    body.take(field.encrypted_packet, body.remaining);
    return;
  }
  const length = view.getUint32(start);
  const last = start + 4 + length;
  if (last > end) {
    body.incomplete = true;
    body.report('truncated', `the packet has ${4 + length} octets, and goes on in another segment`, {
      needed: 4 + length,
      available: end - start,
      limitedBy: 'tcp',
    });
  }
  body.number(field.packet_length);
  const padding = body.number(field.padding_length);
  const payloadEnd = last - padding;
  const code = body.peek8();
  body.found(field.message_code, code, body.position, 1, `${nameOf(code, state)} (${code})`);
  body.position++;
  if (last <= end) contained(body, payloadEnd, () => payload(body, field, state, side, code));
  else payload(body, field, state, side, code);
  if (padding > 0) body.take(field.padding_string, padding);
}

function banner(body: Body, field: SshFields): void {
  const { view, position: start } = body;
  const whole = bannerLength(view, start, body.end);
  const length = whole > 0 ? whole : body.remaining;
  let textLength = length;
  while (textLength > 0 && (view.getUint8(start + textLength - 1) & ~7) === 8) textLength--;
  body.text(field.protocol, textLength);
  if (length > textLength) body.skip(length - textLength);
}

/** The method: the first of the client's that the server has too (section 7.1). */
function methodOf({ methods: [client, server] }: SshState): string {
  return client.find((name) => server.length === 0 || server.includes(name)) ?? server[0] ?? '';
}

function nameOf(code: number, state: SshState): string {
  const method = methodOf(state);
  const table = method.includes('group-exchange')
    ? groupExchange
    : /^diffie-hellman/.test(method)
      ? diffieHellman
      : code >= 32
        ? groupExchange
        : ellipticCurve;
  return messages[code] ?? table[code] ?? `Unknown (${code})`;
}

function payload(body: Body, field: SshFields, state: SshState, side: 0 | 1, code: number): void {
  const name = nameOf(code, state);
  if (code === KEXINIT) keyExchange(body, field, state, side);
  else if (code === NEWKEYS) state.encrypted[side] = true;
  else if (name === groupExchange[34]) {
    body.number(field['dh_gex.min']);
    body.number(field['dh_gex.nbits']);
    body.number(field['dh_gex.max']);
  } else if (name === ellipticCurve[30]) {
    const length = body.number(field['ecdh.q_c_length']);
    body.take(field['ecdh.q_c'], length);
  }
  // What is not decoded of a message in the clear is still shown as octets.
  if (body.incomplete && body.remaining > 0) body.skip(body.remaining);
}

function keyExchange(body: Body, field: SshFields, state: SshState, side: 0 | 1): void {
  body.take(field.cookie);
  for (const name of lists) {
    const length = body.number(field[`${name}_length`]);
    const names = body.text(field[name], length);
    if (name === 'kex_algorithms') state.methods[side] = names.split(',', 64);
  }
  body.number(field.first_kex_packet_follows);
  body.take(field['kex.reserved']);
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
