/** Application data whose checksum costs nothing: any even stretch of one pool, summed beforehand. */

import { Random } from './random.js';

const POOL_BYTES = 1 << 16;

const pool = new Uint8Array(POOL_BYTES);
/** Sum of the 16-bit words before each word. */
const sums = new Float64Array(POOL_BYTES / 2 + 1);

const random = new Random(0x6e657467);
for (let i = 0; i < POOL_BYTES; i++) pool[i] = random.word();
for (let i = 0; i < POOL_BYTES / 2; i++) sums[i + 1] = sums[i] + (pool[2 * i] << 8) + pool[2 * i + 1];

/**
 * Copies `length` octets of the pool to `at`.
 *
 * @param length 0 … 2048
 * @param which any number: which stretch
 * @returns their sum as 16-bit words, for the checksum (RFC 1071), at most 2^31
 */
export function putPayload(target: Uint8Array, at: number, length: number, which: number): number {
  const from = (which & 0x7ffe) % (POOL_BYTES - 2048);
  target.set(pool.subarray(from, from + length), at);
  const word = from / 2;
  const whole = length >> 1;
  const odd = (length & 1) === 1 ? pool[from + length - 1] << 8 : 0;
  return sums[word + whole] - sums[word] + odd;
}
