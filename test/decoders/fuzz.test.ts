/** A million mutated packets through both walkers: no exception, and none takes long. */
import { expect, test } from '@jest/globals';
import { Columns, dissect, type PacketData, summarizePacket, Walk } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusPackets } from '../support/corpus.js';
import { loadFixtures } from '../support/fixtures.js';
import { Random } from '../support/random.js';

const PACKETS = 1_000_000;
/** Every packet is summarized; one in this many is dissected too, for a tree takes a hundred times as long. */
const DISSECTED = 2;
/** Octets of a packet that are mutated; the rest of a longer one is left out. */
const LARGEST = 600;
/** Packets of each corpus file that serve as seeds, beside the fixtures. */
const SEEDS_A_FILE = 8;
const LONGEST_MS = 50;
/** `NETGLASS_SEED` repeats a run. */
const seed = Number(process.env['NETGLASS_SEED'] ?? Date.now() % 0x7fffffff);

interface Seed {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

async function seeds(): Promise<Seed[]> {
  const all: Seed[] = loadFixtures().map(({ packet }) => ({
    bytes: new Uint8Array(packet.view.buffer),
    linkType: packet.linkType,
  }));
  for (const file of corpusFiles()) {
    let taken = 0;
    for await (const { view, start, captured, linkType } of corpusPackets(file)) {
      if (registry.linkLayer(linkType) === 0 || taken === SEEDS_A_FILE) break;
      all.push({
        bytes: new Uint8Array(view.buffer, view.byteOffset + start, Math.min(captured, LARGEST)).slice(),
        linkType,
      });
      taken++;
    }
  }
  return all;
}

/** Numbers that lengths and counts go wrong at. */
const EXTREMES = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 63, 64, 127, 128, 191, 192, 254, 255];

/** Changes a few octets of `bytes` and answers how many of them remain. */
function mutate(random: Random, bytes: Uint8Array, length: number): number {
  const changes = 1 + random.below(8);
  let kept = length;
  for (let i = 0; i < changes && kept > 0; i++) {
    const at = random.below(kept);
    switch (random.below(6)) {
      case 0:
        bytes[at] ^= 1 << random.below(8);
        break;
      case 1:
        bytes[at] = random.next();
        break;
      case 2:
        bytes[at] = EXTREMES[random.below(EXTREMES.length)];
        break;
      case 3:
        bytes.copyWithin(random.below(kept), at, Math.min(kept, at + 1 + random.below(32)));
        break;
      case 4:
        bytes.fill(random.next(), at, Math.min(kept, at + random.below(16)));
        break;
      default:
        if (random.below(4) === 0) kept = at;
    }
  }
  return kept;
}

test(`${PACKETS} mutated packets (seed ${seed})`, async () => {
  const random = new Random(seed);
  const sources = await seeds();
  const bytes = new Uint8Array(LARGEST * 2);
  const view = new DataView(bytes.buffer);
  const walk = new Walk();
  const columns = new Columns(1);
  let slowest = 0;
  let problems = 0;
  const run = (packet: PacketData, tree: boolean): number => {
    const before = performance.now();
    summarizePacket(registry, view, packet.linkType, 0, packet.captured, packet.original, walk, columns, 0);
    if (tree) problems += dissect(registry, packet, walk).problems.length > 0 ? 1 : 0;
    return performance.now() - before;
  };
  for (let i = 0; i < PACKETS; i++) {
    const source = sources[random.below(sources.length)];
    bytes.set(source.bytes.subarray(0, LARGEST));
    const captured = mutate(random, bytes, Math.min(source.bytes.length, LARGEST));
    const original = random.below(8) === 0 ? captured + random.below(2000) : captured;
    const linkType = random.below(64) === 0 ? sources[random.below(sources.length)].linkType : source.linkType;
    const packet = { view, start: 0, captured, original, linkType };
    const tree = i % DISSECTED === 0;
    let took: number;
    try {
      took = run(packet, tree);
    } catch (error) {
      const hex = Buffer.from(bytes.subarray(0, captured)).toString('hex');
      throw new Error(`packet ${i}, linktype ${linkType}, original ${original}: ${hex}`, { cause: error });
    }
    // The machine may have been busy elsewhere: a packet is slow only when it is slow again.
    if (took > LONGEST_MS / 10) took = Math.min(took, run(packet, tree), run(packet, tree));
    slowest = Math.max(slowest, took);
  }
  console.log(
    `${PACKETS} packets from ${sources.length} seeds, all summarized, ${PACKETS / DISSECTED} dissected, ${problems} of them with problems; slowest ${slowest.toFixed(2)} ms`,
  );
  expect(slowest).toBeLessThanOrEqual(LONGEST_MS);
}, 300_000);
