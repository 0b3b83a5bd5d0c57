/** The helpers of one line that put marks from a student's own program: run as they are, against a capturing daemon. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, type ProblemBody, TestDaemon } from '../api/daemon.js';

const HELPERS = join(process.cwd(), 'lab', 'marks');
const TEXT = 'before connect(): "ü", 50 % \\ of it';

interface Mark {
  readonly text: string;
  readonly time: string;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netglass-marks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that put the mark, in each language: how to run them. */
const programs: Readonly<Record<string, () => string[]>> = {
  Python: () => {
    const path = join(folder, 'marks.py');
    writeFileSync(path, `import netglass; print(netglass.mark(${JSON.stringify(TEXT)}))\n`);
    return ['python3', path];
  },
  C: () => {
    const path = join(folder, 'marks.c');
    const call = `netglass_mark(${JSON.stringify(TEXT)})`;
    writeFileSync(
      path,
      `#include "netglass.h"\nint main(void) { puts(${call} == 0 ? "True" : "False"); return errno; }\n`,
    );
    const warnings = ['-std=c99', '-D_POSIX_C_SOURCE=200809L', '-D_DEFAULT_SOURCE', '-Wall', '-Wextra', '-Werror'];
    const built = spawnSync('cc', [...warnings, '-I', HELPERS, '-o', join(folder, 'marks'), path], {
      encoding: 'utf8',
    });
    expect({ status: built.status, complaints: built.stderr }).toEqual({ status: 0, complaints: '' });
    return [join(folder, 'marks')];
  },
  JavaScript: () => {
    const path = join(folder, 'marks.mjs');
    const helper = JSON.stringify(join(HELPERS, 'netglass.mjs'));
    const call = `await mark(${JSON.stringify(TEXT)})`;
    writeFileSync(path, `import { mark } from ${helper};\nconsole.log(${call} ? 'True' : 'False');\n`);
    return [process.execPath, path];
  },
  shell: () => {
    const path = join(folder, 'marks.sh');
    const call = `netglass_mark '${TEXT}'`;
    writeFileSync(path, `. ${join(HELPERS, 'netglass.sh')}\nif ${call}; then echo True; else echo False; fi\n`);
    return ['sh', path];
  },
};

async function run([command, ...args]: readonly string[], port: number): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, NETGLASS_PORT: String(port), PYTHONPATH: HELPERS, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  await once(child, 'close');
  return output;
}

(isRoot ? describe : describe.skip)('a mark from a program (needs root)', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start(['-i', 'lo', '-f', 'udp port 9']);
  });
  afterAll(() => daemon.stop());

  test.each(Object.keys(programs))('%s', async (language) => {
    const command = programs[language]();
    const before = BigInt(Date.now()) * 1_000_000n;
    expect(await run(command, daemon.port)).toEqual({
      stdout: 'True\n',
      stderr: expect.not.stringContaining('no mark'),
    });
    const { body } = await daemon.json<{ marks: Mark[] }>('/api/captures/current/marks');
    const { text, time } = body.marks.at(-1) ?? { text: '', time: '' };
    expect(text).toBe(TEXT);
    // The moment of the call, by the clock of the packets, which Date cuts to milliseconds.
    const made = BigInt(Date.parse(time)) * 1_000_000n;
    expect(made).toBeGreaterThanOrEqual(before - 2_000_000n);
  });
});

describe('without a capture', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start(['--no-capture']);
  });
  afterAll(() => daemon.stop());

  test.each(Object.keys(programs))('%s goes on, and is told why', async (language) => {
    const { stdout, stderr } = await run(programs[language](), daemon.port);
    expect(stdout).toBe('False\n');
    expect(stderr).toMatch(/404|No capture is running/);
  });

  test('there is no current one', async () => {
    const { status, body } = await daemon.json<ProblemBody>('/api/captures/current');
    expect({ status, hint: body.hint }).toEqual({ status: 404, hint: expect.stringContaining('netglass start') });
  });

  test('several marks at once keep their order and their times', async () => {
    const id = await daemon.sample();
    const marks = [
      { text: 'two', time: '2030-01-01T00:00:02.000000002Z' },
      { text: 'one', time: '2030-01-01T00:00:01.000000001Z' },
    ];
    const { status, body } = await daemon.json<{ marks: Mark[] }>(`/api/captures/${id}/marks/batch`, { marks });
    expect(status).toBe(201);
    expect(body.marks.map(({ text, time }) => ({ text, time }))).toEqual(marks);
    const stored = await daemon.json<{ marks: Mark[] }>(`/api/captures/${id}/marks`);
    expect(stored.body.marks.map(({ text }) => text)).toEqual(['one', 'two']);
    const wrong = [marks[0], { text: 'three', time: 'noon' }];
    expect((await daemon.json(`/api/captures/${id}/marks/batch`, { marks: wrong })).status).toBe(400);
    expect((await daemon.json<{ marks: Mark[] }>(`/api/captures/${id}/marks`)).body.marks).toHaveLength(2);
  });
});
