/** Presence and plain comparisons as functions over a packet: the quick ways where there is one, the general otherwise. */

import { PacketFlag, type RegisteredField, type Registry } from '../core/index.js';
import { FieldAccess } from './access.js';
import type { Quantifier } from './ast.js';
import type { Bound, Condition, Test } from './condition.js';
import type { Reference, RuntimeValue } from './fields.js';
import { type NumberCheck, numberCheck, numberRanges } from './numbers.js';
import { collector, commentsOf, frameValue, hasProtocol, isUnclaimed, unclaimed } from './occurrences.js';
import { isProgramField, programsOf, programTest } from './programs.js';
import { treeCollector, treePresence } from './tree-occurrences.js';
import { boundTest } from './values.js';

/** A field in one protocol that has it. */
interface Place {
  readonly id: number;
  readonly access: FieldAccess;
}

function placesOf(members: readonly RegisteredField[]): Place[] {
  return members.flatMap((member) => {
    const access = new FieldAccess(member);
    return access.ids.map((id) => ({ id, access }));
  });
}

export function presenceTest(registry: Registry, reference: Reference): Test {
  const inWalk = walkPresence(reference);
  const inTree = treePresence(registry, reference);
  if (inTree === undefined) return inWalk;
  return (packet, layers) => (layers.given === undefined ? inWalk(packet, layers) : inTree(layers.given));
}

function walkPresence(reference: Reference): Test {
  if (reference.kind === 'frame') {
    // The file need not name its interfaces; everything else is always there.
    if (isProgramField(reference.name)) return (packet) => programsOf(packet).length > 0;
    if (reference.name === 'frame.comment') return (packet) => commentsOf(packet).length > 0;
    if (reference.name === 'frame.interface_name') return (packet) => packet.interfaceName !== '';
    return () => true;
  }
  if (isUnclaimed(reference)) return (packet) => unclaimed(packet).length > 0;
  if (reference.kind === 'protocol') return reference.id === 0 ? () => true : protocolTest(reference.id);
  const places = placesOf(reference.members);
  return (packet, layers) => {
    const { walk } = packet;
    for (let depth = 0; depth < walk.depth; depth++)
      for (let i = 0; i < places.length; i++)
        if (places[i].id === walk.protocol[depth] && places[i].access.has(packet, layers, depth)) return true;
    return false;
  };
}

function protocolTest(id: number): Test {
  return ({ walk }) => {
    for (let depth = walk.depth - 1; depth >= 0; depth--) if (hasProtocol(walk, depth, id)) return true;
    return false;
  };
}

type Match = Extract<Condition, { kind: 'match' }>;

export function matchTest(registry: Registry, match: Match): Test {
  const inWalk = walkMatch(registry, match);
  const collect = treeCollector(registry, match.reference, undefined, false);
  if (collect === undefined) return inWalk;
  const { quantifier, bounds, negated } = match;
  const tests = bounds.map(boundTest);
  const holds = (value: RuntimeValue) => tests.some((test) => test(value)) !== negated;
  return (packet, layers) => {
    const { given } = layers;
    if (given === undefined) return inWalk(packet, layers);
    const values: RuntimeValue[] = [];
    collect(packet, given, values);
    return quantifier === 'any' ? values.some(holds) : values.length > 0 && values.every(holds);
  };
}

function walkMatch(registry: Registry, match: Match): Test {
  const { reference, quantifier, bounds, negated } = match;
  const ranges = numberRanges(bounds);
  if (reference.kind === 'frame') return frameTest(registry, match, ranges);
  if (reference.kind === 'fields' && !isUnclaimed(reference)) {
    const places = placesOf(reference.members);
    if (ranges !== undefined && places.every(({ access }) => access.number !== undefined)) {
      const check = numberCheck(ranges);
      const quick = numberTest(places, negated ? (value) => !check(value) : check, quantifier);
      if (!places.some(({ access }) => access.amended)) return quick;
      const shown = valueTest(places, bounds, quantifier, negated);
      return (packet, layers) =>
        (packet.walk.flags & PacketFlag.segmentationOffload) === 0 ? quick(packet, layers) : shown(packet, layers);
    }
    const octets = bounds.map(octetsCheck);
    const inPlace = octets.every((check) => check !== undefined) && places.every(({ access }) => access.inHeader);
    if (inPlace && reference.type === 'ipv6') return octetsTest(places, octets as OctetsCheck[], quantifier, negated);
    return valueTest(places, bounds, quantifier, negated);
  }
  const collect = collector(registry, reference, undefined);
  const tests = bounds.map(boundTest);
  const holds = (value: RuntimeValue) => tests.some((test) => test(value)) !== negated;
  return (packet, layers) => {
    const values: RuntimeValue[] = [];
    collect(packet, layers, values);
    return quantifier === 'any' ? values.some(holds) : values.length > 0 && values.every(holds);
  };
}

function frameTest(registry: Registry, match: Match, ranges: ReturnType<typeof numberRanges>): Test {
  const { reference, bounds, negated } = match;
  if (reference.kind !== 'frame') throw new Error(`${reference.name} is no field of the frame`);
  if (isProgramField(reference.name)) return programTest(reference.name, match);
  if (reference.name === 'frame.comment') return commentTest(match);
  if (ranges !== undefined) {
    const check = numberCheck(ranges);
    switch (reference.name) {
      case 'frame.number':
        return (packet) => check(packet.number) !== negated;
      case 'frame.len':
        return (packet) => check(packet.original) !== negated;
      case 'frame.cap_len':
        return (packet) => check(packet.captured) !== negated;
      case 'frame.time_relative':
        return (packet) => check(packet.relativeNanoseconds) !== negated;
      default:
    }
  }
  const value = frameValue(registry, reference.name);
  const present = walkPresence(reference);
  const tests = bounds.map(boundTest);
  return (packet, layers) => {
    if (!present(packet, layers)) return false;
    const found = value(packet);
    return tests.some((test) => test(found)) !== negated;
  };
}

function commentTest({ bounds, quantifier, negated }: Match): Test {
  const tests = bounds.map(boundTest);
  const holds = (text: string) => tests.some((test) => test(text)) !== negated;
  return (packet) => {
    const texts = commentsOf(packet);
    return quantifier === 'any' ? texts.some(holds) : texts.length > 0 && texts.every(holds);
  };
}

/** Header fields that are read as numbers: no allocation. */
function numberTest(places: readonly Place[], check: NumberCheck, quantifier: Quantifier): Test {
  const ids = Int32Array.from(places, ({ id }) => id);
  const accesses = places.map(({ access }) => access);
  const readers = accesses.map(({ number }) => number!);
  const count = ids.length;
  if (quantifier === 'any')
    return ({ view, walk }) => {
      for (let depth = 0; depth < walk.depth; depth++) {
        const id = walk.protocol[depth];
        for (let i = 0; i < count; i++)
          if (ids[i] === id && accesses[i].headerHas(view, walk, depth) && check(readers[i](view, walk.start[depth])))
            return true;
      }
      return false;
    };
  return ({ view, walk }) => {
    let found = false;
    for (let depth = 0; depth < walk.depth; depth++) {
      const id = walk.protocol[depth];
      for (let i = 0; i < count; i++) {
        if (ids[i] !== id || !accesses[i].headerHas(view, walk, depth)) continue;
        if (!check(readers[i](view, walk.start[depth]))) return false;
        found = true;
      }
    }
    return found;
  };
}

type OctetsCheck = (view: DataView, at: number) => boolean;

/** Equality with an IPv6 address or network, octet by octet in the packet; undefined for every other bound. */
function octetsCheck(bound: Bound): OctetsCheck | undefined {
  if (bound.order !== 'eq' || !(bound.literal.value instanceof Uint8Array)) return undefined;
  const octets = bound.literal.value;
  const bits = bound.literal.prefix ?? octets.length * 8;
  const whole = bits >> 3;
  const shift = 8 - (bits & 7);
  return (view, at) => {
    for (let i = 0; i < whole; i++) if (view.getUint8(at + i) !== octets[i]) return false;
    return shift === 8 || (view.getUint8(at + whole) ^ octets[whole]) >> shift === 0;
  };
}

function octetsTest(
  places: readonly Place[],
  checks: readonly OctetsCheck[],
  quantifier: Quantifier,
  negated: boolean,
): Test {
  const holds = (view: DataView, at: number): boolean => {
    for (let i = 0; i < checks.length; i++) if (checks[i](view, at)) return !negated;
    return negated;
  };
  return ({ view, walk }) => {
    let found = false;
    for (let depth = 0; depth < walk.depth; depth++) {
      const id = walk.protocol[depth];
      for (let i = 0; i < places.length; i++) {
        const { access } = places[i];
        if (places[i].id !== id || !access.headerHas(view, walk, depth)) continue;
        if (holds(view, walk.start[depth] + access.byte)) {
          if (quantifier === 'any') return true;
          found = true;
        } else if (quantifier === 'all') return false;
      }
    }
    return found;
  };
}

/** Fields of the variable part, and what else has no quicker way. */
function valueTest(places: readonly Place[], bounds: readonly Bound[], quantifier: Quantifier, negated: boolean): Test {
  const tests = bounds.map(boundTest);
  const holds = (value: RuntimeValue) => tests.some((test) => test(value)) !== negated;
  // `visit` stops at the first true: a hit for "any", a miss for "all".
  let seen = false;
  const any = (value: RuntimeValue) => holds(value);
  const all = (value: RuntimeValue) => {
    seen = true;
    return !holds(value);
  };
  const visit = quantifier === 'any' ? any : all;
  return (packet, layers) => {
    const { walk } = packet;
    seen = false;
    for (let depth = 0; depth < walk.depth; depth++)
      for (let i = 0; i < places.length; i++)
        if (places[i].id === walk.protocol[depth] && places[i].access.visit(packet, layers, depth, visit))
          return quantifier === 'any';
    return seen;
  };
}
