/** `npm test -- JEST_ARGS`: sets up what the tests need, runs them with Jest, and looks for what they left behind. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers, namespaces, RUN_MARK } from './leaks.mjs';
import { say } from './progress.mjs';
import { inProject, root } from './project.mjs';
import { RESULTS_FILE } from './reporter.mjs';
import { setUpOrExit } from './steps.mjs';

/** Jest loads ES modules through an experimental interface of Node's, which would announce itself in every worker. */
const NODE_OPTIONS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const JEST = 'node_modules/jest/bin/jest.js';
/** A process that was told to end may still be on its way out. */
const GRACE_MS = 3000;

/**
 * `--update` rewrites Jest's snapshots and, by NETGLASS_UPDATE=1, the fixtures that tests compare with themselves.
 * @param {string[]} args
 */
const isUpdate = (args) => args.includes('--update') || args.includes('-u');

/** @param {string} run @param {string} resultsFile @param {string[]} args */
async function runJest(run, resultsFile, args) {
  const env = { ...process.env, [RUN_MARK]: run, [RESULTS_FILE]: resultsFile };
  if (isUpdate(args)) env.NETGLASS_UPDATE = '1';
  const jestArgs = args.map((arg) => (arg === '--update' ? '--updateSnapshot' : arg));
  const command = [...NODE_OPTIONS, inProject(JEST), ...jestArgs];
  const jest = spawn(process.execPath, command, { cwd: root, env, stdio: 'inherit' });
  // The terminal sends Ctrl-C to Jest as well; a signal sent to this process alone is passed on. Both end below.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
  const [status] = await once(jest, 'exit');
  return status ?? 1;
}

/** What the run left, after giving it a moment to go away. */
async function waitForLeftovers(run, namespacesBefore) {
  const deadline = Date.now() + GRACE_MS;
  let left = leftovers(run, namespacesBefore);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(100);
    left = leftovers(run, namespacesBefore);
  }
  return left;
}

/** @returns {{ passed: number, failed: number, skipped: number } | undefined} undefined when Jest ran no tests, as for --help */
const readCounts = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

setUpOrExit('test');

const run = randomUUID();
const folder = mkdtempSync(join(tmpdir(), 'netglass-test-'));
const namespacesBefore = namespaces();
let status = await runJest(run, join(folder, 'results.json'), process.argv.slice(2));
const counts = readCounts(join(folder, 'results.json'));
rmSync(folder, { recursive: true });

const left = await waitForLeftovers(run, namespacesBefore);
for (const line of left) say(`left behind by the tests: ${line}`);
if (left.length > 0) status ||= 1;

if (counts) {
  const failed = counts.failed + left.length;
  if (counts.passed + failed === 0) {
    say('no test ran');
    status ||= 1;
  }
  if (counts.skipped > 0 && process.getuid?.() !== 0) say('tests that need root were skipped: sudo npm test');
  process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
} else if (process.env.CI) {
  say('Jest left no result');
  status ||= 1;
}
process.exitCode = status;
