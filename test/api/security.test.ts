/** Who may ask, and who may not. */

import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestDaemon } from './daemon.js';

/** A request whose Host header is as it is given; `fetch` would not have that. */
function ask(
  daemon: TestDaemon,
  headers: Record<string, string>,
  path = '/api/health',
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: daemon.port, path, headers }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('on loopback', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start(['--no-capture', '--allow-host', 'lab.example']);
  });
  afterAll(() => daemon.stop());

  test.each(['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST', 'lab.example'])('the name %s is its own', async (name) => {
    expect((await ask(daemon, { Host: `${name}:${daemon.port}` })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'localhost@evil.example',
    'a b',
  ])('the name %j is not', async (name) => {
    const answer = await ask(daemon, { Host: name });
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toMatch(/problem\+json/);
  });

  test('a page of its own may ask, others may not', async () => {
    const own = `http://127.0.0.1:${daemon.port}`;
    expect((await daemon.fetch('/api/health', { headers: { Origin: own } })).status).toBe(200);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${daemon.port + 1}`, 'http://127.0.0.1'])
      expect((await ask(daemon, { Host: `127.0.0.1:${daemon.port}`, Origin: origin })).status).toBe(403);
  });

  test.each(['cross-site', 'same-site'])(
    'what a browser calls %s is refused, but for following a link to the page',
    async (site) => {
      const host = { Host: `127.0.0.1:${daemon.port}`, 'Sec-Fetch-Site': site };
      expect((await ask(daemon, { ...host, 'Sec-Fetch-Mode': 'no-cors' })).status).toBe(403);
      expect((await ask(daemon, { ...host, 'Sec-Fetch-Mode': 'navigate' })).status).toBe(403);
      expect((await ask(daemon, { ...host, 'Sec-Fetch-Mode': 'navigate' }, '/')).status).toBe(200);
    },
  );

  test('no answer invites other origins', async () => {
    const answer = await daemon.fetch('/api/health', { method: 'OPTIONS' });
    expect(answer.status).toBe(405);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('with a token', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start(['--no-capture', '--token', 'open sesame']);
  });
  afterAll(() => daemon.stop());

  test('without it there is nothing to see', async () => {
    for (const path of ['/api/captures', '/api/health', '/', '/metrics', '/api/openapi.json', '/api/nothing']) {
      const answer = await daemon.fetch(path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await daemon.fetch('/api/captures', { headers: { Authorization: 'Bearer open sesam' } })).status).toBe(401);
    expect((await daemon.fetch('/api/captures?token=wrong')).status).toBe(401);
  });

  test('as a header, in the address, and afterwards as a cookie', async () => {
    expect((await daemon.fetch('/api/captures', { headers: { Authorization: 'Bearer open sesame' } })).status).toBe(
      200,
    );
    const visit = await daemon.fetch('/?token=open%20sesame');
    expect(visit.status).toBe(200);
    const cookie = visit.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await daemon.fetch('/api/captures', { headers: { Cookie: cookie.split(';')[0] } })).status).toBe(200);
    expect((await daemon.fetch('/api/captures?token=open%20sesame')).status).toBe(200);
  });
});

describe('on every address', () => {
  test('a token is made and printed, and demanded', async () => {
    const daemon = await TestDaemon.start(['--no-capture', '--host', '0.0.0.0']);
    try {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const token = /\?token=([\w-]{20,})/.exec(daemon.output.join(''))?.[1];
      expect(token).toBeDefined();
      expect((await daemon.fetch('/api/health')).status).toBe(401);
      expect((await daemon.fetch(`/api/health?token=${token}`)).status).toBe(200);
    } finally {
      await daemon.stop();
    }
  });
});
