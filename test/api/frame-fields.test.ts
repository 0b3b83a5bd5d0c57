/** Filters by what a packet is to the one before, and by what people wrote about it. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestDaemon } from './daemon.js';

interface Page {
  packets: { number: number; time: string; relativeTime: number; fields: Record<string, string[]> }[];
}

let daemon: TestDaemon;
let base: string;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  base = `/api/captures/${await daemon.sample()}`;
});
afterAll(() => daemon.stop());

const packets = async (filter: string) =>
  (
    await daemon.json<Page>(
      `${base}/packets?limit=1000&fields=frame.time_delta,frame.comment&filter=${encodeURIComponent(filter)}`,
    )
  ).body.packets;

test('frame.time_delta is the time since the packet before, 0 for the first', async () => {
  const all = await packets('');
  all.forEach(({ relativeTime, fields }, index) => {
    const delta = index === 0 ? 0 : relativeTime - all[index - 1].relativeTime;
    expect(Number(fields['frame.time_delta'][0])).toBeCloseTo(delta, 8);
  });
  const late = all.filter(({ fields }) => Number(fields['frame.time_delta'][0]) > 0.01).map((packet) => packet.number);
  expect(late.length).toBeGreaterThan(0);
  expect((await packets('frame.time_delta > 0.01')).map((packet) => packet.number)).toEqual(late);
  // A filter that columns narrow first has to look for the packet before.
  const inTcp = (await packets('tcp')).map((packet) => packet.number).filter((number) => late.includes(number));
  expect((await packets('tcp && frame.time_delta > 0.01')).map((packet) => packet.number)).toEqual(inTcp);
});

test('frame.comment has the marks too', async () => {
  const [, , third] = await packets('');
  await daemon.json(`${base}/marks`, { text: 'look here', time: third.time });
  const found = await packets('frame.comment contains "look"');
  expect(found.map((packet) => packet.number)).toEqual([third.number]);
  expect(found[0].fields['frame.comment']).toContain('look here');
  expect((await packets('!(frame.comment == "look here")')).map((packet) => packet.number)).not.toContain(third.number);
});
