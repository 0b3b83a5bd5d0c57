/** What goes on while a capture runs: events, and a file that never ends. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CaptureBody, eventually, isRoot, TestDaemon } from './daemon.js';
import { sendUdp } from './traffic.js';

interface Event {
  id: string;
  event: string;
  data: {
    packets?: { number: number; destinationPort: number }[] & number;
    skipped?: number | null;
    state?: string;
    rates?: object;
    loss?: object;
  };
}

/** Reads Server-Sent Events as a browser does. */
class Events {
  readonly seen: Event[] = [];
  ended = false;
  private readonly aborted = new AbortController();

  static async open(daemon: TestDaemon, path: string, headers: Record<string, string> = {}): Promise<Events> {
    const events = new Events();
    const answer = await daemon.fetch(path, { headers, signal: events.aborted.signal });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    events.read(answer).catch((error: unknown) => {
      if (!events.aborted.signal.aborted) throw error;
    });
    return events;
  }

  private async read(answer: Response): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
        );
        text = text.slice(end + 2);
        if (lines.has('data'))
          this.seen.push({ id: lines.get('id')!, event: lines.get('event')!, data: JSON.parse(lines.get('data')!) });
      }
    }
    this.ended = true;
  }

  wait(holds: (event: Event) => boolean): Promise<Event> {
    return eventually(async () => this.seen.find(holds));
  }

  close(): void {
    this.aborted.abort();
  }
}

(isRoot ? describe : describe.skip)('while a capture runs (needs root)', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
  });
  afterAll(() => daemon.stop());

  const start = async () =>
    (await daemon.json<CaptureBody>('/api/captures', { interfaces: ['lo'], captureFilter: 'udp' })).body.id;
  const stop = (id: string) => daemon.json(`/api/captures/${id}/stop`, undefined, 'POST');
  const rows = (events: Events) =>
    events.seen.filter((one) => one.event === 'packets').flatMap((one) => one.data.packets ?? []);

  test('events tell of counters and new packets, and go on where they left off', async () => {
    const id = await start();
    const events = await Events.open(daemon, `/api/captures/${id}/events`);
    const first = await events.wait((one) => one.event === 'progress');
    expect(first.data).toMatchObject({
      state: 'running',
      packets: 0,
      rates: { packetsPerSecond: 0 },
      loss: { malformed: 0 },
    });
    const port = await sendUdp(['one', 'two']);
    await eventually(async () => (rows(events).length === 2 ? true : undefined));
    expect(rows(events).map((one) => one.destinationPort)).toEqual([port, port]);
    const { id: last } = events.seen.findLast((one) => one.event === 'packets')!;
    expect(last).toBe('2');
    events.close();

    await sendUdp(['three', 'four', 'five']);
    const again = await Events.open(daemon, `/api/captures/${id}/events`, { 'Last-Event-ID': last });
    await eventually(async () => (rows(again).length === 3 ? true : undefined));
    expect(rows(again).map((one) => one.number)).toEqual([3, 4, 5]);
    await stop(id);
    expect((await again.wait((one) => one.event === 'ended')).data).toMatchObject({ state: 'stopped' });
    await eventually(async () => (again.ended ? true : undefined));
    const over = await daemon.fetch(`/api/captures/${id}/events`, { headers: { 'Last-Event-ID': '5' } });
    expect(over.status).toBe(204);
  });

  test('a packet is told of within 200 ms', async () => {
    const id = await start();
    const events = await Events.open(daemon, `/api/captures/${id}/events`);
    await events.wait((one) => one.event === 'progress');
    // The best of ten: a busy machine makes some late, a slow service all of them.
    let best = Number.POSITIVE_INFINITY;
    for (let round = 1; round <= 10 && best > 200; round++) {
      const before = performance.now();
      await sendUdp(['now']);
      await eventually(async () => (rows(events).length === round ? true : undefined));
      best = Math.min(best, performance.now() - before);
    }
    expect(best).toBeLessThan(200);
    events.close();
    await stop(id);
  });

  test('more packets than can be told of are counted', async () => {
    const id = await start();
    await sendUdp(Array.from({ length: 700 }, (_, at) => String(at)));
    await eventually(async () =>
      (await daemon.json<CaptureBody>(`/api/captures/${id}`)).body.packets >= 700 ? true : undefined,
    );
    for (const filter of ['', '&filter=udp']) {
      const events = await Events.open(daemon, `/api/captures/${id}/events?after=0${filter}`);
      const { data } = await events.wait((one) => one.event === 'packets');
      expect(data.packets).toHaveLength(200);
      expect(data.skipped).toBe(500);
      events.close();
    }
    await stop(id);
  });

  test('a deleted capture ends its events', async () => {
    const id = await start();
    const events = await Events.open(daemon, `/api/captures/${id}/events`);
    await events.wait((one) => one.event === 'progress');
    await daemon.json(`/api/captures/${id}`, undefined, 'DELETE');
    await eventually(async () => (events.ended ? true : undefined));
  });

  test.each(['', '?filter=udp'])(
    'live.pcapng%s goes into tshark while the packets come, and ends with the capture',
    async (query) => {
      const id = await start();
      const answer = await daemon.fetch(`/api/captures/${id}/live.pcapng${query}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-pcapng']);
      const reader = spawn('tshark', ['-l', '-i', '-', '-T', 'fields', '-e', 'udp.dstport'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      let lines = '';
      reader.stdout.on('data', (chunk: Buffer) => {
        lines += chunk.toString();
      });
      const fed = (async () => {
        for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) reader.stdin.write(chunk);
        reader.stdin.end();
      })();
      const closed = once(reader, 'close');
      const ports: number[] = [];
      for (let round = 0; round < 3; round++) {
        ports.push(await sendUdp([`round ${round}`]));
        await eventually(async () => (lines.split('\n').length - 1 === ports.length ? true : undefined), 30_000);
      }
      await stop(id);
      await fed;
      await closed;
      expect(lines.trimEnd().split('\n').map(Number)).toEqual(ports);
    },
  );

  test('a client that goes away leaves nothing running', async () => {
    const id = await start();
    for (let i = 0; i < 5; i++) {
      const aborted = new AbortController();
      await daemon.fetch(`/api/captures/${id}/live.pcapng`, { signal: aborted.signal });
      aborted.abort();
    }
    await stop(id);
    expect((await daemon.json('/api/health')).status).toBe(200);
  });
});
