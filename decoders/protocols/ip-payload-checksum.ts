/** Checksums of protocols that stand straight on IP and are no transports. */

import type { Body } from '../core/body.js';
import { ChecksumStatus, pseudoHeaderSum } from '../core/checksum.js';
import { onesComplementSum } from '../core/index.js';

/** Depth of the IP header under the layer, or -1. */
export function networkUnder(body: Body): number {
  for (let depth = body.depth - 1; depth >= 0; depth--) {
    const protocol = body.dissection.protocolAt(depth);
    if (protocol === 'ip' || protocol === 'ipv6') return depth;
  }
  return -1;
}

/** Whether the layer stands on IPv6. */
export function isOverIpv6(body: Body): boolean {
  const network = networkUnder(body);
  return network >= 0 && body.dissection.protocolAt(network) === 'ipv6';
}

/** A fragment has only part of what the sum is over. */
function isFragment({ view, walk, dissection }: Body, network: number): boolean {
  return dissection.protocolAt(network) === 'ip' && (view.getUint16(walk.start[network] + 6) & 0x3fff) !== 0;
}

/**
 * The status of the checksum over [start, end) of the view.
 *
 * @param protocol IP protocol number for the pseudo-header; -1 when the checksum has none
 */
export function payloadStatus(body: Body, start: number, end: number, protocol: number): number {
  const { view, walk } = body;
  const network = networkUnder(body);
  if (end > walk.capturedEnd || end < start || network < 0 || isFragment(body, network))
    return ChecksumStatus.unverified;
  let sum = 0;
  if (protocol >= 0) {
    sum = pseudoHeaderSum(view, walk.start[network], protocol, end - start, -1);
  }
  return onesComplementSum(view, start, end - start, sum) === 0xffff ? ChecksumStatus.good : ChecksumStatus.bad;
}
