/** Repeatable pseudo-random numbers: every run of the bench sees the same traffic. */

/** Marsaglia's xorshift32 ("Xorshift RNGs", 2003); the seed is not 0. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 0 … 2^32-1 */
  word(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** 0 … limit-1 */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** 0 (inclusive) … 1 (exclusive) */
  fraction(): number {
    return this.word() / 0x1_0000_0000;
  }
}
