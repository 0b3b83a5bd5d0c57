/** What is asked for by time is looked for where it can be, and found wherever it is. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { datagrams, removeFolders, START, type TestPacket } from '../support/packets.js';
import { importPackets, type Opened, openStore } from '../support/stores.js';
import { conversation, segmentFrame } from '../support/tcp-packets.js';

const COUNT = 60_000;
const MILLISECOND = 1_000_000n;

/** A millisecond apart, but for some whose times are those of others far away, as when files are put together. */
const packets: TestPacket[] = datagrams(COUNT).map(({ data }, i) => ({
  time: START + BigInt(i % 5000 === 4321 ? COUNT - i : i) * MILLISECOND,
  data,
}));

let opened: Opened;
let id: string;
beforeAll(async () => {
  opened = await openStore();
  ({ id } = await importPackets(opened.store, packets));
});
afterAll(async () => {
  await opened.close();
  removeFolders();
});

const seconds = packets.map(({ time }) => Number((time - START) / MILLISECOND) / 1000);
const epoch = (relative: number) =>
  `"${new Date(Number(START / MILLISECOND) + relative * 1000).toISOString().replace('T', ' ').replace('Z', '')}"`;
const source = (i: number) => packets[i].data[34] * 256 + packets[i].data[35];

const cases: [string, (relative: number, number: number) => boolean][] = [
  ['frame.time_relative >= 40 && frame.time_relative <= 42', (t) => t >= 40 && t <= 42],
  ['frame.time_relative > 55.5', (t) => t > 55.5],
  ['frame.time_relative < 0.02', (t) => t < 0.02],
  ['frame.time_relative == 12.5', (t) => t === 12.5],
  ['frame.time_relative in {1 .. 2, 50 .. 50.1}', (t) => (t >= 1 && t <= 2) || (t >= 50 && t <= 50.1)],
  ['frame.time_relative < 1 || frame.time_relative > 59', (t) => t < 1 || t > 59],
  ['!(frame.time_relative < 59)', (t) => t >= 59],
  ['frame.time_relative != 3', (t) => t !== 3],
  ['frame.time_relative > 100', () => false],
  ['frame.time_relative > 20 && frame.time_relative < 10', () => false],
  [`frame.time >= ${epoch(30)} && frame.time < ${epoch(31)}`, (t) => t >= 30 && t < 31],
  ['frame.number > 20000 && frame.number <= 20010', (_t, n) => n > 20_000 && n <= 20_010],
  ['frame.number > 20000 && frame.time_relative < 20.5', (t, n) => n > 20_000 && t < 20.5],
  ['udp.srcport == 20001 && frame.time_relative > 58', (t, n) => t > 58 && source(n - 1) === 20_001],
  // Not in the columns: every packet in between is decoded.
  [
    'udp.length == 28 && frame.time_relative > 30 && frame.time_relative < 31',
    (t, n) => t > 30 && t < 31 && packets[n - 1].data.length === 62,
  ],
];

describe.each(cases)('%s', (filter, holds) => {
  const expected = seconds.flatMap((t, i) => (holds(t, i + 1) ? [i + 1] : []));

  test('counts and pages have every match', async () => {
    expect(await opened.queries.count(id, filter)).toBe(expected.length);
    for (const position of [0, Math.max(0, expected.length - 5)]) {
      const { packets: page } = await opened.queries.packets(id, { filter, position, limit: 10 });
      expect(page.map(({ number }) => number)).toEqual(expected.slice(position, position + 10));
    }
  });

  test('so has a search from within', async () => {
    const after = 30_000;
    const { packets: page } = await opened.queries.packets(id, {
      filter: `(${filter}) && frame.len > 0`,
      after,
      limit: 10,
    });
    const behind = expected.filter((number) => number > after);
    expect(page.map(({ number }) => number)).toEqual(behind.slice(0, 10));
  });
});

test('an index that is built again has it too', async () => {
  const filter = 'frame.time_relative > 41 && frame.time_relative < 41.5';
  const before = await opened.queries.count(id, filter);
  await opened.store.reindex(id);
  expect(await opened.queries.count(id, filter)).toBe(before);
});

test('a message that begins long before the time in which it ends is found in it', async () => {
  const request = 'GET /split HTTP/1.1\r\nHost: example\r\n\r\n';
  const turns: ['>' | '<', string][] = [
    ['>', request.slice(0, 10)],
    ['>', request.slice(10)],
    ['<', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['>', request],
  ];
  const frames = conversation(turns).map(segmentFrame);
  // The beginning of the request, then 30,000 datagrams, then its end.
  const begun = frames.slice(0, 4);
  const spoken = [...begun, ...packets.slice(0, 30_000).map(({ data }) => data), ...frames.slice(4)];
  const { id: split } = await importPackets(
    opened.store,
    spoken.map((data, i) => ({ time: START + BigInt(i) * MILLISECOND, data })),
  );
  const filter = 'http.request.method == "GET"';
  const numbers = async (text: string) =>
    (await opened.queries.packets(split, { filter: text })).packets.map(({ number }) => number);
  const all = await numbers(filter);
  expect(all).toEqual([30_005, 30_007]);
  expect(await numbers(`${filter} && frame.time_relative > 30`)).toEqual(all);
  expect(await numbers(`${filter} && frame.time_relative > 30 && frame.time_relative < 30.005`)).toEqual([all[0]]);
  expect(await numbers(`${filter} && frame.number > 30005`)).toEqual([all[1]]);
  expect(await numbers(`${filter} && frame.time_relative < 30`)).toEqual([]);
});
