/** What an HTTP/1 connection remembers of its requests: a response does not say what it answers. */

import type { Conversation } from '../core/conversation.js';

/** `HEAD`, and the beginning of `CONNECT`. */
const HEAD = 0x48454144;
const CONNECT = 0x434f4e4e;
const COLON = 0x3a;
/** Octets of a host's name and a port, and more. */
const LONGEST_TARGET = 512;
/** Characters that a URI may have to be kept for the response; a part of a text would keep all of it. */
const LONGEST_URI = 8192;

/** A request and the response that followed it: packets' numbers, 0 where there is none. */
interface Pair {
  /** From 1. */
  readonly number: number;
  readonly request: number;
  response: number;
  /** Of the request, as `Conversation` has it. */
  readonly timeHigh: number;
  readonly timeLow: number;
}

const TWO_32 = 4294967296;

class Exchange {
  /** The last request's method, where it decides what the response has. */
  method: '' | 'HEAD' | 'CONNECT' = '';
  /** Whether a message was seen: what is none before that is of some other protocol. */
  seen = false;
  /** The port that a CONNECT asked for. */
  port = 0;
  /** The pair that the last message is of, and the one before it. */
  pair: Pair | undefined;
  before: Pair | undefined;
  private target = '';
  private fullUri = '';

  /** What the last request asked for, as completely as is known. */
  get uri(): string {
    return this.fullUri || this.target;
  }

  /** Takes note of the request at `start`, whose method has so many octets. It may be told of one more than once. */
  asks(view: DataView, start: number, octets: number): void {
    this.seen = true;
    const first = octets >= 4 ? view.getUint32(start) : 0;
    this.method = first === HEAD && octets === 4 ? 'HEAD' : first === CONNECT ? 'CONNECT' : '';
    if (this.method === 'CONNECT') this.port = portOf(view, start + octets + 1);
  }

  /** Counts a request; once for each. `host` is undefined where it does not say one. */
  requested(conversation: Conversation, target: string, host: string | undefined): void {
    this.begin(conversation, conversation.packet);
    if (target.length > LONGEST_URI || (host?.length ?? 0) > LONGEST_URI) {
      this.target = this.fullUri = '';
      return;
    }
    this.target = target;
    // Wireshark goes on with the last whole URI where a request has no host.
    if (host !== undefined) this.fullUri = fullUri(conversation, host, target);
  }

  /** Counts a response; once for each. As in Wireshark, it is one to the last request, unless that has one already. */
  responded(conversation: Conversation): void {
    if (this.pair === undefined || this.pair.response > 0) this.begin(conversation, 0);
    if (this.pair !== undefined) this.pair.response = conversation.packet;
  }

  private begin({ timeHigh, timeLow }: Conversation, request: number): void {
    this.before = this.pair;
    this.pair = { number: (this.before?.number ?? 0) + 1, request, response: 0, timeHigh, timeLow };
  }
}

/** Seconds since the request of the pair; NaN where a time is not known. */
export function secondsSince({ timeHigh, timeLow }: Pair, now: Conversation): number {
  return ((now.timeHigh - timeHigh) * TWO_32 + (now.timeLow - timeLow)) / 1e9;
}

/** The whole URI of a target in the origin or the asterisk form; the others are whole (RFC 9112, section 3.2). */
export function fullUri(conversation: Conversation | undefined, host: string, target: string): string {
  const scheme = conversation?.secure === true ? 'https' : 'http';
  return target.startsWith('/') || target === '*' ? `${scheme}://${host}${target}` : target;
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
