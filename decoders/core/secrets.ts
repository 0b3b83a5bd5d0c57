/** What a host lends to decoders that are to read what was encrypted: the secrets of a key log, and a library's ciphers. */

export type HashName = 'sha1' | 'sha256' | 'sha384';

/** RFC 5116 and RFC 6655; `ccm-8` has a tag of 8 octets, the others one of 16. */
export type AeadName = 'aes-gcm' | 'aes-ccm' | 'aes-ccm-8' | 'chacha20-poly1305';

export interface Secrets {
  /**
   * The secrets of a TLS session by their labels in the key log.
   *
   * @param clientRandom the Client Hello's random, as lower-case hexadecimal digits
   */
  of(clientRandom: string): ReadonlyMap<string, Uint8Array> | undefined;
  /** HMAC, RFC 2104. */
  hmac(hash: HashName, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /**
   * Decrypts what was sealed, with its tag at the end; AES has the size that the key has.
   *
   * @returns undefined where the tag does not match: another key, or damage
   */
  open(
    aead: AeadName,
    key: Uint8Array,
    nonce: Uint8Array,
    data: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined;
  /** AES in CBC mode without regard to padding. `octets` are whole blocks of 16. */
  decipherCbc(key: Uint8Array, iv: Uint8Array, octets: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The mask of QUIC's header protection (RFC 9001, sections 5.4.3 and 5.4.4): at least 5 octets for a sample of 16. */
  mask(cipher: 'aes' | 'chacha20', key: Uint8Array, sample: Uint8Array): Uint8Array;
}
