/** Standard output, or a file, that makes the reader wait when it is not written as fast. */

import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CaptureError } from '../../captures/sources/source.js';

export class Output {
  private lines: string[] = [];
  private readonly stream: NodeJS.WritableStream;
  private failure: Error | undefined;

  /** @param path a file, or `-` for standard output */
  constructor(private readonly path: string) {
    this.stream = path === '-' ? process.stdout : createWriteStream(path);
    if (path !== '-')
      this.stream.on('error', (error) => {
        this.failed(error);
      });
  }

  private failed(error: Error): Error {
    this.failure ??=
      this.path === '-' ? error : new CaptureError('io', `${this.path} cannot be written: ${error.message}`);
    return this.failure;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** Writes the lines so far. */
  async flush(): Promise<void> {
    if (this.lines.length === 0) return;
    const text = `${this.lines.join('\n')}\n`;
    this.lines = [];
    await this.write(text);
  }

  /** The octets of a piece are with the system when this resolves: its memory may be used again. @throws CaptureError `io` */
  async write(piece: string | Uint8Array): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (piece.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.stream.write(piece, (error) => (error == null ? resolve() : reject(this.failed(error))));
    });
  }

  /** Everything is with the system when this resolves. */
  async close(): Promise<void> {
    await this.flush();
    if (this.failure !== undefined) throw this.failure;
    if (this.path === '-') return;
    this.stream.end();
    await finished(this.stream).catch((error: unknown) => {
      throw this.failure ?? error;
    });
  }
}

/** Writes pieces as they come. The file is only made once there is one: an error before leaves none behind. */
export async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  let output: Output | undefined;
  for await (const piece of pieces) {
    output ??= new Output(path);
    await output.write(piece);
  }
  await output?.close();
}
