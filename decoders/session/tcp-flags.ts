/** The flags of a TCP header that say what becomes of a stream (RFC 9293, section 3.1). */

import type { Walk } from '../core/walk.js';

export const FIN = 1;
export const SYN = 2;
export const ACK = 16;

/** The octet of flags of the TCP header at that depth of the walk. */
export function tcpFlagsAt(view: DataView, walk: Walk, depth: number): number {
  return view.getUint8(walk.start[depth] + 13);
}
