/** What an HTTP/1 connection remembers of its requests: a response does not say what it answers. */

import type { Conversation } from '../core/conversation.js';

/** `HEAD`, and the beginning of `CONNECT`. */
const HEAD = 0x48454144;
const CONNECT = 0x434f4e4e;
const COLON = 0x3a;
/** Octets of a host's name and a port, and more. */
const LONGEST_TARGET = 512;

class Exchange {
  /** The last request's method, where it decides what the response has. */
  method: '' | 'HEAD' | 'CONNECT' = '';
  /** Whether a message was seen: what is none before that is of some other protocol. */
  seen = false;
  /** The port that a CONNECT asked for. */
  port = 0;

  /** Takes note of the request at `start`, whose method has so many octets. It may be told of one more than once. */
  asks(view: DataView, start: number, octets: number): void {
    this.seen = true;
    const first = octets >= 4 ? view.getUint32(start) : 0;
    this.method = first === HEAD && octets === 4 ? 'HEAD' : first === CONNECT ? 'CONNECT' : '';
    if (this.method === 'CONNECT') this.port = portOf(view, start + octets + 1);
  }
}

/** The port of `host:port` (RFC 9110, section 7.1), 0 when there is none. */
function portOf(view: DataView, start: number): number {
  let port = 0;
  for (let at = start; at < Math.min(view.byteLength, start + LONGEST_TARGET); at++) {
    const octet = view.getUint8(at);
    if (octet <= 0x20) return port;
    const digit = octet - 0x30;
    port = octet === COLON || digit < 0 || digit > 9 ? 0 : port * 10 + digit;
  }
  return 0;
}

export function exchangeOf(conversation: Conversation): Exchange {
  return conversation.remember('http', () => new Exchange());
}
