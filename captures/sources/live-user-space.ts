/**
 * What the engines that get a JavaScript call a packet (`cap`, `raw-socket`) have in common: blocks, a bounded queue of
 * them, a clock, and the way to an end.
 */
import { BlockBuilder } from '../formats/epb.js';
import { type InterfaceStatistics, type LiveSource, Warnings } from './live.js';
import {
  BLOCK_MILLISECONDS,
  type Block,
  type CaptureInterface,
  type SourceEnd,
  type SourceStatistics,
} from './source.js';

/** Blocks that may wait for `next()`: as many as the native engine has. */
const WAITING_BLOCKS = 64;
/** Milliseconds after stop() in which packets that the kernel holds already are still read. */
const LAST_READ_MILLISECONDS = 30;

/** The system's time in nanoseconds, with the microseconds that `Date.now()` lacks, and never going back. */
export class UserSpaceClock {
  #offset = 0;
  #nextCheck = 0;
  #last = 0n;

  /** Nanoseconds since 1970, exact to about a microsecond between two checks and to 2 ms against the system's clock. */
  now(): bigint {
    const uptime = performance.now();
    if (uptime >= this.#nextCheck) {
      this.#follow(uptime);
    }
    const time = BigInt(Math.round((this.#offset + uptime) * 1000)) * 1000n;
    this.#last = time > this.#last ? time : this.#last + 1n;
    return this.#last;
  }

  /** `performance.now()` does not follow a clock that is set; once a second, this does. */
  #follow(uptime: number): void {
    if (this.#offset === 0) {
      this.#offset = performance.timeOrigin;
    }
    const behind = Date.now() - (this.#offset + uptime);
    if (Math.abs(behind) > 2) {
      this.#offset += behind;
      // A clock set back is followed; only within one setting time does not run backwards.
      this.#last = behind < 0 ? 0n : this.#last;
    }
    this.#nextCheck = uptime + 1000;
  }
}

export class UserSpaceSource implements LiveSource {
  readonly #builder = new BlockBuilder();
  readonly #clock = new UserSpaceClock();
  readonly #warnings = new Warnings();
  readonly #waiting: Block[] = [];
  readonly #receivedBy: number[];
  #timer: NodeJS.Timeout | undefined;
  /** The builder's packets have waited long enough. */
  #due = false;
  #sleepers: (() => void)[] = [];
  #received = 0;
  #dropped = 0;
  #stopping: Promise<void> | undefined;
  #over: SourceEnd | undefined;
  #end: SourceEnd | undefined;

  /** @param close closes the sockets; called once. */
  constructor(
    readonly interfaces: readonly CaptureInterface[],
    private readonly close: () => void,
  ) {
    this.#receivedBy = interfaces.map(() => 0);
  }

  /**
   * Takes a packet in, stamped with the time of now.
   *
   * @param data the packet; copied
   * @param originalLength octets on the wire, as far as known
   * @param flags `epb_flags`, when the direction is known
   */
  add(interfaceId: number, data: Uint8Array, originalLength: number, flags?: number): void {
    if (this.#over !== undefined) {
      return;
    }
    const time = this.#clock.now();
    const high = Number(time >> 32n);
    const low = Number(time & 0xffff_ffffn);
    const kept = Math.min(data.length, this.interfaces[interfaceId].snapLength);
    if (!this.#builder.add(interfaceId, high, low, data, 0, kept, originalLength, flags)) {
      if (this.#waiting.length >= WAITING_BLOCKS) {
        this.#dropped++;
        return;
      }
      this.#flush();
      this.#builder.add(interfaceId, high, low, data, 0, kept, originalLength, flags);
    }
    this.#receivedBy[interfaceId]++;
    this.#timer ??= setTimeout(() => this.#flushWhenWanted(), BLOCK_MILLISECONDS);
  }

  warn(text: string): void {
    this.#warnings.add(text);
  }

  /** Ends the source because it cannot go on. */
  lose(detail: string): void {
    if (this.#over === undefined) {
      this.#finish({ reason: 'lost', detail });
    }
  }

  get end(): SourceEnd | undefined {
    return this.#end;
  }

  get warnings(): readonly string[] {
    return this.#warnings.list;
  }

  async next(): Promise<Block | null> {
    for (;;) {
      if (this.#due && this.#waiting.length === 0) {
        this.#flush();
      }
      const block = this.#waiting.shift();
      if (block !== undefined) {
        this.#received += block.packets;
        return block;
      }
      if (this.#over !== undefined) {
        this.#end = this.#over;
        return null;
      }
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  statistics(): SourceStatistics {
    return { received: this.#received, kernel: null, interface: null, daemon: this.#dropped };
  }

  interfaceStatistics(): readonly InterfaceStatistics[] {
    return this.#receivedBy.map((received, id) => ({ id, received, kernel: null, interface: null }));
  }

  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      setTimeout(() => {
        if (this.#over === undefined) {
          this.#finish({ reason: 'stopped' });
        }
        resolve();
      }, LAST_READ_MILLISECONDS);
    });
    return this.#stopping;
  }

  #finish(over: SourceEnd): void {
    this.close();
    this.#flush();
    this.#over = over;
    this.#wake();
  }

  /** While blocks wait, nobody is waiting for one: the builder goes on filling, so that few packets never fill the queue. */
  #flushWhenWanted(): void {
    this.#due = true;
    if (this.#waiting.length === 0) {
      this.#flush();
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
    const block = this.#builder.take();
    if (block === null) {
      return;
    }
    // A copy of what is filled: the builder's own megabyte is used again at once.
    this.#waiting.push({ bytes: block.bytes.slice(), packets: block.packets });
    this.#wake();
  }

  #wake(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) {
      wake();
    }
  }
}
