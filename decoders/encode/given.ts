/** The fields that somebody gave for a layer, an option or a record, by Wireshark's names. */

import type { Field, Protocol } from '../core/index.js';
import { nearest } from '../filter/error.js';
import { PacketError } from './error.js';

/** The fields of a protocol by their names without its prefix: `ttl` for `ip.ttl`. */
export class FieldNames {
  private readonly fields = new Map<string, Field>();

  readonly prefix: string;

  /** @param aliases other names for fields: what people say, to what is declared */
  constructor(
    { filter, header, variable }: Protocol,
    private readonly aliases: Readonly<Record<string, string>> = {},
  ) {
    this.prefix = filter;
    const add = (field: Field): void => {
      const name = this.short(field.name);
      // A field that several options share has one declaration for all of them.
      if (!this.fields.has(name)) this.fields.set(name, field);
      field.children.forEach(add);
    };
    header.forEach(add);
    variable.forEach(add);
  }

  /** The name without the prefix, whichever of both it was. */
  short(name: string): string {
    const short = name.startsWith(`${this.prefix}.`) ? name.slice(this.prefix.length + 1) : name;
    return this.aliases[short] ?? short;
  }

  /** The filter name of a name without the prefix. */
  full(name: string): string {
    return this.fields.get(name)?.name ?? `${this.prefix}.${name}`;
  }

  /** @throws Error for a name that no declaration has: a mistake in an encoder */
  field(name: string): Field {
    const field = this.fields.get(name);
    if (field === undefined) throw new Error(`${this.prefix} declares no field "${name}"`);
    return field;
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  all(): string[] {
    return [...this.fields.keys()];
  }
}

export class Given {
  private readonly values = new Map<string, unknown>();
  private readonly left: Set<string>;
  /** Every name that was asked for: what is possible here. */
  private readonly possible = new Set<string>();

  /**
   * @param where what the error calls it: `layer 2 (tcp)`
   * @param fill values for fields that are not given, by their full names; those of other protocols are of no interest
   * @throws PacketError when it is no object, or names a field twice
   */
  constructor(
    readonly where: string,
    readonly names: FieldNames,
    values: unknown,
    private readonly fill: Readonly<Record<string, unknown>> = {},
  ) {
    if (typeof values !== 'object' || values === null || Array.isArray(values))
      throw new PacketError(`${where}: its fields are an object, such as {"field": value}.`);
    for (const [name, value] of Object.entries(values)) {
      const short = names.short(name);
      if (!names.has(short) && !listNames.has(short)) throw new PacketError(unknown(where, name, names.all()));
      if (this.values.has(short)) throw new PacketError(`${where}: "${short}" is given twice.`);
      this.values.set(short, value);
    }
    this.left = new Set(this.values.keys());
  }

  has(name: string): boolean {
    this.possible.add(name);
    return this.values.has(name) || this.fill[`${this.names.prefix}.${name}`] !== undefined;
  }

  /** Full names of what was given. */
  fullNames(): string[] {
    return [...this.values.keys()].map((name) => this.names.full(name));
  }

  /** The value that was given, or undefined; it counts as used. */
  take(name: string): unknown {
    this.possible.add(name);
    this.left.delete(name);
    return this.values.get(name) ?? this.fill[`${this.names.prefix}.${name}`];
  }

  /** A value that is an array, or one that stands for an array of one. */
  takeList(name: string): readonly unknown[] {
    const value = this.take(name);
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }

  /** How errors call one of its fields. */
  at(name: string): string {
    return `${this.where}: ${this.names.prefix}.${name}`;
  }

  /** @throws PacketError when something was given that has no place here */
  finish(): void {
    const [name] = this.left;
    if (name === undefined) return;
    const all = [...this.possible].sort();
    throw new PacketError(`${this.at(name)} has no place here; possible are ${all.join(', ')}.`);
  }
}

/** Names that no declaration has: lists, and octets in place of fields. */
const listNames = new Set(['options', 'opt.data']);

function unknown(where: string, name: string, all: readonly string[]): string {
  const near = nearest(name, all);
  const hint = near === undefined ? `there are ${some(all)}` : `did you mean "${near}"?`;
  return `${where}: there is no field "${name}"; ${hint}`;
}

function some(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} …` : `${names.join(', ')}.`;
}
