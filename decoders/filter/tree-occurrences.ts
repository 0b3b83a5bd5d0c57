/** Every occurrence of a name in a packet's finished tree, which may have layers that stand in reassembled octets. */

import { protocolsText } from '../core/frame.js';
import type { LayerNode, PacketTree, RegisteredField, Registry } from '../core/index.js';
import { valueOfNode } from './access.js';
import type { Range } from './ast.js';
import type { Reference, RuntimeValue } from './fields.js';
import { visitNodes } from './layers.js';
import { inRanges, withPayload } from './occurrences.js';
import type { FilterPacket } from './packet.js';

/** Adds the values of every occurrence to `out`. */
export type TreeCollect = (packet: FilterPacket, tree: PacketTree, out: RuntimeValue[]) => void;

/** As `collector`, over a tree; undefined for what the packet's own facts answer whatever is in its tree. */
export function treeCollector(
  registry: Registry,
  reference: Reference,
  ranges: readonly Range[] | undefined,
  whole: boolean,
): TreeCollect | undefined {
  if (reference.kind === 'frame') {
    if (reference.name !== 'frame.protocols') return undefined;
    return (_packet, tree, out) => void out.push(protocolsText(tree.layers.map((layer) => layer.protocol)));
  }
  if (reference.kind === 'protocol') {
    const { name, id } = reference;
    if (id === 0) return undefined;
    const all = whole || withPayload.has(name);
    return (packet, tree, out) => {
      for (const layer of chosen(tree, name, ranges)) out.push(octetsOf(packet, tree, layer, all));
    };
  }
  const places = placesOf(registry, reference.members);
  return (_packet, tree, out) => {
    for (const { member, protocol } of places)
      for (const layer of chosen(tree, protocol, ranges))
        visitNodes(layer.fields, member.name, (node) => {
          out.push(valueOfNode(member, node));
          return false;
        });
  };
}

/** Whether a field or protocol is in the tree; undefined for what the packet's own facts answer. */
export function treePresence(registry: Registry, reference: Reference): ((tree: PacketTree) => boolean) | undefined {
  if (reference.kind === 'frame') return undefined;
  if (reference.kind === 'protocol') {
    const { name, id } = reference;
    return id === 0 ? undefined : (tree) => tree.layers.some((layer) => layer.protocol === name && layer.length > 0);
  }
  const places = placesOf(registry, reference.members);
  return ({ layers }) =>
    layers.some((layer) =>
      places.some(
        ({ member, protocol }) =>
          protocol === layer.protocol && layer.length > 0 && visitNodes(layer.fields, member.name, () => true),
      ),
    );
}

/** The fields with the names of all the protocols that have them. */
function placesOf(
  registry: Registry,
  members: readonly RegisteredField[],
): { readonly member: RegisteredField; readonly protocol: string }[] {
  return members.flatMap((member) =>
    member.protocolIds.map((id) => ({ member, protocol: registry.runtime(id).protocol.filter })),
  );
}

/** The layers of one kind that the ranges leave; all when there are none. */
function chosen({ layers }: PacketTree, protocol: string, ranges: readonly Range[] | undefined): readonly LayerNode[] {
  const found = layers.filter((layer) => layer.length > 0 && layer.protocol === protocol);
  return ranges === undefined ? found : found.filter((_, index) => inRanges(ranges, index + 1, found.length));
}

/** A layer's octets, with or without what it carries, in the packet or in what was put together. */
function octetsOf({ view, start }: FilterPacket, tree: PacketTree, layer: LayerNode, whole: boolean): Uint8Array {
  const { source, offset, length, payload = 0 } = layer;
  const octets = length + (whole ? payload : 0);
  if (source !== undefined) return tree.sources?.[source].bytes.subarray(offset, offset + octets) ?? new Uint8Array(0);
  return new Uint8Array(view.buffer, view.byteOffset + start + offset, octets);
}
