/** Summarizing allocates nothing: a capture of millions of packets must not keep the garbage collector busy. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { Columns, type PacketData, summarizePacket, Walk } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { loadFixtures } from '../support/fixtures.js';

const PACKETS = 1_000_000;
/** What the measurement itself, the compiler and the test runner may take, in octets a packet. */
const TOLERATED = 0.5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The packets in one buffer, as they come in a capture's block: everything reads them through one view. */
function inOneBlock(packets: readonly PacketData[]): PacketData[] {
  const stride = 4096;
  const bytes = new Uint8Array(packets.length * stride);
  const view = new DataView(bytes.buffer);
  return packets.map((packet, index) => {
    bytes.set(new Uint8Array(packet.view.buffer, packet.start, packet.captured), index * stride);
    return { ...packet, view, start: index * stride };
  });
}

test(`${PACKETS} packets are summarized without allocation`, () => {
  const fixtures = inOneBlock(loadFixtures().map((fixture) => fixture.packet));
  const walk = new Walk();
  const columns = new Columns();
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const { view, linkType, start, captured, original } = fixtures[i % fixtures.length];
      summarizePacket(registry, view, linkType, start, captured, original, walk, columns, i & 0x3fff);
    }
  };
  // Until everything is compiled; the compiler allocates too.
  run(300_000);
  const measure = (): number => {
    collect();
    const before = process.memoryUsage().heapUsed;
    run(PACKETS);
    return (process.memoryUsage().heapUsed - before) / PACKETS;
  };
  // A real allocation is there every time; the runner's own is not.
  const least = Math.min(measure(), measure(), measure());
  console.log(`${least.toFixed(3)} octets a packet`);
  expect(least).toBeLessThan(TOLERATED);
}, 60_000);
