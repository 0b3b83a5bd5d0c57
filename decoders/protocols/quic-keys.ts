/** Protection of Initial packets: RFC 9001, section 5. The keys follow from the connection ID, so that all who see it can read. */

import { encryptBlock, expandKey, openGcm } from '../crypto/aes.js';
import { hkdfExpandLabel, hmac } from '../crypto/sha256.js';

export interface PacketKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Header protection. */
  readonly hp: Uint8Array;
}

const octets = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** RFC 9001, section 5.2; RFC 9369, section 3.3.1; and those of the drafts that were deployed. */
const SALT_V1 = octets('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
const SALT_V2 = octets('0dede3def700a6db819381be6e269dcbf9bd2ed9');
const SALT_DRAFT_29 = octets('afbfec289993d24c9e9786f19c6111e04390a899');
const SALT_DRAFT_23 = octets('c3eef712c72ebb5a11a7d2432bb46365bef9f502');

/** Google's last versions of its own: the packets are draft 27's, the frames those of its older versions. */
const GOOGLE_T050 = 0x54303530;
const GOOGLE_T051 = 0x54303531;
const GOOGLE_Q050 = 0x51303530;
const SALT_T050 = octets('7ff579e5acd072915580304c43a2367c60488310');
const SALT_T051 = octets('7a4edef4e7ccee5fa4506c19124fc8ccda6e033d');
const SALT_Q050 = octets('504574efd066fe2f9d945cfcdbd3a7f0d3b56b45');

/** Facebook's mvfst, which follows draft 27. */
const FACEBOOK: ReadonlySet<number> = new Set([0xfaceb002, 0xfaceb00e]);

export const VERSION_2 = 0x6b3343cf;

/** Whether Initial packets of this version are protected in a way that is known. */
export function isKnownVersion(version: number): boolean {
  return saltOf(version) !== undefined;
}

/** Whether Initial packets of this version have Google's frames. */
export function hasGoogleFrames(version: number): boolean {
  return version === GOOGLE_T050 || version === GOOGLE_T051 || version === GOOGLE_Q050;
}

function saltOf(version: number): Uint8Array | undefined {
  if (version === 1) return SALT_V1;
  if (version === VERSION_2) return SALT_V2;
  if (version === GOOGLE_T051) return SALT_T051;
  if (version === GOOGLE_T050) return SALT_T050;
  if (version === GOOGLE_Q050) return SALT_Q050;
  const draft = version >>> 8 === 0xff0000 ? version & 255 : FACEBOOK.has(version) ? 27 : 0;
  if (draft >= 29 && draft <= 34) return draft < 33 ? SALT_DRAFT_29 : SALT_V1;
  return draft >= 23 && draft <= 28 ? SALT_DRAFT_23 : undefined;
}

/**
 * The keys of both sides.
 *
 * @param connection the Destination Connection ID of the client's first packet
 */
export function initialKeys(version: number, connection: Uint8Array): { client: PacketKeys; server: PacketKeys } {
  const secret = hmac(saltOf(version) ?? SALT_V1, connection);
  const prefix = version === VERSION_2 ? 'quicv2' : 'quic';
  const side = (label: string): PacketKeys => {
    const own = hkdfExpandLabel(secret, label, 32);
    return {
      key: hkdfExpandLabel(own, `${prefix} key`, 16),
      iv: hkdfExpandLabel(own, `${prefix} iv`, 12),
      hp: hkdfExpandLabel(own, `${prefix} hp`, 16),
    };
  };
  return { client: side('client in'), server: side('server in') };
}

/** A packet whose header protection is gone. */
export interface Unmasked {
  /** The first octet as it was before header protection. */
  readonly first: number;
  readonly numberLength: number;
  readonly packetNumber: number;
  /** The header with the packet number, in the clear: what the payload's protection vouches for. */
  readonly header: Uint8Array;
}

/**
 * Removes the protection of the header: RFC 9001, section 5.4. Whether the keys are right, only the payload tells.
 *
 * @param packet the whole packet, or as much as there is
 * @param numberAt where in it the packet number stands
 * @returns undefined when the sample is not there
 */
export function unmask(keys: PacketKeys, packet: Uint8Array, numberAt: number): Unmasked | undefined {
  if (numberAt + 20 > packet.length) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const sample = Int32Array.from({ length: 4 }, (_, i) => view.getInt32(numberAt + 4 + i * 4));
  encryptBlock(expandKey(keys.hp), sample);
  const first = packet[0] ^ ((sample[0] >>> 24) & 15);
  const numberLength = (first & 3) + 1;
  const header = packet.slice(0, numberAt + numberLength);
  header[0] = first;
  let packetNumber = 0;
  for (let i = 0; i < numberLength; i++) {
    const mask = i < 3 ? (sample[0] >>> (16 - i * 8)) & 255 : sample[1] >>> 24;
    header[numberAt + i] ^= mask;
    packetNumber = packetNumber * 256 + header[numberAt + i];
  }
  return { first, numberLength, packetNumber, header };
}

/** Removes the protection of the payload (section 5.3); undefined when the keys are not the packet's. */
export function open(
  keys: PacketKeys,
  packet: Uint8Array,
  { header, packetNumber }: Unmasked,
): Uint8Array<ArrayBuffer> | undefined {
  const nonce = keys.iv.slice();
  for (let i = 0, rest = packetNumber; i < 4; i++, rest >>>= 8) nonce[11 - i] ^= rest & 255;
  return openGcm(keys.key, nonce, header, packet.subarray(header.length));
}
