/** The conversations that a session knows: their streams, what protocols remember, what others announced. */

import type { Conversation } from '../core/conversation.js';
import { ByteStream } from './byte-stream.js';
import { MessageBuffer } from './message-buffer.js';

/** Conversations kept; the one idle longest is forgotten for a new one. */
const MAXIMUM_CONVERSATIONS = 50_000;
const MAXIMUM_EXPECTED = 10_000;
/** Octets of unfinished messages that all conversations may keep together. */
const MAXIMUM_OCTETS = 256 << 20;

/** The ends of one packet. */
export interface Ends {
  /** The same for both directions, and for no other conversation. */
  readonly key: string;
  readonly carrier: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export class Direction {
  readonly stream = new ByteStream();
  readonly pending = new MessageBuffer();
  /** Octets that the message that is waiting is known to need; 0 while nobody can tell. */
  needed = 0;
  /** Whether what came last began where a message begins. */
  aligned = false;
  /** Number behind the last octet of the stream, once its FIN was seen. */
  end: number | undefined;

  /** Octets that it keeps. */
  get held(): number {
    return this.pending.length + this.stream.held;
  }
}

export class ConversationState {
  /** Registry id of the protocol above the transport; 0 while nothing is known. */
  protocol = 0;
  /** Whether `protocol` was said by a packet, and goes before ports. */
  said = false;
  readonly directions: readonly [Direction, Direction] = [new Direction(), new Direction()];
  readonly memory = new Map<string, unknown>();
  /** Octets that it kept when they were counted last. */
  counted = 0;

  constructor(
    readonly source: string,
    readonly sourcePort: number,
  ) {}
}

/** What a conversation that was announced will be. */
interface Expected {
  readonly protocol: string;
  readonly handover: readonly [string, unknown] | undefined;
}

export class Conversations {
  private readonly states = new Map<string, ConversationState>();
  private readonly expected = new Map<string, Expected>();
  private octets = 0;
  /** The conversation that was asked for last: the last of the map. */
  private latest: ConversationState | undefined;
  private latestKey = '';

  /** @param idOf registry id by filter name */
  constructor(private readonly idOf: (filter: string) => number) {}

  /** The conversation of a packet, made when it is new. */
  of(ends: Ends): ConversationState {
    const { key } = ends;
    if (this.latest !== undefined && this.latestKey === key) return this.latest;
    let state = this.states.get(key);
    if (state === undefined) {
      if (this.states.size >= MAXIMUM_CONVERSATIONS) {
        const [oldest] = this.states.keys();
        this.forget(oldest);
      }
      state = new ConversationState(ends.source, ends.sourcePort);
      const announced = this.announced(ends);
      if (announced !== undefined) {
        Object.assign(state, { protocol: this.idOf(announced.protocol), said: true });
        if (announced.handover !== undefined) state.memory.set(...announced.handover);
      }
    } else this.states.delete(key);
    // Taken out and put back: the order of the map is the order of last use.
    this.states.set(key, state);
    this.latest = state;
    this.latestKey = key;
    return state;
  }

  /** Begins a conversation anew: its ports are used again. */
  renew(ends: Ends): ConversationState {
    this.forget(ends.key);
    return this.of(ends);
  }

  /** Counts what a conversation keeps now, and forgets those that are idle longest when all keep too much. */
  count(state: ConversationState): void {
    const held = state.directions[0].held + state.directions[1].held;
    this.octets += held - state.counted;
    state.counted = held;
    for (const key of this.states.keys()) {
      if (this.octets <= MAXIMUM_OCTETS) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    this.octets -= this.states.get(key)?.counted ?? 0;
    this.states.delete(key);
    if (key === this.latestKey) this.latest = undefined;
  }

  /** What a protocol sees of a conversation while it dissects one packet. */
  seenFrom(ends: Ends, state: ConversationState, packet: number): Conversation {
    return new Seen(ends, state, packet, this);
  }

  /** Makes the protocol of the conversation another one, which goes before ports. */
  say(state: ConversationState, protocol: string): void {
    state.protocol = this.idOf(protocol);
    state.said = true;
  }

  expect(carrier: string, address: string, port: number, awaited: Expected): void {
    const { expected } = this;
    if (expected.size >= MAXIMUM_EXPECTED) {
      const [oldest] = expected.keys();
      expected.delete(oldest);
    }
    expected.set(`${carrier} ${address} ${port}`, awaited);
  }

  private announced({ carrier, source, sourcePort, destination, destinationPort }: Ends): Expected | undefined {
    return (
      this.expected.get(`${carrier} ${destination} ${destinationPort}`) ??
      this.expected.get(`${carrier} ${source} ${sourcePort}`)
    );
  }
}

/** 0 for the direction of the conversation's first packet. */
export function directionOf(ends: Ends, state: ConversationState): 0 | 1 {
  return ends.source === state.source && ends.sourcePort === state.sourcePort ? 0 : 1;
}

/** One packet's view of its conversation; a class, because one is made for every packet. */
class Seen implements Conversation {
  readonly direction: 0 | 1;

  constructor(
    private readonly ends: Ends,
    private readonly state: ConversationState,
    readonly packet: number,
    private readonly all: Conversations,
  ) {
    this.direction = directionOf(ends, state);
  }

  get source(): string {
    return this.ends.source;
  }

  get destination(): string {
    return this.ends.destination;
  }

  get sourcePort(): number {
    return this.ends.sourcePort;
  }

  get destinationPort(): number {
    return this.ends.destinationPort;
  }

  remember<T>(name: string, make: () => T): T {
    const { memory } = this.state;
    if (!memory.has(name)) memory.set(name, make());
    return memory.get(name) as T;
  }

  switchTo(protocol: string): void {
    this.all.say(this.state, protocol);
  }

  expect(
    carrier: 'tcp' | 'udp',
    address: string,
    port: number,
    protocol: string,
    handover?: readonly [string, unknown],
  ): void {
    this.all.expect(carrier, address, port, { protocol, handover });
  }
}
