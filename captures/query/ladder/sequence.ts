/** The ladder: the packets of a flow, or of all that a filter finds, as steps between hosts. */

import { timeText } from '../../../decoders/core/frame.js';
import { PacketFlag } from '../../../decoders/core/index.js';
import { type Mark, readMarks } from '../../store/marks.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { type DecodedPacket, RowBuilder } from '../packet-rows.js';
import type { LadderStep, SequencePage, SequenceQuery } from '../query-types.js';
import { flowPackets, requiredFlow } from '../streams/flow-packets.js';
import { LadderFlows, type LadderSegment } from './ladder-flows.js';
import { LadderHosts } from './ladder-hosts.js';
import { noteOf } from './ladder-notes.js';

const DEFAULT_LIMIT = 100;
/** Packets that are decoded before others get their turn. */
const TURN = 50;
/** Marks of one page; there are as many as somebody makes. */
const MAXIMUM_MARKS = 1000;

/** The matches of a filter behind a packet. */
export type Matching = (filter: string, after: number, limit: number) => Promise<readonly PacketRef[]>;

export class Sequence {
  private readonly flows: LadderFlows;

  constructor(
    private readonly reader: CaptureReader,
    private readonly folder: string,
    private readonly pause: () => Promise<void>,
    private readonly matching: Matching,
  ) {
    this.flows = new LadderFlows(reader, pause);
  }

  /** @throws CaptureError when there is no such flow, FilterError */
  async page(query: SequenceQuery): Promise<SequencePage> {
    const { flow } = query;
    const limit = query.limit ?? DEFAULT_LIMIT;
    const after = query.after ?? 0;
    const hosts = new LadderHosts(flow !== undefined);
    const refs =
      flow === undefined
        ? await this.matching(query.filter ?? '', after, limit)
        : await this.packetsOf(flow, after, limit);
    if (flow !== undefined) this.nameEnds(flow, hosts);
    const last = refs.at(-1);
    const next = refs.length < limit || last === undefined ? null : last.number;
    const marks = this.marksAfter(after);
    const builder = new RowBuilder(this.reader, []);
    const steps: LadderStep[] = [];
    let previous = this.timeOf(after);
    this.flows.beginPage();
    let looked = 0;
    for (const ref of refs) {
      const decoded = builder.decode(ref);
      if (decoded === undefined) continue;
      const time = this.timeOf(ref.number);
      while (marks.length > 0 && time !== undefined && BigInt(marks[0].time) <= time)
        steps.push(markStep(marks.shift() as Mark));
      const step = await this.step(ref, decoded, hosts, previous, time);
      if (step !== undefined) steps.push(step);
      previous = time ?? previous;
      if (++looked % TURN === 0) await this.pause();
    }
    // Those behind the last packet, when nothing more comes on another page.
    if (next === null) steps.push(...marks.splice(0).map(markStep));
    return { hosts: hosts.hosts, steps, next, position: last?.number ?? after };
  }

  private async packetsOf(flow: number, after: number, limit: number): Promise<readonly PacketRef[]> {
    const found = requiredFlow(this.reader, flow);
    const refs: PacketRef[] = [];
    for (const some of flowPackets(this.reader, flow, Math.max(after, found.firstPacket - 1), found.lastPacket)) {
      refs.push(...some);
      if (refs.length >= limit) break;
      await this.pause();
    }
    return refs.slice(0, limit);
  }

  /** The client stands left, whoever spoke first on this page. */
  private nameEnds(flow: number, hosts: LadderHosts): void {
    const found = requiredFlow(this.reader, flow);
    const withPorts = found.clientPort !== 0 || found.serverPort !== 0;
    hosts.add({ address: found.client, port: withPorts ? found.clientPort : null });
    hosts.add({ address: found.server, port: withPorts ? found.serverPort : null });
  }

  private async step(
    ref: PacketRef,
    { row, layers }: DecodedPacket,
    hosts: LadderHosts,
    previous: bigint | undefined,
    time: bigint | undefined,
  ): Promise<LadderStep | undefined> {
    const { source, destination, sourcePort, destinationPort, flow } = row;
    // Without addresses there are no two ends to draw an arrow between.
    if (source === null || destination === null || flow === null) return undefined;
    const segment = await this.flows.segment(ref, flow);
    const ends = hosts.of({ source, destination, sourcePort, destinationPort, fromServer: isFromServer(ref, segment) });
    const secondsSince = (packet: number) => {
      const then = this.timeOf(packet);
      return then === undefined || time === undefined ? undefined : Number(time - then) / 1e9;
    };
    const note = segment === undefined ? undefined : noteOf(segment, layers, secondsSince);
    return {
      packet: row.number,
      time: row.time,
      relativeTime: row.relativeTime,
      sincePrevious: previous === undefined || time === undefined ? null : Number(time - previous) / 1e9,
      ...ends,
      flow,
      protocol: row.protocol,
      ...(segment === undefined ? {} : segmentMembers(segment)),
      length: segment?.length ?? payloadLength(layers, row.length),
      label: labelOf(row, segment),
      ...(note === undefined ? {} : { note }),
    };
  }

  private timeOf(number: number): bigint | undefined {
    const { baseTime } = this.reader;
    const relative = this.reader
      .statement('SELECT CAST(time AS TEXT) FROM packets WHERE number = ?')
      .pluck()
      .get(number) as string | null | undefined;
    return baseTime === undefined || relative === null || relative === undefined
      ? undefined
      : baseTime + BigInt(relative);
  }

  /** Marks in the order of their times that stand behind a packet. */
  private marksAfter(packet: number): Mark[] {
    const from = packet === 0 ? undefined : this.timeOf(packet);
    return readMarks(this.folder)
      .filter((mark) => from === undefined || BigInt(mark.time) > from)
      .slice(0, MAXIMUM_MARKS);
  }
}

function markStep({ id, text, time }: Mark): LadderStep {
  return { mark: id, text, time: timeText(BigInt(time)) };
}

function isFromServer(ref: PacketRef, segment: LadderSegment | undefined): boolean {
  return segment?.fromServer ?? (ref.flags & PacketFlag.fromServer) !== 0;
}

function segmentMembers({ flags, seq, ack, window, clientState, serverState }: LadderSegment) {
  return {
    flags,
    ...(seq === undefined ? {} : { seq }),
    ...(ack === undefined ? {} : { ack }),
    window,
    clientState: clientState ?? null,
    serverState: serverState ?? null,
  };
}

/** Octets that the innermost transport, or else the packet, carries. */
function payloadLength(layers: DecodedPacket['layers'], length: number): number {
  const transport = layers.findLast(({ protocol }) => protocol === 'udp' || protocol === 'udplite');
  return transport?.payload ?? length;
}

/** Characters of a label at most; some messages put whole addresses into their line. */
const LONGEST_LABEL = 200;

/** What an application said, in the words of the packet list; of a bare segment what it is for. */
function labelOf({ protocol, info }: DecodedPacket['row'], segment: LadderSegment | undefined): string {
  if (segment === undefined || protocol !== 'TCP') {
    const text = info.trim();
    const label = text.startsWith(protocol) ? text : `${protocol} ${text}`.trim();
    return label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL)}…` : label;
  }
  const { flags, length } = segment;
  return length === 0 ? flags : `${flags} · ${length} ${length === 1 ? 'octet' : 'octets'}`;
}
