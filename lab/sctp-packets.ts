/** An SCTP association as octets (RFC 9260), for machines whose kernel has none. Loads the decoders: import it when needed. */

import { BlockBuilder, packetBlockBytes, timeHigh, timeLow } from '../captures/formats/epb.js';
import { PcapngWriter } from '../captures/formats/pcapng-writer.js';
import { buildPacket, RAW_IP } from '../decoders/encode/index.js';
import { packetSum } from '../decoders/protocols/sctp.js';

const SCTP = 132;
const CHUNK = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  shutdown: 7,
  shutdownAck: 8,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
} as const;
const STATE_COOKIE = 7;
/** First and last fragment at once: a whole message. */
const WHOLE = 3;
/** What both ends offer: octets of buffer, and streams. */
const WINDOW = 106_496;
const STREAMS = 10;

interface End {
  readonly address: string;
  readonly port: number;
  /** What the other end puts into every packet, so that it cannot be guessed. */
  readonly tag: number;
  /** Number of the next DATA chunk. */
  tsn: number;
  /** Number of the next message on stream 0. */
  message: number;
}

/** The packets of one association, each with the time at which it was sent. */
export class SctpConversation {
  private readonly packets: { readonly time: bigint; readonly bytes: Uint8Array }[] = [];
  private readonly client: End;
  private readonly server: End;
  private readonly cookie = Buffer.from('netglass: a cookie is the server’s state, kept by the client');

  /** @param now nanoseconds since 1970 of the first packet; each later one is a tenth of a millisecond later */
  constructor(
    address: string,
    clientPort: number,
    serverPort: number,
    private now: bigint,
  ) {
    this.client = { address, port: clientPort, tag: 0x1b1b0001, tsn: 0x10000001, message: 0 };
    this.server = { address, port: serverPort, tag: 0x2b2b0002, tsn: 0x20000001, message: 0 };
  }

  /** The time of the next packet. */
  get time(): bigint {
    return this.now;
  }

  /** Section 5.1: INIT, INIT ACK with a cookie, COOKIE ECHO with the first message, COOKIE ACK. */
  openWith(message: Uint8Array): void {
    this.send(this.client, 0, init(CHUNK.init, this.client));
    const cookie = Buffer.concat([words(STATE_COOKIE, 4 + this.cookie.length), this.cookie]);
    this.send(this.server, this.client.tag, init(CHUNK.initAck, this.server, cookie));
    const echo = chunk(CHUNK.cookieEcho, 0, this.cookie);
    this.send(this.client, this.server.tag, echo, this.data(this.client, message));
    this.send(this.server, this.client.tag, chunk(CHUNK.cookieAck, 0), acknowledge(this.client));
  }

  /** A message, and what acknowledges it. */
  say(from: 'client' | 'server', message: Uint8Array): void {
    const [own, other] = from === 'client' ? [this.client, this.server] : [this.server, this.client];
    this.send(own, other.tag, this.data(own, message));
    this.send(other, own.tag, acknowledge(own));
  }

  /** Section 9.2: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE. */
  close(): void {
    this.send(this.client, this.server.tag, chunk(CHUNK.shutdown, 0, long(this.server.tsn - 1)));
    this.send(this.server, this.client.tag, chunk(CHUNK.shutdownAck, 0));
    this.send(this.client, this.server.tag, chunk(CHUNK.shutdownComplete, 0));
  }

  /** As a pcapng file. */
  file(): Uint8Array {
    const builder = new BlockBuilder(this.packets.reduce((sum, { bytes }) => sum + packetBlockBytes(bytes.length), 0));
    for (const { time, bytes } of this.packets)
      builder.add(0, timeHigh(time), timeLow(time), bytes, 0, bytes.length, bytes.length);
    const header = new PcapngWriter({ comment: 'Made by netglass: nobody ever sent these packets.' }).header([
      { id: 0, name: 'sctp0', description: 'a network that does not exist', linkType: RAW_IP, snapLength: 262_144 },
    ]);
    return Buffer.concat([header, builder.take()?.bytes ?? new Uint8Array(0)]);
  }

  private data(from: End, message: Uint8Array): Buffer {
    const head = Buffer.concat([long(from.tsn), words(0, from.message), long(0)]);
    from.tsn++;
    from.message++;
    return chunk(CHUNK.data, WHOLE, Buffer.concat([head, message]));
  }

  private send(from: End, tag: number, ...chunks: readonly Buffer[]): void {
    const to = from === this.client ? this.server : this.client;
    const packet = Buffer.concat([words(from.port, to.port), long(tag), long(0), ...chunks]);
    packet.writeUInt32LE(packetSum(new DataView(packet.buffer, packet.byteOffset, packet.length), 0, packet.length), 8);
    const six = from.address.includes(':');
    const ends = { src: from.address, dst: to.address };
    const network = six ? { ipv6: { ...ends, nxt: SCTP } } : { ip: { ...ends, proto: SCTP } };
    const { bytes } = buildPacket([network, { payload: { hex: packet.toString('hex') } }]);
    this.packets.push({ time: this.now, bytes });
    this.now += 100_000n;
  }
}

function init(type: number, own: End, parameters: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.concat([long(own.tag), long(WINDOW), words(STREAMS, STREAMS), long(own.tsn)]);
  return chunk(type, 0, Buffer.concat([head, parameters]));
}

/** Everything up to the last DATA chunk of `from`. */
const acknowledge = (from: End): Buffer =>
  chunk(CHUNK.sack, 0, Buffer.concat([long(from.tsn - 1), long(WINDOW), words(0, 0)]));

/** Section 3.2: the length is without the padding to four octets. */
function chunk(type: number, flags: number, value: Uint8Array = Buffer.alloc(0)): Buffer {
  const length = 4 + value.length;
  return Buffer.concat([Buffer.from([type, flags]), words(length), value, Buffer.alloc(-length & 3)]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
