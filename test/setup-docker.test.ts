/** docker/ without a Docker engine: what its files refer to exists, and its steps are the ones that the tests run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { project } from './setup-copy.js';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions of the Dockerfile, one array a stage; comments left out, continued lines joined. */
function stages(): Instruction[][] {
  const text = readFileSync(join(project, 'docker/Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ');
  const result: Instruction[][] = [];
  for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM') result.push([]);
    result.at(-1)?.push({ name, rest: rest.join(' ') });
  }
  return result;
}

const all = (stage: Instruction[] | undefined, name: string): string[] =>
  (stage ?? []).filter((instruction) => instruction.name === name).map(({ rest }) => rest);

describe('the Dockerfile', () => {
  const [build, runtime] = stages();

  test('builds with the set-up script, and demands everything of it', () => {
    expect(all(build, 'RUN')).toContain('node src/setup/setup.mjs --for start --strict');
    expect(all(build, 'RUN')).toContain('npm prune --omit=dev');
  });

  test('copies only what a set-up makes', () => {
    for (const copy of all(runtime, 'COPY')) {
      const path = /^--from=build \/netglass\/(\S+)/.exec(copy)?.[1];
      expect(path).toBeDefined();
      expect({ path, exists: existsSync(join(project, path ?? '')) }).toEqual({ path, exists: true });
    }
  });

  test('runs as a user with the two capabilities only', () => {
    expect(all(runtime, 'USER')).toEqual(['netglass']);
    expect(all(runtime, 'RUN').join()).toContain('setcap cap_net_raw,cap_net_admin+eip');
    const compose = readFileSync(join(project, 'docker/compose.yaml'), 'utf8');
    expect(compose).toMatch(/^ {4}cap_drop: \[ALL\]$/m);
    expect(compose).toMatch(/^ {4}cap_add: \[NET_RAW, NET_ADMIN\]$/m);
    expect(compose).toMatch(/^ {4}network_mode: host$/m);
  });

  test('keeps the data in a volume of that user', () => {
    expect(all(runtime, 'VOLUME')).toEqual(['/data']);
    expect(all(runtime, 'ENV').join()).toContain('NETGLASS_DATA=/data');
    expect(all(runtime, 'RUN').join()).toContain('--home-dir /data netglass');
  });
});

describe('the health check', () => {
  async function check(env: NodeJS.ProcessEnv): Promise<number | null> {
    const child = spawn(process.execPath, [join(project, 'docker/healthcheck.mjs')], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    const [status] = (await once(child, 'exit')) as [number | null];
    return status;
  }

  async function withServer(status: number, work: (port: number, seen: () => string | undefined) => Promise<void>) {
    let authorization: string | undefined;
    const server = createServer((request, response) => {
      authorization = request.headers.authorization;
      response.statusCode = request.url === '/api/health' ? status : 404;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await work((server.address() as AddressInfo).port, () => authorization);
    } finally {
      server.close();
    }
  }

  test('is well when the service is', () =>
    withServer(200, async (port, authorization) => {
      expect(await check({ NETGLASS_PORT: `${port}`, NETGLASS_HOST: '0.0.0.0', NETGLASS_TOKEN: 'secret' })).toBe(0);
      expect(authorization()).toBe('Bearer secret');
    }));

  test('fails when the service is not well', () =>
    withServer(503, async (port) => expect(await check({ NETGLASS_PORT: `${port}` })).toBe(1)));

  test('fails when nobody listens', async () => {
    let closed = 0;
    await withServer(200, async (port) => {
      closed = port;
    });
    expect(await check({ NETGLASS_PORT: `${closed}` })).toBe(1);
  });
});
