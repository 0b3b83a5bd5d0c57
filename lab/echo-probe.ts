/** ICMP echo requests from a raw socket, and what comes back: RFC 792, RFC 4443. What `ping` and `traceroute` are made of. */

import { buildPacket } from '../decoders/encode/index.js';
import { callFailed, calls, errorName } from './calls.js';
import type { Code } from './demo.js';
import { familyOf, withoutZone } from './parameters.js';
import { type LabSocket, openSocket } from './sockets.js';
import type { Stage } from './stage.js';

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** Octets of the longest message that is read. */
const SIZE = 2048;
/** Octets of the time that a request carries, as ping's do. */
const TIME = 8;
const IPV6_HEADER = 40;
const ICMP_HEADER = 8;

export interface Probe {
  readonly sequence: number;
  /** Octets behind the ICMP header; from 8 on, the first eight are the time. */
  readonly size: number;
}

/** What answers a probe. */
export interface Reply {
  readonly kind: 'reply' | 'time exceeded' | 'unreachable';
  readonly from: string;
  /** Octets of the ICMP message. */
  readonly length: number;
  /** Time to live that it arrived with; of IPv6 the raw socket does not tell it. */
  readonly ttl: number | undefined;
  /** Milliseconds from the request's call to the reply's. */
  readonly milliseconds: number;
}

/** The packets of echo requests and of what answers them, as a display filter. */
export function echoView(address: string): string {
  const plain = withoutZone(address);
  return familyOf(address) === 'AF_INET6'
    ? `icmpv6.type in {1, 2, 3, 4, 128, 129} && ipv6.addr == ${plain}`
    : `icmp && ip.addr == ${plain}`;
}

/** Sends requests to one address, and finds what answers them among everything that the socket gets. */
export class EchoProber {
  private readonly six: boolean;
  /** Tells the replies of this run from those of others. */
  private readonly identifier = 1 + Math.floor(Math.random() * 0xffff);

  private constructor(
    private readonly stage: Stage,
    private readonly socket: LabSocket,
    private readonly address: string,
  ) {
    this.six = familyOf(address) === 'AF_INET6';
  }

  /** @throws CaptureError without the privilege */
  static async open(stage: Stage, end: string, address: string): Promise<EchoProber> {
    const protocol = familyOf(address) === 'AF_INET6' ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    const socket = await openSocket(stage, end, 'SOCK_RAW', address, {
      protocol,
      note: 'A raw socket: it sends ICMP messages that the program has written, and gets every one that the machine gets. It takes root or CAP_NET_RAW.',
    });
    return new EchoProber(stage, socket, address);
  }

  /** How many routers requests may pass from now on. */
  async setHops(hops: number, note: string): Promise<void> {
    await this.socket.setsockopt(this.six ? 'IPV6_UNICAST_HOPS' : 'IP_TTL', hops, { note });
  }

  /**
   * Sends a request, and waits for its answer.
   *
   * @param wait milliseconds
   * @returns undefined when none came
   */
  async probe(probe: Probe, wait: number, note?: string): Promise<Reply | undefined> {
    const sent = await this.send(probe, note);
    return sent === undefined ? undefined : this.receive(probe, sent, wait);
  }

  async close(): Promise<void> {
    await this.socket.close();
  }

  /** @returns the time of the call; undefined where no way leads there */
  private send({ sequence, size }: Probe, note?: string): Promise<bigint | undefined> {
    const { socket, address, six } = this;
    const telling = {
      end: socket.end,
      call: 'sendto',
      arguments: [`fd=${socket.fd}`, `echo request ${sequence}, ${ICMP_HEADER + size} octets`, JSON.stringify(address)],
      code: six ? SEND6 : SEND,
      look: six ? 'icmpv6.type == 128' : 'icmp.type == 8',
      does: 'sends' as const,
      ...(note === undefined ? {} : { note }),
    };
    return this.stage.step(telling, () => {
      const sent = calls().sendto(socket.fd, this.request(sequence, size), address, 0);
      const times = { began: sent.begin, ended: sent.end };
      const touch = { local: { address: six ? '::' : '0.0.0.0', port: null }, remote: this.end(address) };
      if (sent.errno === 0) return { value: sent.begin, result: String(sent.value), touch, ...times };
      const error = errorName(sent.errno);
      if (!NO_WAY.has(error)) throw callFailed(`${socket.end}: sendto(${address})`, error);
      return { value: undefined, result: `-1 ${error}`, error, ...times };
    });
  }

  private receive({ sequence }: Probe, sent: bigint, wait: number): Promise<Reply | undefined> {
    const { socket, six } = this;
    const telling = {
      end: socket.end,
      call: 'recvfrom',
      arguments: [`fd=${socket.fd}`, String(SIZE)],
      code: six ? RECEIVE6 : RECEIVE,
      does: 'receives' as const,
    };
    return this.stage.step(telling, async () => {
      const began = this.stage.now();
      let others = 0;
      for (const end = performance.now() + wait; ; ) {
        const ready = await this.stage.until(() => calls().ready(socket.fd, false), end - performance.now());
        const got = ready ? calls().recvfrom(socket.fd, SIZE) : undefined;
        if (got === undefined) {
          const result = `nothing in ${wait / 1000} s${others === 0 ? '' : `; ${others} messages were for others`}`;
          return { value: undefined, result, error: 'EAGAIN', began, ended: this.stage.now() };
        }
        const found = got.data === undefined ? undefined : this.read(got.data, got.address ?? '', sequence);
        if (found === undefined) {
          others++;
          continue;
        }
        const reply = { ...found, milliseconds: Number(got.end - sent) / 1e6 };
        return {
          value: reply,
          result: `${got.value}: ${replyText(reply, sequence)}`,
          began,
          ended: got.end,
          touch: { local: { address: six ? '::' : '0.0.0.0', port: null }, remote: this.end(reply.from) },
        };
      }
    });
  }

  private end(address: string): { address: string; port: null } {
    return { address: withoutZone(address), port: null };
  }

  /** An ICMP echo request; the kernel puts the IP header in front, and computes the checksum of ICMPv6 (RFC 3542, 3.1). */
  private request(sequence: number, size: number): Uint8Array {
    const payload = Buffer.alloc(size, 'netglass ');
    if (size >= TIME) payload.writeBigUInt64BE(calls().now());
    const dst = withoutZone(this.address);
    const layers = this.six
      ? [
          { ipv6: { dst, src: '::' } },
          { icmpv6: { type: 128, 'echo.identifier': this.identifier, 'echo.sequence_number': sequence } },
        ]
      : [{ ip: { dst, src: '0.0.0.0' } }, { icmp: { type: 8, ident: this.identifier, seq: sequence } }];
    const packet = buildPacket([...layers, { payload: `0x${payload.toString('hex')}` }].slice(0, size === 0 ? 2 : 3));
    return packet.bytes.subarray(packet.layers[1].start);
  }

  /** What a message of the socket is to a request; undefined when it is about something else. */
  private read(data: Uint8Array, from: string, sequence: number): Omit<Reply, 'milliseconds'> | undefined {
    // Of IPv4, a raw socket hands over the IP header as well (raw(7)); of IPv6 it does not (RFC 3542, section 3).
    const start = this.six ? 0 : headerLength(data, 0);
    if (start === undefined || data.length < start + ICMP_HEADER) return undefined;
    const type = data[start];
    const common = { from, length: data.length - start, ttl: this.six ? undefined : data[8] };
    if (type === (this.six ? 129 : 0))
      return this.isOurs(data, start, sequence) ? { kind: 'reply', ...common } : undefined;
    const kind =
      type === (this.six ? 3 : 11) ? 'time exceeded' : type === (this.six ? 1 : 3) ? 'unreachable' : undefined;
    // An error quotes the packet that it is about.
    const quoted = start + ICMP_HEADER;
    const length = this.six ? IPV6_HEADER : headerLength(data, quoted);
    if (kind === undefined || length === undefined || data[quoted + length] !== (this.six ? 128 : 8)) return undefined;
    return this.isOurs(data, quoted + length, sequence) ? { kind, ...common } : undefined;
  }

  private isOurs(data: Uint8Array, at: number, sequence: number): boolean {
    if (data.length < at + ICMP_HEADER) return false;
    const view = new DataView(data.buffer, data.byteOffset + at);
    return view.getUint16(4) === this.identifier && view.getUint16(6) === sequence;
  }
}

const NO_WAY: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH']);

/** Octets of an IPv4 header: RFC 791, section 3.1; undefined where there is none. */
function headerLength(data: Uint8Array, at: number): number | undefined {
  const length = (data[at] & 0xf) * 4;
  return at < data.length && data[at] >> 4 === 4 && length >= 20 ? length : undefined;
}

/** `64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.042 ms`, as ping prints it. */
export function replyText({ kind, from, length, ttl, milliseconds }: Reply, sequence: number): string {
  if (kind !== 'reply')
    return `From ${from} icmp_seq=${sequence} ${kind === 'time exceeded' ? 'Time to live exceeded' : 'Destination Unreachable'}`;
  const hops = ttl === undefined ? '' : ` ttl=${ttl}`;
  return `${length} bytes from ${from}: icmp_seq=${sequence}${hops} time=${shortTime(milliseconds)} ms`;
}

/** Milliseconds with as many decimals as ping prints. */
export function shortTime(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 1 ? 3 : milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0);
}

const NODE = '// Node has no raw sockets; the nearest is the npm package raw-socket:\n';
const SEND: Code = {
  python: 'message = struct.pack("!BBHHH", 8, 0, checksum, identifier, sequence) + data\ns.sendto(message, (host, 0))',
  c: 'struct icmphdr *request = (void *)message;\nrequest->type = ICMP_ECHO;\nrequest->un.echo.id = htons(identifier);\nrequest->un.echo.sequence = htons(sequence);\nrequest->checksum = checksum(message, length);\nsendto(s, message, length, 0, (struct sockaddr *)&to, sizeof to);',
  typescript: `${NODE}raw.writeChecksum(message, 2, raw.createChecksum(message));\ns.send(message, 0, message.length, host, done);`,
};
const SEND6: Code = {
  python:
    'message = struct.pack("!BBHHH", 128, 0, 0, identifier, sequence) + data  # the kernel computes the checksum\ns.sendto(message, (host, 0))',
  c: 'struct icmp6_hdr *request = (void *)message;\nrequest->icmp6_type = ICMP6_ECHO_REQUEST;\nrequest->icmp6_id = htons(identifier);\nrequest->icmp6_seq = htons(sequence);\n/* the kernel computes the checksum */\nsendto(s, message, length, 0, (struct sockaddr *)&to, sizeof to);',
  typescript: `${NODE}s.send(message, 0, message.length, host, done);`,
};
const RECEIVE: Code = {
  python: 'data, peer = s.recvfrom(2048)\nicmp = data[(data[0] & 15) * 4:]  # behind the IP header',
  c: 'ssize_t n = recvfrom(s, data, sizeof data, 0, (struct sockaddr *)&peer, &length);\nstruct icmphdr *icmp = (void *)(data + (data[0] & 15) * 4); /* behind the IP header */',
  typescript: `${NODE}s.on('message', (data, peer) => { const icmp = data.subarray((data[0] & 15) * 4); });`,
};
const RECEIVE6: Code = {
  python: 'icmp, peer = s.recvfrom(2048)  # without the IPv6 header',
  c: 'ssize_t n = recvfrom(s, icmp, sizeof icmp, 0, (struct sockaddr *)&peer, &length); /* without the IPv6 header */',
  typescript: `${NODE}s.on('message', (icmp, peer) => { /* without the IPv6 header */ });`,
};
