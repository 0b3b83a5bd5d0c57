/** Packets to mutate: the fixtures, and some of every capture of the corpus. */

import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusPackets } from '../support/corpus.js';
import { loadFixtures } from '../support/fixtures.js';

/** Octets of a packet that are mutated; the rest of a longer one is left out. */
export const LARGEST = 600;
/** Packets of each capture that serve as seeds. */
const SEEDS_A_FILE = 8;
/** Captures that serve as sequences, and packets of each. */
const SEQUENCES = 300;
const SEQUENCE_PACKETS = 40;
const LARGEST_IN_SEQUENCE = 1600;

export interface Seed {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

async function packetsOf(file: string, count: number, largest: number): Promise<Seed[]> {
  const taken: Seed[] = [];
  for await (const { view, start, captured, linkType } of corpusPackets(file)) {
    if (registry.linkLayer(linkType) === 0) break;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + start, Math.min(captured, largest)).slice();
    taken.push({ bytes, linkType });
    if (taken.length === count) break;
  }
  return taken;
}

/** Single packets. */
export async function loadSeeds(): Promise<Seed[]> {
  const all: Seed[] = loadFixtures().map(({ packet }) => ({
    bytes: new Uint8Array(packet.view.buffer),
    linkType: packet.linkType,
  }));
  for (const file of corpusFiles()) all.push(...(await packetsOf(file, SEEDS_A_FILE, LARGEST)));
  return all;
}

/** The beginnings of captures, in their order; none without the corpus. */
export async function loadSequences(): Promise<Seed[][]> {
  const files = corpusFiles();
  const step = Math.max(1, files.length / SEQUENCES);
  const all: Seed[][] = [];
  for (let at = 0; at < files.length; at += step) {
    const packets = await packetsOf(files[Math.floor(at)], SEQUENCE_PACKETS, LARGEST_IN_SEQUENCE);
    if (packets.length > 1) all.push(packets);
  }
  return all;
}
