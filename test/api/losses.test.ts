/** Losses on the timeline: a daemon that gets no processor for a while loses packets, and says when. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, isRoot, TestDaemon } from './daemon.js';
import { sendUdp } from './traffic.js';

/** Of a length that nobody else's has, for a capture filter. */
const DATAGRAM = 'x'.repeat(1051);

interface Bucket {
  time: string;
  packets: number;
  drops: number | null;
}

(isRoot ? describe : describe.skip)('a capture that was held up (needs root)', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
  });
  afterAll(() => daemon.stop());

  const timeline = async (id: string, query = '') =>
    (await daemon.json<{ buckets: Bucket[] }>(`/api/captures/${id}/statistics/timeline?interval=1${query}`)).body
      .buckets;
  const sum = (buckets: Bucket[]) => buckets.reduce((total, { drops }) => total + drops!, 0);
  const capture = async (id: string) =>
    (await daemon.json<{ packets: number; loss: { kernel: number } }>(`/api/captures/${id}`)).body;

  test('tells of its losses by interval, live, stopped, under a filter and after indexing again', async () => {
    const started = await daemon.json<{ id: string }>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: `udp and len = ${42 + DATAGRAM.length}`,
      bufferBytes: 65_536,
    });
    const { id } = started.body;
    await sendUdp([DATAGRAM]);
    const first = await eventually(async () => {
      const buckets = await timeline(id);
      return buckets.length > 0 ? buckets : undefined;
    });
    expect(first.map(({ drops }) => drops)).toEqual([0]);
    process.kill(daemon.pid, 'SIGSTOP');
    try {
      await sendUdp(Array.from({ length: 3000 }, () => DATAGRAM));
    } finally {
      process.kill(daemon.pid, 'SIGCONT');
    }
    const lost = await eventually(async () => {
      const { loss } = await capture(id);
      return loss.kernel > 0 && sum(await timeline(id)) === loss.kernel ? loss.kernel : undefined;
    });
    await daemon.json(`/api/captures/${id}/stop`, undefined, 'POST');
    const { packets, loss } = await capture(id);
    // The kernel offers each packet of loopback twice, and counts both.
    expect(packets + loss.kernel).toBeGreaterThanOrEqual(3001);
    expect(loss.kernel).toBe(lost);
    const buckets = await timeline(id);
    expect(sum(buckets)).toBe(lost);
    expect(sum(await timeline(id, '&filter=icmp'))).toBe(lost);
    await daemon.json(`/api/captures/${id}/reindex`, undefined, 'POST');
    expect(await timeline(id)).toEqual(buckets);
  });

  test('a file does not say when packets were lost', async () => {
    const buckets = await timeline(await daemon.sample());
    expect(new Set(buckets.map(({ drops }) => drops))).toEqual(new Set([null]));
  });
});
