/** What TCP analysis keeps of its connections: a struct of typed arrays, one place a connection or a direction. */

/** Bits of `known`. */
export const Known = {
  /** The first sequence number. */
  base: 1,
  /** What has to come next; a segment was seen. */
  next: 2,
  /** The highest number that the other side may acknowledge. */
  sent: 4,
  /** An acknowledgment was seen, with a window. */
  acknowledged: 8,
  /** A FIN was seen. */
  fin: 16,
  /** The segment before ended with PSH. */
  pushed: 32,
  /** Its FIN was the first. */
  closes: 64,
  /** A gap has come, so that octets in flight cannot be told until the other side answers. */
  gap: 128,
} as const;

/** Window scale before a handshake told it, and when a side refused it. */
export const SCALE_UNKNOWN = -1;
export const SCALE_UNUSED = -2;

/** Of each connection. */
export class ConnectionState {
  stream = new Uint32Array(0);
  completeness = new Uint8Array(0);
  /** Nanoseconds; NaN until known. */
  firstTime = new Float64Array(0);
  lastTime = new Float64Array(0);
  synTime = new Float64Array(0);
  initialRtt = new Float64Array(0);

  constructor(capacity: number) {
    this.grow(capacity);
  }

  grow(capacity: number): void {
    this.stream = enlarged(Uint32Array, capacity, this.stream);
    this.completeness = enlarged(Uint8Array, capacity, this.completeness);
    this.firstTime = enlarged(Float64Array, capacity, this.firstTime);
    this.lastTime = enlarged(Float64Array, capacity, this.lastTime);
    this.synTime = enlarged(Float64Array, capacity, this.synTime);
    this.initialRtt = enlarged(Float64Array, capacity, this.initialRtt);
  }

  reset(at: number, stream: number, time: number): void {
    this.stream[at] = stream;
    this.completeness[at] = 0;
    this.firstTime[at] = this.lastTime[at] = time;
    this.synTime[at] = this.initialRtt[at] = Number.NaN;
  }
}

/** Of each direction; sequence numbers as on the wire. */
export class DirectionState {
  known = new Uint8Array(0);
  base = new Uint32Array(0);
  next = new Uint32Array(0);
  nextTime = new Float64Array(0);
  nextFrame = new Uint32Array(0);
  /** Behind the last octet that may be acknowledged without a gap. */
  sent = new Uint32Array(0);
  acknowledged = new Uint32Array(0);
  acknowledgedTime = new Float64Array(0);
  window = new Uint16Array(0);
  scale = new Int8Array(0);
  /** Repetitions of the last acknowledgment, and the packet that had it first. */
  duplicates = new Uint32Array(0);
  duplicateOf = new Uint32Array(0);
  /** Findings of the last segment. */
  findings = new Uint32Array(0);
  /** Octets since the last PSH. */
  pushed = new Uint32Array(0);
  /** Octets behind the acknowledgment that its SACK blocks cover. */
  selective = new Uint32Array(0);

  constructor(capacity: number) {
    this.grow(capacity);
  }

  grow(capacity: number): void {
    this.known = enlarged(Uint8Array, capacity, this.known);
    this.base = enlarged(Uint32Array, capacity, this.base);
    this.next = enlarged(Uint32Array, capacity, this.next);
    this.nextTime = enlarged(Float64Array, capacity, this.nextTime);
    this.nextFrame = enlarged(Uint32Array, capacity, this.nextFrame);
    this.sent = enlarged(Uint32Array, capacity, this.sent);
    this.acknowledged = enlarged(Uint32Array, capacity, this.acknowledged);
    this.acknowledgedTime = enlarged(Float64Array, capacity, this.acknowledgedTime);
    this.window = enlarged(Uint16Array, capacity, this.window);
    this.scale = enlarged(Int8Array, capacity, this.scale);
    this.duplicates = enlarged(Uint32Array, capacity, this.duplicates);
    this.duplicateOf = enlarged(Uint32Array, capacity, this.duplicateOf);
    this.findings = enlarged(Uint32Array, capacity, this.findings);
    this.pushed = enlarged(Uint32Array, capacity, this.pushed);
    this.selective = enlarged(Uint32Array, capacity, this.selective);
  }

  /** Forgets what was to come next, and what was under way: until that is answered it is as behind a gap. */
  interrupt(at: number): void {
    this.known[at] = (this.known[at] & (Known.base | Known.fin | Known.closes)) | Known.gap;
    this.duplicates[at] = this.findings[at] = this.pushed[at] = this.selective[at] = 0;
  }

  reset(at: number): void {
    this.known[at] = 0;
    this.scale[at] = SCALE_UNKNOWN;
    this.duplicates[at] = this.duplicateOf[at] = this.findings[at] = 0;
    this.pushed[at] = this.selective[at] = 0;
    this.window[at] = this.next[at] = this.acknowledged[at] = this.sent[at] = this.base[at] = 0;
    this.nextFrame[at] = 0;
    this.nextTime[at] = this.acknowledgedTime[at] = Number.NaN;
  }
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int8Array | Float64Array;

function enlarged<T extends Numbers>(kind: new (length: number) => T, length: number, from: T): T {
  const to = new kind(length);
  to.set(from);
  return to;
}
