/** One direction of a TCP connection, put in order: each octet once, as soon as everything before it is there. */

/** Octets that may wait for a missing segment; then the gap is given up and reading goes on behind it. */
const MAXIMUM_WAITING = 1 << 20;
const MAXIMUM_SEGMENTS = 512;
/** No window is larger (RFC 7323, section 2.3): what lies further behind cannot be an old segment. */
const LARGEST_WINDOW = 2 ** 30;

/** Octets of [start, end) in a buffer that belongs to somebody else. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Packet that brought it, where the caller says so. */
  readonly packet?: number;
}

interface Waiting {
  readonly sequence: number;
  bytes: Uint8Array;
  start: number;
  end: number;
  readonly packet?: number;
}

export interface StreamLimits {
  /** Octets and segments that may wait for a missing one. */
  readonly waitingOctets?: number;
  readonly waitingSegments?: number;
  /** Octets handed out last that are kept, to find what contradicts them. Default none. */
  readonly remembered?: number;
}

/** Signed distance between two sequence numbers, which wrap at 2^32 (RFC 9293, section 3.4). */
export function sequenceDistance(to: number, from: number): number {
  return (to - from) | 0;
}

/**
 * How far a segment lies ahead of what comes next: at most a window behind (negative), and otherwise ahead, up to 3 GiB
 * where so much was not captured.
 */
export function octetsAhead(to: number, from: number): number {
  const distance = (to - from) >>> 0;
  return distance > 2 ** 32 - LARGEST_WINDOW ? distance - 2 ** 32 : distance;
}

export class ByteStream {
  /** Sequence number of the octet that comes next; undefined until a segment was seen. */
  next: number | undefined;
  /** Octets of the gap that was given up last, 0 when none was since the last call of `add`. */
  lost = 0;
  /** Octets of the segment added last that differ from what came before in their place. What came first counts. */
  contradicting = 0;
  /** In ascending order, none overlapping another, all behind `next`. */
  private waiting: Waiting[] = [];
  private waitingOctets = 0;
  private readonly remembered: Remembered | undefined;

  constructor(private readonly limits: StreamLimits = {}) {
    if (limits.remembered !== undefined) this.remembered = new Remembered(limits.remembered);
  }

  /** Octets that are kept until a segment before them comes. */
  get held(): number {
    return this.waitingOctets;
  }

  /** Sequence number of the first octet behind the gap that is waited for; undefined when there is none. */
  get behindGap(): number | undefined {
    return this.waiting[0]?.sequence;
  }

  /** Begins anew with whatever segment comes next. */
  forget(): void {
    this.next = undefined;
    this.lost = 0;
    this.waiting.length = 0;
    this.waitingOctets = 0;
  }

  /** Whether everything before this number was read, and nothing waits behind it. */
  endsAt(sequence: number): boolean {
    return this.next === sequence && this.waiting.length === 0;
  }

  /** Octets before `sequence` are of no use: what was kept of them is let go. A number that is passed already says nothing. */
  skipTo(sequence: number): void {
    if (this.next !== undefined && octetsAhead(sequence, this.next) <= 0) return;
    this.next = sequence;
    this.drain([]);
  }

  /**
   * Takes a segment's payload and gives what can be read now, in order: usually the payload itself; nothing for a
   * retransmission or while a segment before it is missing; several pieces when it fills a gap.
   */
  add(sequence: number, payload: Piece): Piece[] {
    this.lost = this.contradicting = 0;
    this.next ??= sequence;
    const ahead = octetsAhead(sequence, this.next);
    const length = payload.end - payload.start;
    if (ahead < 0) this.contradicting = this.remembered?.differing(-ahead, payload) ?? 0;
    if (ahead + length <= 0) return [];
    const fresh = ahead < 0 ? { ...payload, start: payload.start - ahead } : payload;
    if (ahead <= 0 && this.waiting.length === 0) {
      this.next = (sequence + length) >>> 0;
      this.remembered?.append(fresh);
      return [fresh];
    }
    const inserted = this.insert(ahead <= 0 ? this.next : sequence, fresh);
    const ready: Piece[] = [];
    this.drain(ready);
    this.keepCopies(inserted);
    const { waitingOctets = MAXIMUM_WAITING, waitingSegments = MAXIMUM_SEGMENTS } = this.limits;
    const crowded = this.waitingOctets > waitingOctets || this.waiting.length > waitingSegments;
    return crowded && ready.length === 0 ? this.giveUp() : ready;
  }

  /** Gives up the gap that is waited for: what is behind it can be read now. `lost` says how long it was. */
  giveUp(): Piece[] {
    this.lost = 0;
    const ready: Piece[] = [];
    if (this.waiting.length === 0) return ready;
    const [first] = this.waiting;
    this.lost = octetsAhead(first.sequence, this.next ?? first.sequence);
    this.next = first.sequence;
    this.remembered?.clear();
    this.drain(ready);
    return ready;
  }

  /** Puts in what no waiting segment has: the first that came counts (RFC 9293, section 3.10.7.4, trims the later). */
  private insert(sequence: number, payload: Piece): Waiting[] {
    const base = this.next ?? sequence;
    const from = octetsAhead(sequence, base);
    const to = from + payload.end - payload.start;
    const inserted: Waiting[] = [];
    let index = this.firstEndingAfter(from, base);
    let at = from;
    while (at < to) {
      const other = this.waiting[index] as Waiting | undefined;
      const otherStart = other === undefined ? to : octetsAhead(other.sequence, base);
      const until = Math.min(to, otherStart);
      if (until > at) {
        const start = payload.start + at - from;
        const part = { ...payload, sequence: (base + at) >>> 0, start, end: start + until - at };
        this.waiting.splice(index++, 0, part);
        inserted.push(part);
        this.waitingOctets += until - at;
      }
      if (other === undefined || otherStart >= to) break;
      const otherEnd = otherStart + other.end - other.start;
      if (this.remembered !== undefined) {
        const low = Math.max(at, otherStart);
        const mine = payload.start + low - from;
        const theirs = other.start + low - otherStart;
        const common = Math.min(to, otherEnd) - low;
        for (let i = 0; i < common; i++) if (payload.bytes[mine + i] !== other.bytes[theirs + i]) this.contradicting++;
      }
      at = Math.max(at, otherEnd);
      index++;
    }
    return inserted;
  }

  /** Index of the first waiting segment that ends behind an offset from `base`. */
  private firstEndingAfter(offset: number, base: number): number {
    let low = 0;
    let high = this.waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { sequence, start, end } = this.waiting[middle];
      if (octetsAhead(sequence, base) + end - start > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private drain(ready: Piece[]): void {
    let taken = 0;
    for (const first of this.waiting) {
      const next = this.next ?? first.sequence;
      const ahead = octetsAhead(first.sequence, next);
      if (ahead > 0) break;
      taken++;
      const length = first.end - first.start;
      this.waitingOctets -= length;
      if (-ahead >= length) continue;
      const { sequence, ...piece } = first;
      const fresh = { ...piece, start: first.start - ahead };
      ready.push(fresh);
      this.remembered?.append(fresh);
      this.next = (sequence + length) >>> 0;
    }
    // Taking from the front one by one moves nothing; splice() would move all that stay.
    for (; taken > 0; taken--) this.waiting.shift();
  }

  /** What waits on of a buffer that belongs to somebody else is copied. */
  private keepCopies(inserted: readonly Waiting[]): void {
    for (const one of inserted) {
      if (octetsAhead(one.sequence, this.next ?? one.sequence) <= 0) continue;
      // Not slice(): Node's Buffer makes that another view of the same octets.
      one.bytes = new Uint8Array(one.bytes.subarray(one.start, one.end));
      one.start = 0;
      one.end = one.bytes.length;
    }
  }
}

/** The octets that were handed out last, in a ring that grows up to its limit. */
class Remembered {
  private ring = new Uint8Array(4096);
  /** Octets that were ever put in since `clear`. */
  private total = 0;

  constructor(private readonly limit: number) {}

  clear(): void {
    this.total = 0;
  }

  append({ bytes, start, end }: Piece): void {
    const length = end - start;
    if (this.total + length > this.ring.length && this.ring.length < this.limit) this.grow(this.total + length);
    const { ring } = this;
    const kept = Math.min(length, ring.length);
    const at = (this.total + length - kept) % ring.length;
    const first = Math.min(kept, ring.length - at);
    ring.set(bytes.subarray(end - kept, end - kept + first), at);
    if (first < kept) ring.set(bytes.subarray(end - kept + first, end), 0);
    this.total += length;
  }

  /** How many of a payload's octets, which begins `back` octets before the end, are others than those that are kept. */
  differing(back: number, { bytes, start, end }: Piece): number {
    const { ring, total } = this;
    const known = Math.min(total, ring.length);
    let count = 0;
    const to = Math.min(end - start, back);
    for (let i = Math.max(0, back - known); i < to; i++)
      if (bytes[start + i] !== ring[(total - back + i) % ring.length]) count++;
    return count;
  }

  private grow(wanted: number): void {
    // Nothing has been overwritten before the ring has its full size.
    let size = this.ring.length;
    while (size < wanted && size < this.limit) size *= 2;
    const grown = new Uint8Array(Math.min(size, this.limit));
    grown.set(this.ring.subarray(0, this.total));
    this.ring = grown;
  }
}
