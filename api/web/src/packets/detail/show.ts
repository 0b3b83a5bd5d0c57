/** How fields are written, in one place: what comes from a packet is cut and cannot do anything. */

import { plain } from '../../parts/plain';
import { HIDDEN, useChallenge } from '../../room/challenge';
import { octetsOf, type TreeNode } from './model';

/** Characters of a value in a line of the tree. */
const LINE = 300;

/** A node's title. */
export const titleOf = ({ field, layer }: TreeNode): string => plain(field?.title ?? layer.title, LINE);

/** Whether a node, or what it is a part of, is hidden from the class. */
export function isHidden(node: TreeNode): boolean {
  const { hidden } = useChallenge.getState();
  if (hidden.size === 0) return false;
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent)
    if (at.field !== undefined && hidden.has(at.field.name)) return true;
  // A layer's summary, and what holds the field, would tell it.
  return tells(node, hidden);
}

const tells = (node: TreeNode, hidden: ReadonlySet<string>): boolean =>
  node.children.some((child) => (child.field !== undefined && hidden.has(child.field.name)) || tells(child, hidden));

/** A node's value in words; '' where it has none. Whoever shows it is drawn again when `useChallenge` changes. */
export function wordsOf(node: TreeNode): string {
  const { field, layer } = node;
  return isHidden(node) ? HIDDEN : plain(field?.display ?? layer.summary, LINE);
}

/** The line of the tree: computed fields are in brackets, as people know them. */
export function lineOf(node: TreeNode): { readonly title: string; readonly value: string; readonly computed: boolean } {
  const title = titleOf(node);
  const value = wordsOf(node);
  // "Frame, Frame 25: …" says the same twice.
  if (value.startsWith(`${title} `)) return { title, value: value.slice(title.length + 1), computed: false };
  return { title, value: value === title ? '' : value, computed: node.field?.generated ?? false };
}

/** The octets of a source that would tell what is hidden: `to` is behind the last one. */
export function hiddenOctets(tree: readonly TreeNode[], source: number): readonly { from: number; to: number }[] {
  const { hidden } = useChallenge.getState();
  const found: { from: number; to: number }[] = [];
  if (hidden.size === 0) return found;
  const look = (nodes: readonly TreeNode[]) => {
    for (const node of nodes) {
      if (node.source === source && node.to > node.from && node.field !== undefined && hidden.has(node.field.name))
        found.push(octetsOf(node));
      look(node.children);
    }
  };
  look(tree);
  return found;
}
