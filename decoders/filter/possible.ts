/** Whether a packet's layers leave a filter any chance: asked before anything of the packet is decoded. */

import type { Registry, Walk } from '../core/index.js';
import type { Condition } from './condition.js';
import type { Reference } from './fields.js';
import { handing } from './handing.js';
import { holdsOne, needlesOf, tellsOf } from './needles.js';
import { isUnclaimed } from './occurrences.js';

/** False only for walks that cannot meet the filter by what is in them. */
export type Possible = (walk: Walk, view: DataView) => boolean;

const always: Possible = () => true;

/** The test for a condition; undefined when every packet has a chance. */
export function possibleOf(registry: Registry, condition: Condition): Possible | undefined {
  const test = chance(registry, condition);
  return test === always ? undefined : test;
}

function chance(registry: Registry, condition: Condition): Possible {
  switch (condition.kind) {
    case 'present':
      return layerTest(registry, condition.reference);
    case 'match':
      return layerTest(registry, condition.reference, needlesOf(condition));
    case 'general': {
      const needles = needlesOf(condition);
      return both(condition.needs.map((reference) => layerTest(registry, reference, needles)));
    }
    case 'and':
      return both(condition.parts.map((part) => chance(registry, part)));
    case 'or': {
      const parts = condition.parts.map((part) => chance(registry, part));
      if (parts.some((part) => part === always)) return always;
      return (walk, view) => parts.some((part) => part(walk, view));
    }
    default:
      return always;
  }
}

function both(parts: readonly Possible[]): Possible {
  const real = parts.filter((part) => part !== always);
  if (real.length <= 1) return real[0] ?? always;
  return (walk, view) => real.every((part) => part(walk, view));
}

/** Whether one of the protocols that have the name is among the layers, with one of the needles where they tell. */
function layerTest(registry: Registry, reference: Reference, needles?: readonly Uint8Array[]): Possible {
  if (reference.kind === 'frame' || isUnclaimed(reference)) return always;
  if (reference.kind === 'protocol' && reference.id === 0) return always;
  const ids = reference.kind === 'protocol' ? [reference.id] : reference.members.flatMap((one) => one.protocolIds);
  const wanted = new Uint8Array(registry.protocols.length + 1);
  for (const id of ids) wanted[id] = needles !== undefined && tellsOf(registry, id) ? SEARCHED : PRESENT;
  for (const id of handing(registry, ids)) wanted[id] = PRESENT;
  return (walk, view) => {
    const { depth, protocol } = walk;
    for (let i = 0; i < depth; i++) {
      const found = wanted[protocol[i]];
      if (found === 0) continue;
      if (found === PRESENT || needles === undefined) return true;
      const end = walk.end[i] < walk.capturedEnd ? walk.end[i] : walk.capturedEnd;
      if (holdsOne(view, walk.start[i] - walk.lead[i], end, needles)) return true;
    }
    return false;
  };
}

const PRESENT = 1;
const SEARCHED = 2;
