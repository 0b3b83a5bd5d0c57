/** Removes the protection of records, once their keys are known: RFC 5246, section 6.2.3; RFC 8446, section 5.2. */

import type { AeadName, HashName, Secrets } from '../core/secrets.js';
import { expandLabel, prf } from '../crypto/key-schedule.js';
import { cipherSuites } from '../labels/tls-ciphers.js';

/** What a cipher suite says about records. */
export interface RecordCipher {
  /** Of the key schedule. */
  readonly hash: HashName;
  readonly keyLength: number;
  /** Undefined for CBC. */
  readonly aead?: AeadName;
  /** Of CBC's check. */
  readonly mac?: HashName;
}

/** A record as it came. */
export interface SealedRecord {
  readonly type: number;
  /** Of the record's header. */
  readonly version: number;
  readonly fragment: Uint8Array;
}

/** What stood in it; undefined when the check does not match. */
export type OpenRecord = (
  record: SealedRecord,
  sequence: number,
) => { readonly type: number; readonly octets: Uint8Array<ArrayBuffer> } | undefined;

const TAG = 16;
const BLOCK = 16;
const AES = /AES_(128|256)_(GCM|CCM_8|CCM|CBC)(?:_(SHA\d*))?$/;
const AEAD_NAMES: Readonly<Record<string, AeadName>> = { GCM: 'aes-gcm', CCM: 'aes-ccm', CCM_8: 'aes-ccm-8' };
const MAC_LENGTHS = { sha1: 20, sha256: 32, sha384: 48 };

/** The cipher of a suite by its number; undefined for those that are not removed: NULL, RC4, 3DES, Camellia, ARIA. */
export function cipherOf(suite: number): RecordCipher | undefined {
  const name = cipherSuites[suite] ?? '';
  const hash: HashName = name.endsWith('SHA384') ? 'sha384' : 'sha256';
  if (/CHACHA20_POLY1305_SHA256$/.test(name)) return { hash, keyLength: 32, aead: 'chacha20-poly1305' };
  const [, bits, mode, digest] = AES.exec(name) ?? [];
  if (bits === undefined) return undefined;
  const keyLength = Number(bits) / 8;
  if (mode !== 'CBC') return { hash, keyLength, aead: AEAD_NAMES[mode] };
  const mac: HashName | undefined = ({ SHA: 'sha1', SHA256: 'sha256', SHA384: 'sha384' } as const)[digest as 'SHA'];
  return mac === undefined ? undefined : { hash, keyLength, mac };
}

/** A nonce of 12 octets with the sequence number in its last eight, as RFC 8446, section 5.3 and RFC 9001 have it. */
export function nonceOf(iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = iv.slice();
  for (let i = 11, rest = sequence; rest > 0 && i >= 4; i--, rest = Math.floor(rest / 256)) nonce[i] ^= rest % 256;
  return nonce;
}

/** TLS 1.3: the keys of one traffic secret. */
export function openerOf13(secrets: Secrets, { aead, hash, keyLength }: RecordCipher, secret: Uint8Array): OpenRecord {
  const key = expandLabel(secrets, hash, secret, 'key', keyLength);
  const iv = expandLabel(secrets, hash, secret, 'iv', 12);
  return ({ type, version, fragment }, sequence) => {
    const { length } = fragment;
    if (aead === undefined || length <= 1) return undefined;
    const data = Uint8Array.of(type, version >> 8, version & 255, length >> 8, length & 255);
    const plain = secrets.open(aead, key, nonceOf(iv, sequence), data, fragment);
    if (plain === undefined) return undefined;
    let end = plain.length;
    while (end > 0 && plain[end - 1] === 0) end--;
    // Section 5.4: the type stands behind the content, and zeros behind it.
    return end === 0 ? undefined : { type: plain[end - 1], octets: plain.subarray(0, end - 1) };
  };
}

/** What the two hellos of TLS 1.2 said. */
export interface Agreed {
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  /** RFC 7366. */
  readonly encryptThenMac: boolean;
}

/** TLS 1.2: the keys of both directions, the client's first (RFC 5246, section 6.3). */
export function openersOf12(
  secrets: Secrets,
  cipher: RecordCipher,
  master: Uint8Array,
  agreed: Agreed,
): [OpenRecord, OpenRecord] {
  const macLength = cipher.mac === undefined ? 0 : MAC_LENGTHS[cipher.mac];
  const ivLength = cipher.aead === undefined ? 0 : cipher.aead === 'chacha20-poly1305' ? 12 : 4;
  const lengths = [macLength, macLength, cipher.keyLength, cipher.keyLength, ivLength, ivLength];
  const total = lengths.reduce((sum, one) => sum + one, 0);
  const seed = [agreed.serverRandom, agreed.clientRandom];
  const block = prf(secrets, cipher.hash, master, 'key expansion', seed, total);
  let at = 0;
  const parts = lengths.map((length) => {
    at += length;
    return block.subarray(at - length, at);
  });
  const side = (index: number): OpenRecord =>
    cipher.mac === undefined
      ? openAead(secrets, cipher.aead ?? 'aes-gcm', parts[2 + index], parts[4 + index])
      : openCbc(secrets, cipher.mac, parts[index], parts[2 + index], agreed.encryptThenMac);
  return [side(0), side(1)];
}

/** Sequence number, type, version and length: what the check vouches for besides the content. */
function additional(sequence: number, { type, version }: SealedRecord, length: number): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, Math.floor(sequence / 4294967296));
  view.setUint32(4, sequence >>> 0);
  view.setUint8(8, type);
  view.setUint16(9, version);
  view.setUint16(11, length);
  return data;
}

/** RFC 5288, RFC 6655 and, for ChaCha20, RFC 7905. */
function openAead(secrets: Secrets, aead: AeadName, key: Uint8Array, iv: Uint8Array): OpenRecord {
  const tag = aead === 'aes-ccm-8' ? 8 : TAG;
  const explicit = aead === 'chacha20-poly1305' ? 0 : 8;
  return (record, sequence) => {
    const { fragment, type } = record;
    const length = fragment.length - explicit - tag;
    if (length < 0) return undefined;
    let nonce: Uint8Array;
    if (explicit === 0) nonce = nonceOf(iv, sequence);
    else {
      nonce = new Uint8Array(12);
      nonce.set(iv);
      nonce.set(fragment.subarray(0, explicit), 4);
    }
    const data = additional(sequence, record, length);
    const octets = secrets.open(aead, key, nonce, data, fragment.subarray(explicit));
    return octets && { type, octets };
  };
}

/** RFC 5246, section 6.2.3.2, or with the check over what is encrypted: RFC 7366. */
function openCbc(
  secrets: Secrets,
  mac: HashName,
  macKey: Uint8Array,
  key: Uint8Array,
  encryptThenMac: boolean,
): OpenRecord {
  const macLength = MAC_LENGTHS[mac];
  const matches = (sequence: number, record: SealedRecord, octets: Uint8Array, given: Uint8Array): boolean => {
    const made = secrets.hmac(mac, macKey, additional(sequence, record, octets.length), octets);
    return given.length === macLength && made.every((octet, index) => octet === given[index]);
  };
  return (record, sequence) => {
    const { fragment, type } = record;
    const end = encryptThenMac ? fragment.length - macLength : fragment.length;
    const blocks = end - BLOCK;
    if (blocks < BLOCK || blocks % BLOCK !== 0) return undefined;
    if (encryptThenMac && !matches(sequence, record, fragment.subarray(0, end), fragment.subarray(end)))
      return undefined;
    const plain = secrets.decipherCbc(key, fragment.subarray(0, BLOCK), fragment.subarray(BLOCK, end));
    const length = plain.length - 1 - plain[plain.length - 1] - (encryptThenMac ? 0 : macLength);
    if (length < 0) return undefined;
    const octets = plain.subarray(0, length);
    const given = plain.subarray(length, length + macLength);
    return encryptThenMac || matches(sequence, record, octets, given) ? { type, octets } : undefined;
  };
}
