/** A key log as a file: read once, or followed while a program writes it. */

import { open } from 'node:fs/promises';
import { CaptureError } from '../sources/source.js';

/** Octets of a key log at most; a TLS session has some 1 kB in it. */
export const MAXIMUM_KEY_LOG = 64 << 20;
/** Milliseconds between two looks at a file that grows: a quarter of what a person notices. */
const INTERVAL = 250;
/** Octets of one look. */
const PIECE = 1 << 20;

/** The text of a key log. @throws CaptureError `io` */
export async function readKeyLogFile(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAXIMUM_KEY_LOG)
        throw new CaptureError(
          'io',
          `${path} has ${size} octets; a key log may have ${MAXIMUM_KEY_LOG}.`,
          'Give the part of it that is of these connections.',
        );
      return await file.readFile('latin1');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    throw new CaptureError('io', `The key log ${path} cannot be read: ${(error as Error).message}.`);
  }
}

/**
 * Follows a key log that other programs write: hands on whole lines, at first those that are there. A file that is not
 * there yet is waited for; one that was emptied or replaced is read from its beginning.
 */
export class KeyLogWatch {
  private position = 0;
  private inode = 0;
  private rest = '';
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private failure = '';
  private looking: Promise<void> = Promise.resolve();

  /**
   * @param lines gets whole lines
   * @param failed gets a sentence when the file cannot be read or its lines are not wanted, once for each reason; the
   * watch goes on
   */
  constructor(
    private readonly path: string,
    private readonly lines: (text: string) => Promise<void>,
    private readonly failed: (message: string) => void,
  ) {
    this.look();
  }

  /** Looks once more, for what came just before the end, and ends. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await this.looking;
    await this.read();
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private look(): void {
    this.looking = this.read().finally(() => {
      if (this.stopped) return;
      this.timer = setTimeout(() => this.look(), INTERVAL);
      this.timer.unref();
    });
  }

  private async read(): Promise<void> {
    try {
      const file = await open(this.path);
      try {
        const { size, ino } = await file.stat();
        if (size < this.position || ino !== this.inode) this.begin(ino);
        const piece = Buffer.alloc(PIECE);
        for (;;) {
          const { bytesRead } = await file.read(piece, 0, PIECE, this.position);
          if (bytesRead === 0) break;
          this.position += bytesRead;
          await this.take(piece.toString('latin1', 0, bytesRead));
        }
        this.failure = '';
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // The program that writes it may only be about to start.
      if (code === 'ENOENT' || message === this.failure) return;
      this.failure = message;
      this.failed(error instanceof CaptureError ? message : `The key log ${this.path} cannot be read: ${message}.`);
    }
  }

  private begin(inode: number): void {
    this.position = 0;
    this.inode = inode;
    this.rest = '';
  }

  private async take(text: string): Promise<void> {
    const whole = this.rest + text;
    const end = whole.lastIndexOf('\n') + 1;
    // No line of a key log is as long as a piece: what has no end is none.
    this.rest = whole.length - end > PIECE ? '' : whole.slice(end);
    if (end > 0) await this.lines(whole.slice(0, end));
  }
}
