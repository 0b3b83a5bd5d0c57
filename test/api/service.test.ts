/** What the service says of itself, and how it answers questions that it has no answer to. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../api/app.js';
import { isRoot, type ProblemBody, TestDaemon } from './daemon.js';
import { sendUdp } from './traffic.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

test('health', async () => {
  const { status, body } = await daemon.json('/api/health');
  expect(status).toBe(200);
  expect(body).toEqual({
    status: 'ok',
    name: 'netglass',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    uptimeSeconds: expect.any(Number),
  });
});

test('interfaces, loopback among them', async () => {
  const { body } = await daemon.json<{ name: string; loopback: boolean; addresses: string[] }[]>('/api/interfaces');
  const loopback = body.find((one) => one.loopback);
  expect(loopback?.addresses).toContain('127.0.0.1');
});

test('interfaces count their traffic: each packet of loopback once, and `any` has all of it', async () => {
  interface Counted {
    name: string;
    linkTypes: number[];
    counters: Record<'packets' | 'bytes' | 'receivedPackets' | 'sentPackets', number> | null;
  }
  const counted = async (name: string) =>
    (await daemon.json<Counted[]>('/api/interfaces')).body.find((one) => one.name === name)!;
  const [before, all] = [await counted('lo'), await counted('any')];
  await sendUdp(Array.from({ length: 50 }, () => 'x'.repeat(1000)));
  const [after, allAfter] = [await counted('lo'), await counted('any')];
  expect(after.counters!.packets - before.counters!.packets).toBeGreaterThanOrEqual(50);
  expect(after.counters!.bytes - before.counters!.bytes).toBeGreaterThanOrEqual(50_000);
  expect(after.counters!.packets).toBe(after.counters!.receivedPackets);
  expect(allAfter.counters!.packets - all.counters!.packets).toBeGreaterThanOrEqual(50);
  // Asked again within the minute, they still say what they can deliver.
  expect([before.linkTypes, after.linkTypes]).toEqual([isRoot ? [1] : [], isRoot ? [1] : []]);
});

describe('a capture filter, checked without capturing', () => {
  const check = async (query: Record<string, string>) =>
    daemon.json<{ valid: boolean; error?: string; hint?: string }>(
      `/api/capture-filters/check?${new URLSearchParams(query)}`,
    );

  test.each([
    [{ filter: 'udp port 53' }],
    [{ filter: '' }],
    [{ filter: 'ether host 02:00:00:00:00:01' }],
    [{ filter: 'tcp[tcpflags] & tcp-syn != 0 and net 10.0.0.0/8', interface: 'lo' }],
    [{ filter: 'ip6', interface: 'any' }],
    [{ filter: 'tcp', interface: 'lo,any' }],
  ])('right: %j', async (query) => {
    expect((await check(query)).body).toEqual({ valid: true });
  });

  test.each([
    [{ filter: 'udp prot 53' }, /syntax error/],
    [{ filter: 'port 70000' }, /70000/],
    [{ filter: 'a\0b' }, /zero character/],
    [{ filter: 'net 10.0.0.0/8 and (' }, /syntax error/],
  ])('wrong: %j', async (query, words) => {
    const { status, body } = await check(query);
    expect(status).toBe(200);
    expect(body).toEqual({ valid: false, error: expect.stringMatching(words), hint: expect.any(String) });
  });

  (isRoot ? test : test.skip)('what the link type does not know (needs root)', async () => {
    const filter = 'vlan 4 and ether host 02:00:00:00:00:01';
    expect((await check({ filter, interface: 'lo' })).body.valid).toBe(true);
    expect((await check({ filter, interface: 'any' })).body.valid).toBe(false);
    expect((await check({ filter, interface: 'lo,any' })).body.valid).toBe(false);
  });

  test('on no such interface, or none at all', async () => {
    expect(await check({ filter: 'udp', interface: 'nosuch0' })).toMatchObject({ status: 400 });
    expect((await daemon.json('/api/capture-filters/check')).status).toBe(400);
  });
});

test('metrics in the text format of Prometheus', async () => {
  const id = await daemon.sample();
  const answer = await daemon.fetch('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  expect(text).toContain(`netglass_capture_packets_total{capture="${id}",name="sample.pcapng"} 44\n`);
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? -?[\d.e+-]+)$/);
});

describe('openapi.json', () => {
  interface Operation {
    summary: string;
    parameters?: { name: string; in: string; schema: object }[];
    responses: Record<string, { description: string; content?: object }>;
  }
  test('describes every route with its parameters and problems', async () => {
    const { body } = await daemon.json<{ openapi: string; paths: Record<string, Record<string, Operation>> }>(
      '/api/openapi.json',
    );
    expect(body.openapi).toBe('3.1.0');
    for (const [path, operations] of Object.entries(body.paths))
      for (const operation of Object.values(operations)) {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
        expect(declared).toEqual(inPath);
        expect(operation.responses['400']?.content).toHaveProperty(['application/problem+json']);
      }
    const packets = body.paths['/api/captures/{id}/packets']['get'];
    expect(packets.parameters?.map((one) => one.name)).toEqual([
      'id',
      'filter',
      'limit',
      'after',
      'before',
      'position',
      'fields',
    ]);
    expect(packets.parameters?.[2].schema).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 100,
    });
  });

  /** Answers that are there only after something has run; its own test holds them to their description. */
  const afterwards = new Set(['/api/lab/runs/{run}', '/api/send/{job}']);
  const described = routes
    .map((one) => one.declaration)
    .filter((one) => one.method === 'get' && one.responses[200]?.schema !== undefined && !afterwards.has(one.path));
  test.each(described.map((one) => [one.path, one] as const))(
    '%s answers as it is described',
    async (path, { query, responses }) => {
      const id = await daemon.sample();
      const flows = await daemon.json<{ flows: { id: number; transport: string }[] }>(`/api/captures/${id}/flows`);
      const flow = flows.body.flows.find(({ transport }) => transport === 'tcp')?.id;
      const address = path.replace('{id}', id).replace('{number}', '16').replace('{flow}', String(flow));
      const watch = await daemon.json<{ token: string }>(`/api/captures/${id}/watch`, undefined, 'POST');
      const wanted = Object.entries({ filter: 'ip', prefix: 'ip', port: '80' })
        .filter(([name]) => query !== undefined && name in query.shape)
        .map(([name, value]) => `${name}=${value}`);
      // Only with its token is there something to say of a watch.
      if (path === '/api/watch') wanted.push(`token=${watch.body.token}`);
      const { status, body } = await daemon.json(`${address}?${wanted.join('&')}`);
      expect(status).toBe(200);
      expect(responses[200].schema?.safeParse(body).error).toBeUndefined();
    },
  );

  test('operation ids are unique', async () => {
    const { body } = await daemon.json<{ paths: Record<string, Record<string, { operationId: string }>> }>(
      '/api/openapi.json',
    );
    const ids = Object.values(body.paths).flatMap((operations) =>
      Object.values(operations).map((one) => one.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('what there is not', () => {
  test('an unknown resource is a problem', async () => {
    const { status, headers, body } = await daemon.json<ProblemBody>('/api/nothing');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ status: 404, title: 'Not found' });
  });

  test('a wrong method names the right ones', async () => {
    const { status, headers } = await daemon.json('/api/captures', {}, 'PUT');
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, POST, HEAD');
  });

  test('files beside the page are not served', async () => {
    expect((await daemon.fetch('/%2e%2e/%2e%2e/package.json')).status).toBe(404);
  });
});

test('the page is there, under a policy that runs only its own script', async () => {
  const answer = await daemon.fetch('/');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const page = await answer.text();
  expect(page).not.toMatch(/<script(?![^>]*src=)|style=|onclick=/);
  for (const [, address] of page.matchAll(/(?:src|href)="(\/page[^"]+)"/g))
    expect((await daemon.fetch(address)).status).toBe(200);
});

test('filters are checked and completed, fields listed', async () => {
  const check = async (filter: string) =>
    (await daemon.json(`/api/filters/check?filter=${encodeURIComponent(filter)}`)).body;
  expect(await check('udp.port == 53')).toEqual({ valid: true });
  expect(await check('udp.port === ')).toMatchObject({
    valid: false,
    position: expect.any(Number),
    error: expect.any(String),
  });
  const completions = await daemon.json<{ completions: { text: string }[] }>('/api/filters/complete?prefix=udp.sr');
  expect(completions.body.completions.map((one) => one.text)).toContain('udp.srcport');
  const fields = await daemon.json<{ fields: { name: string }[] }>('/api/fields?prefix=ip.src');
  expect(fields.body.fields.map((one) => one.name)).toContain('ip.src');
});
