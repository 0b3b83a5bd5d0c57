/** HTTP/3 between Debian's caddy and chromium, readable with the browser's key log, here and in tshark. */

import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { missingProgram } from '../../lab/programs.js';
import { isRoot, type ProblemBody, TestDaemon, tshark } from '../api/daemon.js';
import { countOf, expectAllLinked, expectSound, exportOf, freePort, type LabRun, runDemo, stepOf } from './support.js';

const missing = isRoot ? missingProgram() : 'root';

/** Processes whose command line has a text. */
const processesWith = (text: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false; // it has ended meanwhile
      }
    });

(missing === undefined ? describe : describe.skip)('http3 (needs root and caddy)', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
  });
  afterAll(() => daemon.stop());

  test('the request and its answer are readable; nothing stays behind', async () => {
    const port = await freePort();
    const run = await runDemo(daemon, 'http3', { port, path: '/lecture.html' }, { wait: 60 });
    expect(run.state).toBe('finished');
    expect(stepOf(run, 'browser: GET').output).toContain('Hello over HTTP/3.');
    expect(await countOf(daemon, run, 'http3.headers.method == "GET" && http3.headers.path == "/lecture.html"')).toBe(
      1,
    );
    expect(await countOf(daemon, run, 'http3.headers.status == 200')).toBeGreaterThanOrEqual(1);
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
    // The exported file has the secrets in it: tshark needs no key log.
    const decode = [
      '-d',
      `udp.port==${port},quic`,
      '-Y',
      'http3.frame_type == 1',
      '-T',
      'fields',
      '-e',
      'frame.number',
    ];
    const { output } = await tshark(await exportOf(daemon, run), decode);
    const ours = await countOf(daemon, run, 'http3.frame_type == 1');
    expect(output.trimEnd().split('\n')).toHaveLength(ours);
    expect(processesWith('netglass-http3-')).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('netglass-http3-'))).toEqual([]);
  }, 90_000);

  test('ended in the middle, its programs end, too', async () => {
    const parameters = { port: await freePort() };
    const { body } = await daemon.json<LabRun>('/api/lab/http3', { parameters, stepwise: true });
    await daemon.json(`/api/lab/runs/${body.id}/step`, undefined, 'POST');
    await daemon.json(`/api/lab/runs/${body.id}/step`, undefined, 'POST');
    expect(processesWith('netglass-http3-')).not.toEqual([]);
    await daemon.fetch(`/api/lab/runs/${body.id}`, { method: 'DELETE' });
    expect(processesWith('netglass-http3-')).toEqual([]);
  }, 90_000);
});

describe('http3 refuses', () => {
  test('a path that is none', async () => {
    const daemon = await TestDaemon.start();
    const { status, body } = await daemon.json<ProblemBody>('/api/lab/http3', { parameters: { path: 'x y' } });
    await daemon.stop();
    expect({ status, detail: body.detail }).toEqual({ status: 400, detail: expect.stringContaining('path') });
  });

  (isRoot ? test : test.skip)('to run without its programs, and says how to get them (needs root)', async () => {
    const daemon = await TestDaemon.start(['--no-capture'], ['env', 'PATH=/nowhere']);
    const { body } = await daemon.json<LabRun>('/api/lab/http3', { parameters: { port: await freePort() } });
    await daemon.stop();
    expect(body.state).toBe('failed');
    expect(body.error?.hint).toContain('apt-get install');
  });
});
