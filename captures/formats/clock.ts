/**
 * Time stamps of any resolution → nanoseconds since 1970-01-01 UTC, as two unsigned 32-bit halves.
 *
 * 64 bits hold 1970 … 2554-07-21. What lies outside (a negative `if_tsoffset`, a clock gone wrong) is kept modulo
 * 2^64, so that differences between packets stay right, and is noted in `wrapped`.
 */

const TWO_32 = 4294967296;
const BILLION = 1_000_000_000n;
/** Seconds in 2^64 ns, rounded down. */
const LAST_SECOND = 18_446_744_072;

/** Adds seconds and a fraction without BigInt; the seconds of a packet are nearly always those of the one before. */
export class Nanoseconds {
  high = 0;
  low = 0;
  private seconds = 0;
  private baseHigh = 0;
  private baseLow = 0;

  /**
   * Sets `high` and `low`.
   * @param seconds 0 … 18446744072
   * @param fraction nanoseconds, 0 … 2^52; a billion and more is carried.
   */
  set(seconds: number, fraction: number): void {
    if (seconds !== this.seconds) {
      this.rebase(seconds);
    }
    let low = this.baseLow + fraction;
    let high = this.baseHigh;
    if (low >= TWO_32) {
      const carry = Math.floor(low / TWO_32);
      high += carry;
      low -= carry * TWO_32;
    }
    this.high = high;
    this.low = low;
  }

  /** seconds × 10^9 exceeds 2^53, so it is multiplied in two parts of 16 and 19 bits, each exact. */
  private rebase(seconds: number): void {
    const upper = Math.floor(seconds / 65536);
    const p = upper * 1e9;
    const q = (seconds - upper * 65536) * 1e9;
    const pHigh = Math.floor(p / 65536);
    const low = (p - pHigh * 65536) * 65536 + q;
    const carry = Math.floor(low / TWO_32);
    this.seconds = seconds;
    this.baseHigh = pHigh + carry;
    this.baseLow = low - carry * TWO_32;
  }
}

/** Units in a second by raw `if_tsresol`: 10^-n, or 2^-n when the top bit is set (section 4.2). */
export function unitsPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  return resolution & 0x80 ? 1n << exponent : 10n ** exponent;
}

/** Turns the time stamps of one interface into nanoseconds. */
export class Clock {
  /** Nothing to do: nanoseconds already, without an offset. */
  readonly identity: boolean;
  high = 0;
  low = 0;
  /** A time outside 1970 … 2554 was seen. */
  wrapped = false;
  private readonly units: bigint;
  /** Units in a second where doubles do (up to nanoseconds), or 0. */
  private readonly fastUnits: number;
  private readonly fastFraction: number;
  private readonly fastOffset: number;
  private readonly sum = new Nanoseconds();

  /**
   * @param resolution raw `if_tsresol`
   * @param offset `if_tsoffset`: seconds to add, -2^63 … 2^63-1
   */
  constructor(
    resolution: number,
    private readonly offset: bigint,
  ) {
    this.units = unitsPerSecond(resolution);
    this.identity = resolution === 9 && offset === 0n;
    const fast = resolution <= 9 && offset > -(2n ** 40n) && offset < 2n ** 40n;
    this.fastUnits = fast ? Number(this.units) : 0;
    this.fastFraction = fast ? 1e9 / this.fastUnits : 0;
    this.fastOffset = fast ? Number(offset) : 0;
  }

  /** Sets `high` and `low` from the two halves of a time stamp; what is finer than a nanosecond is cut off. */
  convert(high: number, low: number): void {
    if (this.identity) {
      this.high = high;
      this.low = low;
      return;
    }
    // Below 2^21 the 64-bit value is at most 2^53 and exact as a double: microseconds until the year 2255.
    if (this.fastUnits > 0 && high < 0x200000) {
      const stamp = high * TWO_32 + low;
      const whole = Math.floor(stamp / this.fastUnits);
      const seconds = whole + this.fastOffset;
      if (seconds >= 0 && seconds <= LAST_SECOND) {
        this.sum.set(seconds, (stamp - whole * this.fastUnits) * this.fastFraction);
        this.high = this.sum.high;
        this.low = this.sum.low;
        return;
      }
    }
    this.convertExactly((BigInt(high) << 32n) | BigInt(low));
  }

  private convertExactly(stamp: bigint): void {
    const seconds = stamp / this.units + this.offset;
    const time = seconds * BILLION + ((stamp % this.units) * BILLION) / this.units;
    if (time < 0n || time >> 64n !== 0n) {
      this.wrapped = true;
    }
    this.high = Number((time >> 32n) & 0xffff_ffffn);
    this.low = Number(time & 0xffff_ffffn);
  }
}
