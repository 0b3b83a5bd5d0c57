/** Follows one flow: what its two ends said, in the order in which it could be read. */

import { type Side, type StreamPart, TcpStream } from '../../../decoders/conversations/tcp-stream.js';
import { PacketFlag } from '../../../decoders/core/index.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { type FollowedFlow, flowPackets, followedFlow, type TransportPacket, TransportReader } from './flow-packets.js';
import type { Said } from './said.js';
import { SctpData } from './sctp-data.js';

export const TRANSPORT = { tcp: 6, udp: 17, udplite: 136, sctp: 132 } as const;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
/** Packets of a flow that what is said behind them can depend on: more than may wait for a missing segment. */
const WARM_PACKETS = 5000;
/** Packet numbers among which those are looked for. */
const WARM_DISTANCE = 500_000;

/** Whether octets of a flow of this transport can be followed. */
export function canFollow(transport: number): boolean {
  return (Object.values(TRANSPORT) as number[]).includes(transport);
}

/** A place in the conversation of one flow; it only goes forward. */
export class Follower {
  /** Number of the last packet that was looked at. */
  position = 0;
  private readonly packets: TransportReader;
  private readonly tcp = new TcpStream();
  private readonly sctp = new SctpData();
  /** Whether anything was said yet. */
  private begun = false;

  /** @param reveal what a packet's octets hide, instead of the octets themselves */
  constructor(
    private readonly reader: CaptureReader,
    readonly flow: FollowedFlow,
    private readonly reveal?: (ref: PacketRef) => readonly Uint8Array[],
  ) {
    this.packets = new TransportReader(reader, flow);
  }

  /**
   * Begins near a packet instead of at the flow's first: what waits for what, and what was said already, is known from
   * there on.
   */
  beginNear(packet: number): void {
    const { id, firstPacket } = this.flow;
    const from = packet - WARM_DISTANCE;
    const found = this.reader
      .statement(
        'SELECT p.number FROM packets p WHERE p.flow = ? AND p.number BETWEEN ? AND ? ORDER BY p.number DESC LIMIT 1 OFFSET ?',
      )
      .pluck()
      .get(id, from, packet, WARM_PACKETS) as number | undefined;
    const start = found ?? from;
    if (start <= firstPacket) return;
    this.position = start - 1;
    this.begun = true;
  }

  /**
   * Goes on to the last packet that is there now, or to packet `until`. What is yielded was said up to and with the
   * packet `position`; it is yielded packet by packet and may be empty.
   */
  *advance(until = Number.POSITIVE_INFINITY): Generator<readonly Said[], void, undefined> {
    const last = Math.min(until, followedFlow(this.reader, this.flow.id)?.lastPacket ?? 0);
    for (const refs of flowPackets(
      this.reader,
      this.flow.id,
      Math.max(this.position, this.flow.firstPacket - 1),
      last,
    )) {
      if (refs.length === 0) yield [];
      for (const ref of refs) {
        const said = this.look(ref);
        this.position = ref.number;
        yield said;
      }
    }
    this.position = Math.max(this.position, last);
  }

  /** No more packets come: what waited for missing ones. */
  finish(): readonly Said[] {
    return this.kept(this.tcp.finish(), undefined);
  }

  private look(ref: PacketRef): readonly Said[] {
    if (this.reveal !== undefined) {
      const from = (ref.flags & PacketFlag.fromServer) === 0 ? 'client' : 'server';
      const common = { from, packet: ref.number, decoded: ['tls'] } as const;
      return this.reveal(ref).map((bytes) => ({ ...common, bytes, time: this.timeOf(ref.number) }));
    }
    const packet = this.packets.read(ref);
    if (packet === undefined || packet.transport !== this.flow.transport) return [];
    switch (packet.transport) {
      case TRANSPORT.tcp:
        return this.kept(this.segment(packet), packet);
      case TRANSPORT.sctp:
        return this.sctp.read(packet);
      default:
        return datagram(packet);
    }
  }

  private segment({ view, offset, number, fromServer, end, capturedEnd }: TransportPacket): StreamPart[] {
    const header = offset + Math.max(TCP_HEADER, (view.getUint8(offset + 12) >> 4) * 4);
    return this.tcp.add({
      from: fromServer ? 'server' : 'client',
      packet: number,
      sequence: view.getUint32(offset + 4),
      acknowledgment: view.getUint32(offset + 8),
      flags: view.getUint8(offset + 13),
      bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
      start: header,
      end: Math.max(header, Math.min(end, capturedEnd)),
    });
  }

  /** Copies what stands in the buffer of the packet that is looked at, before another is read into it. */
  private kept(parts: readonly StreamPart[], now: TransportPacket | undefined): Said[] {
    return parts.map((part): Said => {
      if (part.kind === 'gap') return { from: part.from, gap: part.octets };
      const time = part.packet === now?.number ? now.time : this.timeOf(part.packet);
      const common = { from: part.from, packet: part.packet, time };
      if (part.kind === 'data')
        return { ...common, bytes: part.bytes.slice(part.start, part.end), ...this.beginning(part.from) };
      return { ...common, bytes: new Uint8Array(0), note: noteOf(part) };
    });
  }

  /** What there is to say about the first octets: whether they are those of the connection. */
  private beginning(from: Side): { note?: string } {
    if (this.begun) return {};
    this.begun = true;
    if (this.flow.firstPacket < this.reader.firstNumber)
      return { note: 'What was said before is gone: the ring has deleted its packets.' };
    return this.tcp.sawBeginning(from)
      ? {}
      : { note: 'What was said before was not captured: the connection was open already.' };
  }

  private timeOf(packet: number): bigint | null {
    const base = this.reader.baseTime;
    const relative = this.reader
      .statement('SELECT CAST(time AS TEXT) FROM packets WHERE number = ?')
      .pluck()
      .get(packet) as string | null | undefined;
    return base === undefined || relative === null || relative === undefined ? null : base + BigInt(relative);
  }
}

function noteOf(part: StreamPart): string {
  return part.kind === 'contradiction'
    ? `Packet ${part.packet} says ${part.octets} ${part.octets === 1 ? 'octet' : 'octets'} differently than before; what came first is shown.`
    : 'The ports are used again: here another connection begins.';
}

function datagram({ view, offset, number, fromServer, end, capturedEnd, fragment, time }: TransportPacket): Said[] {
  const start = offset + UDP_HEADER;
  const captured = Math.min(end, capturedEnd);
  // A fragment's end is not the datagram's: its own length says more.
  const whole = fragment ? Math.max(end, offset + view.getUint16(offset + 4)) : end;
  const from = fromServer ? 'server' : 'client';
  if (captured < start) return [];
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, captured - start).slice();
  const said: Said[] = [{ from, packet: number, time, bytes }];
  if (whole > captured) said.push({ from, gap: whole - captured });
  return said;
}
