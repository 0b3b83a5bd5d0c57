/** Every occurrence of a field, a protocol or one of the frame's own fields in a packet, as values. */

import { protocolsText } from '../core/frame.js';
import type { Registry, Walk } from '../core/index.js';
import { FieldAccess } from './access.js';
import type { Range } from './ast.js';
import type { FrameField, Reference, RuntimeValue } from './fields.js';
import type { Layers } from './layers.js';
import type { FilterPacket } from './packet.js';
import { isProgramField, type ProgramField, programValues } from './programs.js';
import { treeCollector } from './tree-occurrences.js';

/** Adds the values of every occurrence to `out`. */
export type Collect = (packet: FilterPacket, layers: Layers, out: RuntimeValue[]) => void;

/** The frame's own fields of one value. Names and protocols come from the registry; nothing else does. */
export function frameValue(
  registry: Registry,
  name: Exclude<FrameField, ProgramField | 'frame.comment'>,
): (packet: FilterPacket) => RuntimeValue {
  switch (name) {
    case 'frame.number':
      return (packet) => packet.number;
    case 'frame.len':
      return (packet) => packet.original;
    case 'frame.cap_len':
      return (packet) => packet.captured;
    case 'frame.interface_id':
      return (packet) => packet.interfaceId;
    case 'frame.interface_name':
      return (packet) => packet.interfaceName;
    case 'frame.time_relative':
      return (packet) => packet.relativeNanoseconds;
    case 'frame.time_delta':
      return timeDelta;
    case 'frame.time':
    case 'frame.time_epoch':
      return ({ timeHigh, timeLow }) => BigInt(timeHigh) * 4294967296n + BigInt(timeLow);
    case 'frame.protocols':
      return (packet) => {
        const { walk } = packet;
        const names: string[] = [];
        for (let depth = 0; depth < walk.depth; depth++)
          names.push(registry.runtime(walk.protocol[depth]).protocol.filter);
        if (unclaimed(packet).length > 0) names.push(UNCLAIMED);
        return protocolsText(names);
      };
  }
}

/** Nanoseconds since the packet captured before; 0 for the first one, as Wireshark has it. */
function timeDelta(packet: FilterPacket): number {
  const before = packet.previousNanoseconds?.() ?? Number.NaN;
  return Number.isNaN(before) ? 0 : packet.relativeNanoseconds - before;
}

const NONE: readonly string[] = [];

export function commentsOf(packet: FilterPacket): readonly string[] {
  return packet.comments?.() ?? NONE;
}

/** The pseudo-protocol of the payload that no protocol claims. It is no layer of the walk. */
const UNCLAIMED = 'data';

/** Whether the name speaks of the payload that no protocol claims. */
export function isUnclaimed(reference: Reference): boolean {
  if (reference.kind === 'protocol') return reference.name === UNCLAIMED;
  return reference.kind === 'fields' && reference.members.some((member) => member.protocol.filter === UNCLAIMED);
}

/** The payload that no protocol claims; none is empty. */
export function unclaimed({ view, walk, start, captured }: FilterPacket): Uint8Array {
  const last = walk.depth - 1;
  const from = last < 0 ? start : walk.headerEnd[last];
  const to = last < 0 ? start + captured : Math.min(walk.end[last], walk.capturedEnd);
  return new Uint8Array(view.buffer, view.byteOffset + from, Math.max(0, to - from));
}

/** Protocols whose octets are, in Wireshark's tree, their header and all that they carry; others' are their header. */
export const withPayload = new Set(['tcp', 'icmp', 'icmpv6']);

function layerOctets({ view, walk }: FilterPacket, depth: number, whole: boolean): Uint8Array {
  const start = walk.start[depth] - walk.lead[depth];
  const end = whole ? Math.min(walk.end[depth], walk.capturedEnd) : walk.headerEnd[depth];
  return new Uint8Array(view.buffer, view.byteOffset + start, Math.max(0, end - start));
}

/** Whether the n-th of `count` layers (from 1) is among the ranges. */
export function inRanges(ranges: readonly Range[], n: number, count: number): boolean {
  const absolute = (at: number) => (at < 0 ? count + 1 + at : at);
  return ranges.some((range) => {
    const from = absolute(range.from);
    if (n < from) return false;
    if (range.kind === 'rest') return true;
    return n <= (range.kind === 'length' ? from + range.length - 1 : absolute(range.to));
  });
}

/** Whether the layer is of that protocol, with at least one octet of it there. */
export function hasProtocol(walk: Walk, depth: number, id: number): boolean {
  return walk.protocol[depth] === id && walk.headerEnd[depth] > walk.start[depth] - walk.lead[depth];
}

/** Depths of the layers of one protocol that the ranges leave; all when there are none. */
function depthsOf(packet: FilterPacket, id: number, ranges: readonly Range[] | undefined): number[] {
  const { walk } = packet;
  const depths: number[] = [];
  for (let depth = 0; depth < walk.depth; depth++) if (hasProtocol(walk, depth, id)) depths.push(depth);
  return ranges === undefined ? depths : depths.filter((_, index) => inRanges(ranges, index + 1, depths.length));
}

/**
 * Collects the values of whatever the name stands for.
 *
 * @param whole of a protocol: with all that it carries
 */
export function collector(
  registry: Registry,
  reference: Reference,
  layers: readonly Range[] | undefined,
  whole = false,
): Collect {
  const fromWalk = walkCollector(registry, reference, layers, whole);
  const fromTree = treeCollector(registry, reference, layers, whole);
  if (fromTree === undefined) return fromWalk;
  return (packet, decoded, out) => {
    const { given } = decoded;
    if (given === undefined) fromWalk(packet, decoded, out);
    else fromTree(packet, given, out);
  };
}

function walkCollector(
  registry: Registry,
  reference: Reference,
  layers: readonly Range[] | undefined,
  whole: boolean,
): Collect {
  if (reference.kind === 'frame') {
    const { name } = reference;
    if (isProgramField(name)) return (packet, _layers, out) => void out.push(...programValues(packet, name));
    if (name === 'frame.comment') return (packet, _layers, out) => void out.push(...commentsOf(packet));
    const value = frameValue(registry, name);
    return (packet, _layers, out) => void out.push(value(packet));
  }
  if (isUnclaimed(reference)) {
    const length = reference.type === 'integer';
    return (packet, _layers, out) => {
      const octets = unclaimed(packet);
      if (octets.length > 0) out.push(length ? octets.length : octets);
    };
  }
  if (reference.kind === 'protocol') {
    const { id } = reference;
    if (id === 0)
      return ({ view, start, captured }, _layers, out) =>
        void out.push(new Uint8Array(view.buffer, view.byteOffset + start, captured));
    const all = whole || withPayload.has(reference.name);
    return (packet, _layers, out) => {
      for (const depth of depthsOf(packet, id, layers)) out.push(layerOctets(packet, depth, all));
    };
  }
  const places = reference.members.flatMap((member) => {
    const access = new FieldAccess(member);
    return access.ids.map((id) => ({ id, access }));
  });
  return (packet, decoded, out) => {
    const push = (value: RuntimeValue): boolean => {
      out.push(value);
      return false;
    };
    for (const { id, access } of places)
      for (const depth of depthsOf(packet, id, layers)) access.visit(packet, decoded, depth, push);
  };
}
