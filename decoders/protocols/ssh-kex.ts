/** The key exchange of SSH: what the messages that agree on a method and on keys have in them. */

import { type Body, bytes, type Field, text, uint } from '../core/index.js';
import { diffieHellman, ellipticCurve, groupExchange, messages } from '../labels/ssh.js';

const KEXINIT = 20;
/** Methods that are negotiated have at most so many names; more are not looked at. */
const MAXIMUM_NAMES = 64;

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

export const exchangeFields = {
  cookie: bytes(16, 'Cookie'),
  ...listFields,
  first_kex_packet_follows: uint(8, 'First KEX Packet Follows'),
  'kex.reserved': bytes(4, 'Reserved'),
  'kex.hassh_algorithms': text('hasshAlgorithms'),
  'kex.hasshserver_algorithms': text('hasshServerAlgorithms'),
  mpint_length: uint(32, 'Multi Precision Integer Length'),
  'dh.e': bytes(0, 'DH client e'),
  'dh.f': bytes(0, 'DH server f'),
  'dh_gex.min': uint(32, 'DH GEX Min'),
  'dh_gex.nbits': uint(32, 'DH GEX Number of Bits'),
  'dh_gex.max': uint(32, 'DH GEX Max'),
  'dh_gex.p': bytes(0, 'DH GEX modulus (P)'),
  'dh_gex.g': bytes(0, 'DH GEX base (G)'),
  'ecdh.q_c_length': uint(32, "ECDH client's ephemeral public key length"),
  'ecdh.q_c': bytes(0, "ECDH client's ephemeral public key (Q_C)"),
  'ecdh.q_s_length': uint(32, "ECDH server's ephemeral public key length"),
  'ecdh.q_s': bytes(0, "ECDH server's ephemeral public key (Q_S)"),
  'host_key.length': uint(32, 'Host key length'),
  'host_key.type_length': uint(32, 'Host key type length'),
  'host_key.type': text('Host key type'),
  'host_key.data': bytes(0, 'Host key data'),
  'host_key.rsa.n': bytes(0, 'RSA modulus (N)'),
  'host_key.rsa.e': bytes(0, 'RSA public exponent (e)'),
  'host_key.dsa.p': bytes(0, 'DSA prime modulus (p)'),
  'host_key.dsa.q': bytes(0, 'DSA prime divisor (q)'),
  'host_key.dsa.g': bytes(0, 'DSA subgroup generator (g)'),
  'host_key.dsa.y': bytes(0, 'DSA public key (y)'),
  'host_key.ecdsa.id_length': uint(32, 'ECDSA elliptic curve identifier length'),
  'host_key.ecdsa.id': text('ECDSA elliptic curve identifier'),
  'host_key.ecdsa.q_length': uint(32, 'ECDSA public key length'),
  'host_key.ecdsa.q': bytes(0, 'ECDSA public key (Q)'),
  'host_key.eddsa.key_length': uint(32, 'EdDSA public key length'),
  'host_key.eddsa.key': bytes(0, 'EdDSA public key'),
  'host_sig.length': uint(32, 'Host signature length'),
  'host_sig.type_length': uint(32, 'Host signature type length'),
  'host_sig.type': text('Host signature type'),
  'host_sig.data': bytes(0, 'Host signature data'),
  'host_sig.rsa': bytes(0, 'RSA signature'),
  'host_sig.dsa': bytes(0, 'DSA signature'),
};

type ExchangeFields = { readonly [K in keyof typeof exchangeFields]: Field };

/** What both sides have offered; indices are 0 for the client and 1 for the server. */
export interface Offers {
  readonly methods: [string[], string[]];
  /** Ciphers, client to server and server to client, as each side lists them. */
  readonly ciphers: [[string[], string[]], [string[], string[]]];
  /** Whether the server has answered with its key, other than in a group exchange. */
  answered: boolean;
}

/** The first of the client's names that the server has too; empty until both have said theirs (section 7.1). */
function agreed(client: readonly string[], server: readonly string[]): string {
  return client.find((name) => server.includes(name)) ?? '';
}

/** The cipher that a side sends with. */
export function cipherOf({ ciphers: [client, server] }: Offers, side: 0 | 1): string {
  return agreed(client[side], server[side]);
}

type Kind = 'finite' | 'group' | 'curve';

/** How the numbers from 30 are to be read; Diffie-Hellman's own until the method is known. */
function kindOf({ methods: [client, server] }: Offers): Kind {
  const method = agreed(client, server);
  if (method.includes('group-exchange')) return 'group';
  return /^(?:ecdh-sha2-|curve25519-sha256)/.test(method) ? 'curve' : 'finite';
}

/** What a message number means (RFC 4250, section 4.1.2). */
export function messageName(code: number, offers: Offers): string {
  const table = { finite: diffieHellman, group: groupExchange, curve: ellipticCurve }[kindOf(offers)];
  return messages[code] ?? table[code] ?? 'Unknown';
}

/**
 * Reads the body of a message of the key exchange, `side` being who has sent it.
 *
 * @returns whether it is one that is known
 */
export function readExchange(body: Body, field: ExchangeFields, offers: Offers, side: 0 | 1, code: number): boolean {
  if (code === KEXINIT) {
    initial(body, field, offers, side);
    return true;
  }
  const kind = kindOf(offers);
  if (kind === 'group') return group(body, field, code);
  if (code === 30) {
    if (kind === 'curve') sized(body, field['ecdh.q_c_length'], field['ecdh.q_c']);
    else integer(body, field, field['dh.e']);
  } else if (code === 31) {
    hostKey(body, field);
    if (kind === 'curve') sized(body, field['ecdh.q_s_length'], field['ecdh.q_s']);
    else integer(body, field, field['dh.f']);
    signature(body, field);
    offers.answered = true;
  } else return false;
  return true;
}

/** RFC 4419, section 3. */
function group(body: Body, field: ExchangeFields, code: number): boolean {
  if (code === 34) {
    body.number(field['dh_gex.min']);
    body.number(field['dh_gex.nbits']);
    body.number(field['dh_gex.max']);
  } else if (code === 31) {
    integer(body, field, field['dh_gex.p']);
    integer(body, field, field['dh_gex.g']);
  } else if (code === 32) integer(body, field, field['dh.e']);
  else if (code === 33) {
    hostKey(body, field);
    integer(body, field, field['dh.f']);
    signature(body, field);
  } else return false;
  return true;
}

/** RFC 4253, section 7.1. */
function initial(body: Body, field: ExchangeFields, offers: Offers, side: 0 | 1): void {
  body.take(field.cookie);
  const said: string[] = [];
  for (const name of lists) {
    const length = body.number(field[`${name}_length`]);
    said.push(body.text(field[name], length));
  }
  body.number(field.first_kex_packet_follows);
  body.take(field['kex.reserved']);
  const names = (text: string): string[] => text.split(',', MAXIMUM_NAMES);
  offers.methods[side] = names(said[0]);
  offers.ciphers[side] = [names(said[2]), names(said[3])];
  // https://github.com/salesforce/hassh: what a client, or a server, offers for what it sends itself.
  const marks = [said[0], said[2 + side], said[4 + side], said[6 + side]].join(';');
  body.derived(field[side === 0 ? 'kex.hassh_algorithms' : 'kex.hasshserver_algorithms'], marks);
}

/** Octets behind their length. */
function sized(body: Body, length: Field, value: Field): void {
  const octets = body.number(length);
  body.take(value, octets);
}

/** A number of many octets: RFC 4251, section 5. */
function integer(body: Body, field: ExchangeFields, value: Field): void {
  sized(body, field.mpint_length, value);
}

/** RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4. */
function hostKey(body: Body, field: ExchangeFields): void {
  const length = body.number(field['host_key.length']);
  const end = body.position + length;
  const type = body.text(field['host_key.type'], body.number(field['host_key.type_length']));
  if (type === 'ssh-rsa') {
    integer(body, field, field['host_key.rsa.e']);
    integer(body, field, field['host_key.rsa.n']);
  } else if (type === 'ssh-dss') {
    for (const key of ['p', 'q', 'g', 'y'] as const) integer(body, field, field[`host_key.dsa.${key}`]);
  } else if (type.startsWith('ecdsa-sha2-')) {
    sized(body, field['host_key.ecdsa.id_length'], field['host_key.ecdsa.id']);
    sized(body, field['host_key.ecdsa.q_length'], field['host_key.ecdsa.q']);
  } else if (type === 'ssh-ed25519') sized(body, field['host_key.eddsa.key_length'], field['host_key.eddsa.key']);
  else if (body.position < end) body.take(field['host_key.data'], end - body.position);
  if (body.position < end) body.skip(end - body.position);
}

function signature(body: Body, field: ExchangeFields): void {
  const length = body.number(field['host_sig.length']);
  const end = body.position + length;
  const type = body.text(field['host_sig.type'], body.number(field['host_sig.type_length']));
  if (type === 'ssh-rsa') integer(body, field, field['host_sig.rsa']);
  else if (type === 'ssh-dss') integer(body, field, field['host_sig.dsa']);
  else if (type.startsWith('rsa-sha2-') && body.position < end) body.take(field['host_sig.data'], end - body.position);
  if (body.position < end) body.skip(end - body.position);
}
