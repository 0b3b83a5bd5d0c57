/** The transport of a packet that has a conversation: where it is, whose it is, and what it carries. */

import { Columns } from '../core/columns.js';
import type { Registry } from '../core/registry.js';
import { type Walk, walkFrom } from '../core/walk.js';
import { EndsOf } from './addresses.js';
import { agreeOnTls, beginsTls } from './begins-tls.js';
import { type ConversationState, type Conversations, directionOf, type Ends } from './conversations.js';
import { ACK, SYN } from './tcp-flags.js';

export class Transports {
  private readonly tcp: number;
  private readonly udp: number;
  private readonly tls: number;
  private readonly agreeOnTls: ReadonlySet<number>;
  private readonly ends: EndsOf;

  constructor(
    private readonly registry: Registry,
    private readonly conversations: Conversations,
  ) {
    this.ends = new EndsOf(registry, new Columns(1));
    this.tcp = registry.idOf('tcp');
    this.udp = registry.idOf('udp');
    this.tls = registry.idOf('tls');
    this.agreeOnTls = agreeOnTls(registry);
  }

  /** Depth of the innermost TCP or UDP header that is there in full and no quotation; -1 when there is none. */
  depthIn(walk: Walk): number {
    for (let depth = Math.min(walk.depth, walk.quotedFrom) - 1; depth >= 0; depth--) {
      const id = walk.protocol[depth];
      if (id !== this.tcp && id !== this.udp) continue;
      const { fixedLength } = this.registry.runtime(id);
      return walk.headerEnd[depth] - walk.start[depth] >= fixedLength && walk.fragmented[depth] === 0 ? depth : -1;
    }
    return -1;
  }

  /** The ends of the transport at that depth, -1 for none; undefined without whole addresses under it. */
  endsOf(view: DataView, walk: Walk, depth: number): Ends | undefined {
    if (depth < 0) return undefined;
    return this.ends.at(view, walk, depth, walk.protocol[depth] === this.tcp ? 'tcp' : 'udp');
  }

  /** The conversation of the packet; a SYN that does not repeat the one before begins another on the same ports. */
  conversationOf(view: DataView, walk: Walk, depth: number, ends: Ends, flags: number): ConversationState {
    const known = this.conversations.of(ends);
    if ((flags & (SYN | ACK)) !== SYN) return known;
    const { next } = known.directions[directionOf(ends, known)].stream;
    const first = (view.getUint32(walk.start[depth] + 4) + 1) >>> 0;
    const answered = known.directions.some((one) => one.end !== undefined);
    return answered || (next !== undefined && next !== first) ? this.conversations.renew(ends) : known;
  }

  /** What the walk found above the transport, unless the conversation knows better. */
  chooseProtocol(view: DataView, walk: Walk, depth: number, ends: Ends, state: ConversationState): void {
    const found = walk.depth > depth + 1 ? walk.protocol[depth + 1] : 0;
    // Too little of a message for the walk to know it is still that protocol's, when the ports say so.
    if (state.protocol === 0)
      state.protocol = found || this.registry.byPorts(`${ends.carrier}.port`, ends.sourcePort, ends.destinationPort);
    const payload = walk.headerEnd[depth];
    const end = walk.end[depth];
    if (this.agreeOnTls.has(state.protocol) && beginsTls(view, payload, Math.min(end, walk.capturedEnd))) {
      state.protocol = this.tls;
      state.said = true;
    }
    if (state.protocol === 0 || state.protocol === found) return;
    if (payload >= Math.min(end, walk.capturedEnd)) return;
    walk.depth = depth + 1;
    walkFrom(this.registry, view, state.protocol, payload, end, walk);
  }
}
