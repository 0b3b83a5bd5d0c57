/** Internet checksums (RFC 1071) over a header and its pseudo-header, and what offloading leaves of them. */

import type { Body } from './body.js';
import { foldSum, onesComplementSum, sumOfWords } from './bytes.js';
import type { Field } from './field.js';
import { PacketFlag, type Walk } from './walk.js';

/** Wireshark's values of `*.checksum.status`. */
export const ChecksumStatus = { bad: 0, good: 1, unverified: 2, absent: 3, illegal: 4 } as const;

export const checksumStatusLabels = { 0: 'Bad', 1: 'Good', 2: 'Unverified', 3: 'Not present', 4: 'Illegal' };

/** A checksum that was found wrong because the sender's card was to finish it: a kind of `bad` that is no error. */
export const OFFLOADED = -1;

/**
 * Sum of the pseudo-header of RFC 768, RFC 9293 (section 3.1) and RFC 8200 (section 8.1).
 *
 * @param network offset in the view of the IPv4 or IPv6 header
 * @param length octets of the transport header and its payload
 * @param destination offset in the view of the destination where a routing header has another one, else -1
 */
export function pseudoHeaderSum(
  view: DataView,
  network: number,
  protocol: number,
  length: number,
  destination: number,
): number {
  // A jumbogram's length has more than 16 bits: both halves are part of the sum.
  const start = protocol + (length & 0xffff) + (length >>> 16);
  const isIpv6 = view.getUint8(network) >> 4 === 6;
  if (destination < 0) return foldSum(start + sumOfWords(view, network + (isIpv6 ? 8 : 12), isIpv6 ? 8 : 2));
  const words = isIpv6 ? 4 : 1;
  return foldSum(start + sumOfWords(view, network + (isIpv6 ? 8 : 12), words) + sumOfWords(view, destination, words));
}

/**
 * Checks a transport checksum.
 *
 * @param depth of the transport's layer in the walk
 * @param protocol IP protocol number for the pseudo-header; -1 when the checksum has none (ICMPv4)
 * @param field the checksum as it stands in the header
 * @returns a `ChecksumStatus`, or `OFFLOADED`
 */
export function checkTransport(
  view: DataView,
  walk: Walk,
  depth: number,
  start: number,
  end: number,
  protocol: number,
  field: number,
): number {
  if (!walk.summing) return ChecksumStatus.unverified;
  const quotedInPart = walk.quotedFrom <= depth && walk.quoteCut;
  if (quotedInPart || end > walk.capturedEnd || walk.fragmented[depth] !== 0) return ChecksumStatus.unverified;
  const length = end - start;
  if (protocol < 0) return onesComplementSum(view, start, length) === 0xffff ? ChecksumStatus.good : ChecksumStatus.bad;
  const network = walk.networkUnder[depth];
  if (network < 0) return ChecksumStatus.unverified;
  const pseudo = pseudoHeaderSum(view, walk.start[network], protocol, length, walk.destinationUnder[depth]);
  if (onesComplementSum(view, start, length, pseudo) === 0xffff) return ChecksumStatus.good;
  // Linux leaves the folded pseudo-header sum in the field for the card to finish (CHECKSUM_PARTIAL).
  return field === pseudo ? OFFLOADED : ChecksumStatus.bad;
}

/**
 * Checks a transport checksum that covers only the first octets; the pseudo-header has the packet's whole length.
 *
 * @param covered octets from `start`, at most up to `end`
 * @returns a `ChecksumStatus`
 */
export function checkCovered(
  view: DataView,
  walk: Walk,
  depth: number,
  start: number,
  end: number,
  protocol: number,
  covered: number,
): number {
  if (!walk.summing) return ChecksumStatus.unverified;
  const network = walk.networkUnder[depth];
  const cut = start + covered > walk.capturedEnd || (walk.quotedFrom <= depth && walk.quoteCut);
  if (cut || network < 0 || walk.fragmented[depth] !== 0) return ChecksumStatus.unverified;
  const pseudo = pseudoHeaderSum(view, walk.start[network], protocol, end - start, walk.destinationUnder[depth]);
  return onesComplementSum(view, start, covered, pseudo) === 0xffff ? ChecksumStatus.good : ChecksumStatus.bad;
}

/** Enters the result of a check into the packet's summary flags. */
export function flagTransport(walk: Walk, status: number): void {
  if (status === OFFLOADED) walk.flags |= PacketFlag.checksumOffload;
  else if (status === ChecksumStatus.bad || status === ChecksumStatus.illegal)
    walk.flags |= PacketFlag.badTransportChecksum;
}

/** Adds the result of a check to the tree, and to the problems when it is one. */
export function transportChecksum(body: Body, field: Field, status: number, at: number, what: string): void {
  body.derived(field, status === OFFLOADED ? ChecksumStatus.bad : status, undefined, at);
  if (status === OFFLOADED) body.report('offload', `the ${what} is not computed yet: the network card does it`);
  else if (status === ChecksumStatus.bad) body.report('checksum', `the ${what} does not match the packet`);
  else if (status === ChecksumStatus.illegal) body.report('checksum', `a ${what} of 0 is not allowed over IPv6`);
}
