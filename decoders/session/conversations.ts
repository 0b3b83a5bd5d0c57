/** The conversations that a session knows: their streams, what protocols remember, what others announced. */

import type { Conversation } from '../core/conversation.js';
import type { Registry } from '../core/registry.js';
import type { Secrets } from '../core/secrets.js';
import { ByteStream } from './byte-stream.js';
import { presumedTitle } from './inside.js';
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
  /** The conversation that is hidden in this one, once something of it was decrypted. */
  inside: ConversationState | undefined;
  /** Octets that a protocol says it remembers of an unfinished message. */
  kept = 0;
  /** Octets that it kept when they were counted last. */
  counted = 0;
  /** Those that were asked for before and after it; among its kind, in `Conversations`. */
  older: ConversationState | undefined;
  newer: ConversationState | undefined;
  /** By which `Conversations` knows it. */
  key = '';

  constructor(
    readonly source: string,
    readonly sourcePort: number,
  ) {}
}

/** A packet's number and time, as `Conversation` has them. */
export interface Moment {
  readonly number: number;
  readonly timeHigh: number;
  readonly timeLow: number;
}

/** What a conversation that was announced will be. */
interface Expected {
  readonly protocol: string;
  readonly handover: readonly [string, unknown] | undefined;
}

/** How what is hidden in conversations comes to light. */
export interface Hidden {
  readonly secrets: Secrets;
  /**
   * Chooses the protocol of what was hidden, unless it is known already.
   *
   * @returns its title; undefined when it stays unknown
   */
  choose(
    inside: ConversationState,
    ends: Ends,
    octets: Uint8Array,
    application: string | undefined,
  ): string | undefined;
}

export class Conversations {
  private readonly states = new Map<string, ConversationState>();
  private readonly expected = new Map<string, Expected>();
  private octets = 0;
  /** A list in the order in which they were asked for last: taking a key out of the map and putting it back costs more. */
  private oldest: ConversationState | undefined;
  private latest: ConversationState | undefined;

  /**
   * @param hidden what is to be decrypted with, if anything is
   */
  constructor(
    readonly registry: Registry,
    private readonly hidden?: Hidden,
  ) {}

  /** The conversation of a packet, made when it is new. */
  of(ends: Ends): ConversationState {
    const { key } = ends;
    if (this.latest?.key === key) return this.latest;
    let state = this.states.get(key);
    if (state === undefined) {
      if (this.states.size >= MAXIMUM_CONVERSATIONS && this.oldest !== undefined) this.forget(this.oldest);
      state = new ConversationState(ends.source, ends.sourcePort);
      const announced = this.announced(ends);
      if (announced !== undefined) {
        Object.assign(state, { protocol: this.registry.idOf(announced.protocol), said: true });
        if (announced.handover !== undefined) state.memory.set(...announced.handover);
      }
      state.key = key;
      this.states.set(key, state);
    } else this.unlink(state);
    state.older = this.latest;
    if (this.latest === undefined) this.oldest = state;
    else this.latest.newer = state;
    this.latest = state;
    return state;
  }

  /** Begins a conversation anew: its ports are used again. */
  renew(ends: Ends): ConversationState {
    const known = this.states.get(ends.key);
    if (known !== undefined) this.forget(known);
    return this.of(ends);
  }

  /** Counts what a conversation keeps now, and forgets those that are idle longest when all keep too much. */
  count(state: ConversationState): void {
    let held = state.kept + state.directions[0].held + state.directions[1].held;
    const { inside } = state;
    if (inside !== undefined) held += inside.kept + inside.directions[0].held + inside.directions[1].held;
    this.octets += held - state.counted;
    state.counted = held;
    while (this.octets > MAXIMUM_OCTETS && this.oldest !== undefined) this.forget(this.oldest);
  }

  private forget(state: ConversationState): void {
    this.octets -= state.counted;
    this.states.delete(state.key);
    this.unlink(state);
  }

  private unlink(state: ConversationState): void {
    const { older, newer } = state;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.latest = older;
    else newer.older = older;
    state.older = state.newer = undefined;
  }

  /** What a protocol sees of a conversation while it dissects one packet. */
  seenFrom(ends: Ends, state: ConversationState, packet: Moment): Seen {
    return new Seen(ends, state, packet, this, this.hidden, false);
  }

  /** The same of the one that is hidden in it, in which nothing is decrypted again. */
  seenInside(ends: Ends, inside: ConversationState, packet: Moment): Seen {
    return new Seen(ends, inside, packet, this, undefined, true);
  }

  /** Makes the protocol of the conversation another one, which goes before ports. */
  say(state: ConversationState, protocol: string): void {
    state.protocol = this.registry.idOf(protocol);
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

/** Octets that one layer presents for another. */
export interface Part {
  readonly name: string;
  /** Filter name. */
  readonly protocol: string;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly presented: unknown;
}

const NO_PARTS: readonly Part[] = [];
const NOTHING: readonly Uint8Array<ArrayBuffer>[] = [];

/** One packet's view of its conversation; a class, because one is made for every packet. */
export class Seen implements Conversation {
  readonly direction: 0 | 1;
  /** What was revealed since it was taken last. */
  private revealed: Uint8Array<ArrayBuffer>[] | undefined;
  private parts: Part[] | undefined;
  unseen = false;
  /** What came with the octets that are being shown. */
  presented: unknown;

  constructor(
    readonly ends: Ends,
    readonly state: ConversationState,
    private readonly moment: Moment,
    private readonly all: Conversations,
    private readonly hidden: Hidden | undefined,
    readonly secure: boolean,
  ) {
    this.direction = directionOf(ends, state);
  }

  get packet(): number {
    return this.moment.number;
  }

  get timeHigh(): number {
    return this.moment.timeHigh;
  }

  get timeLow(): number {
    return this.moment.timeLow;
  }

  get secrets(): Secrets | undefined {
    return this.hidden?.secrets;
  }

  /** The conversation that is hidden in this one, as this packet sees it. */
  get inside(): Seen | undefined {
    const { inside } = this.state;
    return inside && this.all.seenInside(this.ends, inside, this.moment);
  }

  /** The direction that this packet goes in. */
  get half(): Direction {
    return this.state.directions[this.direction];
  }

  reveal(octets: Uint8Array<ArrayBuffer>, application: string | undefined): string | undefined {
    const { state, ends, hidden } = this;
    if (hidden === undefined || octets.length === 0) return undefined;
    state.inside ??= new ConversationState(state.source, state.sourcePort);
    this.revealed ??= [];
    this.revealed.push(octets);
    return hidden.choose(state.inside, ends, octets, application);
  }

  presumed(): string | undefined {
    return presumedTitle(this.all.registry, this.ends);
  }

  present(name: string, protocol: string, octets: Uint8Array<ArrayBuffer>, presented: unknown): void {
    this.parts ??= [];
    this.parts.push({ name, protocol, octets, presented });
  }

  /** What was presented, in order; it is forgotten here. */
  takeParts(): readonly Part[] {
    const taken = this.parts ?? NO_PARTS;
    this.parts = undefined;
    return taken;
  }

  /** What was revealed, in order; it is forgotten here. */
  takeRevealed(): readonly Uint8Array<ArrayBuffer>[] {
    const taken = this.revealed ?? NOTHING;
    this.revealed = undefined;
    return taken;
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

  keeps(more: number): void {
    this.state.kept += more;
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
