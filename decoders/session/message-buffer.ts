/** Octets of a stream that are waiting until their message is whole. */

/** A message that grows beyond this is shown as far as it came. */
export const MAXIMUM_MESSAGE = 16 << 20;

export class MessageBuffer {
  private bytes = new Uint8Array(0);
  length = 0;

  append(source: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2, 2048));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(source.subarray(start, end), this.length);
    this.length = needed;
  }

  clear(): void {
    this.bytes = new Uint8Array(0);
    this.length = 0;
  }

  /** A view of what is waiting; good until the next `append` or `take`. */
  view(): DataView {
    return new DataView(this.bytes.buffer, 0, this.length);
  }

  /** Takes the first `octets` out, in a buffer of their own. */
  take(octets: number): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, octets);
    this.drop(octets);
    return taken;
  }

  /** Lets the first `octets` go. */
  drop(octets: number): void {
    this.bytes.copyWithin(0, octets, this.length);
    this.length -= octets;
    if (this.length === 0) this.bytes = new Uint8Array(0);
  }
}
