/** The packets of all planned flows, one after the other as they would come: many conversations at a time. */

import { type FlowPlan, Kind } from './flow-plan.js';
import { type FrameWriter, SYN_HEADER, TCP_HEADER, TcpFlag, UDP_HEADER } from './frame.js';
import { putPayload } from './payload.js';
import { Random } from './random.js';

const TCP = 6;
const UDP = 17;
/** Conversations that go on at the same time. */
const ACTIVE = 2000;
/** Payload octets of a full frame, with timestamps. */
const FULL = { 4: 1448, 6: 1428 } as const;

export class Conversations {
  private readonly random = new Random(0xc0ffee);
  private readonly active: Uint32Array;
  private activeCount = 0;
  private nextFlow = 0;
  private readonly done: Uint32Array;
  private readonly clientSequence: Uint32Array;
  private readonly serverSequence: Uint32Array;
  private clock = 1;

  constructor(private readonly plan: FlowPlan) {
    this.active = new Uint32Array(Math.min(ACTIVE, plan.count));
    this.done = new Uint32Array(plan.count);
    this.clientSequence = new Uint32Array(plan.count).map(() => this.random.word());
    this.serverSequence = new Uint32Array(plan.count).map(() => this.random.word());
    while (this.activeCount < this.active.length) this.active[this.activeCount++] = this.nextFlow++;
  }

  /** Writes the next frame at `at`; returns its length, 0 when all flows are through. A frame has at most 1514 octets. */
  next(writer: FrameWriter, at: number): number {
    if (this.activeCount === 0) return 0;
    this.clock++;
    const slot = this.random.below(this.activeCount);
    const flow = this.active[slot];
    const step = this.done[flow]++;
    if (this.done[flow] === this.plan.packets[flow]) this.replace(slot);
    const kind = this.plan.kind[flow];
    if (kind === Kind.tcp) return this.tcp(writer, at, flow, step);
    return kind === Kind.udp ? this.udp(writer, at, flow, step) : this.dns(writer, at, flow, step);
  }

  private replace(slot: number): void {
    if (this.nextFlow < this.plan.count) this.active[slot] = this.nextFlow++;
    else this.active[slot] = this.active[--this.activeCount];
  }

  /** SYN, SYN ACK, ACK, the request, data in both directions and its acknowledgments, FIN ACK, FIN ACK, ACK. */
  private tcp(writer: FrameWriter, at: number, flow: number, step: number): number {
    const { plan } = this;
    const fromEnd = plan.packets[flow] - step;
    if (step === 0) return this.segment(writer, at, flow, true, TcpFlag.syn, 0);
    if (step === 1) return this.segment(writer, at, flow, false, TcpFlag.syn | TcpFlag.ack, 0);
    if (step === 2) return this.segment(writer, at, flow, true, TcpFlag.ack, 0);
    if (step === 3)
      return this.segment(writer, at, flow, true, TcpFlag.psh | TcpFlag.ack, 120 + this.random.below(600));
    if (fromEnd === 3) return this.segment(writer, at, flow, false, TcpFlag.fin | TcpFlag.ack, 0);
    if (fromEnd === 2) return this.segment(writer, at, flow, true, TcpFlag.fin | TcpFlag.ack, 0);
    if (fromEnd === 1) return this.segment(writer, at, flow, false, TcpFlag.ack, 0);
    const what = this.random.below(20);
    if (what < 6) return this.segment(writer, at, flow, false, TcpFlag.ack, FULL[plan.version[flow] as 4 | 6]);
    if (what < 9) return this.segment(writer, at, flow, false, TcpFlag.psh | TcpFlag.ack, 1 + this.random.below(1200));
    if (what < 11) return this.segment(writer, at, flow, true, TcpFlag.psh | TcpFlag.ack, 20 + this.random.below(400));
    return this.segment(writer, at, flow, what < 18, TcpFlag.ack, 0);
  }

  private segment(
    writer: FrameWriter,
    at: number,
    flow: number,
    fromClient: boolean,
    flags: number,
    payload: number,
  ): number {
    const { plan } = this;
    const version = plan.version[flow];
    const mine = fromClient ? this.clientSequence : this.serverSequence;
    const theirs = fromClient ? this.serverSequence : this.clientSequence;
    const header = (flags & TcpFlag.syn) === 0 ? TCP_HEADER : SYN_HEADER;
    let sum = this.network(writer, at, flow, fromClient, TCP, header + payload);
    const start = writer.transport(at, version);
    if (payload > 0) sum += putPayload(writer.bytes, start + header, payload, this.random.word());
    const acknowledged = (flags & TcpFlag.ack) === 0 ? 0 : theirs[flow];
    const [from, to] = this.ports(flow, fromClient);
    writer.tcp(start, from, to, mine[flow], acknowledged, flags, this.clock, sum);
    mine[flow] += payload + ((flags & (TcpFlag.syn | TcpFlag.fin)) === 0 ? 0 : 1);
    return start + header + payload - at;
  }

  /** A third of the datagrams are full ones, the rest small, as of QUIC and voice. */
  private udp(writer: FrameWriter, at: number, flow: number, step: number): number {
    const { random } = this;
    const payload = random.below(3) === 0 ? 1200 : 20 + random.below(240);
    const fromClient = step === 0 || random.below(2) === 0;
    let sum = this.network(writer, at, flow, fromClient, UDP, UDP_HEADER + payload);
    const start = writer.transport(at, this.plan.version[flow]);
    sum += putPayload(writer.bytes, start + UDP_HEADER, payload, random.word());
    const [from, to] = this.ports(flow, fromClient);
    writer.udp(start, from, to, UDP_HEADER + payload, sum);
    return start + UDP_HEADER + payload - at;
  }

  /** A question for an address, and its answer (RFC 1035). */
  private dns(writer: FrameWriter, at: number, flow: number, step: number): number {
    const message = dnsMessage(flow, step === 1);
    let sum = this.network(writer, at, flow, step === 0, UDP, UDP_HEADER + message.length);
    const start = writer.transport(at, this.plan.version[flow]);
    writer.bytes.set(message, start + UDP_HEADER);
    for (let i = 0; i < message.length; i++) sum += (i & 1) === 0 ? message[i] << 8 : message[i];
    const [from, to] = this.ports(flow, step === 0);
    writer.udp(start, from, to, UDP_HEADER + message.length, sum);
    return start + UDP_HEADER + message.length - at;
  }

  private network(
    writer: FrameWriter,
    at: number,
    flow: number,
    fromClient: boolean,
    protocol: number,
    length: number,
  ): number {
    const { client, server, version } = this.plan;
    return fromClient
      ? writer.network(at, version[flow], client[flow], server[flow], true, protocol, length)
      : writer.network(at, version[flow], server[flow], client[flow], false, protocol, length);
  }

  private ports(flow: number, fromClient: boolean): [number, number] {
    const { clientPort, serverPort } = this.plan;
    return fromClient ? [clientPort[flow], serverPort[flow]] : [serverPort[flow], clientPort[flow]];
  }
}

/** `hostN.example.com`, type A; the answer points back at the question's name. */
function dnsMessage(flow: number, answer: boolean): Uint8Array {
  const labels = [`host${flow % 5000}`, 'example', 'com'];
  const name = labels.flatMap((label) => [label.length, ...Buffer.from(label)]);
  const id = (flow * 7919) & 0xffff;
  const flags = answer ? 0x8180 : 0x0100;
  const header = [id >> 8, id & 255, flags >> 8, flags & 255, 0, 1, 0, answer ? 1 : 0, 0, 0, 0, 0];
  const question = [...name, 0, 0, 1, 0, 1];
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 18, (flow >> 8) & 255, flow & 255];
  return Uint8Array.from([...header, ...question, ...(answer ? record : [])]);
}
