/** A filter as a predicate over packets. */

import type { PacketTree, Registry } from '../core/index.js';
import type { Condition, Test } from './condition.js';
import { handing, hasLayer } from './handing.js';
import { Layers } from './layers.js';
import type { FilterPacket } from './packet.js';
import { parse } from './parse.js';
import { possibleOf } from './possible.js';
import { resolve } from './resolve.js';
import { namedProtocols, type Upper, upperOf } from './shallow.js';
import { matchTest, presenceTest } from './tests.js';

export interface CompiledFilter {
  /** As it was written. */
  readonly text: string;
  /**
   * Whether the packet meets the filter. Never throws for packet content. Header fields of fixed places are read in
   * place without allocating; a field of the variable part has its layer decoded, once a packet.
   */
  matches(packet: FilterPacket): boolean;
  /**
   * The same condition over a finished tree, which may have layers that stand in reassembled octets: what `tshark -Y`
   * answers with reassembly on. `packet` gives the frame's own facts and octets.
   */
  matchesTree(packet: FilterPacket, tree: PacketTree): boolean;
  /**
   * Whether it asks only for the frame and for what is below applications: then `matches` says the same as `matchesTree`
   * of every packet that is no IP fragment.
   */
  readonly shallow: boolean;
  /** What it asks for of applications; undefined when it is `shallow`. */
  readonly upper: Upper | undefined;
  /** The resolved meaning, from which `toSql` plans. */
  readonly condition: Condition;
}

/**
 * Compiles a display filter (wireshark-filter(4)). An empty filter matches every packet.
 *
 * @throws FilterError, and nothing else, for a text that is no filter
 */
export function compileFilter(registry: Registry, text: string): CompiledFilter {
  const condition = resolve(registry, parse(text));
  const layers = new Layers(registry);
  const upper = upperOf(registry, condition);
  const test = testOf(registry, condition);
  const possible = possibleOf(registry, condition);
  const carriers = handing(registry, namedProtocols(condition));
  return {
    text,
    condition,
    shallow: upper === undefined,
    upper,
    matches: (packet) => {
      if (possible !== undefined && !possible(packet.walk, packet.view)) return false;
      layers.begin(packet);
      // What a message carries is in no walk.
      if (carriers.length > 0 && hasLayer(packet.walk, carriers)) layers.beginTree(layers.tree());
      return test(packet, layers);
    },
    matchesTree: (packet, tree) => {
      layers.beginTree(tree);
      return test(packet, layers);
    },
  };
}

function testOf(registry: Registry, condition: Condition): Test {
  switch (condition.kind) {
    case 'constant': {
      const { value } = condition;
      return () => value;
    }
    case 'present':
      return presenceTest(registry, condition.reference);
    case 'match':
      return matchTest(registry, condition);
    case 'general':
      return condition.test;
    case 'not': {
      const part = testOf(registry, condition.part);
      return (packet, layers) => !part(packet, layers);
    }
    default:
      return junction(
        condition.kind,
        condition.parts.map((part) => testOf(registry, part)),
      );
  }
}

function junction(kind: 'and' | 'or' | 'xor', tests: readonly Test[]): Test {
  const [first, second] = tests;
  if (tests.length === 2) {
    if (kind === 'and') return (packet, layers) => first(packet, layers) && second(packet, layers);
    if (kind === 'or') return (packet, layers) => first(packet, layers) || second(packet, layers);
  }
  if (kind === 'xor')
    return (packet, layers) => {
      let odd = false;
      for (let i = 0; i < tests.length; i++) if (tests[i](packet, layers)) odd = !odd;
      return odd;
    };
  const decisive = kind === 'or';
  return (packet, layers) => {
    for (let i = 0; i < tests.length; i++) if (tests[i](packet, layers) === decisive) return decisive;
    return !decisive;
  };
}
