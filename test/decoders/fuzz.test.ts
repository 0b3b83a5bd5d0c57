/** A million mutated packets through both walkers, some through sessions: no exception, none slow, no growth. */
import { expect, test } from '@jest/globals';
import { fuzzPackets } from '../fuzz/packets.js';
import { loadSeeds, loadSequences } from '../fuzz/seeds.js';
import { fuzzEndless, fuzzSessions } from '../fuzz/sessions.js';
import { LONGEST_MS, MOST_GROWTH, MOST_GROWTH_ENDLESS } from '../fuzz/watch.js';

const PACKETS = 1_000_000;
const SESSION_PACKETS = 50_000;
/** `NETGLASS_SEED` repeats a run. */
const seed = Number(process.env['NETGLASS_SEED'] ?? Date.now() % 0x7fffffff);

test(`${PACKETS} mutated packets (seed ${seed})`, async () => {
  const found = fuzzPackets(PACKETS, seed, await loadSeeds());
  console.log(JSON.stringify(found));
  expect(found.slowestMilliseconds).toBeLessThanOrEqual(LONGEST_MS);
  expect(found.growth).toBeLessThanOrEqual(MOST_GROWTH);
}, 300_000);

test(`${SESSION_PACKETS} packets of disturbed and hostile sequences (seed ${seed})`, async () => {
  const found = fuzzSessions(SESSION_PACKETS, seed, await loadSequences());
  console.log(JSON.stringify(found));
  expect(found.withSources).toBeGreaterThan(SESSION_PACKETS / 1000);
  expect(found.slowestMilliseconds).toBeLessThanOrEqual(LONGEST_MS);
  expect(found.growth).toBeLessThanOrEqual(MOST_GROWTH);
}, 300_000);

test('HTTP headers that do not end', () => {
  const { growth } = fuzzEndless('GET / HTTP/1.1\r\nA: ', 80);
  expect(growth).toBeLessThanOrEqual(MOST_GROWTH_ENDLESS);
}, 60_000);
