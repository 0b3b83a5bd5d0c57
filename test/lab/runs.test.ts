/** Runs: step by step, in a running capture, ended early, and what cannot be run. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { labRoutes } from '../../api/lab.js';
import {
  type CaptureBody,
  eventually,
  isRoot,
  type ProblemBody,
  TestDaemon,
  WITHOUT_PRIVILEGE,
} from '../api/daemon.js';
import { callsOf, countOf, expectAllLinked, freePort, type LabRun, openSockets, runDemo } from './support.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

interface Listed {
  demos: {
    name: string;
    title: string;
    shows: string;
    parameters: { properties: Record<string, { default?: unknown; description?: string }> };
  }[];
  runs: { id: string; demo: string; state: string }[];
}

const step = (run: LabRun) => daemon.json<LabRun>(`/api/lab/runs/${run.id}/step`, undefined, 'POST');
const end = (run: LabRun) => daemon.json(`/api/lab/runs/${run.id}`, undefined, 'DELETE');
const captureOf = async (run: LabRun): Promise<CaptureBody> =>
  (await daemon.json<CaptureBody>(`/api/captures/${run.capture}`)).body;

test('the list says what each demo shows, and describes its parameters', async () => {
  const { status, body } = await daemon.json<Listed>('/api/lab');
  expect(status).toBe(200);
  const names = body.demos.map(({ name }) => name);
  for (const name of [
    'udp-echo',
    'tcp-echo',
    'tcp-stream',
    'byte-order',
    'addresses',
    'interfaces',
    'sockets',
    'seqpacket',
  ])
    expect(names).toContain(name);
  expect(new Set(names).size).toBe(names.length);
  for (const { shows, parameters } of body.demos) {
    expect(shows.length).toBeGreaterThan(100);
    for (const { default: standard, description } of Object.values(parameters.properties)) {
      expect(standard).toBeDefined();
      expect(description).toMatch(/\.$/);
    }
  }
});

describe('what cannot be run is said in words', () => {
  test.each([
    ['no such demo', 'udp', {}, 404, /no demo "udp"/],
    ['no such parameter', 'udp-echo', { parameters: { colour: 'red' } }, 400, /no parameter "colour"/],
    ['no address', 'udp-echo', { parameters: { address: 'localhost' } }, 400, /"address" is not right/],
    ['no client', 'udp-echo', { parameters: { clients: 0 } }, 400, /"clients" is not right/],
    ['more clients than wait', 'tcp-echo', { parameters: { clients: 9 } }, 400, /more clients than the queue holds/],
    ['a port that reads the same both ways', 'byte-order', { parameters: { port: 0x1b1b } }, 400, /must differ/],
    ['an address of another machine', 'tcp-echo', { parameters: { address: '192.0.2.200' } }, 400, /no such address/],
    ['no such capture', 'udp-echo', { capture: 'nope' }, 404, /no capture "nope"/],
    ['no such member', 'udp-echo', { speed: 1 }, 400, /no member "speed"/],
  ])('%s', async (_what, demo, body, status, detail) => {
    const answer = await daemon.json<ProblemBody>(`/api/lab/${demo}`, body);
    expect(answer.body.detail).toMatch(detail);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('no such run', async () => {
    for (const [path, method] of [
      ['', 'GET'],
      ['/step', 'POST'],
      ['/end', 'POST'],
      ['', 'DELETE'],
    ]) {
      const { status, body } = await daemon.json<ProblemBody>(`/api/lab/runs/none${path}`, undefined, method);
      expect({ status, detail: body.detail }).toEqual({ status: 404, detail: 'There is no run "none".' });
    }
  });

  (isRoot ? test : test.skip)(
    'no such interface, a port in use: no socket and no capture stay behind (needs root)',
    async () => {
      const taken = createSocket('udp4').bind(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address();
      const before = await openSockets(daemon.pid);
      const captures = (await daemon.json<CaptureBody[]>('/api/captures')).body.length;
      try {
        const inUse = await daemon.json<ProblemBody>('/api/lab/udp-echo', { parameters: { port } });
        expect(inUse.status).toBe(400);
        expect(inUse.body.detail).toContain('EADDRINUSE: the port is in use already');
        expect(inUse.body.hint).toContain('another port');
        const nowhere = await daemon.json<ProblemBody>('/api/lab/udp-echo', { parameters: { interface: 'nope0' } });
        expect(nowhere.status).toBe(400);
        expect(nowhere.body.detail).toContain('no interface called "nope0"');
      } finally {
        taken.close();
      }
      expect((await daemon.json<CaptureBody[]>('/api/captures')).body).toHaveLength(captures);
      await eventually(async () => ((await openSockets(daemon.pid)) <= before ? true : undefined));
    },
  );

  (isRoot ? test : test.skip)('without the privilege to capture (needs root)', async () => {
    const powerless = await TestDaemon.start(['--no-capture'], WITHOUT_PRIVILEGE);
    try {
      const { status, body } = await powerless.json<ProblemBody>('/api/lab/udp-echo', {});
      expect(status).toBe(403);
      expect(body.hint).not.toBe('');
    } finally {
      await powerless.stop();
    }
  });
});

(isRoot ? describe : describe.skip)('runs (needs root)', () => {
  test('a run is as it is described', async () => {
    const run = await runDemo(daemon, 'udp-echo', { port: await freePort() });
    const { body } = await daemon.json<LabRun>(`/api/lab/runs/${run.id}`);
    expect(body).toEqual(run);
    const declared = labRoutes.map(({ declaration }) => declaration).find(({ path }) => path === '/api/lab/runs/{run}');
    expect(declared?.responses[200].schema?.safeParse(body).error).toBeUndefined();
  });

  test('step by step: nothing happens before it is asked for', async () => {
    const port = await freePort();
    const { body: begun } = await daemon.json<LabRun>('/api/lab/udp-echo', { parameters: { port }, stepwise: true });
    expect(begun).toMatchObject({ state: 'waiting', steps: [], next: { end: 'server', call: 'socket' } });
    let run = begun;
    for (let made = 1; made <= 4; made++) {
      const { status, body } = await step(run);
      expect(status).toBe(200);
      expect(body.steps).toHaveLength(made);
      run = body;
    }
    expect(run.next).toMatchObject({ end: 'server', call: 'recvfrom' });
    expect(run.next?.code.python).toContain('recvfrom');
    // The packet of the step that was just made is there with the answer.
    expect(run.steps[3]).toMatchObject({ call: 'sendto', packets: [run.packets[0].number] });
    while (run.state === 'waiting') run = (await step(run)).body;
    expect(run).toMatchObject({ state: 'finished', next: null });
    expectAllLinked(run);
    expect((await captureOf(run)).state).toBe('stopped');
    expect((await step(run)).status).toBe(409);
  });

  test('ended in the middle: sockets closed, the last mark written, the capture whole', async () => {
    const port = await freePort();
    const before = await openSockets(daemon.pid);
    const { body: begun } = await daemon.json<LabRun>('/api/lab/tcp-echo', {
      parameters: { port, clients: 2 },
      stepwise: true,
    });
    let run = begun;
    for (let made = 1; made <= 12; made++) run = (await step(run)).body;
    expect(callsOf(run)).toContain('client 1: connect');
    const { body: halted } = await daemon.json<LabRun>(`/api/lab/runs/${run.id}/end`, undefined, 'POST');
    expect(halted).toMatchObject({ state: 'ended', next: null, steps: { length: 12 } });
    expect((await end(run)).status).toBe(204);
    expect((await daemon.json(`/api/lab/runs/${run.id}`)).status).toBe(404);
    const capture = await captureOf(run);
    expect(capture).toMatchObject({ state: 'stopped', warnings: [] });
    const { body } = await daemon.json<{ marks: { text: string }[] }>(`/api/captures/${run.capture}/marks`);
    expect(body.marks.at(-1)?.text).toBe('lab: tcp-echo ended: ended on request');
    await eventually(async () => ((await openSockets(daemon.pid)) <= before ? true : undefined));
    // The kernel has told the peers: a FIN or a RST of each connection.
    expect(await countOf(daemon, run, 'tcp.flags.fin == 1 || tcp.flags.reset == 1')).toBeGreaterThan(0);
    // And the port is free for the next run.
    expect((await runDemo(daemon, 'tcp-echo', { port })).state).toBe('finished');
  });

  test('in a running capture, among other packets', async () => {
    const { body: capture } = await daemon.json<CaptureBody>('/api/captures', { interfaces: ['lo'] });
    const first = await runDemo(daemon, 'udp-echo', { port: await freePort() }, { capture: capture.id });
    const second = await runDemo(daemon, 'udp-echo', { port: await freePort() }, { capture: capture.id });
    expect([first.capture, second.capture]).toEqual([capture.id, capture.id]);
    for (const run of [first, second]) {
      expect(run.packets).toHaveLength(4);
      expectAllLinked(run);
    }
    expect((await captureOf(second)).state).toBe('running');
    await daemon.json(`/api/captures/${capture.id}/stop`, {}, 'POST');
    const { status, body } = await daemon.json<ProblemBody>('/api/lab/udp-echo', { capture: capture.id });
    expect({ status, detail: body.detail }).toEqual({ status: 400, detail: `Capture ${capture.id} is not running.` });
  });

  test('in a capture that leaves its packets out, it says so', async () => {
    const { body: capture } = await daemon.json<CaptureBody>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: 'tcp port 1',
    });
    const ask = { parameters: { port: await freePort() }, capture: capture.id };
    const { body: echo } = await daemon.json<LabRun>('/api/lab/udp-echo', ask);
    expect(echo).toMatchObject({ state: 'finished', packets: [] });
    expect(echo.warnings).toEqual([expect.stringContaining('None of the run’s packets came by')]);
    // This one reads them, and cannot go on.
    const { body: order } = await daemon.json<LabRun>('/api/lab/byte-order', { capture: capture.id });
    expect(order.state).toBe('failed');
    expect(order.error?.detail).toContain('does not have the packets');
    await daemon.json(`/api/captures/${capture.id}`, undefined, 'DELETE');
  });

  test('a capture that is deleted under it ends a run in words', async () => {
    const { body: run } = await daemon.json<LabRun>('/api/lab/udp-echo', {
      parameters: { port: await freePort() },
      stepwise: true,
    });
    await step(run);
    await daemon.json(`/api/captures/${run.capture}`, undefined, 'DELETE');
    const { body } = await step(run);
    expect(body.state).toBe('failed');
    expect(body.error?.detail).toContain('There is no capture');
    expect((await daemon.json<Listed>('/api/lab')).body.runs).toContainEqual({
      id: run.id,
      demo: 'udp-echo',
      state: 'failed',
    });
  });

  test('only so many at once', async () => {
    const begun: LabRun[] = [];
    for (;;) {
      const parameters = { port: await freePort() };
      const { status, body } = await daemon.json<LabRun & ProblemBody>('/api/lab/udp-echo', {
        parameters,
        stepwise: true,
      });
      if (status !== 201) {
        expect(body.detail).toContain('no more can begin');
        break;
      }
      begun.push(body);
    }
    expect(begun.length).toBeLessThanOrEqual(10);
    for (const run of begun) expect((await end(run)).status).toBe(204);
  });

  test('a run that is open when the service stops leaves a whole capture', async () => {
    const own = await TestDaemon.start();
    const { body: run } = await own.json<LabRun>('/api/lab/udp-echo', {
      parameters: { port: await freePort() },
      stepwise: true,
    });
    for (let made = 0; made < 4; made++) await own.json(`/api/lab/runs/${run.id}/step`, undefined, 'POST');
    expect(await own.stop()).toBe(0);
  });
});
