/** The packets of one flow in the order of the capture, a bounded step at a time. */

import { Columns, PacketFlag, summarizePacket, Walk, walkPacket } from '../../../decoders/core/index.js';
import { walkFrom } from '../../../decoders/core/walk.js';
import { registry } from '../../../decoders/protocols/index.js';
import { Fragments } from '../../../decoders/session/fragments.js';
import { type JoinedFragment, joinFragments } from '../../../decoders/session/join-fragments.js';
import { EPB, hasTime, nanoseconds } from '../../formats/epb.js';
import { addressBytes, addressText } from '../../index/addresses.js';
import { CaptureError } from '../../sources/source.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';

/** Packets looked up at once, and packet numbers among which they are looked for where no index on flows helps. */
const STEP = 256;
const DISTANCE = 50_000;
/** Packet numbers around a first fragment among which the others are looked for, and how many of any datagrams. */
const FRAGMENTS_BEFORE = 200;
const FRAGMENTS_BEHIND = 20_000;
const FRAGMENTS = 500;

/** A flow as its row has it, as far as following it needs. */
export interface FollowedFlow {
  readonly id: number;
  readonly family: number;
  /** IP protocol number; 0: none. */
  readonly transport: number;
  readonly client: string;
  readonly server: string;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
}

const FLOW_SQL = `SELECT id, family, transport, client_address AS client, server_address AS server,
  client_port AS clientPort, server_port AS serverPort, first_packet AS firstPacket, last_packet AS lastPacket
  FROM flows`;

export function followedFlow(reader: CaptureReader, id: number): FollowedFlow | undefined {
  return reader.statement(`${FLOW_SQL} WHERE id = ?`).get(id) as FollowedFlow | undefined;
}

/** @throws CaptureError `no-such-flow` */
export function requiredFlow(reader: CaptureReader, id: number): FollowedFlow {
  const flow = followedFlow(reader, id);
  if (flow === undefined) throw new CaptureError('no-such-flow', `There is no flow ${id} in this capture.`);
  return flow;
}

/**
 * Steps through the packets of flows after `after` up to `last`. A step may be empty, so that others get their turn.
 */
export function* flowPackets(
  reader: CaptureReader,
  flow: number,
  after: number,
  last: number,
): Generator<readonly PacketRef[], void, undefined> {
  for (let from = after + 1; from <= last; ) {
    const to = reader.hasFlowIndex ? last : Math.min(last, from + DISTANCE - 1);
    const refs = reader.refs('p.flow = ? AND p.number BETWEEN ? AND ?', [flow, from, to], STEP);
    yield refs;
    from = refs.length === STEP ? refs[STEP - 1].number + 1 : to + 1;
  }
}

/** A packet's transport, in a buffer that the next one may use again. */
export interface TransportPacket {
  readonly view: DataView;
  readonly number: number;
  /** IP protocol number. */
  readonly transport: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly fromServer: boolean;
  /** First octet of the transport's header. */
  readonly offset: number;
  /** Where its payload ends by the packet's own lengths, and what was captured of it. */
  readonly end: number;
  readonly capturedEnd: number;
  /** Whether it is only the first fragment of it, of which the others are not there. */
  readonly fragment: boolean;
  /** Nanoseconds since 1970; null for a packet without a time. */
  readonly time: bigint | null;
}

/** Reads the transport headers of stored packets; fragments are put together where they belong to the flow. */
export class TransportReader {
  private readonly walk = new Walk();
  private readonly columns = new Columns(1);

  constructor(
    private readonly reader: CaptureReader,
    private readonly flow: FollowedFlow,
  ) {}

  /** @returns undefined for a packet without a whole transport header, or that a ring has deleted meanwhile */
  read(ref: PacketRef): TransportPacket | undefined {
    const stored = this.reader.log.read(ref);
    if (stored === undefined) return undefined;
    const { view, at } = stored;
    const { walk, columns } = this;
    const start = at + EPB.data;
    const captured = view.getUint32(at + EPB.captured, true);
    const original = view.getUint32(at + EPB.original, true);
    const linkType = this.reader.interface(view.getUint32(at + EPB.interface, true))?.link_type ?? -1;
    summarizePacket(registry, view, linkType, start, captured, original, walk, columns, 0);
    const time = hasTime(view, at)
      ? nanoseconds(view.getUint32(at + EPB.timeHigh, true), view.getUint32(at + EPB.timeLow, true))
      : null;
    const offset = columns.transportOffset[0];
    if (offset < 0) return undefined;
    if ((columns.flags[0] & PacketFlag.fragment) !== 0) {
      const end = Math.min(columns.transportEnd[0], start + captured);
      const whole = this.joined(ref, new Uint8Array(view.buffer, view.byteOffset + offset, end - offset).slice(), time);
      if (whole !== undefined) return whole;
      // Looking for the others has used the buffer for them, but what is there of this one is still something.
      const again = this.reader.log.read(ref);
      if (again === undefined || again.view !== view || again.at !== at) return undefined;
    }
    return {
      view,
      number: ref.number,
      transport: columns.transport[0],
      sourcePort: columns.sourcePort[0],
      destinationPort: columns.destinationPort[0],
      fromServer: (ref.flags & PacketFlag.fromServer) !== 0,
      offset,
      end: columns.transportEnd[0],
      capturedEnd: start + captured,
      fragment: (columns.flags[0] & PacketFlag.fragment) !== 0,
      time,
    };
  }

  /**
   * The datagram that a first fragment begins. The other fragments have no ports, so they are in the flow of the two
   * addresses; they are looked for nearby.
   *
   * @param octets what the first fragment has of the datagram
   */
  private joined(first: PacketRef, octets: Uint8Array, time: bigint | null): TransportPacket | undefined {
    const { reader, walk } = this;
    const fragments = new Fragments();
    const condition = `(p.flags & ${PacketFlag.fragment}) != 0 AND p.number BETWEEN ? AND ?`;
    const range = [first.number - FRAGMENTS_BEFORE, first.number + FRAGMENTS_BEHIND];
    for (const ref of reader.refs(condition, range, FRAGMENTS)) {
      const stored = reader.log.read(ref);
      if (stored === undefined) continue;
      const { view, at } = stored;
      const captured = view.getUint32(at + EPB.captured, true);
      const linkType = reader.interface(view.getUint32(at + EPB.interface, true))?.link_type ?? -1;
      walkPacket(registry, view, linkType, at + EPB.data, captured, view.getUint32(at + EPB.original, true), walk);
      const whole = joinFragments(registry, { view, walk }, fragments)?.whole;
      const found = whole === undefined ? undefined : this.ofFlow(whole, first.number, time);
      if (found !== undefined && beginsWith(found, octets)) return found;
    }
    return undefined;
  }

  /** A datagram that was put together, when it is one of this flow. */
  private ofFlow(
    { bytes, network }: NonNullable<JoinedFragment['whole']>,
    number: number,
    time: bigint | null,
  ): TransportPacket | undefined {
    const { walk, flow } = this;
    const inner = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    walk.reset(0, bytes.length);
    walkFrom(registry, inner, network, 0, bytes.length, walk);
    const depth = transportDepth(walk, flow.transport);
    if (depth < 0) return undefined;
    const offset = walk.start[depth];
    const sourcePort = inner.getUint16(offset);
    const destinationPort = inner.getUint16(offset + 2);
    registry.runtime(network).fill?.(inner, 0, this.columns, 0);
    const from = addressText(addressBytes(this.columns.addressFamily[0], this.columns.source, 0));
    const fromClient = sourcePort === flow.clientPort && destinationPort === flow.serverPort && from === flow.client;
    const fromServer = sourcePort === flow.serverPort && destinationPort === flow.clientPort && from === flow.server;
    if (!fromClient && !fromServer) return undefined;
    return {
      view: inner,
      number,
      transport: flow.transport,
      sourcePort,
      destinationPort,
      fromServer: !fromClient,
      offset,
      end: walk.end[depth],
      capturedEnd: bytes.length,
      fragment: false,
      time,
    };
  }
}

/** Depth of the first whole transport of that number; -1 when there is none. */
function transportDepth(walk: Walk, transport: number): number {
  for (let depth = 0; depth < Math.min(walk.depth, walk.quotedFrom); depth++) {
    const { ipProtocol, fixedLength } = registry.runtime(walk.protocol[depth]);
    if (ipProtocol === transport && walk.headerEnd[depth] - walk.start[depth] >= fixedLength) return depth;
  }
  return -1;
}

function beginsWith({ view, offset, end }: TransportPacket, octets: Uint8Array): boolean {
  if (end - offset < octets.length) return false;
  for (let i = 0; i < octets.length; i++) if (view.getUint8(offset + i) !== octets[i]) return false;
  return true;
}
