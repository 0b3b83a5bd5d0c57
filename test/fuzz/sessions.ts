/** Sequences of packets through a session: captures with changed, lost, doubled and swapped packets, and hostile ones. */

import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { Random } from '../support/random.js';
import { mutate } from './mutate.js';
import type { Seed } from './seeds.js';
import { Stranger } from './segments.js';
import { failure, LONGEST_MS, memoryInUse } from './watch.js';

/** Packets of one hostile conversation. */
const HOSTILE_PACKETS = 200;
/** One sequence in this many is hostile rather than a capture's. */
const HOSTILE = 3;

export interface SessionFindings {
  readonly packets: number;
  readonly sequences: number;
  readonly withSources: number;
  readonly slowestMilliseconds: number;
  readonly slowest: string;
  /** Octets that the heap grew by over the sessions after the first tenth. */
  readonly growth: number;
}

/** A capture's packets with faults of the way: lost, doubled, swapped, changed. */
function disturbed(random: Random, packets: readonly Seed[]): Seed[] {
  const out: Seed[] = [];
  for (const { bytes, linkType } of packets) {
    const fate = random.below(12);
    if (fate === 0) continue;
    const copy = bytes.slice();
    const kept = fate < 4 ? mutate(random, copy, copy.length, 3) : copy.length;
    out.push({ bytes: copy.subarray(0, kept), linkType });
    if (fate === 11) out.push({ bytes: bytes.slice(), linkType });
    if (fate === 10 && out.length > 1) out.push(...out.splice(out.length - 2, 1));
  }
  return out;
}

function hostile(random: Random): Seed[] {
  const stranger = new Stranger(random);
  return Array.from({ length: 1 + random.below(HOSTILE_PACKETS) }, () => stranger.packet());
}

/** Dissects a sequence and gives the milliseconds of each packet. */
function times(sequence: readonly Seed[], note: (sources: number) => void): number[] {
  const session = new Session(registry);
  return sequence.map(({ bytes, linkType }, index) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { length } = bytes;
    const before = performance.now();
    try {
      const packet = { view, start: 0, captured: length, original: length, linkType, number: index + 1 };
      note(session.dissect(packet).sources?.length ?? 0);
    } catch (error) {
      throw failure(`packet ${index + 1} of its sequence, linktype ${linkType}`, bytes, error);
    }
    return performance.now() - before;
  });
}

/** @throws what a decoder threw, with the packet in hexadecimal and the number of its sequence */
export function fuzzSessions(count: number, seed: number, sequences: readonly (readonly Seed[])[]): SessionFindings {
  const found = { packets: 0, sequences: 0, withSources: 0, slowestMilliseconds: 0, slowest: '' };
  let before: number | undefined;
  while (found.packets < count) {
    // A generator of its own for each, so that one sequence can be had again without those before it.
    const random = new Random(seed + found.sequences);
    const isHostile = sequences.length === 0 || found.sequences % HOSTILE === 0;
    const sequence = isHostile ? hostile(random) : disturbed(random, sequences[random.below(sequences.length)]);
    const where = `sequence ${seed} + ${found.sequences}`;
    try {
      const first = times(sequence, (sources) => {
        if (sources > 0) found.withSources++;
      });
      const most = Math.max(0, ...first);
      const slow = most > LONGEST_MS / 5 ? again(sequence, first) : most;
      if (slow > found.slowestMilliseconds) Object.assign(found, { slowestMilliseconds: slow, slowest: where });
    } catch (error) {
      throw new Error(where, { cause: error });
    }
    found.packets += sequence.length;
    found.sequences++;
    if (before === undefined && found.packets > count / 10) before = memoryInUse();
  }
  return { ...found, growth: memoryInUse() - (before ?? 0) };
}

/** The machine may have been busy elsewhere: a packet is slow only when it is slow again. */
function again(sequence: readonly Seed[], first: readonly number[]): number {
  const second = times(sequence, () => {
    // Counted the first time.
  });
  return Math.max(...first.map((time, index) => Math.min(time, second[index])));
}

/** Octets of one message that never ends, in segments, through one session. */
const ENDLESS_OCTETS = 48 << 20;
const SEGMENT = 60_000;

/** A message larger than what is kept, over every port: time and memory stay bounded. @returns the slowest packet, ms */
export function fuzzEndless(begin: string, port: number): { milliseconds: number; growth: number } {
  const session = new Session(registry);
  const bytes = new Uint8Array(54 + SEGMENT).fill(0x61);
  const view = new DataView(bytes.buffer);
  bytes.set([0x08, 0x00, 0x45], 12);
  view.setUint16(16, 40 + SEGMENT);
  bytes.set([64, 6], 22);
  view.setUint32(26, 0x0a000001);
  view.setUint32(30, 0x0a000002);
  view.setUint16(34, 40000);
  view.setUint16(36, port);
  bytes.set([0x50, 0x18], 46);
  bytes.set(Buffer.from(begin, 'latin1'), 54);
  const before = memoryInUse();
  let milliseconds = 0;
  // Just below the end of the sequence numbers, so that they wrap on the way.
  let sequence = 0xfff00000;
  for (let sent = 0, number = 1; sent < ENDLESS_OCTETS; sent += SEGMENT, number++) {
    view.setUint32(38, sequence);
    const start = performance.now();
    session.dissect({ view, start: 0, captured: bytes.length, original: bytes.length, linkType: 1, number });
    milliseconds = Math.max(milliseconds, performance.now() - start);
    sequence = (sequence + SEGMENT) >>> 0;
    if (sent === 0) bytes.fill(0x61, 54);
  }
  return { milliseconds, growth: memoryInUse() - before };
}
