/** One set-up at a time in a checkout: `npm start` and `npm test` in two terminals must not install at once. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { say } from './progress.mjs';
import { inProject } from './project.mjs';

const LOCK = inProject('build', 'setup.lock');
const RETRY_MS = 100;

/** Whether the process is a set-up still: after a crash its number may belong to any other program. */
function isSetUp(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false; // EPERM: there is one, and it is somebody else's
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync('/proc/self') || (existsSync(commandLine) && readFileSync(commandLine, 'utf8').includes('setup'));
}

/** @returns {number | undefined} the process that holds the lock, or undefined when this one has it now */
function tryToTake() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return undefined;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return existsSync(LOCK) ? Number(readFileSync(LOCK, 'utf8')) : 0;
  }
}

/**
 * @template T
 * @param {() => T} work synchronous
 * @returns {T}
 */
export function locked(work) {
  mkdirSync(inProject('build'), { recursive: true });
  let told = false;
  for (let holder = tryToTake(); holder !== undefined; holder = tryToTake()) {
    // 0: the lock went away, or is being written, between two looks at it.
    if (holder !== 0 && !isSetUp(holder)) rmSync(LOCK, { force: true });
    else if (!told && holder !== 0) {
      say(`netglass: waiting for another set-up, process ${holder}`);
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
  try {
    return work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}
