/** One direction of a TCP connection, put in order: each octet once, as soon as everything before it is there. */

/** Octets that may wait for a missing segment; then the gap is given up and reading goes on behind it. */
const MAXIMUM_WAITING = 1 << 20;
const MAXIMUM_SEGMENTS = 512;

/** Octets of [start, end) in a buffer that belongs to somebody else. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface Waiting {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** Signed distance between two sequence numbers, which wrap at 2^32 (RFC 9293, section 3.4). */
export function sequenceDistance(to: number, from: number): number {
  return (to - from) | 0;
}

export class ByteStream {
  /** Sequence number of the octet that comes next; undefined until a segment was seen. */
  next: number | undefined;
  /** Octets of the gap that was given up last, 0 when none was since the last call of `add`. */
  lost = 0;
  private readonly waiting: Waiting[] = [];
  private waitingOctets = 0;

  /** Octets that are kept until a segment before them comes. */
  get held(): number {
    return this.waitingOctets;
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
    if (this.next !== undefined && sequenceDistance(sequence, this.next) <= 0) return;
    this.next = sequence;
    this.drain([]);
  }

  /**
   * Takes a segment's payload and gives what can be read now, in order: usually the payload itself; nothing for a
   * retransmission or while a segment before it is missing; several pieces when it fills a gap.
   */
  add(sequence: number, payload: Piece): Piece[] {
    this.lost = 0;
    this.next ??= sequence;
    const ahead = sequenceDistance(sequence, this.next);
    if (ahead > 0) {
      this.wait(sequence, payload);
      return this.waitingOctets > MAXIMUM_WAITING || this.waiting.length > MAXIMUM_SEGMENTS ? this.giveUp() : [];
    }
    const known = -ahead;
    const length = payload.end - payload.start;
    if (known >= length) return [];
    this.next = (sequence + length) >>> 0;
    const ready: Piece[] = [known === 0 ? payload : { ...payload, start: payload.start + known }];
    this.drain(ready);
    return ready;
  }

  private wait(sequence: number, { bytes, start, end }: Piece): void {
    if (this.waiting.some((other) => other.sequence === sequence && other.bytes.length >= end - start)) return;
    this.waiting.push({ sequence, bytes: bytes.slice(start, end) });
    this.waitingOctets += end - start;
    this.waiting.sort((a, b) => sequenceDistance(a.sequence, b.sequence));
  }

  private drain(ready: Piece[]): void {
    while (this.waiting.length > 0) {
      const [first] = this.waiting;
      const next = this.next ?? first.sequence;
      const ahead = sequenceDistance(first.sequence, next);
      if (ahead > 0) return;
      this.waiting.shift();
      this.waitingOctets -= first.bytes.length;
      if (-ahead >= first.bytes.length) continue;
      ready.push({ bytes: first.bytes, start: -ahead, end: first.bytes.length });
      this.next = (first.sequence + first.bytes.length) >>> 0;
    }
  }

  private giveUp(): Piece[] {
    const [first] = this.waiting;
    this.lost = sequenceDistance(first.sequence, this.next ?? first.sequence);
    this.next = first.sequence;
    const ready: Piece[] = [];
    this.drain(ready);
    return ready;
  }
}
