/** Input, a window at a time: what the readers of capture formats look at. */

/** Where octets come from: a file, a stream, or a gzip decoder before either. */
export interface ByteInput {
  /** Whether `read` would answer without waiting for somebody outside (a pipe's other end, a network peer). */
  readonly ready: boolean;
  /**
   * Fills `target` from `at` on, at most to its end.
   * @returns the octets read; 0 at the end of the input. Rejects with `InputError`.
   */
  read(target: Uint8Array, at: number): Promise<number>;
  /** Gives the input back; a pending `read` answers 0. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** The input broke: `damaged` when its content is at fault (gzip), `lost` when the operating system said so. */
export class InputError extends Error {
  override readonly name = 'InputError';
  constructor(
    readonly reason: 'damaged' | 'lost',
    message: string,
  ) {
    super(message);
  }
}

/** Octets of input held: large enough that a read's cost does not count, small enough to stay in a core's cache. */
const WINDOW_BYTES = 1 << 19;

/**
 * Holds the unread input in `bytes[start … end)`. In front of it, `bytes[0 … headRoom)` belongs to the reader: output
 * that is built in the same buffer as the input can be copied by `copyWithin`, which moves a packet three times
 * faster than `set(subarray())` and allocates nothing.
 */
export class InputWindow {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  start: number;
  end: number;
  /** The input is over: nothing comes after `end`. */
  finished = false;
  /** Why the input is over, when it broke. */
  failure: InputError | undefined;
  /** Octets of input before `bytes[0]`; negative while `headRoom` is larger than what was consumed. */
  private before: number;

  constructor(
    private readonly input: ByteInput,
    /** Octets in front that `fill` leaves alone: a multiple of 4. */
    public headRoom = 0,
    windowBytes = WINDOW_BYTES,
  ) {
    this.bytes = new Uint8Array(headRoom + windowBytes);
    this.view = new DataView(this.bytes.buffer);
    this.start = headRoom;
    this.end = headRoom;
    this.before = -headRoom;
  }

  /** The place of `bytes[at]` in the (decompressed) input. */
  offsetOf(at: number): number {
    return this.before + at;
  }

  /** Whether more input can be had without waiting for somebody outside. */
  get ready(): boolean {
    return this.finished || this.input.ready;
  }

  /**
   * Reads on, until at least `need` octets stand from `start`. The unread ones move to the front, so every offset
   * into `bytes` from before is void. Never rejects: see `failure`.
   * @returns false when the input is over before that.
   */
  async fill(need: number): Promise<boolean> {
    this.makeRoom(need);
    while (this.end - this.start < need && !this.finished) {
      try {
        const got = await this.input.read(this.bytes, this.end);
        this.end += got;
        this.finished = got === 0;
      } catch (error) {
        this.finished = true;
        this.failure = error instanceof InputError ? error : new InputError('lost', `the input broke: ${error}`);
      }
    }
    return this.end - this.start >= need;
  }

  /** Makes the space in front at least this large. */
  growHeadRoom(octets: number): void {
    if (octets > this.headRoom) {
      const headRoom = (octets + 3) & ~3;
      const grown = new Uint8Array(headRoom + this.bytes.length - this.headRoom);
      grown.set(this.bytes.subarray(0, this.headRoom));
      this.moveTo(grown, headRoom);
    }
  }

  private makeRoom(need: number): void {
    if (this.headRoom + need > this.bytes.length) {
      const grown = new Uint8Array(this.headRoom + ((need + WINDOW_BYTES) & ~3));
      grown.set(this.bytes.subarray(0, this.headRoom));
      this.moveTo(grown, this.headRoom);
    } else if (this.start > this.headRoom) {
      this.moveTo(this.bytes, this.headRoom);
    }
  }

  private moveTo(target: Uint8Array<ArrayBuffer>, headRoom: number): void {
    const length = this.end - this.start;
    if (target === this.bytes) {
      target.copyWithin(headRoom, this.start, this.end);
    } else {
      target.set(this.bytes.subarray(this.start, this.end), headRoom);
      this.bytes = target;
      this.view = new DataView(target.buffer);
    }
    this.before += this.start - headRoom;
    this.headRoom = headRoom;
    this.start = headRoom;
    this.end = headRoom + length;
  }
}
