/** The streams of an HTTP/3 connection: their octets in order, cut where frames end (RFC 9114, sections 6 and 7). */

import { QpackTable } from './qpack.js';
import { hasVarint, varintAt, varintSize } from './quic-varint.js';

/** Octets of a stream that wait for others or for the end of a frame. */
const LARGEST_PENDING = 1 << 20;
const MOST_PIECES = 256;
/** Streams of a connection that are kept; the one begun longest ago is forgotten for a new one. */
const MOST_STREAMS = 500;
/** Octets that wait in all streams of a connection together. */
const MOST_WAITING = 4 << 20;

export const StreamType = { control: 0, push: 1, encoder: 2, decoder: 3 } as const;

/** One direction of one stream. */
export class Http3Stream {
  /** Of a unidirectional stream, once it was read; -1 of others, and before. */
  type = -1;
  private next = 0;
  private pieces: { offset: number; octets: Uint8Array }[] = [];
  private pending = new Uint8Array(0);
  /** Octets that are passed over: of a frame that is too long to wait for. */
  private left = 0;

  constructor(
    readonly id: number,
    readonly ofClient: boolean,
  ) {}

  get unidirectional(): boolean {
    return (this.id & 2) !== 0;
  }

  /** Octets that it keeps. */
  get waiting(): number {
    return this.pieces.reduce((sum, { octets }) => sum + octets.length, this.pending.length);
  }

  /** Takes a STREAM frame's octets. @returns those that can be read now: whole frames; undefined when it says nothing new */
  add(offset: number, octets: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    if (offset + octets.length <= this.next) return undefined;
    if (this.pieces.length >= MOST_PIECES || offset - this.next > LARGEST_PENDING) return undefined;
    this.pieces.push({ offset, octets });
    this.pieces.sort((a, b) => a.offset - b.offset);
    const parts: Uint8Array[] = [this.pending];
    let taken = 0;
    for (const piece of this.pieces) {
      if (piece.offset > this.next) break;
      taken++;
      const fresh = piece.octets.subarray(Math.max(0, this.next - piece.offset));
      parts.push(fresh);
      this.next += fresh.length;
    }
    this.pieces.splice(0, taken);
    return taken === 0 ? undefined : this.ready(joined(parts));
  }

  /** Keeps what is no whole frame yet. */
  private ready(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const view = new DataView(octets.buffer);
    let at = Math.min(this.left, octets.length);
    this.left -= at;
    const start = at;
    if (this.unidirectional && this.type < 0) {
      if (!hasVarint(view, at, octets.length)) return this.keep(octets, start, at);
      this.type = varintAt(view, at);
      at += varintSize(view, at);
    }
    if (this.unidirectional && this.type !== StreamType.control) return this.keep(octets, start, octets.length);
    while (at < octets.length) {
      const end = frameEnd(view, at, octets.length);
      if (end > octets.length && end - at > LARGEST_PENDING && end !== UNKNOWN) {
        // Nobody waits for so much: what there is of it is shown, and the rest is passed over.
        this.left = end - octets.length;
        return this.keep(octets, start, octets.length);
      }
      if (end > octets.length) break;
      at = end;
    }
    return this.keep(octets, start, at);
  }

  private keep(octets: Uint8Array<ArrayBuffer>, start: number, at: number): Uint8Array<ArrayBuffer> {
    this.pending = octets.slice(at);
    return octets.slice(start, at);
  }
}

const UNKNOWN = Number.POSITIVE_INFINITY;

/** Where the frame at `at` ends; infinity when its length is not there. */
function frameEnd(view: DataView, at: number, end: number): number {
  if (!hasVarint(view, at, end)) return UNKNOWN;
  const length = at + varintSize(view, at);
  return hasVarint(view, length, end) ? length + varintSize(view, length) + varintAt(view, length) : UNKNOWN;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** All of one connection. */
export class Http3Connection {
  /** What the client's and the server's encoders inserted. */
  readonly tables: Readonly<Record<'client' | 'server', QpackTable>> = {
    client: new QpackTable(),
    server: new QpackTable(),
  };
  private readonly streams = new Map<string, Http3Stream>();
  /** Octets that wait in all of them. */
  private waiting = 0;

  /** The stream of that id as one side speaks in it. */
  stream(id: number, ofClient: boolean): Http3Stream {
    const key = `${id} ${ofClient}`;
    let found = this.streams.get(key);
    if (found === undefined) {
      if (this.streams.size >= MOST_STREAMS) this.makeRoom();
      found = new Http3Stream(id, ofClient);
      this.streams.set(key, found);
    }
    return found;
  }

  /** Takes a STREAM frame's octets, as the stream does; streams that are idle longest go when all keep too much. */
  add(stream: Http3Stream, offset: number, octets: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const before = stream.waiting;
    const ready = stream.add(offset, octets);
    this.waiting += stream.waiting - before;
    if (this.waiting > MOST_WAITING) this.makeRoom();
    return ready;
  }

  /** Those of the connection itself are among its first, and stay. */
  private makeRoom(): void {
    for (const [key, stream] of this.streams) {
      if (this.streams.size < MOST_STREAMS && this.waiting <= MOST_WAITING) return;
      if (stream.unidirectional && stream.type !== StreamType.push && this.streams.size < 2 * MOST_STREAMS) continue;
      this.waiting -= stream.waiting;
      this.streams.delete(key);
    }
  }
}
