/** What DEFLATE compressed, with or without the wrappers of gzip and zlib: RFC 1951, 1952 and 1950. */

/** Octets that are given out at most: a few of them can stand for any number (section 3.2.5: 258 by two codes). */
const LARGEST_OUTPUT = 2 << 20;
const LONGEST_CODE = 15;

/** Section 3.2.5. */
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Section 3.2.7: the order in which the lengths of the codes for lengths stand. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Bits that the table looks up at once; longer codes are rare. */
const QUICK_BITS = 10;

/** A canonical prefix code (section 3.2.2): how many codes of each length, and their symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
  /** By the next bits: the symbol times 16, and its code's length; 0 for a longer code, or none. */
  readonly quick: Uint16Array;
}

function codeOf(lengths: Uint8Array): Code {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  const offsets = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1; length <= LONGEST_CODE; length++) offsets[length + 1] = offsets[length] + counts[length];
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++)
    if (lengths[symbol] !== 0) symbols[offsets[lengths[symbol]]++] = symbol;
  return { counts, symbols, quick: quickTable(lengths, counts) };
}

function quickTable(lengths: Uint8Array, counts: Uint16Array): Uint16Array {
  const quick = new Uint16Array(1 << QUICK_BITS);
  const next = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1; length <= LONGEST_CODE; length++) next[length + 1] = (next[length] + counts[length]) << 1;
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    const code = next[length]++;
    if (length > QUICK_BITS || code >= 1 << length) continue;
    // A code stands with its first bit in the lowest one (section 3.1.1).
    let reversed = 0;
    for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
    for (let at = reversed; at < quick.length; at += 1 << length) quick[at] = (symbol << 4) | length;
  }
  return quick;
}

/** Section 3.2.6. */
const fixedLengths = codeOf(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const fixedDistances = codeOf(new Uint8Array(30).fill(5));

/** What was inflated. */
export interface Inflated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the last block ended; otherwise the input is cut or wrong, or the output would be too large. */
  readonly complete: boolean;
}

class Inflater {
  private at: number;
  private bits = 0;
  private have = 0;
  private out: Uint8Array;
  private length: number;

  /** @param before what was given out before, which distances may reach into */
  constructor(
    private readonly input: Uint8Array,
    start: number,
    private readonly before: Uint8Array,
  ) {
    this.at = start;
    this.out = new Uint8Array(before.length + Math.max(1024, input.length * 4));
    this.out.set(before);
    this.length = before.length;
  }

  run(): Inflated {
    let complete = false;
    for (;;) {
      const last = this.take(1);
      const type = this.take(2);
      if (last < 0 || type < 0 || type === 3) break;
      const whole =
        type === 0 ? this.stored() : type === 1 ? this.compressed(fixedLengths, fixedDistances) : this.dynamic();
      if (!whole) break;
      if (last === 1) {
        complete = true;
        break;
      }
    }
    return { bytes: this.out.slice(this.before.length, this.length), complete };
  }

  /** Takes so many bits; -1 when the input has no more. */
  private take(count: number): number {
    while (this.have < count) {
      if (this.at >= this.input.length) return -1;
      this.bits |= this.input[this.at++] << this.have;
      this.have += 8;
    }
    const value = this.bits & ((1 << count) - 1);
    this.bits >>>= count;
    this.have -= count;
    return value;
  }

  /** The next symbol; -1 when there is none. */
  private symbol({ counts, symbols, quick }: Code): number {
    while (this.have < QUICK_BITS && this.at < this.input.length) {
      this.bits |= this.input[this.at++] << this.have;
      this.have += 8;
    }
    const found = quick[this.bits & ((1 << QUICK_BITS) - 1)];
    const known = found & 15;
    if (known !== 0 && known <= this.have) {
      this.bits >>>= known;
      this.have -= known;
      return found >> 4;
    }
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      if (this.have === 0) {
        if (this.at >= this.input.length) return -1;
        this.bits = this.input[this.at++];
        this.have = 8;
      }
      code |= this.bits & 1;
      this.bits >>>= 1;
      this.have--;
      const count = counts[length];
      if (code - first < count) return symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }

  private room(octets: number): boolean {
    const needed = this.length + octets;
    if (needed - this.before.length > LARGEST_OUTPUT) return false;
    if (needed > this.out.length) {
      const grown = new Uint8Array(Math.max(needed, this.out.length * 2));
      grown.set(this.out.subarray(0, this.length));
      this.out = grown;
    }
    return true;
  }

  private stored(): boolean {
    // Whole octets that were read ahead are given back.
    this.at -= this.have >> 3;
    this.bits = this.have = 0;
    if (this.at + 4 > this.input.length) return false;
    const length = this.input[this.at] | (this.input[this.at + 1] << 8);
    this.at += 4;
    const available = Math.min(length, this.input.length - this.at);
    if (!this.room(available)) return false;
    this.out.set(this.input.subarray(this.at, this.at + available), this.length);
    this.length += available;
    this.at += available;
    return available === length;
  }

  /** Section 3.2.7. */
  private dynamic(): boolean {
    const literals = this.take(5) + 257;
    const distances = this.take(5) + 1;
    const count = this.take(4) + 4;
    if (count < 4 || literals > 286 || distances > 30) return false;
    const sizes = new Uint8Array(19);
    for (let i = 0; i < count; i++) {
      const size = this.take(3);
      if (size < 0) return false;
      sizes[lengthOrder[i]] = size;
    }
    const code = codeOf(sizes);
    const lengths = new Uint8Array(literals + distances);
    let at = 0;
    while (at < lengths.length) {
      const symbol = this.symbol(code);
      if (symbol < 0) return false;
      if (symbol < 16) lengths[at++] = symbol;
      else {
        if (symbol === 16 && at === 0) return false;
        const extra = this.take(symbol === 16 ? 2 : symbol === 17 ? 3 : 7);
        if (extra < 0) return false;
        const times = extra + (symbol === 18 ? 11 : 3);
        if (at + times > lengths.length) return false;
        lengths.fill(symbol === 16 ? lengths[at - 1] : 0, at, at + times);
        at += times;
      }
    }
    return this.compressed(codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals)));
  }

  private compressed(literals: Code, distances: Code): boolean {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < 0) return false;
      if (symbol === 256) return true;
      if (symbol < 256) {
        if (!this.room(1)) return false;
        this.out[this.length++] = symbol;
      } else if (!this.copy(symbol - 257, distances)) return false;
    }
  }

  private copy(which: number, distances: Code): boolean {
    if (which >= lengthBase.length) return false;
    const more = this.take(lengthExtra[which]);
    const code = more < 0 ? -1 : this.symbol(distances);
    if (code < 0 || code >= distanceBase.length) return false;
    const far = this.take(distanceExtra[code]);
    const distance = distanceBase[code] + far;
    const length = lengthBase[which] + more;
    if (far < 0 || distance > this.length || !this.room(length)) return false;
    for (let i = 0; i < length; i++) this.out[this.length + i] = this.out[this.length + i - distance];
    this.length += length;
    return true;
  }
}

const NOTHING = new Uint8Array(0);

/** Inflates a raw DEFLATE stream. `before` is what the same context gave out before. */
export function inflateRaw(input: Uint8Array, start = 0, before: Uint8Array = NOTHING): Inflated {
  return new Inflater(input, start, before).run();
}

/** Inflates what has the wrapper of gzip or zlib, or none; undefined when nothing of it can be. */
export function inflate(input: Uint8Array): Inflated | undefined {
  const start = wrapperLength(input);
  if (start < 0) return undefined;
  const found = inflateRaw(input, start);
  return found.bytes.length > 0 || found.complete ? found : undefined;
}

function wrapperLength(input: Uint8Array): number {
  if (input.length > 2 && input[0] === 0x1f && input[1] === 0x8b) return gzipHeader(input);
  const zlib = input.length > 2 && (input[0] & 15) === 8 && ((input[0] << 8) | input[1]) % 31 === 0;
  return zlib ? ((input[1] & 0x20) === 0 ? 2 : 6) : 0;
}

/** RFC 1952, section 2.3; -1 when it is cut. */
function gzipHeader(input: Uint8Array): number {
  if (input.length < 10) return -1;
  const flags = input[3];
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (input[at] | (input[at + 1] << 8));
  for (const flag of [8, 16])
    if ((flags & flag) !== 0) {
      while (at < input.length && input[at] !== 0) at++;
      at++;
    }
  if ((flags & 2) !== 0) at += 2;
  return at < input.length ? at : -1;
}
