/** The addresses under a transport, as text. */

import { AddressFamily, type Columns } from '../core/columns.js';
import { etherFromWords, ipv4FromNumber, ipv6FromWords } from '../core/format.js';
import type { Registry } from '../core/registry.js';
import type { Walk } from '../core/walk.js';

/** @param columns one row to work in */
export function addressesUnder(
  registry: Registry,
  view: DataView,
  walk: Walk,
  depth: number,
  columns: Columns,
): { source: string; destination: string } | undefined {
  for (let below = depth - 1; below >= 0; below--) {
    const layer = registry.runtime(walk.protocol[below]);
    if (!layer.hasAddresses || layer.fill === undefined) continue;
    if (walk.headerEnd[below] - walk.start[below] < layer.fixedLength) return undefined;
    layer.fill(view, walk.start[below], columns, 0);
    return {
      source: text(columns.addressFamily[0], columns.source),
      destination: text(columns.addressFamily[0], columns.destination),
    };
  }
  return undefined;
}

function text(family: number, words: Uint32Array): string {
  if (family === AddressFamily.ipv4) return ipv4FromNumber(words[0]);
  return family === AddressFamily.ipv6
    ? ipv6FromWords(words[0], words[1], words[2], words[3])
    : etherFromWords(words[0], words[1]);
}
