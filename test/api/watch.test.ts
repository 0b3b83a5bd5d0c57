/** Presenter mode: what a watch token opens, what it does not, and how viewers follow. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPair, namespacesMissing } from '../support/netns.js';
import { eventually, TestDaemon } from './daemon.js';

interface Watching {
  token: string;
  path: string;
  addresses: string[];
  viewers: number;
}

const FULL = 'open sesame';

/** Events as they come, and the end of the stream. */
class Told {
  private text = '';
  ended = false;
  readonly aborted = new AbortController();

  static async of(daemon: TestDaemon, path: string, token: string): Promise<Told> {
    const told = new Told();
    const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` };
    const answer = await daemon.fetch(path, { headers, signal: told.aborted.signal });
    expect(answer.status).toBe(200);
    told.read(answer).catch((error: unknown) => {
      // Broken off by this side or, when a watch ends, by the other one.
      told.ended = true;
      if (!told.aborted.signal.aborted && !(error instanceof TypeError)) throw error;
    });
    return told;
  }

  private async read(answer: Response): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
      this.text += decoder.decode(chunk, { stream: true });
    this.ended = true;
  }

  events(name: string): { revision?: number; view?: Record<string, unknown> | null }[] {
    return [...this.text.matchAll(/^event: (.*)\ndata: (.*)$/gm)]
      .filter((event) => event[1] === name)
      .map((event) => JSON.parse(event[2]) as object);
  }

  last(): Record<string, unknown> | null | undefined {
    return this.events('view').at(-1)?.view;
  }
}

describe.each([
  ['without a token', undefined],
  ['with a token', FULL],
])('a daemon %s', (_what, demanded) => {
  let daemon: TestDaemon;
  let id: string;
  let other: string;
  let watching: Watching;
  beforeAll(async () => {
    daemon = await TestDaemon.start(['--no-capture', ...(demanded === undefined ? [] : ['--token', demanded])]);
    id = await imported();
    other = await imported();
    watching = (await (await full(`/api/captures/${id}/watch`, 'POST')).json()) as Watching;
  });
  afterAll(() => daemon.stop());

  const asked = (path: string, token: string | undefined, method = 'GET', body?: unknown) =>
    daemon.fetch(path, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const full = (path: string, method = 'GET', body?: unknown) => asked(path, demanded, method, body);
  const viewer = (path: string, method = 'GET', body?: unknown) => asked(path, watching.token, method, body);

  async function imported(): Promise<string> {
    const { sampleFile } = await import('../../src/sample.js');
    const answer = await daemon.fetch('/api/captures/import?name=sample.pcapng', {
      method: 'POST',
      body: sampleFile() as NonNullable<RequestInit['body']>,
      headers: demanded === undefined ? {} : { Authorization: `Bearer ${demanded}` },
    });
    return ((await answer.json()) as { id: string }).id;
  }

  test('opens it once: asked again, it is the same', async () => {
    expect(watching.path).toBe(`/watch/${watching.token}`);
    expect(watching.addresses).toEqual([]);
    const again = await full(`/api/captures/${id}/watch`, 'POST');
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(watching);
    expect(await (await full(`/api/captures/${id}/watch`)).json()).toEqual(watching);
    expect((await full(`/api/captures/${other}/watch`)).status).toBe(404);
    expect((await full('/api/captures/none/watch', 'POST')).status).toBe(404);
  });

  test('a viewer reads that capture', async () => {
    expect(await (await viewer('/api/watch')).json()).toEqual({ capture: id, view: null, revision: 0 });
    const { flows } = (await (await full(`/api/captures/${id}/flows?filter=tcp`)).json()) as {
      flows: { id: number }[];
    };
    const parts = [
      ...['', '/packets', '/packets/1', '/packets/count?filter=dns', '/packets?filter=tcp&fields=ip.src', '/flows'],
      ...[
        '/flows/1',
        '/flows/1/packets',
        `/flows/${flows[0].id}/stream`,
        `/flows/${flows[0].id}/sequence`,
        '/sequence?filter=tcp',
        '/names',
      ],
      ...[
        '/statistics/protocols',
        '/statistics/timeline',
        '/statistics/problems',
        '/statistics/endpoints',
        '/marks',
        '/view',
      ],
    ];
    for (const part of parts) expect([part, (await viewer(`/api/captures/${id}${part}`)).status]).toEqual([part, 200]);
    for (const path of ['/api/health', '/api/fields?prefix=udp', '/api/filters/check?filter=dns', '/api/openapi.json'])
      expect([path, (await viewer(path)).status]).toEqual([path, 200]);
    // As an address, for an EventSource, which sends no header.
    const path = `/api/captures/${id}?token=${watching.token}`;
    const answer = await daemon.fetch(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  test('and nothing else', async () => {
    const refused: [string, string, unknown?][] = [
      ['GET', '/api/captures'],
      ['GET', `/api/captures/${other}`],
      ['GET', `/api/captures/${other}/packets`],
      ['GET', `/api/captures/${id}/../${other}`],
      ['GET', `/api/captures/${id}%2f..%2f${other}/packets`],
      ['GET', `/API/CAPTURES/${other}`],
      ['GET', `/api/captures/${other}/`],
      ['GET', `//api/captures/${other}`],
      ['GET', `/api/captures/${id}/export?format=pcapng`],
      ['GET', `/api/captures/${id}/export/?format=pcapng`],
      ['HEAD', `/api/captures/${id}/export?format=pcapng`],
      ['GET', `/api/captures/${id}/live.pcapng`],
      ['GET', `/api/captures/${id}/secrets`],
      ['GET', `/api/captures/${id}/why?address=10.0.0.1`],
      ['GET', `/api/captures/${id}/watch`],
      ['GET', '/api/interfaces'],
      ['GET', '/api/sockets'],
      ['GET', '/metrics'],
      ['GET', '/'],
      ['GET', `/c/${id}`],
      ['GET', '/api/nothing'],
      ['POST', '/api/captures', { interfaces: ['lo'] }],
      ['POST', '/api/captures/import'],
      ['POST', `/api/captures/${id}/stop`],
      ['POST', `/api/captures/${id}/reindex`],
      ['POST', `/api/captures/${id}/marks`, { text: 'me too' }],
      ['POST', `/api/captures/${id}/checks`, { checks: [{ no: 'dns' }] }],
      ['POST', `/api/captures/${id}/watch`],
      ['DELETE', `/api/captures/${id}/watch`],
      ['PUT', `/api/captures/${id}/view`, { filter: 'dns' }],
      ['PATCH', `/api/captures/${id}`, { name: 'mine' }],
      ['DELETE', `/api/captures/${id}`],
      ['OPTIONS', `/api/captures/${id}`],
    ];
    for (const [method, path, body] of refused) {
      const answer = await viewer(path, method, body);
      expect([method, path, answer.status]).toEqual([method, path, 403]);
      if (method !== 'HEAD')
        expect(await answer.json()).toMatchObject({
          type: 'urn:netglass:problem:watch-only',
          detail: expect.stringContaining(id),
        });
    }
    expect(((await (await full(`/api/captures/${id}`)).json()) as { name: string }).name).toBe('sample.pcapng');
  });

  test('a token that opens nothing is refused, also where none is demanded', async () => {
    for (const token of [
      'watch-',
      'watch-AAAAAAAAAAAAAAAAAAAAAAAA',
      `${watching.token}A`,
      watching.token.slice(0, -1),
    ]) {
      const answer = await asked(`/api/captures/${id}`, token);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ type: 'urn:netglass:problem:watch-ended' });
    }
  });

  test('the page opens with the token in its address, and only so', async () => {
    const page = await daemon.fetch(watching.path);
    expect([200, 404]).toContain(page.status); // 404 where the page is not built
    if (demanded === undefined) return;
    expect((await daemon.fetch('/watch/watch-none')).status).toBe(401);
    expect((await daemon.fetch('/watch/')).status).toBe(401);
    expect((await daemon.fetch(watching.path, { method: 'POST' })).status).toBe(401);
    // What the page consists of is no secret, wherever it is asked for.
    expect((await daemon.fetch('/assets/none.js')).status).toBe(404);
    for (const path of ['/assets/..%2f..%2fpackage.json', '/assets/a/../../api/captures', '/assets/'])
      expect([path, (await daemon.fetch(path)).status]).toEqual([path, 401]);
  });

  test('viewers follow what the presenter looks at, also in a capture that has ended', async () => {
    const told = await Told.of(daemon, `/api/captures/${id}/view`, watching.token);
    await eventually(async () => (told.last() === null ? true : undefined));
    const first = { filter: 'tcp.port == 80', packet: 4, tab: 'packets', from: 0.5, to: null, hidden: ['ip.src'] };
    const put = await full(`/api/captures/${id}/view`, 'PUT', first);
    expect(put.status).toBe(200);
    expect(await put.json()).toMatchObject({ view: first, viewers: 1 });
    await eventually(async () => (told.last()?.['packet'] === 4 ? true : undefined));
    expect(told.last()).toEqual(first);
    for (let packet = 1; packet <= 40; packet++) await full(`/api/captures/${id}/view`, 'PUT', { packet });
    await eventually(async () => (told.last()?.['packet'] === 40 ? true : undefined));
    expect(told.last()).toEqual({ packet: 40 });
    const late = await Told.of(daemon, `/api/captures/${id}/view`, watching.token);
    await eventually(async () => (late.last()?.['packet'] === 40 ? true : undefined));
    expect(await (await viewer('/api/watch')).json()).toMatchObject({ capture: id, view: { packet: 40 } });
    for (const one of [told, late]) one.aborted.abort();
    await eventually(async () =>
      ((await (await full(`/api/captures/${id}/watch`)).json()) as Watching).viewers === 0 ? true : undefined,
    );
  });

  test.each([
    [{ filter: 'tcp.prt' }, /tcp\.prt/],
    [{ filter: 'x'.repeat(10_001) }, /filter/],
    [{ packet: 0 }, /packet/],
    [{ packet: 'one' }, /packet/],
    [{ from: -1 }, /from/],
    [{ hidden: Array.from({ length: 201 }, () => 'ip.src') }, /hidden/],
    [{ tab: 'x'.repeat(201) }, /tab/],
    [{ script: '<script>' }, /script/],
    [{ replay: { time: 1, speed: 1 } }, /replay/],
    [[], /body/],
  ])('a view that is none is refused: %#', async (view, detail) => {
    const answer = await full(`/api/captures/${id}/view`, 'PUT', view);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toMatch(detail);
  });

  test('it ends for everybody at once, with its capture at the latest', async () => {
    const ends = [() => full(`/api/captures/${other}/watch`, 'DELETE'), () => full(`/api/captures/${other}`, 'DELETE')];
    for (const end of ends) {
      const { token } = (await (await full(`/api/captures/${other}/watch`, 'POST')).json()) as Watching;
      const told = await Told.of(daemon, `/api/captures/${other}/view`, token);
      expect((await end()).status).toBe(204);
      await eventually(async () => (told.ended ? true : undefined));
      expect(told.events('ended')).toEqual([{ capture: other }]);
      expect((await asked(`/api/captures/${other}`, token)).status).toBe(401);
    }
    expect((await full(`/api/captures/${other}/view`, 'PUT', {})).status).toBe(404);
  });

  test('without a watch there is no view', async () => {
    const one = await imported();
    for (const [method, body] of [['GET'], ['PUT', {}]] as const) {
      const answer = await full(`/api/captures/${one}/view`, method, body);
      expect(answer.status).toBe(404);
      expect(((await answer.json()) as { hint: string }).hint).toContain(`POST /api/captures/${one}/watch`);
    }
    expect((await full('/api/watch')).status).toBe(404);
  });
});

(namespacesMissing === undefined ? test : test.skip)(
  'another machine watches with the watch token alone (needs root)',
  async () => {
    const pair = createPair();
    const daemon = await TestDaemon.start(['--no-capture', '--host', '0.0.0.0', '--token', FULL]);
    try {
      const asFull = { headers: { Authorization: `Bearer ${FULL}` } };
      const imported = await daemon.fetch('/api/captures/import', {
        ...asFull,
        method: 'POST',
        body: (await import('../../src/sample.js')).sampleFile() as NonNullable<RequestInit['body']>,
      });
      const { id } = (await imported.json()) as { id: string };
      const opened = await daemon.fetch(`/api/captures/${id}/watch`, { ...asFull, method: 'POST' });
      const { token, addresses, path } = (await opened.json()) as Watching;
      const base = `http://${pair.hostAddress}:${daemon.port}`;
      expect(addresses).toContain(`${base}${path}`);
      const status = (url: string) => pair.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', `${base}${url}`);
      expect(await status('/api/watch')).toBe('401');
      expect(await status(`/api/watch?token=${token}`)).toBe('200');
      expect(await status(`/api/captures/${id}/packets?token=${token}`)).toBe('200');
      expect(await status(`/api/captures?token=${token}`)).toBe('403');
      expect(['200', '404']).toContain(await status(path));
    } finally {
      await daemon.stop();
      pair.close();
    }
  },
);
