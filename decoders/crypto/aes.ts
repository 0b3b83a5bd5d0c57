/** AES-128 encryption (FIPS 197) and GCM decryption (NIST SP 800-38D) of short packets. */

const ROUNDS = 10;
const TAG = 16;

const SBOX = new Uint8Array(256);
/** SubBytes and MixColumns of an octet in the first row of a column, as one word; other rows are rotations of it. */
const TABLE = new Int32Array(256);

function times2(value: number): number {
  return ((value << 1) ^ (value & 0x80 ? 0x11b : 0)) & 255;
}

function prepare(): void {
  // p runs through the field as powers of 3 and q through their inverses; FIPS 197, section 5.1.1.
  let p = 1;
  let q = 1;
  do {
    p ^= times2(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 255;
    if (q & 0x80) q ^= 9;
    SBOX[p] = q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4) ^ 0x63;
  } while (p !== 1);
  SBOX[0] = 0x63;
  for (let i = 0; i < 256; i++) {
    const s = SBOX[i];
    const double = times2(s);
    TABLE[i] = (double << 24) | (s << 16) | (s << 8) | (double ^ s);
  }
}

function rotate8(value: number, by: number): number {
  return ((value << by) | (value >> (8 - by))) & 255;
}

prepare();

/** Round keys of a 16-octet key: FIPS 197, section 5.2. */
export function expandKey(key: Uint8Array): Int32Array {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const words = new Int32Array(4 * (ROUNDS + 1));
  for (let i = 0; i < 4; i++) words[i] = view.getInt32(i * 4);
  let constant = 1;
  for (let i = 4; i < words.length; i++) {
    let word = words[i - 1];
    if (i % 4 === 0) {
      word = substitute((word << 8) | (word >>> 24)) ^ (constant << 24);
      constant = times2(constant);
    }
    words[i] = words[i - 4] ^ word;
  }
  return words;
}

function substitute(word: number): number {
  return (
    (SBOX[word >>> 24] << 24) | (SBOX[(word >>> 16) & 255] << 16) | (SBOX[(word >>> 8) & 255] << 8) | SBOX[word & 255]
  );
}

function mixed(a: number, b: number, c: number, d: number): number {
  const x = TABLE[(b >>> 16) & 255];
  const y = TABLE[(c >>> 8) & 255];
  const z = TABLE[d & 255];
  return TABLE[a >>> 24] ^ ((x >>> 8) | (x << 24)) ^ ((y >>> 16) | (y << 16)) ^ ((z >>> 24) | (z << 8));
}

function last(a: number, b: number, c: number, d: number): number {
  return (SBOX[a >>> 24] << 24) | (SBOX[(b >>> 16) & 255] << 16) | (SBOX[(c >>> 8) & 255] << 8) | SBOX[d & 255];
}

/** Encrypts the block of four words in `block` in place. */
export function encryptBlock(keys: Int32Array, block: Int32Array): void {
  let a = block[0] ^ keys[0];
  let b = block[1] ^ keys[1];
  let c = block[2] ^ keys[2];
  let d = block[3] ^ keys[3];
  let k = 4;
  for (let round = 1; round < ROUNDS; round++, k += 4) {
    const e = mixed(a, b, c, d) ^ keys[k];
    const f = mixed(b, c, d, a) ^ keys[k + 1];
    const g = mixed(c, d, a, b) ^ keys[k + 2];
    d = mixed(d, a, b, c) ^ keys[k + 3];
    a = e;
    b = f;
    c = g;
  }
  block[0] = last(a, b, c, d) ^ keys[k];
  block[1] = last(b, c, d, a) ^ keys[k + 1];
  block[2] = last(c, d, a, b) ^ keys[k + 2];
  block[3] = last(d, a, b, c) ^ keys[k + 3];
}

/** Multiplies y by h in GCM's field, in place: SP 800-38D, algorithm 1, four bits at a time with the table of `multiples`. */
function multiply(y: Int32Array, table: Int32Array): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let word = 3; word >= 0; word--) {
    const value = y[word];
    for (let shift = 0; shift < 32; shift += 4) {
      const carry = d & 15;
      d = (d >>> 4) | (c << 28);
      c = (c >>> 4) | (b << 28);
      b = (b >>> 4) | (a << 28);
      a = (a >>> 4) ^ (REDUCTION[carry] << 16);
      const at = ((value >>> shift) & 15) * 4;
      a ^= table[at];
      b ^= table[at + 1];
      c ^= table[at + 2];
      d ^= table[at + 3];
    }
  }
  y[0] = a;
  y[1] = b;
  y[2] = c;
  y[3] = d;
}

/** What the four bits that are shifted out come back as: multiples of x^128 = 1 + x + x² + x⁷. */
const REDUCTION = Int32Array.from({ length: 16 }, (_, bits) => {
  let value = 0;
  for (let i = 0; i < 4; i++) if (bits & (1 << i)) value ^= 0xe100 >> (3 - i);
  return value;
});

/** h times each of the 16 polynomials of degree 3, the most significant bit first, as GCM orders them. */
function multiples(h: Int32Array): Int32Array {
  const table = new Int32Array(64);
  let [a, b, c, d] = h;
  for (let bit = 8; bit > 0; bit >>= 1) {
    for (let i = 1; i < 16; i++) {
      if ((i & bit) === 0) continue;
      table[i * 4] ^= a;
      table[i * 4 + 1] ^= b;
      table[i * 4 + 2] ^= c;
      table[i * 4 + 3] ^= d;
    }
    const carry = d & 1;
    d = (d >>> 1) | (c << 31);
    c = (c >>> 1) | (b << 31);
    b = (b >>> 1) | (a << 31);
    a = (a >>> 1) ^ (carry === 0 ? 0 : 0xe1000000);
  }
  return table;
}

function absorb(y: Int32Array, table: Int32Array, octets: Uint8Array): void {
  for (let at = 0; at < octets.length; at += 16) {
    const n = Math.min(16, octets.length - at);
    for (let i = 0; i < n; i++) y[i >> 2] ^= octets[at + i] << (24 - (i & 3) * 8);
    multiply(y, table);
  }
}

/**
 * Decrypts and checks a packet protected with AES-128-GCM.
 *
 * @param nonce 12 octets
 * @param data what is authenticated only
 * @param sealed the encrypted octets with their tag of 16 octets
 * @returns undefined when the tag does not match: another key, or damage
 */
export function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  sealed: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (sealed.length < TAG) return undefined;
  const keys = expandKey(key);
  const h = new Int32Array(4);
  encryptBlock(keys, h);
  const table = multiples(h);
  const length = sealed.length - TAG;
  const y = new Int32Array(4);
  absorb(y, table, data);
  absorb(y, table, sealed.subarray(0, length));
  // Both lengths in bits, 64 bits each; no packet needs the upper halves.
  y[1] ^= data.length * 8;
  y[3] ^= length * 8;
  multiply(y, table);
  const view = new DataView(nonce.buffer, nonce.byteOffset, nonce.length);
  const block = new Int32Array(4);
  const counter = (value: number): void => {
    for (let i = 0; i < 3; i++) block[i] = view.getInt32(i * 4);
    block[3] = value;
    encryptBlock(keys, block);
  };
  counter(1);
  for (let i = 0; i < TAG; i++)
    if ((((y[i >> 2] ^ block[i >> 2]) >>> (24 - (i & 3) * 8)) & 255) !== sealed[length + i]) return undefined;
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at += 16) {
    counter((at >> 4) + 2);
    const n = Math.min(16, length - at);
    for (let i = 0; i < n; i++) out[at + i] = sealed[at + i] ^ ((block[i >> 2] >>> (24 - (i & 3) * 8)) & 255);
  }
  return out;
}
