/** All protocols together: ids, dispatch tables, and the vocabulary of filter names. */

import type { Reader } from './bytes.js';
import type { Field } from './field.js';
import { type AnyMeasure, type AnyReaders, isNumeric, type Protocol, type Recogniser, readerOf } from './protocol.js';
import { compileFill, type Fill } from './summarize.js';
import type { Shortcut } from './walk.js';

/** What the walk needs of a protocol, in one object of one shape. */
export interface Runtime {
  readonly id: number;
  readonly protocol: Protocol;
  readonly fixedLength: number;
  readonly headerLength: Protocol['headerLength'];
  readonly payloadEnd: Protocol['payloadEnd'];
  readonly inspect: Protocol['inspect'];
  readonly lead: Protocol['lead'];
  readonly isNetwork: boolean;
  /** Whether `fill` writes the two addresses. */
  readonly hasAddresses: boolean;
  /** The IP protocol number of a transport, 0 for every other layer. */
  readonly ipProtocol: number;
  readonly quotes: boolean;
  /** The registry id of the payload's protocol; 0 when nobody claims it. */
  readonly next: AnyMeasure;
  readonly read: AnyReaders;
  /** A quicker way through packets that begin with this layer. */
  readonly shortcut: Shortcut | undefined;
  /** Writes the header's columns; undefined when it has none. */
  readonly fill: Fill | undefined;
  /** Octets of the header that `fill` reads. */
  readonly fillLength: number;
  /** Whether the columns' fields stand before the header's length, so that they are good even where it is not. */
  readonly fillAlways: boolean;
}

/** A field with what the filter language and the field reference need to know of it. */
export interface RegisteredField extends Field {
  readonly protocol: Protocol;
  readonly protocolId: number;
  /**
   * Ids of all the protocols that have this field, `protocolId` first: multicast DNS has DNS's fields, and two
   * IPv6 extension headers share the fields of their options.
   */
  readonly protocolIds: readonly number[];
  /** Reads the number from the header's start; undefined for addresses, octets and fields of the variable part, and for one whose octets can be another field (`eth.type`). */
  readonly read: Reader | undefined;
}

/** What a person says that a table's value leads to, whatever the protocols claim (tshark's `-d`). */
export interface DecodeAs {
  /** Name of the dispatch table, for example `tcp.port`. */
  readonly table: string;
  readonly value: number;
  /** Filter name. */
  readonly protocol: string;
}

const DENSE = 65536;

export class Registry {
  private readonly runtimes: Runtime[] = [];
  private readonly byFilter = new Map<string, number>();
  private readonly tables = new Map<string, { dense: Uint16Array; sparse: Map<number, number> }>();
  private readonly fieldsByName = new Map<string, RegisteredField>();
  private readonly eitherNames = new Map<string, readonly RegisteredField[]>();
  private readonly linkTypes: Uint16Array;
  private readonly recognisers: (readonly { readonly id: number; readonly test: Recogniser }[])[] = [];
  private readonly portLookUps = new Map<string, (a: number, b: number) => number>();

  /**
   * @param given the explicit list; ids are 1, 2, 3, … in its order
   * @param decodeAs what goes before the protocols' own claims, for tables and protocols that there are
   * @throws Error at start-up when two protocols claim one value, one name, or one field name
   */
  constructor(
    private readonly given: readonly Protocol[],
    private readonly decodeAs: readonly DecodeAs[] = [],
  ) {
    const protocols = given;
    for (const [index, protocol] of protocols.entries()) this.enter(protocol, index + 1);
    for (const { table, value, protocol } of decodeAs) {
      const { dense, sparse } = this.table(table);
      if (value < DENSE) dense[value] = this.idOf(protocol);
      else sparse.set(value, this.idOf(protocol));
    }
    this.linkTypes = this.table('linktype').dense;
    protocols.forEach((protocol, index) => {
      const id = index + 1;
      this.runtimes[id] = {
        id,
        protocol,
        fixedLength: protocol.fixedLength,
        headerLength: protocol.headerLength,
        payloadEnd: protocol.payloadEnd,
        inspect: protocol.inspect,
        isNetwork: protocol.role === 'network',
        hasAddresses: protocol.header.some((field) => field.column === 'source'),
        ipProtocol: ipProtocolOf(protocol),
        lead: protocol.lead,
        quotes: protocol.role === 'quotes',
        next: this.nextOf(protocol, id),
        read: protocol.read,
        shortcut: undefined,
        fill: compileFill(protocol),
        ...fillRange(protocol),
      };
      this.enterFields(protocol, id);
    });
    // It asks where things lead, which is known now.
    for (const runtime of this.runtimes.slice(1))
      if (runtime.protocol.shortcut !== undefined)
        this.runtimes[runtime.id] = { ...runtime, shortcut: runtime.protocol.shortcut(this) };
  }

  /** Registry id of the protocol that a LINKTYPE_ value names, 0 when unknown. */
  linkLayer(linkType: number): number {
    return linkType < DENSE && linkType >= 0 ? this.linkTypes[linkType] : 0;
  }

  runtime(id: number): Runtime {
    return this.runtimes[id];
  }

  get protocols(): readonly Protocol[] {
    return this.runtimes.slice(1).map((runtime) => runtime.protocol);
  }

  /** The same protocols, of which some are found elsewhere. */
  with(decodeAs: readonly DecodeAs[]): Registry {
    return new Registry(this.given, [...this.decodeAs, ...decodeAs]);
  }

  /** Registry id of the protocol that a value leads to in a table (`ip.proto`); 0 when none. */
  byValue(table: string, value: number): number {
    const found = this.tables.get(table);
    return found === undefined ? 0 : value < DENSE ? found.dense[value] : (found.sparse.get(value) ?? 0);
  }

  /** Whether some protocol looks its payload up in a table of that name. */
  hasTable(name: string): boolean {
    return this.given.some(
      ({ dispatch, ports }) => ports?.table === name || dispatch.some(({ table }) => table === name),
    );
  }

  /** Registry id of the protocol that two ports lead to, the lower one first (`tcp.port`, `udp.port`); 0 when none. */
  byPorts(table: string, a: number, b: number): number {
    return this.portLookUp(table)(a, b);
  }

  /**
   * Registry id of the protocol that the octets behind a transport's header look like; 0 when of none.
   *
   * @param carrier registry id of the transport
   * @param except registry id of one that said they are none of its own
   */
  recognise(carrier: number, except: number, view: DataView, start: number, end: number): number {
    const recognisers = this.recognisers[carrier];
    if (recognisers !== undefined)
      for (let i = 0; i < recognisers.length; i++)
        if (recognisers[i].id !== except && recognisers[i].test(view, start, end)) return recognisers[i].id;
    return 0;
  }

  /** Registry id of a protocol by its filter name, 0 when there is none. */
  idOf(filter: string): number {
    return this.byFilter.get(filter) ?? 0;
  }

  field(name: string): RegisteredField | undefined {
    return this.fieldsByName.get(name);
  }

  /** The fields that an either-name (`tcp.port`, `ip.addr`) stands for; undefined when it is none. */
  either(name: string): readonly RegisteredField[] | undefined {
    return this.eitherNames.get(name);
  }

  fields(): Iterable<RegisteredField> {
    return this.fieldsByName.values();
  }

  eithers(): Iterable<[string, readonly RegisteredField[]]> {
    return this.eitherNames.entries();
  }

  private enter(protocol: Protocol, id: number): void {
    if (this.byFilter.has(protocol.filter)) throw new Error(`two protocols are named ${protocol.filter}`);
    this.byFilter.set(protocol.filter, id);
    for (const [name, values] of Object.entries(protocol.carriedBy)) {
      const table = this.table(name);
      for (const value of typeof values === 'number' ? [values] : values) {
        const taken = value < DENSE ? table.dense[value] : (table.sparse.get(value) ?? 0);
        if (taken !== 0) throw new Error(`${protocol.filter}: ${name} ${value} is claimed by another protocol already`);
        if (value < DENSE) table.dense[value] = id;
        else table.sparse.set(value, id);
      }
    }
  }

  private table(name: string): { dense: Uint16Array; sparse: Map<number, number> } {
    let table = this.tables.get(name);
    if (table === undefined) {
      table = { dense: new Uint16Array(DENSE), sparse: new Map() };
      this.tables.set(name, table);
    }
    return table;
  }

  private nextOf(protocol: Protocol, id: number): Runtime['next'] {
    if (protocol.ports !== undefined) {
      const recognisers = this.recognisersOver(protocol.filter);
      this.recognisers[id] = recognisers;
      return this.nextByPorts(protocol.ports, recognisers);
    }
    const steps = protocol.dispatch.map(({ table, value }) => ({ ...this.table(table), value }));
    if (steps.length === 0) return () => 0;
    if (steps.length === 1) {
      const { dense, sparse, value } = steps[0];
      return (read, view, start, end, walk) => {
        const key = value(read, view, start, end, walk);
        return key >= DENSE ? (sparse.get(key) ?? 0) : key < 0 ? 0 : dense[key];
      };
    }
    return (read, view, start, end, walk) => {
      for (let i = 0; i < steps.length; i++) {
        const step = steps[i];
        const key = step.value(read, view, start, end, walk);
        const id = key >= DENSE ? (step.sparse.get(key) ?? 0) : key < 0 ? 0 : step.dense[key];
        if (id !== 0) return id;
      }
      return 0;
    };
  }

  private nextByPorts(
    { table, first, second }: NonNullable<Protocol['ports']>,
    recognisers: readonly { readonly id: number; readonly test: Recogniser }[],
  ): Runtime['next'] {
    const ofPorts = this.portLookUp(table);
    const byFirst = Array.from({ length: 256 }, (_, octet) =>
      recognisers.filter(({ test }) => test.first === undefined || test.first(octet)),
    );
    return (_read, view, start, end, walk) => {
      const known = ofPorts(view.getUint16(start + first), view.getUint16(start + second));
      if (known !== 0) return known;
      const payload = walk.headerEnd[walk.depth - 1];
      const limit = end < walk.capturedEnd ? end : walk.capturedEnd;
      const possible = payload < limit ? byFirst[view.getUint8(payload)] : recognisers;
      for (let i = 0; i < possible.length; i++) if (possible[i].test(view, payload, limit)) return possible[i].id;
      return 0;
    };
  }

  private portLookUp(table: string): (a: number, b: number) => number {
    const made = this.portLookUps.get(table);
    if (made !== undefined) return made;
    const { dense } = this.table(table);
    const said = new Uint8Array(DENSE);
    for (const entry of this.decodeAs) if (entry.table === table && entry.value < DENSE) said[entry.value] = 1;
    const lookUp = (a: number, b: number): number => {
      if (said[a] !== said[b]) return dense[said[a] === 1 ? a : b];
      return dense[a < b ? a : b] || dense[a < b ? b : a];
    };
    this.portLookUps.set(table, lookUp);
    return lookUp;
  }

  private recognisersOver(carrier: string): { id: number; test: Recogniser }[] {
    const found: { id: number; test: Recogniser }[] = [];
    this.given.forEach((protocol, index) => {
      const test = protocol.recognises[carrier];
      if (test !== undefined) found.push({ id: index + 1, test });
    });
    return found;
  }

  private enterFields(protocol: Protocol, protocolId: number): void {
    const add = (field: Field): void => {
      if (field.bare === true) {
        field.children.forEach(add);
        return;
      }
      const known = this.fieldsByName.get(field.name);
      if (known !== undefined) {
        const same =
          known.kind === field.kind &&
          known.bits === field.bits &&
          known.bitOffset === (isConditional(field) ? -1 : field.bitOffset);
        if (!same) throw new Error(`two fields are named ${field.name}`);
        if (!known.protocolIds.includes(protocolId))
          this.fieldsByName.set(field.name, { ...known, protocolIds: [...known.protocolIds, protocolId] });
        field.children.forEach(add);
        return;
      }
      const readable = field.bitOffset >= 0 && isNumeric(field) && !isConditional(field);
      this.fieldsByName.set(field.name, {
        ...field,
        ...(isConditional(field) ? { bitOffset: -1 } : {}),
        protocol,
        protocolId,
        protocolIds: [protocolId],
        read: readable ? readerOf(field) : undefined,
      });
      field.children.forEach(add);
    };
    protocol.header.forEach(add);
    protocol.variable.forEach(add);
    for (const [name, members] of Object.entries(protocol.either)) {
      if (this.fieldsByName.has(name) || this.eitherNames.has(name)) throw new Error(`two fields are named ${name}`);
      this.eitherNames.set(
        name,
        members.map((member) => this.fieldsByName.get(member)!),
      );
    }
  }
}

/** Whether the field's octets can be something else, so that only the tree knows. */
function isConditional(field: Field): boolean {
  return field.instead !== undefined || field.when !== undefined;
}

/** How much of the header the columns need. */
function fillRange(protocol: Protocol): { fillLength: number; fillAlways: boolean } {
  const ends = protocol.header
    .filter((field) => field.column !== undefined)
    .map((field) => field.bitOffset + field.bits);
  const end = Math.max(0, ...ends);
  const trusted = protocol.lengthField;
  return { fillLength: end / 8, fillAlways: trusted === undefined || end <= trusted.bitOffset };
}

function ipProtocolOf(protocol: Protocol): number {
  if (protocol.role !== 'transport' && protocol.role !== 'quotes') return 0;
  const values = protocol.carriedBy['ip.proto'] ?? protocol.carriedBy['ipv6.nxt'] ?? 0;
  return typeof values === 'number' ? values : values[0];
}
