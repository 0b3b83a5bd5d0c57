/** The set-up scripts, on copies of the project: what they do the first time, and that they do nothing the second. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ProjectCopy } from './setup-copy.js';

let copy: ProjectCopy;

beforeEach(() => {
  copy = new ProjectCopy();
});

afterEach(() => copy.remove());

const calls = (): string[] => readFileSync(copy.path('calls.log'), 'utf8').trim().split('\n');

describe('npm start', () => {
  test('sets up, hands its arguments over and ends with the status of the command', () => {
    copy.useRealPackages();
    copy.useRealNativeSources();
    // Even a machine that cannot compile starts, without the one engine that needs it.
    const first = copy.run('start.mjs', ['--port', '9999'], { env: { CC: 'false', CXX: 'false' } });
    expect(first).toMatchObject({ status: 3, stdout: 'start --port 9999\n' });
    expect(first.stderr).toMatch(/^netglass: native engine … failed\n/);
    expect(first.stderr).toMatch(/native engine not built \(log: .*native\.log\); the other engines .* work\n/);
    expect(first.stderr).toMatch(/netglass: TypeScript … \d+\.\d s\nnetglass: page … \d+\.\d s\n$/);
    expect(readFileSync(copy.path('build/logs/native.log'), 'utf8')).toContain('build:native');

    const second = copy.run('start.mjs', [], { env: { CC: 'false', CXX: 'false' } });
    expect(second).toMatchObject({ status: 3, stdout: 'start\n' });
    // The failure is told once more and not tried once more.
    expect(second.stderr).toMatch(/^netglass: native engine not built \(log: .*\); "npm run setup" tries again\n$/);
    expect(second.milliseconds).toBeLessThan(3000);
  });

  test('compiles again when a source changed, and forgets a source that was deleted', () => {
    copy.useRealPackages();
    copy.write('test/old.test.ts', 'export const old = 1;\n');
    copy.run('start.mjs');
    expect(existsSync(copy.path('dist/test/old.test.js'))).toBe(true);

    rmSync(copy.path('test/old.test.ts'));
    copy.write('src/cli.ts', 'console.log("changed");\n');
    expect(copy.run('start.mjs')).toMatchObject({ status: 0, stdout: 'changed\n' });
    expect(existsSync(copy.path('dist/test/old.test.js'))).toBe(false);
    expect(existsSync(copy.path('dist/test/old.test.js.map'))).toBe(false);
  });

  test('shows what the compiler says of a wrong source', () => {
    copy.useRealPackages();
    copy.write('src/cli.ts', 'export const port: number = "8080";\n');
    const run = copy.run('start.mjs');
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toMatch(/src\/cli\.ts\(1,14\): error TS2322/);
  });
});

describe('each step', () => {
  test('does nothing when nothing changed', () => {
    const env = copy.useDoubles();
    copy.run('start.mjs', [], { env, unprivileged: true });
    expect(calls()).toEqual(['npm install --no-save', 'npm run build:native', 'tsc', 'vite']);

    const second = copy.run('start.mjs', [], { env, unprivileged: true });
    expect(second).toMatchObject({ status: 0, stdout: 'start\n', stderr: '' });
    expect(calls()).toHaveLength(4);
  });

  test('is done again when the lock file changed', () => {
    const env = copy.useDoubles();
    copy.run('setup.mjs', [], { env, unprivileged: true });
    copy.write('package-lock.json', '{}');
    copy.run('setup.mjs', [], { env, unprivileged: true });
    expect(calls().filter((call) => call.startsWith('npm install'))).toHaveLength(2);
  });

  test('names what only root can install in one line to copy, and goes on', () => {
    const env = copy.useDoubles();
    const run = copy.run('setup.mjs', ['--for', 'test'], { env, unprivileged: true });
    expect(run.status).toBe(0);
    const lines = run.stderr.split('\n').filter((line) => line.includes('sudo'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /: sudo apt-get install -y --no-install-recommends g\+\+ make python3( libpcap-dev)? tshark tcpdump iproute2 strace chromium$/,
    );
    expect(copy.run('setup.mjs', ['--for', 'test', '--strict'], { env, unprivileged: true }).status).toBe(1);
  });

  // Only root may install, and only then is apt-get called at all.
  const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

  testAsRoot('installs what is missing with apt-get, whose lists may have to be fetched first (needs root)', () => {
    const env = copy.useDoubles();
    copy.useAptDouble();
    const run = copy.run('setup.mjs', ['--for', 'test', '--strict'], { env });
    expect(run.stderr).toMatch(
      /^netglass: system packages g\+\+ make python3( libpcap-dev)? tshark tcpdump iproute2 strace chromium … /,
    );
    const aptCalls = calls().filter((call) => call.startsWith('apt-get'));
    expect(aptCalls.map((call) => call.replace(/^apt-get -o \S+ /, ''))).toEqual([
      expect.stringMatching(/^install -y --no-install-recommends g\+\+ .*chromium$/),
      'update',
      expect.stringMatching(/^install -y --no-install-recommends g\+\+ .*chromium$/),
    ]);
    expect(run.stderr).not.toContain('sudo');
    expect(run.status).toBe(0);
  });

  test('asks for no compiler where everything is compiled', () => {
    const env = copy.useDoubles();
    copy.run('setup.mjs', [], { env, unprivileged: true });
    const again = copy.run('setup.mjs', ['--for', 'test'], { env, unprivileged: true });
    expect(again.stderr).toMatch(/--no-install-recommends tshark tcpdump iproute2 strace chromium$/m);
  });
});

describe('two set-ups', () => {
  test('at once: the second waits for the first', async () => {
    const env = copy.useDoubles();
    copy.run('setup.mjs', [], { env, unprivileged: true });
    copy.write('src/cli.ts', 'a change');
    // A first set-up, as seen from outside: its process, with the lock.
    const first = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 700)', 'setup'], { stdio: 'ignore' });
    copy.write('build/setup.lock', `${first.pid}`);
    const second = copy.run('setup.mjs', [], { env, unprivileged: true });
    expect(second.stderr).toMatch(new RegExp(`^netglass: waiting for another set-up, process ${first.pid}\n`));
    expect(second).toMatchObject({ status: 0 });
    expect(existsSync(copy.path('build/setup.lock'))).toBe(false);
  });

  test('a lock of a process that is gone is no lock', () => {
    const env = copy.useDoubles();
    copy.write('build/setup.lock', '4194305'); // more than Linux's largest process number
    const run = copy.run('setup.mjs', [], { env, unprivileged: true });
    expect(run).toMatchObject({ status: 0, stderr: expect.not.stringContaining('waiting') });
  });
});

describe('a native build that fails', () => {
  test('costs that engine only, is remembered, and is tried again by npm run setup', () => {
    const env = copy.useDoubles(1);
    const nativeBuilds = (): number => calls().filter((call) => call.includes('native')).length;
    expect(copy.run('start.mjs', [], { env, unprivileged: true })).toMatchObject({ status: 0, stdout: 'start\n' });
    expect(readFileSync(copy.path('build/logs/native.log'), 'utf8')).toBe('the compiler is broken\n');
    copy.run('start.mjs', [], { env, unprivileged: true });
    expect(nativeBuilds()).toBe(1);
    expect(copy.run('setup.mjs', [], { env, unprivileged: true }).status).toBe(0);
    expect(nativeBuilds()).toBe(2);
    expect(copy.run('setup.mjs', ['--strict'], { env, unprivileged: true }).status).toBe(1);
  });

  test('is tried again when its sources change', () => {
    copy.run('start.mjs', [], { env: copy.useDoubles(1), unprivileged: true });
    const env = copy.useDoubles(0);
    copy.write('captures/native/src/fixed.cc', '');
    const run = copy.run('start.mjs', [], { env, unprivileged: true });
    expect(run.stderr).toMatch(/netglass: native engine … \d+\.\d s\n/);
    expect(copy.run('start.mjs', [], { env, unprivileged: true }).stderr).toBe('');
  });
});

test('wrong arguments are told from failures', () => {
  for (const args of [['--for', 'fun'], ['--nonsense']]) {
    const run = copy.run('setup.mjs', args);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('usage: node src/setup/setup.mjs [--for start|test] [--strict]\n');
  }
});

test('the netglass command builds when nothing is built, and then never again', () => {
  const env = copy.useDoubles();
  expect(copy.run('netglass.mjs', ['read', '-r', 'x'], { env, unprivileged: true }).stdout).toBe('read -r x\n');
  copy.write('src/cli.ts', 'a change');
  expect(copy.run('netglass.mjs', ['doctor'], { env, unprivileged: true })).toMatchObject({
    stdout: 'doctor\n',
    stderr: '',
  });
  expect(calls().filter((call) => call === 'tsc')).toHaveLength(1);
});
