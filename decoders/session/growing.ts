/** One packet's tree while it grows, and what it grows from. */

import type { TransportNotes } from '../core/conversation.js';
import type { Problem } from '../core/problem.js';
import type { LayerNode, PacketTree, TreeSource } from '../core/tree.js';
import type { Walk } from '../core/walk.js';

/** Layers that are being shown, all in one buffer: the packet's own, or one that was put together. */
export interface Unit {
  readonly view: DataView;
  readonly walk: Walk;
  /** Index in `sources`; undefined for the packet's own octets. */
  readonly source: number | undefined;
}

export interface Growing {
  readonly number: number;
  /** As `SessionPacket` has them, NaN where it has none. */
  readonly timeHigh: number;
  readonly timeLow: number;
  readonly stream: number | undefined;
  /** With `lower`: the findings of which one is wanted. */
  readonly findings: number | undefined;
  /** Which layers somebody will look at. Those above a transport are decoded in any case: protocols remember. */
  readonly wanted: 'whole' | 'upper' | 'lower' | 'none' | 'notes';
  readonly layers: LayerNode[];
  readonly problems: Problem[];
  readonly sources: TreeSource[];
  shown: { protocol: string; info: string };
  /** What earlier packets tell of its transports. */
  notes: readonly TransportNotes[];
}

/** The tree, once nothing is added to it any more. */
export function treeOf({ layers, problems, sources, shown }: Growing): PacketTree {
  const { protocol, info } = shown;
  return sources.length > 0 ? { layers, problems, protocol, info, sources } : { layers, problems, protocol, info };
}

/** Adds octets that stand nowhere in the packet; returns their index in `sources`. */
export function addSource(growing: Growing, name: string, bytes: Uint8Array): number {
  growing.sources.push({ name, bytes });
  return growing.sources.length - 1;
}

/**
 * Says that the payload is part of a message that another packet completes, as Wireshark's list does.
 *
 * @param from the first of the layers among which the segment is looked for
 * @param octets of the payload
 */
export function markSegment(growing: Growing, from: number, octets: number): void {
  const tcp = growing.layers.slice(from).findLast((layer) => layer.protocol === 'tcp');
  if (tcp === undefined) return;
  growing.shown = { ...growing.shown, info: `${growing.shown.info} [TCP segment of a reassembled PDU]` };
  tcp.fields.push({
    name: 'tcp.segment_data',
    title: 'TCP segment data',
    value: octets,
    display: `${octets} bytes`,
    text: String(octets),
    offset: tcp.offset + tcp.length,
    length: octets,
    generated: true,
  });
}
