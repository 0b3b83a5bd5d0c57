/** Octets from a regular file, and from a stream (standard input, a pipe, an HTTP request). */
import type { FileHandle } from 'node:fs/promises';
import { type ByteInput, InputError } from '../formats/window.js';

/** A regular file, read from its start. */
export class FileInput implements ByteInput {
  readonly ready = true;
  private position = 0;
  private closed = false;

  constructor(private readonly handle: FileHandle) {}

  async read(target: Uint8Array, at: number): Promise<number> {
    if (this.closed) {
      return 0;
    }
    try {
      const { bytesRead } = await this.handle.read(target, at, target.length - at, this.position);
      this.position += bytesRead;
      return bytesRead;
    } catch (error) {
      throw new InputError('lost', `the file cannot be read any further (${messageOf(error)})`);
    }
  }

  async close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      // Nothing was written, so there is nothing that a failing close could lose.
      await this.handle.close().catch(() => undefined);
    }
  }
}

/** Octets taken from a stream and not yet asked for, after which it is made to wait. */
const HIGH_WATER = 1 << 20;

/** A stream, read ahead by up to HIGH_WATER so that blocks are large when the consumer is the slower one. */
export class StreamInput implements ByteInput {
  private readonly queue: Uint8Array[] = [];
  private queued = 0;
  /** Octets of `queue[0]` that were handed out. */
  private taken = 0;
  private over = false;
  private failure: InputError | undefined;
  private wakeReader: (() => void) | undefined;
  private wakePump: (() => void) | undefined;
  private readonly iterator: AsyncIterator<Uint8Array>;

  constructor(private readonly readable: AsyncIterable<Uint8Array>) {
    this.iterator = readable[Symbol.asyncIterator]();
    void this.pump();
  }

  get ready(): boolean {
    return this.queued > 0 || this.over;
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    while (this.queued === 0 && !this.over) {
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
    if (this.queued === 0 && this.failure !== undefined) {
      throw this.failure;
    }
    let out = at;
    while (out < target.length && this.queue.length > 0) {
      const chunk = this.queue[0];
      const length = Math.min(chunk.length - this.taken, target.length - out);
      target.set(chunk.subarray(this.taken, this.taken + length), out);
      out += length;
      this.taken += length;
      if (this.taken === chunk.length) {
        this.queue.shift();
        this.taken = 0;
      }
    }
    this.queued -= out - at;
    if (this.queued < HIGH_WATER) {
      this.wakePump?.();
    }
    return out - at;
  }

  async close(): Promise<void> {
    this.over = true;
    this.queue.length = 0;
    this.queued = 0;
    this.wakeReader?.();
    this.wakePump?.();
    // A generator answers `return` only after its pending `next`, which may never come: not awaited.
    if ('destroy' in this.readable && typeof this.readable.destroy === 'function') {
      this.readable.destroy();
    } else {
      this.iterator.return?.().catch(() => undefined);
    }
  }

  private async pump(): Promise<void> {
    try {
      while (!this.over) {
        const { done, value } = await this.iterator.next();
        if (done || this.over) {
          break;
        }
        if (value.length > 0) {
          this.queue.push(value);
          this.queued += value.length;
          this.wakeReader?.();
        }
        while (this.queued >= HIGH_WATER && !this.over) {
          await new Promise<void>((resolve) => {
            this.wakePump = resolve;
          });
        }
      }
    } catch (error) {
      this.failure = new InputError('lost', `the stream broke off (${messageOf(error)})`);
    }
    this.over = true;
    this.wakeReader?.();
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
