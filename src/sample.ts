/** A small capture that netglass makes itself: what the socket lecture sends, for whoever may not capture (yet). */

import { BlockBuilder, packetBlockBytes, timeHigh, timeLow } from '../captures/formats/epb.js';
import { PcapngWriter } from '../captures/formats/pcapng-writer.js';
import type { CaptureRecord } from '../captures/store/capture-file.js';
import type { CaptureStore } from '../captures/store/capture-store.js';
import { arp, ethernet, type Host, icmp, icmpv6, ipv4, ipv6, TCP, tcp, udp } from './sample-frames.js';

export const SAMPLE_NAME = 'Sample: a first look';

/** Addresses for documentation: RFC 5737, RFC 3849; MAC addresses that are administered locally. */
const host = (last: number): Host => ({
  mac: [0x02, 0, 0, 0, 0, last],
  v4: [192, 0, 2, last],
  v6: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last],
});
const laptop = host(10);
const server = host(80);
const router = host(1);
/** Far away: its frames come from and go to the router. */
const remote: Host = {
  mac: router.mac,
  v4: [198, 51, 100, 7],
  v6: [0x20, 0x01, 0x0d, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
};

const MICROSECOND = 1000n;
const MILLISECOND = 1000n * MICROSECOND;

class Recorder {
  readonly frames: { time: bigint; bytes: Buffer }[] = [];
  private now = BigInt(Date.UTC(2026, 10, 22, 18, 0, 0)) * MILLISECOND + 123_456_789n;

  /** Lets time go by, then records. */
  after(wait: bigint, bytes: Buffer): void {
    this.now += wait;
    this.frames.push({ time: this.now, bytes });
  }

  v4(wait: bigint, from: Host, to: Host, protocol: number, payload: Buffer, ttl?: number): void {
    this.after(wait, ethernet(from, to.mac, 0x0800, ipv4(from, to, protocol, payload, ttl)));
  }

  v6(wait: bigint, from: Host, to: Host, next: number, payload: Buffer, hops?: number): void {
    this.after(wait, ethernet(from, to.mac, 0x86dd, ipv6(from, to, next, payload, hops)));
  }
}

/** `ping`'s payload: counting octets. */
const counting = Buffer.from(Array.from({ length: 48 }, (_, at) => at + 8));
const nothing = Buffer.alloc(4);
const echoId = (seq: number): Buffer => Buffer.from([0x12, 0x34, 0, seq]);

function pings(record: Recorder): void {
  record.after(0n, arp(1, laptop, server));
  record.after(310n * MICROSECOND, arp(2, server, laptop));
  for (const seq of [1, 2]) {
    record.v4(seq === 1 ? 40n * MICROSECOND : 999n * MILLISECOND, laptop, server, 1, icmp(8, 0, echoId(seq), counting));
    record.v4(420n * MICROSECOND, server, laptop, 1, icmp(0, 0, echoId(seq), counting));
  }
  for (const seq of [1, 2]) {
    const from = seq === 1 ? 350n * MILLISECOND : 998n * MILLISECOND;
    record.v6(from, laptop, server, 58, icmpv6(laptop, server, 128, 0, echoId(seq), counting));
    record.v6(450n * MICROSECOND, server, laptop, 58, icmpv6(server, laptop, 129, 0, echoId(seq), counting));
  }
  // One hop is not enough: the router quotes what it threw away (RFC 792; RFC 4443, section 3.3).
  const short = ipv4(laptop, remote, 1, icmp(8, 0, echoId(3), counting), 1);
  record.after(220n * MILLISECOND, ethernet(laptop, router.mac, 0x0800, short));
  record.v4(700n * MICROSECOND, router, laptop, 1, icmp(11, 0, nothing, short.subarray(0, 28)));
  const short6 = ipv6(laptop, remote, 58, icmpv6(laptop, remote, 128, 0, echoId(3), counting), 1);
  record.after(180n * MILLISECOND, ethernet(laptop, router.mac, 0x86dd, short6));
  record.v6(650n * MICROSECOND, router, laptop, 58, icmpv6(router, laptop, 3, 0, nothing, short6));
}

/** RFC 1035: one question, and an answer that points back at its name. */
function dns(id: number, flags: number, type: number, address: readonly number[] | undefined): Buffer {
  const name = Buffer.from('\x06server\x07example\x00', 'latin1');
  const header = [id >> 8, id & 255, flags >> 8, flags & 255, 0, 1, 0, address === undefined ? 0 : 1, 0, 0, 0, 0];
  const answer = address === undefined ? [] : [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address];
  return Buffer.concat([Buffer.from(header), name, Buffer.from([0, type, 0, 1, ...answer])]);
}

function names(record: Recorder): void {
  for (const [id, type, address] of [
    [0x2a01, 1, server.v4],
    [0x2a02, 28, server.v6],
  ] as const) {
    const ports = [40_000 + type, 53] as const;
    record.v4(90n * MILLISECOND, laptop, router, 17, udp(laptop, router, 4, ports, dns(id, 0x0100, type, undefined)));
    const answer = dns(id, 0x8180, type, address);
    record.v4(12n * MILLISECOND, router, laptop, 17, udp(router, laptop, 4, [53, ports[0]], answer));
  }
}

function echoes(record: Recorder): void {
  for (const words of ['hello', 'sendto() and recvfrom()', 'bye']) {
    const payload = Buffer.from(words);
    record.v4(150n * MILLISECOND, laptop, server, 17, udp(laptop, server, 4, [50_007, 7], payload));
    record.v4(380n * MICROSECOND, server, laptop, 17, udp(server, laptop, 4, [7, 50_007], payload));
  }
}

/** MSS 1460, SACK permitted, no operation, window scale 7 (RFC 9293, section 3.2; RFC 2018; RFC 7323). */
const synOptions = Buffer.from([2, 4, 5, 0xb4, 4, 2, 1, 1, 1, 3, 3, 7]);

/** A connection from the handshake to the last ACK, with one request and one answer. */
function web(record: Recorder, version: 4 | 6, clientPort: number, start: readonly [number, number]): void {
  const request = Buffer.from('GET /hello.txt HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n');
  const answer = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nConnection: close\r\n\r\nHello, world\n',
  );
  let [client, other] = start;
  const send = (wait: bigint, fromClient: boolean, flags: number, payload?: Buffer, options?: Buffer) => {
    const [from, to] = fromClient ? [laptop, server] : [server, laptop];
    const segment = {
      ports: fromClient ? ([clientPort, 80] as const) : ([80, clientPort] as const),
      seq: fromClient ? client : other,
      ack: (flags & TCP.ack) === 0 ? 0 : fromClient ? other : client,
      flags,
      ...(payload === undefined ? {} : { payload }),
      ...(options === undefined ? {} : { options }),
    };
    const bytes = tcp(from, to, version, segment);
    if (version === 4) record.v4(wait, from, to, 6, bytes);
    else record.v6(wait, from, to, 6, bytes);
    // SYN and FIN take a sequence number each.
    const taken = (payload?.length ?? 0) + ((flags & (TCP.syn | TCP.fin)) === 0 ? 0 : 1);
    if (fromClient) client += taken;
    else other += taken;
  };
  send(260n * MILLISECOND, true, TCP.syn, undefined, synOptions);
  send(350n * MICROSECOND, false, TCP.syn | TCP.ack, undefined, synOptions);
  send(60n * MICROSECOND, true, TCP.ack);
  send(90n * MICROSECOND, true, TCP.psh | TCP.ack, request);
  send(310n * MICROSECOND, false, TCP.ack);
  send(2n * MILLISECOND, false, TCP.psh | TCP.ack, answer);
  send(70n * MICROSECOND, true, TCP.ack);
  send(40n * MICROSECOND, false, TCP.fin | TCP.ack);
  send(120n * MICROSECOND, true, TCP.fin | TCP.ack);
  send(330n * MICROSECOND, false, TCP.ack);
}

/** The sample as a pcapng file. */
export function sampleFile(): Uint8Array {
  const record = new Recorder();
  pings(record);
  names(record);
  echoes(record);
  web(record, 4, 51_000, [1_000_000_000, 2_000_000_000]);
  web(record, 6, 51_001, [1_100_000_000, 2_100_000_000]);
  const { frames } = record;
  const builder = new BlockBuilder(frames.reduce((sum, { bytes }) => sum + packetBlockBytes(bytes.length), 0));
  for (const { time, bytes } of frames)
    builder.add(0, timeHigh(time), timeLow(time), bytes, 0, bytes.length, bytes.length);
  const header = new PcapngWriter({ comment: 'Made by netglass: nobody ever sent these packets.' }).header([
    { id: 0, name: 'sample0', description: 'a network that does not exist', linkType: 1, snapLength: 262_144 },
  ]);
  return Buffer.concat([header, builder.take()?.bytes ?? new Uint8Array(0)]);
}

/** Opens the sample in the store, unless it is there already. */
export async function openSample(store: CaptureStore): Promise<CaptureRecord> {
  const there = store.list().find(({ name, source }) => name === SAMPLE_NAME && source.kind === 'import');
  if (there !== undefined) return there;
  const file = sampleFile();
  return store.importStream(
    (async function* () {
      yield file;
    })(),
    SAMPLE_NAME,
  );
}
