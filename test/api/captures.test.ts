/** Captures of real traffic from their start to their end. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CaptureBody, eventually, isRoot, type ProblemBody, TestDaemon } from './daemon.js';
import { sendUdp, talkTcp } from './traffic.js';

interface Page {
  packets: {
    number: number;
    info: string;
    protocol: string;
    source: string;
    destinationPort: number;
    comments?: string[];
  }[];
  next: number | null;
  loss: Record<string, number | null>;
}

(isRoot ? describe : describe.skip)('captures (needs root)', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
  });
  afterAll(() => daemon.stop());

  const start = async (body: object) => {
    const started = await daemon.json<CaptureBody>('/api/captures', body);
    expect(started.status).toBe(201);
    return started;
  };
  const packets = async (id: string, filter: string, least: number) =>
    eventually(async () => {
      const { body } = await daemon.json<Page>(`/api/captures/${id}/packets?filter=${encodeURIComponent(filter)}`);
      if (body.packets === undefined) throw new Error(JSON.stringify(body));
      return body.packets.length >= least ? body : undefined;
    });

  test('what is sent right after the answer is seen', async () => {
    const { headers, body } = await start({ interfaces: ['lo'] });
    const port = await sendUdp(['first', 'second']);
    expect(headers.get('location')).toBe(`/api/captures/${body.id}`);
    const found = await packets(body.id, `udp.port == ${port}`, 2);
    expect(found.packets).toHaveLength(2);
    expect(found.packets[0]).toMatchObject({ protocol: 'UDP', source: '127.0.0.1', destinationPort: port });
    expect(found.loss).toMatchObject({ truncated: 0 });
    const stopped = await daemon.json<CaptureBody>(`/api/captures/${body.id}/stop`, undefined, 'POST');
    expect(stopped.body).toMatchObject({
      state: 'stopped',
      loss: { kernel: 0, interface: 0, daemon: 0, truncated: 0, malformed: 0 },
    });
  });

  test('the service leaves its own traffic out', async () => {
    const { body } = await start({ interfaces: ['lo'] });
    await talkTcp('::1');
    const { packets: seen } = await packets(body.id, 'tcp', 8);
    expect(seen.map((one) => one.destinationPort)).not.toContain(daemon.port);
    await daemon.json(`/api/captures/${body.id}/stop`, undefined, 'POST');
  });

  test('stop rules end a capture by itself', async () => {
    const { body } = await start({ interfaces: ['lo'], captureFilter: 'udp', stop: { packets: 3 } });
    await sendUdp(['1', '2', '3', '4', '5']);
    const ended = await eventually(async () => {
      const now = await daemon.json<CaptureBody>(`/api/captures/${body.id}`);
      return now.body.state === 'stopped' ? now.body : undefined;
    });
    expect(ended.packets).toBe(3);
  });

  test('renamed, commented, deleted', async () => {
    const { body } = await start({ interfaces: ['lo'], name: 'before' });
    const changed = await daemon.json<CaptureBody>(
      `/api/captures/${body.id}`,
      { name: 'after', comment: 'words' },
      'PATCH',
    );
    expect(changed.body).toMatchObject({ name: 'after', comment: 'words' });
    expect((await daemon.json(`/api/captures/${body.id}`, undefined, 'DELETE')).status).toBe(204);
    const gone = await daemon.json<ProblemBody>(`/api/captures/${body.id}`);
    expect(gone.status).toBe(404);
    expect(gone.body.detail).toContain(body.id);
    const { body: left } = await daemon.json<CaptureBody[]>('/api/captures');
    expect(left.map((one) => one.id)).not.toContain(body.id);
  });

  test('a mark stands before the next packet, and in the exported file', async () => {
    const { body } = await start({ interfaces: ['lo'], captureFilter: 'udp' });
    const port = await sendUdp(['before']);
    await packets(body.id, `udp.dstport == ${port}`, 1);
    const mark = await daemon.json<{ time: string }>(`/api/captures/${body.id}/marks`, { text: 'before connect()' });
    expect(mark.status).toBe(201);
    expect(mark.body.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    const next = await sendUdp(['after']);
    const found = await packets(body.id, `udp.dstport in {${port}, ${next}}`, 2);
    expect(found.packets.map((one) => one.comments)).toEqual([undefined, ['before connect()']]);
    const marks = await daemon.json<{ marks: { text: string }[] }>(`/api/captures/${body.id}/marks`);
    expect(marks.body.marks.map((one) => one.text)).toEqual(['before connect()']);
    await daemon.json(`/api/captures/${body.id}/stop`, undefined, 'POST');
    const file = await (await daemon.fetch(`/api/captures/${body.id}/export`)).arrayBuffer();
    expect(Buffer.from(file).includes('before connect()')).toBe(true);
  });

  test('raw-socket sees ICMP', async () => {
    const { body } = await start({ interfaces: ['icmp'], engine: 'raw-socket' });
    expect(body.linkTypes).toEqual([101]);
    const { body: stopped } = await daemon.json<CaptureBody>(`/api/captures/${body.id}/stop`, undefined, 'POST');
    expect(stopped.state).toBe('stopped');
  });
});
