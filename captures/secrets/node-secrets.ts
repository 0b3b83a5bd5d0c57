/** A key log with Node's ciphers: what sessions of the decoders ask for. */

import { type CipherGCMTypes, createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { AeadName, HashName, Secrets } from '../../decoders/core/secrets.js';
import type { KeyLog } from './key-log.js';

/** `secrets` of a session that are those of a key log; lines that it gets later are found too. */
export function secretsOf(keyLog: KeyLog): Secrets {
  return { of: (clientRandom) => keyLog.of(clientRandom), hmac, open, decipherCbc, mask };
}

function hmac(hash: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function open(
  aead: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  sealed: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  const authTagLength = aead === 'aes-ccm-8' ? 8 : 16;
  const length = sealed.length - authTagLength;
  if (length < 0) return undefined;
  // The other names have options of the same form.
  const cipher = aead === 'chacha20-poly1305' ? aead : `aes-${key.length * 8}-${aead === 'aes-gcm' ? 'gcm' : 'ccm'}`;
  const decipher = createDecipheriv(cipher as CipherGCMTypes, key, nonce, { authTagLength });
  decipher.setAuthTag(sealed.subarray(length));
  decipher.setAAD(data, { plaintextLength: length } as never);
  try {
    const octets = decipher.update(sealed.subarray(0, length));
    decipher.final();
    return new Uint8Array(octets);
  } catch (error) {
    if (isWrongTag(error)) return undefined;
    throw error;
  }
}

/** The library tells of a tag that does not match by an error without a code of its own. */
function isWrongTag(error: unknown): boolean {
  return /unable to authenticate data/i.test((error as Error).message);
}

function decipherCbc(key: Uint8Array, iv: Uint8Array, octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv);
  decipher.setAutoPadding(false);
  return new Uint8Array(Buffer.concat([decipher.update(octets), decipher.final()]));
}

function mask(cipher: 'aes' | 'chacha20', key: Uint8Array, sample: Uint8Array): Uint8Array {
  if (cipher === 'aes') return createCipheriv(`aes-${key.length * 8}-ecb`, key, null).update(sample);
  // OpenSSL takes counter and nonce as one value of 16 octets, which is how the sample has them.
  return createCipheriv('chacha20', key, sample).update(new Uint8Array(5));
}
