/** The tree walker: every octet of one packet, named. */

import { Body, type Dissection, gapNode, STOP } from './body.js';
import { CONTENT, type Content, type Listed, MAXIMUM_NESTING } from './contents.js';
import { hexText } from './format.js';
import type { Registry } from './registry.js';
import type { FieldNode, LayerNode, PacketTree, TreeSource } from './tree.js';
import { Walk, walkFrom, walkPacket } from './walk.js';

/** One packet as the tree walker takes it. */
export interface PacketData {
  readonly view: DataView;
  /** First octet of the packet in the view. */
  readonly start: number;
  /** Octets kept. */
  readonly captured: number;
  /** Octets on the wire. */
  readonly original: number;
  /** LINKTYPE_ value. */
  readonly linkType: number;
}

/**
 * Builds the detail tree of one packet. Never throws for packet content, whatever it is.
 * Offsets in the tree are octets from the packet's start.
 */
export function dissect(registry: Registry, packet: PacketData, walk = new Walk()): PacketTree {
  const { view, start, captured } = packet;
  walkPacket(registry, view, packet.linkType, start, captured, packet.original, walk);
  const sources: TreeSource[] = [];
  const dissection = newDissection(registry, view, walk, { sources });
  const layers: LayerNode[] = [];
  const shown = dissectLayers(registry, dissection, 0, layers);
  trailers(registry, dissection, layers);
  const data = unclaimed(dissection, start + captured);
  if (data !== undefined) layers.push(data);
  walkProblem(dissection);
  const { problems } = dissection;
  const { protocol, info } = shown ?? { protocol: 'UNKNOWN', info: '' };
  return sources.length > 0 ? { layers, problems, protocol, info, sources } : { layers, problems, protocol, info };
}

/** What is known besides a packet's octets, and what becomes of its layers; see `Dissection`. */
type Context = Partial<Pick<Dissection, 'problems' | 'conversation' | 'notes' | 'lean' | 'sources' | 'wants'>>;

/**
 * What the layers of a finished walk share while they are dissected. One literal with every member makes all of them
 * alike to the engine: this is done for every packet at which a filter looks.
 */
export function newDissection(registry: Registry, view: DataView, walk: Walk, context: Context): Dissection {
  return {
    view,
    walk,
    problems: context.problems ?? [],
    nodes: 0,
    protocolAt: (depth) => registry.runtime(walk.protocol[depth]).protocol.filter,
    conversation: context.conversation,
    notes: context.notes,
    lean: context.lean ?? false,
    contents: undefined,
    carried: undefined,
    nesting: 0,
    sources: context.sources,
    wants: context.wants,
    listed: undefined,
  };
}

/**
 * Dissects the layers of a finished walk from `from` on, and appends them to `layers`.
 *
 * @returns the list's columns as the innermost layer that is no quotation has them; undefined without such a layer
 */
export function dissectLayers(
  registry: Registry,
  dissection: Dissection,
  from: number,
  layers: LayerNode[],
): Listed | undefined {
  const { walk } = dissection;
  let shown: Listed | undefined;
  for (let depth = from; depth < walk.depth; depth++) {
    const layer = dissectLayer(registry, dissection, depth, layers);
    // What was handed over says itself what it adds to the list (`Body.lists`).
    if (dissection.carried !== undefined) shown = dissection.listed;
    else if (walk.quotedFrom > depth)
      shown = {
        protocol: layer.column ?? registry.runtime(walk.protocol[depth]).protocol.column,
        info: layer.summary,
      };
    if (dissection.contents !== undefined) shown = showContents(registry, dissection, layers, shown);
  }
  return shown;
}

/** Appends the layers of what was handed over; what they add to the columns is returned. */
function showContents(
  registry: Registry,
  dissection: Dissection,
  layers: LayerNode[],
  before: Listed | undefined,
): Listed | undefined {
  const { contents = [], nesting = 0 } = dissection;
  dissection.contents = undefined;
  let listed = before;
  if (nesting >= MAXIMUM_NESTING) return listed;
  for (const content of contents) {
    const id = registry.byValue(content.table, content.value);
    const { octets, start, end } = content;
    if (id === 0 || start >= end) continue;
    const view = octets === undefined ? dissection.view : viewOf(octets);
    if (dissection.wants?.(id, view, start, end) === false) continue;
    const inner = { ...dissection, view, nesting: nesting + 1, listed };
    listed = showContent(registry, inner, id, content, layers);
    dissection.nodes = inner.nodes;
  }
  return listed;
}

function viewOf(octets: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

function showContent(
  registry: Registry,
  outer: Dissection,
  id: number,
  { octets, start, end, carried }: Content,
  layers: LayerNode[],
): Listed | undefined {
  const walk = new Walk();
  walk.reset(octets === undefined ? outer.walk.packetStart : 0, end);
  walkFrom(registry, outer.view, id, start, end, walk);
  const protocolAt = (depth: number) => registry.runtime(walk.protocol[depth]).protocol.filter;
  const dissection: Dissection = { ...outer, walk, carried, protocolAt };
  const own: LayerNode[] = [];
  const listed = dissectLayers(registry, dissection, 0, own);
  outer.nodes = dissection.nodes;
  if (octets === undefined) layers.push(...own);
  else if (outer.sources !== undefined) {
    const source = outer.sources.push({ name: CONTENT, bytes: octets }) - 1;
    for (const layer of own) layers.push(layer.source === undefined ? { ...layer, source } : layer);
  }
  return listed;
}

/** Decodes one layer of a finished walk; filters use it to look at the variable part of a single protocol. */
export function dissectLayer(
  registry: Registry,
  dissection: Dissection,
  depth: number,
  layers: LayerNode[] = [],
): LayerNode {
  const { walk } = dissection;
  const { protocol } = registry.runtime(walk.protocol[depth]);
  const start = walk.start[depth];
  const lead = walk.lead[depth];
  const end = walk.headerEnd[depth];
  const fields: FieldNode[] = [];
  const layer: LayerNode = {
    protocol: protocol.filter,
    title: protocol.title,
    summary: '',
    offset: start - lead - walk.packetStart,
    length: end - start + lead,
    payload: Math.max(0, Math.min(walk.end[depth], walk.capturedEnd) - end),
    fields,
  };
  layers.push(layer);
  const body = new Body(dissection, depth, protocol.filter, start, end, fields);
  try {
    body.position = start - lead;
    if (lead > 0) for (const field of protocol.leadFields) body.take(field);
    if (walk.badLength === depth) body.header(protocol.header, protocol.lengthField);
    else {
      body.header(protocol.header);
      protocol.body?.(body);
    }
  } catch (stop) {
    if (stop !== STOP) throw stop;
  }
  if (dissection.lean === true) return layer;
  fillGaps(fields, layer.offset, layer.offset + layer.length, dissection);
  layer.summary = protocol.info === undefined ? protocol.title : protocol.info(layer, body);
  if (body.column !== undefined) layer.column = body.column;
  return layer;
}

/** Every octet of [from, end) is accounted for: what nobody read becomes a gap. */
function fillGaps(fields: FieldNode[], from: number, end: number, { view, walk }: Dissection): void {
  if (isContiguous(fields, from, end)) return;
  const start = walk.packetStart;
  let at = from;
  const gaps: FieldNode[] = [];
  // Fields stand in wire order but for computed ones; sorting a copy costs little and trusts nobody.
  const ranges = fields
    .filter((field) => field.generated === undefined && field.length > 0)
    .sort((a, b) => a.offset - b.offset);
  for (const field of ranges) {
    if (field.offset >= end) break;
    if (field.offset > at) gaps.push(gapNode(view, start, start + at, start + field.offset));
    at = Math.max(at, field.offset + field.length);
  }
  if (end > at) gaps.push(gapNode(view, start, start + at, start + end));
  if (gaps.length > 0) fields.push(...gaps);
}

/** Whether the fields follow one another from `from` to `end`: the rule, and cheap to find out. */
function isContiguous(fields: readonly FieldNode[], from: number, end: number): boolean {
  let at = from;
  for (const field of fields) {
    if (field.generated === true) continue;
    // Parts of one octet begin where the part before them ended.
    if (field.offset > at) return false;
    if (field.offset + field.length > at) at = field.offset + field.length;
  }
  return at >= end;
}

/**
 * What stands behind the end that a layer's own length sets. It belongs to that layer when it declares a trailer, and
 * otherwise to the layer around it: Ethernet's padding behind an IP packet.
 */
export function trailers(registry: Registry, dissection: Dissection, layers: readonly LayerNode[]): void {
  const { walk } = dissection;
  for (let depth = walk.depth - 1; depth >= 0; depth--) {
    const from = walk.end[depth];
    const to = Math.min(depth === 0 ? walk.capturedEnd : walk.end[depth - 1], walk.capturedEnd);
    if (from >= to) continue;
    const owner = trailerOwner(registry, walk, depth);
    const { protocol } = registry.runtime(walk.protocol[owner]);
    const fields: FieldNode[] = [];
    const body = new Body(dissection, owner, protocol.filter, from, to, fields);
    try {
      protocol.trailer?.(body);
    } catch (stop) {
      if (stop !== STOP) throw stop;
    }
    fillGaps(fields, from - walk.packetStart, to - walk.packetStart, dissection);
    layers[owner].fields.push(...fields);
  }
}

/** Whose the octets behind the end of the layer at `depth` are. */
function trailerOwner(registry: Registry, walk: Walk, depth: number): number {
  const declares = (layer: number) => registry.runtime(walk.protocol[layer]).protocol.trailer !== undefined;
  if (depth === 0 || declares(depth)) return depth;
  // A layer that ends where the one around it does (a VLAN tag) leaves its trailer to that one.
  const end = walk.end[depth - 1];
  for (let outer = depth - 1; outer >= 0 && walk.end[outer] === end; outer--) if (declares(outer)) return outer;
  return depth - 1;
}

/** The payload that no protocol claimed; `capturedEnd` is where what may be shown of it ends. */
export function unclaimed({ view, walk }: Dissection, capturedEnd: number): LayerNode | undefined {
  const last = walk.depth - 1;
  const from = last < 0 ? walk.packetStart : walk.headerEnd[last];
  const to = last < 0 ? capturedEnd : Math.min(walk.end[last], capturedEnd);
  if (to <= from) return undefined;
  const hex = hexText(view, from, to - from);
  const offset = from - walk.packetStart;
  const length = to - from;
  return {
    protocol: 'data',
    title: 'Data',
    summary: `${length} bytes`,
    offset,
    length,
    fields: [
      { name: 'data.data', title: 'Data', value: hex, display: hex, text: hex, offset, length },
      {
        name: 'data.len',
        title: 'Length',
        value: length,
        display: String(length),
        text: String(length),
        offset,
        length: 0,
        generated: true,
      },
    ],
  };
}

/** Puts the walk's own finding, a header that could not be read whole, into words, unless a layer said it already. */
export function walkProblem(dissection: Dissection): void {
  const { walk, problems } = dissection;
  if (walk.problem === 'none') return;
  const layer = dissection.protocolAt(walk.problemDepth);
  const at = walk.problemAt - walk.packetStart;
  if (walk.problem === 'too-deep') {
    problems.push({ layer, kind: 'malformed', at, message: 'more layers than are followed are nested in this packet' });
    return;
  }
  if (walk.badLength === walk.problemDepth) {
    const message = `${layer} gives a length of its header, or a version, that cannot be`;
    problems.push({ layer, kind: 'malformed', at, needed: walk.problemNeeded, limitedBy: layer, message });
    return;
  }
  if (problems.some((problem) => problem.layer === layer && problem.kind === walk.problem)) return;
  const available = Math.max(0, walk.capturedEnd - walk.problemAt);
  problems.push({
    layer,
    kind: walk.problem,
    at,
    needed: walk.problemNeeded,
    available,
    limitedBy: walk.problem === 'truncated' ? 'capture' : 'packet',
    message:
      walk.problem === 'truncated'
        ? `${layer} has ${walk.problemNeeded} octets, but the capture kept only ${available} of them`
        : `${layer} claims ${walk.problemNeeded} octets, more than the packet's own lengths allow`,
  });
}
