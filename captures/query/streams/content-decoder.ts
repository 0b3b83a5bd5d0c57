/** Undoes a content coding of HTTP (RFC 9110, section 8.4.1) as the octets come, within bounds. */

import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

type Decompressor = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>;

/** Octets that go in at once: what they can become at most (gzip: 1032 to 1) still fits memory well. */
const SLICE = 4096;
/** Octets of one body that are made at most. */
const LARGEST_BODY = 256 << 20;
/** What grows more than so many times, and to so much, was made to harm. */
const LARGEST_RATIO = 200;
const HARMLESS = 8 << 20;

export const CODINGS: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

export class ContentDecoder {
  /** Why nothing more is decoded, in words; undefined while all is well. */
  failed: string | undefined;
  private decompressor: Decompressor | undefined;
  private made: Uint8Array[] = [];
  private octetsIn = 0;
  private octetsOut = 0;

  /** @param coding one of `CODINGS` */
  constructor(private readonly coding: string) {}

  /** What the next octets become. Those behind a failure become nothing. */
  async write(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    this.decompressor ??= this.open(bytes);
    for (let at = 0; at < bytes.length && this.failed === undefined; at += SLICE) {
      await this.process(bytes.subarray(at, at + SLICE));
      if (this.octetsOut > LARGEST_BODY) this.failed = `it is larger than ${LARGEST_BODY} octets`;
      if (this.octetsOut > HARMLESS && this.octetsOut > this.octetsIn * LARGEST_RATIO)
        this.failed = `it grows more than ${LARGEST_RATIO} times`;
    }
    const { made } = this;
    this.made = [];
    return made;
  }

  /** Lets go of what the decompressor holds. */
  close(): void {
    this.decompressor?.destroy();
  }

  private process(slice: Uint8Array): Promise<void> {
    const { decompressor } = this;
    this.octetsIn += slice.length;
    return new Promise((resolve) => {
      if (decompressor === undefined || decompressor.destroyed) resolve();
      else {
        // A failure closes it, sometimes without a word to whoever wrote last.
        decompressor.once('close', resolve);
        decompressor.write(slice, () => {
          decompressor.off('close', resolve);
          resolve();
        });
      }
    });
  }

  private open(first: Uint8Array): Decompressor {
    const made = this.make(first);
    made.on('data', (chunk: Uint8Array) => {
      this.octetsOut += chunk.length;
      this.made.push(chunk);
    });
    made.on('error', (error) => {
      this.failed ??= `it is damaged (${error.message})`;
    });
    return made;
  }

  private make(first: Uint8Array): Decompressor {
    if (this.coding === 'br') return createBrotliDecompress();
    if (this.coding !== 'deflate') return createGunzip();
    // "deflate" is zlib's format, but some send it without its header (RFC 9110, section 8.4.1.2).
    const wrapped = (first[0] & 15) === 8 && (first.length < 2 || ((first[0] << 8) | first[1]) % 31 === 0);
    return wrapped ? createInflate() : createInflateRaw();
  }
}
