/** The bodies of HTTP/2's streams, which come in DATA frames: RFC 9113, section 8.1. */

import { hexText } from '../core/format.js';
import type { Body } from '../core/index.js';
import { CollectedOctets, type Place, packetOf } from './collected-octets.js';
import { decoded } from './http-body.js';
import type { Http2Fields } from './http2.js';
import { handMedia, Media, mediaOf, parseMediaType } from './media-types.js';

/** Streams of one direction whose bodies are under way; the one that began first is forgotten for a new one. */
const MOST_STREAMS = 128;
/** Packets of one body that are told. */
const MOST_FRAGMENTS = 1000;
/** Octets of a body whose digits are shown. */
const LARGEST_SHOWN = 1 << 16;

interface StreamBody {
  type: string;
  coding: string;
  readonly octets: CollectedOctets;
}

/** One direction's bodies, by their streams. */
export class Http2Bodies {
  private readonly streams = new Map<number, StreamBody>();

  /** Takes note of a header field of a stream. */
  said(body: Body, stream: number, name: string, value: string): void {
    if (stream === 0 || (name !== 'content-type' && name !== 'content-encoding')) return;
    const known = this.of(body, stream);
    known[name === 'content-type' ? 'type' : 'coding'] = value;
  }

  /** A stream's body; one that is not known begins. */
  private of(body: Body, stream: number): StreamBody {
    let known = this.streams.get(stream);
    if (known === undefined) {
      if (this.streams.size >= MOST_STREAMS) {
        const [[oldest, { octets }]] = this.streams;
        octets.forget(body);
        this.streams.delete(oldest);
      }
      known = { type: '', coding: '', octets: new CollectedOctets() };
      this.streams.set(stream, known);
    }
    return known;
  }

  /** Reads what a DATA frame has, up to the end of what the body sees. */
  data(body: Body, field: Http2Fields, stream: number, last: boolean): void {
    const { position: start, remaining } = body;
    // A body whose type nobody told is put together too, unless this is all of it.
    const known = this.streams.get(stream) ?? (last || stream === 0 ? undefined : this.of(body, stream));
    known?.octets.add(body, start, start + remaining);
    const whole = last ? this.end(body, field, stream) : undefined;
    if (remaining === 0) return;
    // Wireshark shows the whole body in the place of its last part.
    if (whole === undefined || !(whole instanceof Uint8Array)) body.take(field['data.data'], remaining);
    else {
      const view = new DataView(whole.buffer, whole.byteOffset, Math.min(whole.length, LARGEST_SHOWN));
      body.found(field['data.data'], hexText(view, 0, view.byteLength), start, remaining);
      body.position = start + remaining;
    }
  }

  /** Hands the body over: the stream ends. */
  end(body: Body, field: Http2Fields, stream: number): Place | undefined {
    const known = this.streams.get(stream);
    if (known === undefined) return undefined;
    this.streams.delete(stream);
    const { packets, length } = known.octets;
    if (packets.length > 1 || packets.some((packet) => packet !== packetOf(body)))
      fragments(body, field, packets, length);
    const place = known.octets.take(body);
    if (place === undefined) return undefined;
    const plain = known.coding === '' ? place : withoutCoding(body, place, known.coding);
    const media = mediaOf(parseMediaType(known.type).type);
    if (media !== Media.other && known.type !== '') handMedia(body, known.type, plain);
    return plain;
  }
}

function withoutCoding({ view }: Body, place: Place, coding: string): Place {
  const octets =
    place instanceof Uint8Array
      ? place
      : new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + place[0], place[1] - place[0]);
  const plain = decoded(octets, coding);
  return plain === undefined || plain === octets ? place : plain;
}

function fragments(body: Body, field: Http2Fields, packets: readonly number[], length: number): void {
  body.group(field['body.fragments'], () => {
    for (const packet of packets.slice(0, MOST_FRAGMENTS)) body.derived(field['body.fragment'], packet);
    body.derived(field['body.fragment.count'], packets.length);
    body.derived(field['body.reassembled.length'], length);
  });
}
