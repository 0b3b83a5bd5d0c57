/** Checks, triggers, and "why didn't I see it?", on real traffic over loopback and on the sample. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CaptureBody, eventually, isRoot, type ProblemBody, TestDaemon } from './daemon.js';
import { sendUdp } from './traffic.js';

interface Report {
  pass: boolean;
  checks: { name: string; pass: boolean; detail: string; count: number; packets: number[] }[];
}

interface Why {
  verdict: 'seen' | 'hidden' | 'absent';
  filter: string;
  count: number;
  reasons: { kind: string; certain: boolean; text: string; hint?: string }[];
}

let daemon: TestDaemon;
let sample: string;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  sample = await daemon.sample();
});
afterAll(() => daemon.stop());

const numbersOf = async (filter: string) => {
  const { body } = await daemon.json<{ packets: { number: number }[] }>(
    `/api/captures/${sample}/packets?limit=1000&filter=${encodeURIComponent(filter)}`,
  );
  return body.packets.map((packet) => packet.number);
};
const judge = async (checks: object[]) =>
  (await daemon.json<Report>(`/api/captures/${sample}/checks`, { checks })).body;

const SYN = 'tcp.flags.syn == 1 && tcp.flags.ack == 0';
const SYN_ACK = 'tcp.flags.syn == 1 && tcp.flags.ack == 1';

describe('checks', () => {
  test('a handshake in its order', async () => {
    const report = await judge([{ expect: SYN }, { expect: SYN_ACK, within: 5 }, { expect: 'tcp.flags == 0x010' }]);
    expect(report.checks.map((check) => check.pass)).toEqual([true, true, true]);
    expect(report.pass).toBe(true);
    const [syn] = await numbersOf(SYN);
    expect(report.checks[0].packets).toContain(syn);
  });

  test('the other order does not hold', async () => {
    const all = await numbersOf(SYN);
    const answers = await numbersOf(SYN_ACK);
    const late = answers.filter((number) => number > all[all.length - 1]).length;
    const report = await judge([
      { expect: SYN, count: { min: all.length } },
      { expect: SYN_ACK, count: late + 1 },
    ]);
    expect(report.checks.map((check) => check.pass)).toEqual([true, false]);
  });

  test.each([
    ['exactly', 0, true],
    ['too many wanted', 1, false],
    ['too few wanted', -1, false],
  ])('counts: %s', async (_what, more, pass) => {
    const count = (await numbersOf('dns')).length + more;
    expect(await judge([{ name: 'all of DNS', expect: 'dns', count }])).toMatchObject({
      pass,
      checks: [{ name: 'all of DNS', pass }],
    });
  });

  test('nothing in between', async () => {
    const [first, second] = await numbersOf('dns');
    const between = (await numbersOf('arp')).filter((number) => number > first && number < second);
    const report = await judge([
      { expect: `frame.number == ${first}` },
      { no: 'arp' },
      { expect: `frame.number == ${second}` },
    ]);
    expect(report.checks[1]).toMatchObject({ pass: between.length === 0, count: between.length });
    const nothing = await judge([{ no: 'frame' }]);
    expect(nothing).toMatchObject({ pass: false });
    expect(await judge([{ no: 'bgp' }])).toMatchObject({ pass: true });
  });

  test('too late', async () => {
    const last = (await numbersOf('frame')).at(-1);
    const report = await judge([{ expect: 'frame.number == 1' }, { expect: `frame.number == ${last}`, within: 1e-6 }]);
    expect(report.checks[1]).toMatchObject({ pass: false, detail: expect.stringContaining('not within') });
  });

  test('a wrong filter says in which check, and where', async () => {
    const { status, body } = await daemon.json<ProblemBody>(`/api/captures/${sample}/checks`, {
      checks: [{ expect: 'tcp' }, { no: 'tcp.prt' }],
    });
    expect(status).toBe(400);
    expect(body.detail).toMatch(/checks\[1\]\.no.*tcp\.prt/);
    expect(body.position).toBe(0);
    expect((await daemon.json(`/api/captures/${sample}/checks`, { checks: [] })).status).toBe(400);
    expect((await daemon.json(`/api/captures/${sample}/checks`, { checks: [{ expct: 'tcp' }] })).status).toBe(400);
  });
});

describe('why', () => {
  const ask = async (id: string, query: string) => (await daemon.json<Why>(`/api/captures/${id}/why?${query}`)).body;

  test('it is there', async () => {
    expect(await ask(sample, 'address=192.0.2.10')).toMatchObject({ verdict: 'seen', reasons: [] });
  });

  test('the display filter hides it', async () => {
    const answer = await ask(sample, `address=192.0.2.10&filter=${encodeURIComponent('bgp')}`);
    expect(answer).toMatchObject({ verdict: 'hidden', reasons: [{ kind: 'display-filter', certain: true }] });
  });

  test('a part of it is there', async () => {
    const answer = await ask(sample, 'address=192.0.2.10&port=9999');
    expect(answer.verdict).toBe('absent');
    expect(answer.reasons).toContainEqual(expect.objectContaining({ kind: 'partial-match' }));
  });

  test('nothing is', async () => {
    const { reasons } = await ask(sample, 'address=203.0.113.77');
    expect(reasons.map((reason) => reason.kind)).toEqual(['never-came']);
  });

  test.each([
    ['', 400],
    ['address=300.1.1.1', 400],
    ['protocol=tcp%20or%20udp', 400],
    ['protocol=tpc', 400],
  ])('asked wrongly: %p', async (query, status) => {
    expect((await daemon.json(`/api/captures/${sample}/why?${query}`)).status).toBe(status);
  });
});

interface Triggered extends CaptureBody {
  trigger?: { filter: string; action: string; packet: number | null; time: string | null };
}

(isRoot ? describe : describe.skip)('while capturing (needs root)', () => {
  const start = async (body: object) => (await daemon.json<Triggered>('/api/captures', body)).body;

  test('the capture filter keeps it out', async () => {
    const { id } = await start({ interfaces: ['lo'], captureFilter: 'tcp port 80' });
    const { body } = await daemon.json<Why>(`/api/captures/${id}/why?address=127.0.0.1&port=53&protocol=udp`);
    expect(body.reasons[0]).toMatchObject({ kind: 'capture-filter', certain: true });
    const port80 = await daemon.json<Why>(`/api/captures/${id}/why?address=127.0.0.1&port=80&protocol=tcp`);
    expect(port80.body.reasons.map((reason) => reason.kind)).not.toContain('capture-filter');
    await daemon.json(`/api/captures/${id}/stop`, undefined, 'POST');
  });

  test('its own traffic is left out', async () => {
    const { id } = await start({ interfaces: ['lo'] });
    const { body } = await daemon.json<Why>(
      `/api/captures/${id}/why?address=127.0.0.1&port=${daemon.port}&protocol=tcp`,
    );
    expect(body.reasons[0]).toMatchObject({ kind: 'own-traffic', certain: true });
    await daemon.json(`/api/captures/${id}/stop`, undefined, 'POST');
  });

  test('a filter stops the capture when it first matches', async () => {
    const { id } = await start({ interfaces: ['lo'], stop: { when: 'udp contains "enough"' } });
    await sendUdp(['first', 'second']);
    expect((await daemon.json<CaptureBody>(`/api/captures/${id}`)).body.state).toBe('running');
    await sendUdp(['this is enough']);
    const stopped = await eventually(async () => {
      const { body } = await daemon.json<Triggered>(`/api/captures/${id}`);
      return body.state === 'stopped' ? body : undefined;
    });
    expect(stopped.trigger).toMatchObject({ filter: 'udp contains "enough"', action: 'stop' });
    const { body } = await daemon.json<{ comments: string[] }>(
      `/api/captures/${id}/packets/${stopped.trigger?.packet}`,
    );
    expect(body.comments).toEqual(['stopped by udp contains "enough"']);
  });

  test.each(['mark', 'notify'] as const)('a filter can %s, once, while the capture goes on', async (action) => {
    const filter = 'udp contains "curious"';
    const { id, trigger } = await start({ interfaces: ['lo'], trigger: { when: filter, action } });
    expect(trigger).toEqual({ filter, action, packet: null, time: null });
    const aborted = new AbortController();
    const events = await daemon.fetch(`/api/captures/${id}/events`, { signal: aborted.signal });
    await sendUdp(['dull', 'curious', 'curious again']);
    const found = await eventually(async () => {
      const { body } = await daemon.json<Triggered>(`/api/captures/${id}`);
      return body.trigger?.packet === null ? undefined : body;
    });
    expect(found.state).toBe('running');
    const packet = await daemon.json<{ time: string; comments?: string[]; layers: { protocol: string }[] }>(
      `/api/captures/${id}/packets/${found.trigger!.packet}`,
    );
    expect(found.trigger!.time).toBe(packet.body.time);
    expect(packet.body.comments).toEqual(action === 'mark' ? [`first match of ${filter}`] : undefined);
    const { count } = (
      await daemon.json<{ count: number }>(
        `/api/captures/${id}/packets/count?filter=${encodeURIComponent(`${filter} && frame.number < ${found.trigger!.packet}`)}`,
      )
    ).body;
    expect(count).toBe(0);
    await daemon.json(`/api/captures/${id}/stop`, undefined, 'POST');
    const told = (await events.text()).split('\n\n').filter((event) => event.includes('event: trigger'));
    aborted.abort();
    expect(told).toHaveLength(1);
    expect(JSON.parse(/^data: (.*)$/m.exec(told[0])![1])).toEqual(found.trigger);
    expect((await daemon.json<{ marks: unknown[] }>(`/api/captures/${id}/marks`)).body.marks).toHaveLength(
      action === 'mark' ? 1 : 0,
    );
  });

  test('a packet among the last before the stop is found, too', async () => {
    const { id } = await start({ interfaces: ['lo'], trigger: { when: 'udp contains "late"', action: 'mark' } });
    await sendUdp(['late']);
    await daemon.json(`/api/captures/${id}/stop`, undefined, 'POST');
    await eventually(async () => {
      const { body } = await daemon.json<Triggered>(`/api/captures/${id}`);
      return body.trigger?.packet === null ? undefined : body;
    });
  });

  test.each([
    [{ trigger: { when: 'tcp.prt', action: 'mark' } }, /trigger\.when.*tcp\.prt/],
    [{ trigger: { when: 'udp', action: 'explode' } }, /trigger\.action/],
    [{ trigger: { when: 'udp', action: 'mark' }, stop: { when: 'tcp' } }, /stop\.when and a trigger/],
  ])('refused: %j', async (body, detail) => {
    const answer = await daemon.json<{ detail: string }>('/api/captures', { interfaces: ['lo'], ...body });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(detail);
  });
});
