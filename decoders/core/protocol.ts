/** One declaration a protocol: the fixed header, what varies, what carries it and what it carries. */

import type { Body } from './body.js';
import { bigEndianReader, littleEndianReader, type Reader } from './bytes.js';
import type { Conversation } from './conversation.js';
import type { Field, FieldDeclaration, NumericDeclaration } from './field.js';
import type { Registry } from './registry.js';
import type { LayerNode } from './tree.js';
import { REST, type Shortcut, type Walk } from './walk.js';

export type Declarations = Readonly<Record<string, FieldDeclaration>>;

/** `read.srcport(view, start)`: the numbers of the fixed header by the names they were declared with. */
export type Readers<H extends Declarations> = {
  readonly [K in keyof H as H[K] extends NumericDeclaration ? K : never]: Reader;
};

/** The placed fields by the names they were declared with. */
export type Fields<H extends Declarations, F extends Declarations> = {
  readonly [K in keyof H | keyof F]: Field;
};

/** A header's position in the view, while its length or its payload is being found. All offsets are octets in the view. */
export type Measure<H extends Declarations> = (
  read: Readers<H>,
  view: DataView,
  start: number,
  /** First octet that neither the capture nor an outer length lets the header have. */
  end: number,
  walk: Walk,
) => number;

/**
 * Chooses the payload's protocol: the value to look up in this protocol's own dispatch table (the field named by
 * `table`), or -1 for none.
 */
export interface Dispatch<H extends Declarations> {
  /** Name of the dispatch table, for example `ip.proto`; other protocols enter it with `carriedBy`. */
  readonly table: string;
  readonly value: Measure<H>;
}

/**
 * Chooses the payload's protocol by two ports: the lower one is asked first, for servers listen low (as Wireshark does).
 */
export interface PortDispatch<H extends Declarations> {
  readonly table: string;
  readonly ports: readonly [keyof H & string, keyof H & string];
}

/** Octets that stand before the fixed header in some carriers: DNS's length over TCP. */
export interface Lead<H extends Declarations, F extends Declarations> {
  /** Keys of `fields` that are read there, in wire order. */
  readonly fields: readonly (keyof F & string)[];
  /** How many octets there are, from `start`; -1: what follows is not this protocol after all. */
  readonly octets: Measure<H>;
}

export interface ProtocolDeclaration<H extends Declarations, F extends Declarations> {
  /** Where the octets are specified, for example `RFC 768`. */
  readonly reference: string;
  /** Dispatch tables and the values in them that lead here. */
  readonly carriedBy?: Readonly<Record<string, number | readonly number[]>>;
  /** The part that every header has, in wire order; whole octets. */
  readonly header: H;
  /** Fields of the variable part, which `body` reads. */
  readonly fields?: F;
  /** Filter names that stand for any of several fields: `{ port: ['srcport', 'dstport'] }` makes `udp.port`. */
  readonly either?: Readonly<Record<string, readonly (keyof H | keyof F)[]>>;
  /**
   * Length of the whole header in octets where it varies. Below the fixed part's length (-1, say): malformed.
   * `'all'`, or the value `REST`: everything that is left belongs to the header (a message without payload).
   */
  readonly headerLength?: Measure<H> | 'all';
  /**
   * The header field that `headerLength` goes by. When its value is too small, it is the last field that is shown:
   * what follows it cannot be trusted.
   */
  readonly lengthField?: keyof H & string;
  readonly lead?: Lead<H, F>;
  /** Offset in the view where this header says that its payload ends. Default: where the outer one says. */
  readonly payloadEnd?: Measure<H>;
  /** A header field whose value chooses the payload's protocol in the table of that field's name, or a `Dispatch`; a list is tried in order. */
  readonly next?: (keyof H & string) | Dispatch<H> | PortDispatch<H> | readonly Dispatch<H>[];
  /** The dispatch table by which it hands octets over that become layers of their own behind it (`Body.hand`). */
  readonly hands?: string;
  /** What stands between the fixed part and the header's end; also computed fields and checks. Only runs when somebody looks. */
  readonly body?: (body: Body, field: Fields<H, F>, read: Readers<H>) => void;
  /**
   * Reads what stands behind the payload and still belongs to this layer: a frame's padding. `body.start … body.end` are
   * those octets, and `body.layerStart` is the header.
   */
  readonly trailer?: (body: Body, field: Fields<H, F>, read: Readers<H>) => void;
  /** The `info` column, and the layer's one-line summary. */
  readonly info?: (layer: LayerNode, body: Body) => string;
  /** The `protocol` column; default the filter name in capitals. */
  readonly column?: string;
  /** Notes for the walkers; see `LayerRole`. */
  readonly role?: LayerRole;
  /** A quicker way through packets that begin with this layer; see `Shortcut`. */
  readonly shortcut?: ShortcutOf;
  /** Sets summary flags that need more than a field's value; runs for every packet, so it must not allocate. */
  readonly inspect?: (read: Readers<H>, view: DataView, start: number, end: number, walk: Walk) => void;
  /** The filter prefix, where it is another protocol's: DNS's length octets over TCP belong to `dns`. */
  readonly prefix?: string;
  readonly message?: MessageLength;
  readonly forgets?: Forgets<keyof F & string>;
  readonly recognises?: Readonly<Record<string, Recogniser>>;
}

/**
 * For a protocol over a byte stream (TCP): how many octets the message has that begins at `start`, so that messages that
 * span segments can be put together. 0: more octets are needed to know. -1: no message of this protocol begins here.
 * `Infinity`: it goes on until the stream ends. Looks at no more octets than it must, and allocates nothing. With a
 * conversation it may find that another protocol is spoken from here on, and say so by `switchTo`.
 */
export type MessageLength = (view: DataView, start: number, end: number, conversation?: Conversation) => number;

/** Messages of a stream that nobody need decode who does not look at them. */
export interface Forgets<K extends string = string> {
  /**
   * Whether the message at `start` leaves nothing behind: the protocol remembers nothing of it, and it changes nothing
   * for those that follow. Where `message` says -1, it is asked of all that is left.
   */
  readonly octets: (view: DataView, start: number, end: number, conversation?: Conversation) => boolean;
  /** The only fields that such messages have; absent: any. */
  readonly fields?: readonly K[];
  /** Takes note, for less than decoding it, of what later messages show of one that is not decoded. */
  readonly note?: (view: DataView, start: number, end: number, conversation: Conversation) => void;
}

/**
 * Recognises a payload by its first octets where the ports of the carrier say nothing. It runs for every such packet, so
 * it is cheap, allocates nothing, and is rarely wrong: it wants several octets to be what only this protocol has.
 * Recognisers are asked in the order of the list of protocols.
 */
export interface Recogniser {
  (view: DataView, start: number, end: number): boolean;
  /** Whether what it recognises can begin with this octet; absent: with any. */
  readonly first?: (octet: number) => boolean;
}

/** A recogniser that is asked only of payloads that begin with one of some octets: most of the work for the others. */
export function startingWith(first: (octet: number) => boolean, test: Recogniser): Recogniser {
  return Object.assign((view: DataView, start: number, end: number) => test(view, start, end), { first });
}

/**
 * What a layer means to addressing: `network` carries hosts' addresses, `transport` ports;
 * `quotes`: its payload is a copy of an earlier packet (an ICMP error), which must not speak for this one.
 */
export type LayerRole = 'link' | 'network' | 'transport' | 'quotes';

/** The shortcut of a registry; undefined when that puts other protocols into the places that it takes for granted. */
export type ShortcutOf = (registry: Registry) => Shortcut | undefined;

/** A measure of any protocol: its own readers come back to it as the first argument. */
export type AnyMeasure<R = number> = (read: AnyReaders, view: DataView, start: number, end: number, walk: Walk) => R;
/** The readers of some protocol, to be handed to its own measures only. */
export type AnyReaders = Readonly<Record<string, Reader>>;

/** A compiled protocol. The registry gives it its id. */
export interface Protocol {
  /** Filter name, for example `udp`. */
  readonly filter: string;
  readonly title: string;
  readonly column: string;
  readonly reference: string;
  readonly role: LayerRole | undefined;
  readonly carriedBy: Readonly<Record<string, number | readonly number[]>>;
  /** Placed fields of the fixed header in wire order (top level; parts are their children). */
  readonly header: readonly Field[];
  /** Placed fields of the variable part. */
  readonly variable: readonly Field[];
  readonly either: Readonly<Record<string, readonly string[]>>;
  /** Octets of the fixed part. */
  readonly fixedLength: number;
  readonly read: AnyReaders;
  readonly headerLength: AnyMeasure | undefined;
  readonly payloadEnd: AnyMeasure | undefined;
  readonly dispatch: readonly { readonly table: string; readonly value: AnyMeasure }[];
  readonly ports: { readonly table: string; readonly first: number; readonly second: number } | undefined;
  readonly hands: string | undefined;
  readonly lengthField: Field | undefined;
  readonly lead: AnyMeasure | undefined;
  readonly leadFields: readonly Field[];
  readonly trailer: ((body: Body) => void) | undefined;
  readonly shortcut: ShortcutOf | undefined;
  readonly inspect: AnyMeasure<void> | undefined;
  readonly body: ((body: Body) => void) | undefined;
  readonly info: ((layer: LayerNode, body: Body) => string) | undefined;
  readonly message: MessageLength | undefined;
  readonly forgets: Forgets | undefined;
  /** By the carrier's filter name, for example `udp`. */
  readonly recognises: Readonly<Record<string, Recogniser>>;
}

/** The reader of a placed header field (numeric kinds of at most 48 bits). */
export function readerOf(field: Field): Reader {
  const raw =
    field.littleEndian === true
      ? littleEndianReader(field.bitOffset, field.bits)
      : bigEndianReader(field.bitOffset, field.bits);
  if (field.kind === 'bool') return (view, start) => (raw(view, start) === 0 ? 0 : 1);
  if (field.kind === 'int') {
    const sign = 2 ** (field.bits - 1);
    const modulus = 2 ** field.bits;
    return (view, start) => {
      const value = raw(view, start);
      return value >= sign ? value - modulus : value;
    };
  }
  const scale = field.scale;
  return scale === undefined ? raw : (view, start) => raw(view, start) * scale;
}

/** Whether `read` can give the field's value as a number. */
export function isNumeric(field: FieldDeclaration): boolean {
  return (field.kind === 'uint' || field.kind === 'int' || field.kind === 'bool') && field.bits > 0 && field.bits <= 48;
}

/** A field that was placed before, by `sharedFields`, stays the one it is. */
function isPlaced(field: FieldDeclaration): field is Field {
  return 'children' in field;
}

/**
 * Fields of the variable part that several protocols have under the same names (the options of two IPv6 extension
 * headers), to be spread into each one's `fields`.
 */
export function sharedFields<const F extends Declarations>(
  prefix: string,
  fields: F,
): { readonly [K in keyof F]: Field } {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, place(field.filter ?? `${prefix}.${key}`, field, -1)]),
  ) as { [K in keyof F]: Field };
}

function place(name: string, declaration: FieldDeclaration, bitOffset: number): Field {
  let at = bitOffset;
  const children = Object.entries(declaration.parts ?? {}).map(([key, part]) => {
    const child = place(part.filter ?? `${name}.${key}`, part, at);
    at += bitOffset < 0 ? 0 : part.bits;
    return child;
  });
  if (children.length > 0 && children.reduce((sum, child) => sum + child.bits, 0) !== declaration.bits)
    throw new Error(`${name}: the parts' widths do not add up to ${declaration.bits} bits`);
  return { ...declaration, name, bitOffset, children };
}

/**
 * Declares a protocol. Offsets, masks, filter names and the header's size are derived from the order and widths of `header`.
 *
 * @param filter the filter name, as Wireshark has it
 * @throws Error at start-up when the fixed header is not whole octets or parts do not add up
 */
export function protocol<const H extends Declarations, const F extends Declarations = Record<never, never>>(
  filter: string,
  title: string,
  declaration: ProtocolDeclaration<H, F>,
): Protocol {
  const prefix = declaration.prefix ?? filter;
  const named = (key: string, field: FieldDeclaration) => field.filter ?? `${prefix}.${key}`;
  const placed: Record<string, Field> = {};
  const read: Record<string, Reader> = {};
  let bitOffset = 0;
  for (const [key, field] of Object.entries(declaration.header)) {
    const select = field.select;
    const instead =
      select === undefined
        ? {}
        : {
            instead: (value: number, view: DataView, start: number): Field | undefined => {
              const other = select(value, view, start);
              return other === undefined ? undefined : placed[other];
            },
          };
    const at = { ...place(named(key, field), field, bitOffset), ...instead };
    placed[key] = at;
    if (isNumeric(at)) read[key] = readerOf(at);
    bitOffset += field.bits;
  }
  if (bitOffset % 8 !== 0) throw new Error(`${filter}: the fixed header is ${bitOffset} bits, not whole octets`);
  const header = Object.values(placed);
  for (const [key, field] of Object.entries(declaration.fields ?? {})) {
    if (placed[key] !== undefined) throw new Error(`${filter}: the field "${key}" is declared twice`);
    placed[key] = isPlaced(field) ? field : place(named(key, field), field, -1);
  }
  const readers = read as Readers<H>;
  const fields = placed as Fields<H, F>;
  const { body, info, inspect, headerLength, payloadEnd, lead, trailer, lengthField } = declaration;
  return {
    filter,
    title,
    column: declaration.column ?? filter.toUpperCase(),
    reference: declaration.reference,
    role: declaration.role,
    carriedBy: declaration.carriedBy ?? {},
    header,
    variable: Object.values(placed).slice(header.length),
    either: eitherNames(prefix, declaration.either, placed),
    fixedLength: bitOffset / 8,
    read,
    headerLength:
      headerLength === undefined ? undefined : headerLength === 'all' ? () => REST : (headerLength as AnyMeasure),
    payloadEnd: payloadEnd as AnyMeasure | undefined,
    dispatch: dispatches(declaration.next, placed, read) as Protocol['dispatch'],
    ports: portDispatch(declaration.next, placed),
    hands: declaration.hands,
    lengthField: lengthField === undefined ? undefined : placed[lengthField],
    lead: lead?.octets as AnyMeasure | undefined,
    leadFields: lead?.fields.map((key) => placed[key]) ?? [],
    trailer: trailer === undefined ? undefined : (tree) => trailer(tree, fields, readers),
    shortcut: declaration.shortcut,
    inspect: inspect as AnyMeasure<void> | undefined,
    body: body === undefined ? undefined : (tree) => body(tree, fields, readers),
    info,
    message: declaration.message,
    forgets: declaration.forgets && {
      ...declaration.forgets,
      ...(declaration.forgets.fields && { fields: declaration.forgets.fields.map((key) => placed[key].name) }),
    },
    recognises: declaration.recognises ?? {},
  };
}

function eitherNames<K>(
  prefix: string,
  either: Readonly<Record<string, readonly K[]>> | undefined,
  placed: Readonly<Record<string, Field>>,
): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(either ?? {}).map(([key, members]) => [
      `${prefix}.${key}`,
      members.map((member) => placed[member as string].name),
    ]),
  );
}

function dispatches<H extends Declarations>(
  next: ProtocolDeclaration<H, Declarations>['next'],
  placed: Readonly<Record<string, Field>>,
  read: Readonly<Record<string, Reader>>,
): readonly Dispatch<H>[] {
  if (next === undefined || (typeof next === 'object' && 'ports' in next)) return [];
  if (typeof next === 'string') {
    const reader = read[next];
    const field = placed[next];
    if (reader === undefined || field === undefined) throw new Error(`next: "${next}" is not a number of the header`);
    return [{ table: field.name, value: (_read, view, start) => reader(view, start) }];
  }
  return Array.isArray(next) ? (next as readonly Dispatch<H>[]) : [next as Dispatch<H>];
}

function portDispatch<H extends Declarations>(
  next: ProtocolDeclaration<H, Declarations>['next'],
  placed: Readonly<Record<string, Field>>,
): Protocol['ports'] {
  if (typeof next !== 'object' || !('ports' in next)) return undefined;
  const [first, second] = next.ports.map((key) => placed[key]);
  if (first.bits !== 16 || second.bits !== 16) throw new Error(`next: ${next.table} needs two 16-bit ports`);
  return { table: next.table, first: first.bitOffset / 8, second: second.bitOffset / 8 };
}
