/** The libpcap addon of captures/native. It is one engine of several: without it everything else works. */
import { existsSync, readdirSync } from 'node:fs';
import { npmEnvironment } from './dependencies.mjs';
import { runLogged, StepError, say, step } from './progress.mjs';
import { inProject } from './project.mjs';
import { filesBelow, fingerprint, readStamp, writeStamp } from './stamp.mjs';

const RELEASE = 'captures/native/build/Release';
const BUILT = `${RELEASE}/.netglass-stamp`;
const FAILED = 'build/native-failed.json';

const sources = () => filesBelow(['captures/native'], (path) => !path.endsWith('.ts'));

/** What the binary depends on: its sources, the lock file (node-addon-api) and the Node ABI. */
const wanted = () =>
  fingerprint([...sources(), 'package-lock.json'], [process.versions.modules, process.platform, process.arch]);

/** Whether the compiled addon is the one of these sources. */
export const nativeIsCurrent = () =>
  readStamp(BUILT)?.hash === wanted() && readdirSync(inProject(RELEASE)).some((file) => file.endsWith('.node'));

/** What a build that failed depends on as well: with a compiler or a header installed since, it is tried again. */
const circumstances = (hash, missing) => ({ hash, missing, CC: process.env.CC, CXX: process.env.CXX });

/**
 * Compiles the addon when its sources changed. A failure costs this engine only: it is said in one line, and remembered,
 * so that later starts do not wait for the same failure again.
 * @param {string[]} missing system packages that could not be installed
 * @param {{ retry?: boolean }} [options] whether to try what failed before
 * @returns {boolean} whether the addon is there
 */
export function buildNative(missing, { retry = false } = {}) {
  if (nativeIsCurrent()) return true;
  const hash = wanted();
  const now = circumstances(hash, missing);
  const before = readStamp(FAILED);
  const knownToFail = before !== undefined && JSON.stringify(before.circumstances) === JSON.stringify(now);
  if (knownToFail && !retry) {
    say(`netglass: native engine not built (${before.reason}); "npm run setup" tries again`);
    return false;
  }
  try {
    step('native engine', () => {
      runLogged('native', ['npm', 'run', 'build:native'], { JOBS: 'max', ...npmEnvironment() });
      if (!existsSync(inProject(RELEASE))) throw new StepError(`the build left no ${RELEASE}`);
      writeStamp(BUILT, { hash });
    });
    return true;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const reason = error.log ? `log: ${error.log}` : error.message;
    writeStamp(FAILED, { circumstances: now, reason });
    say(`netglass: native engine not built (${reason}); the other engines and capture files work`);
    return false;
  }
}
