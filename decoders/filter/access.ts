/** How to get at one field in a packet: straight from the header's octets where it stands there, otherwise decoded. */

import { bigEndianReader, type Reader, readUint64 } from '../core/bytes.js';
import { utf8Text } from '../core/format.js';
import { type Field, type FieldNode, PacketFlag, type RegisteredField, type Walk } from '../core/index.js';
import { isNumeric, readerOf } from '../core/protocol.js';
import type { RuntimeValue } from './fields.js';
import { type Layers, visitNodes } from './layers.js';
import { ipv4OfText, ipv6OfText, octetsOfHex, octetsOfWord } from './octets.js';
import type { FilterPacket } from './packet.js';

/** A field of the fixed header in its place. */
interface HeaderPlace {
  readonly field: Field;
  /** Octets that the header must have for the tree to show the field. */
  readonly octets: number;
  /** Whether it is shown even when the header's length is impossible. */
  readonly beforeLength: boolean;
}

function placeIn(member: RegisteredField): HeaderPlace | undefined {
  const { header, lengthField } = member.protocol;
  for (const top of header) {
    const field = find(top, member.name);
    if (field === undefined) continue;
    // Whether it is there depends on other values (`when`): only the tree knows.
    if (member.bitOffset < 0 && field.instead === undefined) return undefined;
    return {
      field,
      octets: Math.ceil((top.bitOffset + top.bits) / 8),
      beforeLength: lengthField === undefined || top.bitOffset <= lengthField.bitOffset,
    };
  }
  return undefined;
}

function find(field: Field, name: string): Field | undefined {
  if (field.name === name) return field;
  for (const child of field.children) {
    const inner = find(child, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

export class FieldAccess {
  /** Registry ids of the protocols that have the field. */
  readonly ids: readonly number[];
  /** Whether it stands in the fixed header, so that `headerHas` and the header's readers may be used. */
  readonly inHeader: boolean;
  /** Reads the value as a number: integers, booleans, IPv4 addresses, and MAC addresses as 48 bits. */
  readonly number: Reader | undefined;
  readonly octets: number;
  /** Offset of the field's first octet in the header. */
  readonly byte: number;
  /** Whether the tree shows another value than the header's octets on a super-frame (segmentation offload). */
  readonly amended: boolean;
  private readonly place: HeaderPlace | undefined;
  private readonly raw: Reader | undefined;

  constructor(readonly field: RegisteredField) {
    this.ids = field.protocolIds;
    this.amended = field.name === 'ip.len';
    this.place = placeIn(field);
    this.inHeader = this.place !== undefined;
    this.octets = this.place?.octets ?? 0;
    const declared = this.place?.field;
    this.byte = declared === undefined ? 0 : declared.bitOffset >> 3;
    if (declared === undefined) return;
    if (isNumeric(declared)) this.number = readerOf(declared);
    else if (declared.kind === 'ipv4' || declared.kind === 'ether')
      this.number = bigEndianReader(declared.bitOffset, declared.bits);
    if (declared.instead !== undefined) this.raw = bigEndianReader(declared.bitOffset, declared.bits);
  }

  /** Whether the layer at that depth, of a protocol in `ids`, has the (header) field. */
  headerHas(view: DataView, walk: Walk, depth: number): boolean {
    const place = this.place!;
    const start = walk.start[depth];
    if (walk.headerEnd[depth] - start < place.octets) return false;
    if (walk.badLength === depth && !place.beforeLength) return false;
    return this.raw === undefined || place.field.instead!(this.raw(view, start), view, start) === undefined;
  }

  /** Calls `visit` with every value that the layer has, until it answers true; answers whether it did. */
  visit(packet: FilterPacket, layers: Layers, depth: number, visit: (value: RuntimeValue) => boolean): boolean {
    if (this.inHeader && !(this.amended && (packet.walk.flags & PacketFlag.segmentationOffload) !== 0)) {
      if (!this.headerHas(packet.view, packet.walk, depth)) return false;
      return visit(this.headerValue(packet.view, packet.walk.start[depth]));
    }
    return visitNodes(this.nodes(layers, depth), this.field.name, (node) => visit(valueOfNode(this.field, node)));
  }

  /** Whether the layer has the field at all. */
  has(packet: FilterPacket, layers: Layers, depth: number): boolean {
    if (this.inHeader) return this.headerHas(packet.view, packet.walk, depth);
    return visitNodes(this.nodes(layers, depth), this.field.name, () => true);
  }

  private nodes(layers: Layers, depth: number): readonly FieldNode[] {
    // A protocol that owns what stands behind its payload shows it only in the whole tree.
    if (this.field.protocol.trailer === undefined) return layers.fields(depth);
    return layers.tree().layers[depth]?.fields ?? [];
  }

  private headerValue(view: DataView, start: number): RuntimeValue {
    const { field } = this.place!;
    const at = start + this.byte;
    const octets = field.bits / 8;
    switch (field.kind) {
      case 'uint':
      case 'int':
      case 'bool':
        return this.number === undefined ? readUint64(view, at, field.littleEndian) : this.number(view, start);
      case 'ipv4':
        return this.number!(view, start);
      case 'string':
        return utf8Text(view, at, octets);
      default:
        return new Uint8Array(view.buffer, view.byteOffset + at, octets);
    }
  }
}

const EMPTY = new Uint8Array(0);

/** A node's value as the language has it: addresses and octets stand in the tree as text. */
export function valueOfNode(field: RegisteredField, node: FieldNode): RuntimeValue {
  const { value } = node;
  if (value === null) return 1;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  // The language counts nanoseconds.
  if (typeof value === 'number') return field.kind === 'duration' ? Math.round(value * 1e9) : value;
  switch (field.kind) {
    case 'ipv4':
      return ipv4OfText(value) ?? 0;
    case 'ipv6':
      return ipv6OfText(value) ?? EMPTY;
    case 'ether':
      return octetsOfWord(value) ?? EMPTY;
    case 'bytes':
      return octetsOfHex(value) ?? EMPTY;
    case 'string':
      return value;
    default:
      return Number(value);
  }
}
