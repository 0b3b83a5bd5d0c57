/** The bytes of a flow: a page of them, or all of them as a stream that goes on while the capture runs. */

import { timeText } from '../../../decoders/core/frame.js';
import { CaptureError } from '../../sources/source.js';
import type { CaptureReader } from '../capture-reader.js';
import type { Wait } from '../export/export.js';
import type { FollowQuery, StreamPage, StreamQuery, StreamSegment } from '../query-types.js';
import { type FollowedFlow, requiredFlow } from './flow-packets.js';
import { canFollow, Follower } from './follow.js';
import { writerOf } from './follow-text.js';
import { decryptedBy } from './follow-tls.js';
import { HttpBodies } from './http-bodies.js';
import type { Said } from './said.js';

/** Octets of one page, beyond which it ends with the packet that is being read. */
const PAGE_OCTETS = 1 << 20;
/** Packets that one page looks at: behind them it ends, though nothing may have been found. */
const PAGE_PACKETS = 20_000;
/** Packets that are looked at before others get their turn. */
const TURN = 500;
/** Places in streams that are kept, so that the page after the last one does not begin at the beginning. */
const KEPT_PLACES = 4;
/** Octets gathered before a piece of a file or an event is handed out. */
const PIECE_OCTETS = 64 << 10;
const DEFAULT_LIMIT = 100;

/** A place in a conversation, with what decoding has to remember. */
class Place {
  readonly follower: Follower;
  private readonly bodies: HttpBodies | undefined;

  constructor(
    reader: CaptureReader,
    flow: FollowedFlow,
    readonly key: string,
    { after = 0, decode = [] }: StreamQuery,
  ) {
    const reveal = decode.includes('tls') ? decryptedBy(reader, flow) : undefined;
    this.follower = new Follower(reader, flow, reveal);
    this.bodies = decode.includes('http') ? new HttpBodies() : undefined;
    // Where a message of HTTP ends depends on all of them before it, and so does what TLS encrypts with.
    if (decode.length === 0) this.follower.beginNear(after);
  }

  /** What was said, packet by packet, from here to the last packet that is there, or to packet `until`. */
  async *advance(until?: number): AsyncGenerator<readonly Said[], void, undefined> {
    for (const said of this.follower.advance(until))
      yield said.length === 0 || this.bodies === undefined ? said : await this.bodies.decode(said);
  }

  async finish(): Promise<readonly Said[]> {
    const said = this.follower.finish();
    return this.bodies === undefined ? said : [...(await this.bodies.decode(said)), ...this.bodies.finish()];
  }

  /** Nobody goes on from here. */
  close(): void {
    this.bodies?.close();
  }
}

const keyOf = ({ flow, decode = [] }: StreamQuery): string => `${flow} ${decode.join(' ')}`;

/** @throws CaptureError when there is no such flow, or it has no octets to follow */
function flowOf(reader: CaptureReader, id: number): FollowedFlow {
  const flow = requiredFlow(reader, id);
  if (canFollow(flow.transport)) return flow;
  throw new CaptureError(
    'bad-option',
    `Flow ${id} has no stream of octets: only flows of TCP, UDP and SCTP have.`,
    `GET …/flows/${id}/sequence shows its packets.`,
  );
}

export class StreamPages {
  private places: Place[] = [];

  constructor(
    private readonly reader: CaptureReader,
    private readonly pause: () => Promise<void>,
  ) {}

  /** @throws CaptureError */
  async page(query: StreamQuery): Promise<StreamPage> {
    const flow = flowOf(this.reader, query.flow);
    const place = await this.placeAt(flow, query);
    const limit = query.limit ?? DEFAULT_LIMIT;
    const segments: StreamSegment[] = [];
    let octets = 0;
    let looked = 0;
    let more = false;
    for await (const said of place.advance()) {
      for (const one of chosen(said, query)) {
        segments.push(segmentOf(one));
        octets += 'gap' in one ? 0 : one.bytes.length;
      }
      more = segments.length >= limit || octets >= PAGE_OCTETS || ++looked >= PAGE_PACKETS;
      if (more) break;
      if (looked % TURN === 0) await this.pause();
    }
    const { position } = place.follower;
    if (!more && !query.running) for (const one of chosen(await place.finish(), query)) segments.push(segmentOf(one));
    else this.keep(place);
    return { ...endsOf(flow), segments, next: more ? position : null, position };
  }

  /** Where the page begins: the place where another ended, or the way there from the beginning. */
  private async placeAt(flow: FollowedFlow, query: StreamQuery): Promise<Place> {
    const after = query.after ?? 0;
    const key = keyOf(query);
    const found = this.places.find((place) => place.key === key && place.follower.position === after);
    if (found !== undefined) {
      // Taken out: nobody else may go on from it meanwhile.
      this.places = this.places.filter((place) => place !== found);
      return found;
    }
    const place = new Place(this.reader, flow, key, query);
    let looked = 0;
    for await (const said of place.advance(after)) if (said !== undefined && ++looked % TURN === 0) await this.pause();
    return place;
  }

  /** Secrets were given: what was encrypted is read anew. */
  forget(): void {
    this.places = [];
  }

  private keep(place: Place): void {
    this.places.push(place);
    if (this.places.length > KEPT_PLACES) this.places.shift()?.close();
  }
}

/**
 * The pieces of a file or, for `events`, of a stream of Server-Sent Events; empty ones where others are to get a turn.
 *
 * @param waitForMore for `events`: settles when there is more, or the capture has ended (false)
 */
export async function* followFlow(
  reader: CaptureReader,
  query: FollowQuery,
  waitForMore: Wait,
): AsyncGenerator<Uint8Array, void, undefined> {
  const flow = flowOf(reader, query.flow);
  const place = new Place(reader, flow, keyOf(query), query);
  const writer =
    query.format === 'events'
      ? new EventWriter(flow, place.follower)
      : writerOf(query.format, query.from !== undefined);
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  let count = 0;
  let looked = 0;
  let gathered: Said[] = [];
  let octets = 0;
  const take = (): Uint8Array => {
    const piece = gathered.length === 0 ? new Uint8Array(0) : writer.piece(gathered);
    gathered = [];
    octets = 0;
    return piece;
  };
  try {
    if (query.format === 'events') yield Buffer.from('retry: 1000\n\n');
    for (let goesOn = query.running; ; ) {
      // A key log grows while the capture runs.
      reader.refreshSecrets();
      for await (const said of place.advance()) {
        looked++;
        if (place.follower.position <= (query.after ?? 0)) {
          if (looked % TURN === 0) yield new Uint8Array(0);
          continue;
        }
        for (const one of chosen(said, query)) {
          gathered.push(one);
          octets += 'gap' in one ? 0 : one.bytes.length;
          count++;
        }
        if (octets >= PIECE_OCTETS || looked % TURN === 0) yield take();
        if (count >= limit) break;
      }
      yield take();
      if (count >= limit) return;
      if (query.format !== 'events' || !goesOn) break;
      goesOn = await waitForMore();
    }
    gathered = chosen(await place.finish(), query);
    yield take();
    yield writer.end();
  } finally {
    place.close();
  }
}

/** Events `segments`, as pages have them, and `ended`. Their ids are numbers of packets: whoever names one goes on behind it. */
class EventWriter {
  constructor(
    private readonly flow: FollowedFlow,
    private readonly follower: Follower,
  ) {}

  piece(said: readonly Said[]): Uint8Array {
    return this.event('segments', { ...endsOf(this.flow), segments: said.map(segmentOf) }, '');
  }

  end(): Uint8Array {
    return this.event('ended', { position: this.follower.position }, '-end');
  }

  private event(name: string, data: unknown, suffix: string): Uint8Array {
    return Buffer.from(`id: ${this.follower.position}${suffix}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}

function chosen(said: readonly Said[], { from }: StreamQuery): Said[] {
  return said.filter((one) => from === undefined || one.from === from);
}

function endsOf({ client, server, clientPort, serverPort }: FollowedFlow) {
  return { client: { address: client, port: clientPort }, server: { address: server, port: serverPort } };
}

function segmentOf(one: Said): StreamSegment {
  if ('gap' in one) return one;
  const { from, packet, time, bytes, ...more } = one;
  return {
    from,
    packet,
    time: time === null ? null : timeText(time),
    length: bytes.length,
    data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
    ...more,
  };
}
