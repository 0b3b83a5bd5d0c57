/**
 * The segments of TCP connections that nobody has acknowledged yet, in the order of where they end: lists in one pool of
 * typed arrays. A list holds so many segments at most and all lists together too; what does not fit is not kept.
 */

/** Segments of one direction: a window of 64 MiB in segments of full size. Each segment may look through all of them. */
const MAXIMUM_SEGMENTS = 4096;
/** Segments of all connections together: 29 octets each. */
const MAXIMUM_POOL = 1 << 18;
const FIRST_POOL = 1024;
const NEARBY = 8;

export class Unacknowledged {
  /** First and last segment of each list, + 1; 0: none. */
  private first: Int32Array;
  private last: Int32Array;
  private count: Uint16Array;
  private next = new Int32Array(FIRST_POOL);
  private previous = new Int32Array(FIRST_POOL);
  start = new Uint32Array(FIRST_POOL);
  end = new Uint32Array(FIRST_POOL);
  private signal = new Uint8Array(FIRST_POOL);
  frame = new Uint32Array(FIRST_POOL);
  /** Nanoseconds. */
  time = new Float64Array(FIRST_POOL);
  /** Free nodes, linked by `next`, + 1. */
  private freeNode = 0;
  private used = 0;

  constructor(lists: number) {
    this.first = new Int32Array(lists);
    this.last = new Int32Array(lists);
    this.count = new Uint16Array(lists);
  }

  /** Makes room for more lists. */
  grow(lists: number): void {
    const copy = <T extends Int32Array | Uint16Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.first = copy(new Int32Array(lists), this.first);
    this.last = copy(new Int32Array(lists), this.last);
    this.count = copy(new Uint16Array(lists), this.count);
  }

  isEmpty(list: number): boolean {
    return this.first[list] === 0;
  }

  /**
   * Adds a segment behind those that end no later than it.
   *
   * @param signal whether one of its numbers is that of a SYN or FIN, which is no octet
   */
  add(list: number, start: number, end: number, signal: boolean, frame: number, time: number): void {
    if (this.count[list] >= MAXIMUM_SEGMENTS) return;
    const node = this.allocate();
    if (node === 0) return;
    this.count[list]++;
    this.start[node - 1] = start;
    this.end[node - 1] = end;
    this.signal[node - 1] = signal ? 1 : 0;
    this.frame[node - 1] = frame;
    this.time[node - 1] = time;
    let before = this.last[list];
    while (before !== 0 && ((this.end[before - 1] - end) | 0) > 0) before = this.previous[before - 1];
    const after = before === 0 ? this.first[list] : this.next[before - 1];
    this.previous[node - 1] = before;
    this.next[node - 1] = after;
    if (before === 0) this.first[list] = node;
    else this.next[before - 1] = node;
    if (after === 0) this.last[list] = node;
    else this.previous[after - 1] = node;
  }

  /**
   * Takes out what ends no later than an acknowledgment says.
   *
   * @returns the node + 1 of the first segment that ends exactly there, valid until the next `add`; 0: none does
   */
  acknowledge(list: number, acknowledged: number): number {
    let exact = 0;
    let node = this.first[list];
    while (node !== 0 && ((this.end[node - 1] - acknowledged) | 0) <= 0) {
      if (exact === 0 && this.end[node - 1] === acknowledged) exact = node;
      const after = this.next[node - 1];
      this.release(node);
      this.count[list]--;
      node = after;
    }
    this.first[list] = node;
    if (node === 0) this.last[list] = 0;
    else {
      this.previous[node - 1] = 0;
      // Of what is acknowledged in part, the rest waits.
      if (((this.start[node - 1] - acknowledged) | 0) < 0) this.start[node - 1] = acknowledged;
    }
    return exact;
  }

  /** The node + 1 of the segment that came first; 0 when nothing waits. */
  oldest(list: number): number {
    let found = this.first[list];
    for (let node = found; node !== 0; node = this.next[node - 1])
      if (this.frame[node - 1] < this.frame[found - 1]) found = node;
    return found;
  }

  /**
   * Octets from the first that is not acknowledged to the last that was sent.
   *
   * @param base the direction's first number
   * @returns 0 where the numbers make no sense together
   */
  span(list: number, base: number): number {
    const first = this.first[list];
    if (first === 0) return 0;
    const last = this.last[list] - 1;
    const end = (this.end[last] - this.signal[last] - base) >>> 0;
    // Nearly always the first to end is the first to begin; what was sent again in larger pieces is looked for nearby.
    let start = (this.start[first - 1] - base) >>> 0;
    let node = this.next[first - 1];
    for (let i = 0; i < NEARBY && node !== 0; i++) {
      start = Math.min(start, (this.start[node - 1] - base) >>> 0);
      node = this.next[node - 1];
    }
    return end > start ? end - start : 0;
  }

  /** Forgets a list. */
  clear(list: number): void {
    for (let node = this.first[list]; node !== 0; ) {
      const after = this.next[node - 1];
      this.release(node);
      node = after;
    }
    this.first[list] = this.last[list] = this.count[list] = 0;
  }

  private release(node: number): void {
    this.next[node - 1] = this.freeNode;
    this.freeNode = node;
  }

  private allocate(): number {
    const node = this.freeNode;
    if (node !== 0) {
      this.freeNode = this.next[node - 1];
      return node;
    }
    if (this.used === this.start.length) {
      if (this.used >= MAXIMUM_POOL) return 0;
      this.enlarge(this.used * 2);
    }
    return ++this.used;
  }

  private enlarge(size: number): void {
    const copy = <T extends Int32Array | Uint32Array | Uint8Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.next = copy(new Int32Array(size), this.next);
    this.previous = copy(new Int32Array(size), this.previous);
    this.start = copy(new Uint32Array(size), this.start);
    this.end = copy(new Uint32Array(size), this.end);
    this.signal = copy(new Uint8Array(size), this.signal);
    this.frame = copy(new Uint32Array(size), this.frame);
    this.time = copy(new Float64Array(size), this.time);
  }
}
