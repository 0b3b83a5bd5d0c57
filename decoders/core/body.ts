/** Reads a header into nodes of the detail tree: a cursor whose every read is checked. */

import { readBits } from './bytes.js';
import type { Carried, Content, Listed } from './contents.js';
import type { Conversation, TransportNotes } from './conversation.js';
import type { Field, FieldDeclaration } from './field.js';
import { displayOf, textOf, valueAt, variableValue } from './field-values.js';
import { hexText } from './format.js';
import { LazyNode } from './lazy-node.js';
import type { Problem } from './problem.js';
import type { FieldNode, FieldValue, TreeSource } from './tree.js';
import type { Walk } from './walk.js';

/** Nodes that one packet's tree may have; more is a malformed packet's doing and is cut off with a problem. */
export const MAXIMUM_NODES = 20000;

/** Thrown by a read past the end and caught by `dissect`: what was read so far stays. It never leaves the decoder. */
export const STOP: unique symbol = Symbol('stop');

/** Everything of one packet's dissection that its layers share. */
export interface Dissection {
  readonly view: DataView;
  readonly walk: Walk;
  readonly problems: Problem[];
  nodes: number;
  /** Filter name of the protocol at a depth of the walk. */
  protocolAt(depth: number): string;
  /** What is known from earlier packets; undefined when packets are looked at one by one. */
  readonly conversation?: Conversation | undefined;
  /** What is known from them of the packet's transports, outermost first. */
  readonly notes?: readonly TransportNotes[] | undefined;
  /** Whether nobody looks at more of the tree than at some fields' values: the others' are not written down, nor summaries. */
  readonly lean?: boolean;
  /** What the layers that were read last have handed over, and nobody has taken yet. */
  contents?: Content[] | undefined;
  /** What a layer that was handed over is said to be. */
  readonly carried?: Carried | undefined;
  /** How often octets were handed on. */
  readonly nesting?: number;
  /** Octets that stand nowhere in the packet are added here; absent: they are not shown. */
  readonly sources?: TreeSource[] | undefined;
  /** Whether somebody looks at octets of the protocol with this registry id that were handed over; absent: at all. */
  readonly wants?: ((id: number, view: DataView, start: number, end: number) => boolean) | undefined;
  /** The list's columns so far; what was handed over adds to them. */
  listed?: Listed | undefined;
}

export class Body {
  /** Where the next field will be read: octets in the view. */
  position: number;
  /** Set once it is said that the rest of this layer is in other packets: reading past the end is then no problem of its own. */
  incomplete = false;
  /** The list's `protocol` column where it is not the one that the protocol declares: a version, a form. */
  column: string | undefined;
  private limit: number;
  private nodes: FieldNode[];
  private label: string | undefined;

  constructor(
    readonly dissection: Dissection,
    /** Depth of this layer in the walk. */
    readonly depth: number,
    readonly protocol: string,
    /** First octet of the header. */
    readonly start: number,
    end: number,
    root: FieldNode[],
  ) {
    this.position = start;
    this.limit = end;
    this.nodes = root;
  }

  /** First octet after the header, or after what there is of it; inside `within`, after the part that is being read. */
  get end(): number {
    return this.limit;
  }

  get view(): DataView {
    return this.dissection.view;
  }

  get walk(): Walk {
    return this.dissection.walk;
  }

  /** Octets that are left of the header. */
  get remaining(): number {
    return this.end - this.position;
  }

  /** First octet of the layer's fixed header, which is `start` but for a trailer. */
  get layerStart(): number {
    return this.walk.start[this.depth];
  }

  /** Filter name of the layer that carries this one; the empty string for the outermost. */
  get carrier(): string {
    return this.depth === 0 ? '' : this.dissection.protocolAt(this.depth - 1);
  }

  /** Whether this layer is only quoted by an ICMP error. */
  get quoted(): boolean {
    return this.walk.quotedFrom <= this.depth;
  }

  /** Stops reading this layer when fewer than `octets` are left, with a problem that says so. */
  need(octets: number, what: string): void {
    if (this.remaining >= octets && octets >= 0) return;
    if (this.incomplete) throw STOP;
    const cut = this.end === this.walk.capturedEnd && (this.walk.end[this.depth] ?? 0) > this.walk.capturedEnd;
    this.report(
      cut ? 'truncated' : 'malformed',
      `${what} needs ${octets} octets, but ${cut ? 'the capture kept only' : 'there are only'} ${Math.max(0, this.remaining)}`,
      { needed: octets, available: Math.max(0, this.remaining), limitedBy: cut ? 'capture' : this.protocol },
    );
    throw STOP;
  }

  /** Notes a problem at the current position; reading goes on. */
  report(kind: Problem['kind'], message: string, more: Partial<Problem> = {}): void {
    // What an ICMP error quotes is cut by design (RFC 792: header + 64 bits), not a fault of this packet.
    if (this.quoted) return;
    this.dissection.problems.push({
      layer: this.protocol,
      kind,
      at: this.position - this.walk.packetStart,
      message,
      ...more,
    });
  }

  /** Notes a problem and stops reading this layer. */
  fail(message: string): never {
    this.report('malformed', message);
    throw STOP;
  }

  /** The octet `ahead` octets further on, without reading it; stops the layer when there is none. */
  peek8(ahead = 0): number {
    this.need(ahead + 1, 'the next octet');
    return this.view.getUint8(this.position + ahead);
  }

  peek16(ahead = 0): number {
    this.need(ahead + 2, 'the next two octets');
    return this.view.getUint16(this.position + ahead);
  }

  /** Reads a numeric field of at most 48 bits that starts on an octet, and moves past it. */
  number(field: Field): number {
    const size = Math.ceil(field.bits / 8);
    this.need(size, field.title);
    const at = this.position;
    const base = at * 8;
    const node = this.fixed(field, at, base);
    this.add(field, node);
    this.position = at + size;
    return Number(node.value);
  }

  /** Reads a field of any kind and moves past it. `length` in octets where the field does not fix it. */
  take(field: Field, length = Math.ceil(field.bits / 8)): FieldNode {
    this.need(length, field.title);
    const at = this.position;
    const node =
      field.bits > 0 && length * 8 === field.bits ? this.fixed(field, at, at * 8) : this.variable(field, at, length);
    this.add(field, node);
    this.position = at + length;
    return node;
  }

  /** Adds a field of a few bits at an absolute bit position of the view; the caller moves `position` past its octets. */
  bitsAt(field: Field, bit: number): number {
    const last = Math.ceil((bit + field.bits) / 8);
    this.need(last - this.position, field.title);
    const node = this.fixed(field, bit >> 3, bit);
    this.add(field, node);
    return Number(node.value);
  }

  /** Reads text of `length` octets and returns it. */
  text(field: Field, length: number): string {
    return this.take(field, length).display;
  }

  /** Adds a value that was computed, or read by other means, at a place of the packet. Offsets are octets in the view. */
  derived(field: Field, value: FieldValue, display?: string, at = this.position, length = 0): FieldNode {
    const lean = this.dissection.lean === true;
    const node: FieldNode = {
      name: field.name,
      title: field.title,
      value,
      display: display ?? (lean ? '' : displayOf(field, value)),
      text: lean ? '' : textOf(field, value),
      offset: at - this.walk.packetStart,
      length,
      generated: true,
    };
    this.push(node);
    return node;
  }

  /** Adds the payload, from the header's end to `end`, as a field of this layer; other layers describe the same octets. */
  behind(field: Field, end: number): void {
    const at = this.end;
    this.derived(field, hexText(this.view, at, end - at), undefined, at, end - at);
  }

  /** A value that stands on the wire at [at, at + length) in a form that only the protocol knows (a DNS name). */
  found(field: Field, value: FieldValue, at: number, length: number, display?: string): FieldNode {
    const lean = this.dissection.lean === true;
    const node: FieldNode = {
      name: field.name,
      title: field.title,
      value,
      display: display ?? (lean ? '' : displayOf(field, value)),
      text: lean ? '' : textOf(field, value),
      offset: at - this.walk.packetStart,
      length,
    };
    this.push(node);
    return node;
  }

  /**
   * Reads fields under a heading; `inside` may set the heading's text with `describe`. A heading that is declared as
   * `bytes` has the octets that were read as its value.
   *
   * @param length octets that the group has in any case; what of them is not read becomes a gap in it
   */
  group(field: Field, inside: () => void, length = 0): void {
    const start = this.position;
    const node: { -readonly [K in keyof FieldNode]: FieldNode[K] } = {
      name: field.name,
      title: field.title,
      value: null,
      display: '',
      // What `-T fields` prints of a heading that is there.
      text: '1',
      offset: start - this.walk.packetStart,
      length: 0,
      fields: [],
    };
    this.push(node);
    const outer = this.nodes;
    const outerLabel = this.label;
    this.nodes = node.fields!;
    this.label = undefined;
    try {
      inside();
    } finally {
      this.nodes = outer;
      node.display = this.label ?? '';
      this.label = outerLabel;
      const end = Math.max(this.position, Math.min(start + length, this.limit));
      node.length = end - start;
      if (this.position < end) {
        if (this.dissection.lean !== true)
          node.fields!.push(gapNode(this.view, this.walk.packetStart, this.position, end));
        this.position = end;
      }
      if (field.kind === 'bytes') {
        node.value = node.text = hexText(this.view, start, node.length);
        if (node.display === '') node.display = node.text;
      }
    }
  }

  /** Reads a field of a fixed width, and what `inside` reads behind it as its parts: an option under its type. */
  headed(field: Field, inside: (value: number) => void): void {
    const size = Math.ceil(field.bits / 8);
    this.need(size, field.title);
    const start = this.position;
    const node = this.fixed(field, start, start * 8);
    this.position = start + size;
    this.nest(node, () => inside(Number(node.value)));
    node.length = this.position - start;
  }

  /** Reads a field of `length` octets, and the same octets once more with `inside`, as its parts: a line of text. */
  over(field: Field, length: number, inside: () => void): void {
    this.need(length, field.title);
    const end = this.position + length;
    this.nest(this.variable(field, this.position, length), () => this.within(end, inside));
    this.position = end;
  }

  /** Reads fields under a heading whose value the decoder makes: an option under its name. */
  titled(field: Field, value: FieldValue, inside: () => void): void {
    const at = this.position - this.walk.packetStart;
    const display = displayOf(field, value);
    const text = textOf(field, value);
    this.nest({ name: field.name, title: field.title, value, display, text, offset: at, length: 0 }, inside);
  }

  /** Adds a node, and below it the nodes that `inside` adds; `describe` sets its text. */
  private nest(node: FieldNode, inside: () => void): void {
    this.push(node);
    const outer = this.nodes;
    const outerLabel = this.label;
    const start = node.offset + this.walk.packetStart;
    node.fields ??= [];
    this.nodes = node.fields;
    this.label = undefined;
    try {
      inside();
    } finally {
      this.nodes = outer;
      if (this.label !== undefined) node.display = this.label;
      this.label = outerLabel;
      // What stops in the middle has read that much all the same.
      node.length = Math.max(node.length, this.position - start);
    }
  }

  /** Reads a part that ends at `end`, octets in the view: an option, a resource record. */
  within(end: number, inside: () => void): void {
    const outer = this.limit;
    this.limit = end < outer ? end : outer;
    try {
      inside();
    } finally {
      this.limit = outer;
    }
  }

  /**
   * Hands octets over that become a layer of their own behind this one: [start, end) of the view, or all of `octets`,
   * which stand nowhere in the packet.
   *
   * @param value chooses the protocol in the table that this one `hands` by
   */
  hand(
    table: string,
    value: number,
    carried: Carried,
    place: Uint8Array<ArrayBuffer> | readonly [number, number],
  ): void {
    if (this.quoted) return;
    this.dissection.contents ??= [];
    this.dissection.contents.push(
      place instanceof Uint8Array
        ? { table, value, carried, start: 0, end: place.length, octets: place }
        : { table, value, carried, start: place[0], end: place[1], octets: undefined },
    );
  }

  /** Adds to what the list shows of the packet: behind the carrier's protocol, with a slash, and behind its info. */
  lists(protocol: string, info: string): void {
    const { listed } = this.dissection;
    if (listed === undefined) return;
    const name = protocol === '' ? listed.protocol : `${listed.protocol}/${protocol}`;
    this.dissection.listed = { protocol: name, info: `${listed.info}${info}` };
  }

  /** Sets the text of the heading that is being read. */
  describe(label: string): void {
    this.label = label;
  }

  /** Reads nothing but moves on; the octets become a gap. */
  skip(octets: number): void {
    this.need(octets, 'skipped octets');
    const end = this.position + octets;
    if (octets > 0) this.push(this.gap(end));
    this.position = end;
  }

  private gap(end: number): FieldNode {
    const { view, position } = this;
    const { packetStart } = this.walk;
    if (this.dissection.lean === true) return LazyNode.variable(GAP, view, position, end - position, packetStart);
    return gapNode(view, packetStart, position, end);
  }

  /** Shows another value for a field that was read already: what the octets say is not what they stand for. */
  amend(field: Field, value: FieldValue, display?: string): void {
    const index = this.nodes.findIndex((node) => node.name === field.name);
    if (index < 0) return;
    const node = {
      ...this.nodes[index],
      value,
      display: display ?? displayOf(field, value),
      text: textOf(field, value),
    };
    this.nodes[index] = node;
  }

  /**
   * Adds the header's fixed fields; stops at the first that is cut.
   *
   * @param through the last one to add; default all
   */
  header(fields: readonly Field[], through?: Field): void {
    for (const declared of fields) {
      const field = this.meant(declared);
      const last = this.start + Math.ceil((field.bitOffset + field.bits) / 8);
      this.position = this.start + (field.bitOffset >> 3);
      if (last > this.end) this.need(last - this.position, field.title);
      this.add(field, this.fixed(field, this.start + (field.bitOffset >> 3), this.start * 8 + field.bitOffset));
      this.position = last;
      if (declared === through) return;
    }
  }

  /** The field that the octets of a header's field really are (`select`). */
  private meant(field: Field): Field {
    const at = this.start + (field.bitOffset >> 3);
    if (field.instead === undefined || at + Math.ceil(field.bits / 8) > this.end) return field;
    const value = readBits(this.view, at * 8 + (field.bitOffset & 7), field.bits);
    const other = field.instead(value, this.view, this.start);
    return other === undefined ? field : { ...other, bitOffset: field.bitOffset };
  }

  /** Adds a field's node, or its parts' where it has no name of its own. */
  private add(field: FieldDeclaration, node: FieldNode): void {
    if (field.bare !== true) this.push(node);
    else for (const part of node.fields ?? []) this.push(part);
  }

  /** Adds nodes that another body read: what stands in octets from which protection was removed. */
  adopt(nodes: readonly FieldNode[]): void {
    for (const node of nodes) this.push(node);
  }

  private push(node: FieldNode): void {
    if (++this.dissection.nodes > MAXIMUM_NODES) {
      if (this.dissection.nodes === MAXIMUM_NODES + 1)
        this.report('malformed', `the packet has more than ${MAXIMUM_NODES} fields; the rest is not shown`);
      throw STOP;
    }
    this.nodes.push(node);
  }

  /** A node for a field whose width is declared, at an absolute bit position of the view. */
  private fixed(field: Field, at: number, bit: number): FieldNode {
    if (this.dissection.lean === true) {
      const node = LazyNode.fixed(field, this.view, at, bit, this.walk.packetStart);
      if (field.children.length > 0) node.fields = this.parts(field, bit, Number(node.value));
      return node;
    }
    const value = valueAt(field, this.view, at, bit - at * 8);
    const whole = (bit & 7) === 0 && (field.bits & 7) === 0;
    const fields = field.children.length === 0 ? undefined : this.parts(field, bit, Number(value));
    const node: { -readonly [K in keyof FieldNode]: FieldNode[K] } = {
      name: field.name,
      title: field.title,
      value,
      display: displayOf(field, value),
      text: textOf(field, value),
      offset: Math.floor(bit / 8) - this.walk.packetStart,
      length: ((bit & 7) + field.bits + 7) >> 3,
    };
    if (!whole) {
      node.bitOffset = bit - this.walk.packetStart * 8;
      node.bitLength = field.bits;
    }
    if (fields !== undefined) node.fields = fields;
    return node;
  }

  private parts(field: Field, bit: number, whole: number): FieldNode[] {
    let at = bit;
    const nodes: FieldNode[] = [];
    for (const child of field.children) {
      if (child.when === undefined || child.when(whole)) nodes.push(this.fixed(child, at >> 3, at));
      at += child.bits;
    }
    return nodes;
  }

  private variable(field: Field, at: number, length: number): FieldNode {
    if (this.dissection.lean === true) return LazyNode.variable(field, this.view, at, length, this.walk.packetStart);
    const value = variableValue(field, this.view, at, length);
    return {
      name: field.name,
      title: field.title,
      value,
      display: displayOf(field, value),
      text: textOf(field, value),
      offset: at - this.walk.packetStart,
      length,
    };
  }
}

const GAP: Field = {
  name: 'gap',
  title: 'Octets that no field describes',
  kind: 'bytes',
  bits: 0,
  bitOffset: -1,
  children: [],
};

/** Octets [from, to) of the view that no field describes. */
export function gapNode(view: DataView, packetStart: number, from: number, to: number): FieldNode {
  const { name, title } = GAP;
  const hex = hexText(view, from, to - from);
  return { name, title, value: hex, display: hex, text: hex, offset: from - packetStart, length: to - from };
}
