/** The walks of one packet: its own, and those of what is put together from it. */

import { Walk } from '../core/walk.js';

/** Walks that are kept for the next packet. */
const MAXIMUM_WALKS = 16;

/** Hands walks out, and the same again for every packet: they are large, and nothing of them is kept. */
export class Walks {
  private readonly kept: Walk[] = [];
  private used = 0;

  /** Another packet begins: nobody needs the walks of the one before. */
  begin(): void {
    this.used = 0;
  }

  /** A walk that nobody else uses for this packet; it is to be reset. */
  fresh(): Walk {
    let walk = this.kept[this.used];
    if (walk === undefined) {
      walk = new Walk();
      // A packet with thousands of messages is rare, and what it needed is not kept for the next.
      if (this.used < MAXIMUM_WALKS) this.kept.push(walk);
    }
    this.used++;
    return walk;
  }

  /** A walk of the layers of another one down to `depth`, for a payload that ends at `end`. */
  continued(walk: Walk, depth: number, end: number): Walk {
    const next = this.fresh();
    next.reset(walk.packetStart, end);
    next.linkType = walk.linkType;
    for (let i = 0; i <= depth; i++) {
      next.protocol[i] = walk.protocol[i];
      next.start[i] = walk.start[i];
      next.lead[i] = walk.lead[i];
      next.networkUnder[i] = walk.networkUnder[i];
      next.fragmented[i] = walk.fragmented[i];
      next.destinationUnder[i] = walk.destinationUnder[i];
      next.headerEnd[i] = walk.headerEnd[i];
      next.end[i] = i === depth ? end : walk.end[i];
    }
    next.transport = walk.transport;
    next.network = walk.network;
    next.lowerNetwork = walk.lowerNetwork;
    next.depth = depth + 1;
    return next;
  }
}
