/**
 * TCP analysis with Wireshark's names and rules (Wireshark User's Guide, section "TCP Analysis"): what each segment is
 * to the ones before it. Numbers in typed arrays: nothing is allocated for a packet, whatever it says, and a connection
 * keeps no more than `tcp-state.ts` and `unacknowledged.ts` say. Sequence numbers are compared as RFC 9293, section 3.4,
 * wants it, so that they may wrap any number of times.
 */

import { TcpFlag } from './tcp-flags.js';
import { ConnectionState, DirectionState, Known, SCALE_UNUSED } from './tcp-state.js';
import { Unacknowledged } from './unacknowledged.js';

/** What was found: bits of `TcpAnalysis.findings`. */
export const Finding = {
  retransmission: 1 << 0,
  fastRetransmission: 1 << 1,
  spuriousRetransmission: 1 << 2,
  outOfOrder: 1 << 3,
  lostSegment: 1 << 4,
  ackLostSegment: 1 << 5,
  windowUpdate: 1 << 6,
  windowFull: 1 << 7,
  keepAlive: 1 << 8,
  keepAliveAck: 1 << 9,
  zeroWindow: 1 << 10,
  zeroWindowProbe: 1 << 11,
  zeroWindowProbeAck: 1 << 12,
  duplicateAck: 1 << 13,
  reusedPorts: 1 << 14,
  tfoSyn: 1 << 15,
  tfoAck: 1 << 16,
  tfoIgnored: 1 << 17,
  /** A FIN of the side that closes first, and of the other. */
  finActive: 1 << 18,
  finPassive: 1 << 19,
} as const;

/** Bits of `tcp.completeness`. */
export const Completeness = { syn: 1, synAck: 2, ack: 4, data: 8, fin: 16, rst: 32 } as const;

/** The last acknowledgment must be this young for a fast retransmission, nanoseconds. */
const FAST = 20_000_000;
/** A segment that is late by less than the first round trip, or this where it is not known, was only overtaken. */
const OUT_OF_ORDER = 3_000_000;

const { fin: FIN, syn: SYN, rst: RST, psh: PSH, ack: ACK } = TcpFlag;
const SIGNALS = SYN | FIN | RST;

/** NOP, NOP, timestamps: the options of nearly every segment, which need no look. */
const ONLY_TIMESTAMPS = 0x0101080a;

export class TcpAnalysis {
  readonly connections: ConnectionState;
  readonly directions: DirectionState;
  readonly unacknowledged: Unacknowledged;

  // What was found out about the segment that came last. Times are nanoseconds, NaN where there is none; packets 0.
  /** `Finding` bits. */
  findings = 0;
  stream = 0;
  /** `Completeness` bits of what came before the segment. */
  completeness = 0;
  /** Relative to the first of its direction. */
  sequence = 0;
  nextSequence = 0;
  acknowledgment = 0;
  /** The acknowledgment's own direction's first number, from which SACK blocks count too. */
  acknowledgmentBase = 0;
  /** Shift of the window; below 0 as `SCALE_UNKNOWN` and `SCALE_UNUSED`. */
  scale = 0;
  timeRelative = 0;
  timeDelta = 0;
  initialRtt = Number.NaN;
  acksFrame = 0;
  ackRtt = Number.NaN;
  bytesInFlight = 0;
  /** Whether it acknowledges more than was seen. */
  acksMore = false;
  pushBytesSent = 0;
  rto = Number.NaN;
  rtoFrame = 0;
  duplicateNumber = 0;
  duplicateFrame = 0;

  // Of its options.
  private shift = 0;
  private sackOctets = 0;
  private fastOpen = -1;

  private streams = 0;

  /** @param capacity connections that there is room for; `grow` makes more */
  constructor(capacity: number) {
    this.connections = new ConnectionState(capacity);
    this.directions = new DirectionState(capacity * 2);
    this.unacknowledged = new Unacknowledged(capacity * 2);
  }

  grow(capacity: number): void {
    this.connections.grow(capacity);
    this.directions.grow(capacity * 2);
    this.unacknowledged.grow(capacity * 2);
  }

  /** Begins a connection in a place that is new, or was another's. */
  begin(place: number, time: number): void {
    this.connections.reset(place, this.streams++, time);
    for (let direction = place * 2; direction <= place * 2 + 1; direction++) {
      this.directions.reset(direction);
      this.unacknowledged.clear(direction);
    }
  }

  /** Expects nothing of a connection any more, but keeps what its handshake said: segments of it are left out now. */
  interrupt(place: number): void {
    for (let direction = place * 2; direction <= place * 2 + 1; direction++) {
      this.directions.interrupt(direction);
      this.unacknowledged.clear(direction);
    }
  }

  /** Forgets what was waiting of a connection. */
  forget(place: number): void {
    this.unacknowledged.clear(place * 2);
    this.unacknowledged.clear(place * 2 + 1);
  }

  /**
   * Looks at the next segment; what it is stands in the fields above until the next one.
   *
   * @param place the connection's, which `begin` has been called for
   * @param way 0 or 1: from which end
   * @param at offset in the view of the header, of which 20 octets are there
   * @param headerEnd offset behind the options
   * @param whole whether all of the header was captured; of others, numbers and times are told and nothing more
   * @param length octets of payload by the packet's own lengths
   * @param time nanoseconds since any moment
   * @param frame number of the packet, from 1
   */
  segment(
    place: number,
    way: number,
    view: DataView,
    at: number,
    headerEnd: number,
    whole: boolean,
    length: number,
    time: number,
    frame: number,
  ): void {
    const { connections, directions } = this;
    const flags = view.getUint8(at + 13);
    const sequence = view.getUint32(at + 4);
    const acknowledgment = view.getUint32(at + 8);
    const window = view.getUint16(at + 14);
    const forward = place * 2 + way;
    const back = place * 2 + (1 - way);
    this.readOptions(view, at + 20, headerEnd, flags);
    this.findings = 0;
    // A SYN with another number is another connection; with the same, it is sent again.
    if (
      (flags & (SYN | ACK)) === SYN &&
      (directions.known[forward] & Known.base) !== 0 &&
      directions.base[forward] !== sequence
    ) {
      this.begin(place, time);
      this.findings = Finding.reusedPorts;
      connections.completeness[place] = Completeness.syn;
    }
    // A SYN-ACK with another number is not, but counts anew.
    else if (
      (flags & (SYN | ACK)) === (SYN | ACK) &&
      (directions.known[forward] & Known.base) !== 0 &&
      directions.base[forward] !== sequence
    ) {
      directions.base[forward] = sequence;
      this.findings = Finding.reusedPorts;
    }
    this.number(place, forward, back, flags, sequence, acknowledgment, length, time);
    this.acksFrame = this.rtoFrame = this.duplicateNumber = this.duplicateFrame = 0;
    this.ackRtt = this.rto = Number.NaN;
    this.bytesInFlight = this.pushBytesSent = 0;
    this.acksMore = false;
    if (whole) this.analyze(place, forward, back, flags, sequence, acknowledgment, length, window, time, frame);
    connections.lastTime[place] = time;
    this.initialRtt = connections.initialRtt[place];
  }

  /** Numbers relative to the first, times, completeness and window scale. */
  private number(
    place: number,
    forward: number,
    back: number,
    flags: number,
    sequence: number,
    acknowledgment: number,
    length: number,
    time: number,
  ): void {
    const { connections, directions } = this;
    const { known, base, scale } = directions;
    const first = (known[forward] | known[back]) === 0;
    if ((known[forward] & Known.base) === 0) {
      base[forward] = (flags & SYN) !== 0 ? sequence : sequence - 1;
      known[forward] |= Known.base;
    }
    if ((flags & ACK) !== 0 && (known[back] & Known.base) === 0) {
      base[back] = acknowledgment - 1;
      known[back] |= Known.base;
    }
    this.stream = connections.stream[place];
    this.timeRelative = time - connections.firstTime[place];
    this.timeDelta = time - connections.lastTime[place];
    this.sequence = (sequence - base[forward]) >>> 0;
    this.nextSequence = (this.sequence + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0;
    this.acknowledgmentBase = base[back];
    this.acknowledgment = (flags & ACK) !== 0 ? (acknowledgment - base[back]) >>> 0 : acknowledgment;
    this.completeness = connections.completeness[place];
    // Of a capture that starts in the middle, the first segment says nothing.
    if ((flags & (SYN | ACK)) === SYN || !first) connections.completeness[place] |= completenessOf(flags, length);
    if ((flags & SYN) !== 0) scale[forward] = this.shift < 0 ? SCALE_UNUSED : Math.min(this.shift, 14);
    // RFC 7323, section 2.2: both sides must have offered it.
    else if (scale[back] === SCALE_UNUSED) scale[forward] = SCALE_UNUSED;
    else if (scale[forward] === SCALE_UNUSED) scale[back] = SCALE_UNUSED;
    this.scale = scale[forward];
    if ((flags & (SYN | ACK)) === SYN) connections.synTime[place] = time;
    // The handshake's last step; or what there is of it, when the SYN-ACK is missing.
    else if (
      (flags & (SYN | ACK)) === ACK &&
      !(connections.initialRtt[place] > 0) &&
      (this.completeness & Completeness.syn) !== 0
    )
      connections.initialRtt[place] = time - connections.synTime[place];
  }

  private analyze(
    place: number,
    forward: number,
    back: number,
    flags: number,
    sequence: number,
    acknowledgment: number,
    length: number,
    window: number,
    time: number,
    frame: number,
  ): void {
    const { directions, unacknowledged } = this;
    const { known, next } = directions;
    const signals = flags & SIGNALS;
    const end = (sequence + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0;
    let found = this.findings | this.compare(forward, back, flags, sequence, acknowledgment, length, window, frame);
    if ((flags & ACK) !== 0 && (known[back] & Known.sent) !== 0) {
      if (((acknowledgment - directions.sent[back]) | 0) > 0) {
        found |= Finding.ackLostSegment;
        // Once is enough: it is said again only when something new was sent meanwhile.
        if (directions.sent[back] === next[back]) known[back] &= ~Known.sent;
        else directions.sent[back] = next[back];
      }
    }
    if ((flags & ACK) !== 0 && (known[back] & Known.next) !== 0)
      this.acksMore = ((acknowledgment - next[back]) | 0) > 0;
    if ((flags & SYN) !== 0) found |= this.fastOpened(back, flags, acknowledgment);
    const hasNext = (known[forward] & Known.next) !== 0;
    if ((length > 0 || (flags & (SYN | FIN)) !== 0) && (found & (Finding.keepAlive | Finding.zeroWindowProbe)) === 0)
      found |= this.repeated(place, forward, back, sequence, end, length, time);
    if ((flags & FIN) !== 0) found |= this.finish(forward, back);
    if ((found & Finding.zeroWindowProbe) === 0) {
      if (!hasNext) directions.sent[forward] = sequence;
      const inOrder = sequence === directions.sent[forward];
      if (!hasNext || ((end - next[forward]) | 0) > 0) {
        next[forward] = end;
        directions.nextTime[forward] = time;
        directions.nextFrame[forward] = frame;
        known[forward] |= Known.next | Known.sent;
      }
      // What fills a gap lets through what came behind it.
      if (inOrder) directions.sent[forward] = next[forward];
    }
    if ((found & Finding.lostSegment) !== 0) known[forward] |= Known.gap;
    this.acknowledge(forward, back, flags, acknowledgment, window, time);
    directions.findings[forward] = found;
    if (length > 0 || (flags & (SYN | FIN)) !== 0) {
      unacknowledged.add(forward, sequence, end, (flags & (SYN | FIN)) !== 0, frame, time);
      this.countOctets(forward, back, flags, length, signals);
    }
    this.findings = found;
  }

  /** What a segment is to the state of both directions. */
  private compare(
    forward: number,
    back: number,
    flags: number,
    sequence: number,
    acknowledgment: number,
    length: number,
    window: number,
    frame: number,
  ): number {
    const { directions } = this;
    const { known, next } = directions;
    const signals = flags & SIGNALS;
    const hasNext = (known[forward] & Known.next) !== 0;
    const hasAck = (known[forward] & Known.acknowledged) !== 0;
    const inOrder = hasNext && sequence === next[forward];
    const sameAck = hasAck && acknowledgment === directions.acknowledged[forward];
    const backKnown = (known[back] & Known.acknowledged) !== 0;
    let found = 0;
    if (length === 1 && inOrder && (known[back] & Known.next) !== 0 && directions.window[back] === 0)
      return Finding.zeroWindowProbe;
    if (window === 0 && signals === 0) found |= Finding.zeroWindow;
    if (hasNext && ((sequence - next[forward]) | 0) > 0 && (flags & RST) === 0) found |= Finding.lostSegment;
    if (length <= 1 && signals === 0 && hasNext && sequence === (next[forward] - 1) >>> 0) found |= Finding.keepAlive;
    if (length === 0 && signals === 0 && inOrder && sameAck) {
      const same = window === directions.window[forward];
      const before = directions.findings[back];
      if (window === 0 && same && (before & Finding.zeroWindowProbe) !== 0) return found | Finding.zeroWindowProbeAck;
      if (window !== 0 && same && (before & Finding.keepAlive) !== 0) return found | Finding.keepAliveAck;
      if (window !== 0 && !same) found |= Finding.windowUpdate;
      if (window !== 0 && same) {
        directions.duplicates[forward]++;
        this.duplicateNumber = directions.duplicates[forward];
        this.duplicateFrame = directions.duplicateOf[forward];
        return found | Finding.duplicateAck;
      }
    }
    if (length > 0 && signals === 0 && backKnown && directions.scale[back] !== -1) {
      const scale = directions.scale[back];
      const offered = directions.window[back] * (scale > 0 ? 2 ** scale : 1);
      if ((sequence + length) >>> 0 === (directions.acknowledged[back] + offered) >>> 0) found |= Finding.windowFull;
    }
    if (!sameAck) {
      directions.duplicates[forward] = 0;
      directions.duplicateOf[forward] = frame;
    }
    return found;
  }

  /** Whether a segment repeats what was there, or comes late. */
  private repeated(
    place: number,
    forward: number,
    back: number,
    sequence: number,
    end: number,
    length: number,
    time: number,
  ): number {
    const { connections, directions, unacknowledged } = this;
    const acknowledged = (directions.known[back] & Known.acknowledged) !== 0;
    if (length > 0 && acknowledged && ((end - directions.acknowledged[back]) | 0) <= 0)
      return Finding.retransmission | Finding.spuriousRetransmission;
    const behind = (directions.next[forward] - sequence) | 0;
    if ((directions.known[forward] & Known.next) === 0 || behind <= 0) return 0;
    // The octet of a probe that nobody took is sent again with what follows it.
    if (length > 1 && behind === 1) return 0;
    if (
      acknowledged &&
      directions.duplicates[back] >= 2 &&
      directions.acknowledged[back] === sequence &&
      time - directions.acknowledgedTime[back] < FAST
    )
      return Finding.retransmission | Finding.fastRetransmission;
    const rtt = connections.initialRtt[place];
    const late = time - directions.nextTime[forward];
    if (late >= 0 && late < (rtt > 0 ? rtt : OUT_OF_ORDER) && directions.next[forward] !== end)
      return Finding.outOfOrder;
    const original = unacknowledged.oldest(forward);
    if (original === 0) {
      this.rto = late;
      this.rtoFrame = directions.nextFrame[forward];
    } else {
      this.rto = time - unacknowledged.time[original - 1];
      this.rtoFrame = unacknowledged.frame[original - 1];
    }
    return Finding.retransmission;
  }

  /** RFC 7413, section 4.2.2: whether the data of a SYN was taken with it. */
  private fastOpened(back: number, flags: number, acknowledgment: number): number {
    if ((flags & ACK) === 0) return this.fastOpen > 2 ? Finding.tfoSyn : 0;
    const { known, base, findings } = this.directions;
    if ((known[back] & Known.next) === 0) return 0;
    if (acknowledgment !== (base[back] + 1) >>> 0) return Finding.tfoAck;
    return (findings[back] & Finding.tfoSyn) !== 0 ? Finding.tfoIgnored : 0;
  }

  /** The side whose FIN came first closes the connection, the other one follows. */
  private finish(forward: number, back: number): number {
    const { known } = this.directions;
    if ((known[back] & Known.fin) === 0) known[forward] |= Known.fin | Known.closes;
    known[forward] |= Known.fin;
    return (known[forward] & Known.closes) !== 0 ? Finding.finActive : Finding.finPassive;
  }

  /** Takes note of the acknowledgment and the window, and of what they tell about the other direction's segments. */
  private acknowledge(
    forward: number,
    back: number,
    flags: number,
    acknowledgment: number,
    window: number,
    time: number,
  ): void {
    const { directions, unacknowledged } = this;
    directions.window[forward] = window;
    // A number without its flag means nothing (RFC 9293, section 3.1), but Wireshark goes by it, and takes 0 for none.
    directions.acknowledgedTime[forward] = time;
    directions.acknowledged[forward] = acknowledgment;
    if (acknowledgment === 0) directions.known[forward] &= ~Known.acknowledged;
    else directions.known[forward] |= Known.acknowledged;
    directions.selective[forward] = this.sackOctets;
    if ((flags & ACK) !== 0) directions.known[back] &= ~Known.gap;
    if (unacknowledged.isEmpty(back)) return;
    const exact = unacknowledged.acknowledge(back, acknowledgment);
    if (exact === 0) return;
    this.acksFrame = unacknowledged.frame[exact - 1];
    this.ackRtt = time - unacknowledged.time[exact - 1];
  }

  private countOctets(forward: number, back: number, flags: number, length: number, signals: number): void {
    const { directions, unacknowledged } = this;
    if (length === 0 && signals !== 0) return;
    if ((directions.known[forward] & Known.gap) !== 0) return;
    const flight = unacknowledged.span(forward, directions.base[forward]) - directions.selective[back];
    if (flight <= 0 || flight >= 2 ** 31) return;
    this.bytesInFlight = flight;
    const before = (directions.known[forward] & Known.pushed) !== 0 ? 0 : directions.pushed[forward];
    directions.pushed[forward] = before + length;
    this.pushBytesSent = before + length;
    if ((flags & PSH) !== 0) directions.known[forward] |= Known.pushed;
    else directions.known[forward] &= ~Known.pushed;
  }

  private readOptions(view: DataView, from: number, end: number, flags: number): void {
    this.shift = -1;
    this.sackOctets = 0;
    this.fastOpen = -1;
    if (end - from < 3 || (end - from === 12 && view.getUint32(from) === ONLY_TIMESTAMPS)) return;
    for (let at = from; at < end; ) {
      const kind = view.getUint8(at);
      if (kind === 0) return;
      if (kind === 1) {
        at++;
        continue;
      }
      const length = at + 1 < end ? view.getUint8(at + 1) : 0;
      if (length < 2 || at + length > end) return;
      if (kind === 3 && length === 3 && (flags & SYN) !== 0) this.shift = view.getUint8(at + 2);
      else if (kind === 34) this.fastOpen = length;
      else if (kind === 5) this.readSack(view, at + 2, at + length);
      at += length;
    }
  }

  /** RFC 2018, section 3. Also what came twice (RFC 2883) counts as delivered. */
  private readSack(view: DataView, from: number, end: number): void {
    for (let at = from; at + 8 <= end; at += 8) {
      const octets = (view.getUint32(at + 4) - view.getUint32(at)) >>> 0;
      this.sackOctets = Math.min(2 ** 31, this.sackOctets + octets);
    }
  }
}

function completenessOf(flags: number, length: number): number {
  let found = 0;
  if ((flags & SYN) !== 0) found = (flags & ACK) === 0 ? Completeness.syn : Completeness.synAck;
  else if (length > 0) found = Completeness.data;
  else if ((flags & ACK) !== 0) found = Completeness.ack;
  if ((flags & FIN) !== 0) found |= Completeness.fin;
  if ((flags & RST) !== 0) found |= Completeness.rst;
  return found;
}
