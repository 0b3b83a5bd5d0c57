/**
 * Byte order lives here and nowhere else.
 *
 * Network byte order is big-endian (RFC 791, appendix B): what `ntohs` and `ntohl` undo on a little-endian machine.
 * `DataView`'s getters read it directly; the little-endian readers are the named exception.
 */

/** Reads an unsigned number of at most 48 bits; `start` is the octet offset of the header in the view. */
export type Reader = (view: DataView, start: number) => number;

/**
 * A reader for an unsigned field in network byte order.
 *
 * @param bitOffset bits from the header's first bit, 0 = most significant bit of octet 0
 * @param bits width, 1 … 48
 */
export function bigEndianReader(bitOffset: number, bits: number): Reader {
  const byte = bitOffset >> 3;
  if ((bitOffset & 7) === 0) {
    if (bits === 8) return (view, start) => view.getUint8(start + byte);
    if (bits === 16) return (view, start) => view.getUint16(start + byte);
    if (bits === 32) return (view, start) => view.getUint32(start + byte);
    if (bits === 24) return (view, start) => view.getUint16(start + byte) * 256 + view.getUint8(start + byte + 2);
    if (bits === 48)
      return (view, start) => view.getUint16(start + byte) * 4294967296 + view.getUint32(start + byte + 2);
  }
  const bytes = ((bitOffset & 7) + bits + 7) >> 3;
  const shift = bytes * 8 - (bitOffset & 7) - bits;
  const mask = 2 ** bits - 1;
  if (bytes === 1) return (view, start) => (view.getUint8(start + byte) >> shift) & mask;
  if (bytes === 2) return (view, start) => (view.getUint16(start + byte) >> shift) & mask;
  if (bytes === 4 && bits <= 31) return (view, start) => (view.getUint32(start + byte) >>> shift) & mask;
  const scale = 2 ** shift;
  const modulus = 2 ** bits;
  return (view, start) => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + view.getUint8(start + byte + i);
    return Math.floor(value / scale) % modulus;
  };
}

/**
 * Reads an unsigned number of at most 48 bits in network byte order, like `bigEndianReader` but at a place that is not
 * known beforehand.
 *
 * @param bit bits from the view's first bit
 */
export function readBits(view: DataView, bit: number, bits: number): number {
  const byte = Math.floor(bit / 8);
  const shift = bit - byte * 8;
  if (shift === 0) {
    if (bits === 8) return view.getUint8(byte);
    if (bits === 16) return view.getUint16(byte);
    if (bits === 32) return view.getUint32(byte);
  }
  const bytes = (shift + bits + 7) >> 3;
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + view.getUint8(byte + i);
  return Math.floor(value / 2 ** (bytes * 8 - shift - bits)) % 2 ** bits;
}

/**
 * Writes an unsigned number in network byte order: what `readBits` reads. Bits of the octets around it stay as they are.
 *
 * @param bit bits from the view's first bit
 * @param bits width, 1 … 48
 * @param value 0 … 2^bits - 1
 */
export function writeBits(view: DataView, bit: number, bits: number, value: number): void {
  let at = bit;
  for (let left = bits; left > 0; ) {
    const byte = Math.floor(at / 8);
    const free = 8 - (at - byte * 8);
    const taken = Math.min(free, left);
    const chunk = Math.floor(value / 2 ** (left - taken)) % 2 ** taken;
    const shift = free - taken;
    const mask = (2 ** taken - 1) << shift;
    view.setUint8(byte, (view.getUint8(byte) & ~mask) | (chunk << shift));
    at += taken;
    left -= taken;
  }
}

/** A reader for a little-endian field of 1 … 6 whole octets. */
export function littleEndianReader(bitOffset: number, bits: number): Reader {
  if ((bitOffset & 7) !== 0 || (bits & 7) !== 0) throw new Error('a little-endian field must be whole octets');
  const byte = bitOffset >> 3;
  if (bits === 8) return (view, start) => view.getUint8(start + byte);
  if (bits === 16) return (view, start) => view.getUint16(start + byte, true);
  if (bits === 32) return (view, start) => view.getUint32(start + byte, true);
  const bytes = bits >> 3;
  return (view, start) => {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + view.getUint8(start + byte + i);
    return value;
  };
}

/** An unsigned 64-bit number. */
export function readUint64(view: DataView, at: number, littleEndian = false): bigint {
  return view.getBigUint64(at, littleEndian);
}

/** Octets summed between folds, so that the running total stays a 32-bit integer, which is what makes it fast. */
const FOLD_OCTETS = 32768;

/** Words of 32 bits whose sum a number holds exactly. */
const EXACT_WORDS = 1 << 20;

const LITTLE_ENDIAN_HOST = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The same memory as the view that was summed last, as aligned words: twice as fast to read as through a DataView. The
 * sum does not depend on the byte order but for a swap at the end (RFC 1071, section 2, part B).
 */
let summed: DataView | undefined;
let words: Uint32Array = new Uint32Array(0);
let halves: Uint16Array = new Uint16Array(0);

function alias(view: DataView): void {
  summed = view;
  const octets = view.byteLength & ~3;
  words = new Uint32Array(view.buffer, view.byteOffset, octets >> 2);
  halves = new Uint16Array(view.buffer, view.byteOffset, octets >> 1);
}

/**
 * The 16-bit ones' complement sum of RFC 1071 over `length` octets, not yet complemented.
 *
 * @param sum what to start from (a pseudo-header, or 0), below 2^24
 * @returns 0 … 65535; a correct checksum makes it 65535
 */
export function onesComplementSum(view: DataView, start: number, length: number, sum = 0): number {
  // Short sums gain nothing, and a view that does not begin on a word has no aligned words.
  if (length < 32 || (start & 1) !== 0 || (view.byteOffset & 3) !== 0 || !LITTLE_ENDIAN_HOST)
    return sumOctets(view, start, length, sum);
  if (view !== summed) alias(view);
  let at = start;
  let total = 0;
  if ((at & 2) !== 0) {
    total = halves[at >> 1];
    at += 2;
  }
  let word = at >> 2;
  const lastWord = (start + length) >> 2;
  while (word < lastWord) {
    const stop = Math.min(lastWord, word + EXACT_WORDS);
    // Whole words, as floating-point numbers, which hold the sum of very many: that takes two operations a word, and
    // taking words apart three. Four sums, for one addition would have to wait for the other.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (; word + 8 <= stop; word += 8) {
      a += words[word] + words[word + 4];
      b += words[word + 1] + words[word + 5];
      c += words[word + 2] + words[word + 6];
      d += words[word + 3] + words[word + 7];
    }
    for (; word < stop; word++) a += words[word];
    const whole = a + b + (c + d);
    const carries = Math.floor(whole / 4294967296);
    const rest = (whole - carries * 4294967296) >>> 0;
    total = foldSum(foldSum(total + carries) + (rest >>> 16) + (rest & 0xffff));
  }
  const swapped = ((total & 0xff) << 8) | (total >> 8);
  at = word << 2;
  const left = start + length - at;
  return left === 0 ? foldSum(foldSum(sum) + swapped) : sumOctets(view, at, left, foldSum(sum) + swapped);
}

/** Sum of as many 32-bit words, at most 1,000, as two 16-bit ones each, not folded: for `onesComplementSum` to start from. */
export function sumOfWords(view: DataView, start: number, count: number): number {
  let total = 0;
  for (let at = start; at < start + count * 4; at += 4) {
    const word = view.getInt32(at);
    total += (word >>> 16) + (word & 0xffff);
  }
  return total;
}

function sumOctets(view: DataView, start: number, length: number, sum: number): number {
  const end = start + length;
  let at = start;
  let total = foldSum(sum);
  while (end - at > FOLD_OCTETS) {
    for (const stop = at + FOLD_OCTETS; at < stop; at += 4) {
      const word = view.getInt32(at);
      total += (word >>> 16) + (word & 0xffff);
    }
    total = foldSum(total);
  }
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at);
    total += (word >>> 16) + (word & 0xffff);
  }
  if (at + 2 <= end) {
    total += view.getUint16(at);
    at += 2;
  }
  if (at < end) total += view.getUint8(at) << 8;
  return foldSum(total);
}

/** Adds the carries of a sum below 2^32 of 16-bit words (RFC 1071, section 1). */
export function foldSum(total: number): number {
  const once = (total & 0xffff) + (total >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  // The reflected polynomial of IEEE 802.3, clause 3.2.9.
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320;
  return value;
});

/** CRC-32 of IEEE 802.3 (clause 3.2.9), as an unsigned number; frames end with it, least significant octet first. */
export function crc32(view: DataView, start: number, length: number): number {
  let crc = -1;
  for (let at = start; at < start + length; at++) crc = CRC_TABLE[(crc ^ view.getUint8(at)) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
