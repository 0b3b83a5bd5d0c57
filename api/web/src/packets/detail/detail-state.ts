/** What is pointed at in the packet that is looked at: one selection for tree, bytes, header picture and lens. */

import { create } from 'zustand';
import { set, useSettings } from '../../state/settings';
import { branchOf, innermost, octetsOf, type TreeNode } from './model';

/** Octets: `to` is behind the last one. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Pointed {
  /** Key of the selected node. It stays when another packet is shown, so that one field can be followed. */
  readonly key: string | null;
  readonly hover: TreeNode | null;
  /** Which octets are shown: -1 the packet's, else an index in its `sources`. */
  readonly source: number;
  /** Octets that were chosen one by one; null: those of the selected node. */
  readonly octets: Range | null;
  /** The octet that the keyboard is at, and the one from which the choice began. */
  readonly cursor: number;
  readonly anchor: number;
}

export const usePointed = create<Pointed>(() => ({
  key: null,
  hover: null,
  source: -1,
  octets: null,
  cursor: 0,
  anchor: 0,
}));

/** Branches that are remembered as opened. */
const MOST_OPEN = 500;

/** Opens or closes a branch, in this packet and in all others. */
export function setOpen(branches: readonly string[], open: boolean): void {
  const rest = useSettings.getState().open.filter((name) => !branches.includes(name));
  set({ open: open ? [...rest, ...branches].slice(-MOST_OPEN) : rest });
}

function openAbove(node: TreeNode): void {
  const known = new Set(useSettings.getState().open);
  const closed: string[] = [];
  for (let at = node.parent; at !== undefined; at = at.parent) if (!known.has(branchOf(at))) closed.push(branchOf(at));
  if (closed.length > 0) setOpen(closed, true);
}

/** Selects a node: its octets light up, and the branches above it are opened. */
export function selectNode(node: TreeNode): void {
  openAbove(node);
  const { from } = octetsOf(node);
  const { source } = usePointed.getState();
  const found = node.to > node.from;
  usePointed.setState({
    key: node.key,
    hover: null,
    octets: null,
    source: found ? node.source : source,
    ...(found ? { cursor: from, anchor: from } : {}),
  });
}

/**
 * Selects the innermost field at a bit of the octets that are shown.
 * @param extend whether the octets from the one where the choice began are chosen with it
 */
export function selectBit(tree: readonly TreeNode[], bit: number, extend: boolean): void {
  const { source, anchor, key } = usePointed.getState();
  const octet = Math.floor(bit / 8);
  if (extend) {
    const octets = { from: Math.min(anchor, octet), to: Math.max(anchor, octet) + 1 };
    usePointed.setState({ octets, cursor: octet, hover: null });
    return;
  }
  const node = innermost(tree, source, bit);
  if (node !== undefined) openAbove(node);
  usePointed.setState({ key: node?.key ?? key, octets: null, cursor: octet, anchor: octet, hover: null });
  if (node === undefined) usePointed.setState({ octets: { from: octet, to: octet + 1 } });
}

export function hoverNode(node: TreeNode | null): void {
  if (usePointed.getState().hover !== node) usePointed.setState({ hover: node });
}

/** Shows other octets of the packet: its own, or those of a message that it completes. */
export function showSource(source: number): void {
  usePointed.setState({ source, octets: null, cursor: 0, anchor: 0, hover: null });
}
