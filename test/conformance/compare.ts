/**
 * Compares trees with tshark's values by position: the k-th value of a field belongs to the k-th layer that can have
 * it. A packet is followed to the first layer that is not declared here; what stands inside of that one cannot be told.
 */

import type { FieldNode, LayerNode } from '../../decoders/core/tree.js';
import { registry } from '../../decoders/protocols/index.js';
import type { Mode } from '../support/corpus.js';
import { isException, showsMore } from './exceptions.js';
import { LAYERS, type Tallies } from './tally.js';

/** Tokens of `frame.protocols` that are no layers of their own. */
const TRANSPARENT = new Set(['ethertype', 'data']);

/** Protocols that tshark names twice for one header: it dissects the types in dissectors of the same name. */
const TWICE = new Set(['igmp']);

/** A field that both know. */
export interface Column {
  readonly index: number;
  readonly name: string;
  /** Filter name of the protocol that it is reported under. */
  readonly protocol: string;
  /** The protocols that it can stand in. */
  readonly owners: ReadonlySet<string>;
}

/** The columns of a sheet that are fields of a protocol here; `only` leaves those of one protocol. */
export function knownColumns(columns: readonly string[], only?: string, mode?: Mode): Column[] {
  return columns.flatMap((name, index) => {
    const field = registry.field(name);
    if (field === undefined || isException(name, mode)) return [];
    const owners = new Set(field.protocolIds.map((id) => registry.runtime(id).protocol.filter));
    if (only !== undefined && !owners.has(only)) return [];
    return [{ index, name, protocol: field.protocol.filter, owners }];
  });
}

/** One packet as tshark sees it, and as we do. */
export interface Packet {
  readonly file: string;
  readonly number: number;
  readonly layers: readonly LayerNode[];
  /** tshark's values; undefined when it has none for this packet in any column. */
  readonly row: readonly string[] | undefined;
  /** tshark's `frame.protocols`. */
  readonly protocols: string;
}

/** A difference that may be one of place only: the value is found at another packet of the file. */
export interface Misplaced {
  readonly column: Column;
  readonly number: number;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

interface Value {
  readonly text: string;
  readonly layer: number;
}

function valuesOf(layers: readonly LayerNode[]): Map<string, Value[]> {
  const values = new Map<string, Value[]>();
  const collect = (fields: readonly FieldNode[], layer: number): void => {
    for (const { name, text, fields: inner } of fields) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [{ text, layer }]);
      else known.push({ text, layer });
      if (inner !== undefined) collect(inner, layer);
    }
  };
  for (const [index, layer] of layers.entries()) collect(layer.fields, index);
  return values;
}

export class Comparison {
  private readonly tokensOf = new Map<string, { all: string[]; foreign: number }>();
  private misplaced: Misplaced[] = [];

  /**
   * @param tallies where the findings go
   * @param anyPlace whether a value that another packet of the file has counts as equal (NOTES.md, 13)
   */
  constructor(
    readonly tallies: Tallies,
    private readonly anyPlace: boolean,
  ) {}

  packet(packet: Packet, columns: readonly Column[]): void {
    const { all, foreign } = this.tokens(packet.protocols);
    const followed = foreign < 0 ? all : all.slice(0, foreign);
    this.tallies.total++;
    this.tallies.sawProtocols(new Set(followed));
    const ours = packet.layers.filter((layer) => layer.protocol !== 'data');
    if (!this.anyPlace && followed.length > 0) this.compareLayers(packet, ours, followed, foreign >= 0);
    // A link type that is not declared here has no layers at all.
    if (packet.row !== undefined && followed.length === 0) return;
    const values = valuesOf(ours);
    for (const column of columns) {
      const theirs = packet.row?.[column.index] ?? '';
      const mine = values.get(column.name);
      if (theirs === '' && (mine === undefined || mine.every(({ text }) => text === ''))) continue;
      this.field(packet, column, mine ?? [], theirs, { all, foreign, ours });
    }
  }

  /** The end of a file: what differs in place only is equal after all. */
  endOfFile(file: string): void {
    const pools = new Map<string, Map<string, number>>();
    for (const { column, ours } of this.misplaced) {
      const pool = pools.get(column.name) ?? new Map<string, number>();
      for (const text of ours) pool.set(text, (pool.get(text) ?? 0) + 1);
      pools.set(column.name, pool);
    }
    for (const found of this.misplaced) {
      if (found.theirs.length > 0) this.countFound(file, found, takeAll(pools.get(found.column.name), found.theirs));
    }
    // What is left of ours is nowhere in tshark's.
    for (const found of this.misplaced) {
      if (found.theirs.length > 0) continue;
      if (takeAll(pools.get(found.column.name), found.ours)) this.countFound(file, found, false);
    }
    this.misplaced = [];
  }

  private countFound(file: string, { column, number, ours, theirs }: Misplaced, equal: boolean): void {
    this.tallies.count(column.protocol, column.name, equal, () => ({
      file,
      packet: number,
      ours: ours.join('|'),
      theirs: theirs.join('|'),
    }));
  }

  private tokens(protocols: string): { all: string[]; foreign: number } {
    let known = this.tokensOf.get(protocols);
    if (known === undefined) {
      const all = protocols
        .split(':')
        .filter((token, index, tokens) => !TRANSPARENT.has(token) && !(TWICE.has(token) && tokens[index - 1] === token))
        .filter((token) => token !== '');
      known = { all, foreign: all.findIndex((token) => registry.idOf(token) === 0) };
      this.tokensOf.set(protocols, known);
    }
    return known;
  }

  private compareLayers(
    packet: Packet,
    layers: readonly LayerNode[],
    followed: readonly string[],
    open: boolean,
  ): void {
    // What a protocol that is not declared here has in it is not known, so there ours may go on or stop.
    const names = layers.map((layer) => layer.protocol).slice(0, open ? followed.length : undefined);
    const ours = names.join(':');
    const theirs = followed.join(':');
    const last = followed[followed.length - 1];
    this.tallies.count(last, `${last} ${LAYERS}`, ours === theirs, () => ({
      file: packet.file,
      packet: packet.number,
      ours,
      theirs: packet.protocols,
    }));
  }

  private field(
    packet: Packet,
    column: Column,
    mine: readonly Value[],
    theirs: string,
    { all, foreign, ours }: { all: readonly string[]; foreign: number; ours: readonly LayerNode[] },
  ): void {
    const owning = (tokens: readonly string[]) => tokens.filter((token) => column.owners.has(token)).length;
    const there = owning(all);
    const reachable = foreign < 0 ? there : owning(all.slice(0, foreign));
    // The field stands in something that is not declared here.
    if (theirs !== '' && reachable === 0) return;
    const owners = ours.flatMap((layer, index) => (column.owners.has(layer.protocol) ? [index] : []));
    const within = reachable < there ? new Set(owners.slice(0, reachable)) : undefined;
    const seen = mine.filter(({ layer }) => within === undefined || within.has(layer));
    const texts = seen.map(({ text }) => text);
    const joined = texts.join('|');
    if (reachable === there && joined === theirs && there <= 1) {
      this.count(packet, column, texts, theirs === '' ? [] : [theirs]);
      return;
    }
    const values = theirs === '' ? [] : theirs.split('|');
    if (values.length === there && there > 1) {
      const byLayer = owners.map((index) => seen.filter(({ layer }) => layer === index).map(({ text }) => text));
      for (let k = 0; k < reachable; k++) this.count(packet, column, byLayer[k] ?? [], [values[k]]);
      return;
    }
    const known = reachable < there ? values.slice(0, texts.length) : values;
    this.count(packet, column, texts, known);
  }

  private count(packet: Packet, column: Column, ours: readonly string[], theirs: readonly string[]): void {
    const equal = ours.join('|') === theirs.join('|');
    if (!equal && this.anyPlace) {
      this.misplaced.push({ column, number: packet.number, ours, theirs });
      return;
    }
    if (!this.anyPlace && showsMore(column.protocol, ours, theirs)) return;
    this.countFound(packet.file, { column, number: packet.number, ours, theirs }, equal);
  }
}

/** Takes all of the texts out of the pool, or none of them. */
function takeAll(pool: Map<string, number> | undefined, texts: readonly string[]): boolean {
  const taken: string[] = [];
  for (const text of texts) {
    const left = pool?.get(text) ?? 0;
    if (left === 0) {
      for (const back of taken) pool?.set(back, (pool.get(back) ?? 0) + 1);
      return false;
    }
    pool?.set(text, left - 1);
    taken.push(text);
  }
  return true;
}
