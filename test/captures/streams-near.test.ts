/** A page far behind in a long stream begins near its place, and is the same as when all pages before it were asked for. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StreamSegment } from '../../captures/query/query-types.js';
import { removeFolders } from '../support/packets.js';
import { importPackets, type Opened, openStore } from '../support/stores.js';
import { packetsOf, segmentFrame } from '../support/tcp-packets.js';

let one: Opened;
beforeAll(async () => {
  one = await openStore();
});
afterAll(async () => {
  await one.close();
  removeFolders();
});

const SEGMENTS = 12_000;
const OCTETS = 10;

test('pages in order, a page alone, and the number that wraps between', async () => {
  // Numbers wrap in the middle; every hundredth segment is late by one, every thousandth comes twice.
  const first = (2 ** 32 - (SEGMENTS / 2) * OCTETS) >>> 0;
  const order = Array.from({ length: SEGMENTS }, (_, index) => index);
  for (let at = 100; at < SEGMENTS; at += 100) [order[at], order[at + 1]] = [order[at + 1], order[at]];
  const sent = order.flatMap((index) => (index % 1000 === 7 ? [index, index] : [index]));
  const segment = (index: number) =>
    segmentFrame({
      from: '>',
      seq: first + 1 + index * OCTETS,
      ack: 1,
      data: String(index).padStart(OCTETS, '0'),
    });
  const frames = [segmentFrame({ from: '>', seq: first, flags: 'S' }), ...sent.map(segment)];
  const { id } = await importPackets(one.store, packetsOf(frames));
  const page = (after: number, limit: number) => one.queries.stream(id, { flow: 1, after, limit, running: false });
  const all: StreamSegment[] = [];
  const pages = new Map<number, readonly StreamSegment[]>();
  for (let after: number | null = 0; after !== null; ) {
    const { segments, next } = await page(after, 1000);
    pages.set(after, segments);
    all.push(...segments);
    after = next;
  }
  const text = all.map((one) => ('data' in one ? Buffer.from(one.data, 'base64').toString() : '!')).join('');
  expect(text).toBe(Array.from({ length: SEGMENTS }, (_, index) => String(index).padStart(OCTETS, '0')).join(''));
  for (const [after, segments] of [...pages].reverse()) expect((await page(after, 1000)).segments).toEqual(segments);
});
