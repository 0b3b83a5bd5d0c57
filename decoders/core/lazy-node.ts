/** A node of a tree at which only a filter looks: it asks for the values of a few, so that they are made when asked for. */

import type { Field } from './field.js';
import { displayOf, textOf, valueAt, variableValue } from './field-values.js';
import type { FieldNode, FieldValue } from './tree.js';

/** Good as long as the octets are that it was read from. */
export class LazyNode implements FieldNode {
  readonly name: string;
  fields?: FieldNode[];
  readonly generated?: true;
  private known: FieldValue | undefined;
  private shown: string | undefined;
  /** As `length` was at first: parts that are read behind the field make that longer. */
  private readonly octets: number;

  /**
   * @param bit of a field whose width is declared: its absolute bit position in the view; -1 for others
   * @param at the octet of the view where it begins
   */
  private constructor(
    private readonly field: Field,
    private readonly view: DataView,
    private readonly bit: number,
    private readonly at: number,
    readonly offset: number,
    public length: number,
  ) {
    this.name = field.name;
    this.octets = length;
  }

  /** A field whose width is declared. */
  static fixed(field: Field, view: DataView, at: number, bit: number, packetStart: number): LazyNode {
    const octets = ((bit & 7) + field.bits + 7) >> 3;
    return new LazyNode(field, view, bit, at, Math.floor(bit / 8) - packetStart, octets);
  }

  /** A field of so many octets. */
  static variable(field: Field, view: DataView, at: number, octets: number, packetStart: number): LazyNode {
    return new LazyNode(field, view, -1, at, at - packetStart, octets);
  }

  get value(): FieldValue {
    const { field, view, at, bit } = this;
    this.known ??= bit < 0 ? variableValue(field, view, at, this.octets) : valueAt(field, view, at, bit - at * 8);
    return this.known;
  }

  get title(): string {
    return this.field.title;
  }

  get display(): string {
    return this.shown ?? displayOf(this.field, this.value);
  }

  set display(text: string) {
    this.shown = text;
  }

  get text(): string {
    return textOf(this.field, this.value);
  }
}
