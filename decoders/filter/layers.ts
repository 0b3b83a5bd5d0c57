/** The decoded layers of the packet that is being looked at: each is decoded at most once, and only when asked for. */

import { dissect, dissectLayer, type FieldNode, type PacketTree, type Problem, type Registry } from '../core/index.js';
import type { FilterPacket } from './packet.js';

const NOTHING: readonly FieldNode[] = [];

export class Layers {
  private packet: FilterPacket | undefined;
  private readonly decoded: (readonly FieldNode[] | undefined)[] = [];
  private used = 0;
  private problems: Problem[] = [];
  private whole: PacketTree | undefined;
  /** The tree that is asked instead of the packet's walk: it may have what other packets brought. */
  given: PacketTree | undefined;

  constructor(private readonly registry: Registry) {}

  /** Forgets the packet before. Must be called for every packet. */
  begin(packet: FilterPacket): void {
    this.packet = packet;
    this.given = undefined;
    if (this.used === 0 && this.whole === undefined) return;
    for (let depth = 0; depth < this.used; depth++) this.decoded[depth] = undefined;
    this.used = 0;
    this.whole = undefined;
  }

  /** Looks at a finished tree instead of a packet's own layers. */
  beginTree(tree: PacketTree): void {
    this.given = tree;
  }

  /** The fields of the layer at that depth of the packet's walk. */
  fields(depth: number): readonly FieldNode[] {
    const known = this.decoded[depth];
    if (known !== undefined) return known;
    const { packet, registry } = this;
    if (packet === undefined) return NOTHING;
    const { view, walk } = packet;
    this.problems = [];
    const dissection = {
      view,
      walk,
      problems: this.problems,
      nodes: 0,
      lean: true,
      protocolAt: (at: number) => registry.runtime(walk.protocol[at]).protocol.filter,
    };
    const { fields } = dissectLayer(registry, dissection, depth);
    this.decoded[depth] = fields;
    if (depth >= this.used) this.used = depth + 1;
    return fields;
  }

  /** The whole tree: only it has what stands behind a layer's end (Ethernet's padding and trailer). */
  tree(): PacketTree {
    const { packet } = this;
    if (packet === undefined) return { layers: [], problems: [], protocol: '', info: '' };
    this.whole ??= dissect(this.registry, packet);
    return this.whole;
  }
}

/** Visits the nodes of that name at any depth; stops when `visit` answers true, and answers whether it did. */
export function visitNodes(fields: readonly FieldNode[], name: string, visit: (node: FieldNode) => boolean): boolean {
  for (const field of fields) {
    if (field.name === name && visit(field)) return true;
    if (field.fields !== undefined && visitNodes(field.fields, name, visit)) return true;
  }
  return false;
}
