/** When packets were lost: written down in bounded space, read back, and spread over a timeline's buckets. */

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { addLosses } from '../../captures/query/statistics/timeline.js';
import { LossLog, readLosses } from '../../captures/recording/loss-log.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';

afterAll(removeFolders);

const SECOND = 1_000_000_000n;
const counted = (kernel: number | null, rest: { interface?: number | null; daemon?: number | null } = {}) => ({
  received: 0,
  kernel,
  interface: rest.interface ?? null,
  daemon: rest.daemon ?? null,
});

test('a span for each look that found more lost, whoever lost it; none is no loss, no file is not counted', () => {
  const folder = temporaryFolder();
  const log = new LossLog(folder, 100n * SECOND);
  log.look(counted(null), 101n * SECOND);
  expect(readLosses(folder)).toBeNull();
  log.look(counted(0), 102n * SECOND);
  expect(readLosses(folder)).toEqual([]);
  log.look(counted(5), 103n * SECOND);
  log.look(counted(5), 104n * SECOND);
  log.look(counted(5, { interface: 2, daemon: 1 }), 105n * SECOND);
  appendFileSync(join(folder, 'losses.jsonl'), '{"from":"1","to":"2","lost":-1}\nrubbish\n{"from":"1');
  expect(readLosses(folder)).toEqual([
    { from: 102n * SECOND, to: 103n * SECOND, lost: 5 },
    { from: 104n * SECOND, to: 105n * SECOND, lost: 3 },
  ]);
});

test('a capture that loses packets for ever: the file stays small and forgets none of them', () => {
  const folder = temporaryFolder();
  const log = new LossLog(folder, 0n);
  for (let i = 1; i <= 20_000; i++) log.look(counted(3 * i), BigInt(i) * SECOND);
  const spans = readLosses(folder)!;
  expect(spans.length).toBeLessThanOrEqual(8192);
  expect(spans.reduce((sum, { lost }) => sum + lost, 0)).toBe(60_000);
  expect(spans[0].from).toBe(0n);
  expect(spans.at(-1)!.to).toBe(20_000n * SECOND);
  for (let i = 1; i < spans.length; i++) expect(spans[i].from).toBe(spans[i - 1].to);
  expect(readFileSync(join(folder, 'losses.jsonl')).length).toBeLessThan(1 << 20);
});

test('buckets get what was lost in them; every loss counts once', () => {
  const drops = (spans: [number, number, number][], count: number, width: number) => {
    const buckets = Array.from({ length: count }, () => ({ drops: null as number | null }));
    const losses = spans.map(([from, to, lost]) => ({ from: BigInt(1000 + from), to: BigInt(1000 + to), lost }));
    addLosses(buckets, losses, 1000n, width);
    return buckets.map((bucket) => bucket.drops);
  };
  expect(drops([], 3, 10)).toEqual([0, 0, 0]);
  expect(drops([[10, 20, 7]], 3, 10)).toEqual([0, 7, 0]);
  expect(drops([[5, 15, 8]], 3, 10)).toEqual([4, 4, 0]);
  expect(drops([[0, 30, 10]], 3, 10)).toEqual([3, 4, 3]);
  expect(drops([[0, 30, 1]], 3, 10).reduce((sum, one) => sum! + one!, 0)).toBe(1);
  // Before the first packet and after the last, and a clock that was put back.
  expect(
    drops(
      [
        [-50, -40, 2],
        [100, 110, 3],
        [12, 12, 4],
      ],
      3,
      10,
    ),
  ).toEqual([2, 4, 3]);
  expect(drops([[-10, 20, 9]], 2, 10)).toEqual([6, 3]);
  expect(drops([[15, 35, 9]], 2, 10)).toEqual([0, 9]);
});
