/**
 * The states of both ends of a TCP connection after every segment (RFC 9293, section 3.3.2), as the segments tell them:
 * each is taken to arrive, as in the figures of the RFC. Where the beginning was not captured, a state is unknown until
 * a segment tells it.
 */

import { octetsAhead } from '../session/byte-stream.js';
import { TcpFlag } from './tcp-flags.js';
import type { Side } from './tcp-stream.js';

export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** A segment, as far as states need it. */
export interface EndsSegment {
  readonly from: Side;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Control bits of octet 13. */
  readonly flags: number;
  /** Octets of payload on the wire. */
  readonly length: number;
}

/** What a segment was to the connection, where that needs words. */
export type EndsRemark = 'refused' | 'reset' | 'ports-used-again' | 'crossing-fin' | 'simultaneous-open';

const { fin: FIN, syn: SYN, rst: RST, ack: ACK } = TcpFlag;

class End {
  /** undefined: not known yet. */
  state: TcpState | undefined;
  /** Sequence number that relative numbers count from: the SYN's, or one before the first that was seen. */
  base: number | undefined;
  /** Number of the FIN. */
  fin: number | undefined;
}

export class TcpEnds {
  private ends: Record<Side, End> = { client: new End(), server: new End() };

  get clientState(): TcpState | undefined {
    return this.ends.client.state;
  }

  get serverState(): TcpState | undefined {
    return this.ends.server.state;
  }

  /** A sequence number of this side relative to its first; undefined while none of that side is known. */
  relative(side: Side, sequence: number): number | undefined {
    const { base } = this.ends[side];
    return base === undefined ? undefined : octetsAhead(sequence, base);
  }

  /** Whether this side's SYN was seen: only then relative numbers count from the connection's beginning. */
  private known = { client: false, server: false };

  /** The next segment, in the order of the capture. */
  add(segment: EndsSegment): EndsRemark | undefined {
    const { from, flags, sequence } = segment;
    const to: Side = from === 'client' ? 'server' : 'client';
    const remark =
      (flags & SYN) !== 0 && (flags & ACK) === 0 && this.isAnother(from, sequence) ? this.renew() : undefined;
    const sender = this.ends[from];
    const receiver = this.ends[to];
    const opens = (flags & SYN) !== 0;
    // RFC 9293, figure 6: the SYN has the first number, so the first octet of data is number 1.
    if (opens && !this.known[from]) {
      sender.base = sequence;
      this.known[from] = true;
    }
    sender.base ??= (sequence - 1) >>> 0;
    if ((flags & ACK) !== 0) receiver.base ??= (segment.acknowledgment - 1) >>> 0;
    if ((flags & RST) !== 0) return this.reset(sender, receiver) ?? remark;
    if (opens) return this.synchronize(segment, sender, receiver) ?? remark;
    return this.goOn(segment, sender, receiver) ?? remark;
  }

  private isAnother(side: Side, sequence: number): boolean {
    return this.known[side] && this.ends[side].base !== sequence;
  }

  private renew(): EndsRemark {
    this.ends = { client: new End(), server: new End() };
    this.known = { client: false, server: false };
    return 'ports-used-again';
  }

  private reset(sender: End, receiver: End): EndsRemark | undefined {
    const refused = receiver.state === 'SYN-SENT';
    const over = sender.state === 'CLOSED' && receiver.state === 'CLOSED';
    sender.state = receiver.state = 'CLOSED';
    return over ? undefined : refused ? 'refused' : 'reset';
  }

  /** RFC 9293, section 3.5 and figures 6 to 8. */
  private synchronize({ flags }: EndsSegment, sender: End, receiver: End): EndsRemark | undefined {
    if ((flags & ACK) === 0) {
      if (sender.state === undefined || sender.state === 'LISTEN' || sender.state === 'CLOSED') {
        sender.state = 'SYN-SENT';
        // Somebody listens there, as long as no reset says otherwise.
        receiver.state ??= 'SYN-RECEIVED';
        if (receiver.state === 'CLOSED' || receiver.state === 'LISTEN') receiver.state = 'SYN-RECEIVED';
        return undefined;
      }
      // Not a listener after all: it has sent a SYN of its own (figure 7).
      if (sender.state === 'SYN-RECEIVED' && receiver.state === 'SYN-SENT') {
        receiver.state = 'SYN-RECEIVED';
        return 'simultaneous-open';
      }
      return undefined;
    }
    if (sender.state === undefined || sender.state === 'LISTEN' || sender.state === 'CLOSED')
      sender.state = 'SYN-RECEIVED';
    if (receiver.state === undefined || receiver.state === 'SYN-SENT') receiver.state = 'ESTABLISHED';
    // Both have opened: each is established once its SYN is acknowledged.
    else if (receiver.state === 'SYN-RECEIVED') receiver.state = 'ESTABLISHED';
    return undefined;
  }

  /** RFC 9293, section 3.6 and figures 12 and 13. */
  private goOn(segment: EndsSegment, sender: End, receiver: End): EndsRemark | undefined {
    const { flags, acknowledgment, sequence, length } = segment;
    const acknowledges = (flags & ACK) !== 0;
    // Whoever goes on without a SYN has opened: the segments in between were not captured.
    if (sender.state === undefined || sender.state === 'SYN-SENT') sender.state = 'ESTABLISHED';
    // An acknowledgment of its SYN is what the one that waits for it lacks.
    if (
      acknowledges &&
      (receiver.state === undefined || receiver.state === 'SYN-RECEIVED' || receiver.state === 'SYN-SENT')
    )
      receiver.state = 'ESTABLISHED';
    receiver.state ??= 'ESTABLISHED';
    const { fin } = receiver;
    const acknowledgesFin = acknowledges && fin !== undefined && octetsAhead(acknowledgment, fin) > 0;
    if (acknowledgesFin) {
      if (receiver.state === 'FIN-WAIT-1') receiver.state = 'FIN-WAIT-2';
      else if (receiver.state === 'CLOSING') receiver.state = 'TIME-WAIT';
      else if (receiver.state === 'LAST-ACK') receiver.state = 'CLOSED';
    }
    if ((flags & FIN) === 0) return undefined;
    if (sender.fin !== undefined) return undefined;
    sender.fin = (sequence + length) >>> 0;
    return this.close(sender, receiver, acknowledgesFin);
  }

  private close(sender: End, receiver: End, acknowledgesFin: boolean): EndsRemark | undefined {
    let remark: EndsRemark | undefined;
    if (
      sender.state === 'CLOSE-WAIT' &&
      receiver.fin !== undefined &&
      !acknowledgesFin &&
      receiver.state === 'FIN-WAIT-1'
    ) {
      // It had not heard of the other FIN when it sent its own: both were on the way (figure 13).
      sender.state = 'CLOSING';
      remark = 'crossing-fin';
    } else if (sender.state === 'CLOSE-WAIT') sender.state = 'LAST-ACK';
    else if (sender.state === 'ESTABLISHED' || sender.state === 'SYN-RECEIVED') sender.state = 'FIN-WAIT-1';
    if (receiver.state === 'ESTABLISHED' || receiver.state === 'SYN-RECEIVED') receiver.state = 'CLOSE-WAIT';
    else if (receiver.state === 'FIN-WAIT-2') receiver.state = 'TIME-WAIT';
    else if (receiver.state === 'FIN-WAIT-1') receiver.state = 'CLOSING';
    return remark;
  }
}
