/** Choosing packets of a block. */
import { BLOCK_TYPE, viewOf } from './epb.js';

/** Whether to take the packet of this index in its block, from 0. Asked once for every packet, in order. */
export type PacketSelector = (packetIndex: number) => boolean;

/**
 * Copies the packets that `select` takes, and all blocks that are no packets, to the start of `target` (as long as
 * `bytes` at least). Neighbours are copied together.
 * @returns the octets copied.
 */
export function selectBlocks(bytes: Uint8Array, select: PacketSelector, target: Uint8Array): number {
  const view = viewOf(bytes);
  const end = bytes.length;
  let index = 0;
  let out = 0;
  let runStart = 0;
  let at = 0;
  while (at < end) {
    const next = at + view.getUint32(at + 4, true);
    if (view.getUint32(at, true) === BLOCK_TYPE.enhancedPacket && !select(index++)) {
      if (at > runStart) {
        target.set(bytes.subarray(runStart, at), out);
        out += at - runStart;
      }
      runStart = next;
    }
    at = next;
  }
  if (end > runStart) {
    target.set(bytes.subarray(runStart, end), out);
    out += end - runStart;
  }
  return out;
}
