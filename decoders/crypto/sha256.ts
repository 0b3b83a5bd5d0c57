/** SHA-256 (FIPS 180-4, section 6.2), HMAC (RFC 2104) and HKDF (RFC 5869): what the keys of QUIC's first packets are made with. */

const BLOCK = 64;
const DIGEST = 32;

/** The first 32 bits of the fractional part of a root of each of the first primes (FIPS 180-4, sections 4.2.2 and 5.3.3). */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const out = new Uint32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate && prime; divisor++) prime = candidate % divisor !== 0;
    if (!prime) continue;
    const value = root(candidate);
    out[found++] = (value - Math.floor(value)) * 4294967296;
  }
  return out;
}

const K = fractions(64, Math.cbrt);
const INITIAL = fractions(8, Math.sqrt);
const words = new Int32Array(64);

function compress(state: Int32Array, block: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** The digest of the octets; 32 octets. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n);
  const state = Int32Array.from(INITIAL);
  for (let block = 0; block < padded.length; block += BLOCK) compress(state, view, block);
  const out = new DataView(new ArrayBuffer(DIGEST));
  for (let i = 0; i < 8; i++) out.setInt32(i * 4, state[i]);
  return new Uint8Array(out.buffer);
}

/** HMAC with SHA-256, RFC 2104. */
export function hmac(key: Uint8Array, ...message: readonly Uint8Array[]): Uint8Array {
  const short = key.length > BLOCK ? sha256(key) : key;
  const inner = new Uint8Array(BLOCK).fill(0x36);
  const outer = new Uint8Array(BLOCK).fill(0x5c);
  for (let i = 0; i < short.length; i++) {
    inner[i] ^= short[i];
    outer[i] ^= short[i];
  }
  return sha256(outer, sha256(inner, ...message));
}

/** HKDF-Expand, RFC 5869, section 2.3. */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += DIGEST, counter++) {
    block = hmac(key, block, info, Uint8Array.of(counter));
    out.set(block.subarray(0, Math.min(DIGEST, length - at)), at);
  }
  return out;
}

/** HKDF-Expand-Label of TLS 1.3 with an empty context, RFC 8446, section 7.1. */
export function hkdfExpandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  return hkdfExpand(secret, Uint8Array.of(length >> 8, length & 255, name.length, ...name, 0), length);
}
