/** The decoders' own ciphers, against the vectors of their standards and against OpenSSL's. */
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { encryptBlock, expandKey, openGcm } from '../../decoders/crypto/aes.js';
import { hkdfExpand, hmac, sha256 } from '../../decoders/crypto/sha256.js';
import { initialKeys } from '../../decoders/protocols/quic-keys.js';
import { Random } from '../support/random.js';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s+/g, ''), 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function some(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.next() & 255);
}

describe('SHA-256', () => {
  test('FIPS 180-4: "abc"', () => {
    expect(hex(sha256(new TextEncoder().encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('any octets of any length around the blocks', () => {
    const random = new Random(1);
    for (let length = 0; length < 200; length++) {
      const data = some(random, length);
      const key = some(random, length);
      expect(hex(sha256(data))).toBe(createHash('sha256').update(data).digest('hex'));
      expect(hex(hmac(key, data))).toBe(createHmac('sha256', key).update(data).digest('hex'));
    }
  });

  test('HKDF: RFC 5869, appendix A.1', () => {
    const prk = hmac(octets('000102030405060708090a0b0c'), octets('0b'.repeat(22)));
    expect(hex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(hex(hkdfExpand(prk, octets('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });
});

describe('AES-128', () => {
  test('FIPS 197, appendix B', () => {
    const block = Int32Array.of(0x3243f6a8, 0x885a308d, 0x313198a2, 0xe0370734);
    encryptBlock(expandKey(octets('2b7e151628aed2a6abf7158809cf4f3c')), block);
    expect([...block].map((word) => (word >>> 0).toString(16))).toEqual([
      '3925841d',
      '2dc09fb',
      'dc118597',
      '196a0b32',
    ]);
  });

  test('GCM opens what OpenSSL seals, and nothing else', () => {
    const random = new Random(2);
    for (let length = 0; length < 80; length++) {
      const [key, nonce, data, plain] = [16, 12, length, 3 * length].map((size) => some(random, size));
      const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(data);
      const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      expect(hex(openGcm(key, nonce, data, sealed) ?? new Uint8Array(0))).toBe(hex(plain));
      sealed[random.next() % sealed.length] ^= 1;
      expect(openGcm(key, nonce, data, sealed)).toBeUndefined();
    }
  });
});

describe('keys of QUIC', () => {
  const connection = octets('8394c8f03e515708');

  test('version 1: RFC 9001, appendix A.1', () => {
    const { client, server } = initialKeys(1, connection);
    expect([client.key, client.iv, client.hp].map(hex)).toEqual([
      '1f369613dd76d5467730efcbe3b1a22d',
      'fa044b2f42a3fd3b46fb255c',
      '9f50449e04a0e810283a1e9933adedd2',
    ]);
    expect([server.key, server.iv, server.hp].map(hex)).toEqual([
      'cf3a5331653c364c88f0f379b6067e37',
      '0ac1493ca1905853b0bba03e',
      'c206b8d9b9f0f37644430b490eeaa314',
    ]);
  });

  test('version 2: RFC 9369, appendix A.1', () => {
    const { client } = initialKeys(0x6b3343cf, connection);
    expect([client.key, client.iv, client.hp].map(hex)).toEqual([
      '8b1a0bc121284290a29e0971b5cd045d',
      '91f73e2351d8fa91660e909f',
      '45b95e15235d6f45a6b19cbcb0294ba9',
    ]);
  });
});
