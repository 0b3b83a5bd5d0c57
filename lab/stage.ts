/** What a demo plays on: it makes steps, has them told, and is cleaned up behind it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SocketList } from '../captures/programs/messages.js';
import type { PacketDetail } from '../captures/query/query-types.js';
import { CaptureError } from '../captures/sources/source.js';
import { calls } from './calls.js';
import type { MadeStep, Outcome, Telling } from './step.js';

/** Steps of one run at most. */
const MOST_STEPS = 2000;
/** Milliseconds that packets which are sure to come may take. */
const LONGEST_WAIT = 3000;
/** Packets that a demo may look at. */
const MOST_PACKETS = 200;

/** What a stage stands on: the run. */
export interface Floor {
  /** Resolves when the step may be made. @throws when the run is to end */
  turn(step: Telling): Promise<void>;
  /** Tells of a step, and puts its mark. */
  made(step: Omit<MadeStep, 'mark'>): void;
  /** Details of the run's packets so far that meet a display filter. */
  packets(filter: string, limit: number): Promise<PacketDetail[]>;
  sockets(): Promise<SocketList>;
  /** Gives the capture the secrets of a key log. */
  secrets(lines: string): Promise<void>;
  /** Shows packets that were not captured but written: a pcapng file. From then on it is the run's capture. */
  show(file: Uint8Array, name: string): Promise<void>;
  /** Throws when the run is to end. */
  check(): void;
}

export class Stage {
  private readonly cleanups: (() => void | Promise<void>)[] = [];
  private steps = 0;
  /** Within `together`: whether the next step waits for its turn. */
  private free: 'never' | 'after this one' | 'yes' = 'never';

  constructor(private readonly floor: Floor) {}

  /**
   * Makes a step when it is its turn, and tells of it.
   *
   * @param action what it does. What it throws ends the run; a failure that is part of the demo is an outcome with `error`.
   */
  async step<T>(telling: Telling, action: () => Outcome<T> | Promise<Outcome<T>>): Promise<T> {
    if (this.steps >= MOST_STEPS) throw new CaptureError('bad-option', `A run has at most ${MOST_STEPS} steps.`);
    if (this.free !== 'yes') await this.floor.turn(telling);
    if (this.free === 'after this one') this.free = 'yes';
    const began = this.now();
    const outcome = await action();
    const { value, ...told } = outcome;
    this.floor.made({ ...telling, began, ended: this.now(), ...told, number: ++this.steps });
    return value;
  }

  /** Makes steps one right after the other, for what shows only so; to somebody who steps, they are one. */
  async together<T>(steps: () => Promise<T>): Promise<T> {
    this.free = 'after this one';
    try {
      return await steps();
    } finally {
      this.free = 'never';
    }
  }

  /** Has something undone when the run is over, however it ends; the last first. */
  keep(cleanup: () => void | Promise<void>): void {
    this.cleanups.push(cleanup);
  }

  /** Nanoseconds since 1970, from the clock that stamps packets. */
  now(): bigint {
    return calls().now();
  }

  /** Waits; what the kernel does by itself, such as a delayed ACK, comes meanwhile. @throws when the run is to end */
  async wait(milliseconds: number): Promise<void> {
    for (const end = performance.now() + milliseconds; performance.now() < end; this.floor.check())
      await sleep(Math.min(20, Math.max(1, end - performance.now())));
  }

  /** Waits until something holds. @returns whether it does, or `milliseconds` have gone by */
  async until(holds: () => boolean, milliseconds: number): Promise<boolean> {
    for (const end = performance.now() + milliseconds; !holds(); this.floor.check()) {
      if (performance.now() > end) return false;
      await sleep(1);
    }
    return true;
  }

  /**
   * The run's packets so far that meet a display filter, as soon as there are so many.
   *
   * @throws CaptureError when they do not come
   */
  async packets(filter: string, atLeast: number): Promise<PacketDetail[]> {
    const found = await this.seen(filter, atLeast, LONGEST_WAIT);
    if (found.length >= atLeast) return found;
    throw new CaptureError(
      'io',
      `The capture does not have the packets that this demo made (${filter}).`,
      'Capture on the interface over which they go, without a capture filter that leaves them out.',
    );
  }

  /** The run's packets that meet a display filter, when there are so many or `milliseconds` have gone by. */
  async seen(filter: string, atLeast: number, milliseconds: number): Promise<PacketDetail[]> {
    for (const end = performance.now() + milliseconds; ; this.floor.check()) {
      const found = await this.floor.packets(filter, MOST_PACKETS);
      if (found.length >= atLeast || performance.now() > end) return found;
      await sleep(50);
    }
  }

  /** The machine's sockets now. */
  sockets(): Promise<SocketList> {
    return this.floor.sockets();
  }

  /** Gives the capture TLS secrets, so that what is encrypted with them can be read. @param lines of a key log */
  secrets(lines: string): Promise<void> {
    return this.floor.secrets(lines);
  }

  /** Shows packets that were not captured but written: a pcapng file. */
  show(file: Uint8Array, name: string): Promise<void> {
    return this.floor.show(file, name);
  }

  /** Undoes everything that was kept. @returns what failed, in words */
  async clear(): Promise<string[]> {
    const failures: string[] = [];
    for (const cleanup of this.cleanups.splice(0).reverse())
      try {
        await cleanup();
      } catch (error) {
        failures.push((error as Error).message);
      }
    return failures;
  }
}
