/** The ends under a transport, as text. */

import { AddressFamily, type Columns } from '../core/columns.js';
import { etherFromWords, ipv4FromNumber, ipv6FromWords } from '../core/format.js';
import type { Registry } from '../core/registry.js';
import type { Walk } from '../core/walk.js';
import type { Ends } from './conversations.js';

/** Ends that are remembered; packets of one conversation come in bursts. */
const KEPT = 1024;

/** What ends were made from, to be compared before they are used again. */
interface Kept {
  readonly words: Uint32Array;
  readonly ends: Ends;
}

/** Makes the ends of packets, and hands out the same object for the same ends: text costs more than all the rest. */
export class EndsOf {
  private readonly kept: (Kept | undefined)[] = new Array(KEPT).fill(undefined);
  /** Family and carrier, the ports, and both addresses. */
  private readonly words = new Uint32Array(10);

  /** @param columns one row to work in */
  constructor(
    private readonly registry: Registry,
    private readonly columns: Columns,
  ) {}

  /** The ends of the transport at that depth; undefined without whole addresses under it. */
  at(view: DataView, walk: Walk, depth: number, carrier: 'tcp' | 'udp'): Ends | undefined {
    const { registry, columns, words } = this;
    for (let below = depth - 1; below >= 0; below--) {
      const layer = registry.runtime(walk.protocol[below]);
      if (!layer.hasAddresses || layer.fill === undefined) continue;
      if (walk.headerEnd[below] - walk.start[below] < layer.fixedLength) return undefined;
      layer.fill(view, walk.start[below], columns, 0);
      words[0] = columns.addressFamily[0] * 2 + (carrier === 'tcp' ? 1 : 0);
      words[1] = view.getUint32(walk.start[depth]);
      for (let i = 0; i < 4; i++) {
        words[2 + i] = columns.source[i];
        words[6 + i] = columns.destination[i];
      }
      return this.find(carrier);
    }
    return undefined;
  }

  private find(carrier: 'tcp' | 'udp'): Ends {
    const { words, kept } = this;
    let hash = 0;
    for (let i = 0; i < 10; i++) hash = Math.imul(hash ^ words[i], 0x9e3779b1);
    const place = hash >>> 22;
    const known = kept[place];
    if (known !== undefined && same(known.words, words)) return known.ends;
    const ends = this.make(carrier);
    kept[place] = { words: words.slice(), ends };
    return ends;
  }

  private make(carrier: 'tcp' | 'udp'): Ends {
    const { words, columns } = this;
    const source = text(columns.addressFamily[0], columns.source);
    const destination = text(columns.addressFamily[0], columns.destination);
    const sourcePort = words[1] >>> 16;
    const destinationPort = words[1] & 0xffff;
    const from = `${source} ${sourcePort}`;
    const to = `${destination} ${destinationPort}`;
    const key = from < to ? `${carrier} ${from} ${to}` : `${carrier} ${to} ${from}`;
    return { key, carrier, source, destination, sourcePort, destinationPort };
  }
}

function same(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < 10; i++) if (a[i] !== b[i]) return false;
  return true;
}

function text(family: number, words: Uint32Array): string {
  if (family === AddressFamily.ipv4) return ipv4FromNumber(words[0]);
  return family === AddressFamily.ipv6
    ? ipv6FromWords(words[0], words[1], words[2], words[3])
    : etherFromWords(words[0], words[1]);
}
