/** Which packet answers another, and which one is the same as it left: by their headers, as scapy's `sr1` does. */

import { addressesOf, type Headers, IpProtocol, readHeaders, readIpv4, readIpv6, sameOctets } from './headers.js';

const { icmp, tcp, udp, icmpv6 } = IpProtocol;
/** ICMP messages that quote the packet that they are about (RFC 792; RFC 4443, section 2.1). */
const ICMP_ERRORS = new Set([3, 4, 5, 11, 12]);
const LAST_ICMPV6_ERROR = 4;
/** What answers a query, by its type (RFC 792, RFC 950, RFC 8335; RFC 4443, RFC 4861). */
const icmpAnswers: Readonly<Record<number, number>> = { 8: 0, 10: 9, 13: 14, 15: 16, 17: 18, 42: 43 };
const icmpv6Answers: Readonly<Record<number, number>> = { 128: 129, 133: 134, 135: 136, 160: 161 };
const ROUTER_SOLICITATION = 133;
const NEIGHBOR_SOLICITATION = 135;
const ICMP_ROUTER_SOLICITATION = 10;
const SYN = 2;
const FIN = 1;
const RST = 4;
const ACK = 0x10;
const DNS = 53;

/** A packet that was sent, ready to be compared with what comes. */
export interface SentPacket {
  readonly view: DataView;
  readonly headers: Headers | undefined;
}

/** How a packet answers another. */
export type ReplyKind = 'answer' | 'error' | 'reset';

export function sentPacket(bytes: Uint8Array, linkType: number): SentPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { view, headers: readHeaders(view, linkType) };
}

/**
 * Whether a captured packet is the one that was sent. Its link header may be another one, and of IPv4's header the kernel
 * may have filled in what a raw socket lets it (raw(7)): length, identification, checksum, source.
 */
export function isSame(sent: SentPacket, view: DataView, headers: Headers | undefined): boolean {
  const own = sent.headers;
  if (own === undefined || headers === undefined) {
    return (
      own === headers && sent.view.byteLength === view.byteLength && sameOctets(sent.view, 0, view, 0, view.byteLength)
    );
  }
  if (own.kind !== headers.kind) return false;
  const a = own.network;
  const b = headers.network;
  if (own.kind !== 'ip') {
    return own.end - a === headers.end - b && sameOctets(sent.view, a, view, b, own.end - a);
  }
  const id = sent.view.getUint16(a + 4);
  const rest = sent.view.byteLength - a - 20;
  return (
    sent.view.getUint16(a) === view.getUint16(b) &&
    (id === 0 || id === view.getUint16(b + 4)) &&
    sameOctets(sent.view, a + 6, view, b + 6, 4) &&
    (sent.view.getUint32(a + 12) === 0 || sameOctets(sent.view, a + 12, view, b + 12, 4)) &&
    sameOctets(sent.view, a + 16, view, b + 16, 4) &&
    // The frame that it came in may have been padded.
    sameOctets(sent.view, a + 20, view, b + 20, rest)
  );
}

/** How a captured packet answers one that was sent; undefined when it does not. */
export function replyKind(sent: SentPacket, view: DataView, headers: Headers | undefined): ReplyKind | undefined {
  const own = sent.headers;
  if (own === undefined || headers === undefined) return undefined;
  if (own.kind === 'arp') return headers.kind === 'arp' && answersArp(sent, view, headers) ? 'answer' : undefined;
  if (headers.transport < 0 || headers.kind === 'arp') return undefined;
  if (isErrorAbout(sent, own, view, headers)) return 'error';
  if (own.kind !== headers.kind || own.protocol !== headers.protocol || own.transport < 0) return undefined;
  switch (own.protocol) {
    case icmp:
    case icmpv6:
      return answersQuery(sent, own, view, headers) ? 'answer' : undefined;
    case udp:
      return answersUdp(sent, own, view, headers) ? 'answer' : undefined;
    case tcp:
      return answersTcp(sent, own, view, headers);
    default:
      return fromDestination(sent, own, view, headers) ? 'answer' : undefined;
  }
}

/** RFC 826: who was asked for tells. */
function answersArp(sent: SentPacket, view: DataView, { network }: Headers): boolean {
  const at = sent.headers!.network;
  return (
    sent.view.getUint16(at + 6) === 1 &&
    view.getUint16(network + 6) === 2 &&
    sameOctets(sent.view, at + 24, view, network + 14, 4)
  );
}

function fromDestination({ view: sent }: SentPacket, own: Headers, view: DataView, headers: Headers): boolean {
  const mine = addressesOf(own);
  const theirs = addressesOf(headers);
  return isGroup(sent, own) || sameOctets(sent, mine.destination, view, theirs.source, mine.length);
}

/** A group or all of them: anybody may answer. */
function isGroup(view: DataView, headers: Headers): boolean {
  const { destination } = addressesOf(headers);
  const first = view.getUint8(destination);
  if (headers.kind === 'ipv6') return first === 0xff;
  return (first >= 224 && first < 240) || view.getUint8(destination + 3) === 255;
}

function answersQuery(sent: SentPacket, own: Headers, view: DataView, headers: Headers): boolean {
  const a = own.transport;
  const b = headers.transport;
  if (a + 8 > own.end || b + 8 > headers.end) return false;
  const type = sent.view.getUint8(a);
  const wanted = own.protocol === icmp ? icmpAnswers[type] : icmpv6Answers[type];
  if (wanted === undefined || view.getUint8(b) !== wanted) return false;
  if (own.protocol === icmpv6 && type === NEIGHBOR_SOLICITATION) return sameOctets(sent.view, a + 8, view, b + 8, 16);
  if (type === (own.protocol === icmp ? ICMP_ROUTER_SOLICITATION : ROUTER_SOLICITATION)) return true;
  return sameOctets(sent.view, a + 4, view, b + 4, 4) && fromDestination(sent, own, view, headers);
}

function portsAnswer(sent: SentPacket, own: Headers, view: DataView, headers: Headers): boolean {
  const a = own.transport;
  const b = headers.transport;
  return (
    a + 8 <= own.end &&
    b + 8 <= headers.end &&
    sent.view.getUint16(a) === view.getUint16(b + 2) &&
    sent.view.getUint16(a + 2) === view.getUint16(b) &&
    fromDestination(sent, own, view, headers)
  );
}

/** Of DNS, the transaction must be the same, too (RFC 1035, section 4.1.1). */
function answersUdp(sent: SentPacket, own: Headers, view: DataView, headers: Headers): boolean {
  if (!portsAnswer(sent, own, view, headers)) return false;
  const isDns = sent.view.getUint16(own.transport + 2) === DNS && own.transport + 20 <= own.end;
  return !isDns || sameOctets(sent.view, own.transport + 8, view, headers.transport + 8, 2);
}

/** RFC 9293, section 3.10.7: an answer acknowledges what was sent; a RST to what acknowledged nothing does, too. */
function answersTcp(sent: SentPacket, own: Headers, view: DataView, headers: Headers): ReplyKind | undefined {
  const a = own.transport;
  const b = headers.transport;
  if (!portsAnswer(sent, own, view, headers) || a + 20 > own.end || b + 20 > headers.end) return undefined;
  const flags = sent.view.getUint8(a + 13);
  const theirs = view.getUint8(b + 13);
  const data = own.end - a - (sent.view.getUint8(a + 12) >> 4) * 4;
  const length = Math.max(0, data) + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
  const acknowledged = (sent.view.getUint32(a + 4) + length) >>> 0;
  const acknowledges = (theirs & ACK) !== 0 && view.getUint32(b + 8) === acknowledged;
  if ((theirs & RST) === 0) return acknowledges ? 'answer' : undefined;
  const resetsAck = (flags & ACK) !== 0 && view.getUint32(b + 4) === sent.view.getUint32(a + 8);
  return acknowledges || resetsAck ? 'reset' : undefined;
}

/** Whether an ICMP error quotes the packet. */
function isErrorAbout({ view: sent }: SentPacket, own: Headers, view: DataView, headers: Headers): boolean {
  const at = headers.transport;
  if (at + 8 > headers.end) return false;
  const type = view.getUint8(at);
  const isError =
    headers.protocol === icmp ? ICMP_ERRORS.has(type) : headers.protocol === icmpv6 && type <= LAST_ICMPV6_ERROR;
  if (!isError) return false;
  const quoted = own.kind === 'ip' ? readIpv4(view, at + 8) : readIpv6(view, at + 8);
  if (quoted === undefined || quoted.protocol !== own.protocol) return false;
  const mine = addressesOf(own);
  const theirs = addressesOf(quoted);
  if (!sameOctets(sent, mine.destination, view, theirs.destination, mine.length)) return false;
  if (quoted.transport < 0 || own.transport < 0) return quoted.transport === own.transport;
  // Ports, or type, code and checksum; behind them TCP's sequence number, or ICMP's identifier and sequence number.
  const octets = own.protocol === udp ? 4 : Math.min(8, own.end - own.transport);
  return sameOctets(sent, own.transport, view, quoted.transport, octets);
}
