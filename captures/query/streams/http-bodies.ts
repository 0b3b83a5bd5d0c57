/** The bodies of HTTP/1 messages in a conversation, without the chunks and codings in which they were sent (RFC 9112). */

import type { Side } from '../../../decoders/conversations/tcp-stream.js';
import {
  chunkSize,
  hasNoBody,
  isResponse,
  lineEnd,
  scanHeader,
  startsMessage,
} from '../../../decoders/protocols/http-scan.js';
import { CODINGS, ContentDecoder } from './content-decoder.js';
import type { Said } from './said.js';

/** Octets of a header, and of the line that begins a chunk, that are waited for. */
const LARGEST_HEADER = 64 << 10;
const LONGEST_LINE = 4096;
/** Requests without an answer whose methods are remembered. */
const MAXIMUM_REQUESTS = 1000;
/** What must be there to tell whether a message begins: more than the longest method. */
const ENOUGH = 24;
const LF = 10;

type Spoken = Exclude<Said, { gap: number }>;

/** What comes next in one direction. */
type State = 'header' | 'sized' | 'chunk' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close' | 'opaque';

/** Undoes what HTTP did to bodies in both directions of one conversation. */
export class HttpBodies {
  /** Methods of the requests that are not answered yet. */
  private readonly requests: string[] = [];
  private readonly directions: Record<Side, Direction> = {
    client: new Direction(this.requests),
    server: new Direction(this.requests),
  };

  async decode(said: readonly Said[]): Promise<Said[]> {
    const out: Said[] = [];
    for (const one of said) {
      const direction = this.directions[one.from];
      if ('gap' in one) direction.gap(one, out);
      else {
        // A note is said once, whatever becomes of the octets.
        const { note, ...plain } = one;
        if (note !== undefined) out.push({ ...plain, note, bytes: new Uint8Array(0) });
        if (one.bytes.length > 0) await direction.read(plain, out);
      }
    }
    return out;
  }

  /** No more comes: what was waited for in vain is given out as it came. */
  finish(): Said[] {
    const out: Said[] = [];
    for (const direction of Object.values(this.directions)) direction.giveBack(out);
    this.close();
    return out;
  }

  /** Lets go of what decompressors hold. */
  close(): void {
    for (const direction of Object.values(this.directions)) direction.close();
  }
}

class Direction {
  private state: State = 'header';
  /** Octets of the body, or of the chunk, that are to come. */
  private left = 0;
  private pending: Uint8Array = new Uint8Array(0);
  private last: Spoken | undefined;
  private coding: ContentDecoder | undefined;
  private codings: string[] = [];

  constructor(private readonly requests: string[]) {}

  async read(one: Spoken, out: Said[]): Promise<void> {
    this.last = one;
    let rest = one.bytes;
    if (this.pending.length > 0) {
      // Without a line's end nothing has changed: looking again at all that waits, for every octet, would take too long.
      const waits = this.pending.length + rest.length < LARGEST_HEADER && !rest.includes(LF);
      if (waits && this.state === 'header' && this.pending.length >= ENOUGH) {
        this.pending = Buffer.concat([this.pending, rest]);
        return;
      }
      rest = Buffer.concat([this.pending, rest]);
      this.pending = new Uint8Array(0);
    }
    while (rest.length > 0) {
      const taken = await this.step(one, rest, out);
      if (taken === 0) {
        this.pending = rest.slice();
        return;
      }
      rest = rest.subarray(taken);
    }
  }

  gap(one: Extract<Said, { gap: number }>, out: Said[]): void {
    this.giveBack(out);
    out.push(one);
    const inside = (this.state === 'sized' || this.state === 'chunk-data') && one.gap <= this.left;
    if (inside) this.left -= one.gap;
    if (this.coding !== undefined) this.stopDecoding(out, 'octets of it are missing');
    if (inside || this.state === 'until-close') {
      if (inside && this.left === 0) this.bodyPart();
      return;
    }
    // Nobody knows where the next message begins; a message that begins a segment is believed.
    this.endBody();
    this.state = 'header';
  }

  close(): void {
    this.coding?.close();
  }

  /** Takes what it can of the octets. @returns how many; 0: more are needed */
  private async step(one: Spoken, bytes: Uint8Array, out: Said[]): Promise<number> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    switch (this.state) {
      case 'header':
        return this.header(one, bytes, view, out);
      case 'sized':
      case 'chunk-data': {
        const taken = Math.min(this.left, bytes.length);
        await this.body(one, bytes.subarray(0, taken), out);
        this.left -= taken;
        if (this.left === 0) this.bodyPart();
        return taken;
      }
      case 'chunk':
        return this.chunk(one, bytes, view, out);
      case 'chunk-end':
      case 'trailer':
        return this.line(view, bytes.length);
      case 'until-close':
        await this.body(one, bytes, out);
        return bytes.length;
      default:
        out.push({ ...one, bytes });
        return bytes.length;
    }
  }

  private header(one: Spoken, bytes: Uint8Array, view: DataView, out: Said[]): number {
    const { length } = bytes;
    const begins = startsMessage(view, 0, length);
    if (!begins && length < ENOUGH && lineEnd(view, 0, length) < 0) return 0;
    const { bodyStart, chunked, length: size } = scanHeader(view, 0, length);
    if (!begins || (bodyStart < 0 && length > LARGEST_HEADER)) {
      // Not HTTP, or the middle of it: shown as it is until a message begins a segment.
      out.push({ ...one, bytes });
      return length;
    }
    if (bodyStart < 0) return 0;
    const head = bytes.slice(0, bodyStart);
    const lines = Buffer.from(head).toString('latin1').split('\n');
    const response = isResponse(view, 0, length);
    const status = response ? Number(lines[0].split(' ')[1]) : 0;
    const method = response ? this.answered(status) : lines[0].split(' ')[0];
    if (!response && this.requests.length < MAXIMUM_REQUESTS) this.requests.push(method);
    out.push({ ...one, bytes: head });
    this.codings = chunked ? ['chunked'] : [];
    this.left = Math.max(0, size);
    if (status === 101 || (method === 'CONNECT' && response && status < 300)) this.state = 'opaque';
    else if (response && (hasNoBody(view, 0, length) || method === 'HEAD')) this.state = 'header';
    else if (chunked) this.state = 'chunk';
    else if (size > 0) this.state = 'sized';
    else this.state = response && size < 0 ? 'until-close' : 'header';
    if (this.state !== 'opaque' && this.state !== 'header') this.beginDecoding(one, lines, out);
    return bodyStart;
  }

  /** The method that a response answers; interim ones (1xx) answer nothing yet. */
  private answered(status: number): string {
    return (status >= 100 && status < 200 && status !== 101 ? this.requests[0] : this.requests.shift()) ?? '';
  }

  private beginDecoding(one: Spoken, lines: readonly string[], out: Said[]): void {
    const named = lines.flatMap((line) => /^content-encoding:\s*(.*?)\s*$/i.exec(line)?.[1].toLowerCase() ?? []);
    const wanted = named
      .join(',')
      .split(/\s*,\s*/)
      .filter((name) => name !== '' && name !== 'identity');
    if (wanted.length === 0) return;
    if (wanted.length === 1 && CODINGS.has(wanted[0])) {
      this.coding = new ContentDecoder(wanted[0]);
      this.codings.push(wanted[0]);
      return;
    }
    const note = `The body is shown in its coding: ${wanted.join(', ').slice(0, 100)} is not undone here.`;
    out.push({ ...one, bytes: new Uint8Array(0), note });
  }

  private async body(one: Spoken, bytes: Uint8Array, out: Said[]): Promise<void> {
    const { coding, codings } = this;
    const decoded = codings.length === 0 ? {} : { decoded: [...codings] };
    if (coding === undefined) {
      out.push({ ...one, ...decoded, bytes });
      return;
    }
    for (const piece of await coding.write(bytes)) out.push({ ...one, ...decoded, bytes: piece });
    if (coding.failed !== undefined) this.stopDecoding(out, coding.failed);
  }

  private stopDecoding(out: Said[], why: string): void {
    if (this.last !== undefined) {
      const note = `The ${this.codings.at(-1)} body cannot be decoded further: ${why}. The rest is shown as it came.`;
      out.push({ ...this.last, bytes: new Uint8Array(0), note });
    }
    this.coding?.close();
    this.coding = undefined;
    this.codings = this.codings.filter((name) => name === 'chunked');
  }

  /** A body of a known size, or one chunk of it, is over. */
  private bodyPart(): void {
    if (this.state === 'chunk-data') this.state = 'chunk-end';
    else this.endBody();
  }

  private endBody(): void {
    this.coding?.close();
    this.coding = undefined;
    this.codings = [];
    this.state = 'header';
  }

  /** RFC 9112, section 7.1. */
  private chunk(one: Spoken, bytes: Uint8Array, view: DataView, out: Said[]): number {
    const next = lineEnd(view, 0, Math.min(bytes.length, LONGEST_LINE));
    if (next < 0 && bytes.length < LONGEST_LINE) return 0;
    const size = next < 0 ? -1 : chunkSize(view, 0, next);
    if (size < 0) {
      out.push({ ...one, bytes: new Uint8Array(0), note: 'Here a chunk should begin, and none does.' });
      this.endBody();
      this.state = 'opaque';
      out.push({ ...one, bytes });
      return bytes.length;
    }
    this.left = size;
    this.state = size === 0 ? 'trailer' : 'chunk-data';
    return next;
  }

  /** The line break behind a chunk, or a line of the trailer section, which ends with an empty one. */
  private line(view: DataView, length: number): number {
    const next = lineEnd(view, 0, Math.min(length, LONGEST_LINE));
    if (next < 0) return length < LONGEST_LINE ? 0 : length;
    if (this.state === 'chunk-end') this.state = 'chunk';
    else if (next <= 2) this.endBody();
    return next;
  }

  /** Gives out what waits for more as it came. */
  giveBack(out: Said[]): void {
    if (this.pending.length > 0 && this.last !== undefined) out.push({ ...this.last, bytes: this.pending });
    this.pending = new Uint8Array(0);
  }
}
