/**
 * A packet's tree as rows, and which field a bit belongs to. It imports nothing, so that it can be tested without a
 * browser; its types are what it needs of the service's.
 */

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly value: number | string | boolean | null;
  readonly display: string;
  readonly offset: number;
  readonly length: number;
  readonly bitOffset?: number;
  readonly bitLength?: number;
  readonly generated?: boolean;
  readonly fields?: readonly Field[];
}

export interface Layer {
  readonly protocol: string;
  readonly title: string;
  readonly summary: string;
  readonly offset: number;
  readonly length: number;
  readonly source?: number;
  readonly fields: readonly Field[];
}

/** A layer or a field of the tree. */
export interface TreeNode {
  /** Names from the layer down, with the place among those of the same name: the same in every packet that has it. */
  readonly key: string;
  readonly depth: number;
  readonly layer: Layer;
  /** undefined: the layer itself. */
  readonly field: Field | undefined;
  readonly parent: TreeNode | undefined;
  readonly children: readonly TreeNode[];
  /** 1-based, among its siblings. */
  readonly place: number;
  /** Index in the packet's `sources`; -1: its own octets. */
  readonly source: number;
  /** Bits from the start of those octets; `to` is behind the last one. Equal: it is not found in them. */
  readonly from: number;
  readonly to: number;
}

/** The layers as trees of nodes. */
export function treeOf(layers: readonly Layer[]): readonly TreeNode[] {
  const counts = new Map<string, number>();
  return layers.map((layer, at) => {
    const node: Mutable<TreeNode> = {
      key: keyOf(counts, layer.protocol, ''),
      depth: 1,
      layer,
      field: undefined,
      parent: undefined,
      children: [],
      place: at + 1,
      source: layer.source ?? -1,
      from: layer.offset * 8,
      to: (layer.offset + layer.length) * 8,
    };
    node.children = nodesOf(layer.fields, node);
    return node;
  });
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function keyOf(counts: Map<string, number>, name: string, parent: string): string {
  const count = counts.get(name) ?? 0;
  counts.set(name, count + 1);
  return `${parent}/${name}${count === 0 ? '' : `#${count}`}`;
}

function nodesOf(fields: readonly Field[], parent: TreeNode): readonly TreeNode[] {
  const counts = new Map<string, number>();
  return fields.map((field, at) => {
    const from = field.bitOffset ?? field.offset * 8;
    const node: Mutable<TreeNode> = {
      key: keyOf(counts, field.name, parent.key),
      depth: parent.depth + 1,
      layer: parent.layer,
      field,
      parent,
      children: [],
      place: at + 1,
      source: parent.source,
      from,
      to: from + (field.bitLength ?? field.length * 8),
    };
    if (field.fields !== undefined && field.fields.length > 0) node.children = nodesOf(field.fields, node);
    return node;
  });
}

/** What an opened branch is remembered by: the same for every packet. */
export const branchOf = (node: TreeNode): string => node.field?.name ?? node.layer.protocol;

/** The nodes that are seen when those of `open` are opened, in order. */
export function seenNodes(tree: readonly TreeNode[], open: ReadonlySet<string>): readonly TreeNode[] {
  const seen: TreeNode[] = [];
  const add = (nodes: readonly TreeNode[]) => {
    for (const node of nodes) {
      seen.push(node);
      if (node.children.length > 0 && open.has(branchOf(node))) add(node.children);
    }
  };
  add(tree);
  return seen;
}

/** The node of a key; undefined where this packet has none. */
export function nodeOf(tree: readonly TreeNode[], key: string | null): TreeNode | undefined {
  if (key === null) return undefined;
  let nodes = tree;
  for (;;) {
    const next: TreeNode | undefined = nodes.find((node) => key === node.key || key.startsWith(`${node.key}/`));
    if (next === undefined || next.key === key) return next;
    nodes = next.children;
  }
}

/** The innermost node with a bit of a source: the narrowest; of two alike the one on the wire, then the deeper one. */
export function innermost(tree: readonly TreeNode[], source: number, bit: number): TreeNode | undefined {
  let best: TreeNode | undefined;
  const better = (node: TreeNode) => {
    if (best === undefined) return true;
    const [wide, narrow] = [best.to - best.from, node.to - node.from];
    if (narrow !== wide) return narrow < wide;
    return !(node.field?.generated ?? false) || (best.field?.generated ?? false);
  };
  const look = (nodes: readonly TreeNode[]) => {
    for (const node of nodes) {
      if (node.source !== source) continue;
      if (node.from <= bit && bit < node.to && better(node)) best = node;
      look(node.children);
    }
  };
  look(tree);
  return best;
}

/** The octets that a node is in: `to` is behind the last one. */
export const octetsOf = ({ from, to }: Pick<TreeNode, 'from' | 'to'>): { from: number; to: number } => ({
  from: Math.floor(from / 8),
  to: Math.ceil(to / 8),
});

/** Whether a node begins or ends within an octet. */
export const isBits = ({ from, to }: Pick<TreeNode, 'from' | 'to'>): boolean =>
  to > from && (from % 8 !== 0 || to % 8 !== 0);

/** The display filter for a field's value, with the type that the field reference gives it. */
export function conditionOf(
  { name, value }: Pick<Field, 'name' | 'value'>,
  type: string | undefined,
  quoted: (text: string) => string,
): string {
  if (value === null || value === '' || type === undefined || type === 'group') return name;
  if (type === 'bool') return `${name} == ${value === true || value === 1 ? 1 : 0}`;
  const text = String(value);
  if (type === 'bytes') return bytesCondition(name, text);
  if (type === 'time') return `${name} == "${text}"`;
  if (type !== 'string') return `${name} == ${text}`;
  return text.length > LONGEST ? `${name} contains ${quoted(text.slice(0, LONGEST))}` : `${name} == ${quoted(text)}`;
}

/** Characters and octets that a condition made by a click compares. */
const LONGEST = 100;

function bytesCondition(name: string, hex: string): string {
  const octets = hex.match(/[\da-f]{2}/gi) ?? [];
  const first = octets.slice(0, LONGEST / 4).join(':');
  if (octets.length <= LONGEST / 4) return `${name} == ${first}`;
  return `${name}[0:${LONGEST / 4}] == ${first}`;
}
