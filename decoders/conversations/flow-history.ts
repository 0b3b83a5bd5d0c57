/**
 * Zeek's `history` of a flow: a letter for what was seen for the first time, in the order in which it was seen, upper
 * case for the client (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html):
 *
 * s SYN, h SYN and ACK, a acknowledgment alone, d data, f FIN, r RST, c wrong checksum, g a gap in what was sent,
 * t data sent again, w zero window, i FIN with RST, q SYN with FIN or RST, ^ the first packet came from the server,
 * x here ended what is kept of it.
 *
 * a, d, i, q come once a side; s, h, f, r again when their sequence number is another; c, g, t, w for the first time, the
 * tenth, the hundredth and so on.
 */

import { afterSegment, EndState, isClosing, type SideIndex, withState } from './connection-state.js';
import { type FlowEntries, HISTORY_LETTERS, SEQUENCES, Sequence, TIMES, Times } from './flow-entries.js';
import { TcpFlag } from './tcp-flags.js';

const { syn: SYN, fin: FIN, rst: RST, ack: ACK } = TcpFlag;
const CONTROL = SYN | FIN | RST;
const UDP = 17;

/** Bits of `FlowEntries.letters`, shifted by 8 for the server. */
const Once = { syn: 1, fin: 2, rst: 4, data: 8, ack: 16, combined: 32, inconsistent: 64, shake: 128 } as const;

/** Bits of `FlowEntries.known`, shifted by 1 for the server: its SYN, and a hole in what it sent. */
const SYN_KNOWN = 1;
const HOLE = 4;
/** What came before is not remembered, because it was read back from an index. */
const RESTORED = 16;

const UPPER = { a: 65, c: 67, d: 68, f: 70, g: 71, h: 72, i: 73, q: 81, r: 82, s: 83, t: 84, w: 87, x: 88 } as const;
const TIMES_LETTERS = [UPPER.c, UPPER.t, UPPER.w, UPPER.g] as const;
const TO_LOWER = 32;
const FLIPPED = 94;

/** Sequence numbers of SYN and RST that are farther away than this are not believed. */
const FAR = 1 << 20;
const HEADER = 20;

function addLetter(flows: FlowEntries, entry: number, letter: number): void {
  const length = flows.historyLength[entry];
  if (length === HISTORY_LETTERS) return;
  flows.history[entry * HISTORY_LETTERS + length] = length === HISTORY_LETTERS - 1 ? UPPER.x : letter;
  flows.historyLength[entry] = length + 1;
}

/** Adds a letter that comes once a side. @returns whether it had come before */
function once(flows: FlowEntries, entry: number, side: SideIndex, bit: number, upper: number): boolean {
  const mask = bit << (side * 8);
  if ((flows.letters[entry] & mask) !== 0) return true;
  flows.letters[entry] |= mask;
  addLetter(flows, entry, upper + side * TO_LOWER);
  return false;
}

/** Adds a letter the first, the tenth, the hundredth … time. */
function scaled(flows: FlowEntries, entry: number, side: SideIndex, which: number): void {
  const times = ++flows.times[(entry * 2 + side) * TIMES + which];
  if (times !== 1 && times % 10 !== 0) return;
  let power = 1;
  while (power < times) power *= 10;
  if (power === times) addLetter(flows, entry, TIMES_LETTERS[which] + side * TO_LOWER);
}

/** The flow's first packet came from the side that is taken to be the server. */
export function noteFlipped(flows: FlowEntries, entry: number): void {
  addLetter(flows, entry, FLIPPED);
}

/**
 * A packet whose transport checksum is wrong: whom it reaches ignores it. Only the number of a SYN is kept, because a
 * capture of edited packets has other connections on the same ports too.
 *
 * @param tcp where its TCP header begins; -1: it has none
 */
export function noteBadChecksum(flows: FlowEntries, entry: number, side: SideIndex, view: DataView, tcp: number): void {
  scaled(flows, entry, side, Times.checksum);
  if (tcp < 0 || (view.getUint8(tcp + 13) & SYN) === 0) return;
  flows.sequence[(entry * 2 + side) * SEQUENCES + Sequence.syn] = view.getUint32(tcp + 4);
  flows.known[entry] |= SYN_KNOWN << side;
}

/** A datagram of UDP. */
export function noteDatagram(flows: FlowEntries, entry: number, side: SideIndex): void {
  if (once(flows, entry, side, Once.data, UPPER.d)) return;
  flows.states[entry] = withState(flows.states[entry], side, EndState.established);
}

/**
 * A TCP segment whose header begins at `offset`.
 *
 * @param end where its payload ends by the packet's own lengths
 * @param time nanoseconds; NaN when it has none
 * @param flags control bits of octet 13
 * @returns octets of payload
 */
export function noteSegment(
  flows: FlowEntries,
  entry: number,
  side: SideIndex,
  view: DataView,
  offset: number,
  end: number,
  time: number,
  flags: number,
): number {
  const header = (view.getUint8(offset + 12) >> 4) * 4;
  const payload = end - offset - (header < HEADER ? HEADER : header);
  const length = payload > 0 ? payload : 0;
  const sequence = view.getUint32(offset + 4);
  const states = flows.states[entry];
  const own = (states >> (side * 4)) & 15;
  const peer = (states >> (4 - side * 4)) & 15;
  const control = flags & CONTROL;
  if (control !== 0) noteControl(flows, entry, side, flags, sequence, length, time);
  else if (length > 0) {
    if ((flows.letters[entry] & (Once.data << (side * 8))) === 0) noteFirst(flows, entry, side, true, time);
  } else if ((flags & ACK) !== 0 && (flows.letters[entry] & (Once.ack << (side * 8))) === 0)
    noteFirst(flows, entry, side, false, time);
  if (view.getUint16(offset + 14) === 0 && (flags & RST) === 0 && own !== EndState.reset) {
    // Whoever has heard the other's FIN needs no window any more.
    if (peer !== EndState.closed) scaled(flows, entry, side, Times.zeroWindow);
  }
  const next = (entry * 2 + side) * SEQUENCES + Sequence.next;
  // Nearly always it goes on where it was.
  const goesOn = control === 0 && own === EndState.established && sequence === flows.sequence[next];
  if (goesOn) flows.sequence[next] = sequence + length;
  else noteSequence(flows, entry, side, own, flags, sequence, length);
  if ((flags & (ACK | FIN | RST)) === ACK && peer !== EndState.inactive && peer < EndState.closed)
    noteAcknowledgment(flows, entry, side, view.getUint32(offset + 8));
  if (control !== 0 || own === EndState.inactive) flows.states[entry] = afterSegment(states, side, flags, length);
  return length;
}

/** The side's first data, or its first acknowledgment alone. */
function noteFirst(flows: FlowEntries, entry: number, side: SideIndex, isData: boolean, time: number): void {
  once(flows, entry, side, isData ? Once.data : Once.ack, isData ? UPPER.d : UPPER.a);
  noteHandshake(flows, entry, side, time);
}

/** SYN, FIN and RST, and what should not come together. */
function noteControl(
  flows: FlowEntries,
  entry: number,
  side: SideIndex,
  flags: number,
  sequence: number,
  length: number,
  time: number,
): void {
  const numbers = (entry * 2 + side) * SEQUENCES;
  switch (flags & CONTROL) {
    case SYN: {
      const shakes = (flags & ACK) !== 0;
      const letter = (shakes ? UPPER.h : UPPER.s) + side * TO_LOWER;
      if (shakes) flows.letters[entry] |= Once.shake << (side * 8);
      again(flows, entry, side, Once.syn, numbers + Sequence.syn, sequence, letter);
      flows.known[entry] |= SYN_KNOWN << side;
      if (side === 0) flows.synTime[entry] = time;
      break;
    }
    case FIN:
      again(flows, entry, side, Once.fin, numbers + Sequence.fin, (sequence + length) >>> 0, UPPER.f + side * TO_LOWER);
      break;
    case RST:
      again(flows, entry, side, Once.rst, numbers + Sequence.rst, sequence, UPPER.r + side * TO_LOWER);
      break;
    default:
      if ((flags & (FIN | RST)) === (FIN | RST)) once(flows, entry, side, Once.inconsistent, UPPER.i);
      else once(flows, entry, side, Once.combined, UPPER.q);
      if ((flags & SYN) !== 0) {
        flows.sequence[numbers + Sequence.syn] = sequence;
        flows.known[entry] |= SYN_KNOWN << side;
      }
  }
}

/** Adds a letter that comes again when its sequence number is another. */
function again(
  flows: FlowEntries,
  entry: number,
  side: SideIndex,
  bit: number,
  place: number,
  sequence: number,
  letter: number,
): void {
  const mask = bit << (side * 8);
  // Of a flow that was read back, nobody knows which number its letter had.
  const forgotten = (flows.known[entry] & RESTORED) !== 0 && flows.sequence[place] === 0;
  const before = (flows.letters[entry] & mask) !== 0;
  flows.letters[entry] |= mask;
  if (!before || (flows.sequence[place] !== sequence && !forgotten)) addLetter(flows, entry, letter);
  flows.sequence[place] = sequence;
}

/** The client's first acknowledgment or data behind the server's SYN: the handshake is complete. */
function noteHandshake(flows: FlowEntries, entry: number, side: SideIndex, time: number): void {
  if (side !== 0 || (flows.letters[entry] & (Once.shake << 8)) === 0) return;
  if (!Number.isNaN(flows.handshake[entry])) return;
  const took = time - flows.synTime[entry];
  if (took >= 0) flows.handshake[entry] = took;
}

/** Where the side is in its sequence numbers: what is sent again, and what is left out. */
function noteSequence(
  flows: FlowEntries,
  entry: number,
  side: SideIndex,
  own: number,
  flags: number,
  sequence: number,
  length: number,
): void {
  const { sequence: numbers } = flows;
  const at = (entry * 2 + side) * SEQUENCES;
  const place = at + Sequence.next;
  const isReset = (flags & RST) !== 0;
  const octets = (isReset ? 0 : length) + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
  const last = (sequence + octets) | 0;
  const forgotten = numbers[place] === 0 && (flows.known[entry] & RESTORED) !== 0;
  if (own === EndState.inactive || forgotten) {
    numbers[place] = last;
    return;
  }
  if (own === EndState.reset) return;
  const ahead = (last - numbers[place]) | 0;
  if ((flags & (SYN | RST)) !== 0 && (ahead > FAR || ahead < -FAR)) return;
  const hole = HOLE << side;
  if (ahead > 0) {
    if (((sequence - numbers[place]) | 0) > 0 && !isReset && (flags & FIN) === 0 && (flows.known[entry] & hole) === 0) {
      flows.known[entry] |= hole;
      numbers[at + Sequence.holeFrom] = numbers[place];
      numbers[at + Sequence.holeTo] = sequence;
    }
    numbers[place] = last;
  } else if (length > 0) {
    scaled(flows, entry, side, Times.retransmission);
    if ((flows.known[entry] & hole) === 0) return;
    const from = numbers[at + Sequence.holeFrom];
    if (((sequence - from) | 0) > 0 || ((last - from) | 0) <= 0) return;
    numbers[at + Sequence.holeFrom] = last;
    if (((last - numbers[at + Sequence.holeTo]) | 0) >= 0) flows.known[entry] &= ~hole;
  }
}

/**
 * An acknowledgment of octets that were not seen: they were sent, and not captured. At the end of a connection such
 * numbers tell little, so nothing is asked of them there.
 */
function noteAcknowledgment(flows: FlowEntries, entry: number, side: SideIndex, acknowledgment: number): void {
  const { sequence: numbers } = flows;
  const other: SideIndex = side === 0 ? 1 : 0;
  const at = (entry * 2 + other) * SEQUENCES;
  const hole = HOLE << other;
  const ahead = (acknowledgment - numbers[at + Sequence.next]) | 0;
  const overHole = (flows.known[entry] & hole) !== 0 && ((acknowledgment - numbers[at + Sequence.holeFrom]) | 0) > 0;
  if (ahead <= 0 && !overHole) return;
  const forgotten = numbers[at + Sequence.next] === 0 && (flows.known[entry] & RESTORED) !== 0;
  flows.known[entry] &= ~hole;
  if (ahead > 0) numbers[at + Sequence.next] = acknowledgment;
  if (ahead <= FAR && !forgotten) scaled(flows, entry, other, Times.gap);
}

/**
 * Whether a SYN, with or without ACK, begins another connection between the same ports: its sequence number is not that
 * of the side's SYN, or the connection is over.
 */
export function beginsAnother(
  flows: FlowEntries,
  entry: number,
  side: SideIndex,
  flags: number,
  sequence: number,
): boolean {
  const over = isClosing(flows.states[entry]);
  const sent = [flows.clientPackets[entry], flows.serverPackets[entry]];
  if ((flows.known[entry] & (SYN_KNOWN << side)) !== 0) {
    const same = flows.sequence[(entry * 2 + side) * SEQUENCES + Sequence.syn] === sequence;
    // An answer with another number belongs to the SYN that was seen.
    return !same && ((flags & ACK) === 0 || over || sent[1 - side] === 0);
  }
  if (sent[side] === 0 || (flows.known[entry] & RESTORED) !== 0 || (flags & ACK) !== 0) return over;
  return true;
}

/** The history as text. */
export function historyText(flows: FlowEntries, entry: number): string {
  const at = entry * HISTORY_LETTERS;
  let text = '';
  for (let i = 0; i < flows.historyLength[entry]; i++) text += String.fromCharCode(flows.history[at + i]);
  return text;
}

const SEGMENT: Readonly<Record<string, readonly [flags: number, length: number, bit: number]>> = {
  s: [SYN, 0, Once.syn],
  h: [SYN | ACK, 0, Once.syn | Once.shake],
  a: [ACK, 0, Once.ack],
  d: [ACK, 1, Once.data],
  f: [FIN | ACK, 0, Once.fin],
  r: [RST, 0, Once.rst],
  i: [FIN | RST, 0, Once.inconsistent],
  q: [SYN | FIN, 0, Once.combined],
};

/** Puts a stored history back: states and letters are what they were; sequence numbers are not known any more. */
export function restoreHistory(flows: FlowEntries, entry: number, text: string): void {
  flows.known[entry] = RESTORED;
  for (const letter of text) {
    addLetter(flows, entry, letter.charCodeAt(0));
    const lower = letter.toLowerCase();
    const side = letter === lower ? 1 : 0;
    const which = TIMES_LETTERS.findIndex((upper) => String.fromCharCode(upper + TO_LOWER) === lower);
    const place = (entry * 2 + side) * TIMES + which;
    if (which >= 0) flows.times[place] = flows.times[place] === 0 ? 1 : flows.times[place] * 10;
    const segment = SEGMENT[lower];
    if (segment === undefined) continue;
    const [flags, length, bits] = segment;
    flows.letters[entry] |= bits << (side * 8);
    flows.states[entry] =
      flows.transport[entry] === UDP
        ? withState(flows.states[entry], side, EndState.established)
        : afterSegment(flows.states[entry], side, flags, length);
  }
}
