/** Every occurrence of a field, a protocol or one of the frame's own fields in a packet, as values. */

import type { Registry } from '../core/index.js';
import { FieldAccess } from './access.js';
import type { Range } from './ast.js';
import type { FrameField, Reference, RuntimeValue } from './fields.js';
import type { Layers } from './layers.js';
import type { FilterPacket } from './packet.js';

/** Adds the values of every occurrence to `out`. */
export type Collect = (packet: FilterPacket, layers: Layers, out: RuntimeValue[]) => void;

/** The frame's own fields. Names and protocols come from the registry; nothing else does. */
export function frameValue(registry: Registry, name: FrameField): (packet: FilterPacket) => RuntimeValue {
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
    case 'frame.time':
    case 'frame.time_epoch':
      return ({ timeHigh, timeLow }) => BigInt(timeHigh) * 4294967296n + BigInt(timeLow);
    case 'frame.protocols':
      return ({ walk }) => {
        let out = '';
        for (let depth = 0; depth < walk.depth; depth++)
          out += `${depth === 0 ? '' : ':'}${registry.runtime(walk.protocol[depth]).protocol.filter}`;
        return out;
      };
  }
}

/** The octets of the layer at that depth: its header and all that it carries, as far as they were captured. */
function layerOctets({ view, walk }: FilterPacket, depth: number): Uint8Array {
  const start = walk.start[depth] - walk.lead[depth];
  const end = Math.min(walk.end[depth], walk.capturedEnd);
  return new Uint8Array(view.buffer, view.byteOffset + start, Math.max(0, end - start));
}

/** Whether the n-th of `count` layers (from 1) is among the ranges. */
function inRanges(ranges: readonly Range[], n: number, count: number): boolean {
  const absolute = (at: number) => (at < 0 ? count + 1 + at : at);
  return ranges.some((range) => {
    const from = absolute(range.from);
    if (n < from) return false;
    if (range.kind === 'rest') return true;
    return n <= (range.kind === 'length' ? from + range.length - 1 : absolute(range.to));
  });
}

/** Depths of the layers of one protocol that the ranges leave; all when there are none. */
function depthsOf(packet: FilterPacket, id: number, ranges: readonly Range[] | undefined): number[] {
  const { walk } = packet;
  const depths: number[] = [];
  for (let depth = 0; depth < walk.depth; depth++) if (walk.protocol[depth] === id) depths.push(depth);
  return ranges === undefined ? depths : depths.filter((_, index) => inRanges(ranges, index + 1, depths.length));
}

/** Collects the values of whatever the name stands for. */
export function collector(registry: Registry, reference: Reference, layers: readonly Range[] | undefined): Collect {
  if (reference.kind === 'frame') {
    const value = frameValue(registry, reference.name);
    return (packet, _layers, out) => void out.push(value(packet));
  }
  if (reference.kind === 'protocol') {
    const { id } = reference;
    if (id === 0)
      return ({ view, start, captured }, _layers, out) =>
        void out.push(new Uint8Array(view.buffer, view.byteOffset + start, captured));
    return (packet, _layers, out) => {
      for (const depth of depthsOf(packet, id, layers)) out.push(layerOctets(packet, depth));
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
