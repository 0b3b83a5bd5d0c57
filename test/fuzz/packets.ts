/** Mutated packets through the walk, the summary and the tree; random octets into every decoder by itself. */

import { dissectLayers, newDissection } from '../../decoders/core/dissect.js';
import { Columns, dissect, type PacketData, summarizePacket, Walk } from '../../decoders/core/index.js';
import { walkFrom } from '../../decoders/core/walk.js';
import { registry } from '../../decoders/protocols/index.js';
import { Random } from '../support/random.js';
import { mutate } from './mutate.js';
import { LARGEST, type Seed } from './seeds.js';
import { failure, memoryInUse, timeOf } from './watch.js';

/** Every packet is summarized; one in this many is dissected too, for a tree takes a hundred times as long. */
const DISSECTED = 2;
/** One in this many is random octets, given straight to one of the protocols. */
const RANDOM = 16;
/** Octets before a random header: a decoder may look at the header that carries it, and there always is one. */
const BEFORE = 64;
/** Part of a run after which compilers and caches have what they need. */
const WARM = 0.1;

export interface PacketFindings {
  readonly packets: number;
  readonly dissected: number;
  /** Packets straight into a decoder. */
  readonly direct: number;
  readonly withProblems: number;
  readonly slowestMilliseconds: number;
  readonly slowest: string;
  /** Octets that the heap grew by after the beginning. */
  readonly growth: number;
}

/** @throws what a decoder threw, with the packet in hexadecimal */
export function fuzzPackets(
  count: number,
  seed: number,
  seeds: readonly Seed[],
  say?: (done: number) => void,
): PacketFindings {
  const random = new Random(seed);
  const bytes = new Uint8Array(LARGEST * 2);
  const view = new DataView(bytes.buffer);
  const walk = new Walk();
  const columns = new Columns(1);
  const found = { packets: count, dissected: 0, direct: 0, withProblems: 0, slowestMilliseconds: 0, slowest: '' };
  let packet: PacketData = { view, start: 0, captured: 0, original: 0, linkType: 0 };
  let tree = false;
  let protocol = 0;
  const whole = (): void => {
    const { linkType, captured, original } = packet;
    summarizePacket(registry, view, linkType, 0, captured, original, walk, columns, 0);
    if (tree && dissect(registry, packet, walk).problems.length > 0) found.withProblems++;
  };
  const direct = (): void => {
    walk.reset(0, packet.captured);
    walkFrom(registry, view, protocol, BEFORE, packet.captured, walk);
    dissectLayers(registry, newDissection(registry, view, walk, {}), 0, []);
  };
  let before = 0;
  for (let i = 0; i < count; i++) {
    if (i === Math.floor(count * WARM)) before = memoryInUse();
    if (say !== undefined && i % 1_000_000 === 999_999) say(i + 1);
    const source = seeds[random.below(seeds.length)];
    const isDirect = i % RANDOM === RANDOM - 1;
    let captured: number;
    if (isDirect) {
      captured = BEFORE + random.below(LARGEST);
      for (let at = 0; at < captured; at += 4) view.setUint32(at, random.next());
      protocol = 1 + random.below(registry.protocols.length);
      found.direct++;
    } else {
      bytes.set(source.bytes.subarray(0, LARGEST));
      captured = mutate(random, bytes, Math.min(source.bytes.length, LARGEST));
      tree = i % DISSECTED === 0;
      if (tree) found.dissected++;
    }
    const original = random.below(8) === 0 ? captured + random.below(2000) : captured;
    const linkType = random.below(64) === 0 ? seeds[random.below(seeds.length)].linkType : source.linkType;
    packet = { view, start: 0, captured, original, linkType };
    const what = (): string =>
      `packet ${i} of seed ${seed}, ${isDirect ? registry.runtime(protocol).protocol.filter : `linktype ${linkType}`}, original ${original}`;
    try {
      const took = timeOf(isDirect ? direct : whole);
      if (took > found.slowestMilliseconds) Object.assign(found, { slowestMilliseconds: took, slowest: what() });
    } catch (error) {
      throw failure(what(), bytes.subarray(0, captured), error);
    }
  }
  return { ...found, growth: memoryInUse() - before };
}
