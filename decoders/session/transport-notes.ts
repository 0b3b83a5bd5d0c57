/** What earlier packets tell of the transports of a packet: TCP's analysis, and the streams of TCP and UDP. */

import { ConversationTable } from '../conversations/conversation-table.js';
import { TcpAnalysis } from '../conversations/tcp-analysis.js';
import { Columns } from '../core/columns.js';
import type { SegmentNotes, TransportNotes } from '../core/conversation.js';
import type { Registry } from '../core/registry.js';
import type { Walk } from '../core/walk.js';

/** Conversations of each transport that are kept. */
const MAXIMUM = 50_000;
/** Where nobody knows it. */
export const UNKNOWN_STREAM = -1;
const NO_NOTES: readonly TransportNotes[] = [];
/** Octets of a quoted header that tell the conversation. */
const PORTS = 4;
const TCP = 6;
const UDP = 17;

/** How TCP's numbers are shown: Wireshark's preferences of the same names. */
export interface AnalysisOptions {
  /** `tcp.analyze_sequence_numbers`. Default true. */
  readonly analyzeSequenceNumbers?: boolean;
  /** `tcp.relative_sequence_numbers`, which needs the analysis. Default true. */
  readonly relativeSequenceNumbers?: boolean;
  /**
   * Whether conversations are numbered as they come. Default true. False where only some packets of a capture come: then
   * only `Moment.stream` tells numbers.
   */
  readonly countStreams?: boolean;
}

/** A packet's place in the capture. */
export interface Moment {
  readonly number: number;
  /** Nanoseconds since 1970: `timeHigh` × 2^32 + `timeLow`; NaN where it is not known. */
  readonly timeHigh: number;
  readonly timeLow: number;
  /** Number of the innermost transport's conversation, where somebody else knows it. */
  readonly stream?: number | undefined;
}

export class TransportAnalysis {
  private readonly columns = new Columns(1);
  private readonly tcp: TcpAnalysis;
  private readonly tcpTable: ConversationTable;
  private readonly udpTable: ConversationTable;
  private readonly tcpClock = new Clock();
  private readonly udpClock = new Clock();
  private readonly tcpId: number;
  private readonly udpId: number;
  private udpStreams = 0;
  /** Whether what is noted now is looked at. */
  private shown = true;
  private udpStream = new Uint32Array(0);
  private udpLast = new Float64Array(0);

  constructor(
    private readonly registry: Registry,
    private readonly options: AnalysisOptions = {},
  ) {
    this.tcpTable = new ConversationTable(MAXIMUM, (place) => this.tcp.forget(place));
    this.udpTable = new ConversationTable(MAXIMUM, () => undefined);
    this.tcp = new TcpAnalysis(this.tcpTable.capacity);
    this.tcpId = registry.idOf('tcp');
    this.udpId = registry.idOf('udp');
  }

  /**
   * Takes note of a packet's transports, outermost first. They must come in the order of the capture.
   *
   * @param shown whether somebody looks at what is noted; otherwise nothing is returned, nor allocated
   */
  of(view: DataView, walk: Walk, moment: Moment, shown = true): readonly TransportNotes[] {
    this.shown = shown;
    const notes: TransportNotes[] = [];
    for (let depth = 0; depth < walk.depth; depth++) {
      const id = walk.protocol[depth];
      if (id !== this.tcpId && id !== this.udpId) continue;
      const octets = walk.headerEnd[depth] - walk.start[depth];
      const quoted = walk.quotedFrom <= depth;
      if (octets < (quoted ? PORTS : this.registry.runtime(id).fixedLength) || walk.badLength === depth) continue;
      if (walk.fragmented[depth] !== 0 || !this.addresses(view, walk, depth)) continue;
      const note = quoted
        ? this.quotation(view, walk, depth, moment)
        : id === this.tcpId
          ? this.segment(view, walk, depth, moment)
          : this.datagram(view, walk, depth, moment);
      if (shown && note !== undefined) notes.push(note);
    }
    if (!shown) return NO_NOTES;
    if (this.options.countStreams !== false) return notes;
    const last = notes.length - 1;
    const known = walk.quotedFrom < walk.depth ? undefined : moment.stream;
    return notes.map((one, index) => ({ ...one, stream: (index === last ? known : undefined) ?? UNKNOWN_STREAM }));
  }

  /** What comes next of a packet's connection is not what followed: nothing is expected any more. */
  interrupt(view: DataView, walk: Walk): void {
    for (let depth = 0; depth < Math.min(walk.depth, walk.quotedFrom); depth++) {
      if (walk.protocol[depth] !== this.tcpId || !this.addresses(view, walk, depth)) continue;
      const start = walk.start[depth];
      const place = this.tcpTable.find(this.columns, 0, TCP, view.getUint16(start), view.getUint16(start + 2));
      if (this.tcpTable.capacity > this.tcp.connections.stream.length) this.tcp.grow(this.tcpTable.capacity);
      if (this.tcpTable.fresh) this.tcp.begin(place, Number.NaN);
      this.tcp.interrupt(place);
    }
  }

  /** What an ICMP error quotes is part of its conversation, but not what comes next in it. */
  private quotation(view: DataView, walk: Walk, depth: number, moment: Moment): TransportNotes {
    const start = walk.start[depth];
    const isTcp = walk.protocol[depth] === this.tcpId;
    const table = isTcp ? this.tcpTable : this.udpTable;
    const transport = isTcp ? TCP : UDP;
    const place = table.find(this.columns, 0, transport, view.getUint16(start), view.getUint16(start + 2));
    if (!isTcp) {
      this.openDatagrams(place, moment);
      return { view, start, stream: this.udpStream[place], timeRelative: Number.NaN, timeDelta: Number.NaN };
    }
    const { connections } = this.tcp;
    const time = this.openSegments(place, moment);
    const timeRelative = time - connections.firstTime[place];
    const timeDelta = time - connections.lastTime[place];
    connections.lastTime[place] = time;
    const told = { view, start, stream: connections.stream[place], timeRelative, timeDelta };
    if (this.options.analyzeSequenceNumbers === false) return told;
    const scale = this.tcp.directions.scale[place * 2 + (table.reversed ? 1 : 0)];
    return { ...told, connection: { completeness: connections.completeness[place], scale } };
  }

  /** Begins a connection where it is new, and gives the time in it. */
  private openSegments(place: number, moment: Moment): number {
    const { tcp, tcpTable } = this;
    if (tcpTable.capacity > tcp.connections.stream.length) tcp.grow(tcpTable.capacity);
    const time = this.tcpClock.at(place, tcpTable, moment);
    if (tcpTable.fresh) tcp.begin(place, time);
    return time;
  }

  private openDatagrams(place: number, moment: Moment): number {
    const { udpTable } = this;
    if (udpTable.capacity > this.udpStream.length) this.growDatagrams(udpTable.capacity);
    const time = this.udpClock.at(place, udpTable, moment);
    if (udpTable.fresh) {
      this.udpStream[place] = this.udpStreams++;
      this.udpLast[place] = time;
    }
    return time;
  }

  private addresses(view: DataView, walk: Walk, depth: number): boolean {
    for (let below = depth - 1; below >= 0; below--) {
      const layer = this.registry.runtime(walk.protocol[below]);
      if (!layer.hasAddresses || layer.fill === undefined) continue;
      if (walk.headerEnd[below] - walk.start[below] < layer.fixedLength) return false;
      layer.fill(view, walk.start[below], this.columns, 0);
      return true;
    }
    return false;
  }

  private segment(view: DataView, walk: Walk, depth: number, moment: Moment): TransportNotes | undefined {
    const { tcp, tcpTable } = this;
    const start = walk.start[depth];
    const place = tcpTable.find(this.columns, 0, TCP, view.getUint16(start), view.getUint16(start + 2));
    const time = this.openSegments(place, moment);
    const headerEnd = walk.headerEnd[depth];
    const octets = (view.getUint8(start + 12) >> 4) * 4;
    // A header that is longer than the packet says nothing that could be followed.
    if (start + octets > walk.end[depth]) return this.quotation(view, walk, depth, moment);
    const length = walk.end[depth] - start - octets;
    const whole = start + octets <= headerEnd;
    tcp.segment(place, tcpTable.reversed ? 1 : 0, view, start, headerEnd, whole, length, time, moment.number);
    if (!this.shown) return undefined;
    const { stream, timeRelative, timeDelta, completeness, scale } = tcp;
    const analyzed = this.options.analyzeSequenceNumbers !== false;
    const relative = analyzed && this.options.relativeSequenceNumbers !== false;
    const told = { view, start, stream, timeRelative, timeDelta };
    const segment = { ...snapshot(tcp), analyzed, relative };
    return analyzed ? { ...told, connection: { completeness, scale }, segment } : { ...told, segment };
  }

  private datagram(view: DataView, walk: Walk, depth: number, moment: Moment): TransportNotes {
    const { udpTable } = this;
    const start = walk.start[depth];
    const place = udpTable.find(this.columns, 0, UDP, view.getUint16(start), view.getUint16(start + 2));
    const timeRelative = this.openDatagrams(place, moment);
    const stream = this.udpStream[place];
    const timeDelta = timeRelative - this.udpLast[place];
    this.udpLast[place] = timeRelative;
    return { view, start, stream, timeRelative, timeDelta };
  }

  private growDatagrams(capacity: number): void {
    const { udpStream, udpLast } = this;
    this.udpStream = new Uint32Array(capacity);
    this.udpStream.set(udpStream);
    this.udpLast = new Float64Array(capacity);
    this.udpLast.set(udpLast);
  }
}

/** The time since a conversation's first packet, which a double holds exactly, whenever that was. */
class Clock {
  private high = new Float64Array(0);
  private low = new Float64Array(0);

  /** Nanoseconds; NaN where one of the two is not known. */
  at(place: number, table: ConversationTable, { timeHigh, timeLow }: Moment): number {
    if (table.capacity > this.high.length) {
      const { high, low } = this;
      this.high = new Float64Array(table.capacity);
      this.high.set(high);
      this.low = new Float64Array(table.capacity);
      this.low.set(low);
    }
    if (table.fresh) {
      this.high[place] = timeHigh;
      this.low[place] = timeLow;
    }
    return (timeHigh - this.high[place]) * 4294967296 + (timeLow - this.low[place]);
  }
}

/** The analysis uses its fields again for the next segment. */
function snapshot(tcp: TcpAnalysis): Omit<SegmentNotes, 'analyzed' | 'relative'> {
  return {
    findings: tcp.findings,
    sequence: tcp.sequence,
    nextSequence: tcp.nextSequence,
    acknowledgment: tcp.acknowledgment,
    acknowledgmentBase: tcp.acknowledgmentBase,
    initialRtt: tcp.initialRtt,
    acksFrame: tcp.acksFrame,
    ackRtt: tcp.ackRtt,
    bytesInFlight: tcp.bytesInFlight,
    acksMore: tcp.acksMore,
    pushBytesSent: tcp.pushBytesSent,
    rto: tcp.rto,
    rtoFrame: tcp.rtoFrame,
    duplicateNumber: tcp.duplicateNumber,
    duplicateFrame: tcp.duplicateFrame,
  };
}
