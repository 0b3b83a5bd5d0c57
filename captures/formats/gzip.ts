/**
 * gzip (RFC 1952) as an input, any number of members, streamed.
 *
 * The members are framed here and only their DEFLATE data goes through node:zlib: its gunzip throws away the output of
 * the call in which it meets a damaged trailer, and a small capture fits in one call.
 */
import zlib from 'node:zlib';
import { type ByteInput, InputError } from './window.js';

/** Compressed octets that are decoded at a time: they become at most 1032 times as many. */
const PIECE_BYTES = 1 << 14;
/** Compressed octets that are read at a time. */
const BUFFER_BYTES = 1 << 17;
/** Octets of output a call of zlib: what damage inside the compressed data can cost. */
const OUTPUT_BYTES = 1 << 16;
const TRAILER_BYTES = 8;

/** Whether the octets at `at` start a gzip member that is compressed with DEFLATE (section 2.3.1). */
export function isGzip(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= 2 && bytes[at] === 0x1f && bytes[at + 1] === 0x8b;
}

type Decoder = zlib.InflateRaw & { push(chunk: Buffer | null): boolean };

export class GzipInput implements ByteInput {
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private start = 0;
  private end = 0;
  private inputOver = false;
  private decoder: Decoder | undefined;
  private output: Buffer[] = [];
  /** Octets of `output[0]` that were handed out. */
  private taken = 0;
  private crc = 0;
  private size = 0;
  private members = 0;
  private failure: InputError | undefined;

  constructor(private readonly input: ByteInput) {}

  get ready(): boolean {
    return this.output.length > 0 || this.end > this.start || this.input.ready;
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    while (this.output.length === 0) {
      if (this.failure !== undefined) {
        throw this.failure;
      }
      try {
        if (!(await this.decode())) {
          return 0;
        }
      } catch (error) {
        // What was decoded before the damage is handed out first.
        this.failure = error instanceof InputError ? error : damaged(String(error));
      }
    }
    return this.copy(target, at);
  }

  async close(): Promise<void> {
    this.decoder?.destroy();
    await this.input.close();
  }

  private copy(target: Uint8Array, at: number): number {
    let out = at;
    while (out < target.length && this.output.length > 0) {
      const chunk = this.output[0];
      const length = Math.min(chunk.length - this.taken, target.length - out);
      target.set(chunk.subarray(this.taken, this.taken + length), out);
      out += length;
      this.taken += length;
      if (this.taken === chunk.length) {
        this.output.shift();
        this.taken = 0;
      }
    }
    return out - at;
  }

  /** One step: a member's header, a piece of its data, or its trailer. False at the end of the input. */
  private async decode(): Promise<boolean> {
    if (this.decoder === undefined) {
      if (!(await this.openMember())) {
        return false;
      }
      this.decoder = this.openDecoder();
    }
    if (this.start === this.end && !(await this.more())) {
      throw damaged('the gzip data is cut off: the file is not complete');
    }
    const given = Math.min(this.end - this.start, PIECE_BYTES);
    const used = await this.inflate(this.decoder, this.buffer.subarray(this.start, this.start + given));
    this.start += used;
    if (used < given) {
      await this.closeMember();
    }
    return true;
  }

  /** @returns how many octets of the piece belonged to the member: all of them unless it ended. */
  private inflate(decoder: Decoder, piece: Uint8Array): Promise<number> {
    const before = decoder.bytesWritten;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(damaged(`the gzip data is damaged (${error.message})`));
      decoder.once('error', failed);
      decoder.write(piece, (error) => {
        decoder.off('error', failed);
        if (error) {
          // The stream emits the same error once more.
          decoder.on('error', () => undefined);
          failed(error);
        } else {
          resolve(decoder.bytesWritten - before);
        }
      });
    });
  }

  private openDecoder(): Decoder {
    const decoder = zlib.createInflateRaw({ chunkSize: OUTPUT_BYTES }) as Decoder;
    // Taking the output where it is made: no second buffering, and nothing is lost when an error destroys the stream.
    decoder.push = (chunk) => {
      if (chunk !== null && chunk.length > 0) {
        this.crc = zlib.crc32(chunk, this.crc);
        this.size = (this.size + chunk.length) >>> 0;
        this.output.push(chunk);
      }
      return true;
    };
    return decoder;
  }

  /** Reads a member's header, section 2.3. False when there is no further member. */
  private async openMember(): Promise<boolean> {
    if (this.members > 0) {
      await this.skipPadding();
    }
    if (!(await this.have(1))) {
      return false;
    }
    if (!(await this.have(10)) || !isGzip(this.buffer, this.start, this.end)) {
      throw damaged(
        this.members > 0 ? 'octets that are no gzip follow the gzip data' : 'the gzip header is cut off or damaged',
      );
    }
    const method = this.buffer[this.start + 2];
    const flags = this.buffer[this.start + 3];
    if (method !== 8 || (flags & 0xe0) !== 0) {
      throw damaged(`the gzip header asks for compression method ${method}, which nobody knows`);
    }
    this.start += 10;
    if (flags & 4) {
      await this.require(2);
      const length = this.buffer[this.start] | (this.buffer[this.start + 1] << 8);
      this.start += 2;
      await this.skip(length);
    }
    for (const flag of [8, 16]) {
      if (flags & flag) {
        await this.skipString();
      }
    }
    if (flags & 2) {
      await this.skip(2);
    }
    this.crc = 0;
    this.size = 0;
    return true;
  }

  private async closeMember(): Promise<void> {
    this.decoder?.destroy();
    this.decoder = undefined;
    this.members++;
    await this.require(TRAILER_BYTES);
    const view = new DataView(this.buffer.buffer, this.start, TRAILER_BYTES);
    if (view.getUint32(0, true) !== this.crc || view.getUint32(4, true) !== this.size) {
      throw damaged('the gzip checksum does not match: the file is damaged');
    }
    this.start += TRAILER_BYTES;
  }

  /** Zeros after a member, as tapes and block devices leave them. */
  private async skipPadding(): Promise<void> {
    while ((await this.have(1)) && this.buffer[this.start] === 0) {
      this.start++;
    }
  }

  private async skip(octets: number): Promise<void> {
    let left = octets;
    while (left > 0) {
      await this.require(1);
      const step = Math.min(left, this.end - this.start);
      this.start += step;
      left -= step;
    }
  }

  private async skipString(): Promise<void> {
    do {
      await this.require(1);
    } while (this.buffer[this.start++] !== 0);
  }

  private async require(octets: number): Promise<void> {
    if (!(await this.have(octets))) {
      throw damaged('the gzip data is cut off: the file is not complete');
    }
  }

  /** Makes `octets` stand from `start`, unless the input ends before. */
  private async have(octets: number): Promise<boolean> {
    while (this.end - this.start < octets) {
      if (!(await this.more())) {
        return false;
      }
    }
    return true;
  }

  private async more(): Promise<boolean> {
    this.buffer.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    const got = this.inputOver ? 0 : await this.input.read(this.buffer, this.end);
    this.inputOver = got === 0;
    this.end += got;
    return got > 0;
  }
}

function damaged(message: string): InputError {
  return new InputError('damaged', message);
}
