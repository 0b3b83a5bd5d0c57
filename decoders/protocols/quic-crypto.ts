/** The handshake in CRYPTO frames: messages without records (RFC 9001, section 4.1.3), over any number of frames and packets. */

import type { Body } from '../core/index.js';
import { placedAt, readIn } from './other-octets.js';
import type { Connection, CryptoStream } from './quic-connection.js';
import type { CryptoPiece } from './quic-frames.js';
import { Level } from './quic-open.js';
import { messageName, readMessage } from './tls-handshake.js';
import { contained } from './tls-state.js';

/** Octets of the handshake that are kept until they are whole: more is none. */
const LARGEST_HANDSHAKE = 1 << 16;
const MOST_PIECES = 256;
const HEADER = 4;

export type Tls = Parameters<typeof readMessage>[1];

/** How many of the `length` octets at `at` are whole messages. */
function wholeMessages(octets: Uint8Array, at: number, length: number): number {
  let end = at;
  const limit = at + length;
  while (end + HEADER <= limit) {
    const next = end + HEADER + octets[end + 1] * 65536 + octets[end + 2] * 256 + octets[end + 3];
    if (next > limit) break;
    end = next;
  }
  return end - at;
}

function messages(body: Body, tls: Tls): void {
  while (body.remaining > 0) {
    body.group(tls.field.handshake, () => {
      const type = body.number(tls.field['handshake.type']);
      const length = body.number(tls.field['handshake.length']);
      body.describe(messageName(body, type, body.position));
      contained(body, body.position + length, () => readMessage(body, tls, type));
    });
  }
}

/** The CRYPTO frames of one packet. */
export class CryptoFrames {
  private readonly stream: CryptoStream;
  private direct = false;

  /**
   * @param octets the packet's, with protection removed
   * @param repeats whether what is repeated is shown again, as Wireshark does with Google's frames
   */
  constructor(
    private readonly connection: Connection,
    private readonly level: 0 | 1 | 2,
    private readonly octets: Uint8Array,
    private readonly tls: Tls,
    private readonly repeats: boolean,
  ) {
    this.stream = connection.crypto[level][connection.direction];
  }

  /** Shows a piece where it stands: nearly always, one frame has whole messages, and they come next. */
  show(inner: Body, { offset, at, length }: CryptoPiece): void {
    const { stream, octets } = this;
    const again = this.repeats && offset === 0;
    if ((offset !== stream.shown && !again) || stream.pieces.length > 0) return;
    const whole = wholeMessages(octets, at, length);
    if (whole === 0) return;
    this.direct = true;
    stream.shown = offset + whole;
    this.tell(octets.subarray(at, at + whole));
    contained(inner, at + whole, () => messages(inner, this.tls));
  }

  /** Keeps what is not shown yet of these pieces, and shows the messages that they have completed. */
  finish(body: Body, pieces: readonly CryptoPiece[], at: number): void {
    if (this.direct && this.level === Level.initial) return;
    const { stream, octets } = this;
    for (const { offset, at: from, length } of pieces)
      if (offset + length > stream.shown && offset + length <= stream.shown + LARGEST_HANDSHAKE)
        if (stream.pieces.length < MOST_PIECES)
          stream.pieces.push({ offset, octets: octets.slice(from, from + length) });
    const ready = this.ready();
    const whole = wholeMessages(ready, 0, ready.length);
    if (whole === 0) return;
    stream.shown += whole;
    stream.pieces = stream.pieces.filter((piece) => piece.offset + piece.octets.length > stream.shown);
    this.tell(ready.subarray(0, whole));
    const nodes = readIn(body, ready, 0, whole, (inner) => messages(inner, this.tls));
    body.adopt(placedAt(nodes, at - body.walk.packetStart));
  }

  /** What is there without a gap behind what was shown. */
  private ready(): Uint8Array<ArrayBuffer> {
    const { pieces, shown } = this.stream;
    pieces.sort((a, b) => a.offset - b.offset);
    let have = shown;
    for (const { offset, octets } of pieces) {
      if (offset > have) break;
      have = Math.max(have, offset + octets.length);
    }
    const ready = new Uint8Array(have - shown);
    for (const { offset, octets } of pieces)
      if (offset < have && offset + octets.length > shown)
        ready.set(octets.subarray(Math.max(0, shown - offset)), Math.max(0, offset - shown));
    return ready;
  }

  private tell(octets: Uint8Array): void {
    const { connection, level } = this;
    connection.opener?.handshake(level, connection.direction === connection.client, octets);
  }
}
