/** `npm test` itself: its last line, its status, and what it says of things that a test left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ProjectCopy, type Run } from './setup-copy.js';

let copy: ProjectCopy;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  copy = new ProjectCopy();
  env = copy.useDoubles();
  copy.run('setup.mjs', [], { env, unprivileged: true });
});

afterEach(() => copy.remove());

/** Runs `npm test` with some code instead of Jest, which prints its arguments. */
function runWithJest(code: string, args: string[] = []): Run {
  copy.write('node_modules/jest/bin/jest.js', `console.log(process.argv.slice(2).join(' '));\n${code}`);
  return copy.run('test.mjs', args, { env, unprivileged: true });
}

const counting = (passed: number, failed: number, skipped: number): string =>
  `require('node:fs').writeFileSync(process.env.NETGLASS_TEST_RESULTS, '${JSON.stringify({ passed, failed, skipped })}');`;

describe('npm test', () => {
  test('ends with the counts alone on a line, and passes its arguments to Jest', () => {
    const run = runWithJest(counting(5, 0, 2), ['decoders', '-t', 'udp']);
    expect(run).toMatchObject({ status: 0, stdout: 'decoders -t udp\n5 passed, 0 failed, 2 skipped\n' });
  });

  test('has Jest and the fixtures rewritten by --update', () => {
    const run = runWithJest(`${counting(1, 0, 0)} console.log(process.env.NETGLASS_UPDATE);`, ['--update']);
    expect(run.stdout).toBe('--updateSnapshot\n1\n1 passed, 0 failed, 0 skipped\n');
  });

  test("ends with Jest's status", () => {
    const run = runWithJest(`${counting(5, 1, 0)} process.exitCode = 1;`);
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/\n5 passed, 1 failed, 0 skipped\n$/);
  });

  test('fails when no test ran', () => {
    const run = runWithJest(counting(0, 0, 3));
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('no test ran\n');
  });

  test('fails in CI when Jest left no result', () => {
    env = { ...env, CI: 'true' };
    expect(runWithJest('').status).toBe(1);
  });

  test('fails when a process is left behind, and names it with its port', () => {
    const left = `require('node:net').createServer().listen(0, '127.0.0.1'); setTimeout(() => process.exit(), 20000);`;
    const run = runWithJest(`${counting(1, 0, 0)}
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(left)}], { detached: true, stdio: 'ignore' });
      require('node:fs').writeFileSync('left.pid', String(child.pid));
      child.unref();`);
    const pid = Number(/left behind by the tests: process (\d+)/.exec(run.stderr)?.[1]);
    process.kill(pid);
    expect(run.stderr).toMatch(/left behind by the tests: process \d+: .*createServer.*, tcp port \d+\n/);
    expect(run).toMatchObject({ status: 1 });
    expect(run.stdout).toMatch(/\n1 passed, 1 failed, 0 skipped\n$/);
  });

  test('does not mind the processes and ports of others', async () => {
    const others = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { stdio: 'ignore' });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const run = runWithJest(counting(1, 0, 0));
    others.kill();
    server.close();
    await once(others, 'exit');
    expect(run).toMatchObject({ status: 0, stderr: expect.not.stringContaining('left behind') });
  });
});
