/** How a body reads on in other octets than the packet's: those that protection was removed from, or that were put together. */

import { Body, type Dissection, STOP } from '../core/body.js';
import type { FieldNode } from '../core/tree.js';
import { Walk } from '../core/walk.js';

/**
 * Reads with `inside` in other octets than the packet's: `inside` gets a body over `octets`, of which it sees
 * [start, end). What it reads is returned; problems are the outer body's.
 */
export function readIn(
  outer: Body,
  octets: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  inside: (body: Body) => void,
): FieldNode[] {
  const walk = new Walk();
  walk.reset(0, octets.length);
  walk.quotedFrom = outer.walk.quotedFrom;
  walk.end.fill(octets.length);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  // Nodes are copied to their place, and one that makes its values when asked cannot be.
  const dissection: Dissection = { ...outer.dissection, view, walk, lean: false };
  const nodes: FieldNode[] = [];
  const body = new Body(dissection, outer.depth, outer.protocol, start, end, nodes);
  try {
    inside(body);
  } catch (stop) {
    if (stop !== STOP) throw stop;
  } finally {
    outer.dissection.nodes = dissection.nodes;
  }
  return nodes;
}

/** The same nodes at one place of the packet: what was put together from several has no place of its own. */
export function placedAt(nodes: readonly FieldNode[], offset: number): FieldNode[] {
  return nodes.map((node) => ({
    ...node,
    offset,
    length: 0,
    generated: true as const,
    ...(node.fields === undefined ? {} : { fields: placedAt(node.fields, offset) }),
  }));
}

/** The same nodes, `octets` further on: they were read in octets that stand there in another form. */
export function movedBy(nodes: readonly FieldNode[], octets: number): FieldNode[] {
  return nodes.map((node) => ({
    ...node,
    offset: node.offset + octets,
    ...(node.bitOffset === undefined ? {} : { bitOffset: node.bitOffset + octets * 8 }),
    ...(node.fields === undefined ? {} : { fields: movedBy(node.fields, octets) }),
  }));
}
