/** Who hands octets over that become layers of their own: those layers are in no walk, only in trees. */

import type { Registry, Walk } from '../core/index.js';

/** Registry ids of the protocols that hand octets over to one of these. */
export function handing(registry: Registry, ids: Iterable<number>): readonly number[] {
  const tables = new Set<string>();
  for (const id of ids)
    if (id !== 0) for (const table of Object.keys(registry.runtime(id).protocol.carriedBy)) tables.add(table);
  return registry.protocols.flatMap(({ hands }, index) =>
    hands !== undefined && tables.has(hands) ? [index + 1] : [],
  );
}

/** Whether a layer of the walk is of one of the protocols, by their registry ids. */
export function hasLayer({ depth, protocol }: Walk, ids: readonly number[]): boolean {
  for (let at = 0; at < depth; at++) if (ids.includes(protocol[at])) return true;
  return false;
}
