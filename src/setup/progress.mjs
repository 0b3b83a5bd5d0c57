/** What the set-up says: one line a step on standard error, so that a command's own output stays clean. */

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inProject, root } from './project.mjs';

/** A step that did not work. `log` is the file with everything its command printed. */
export class StepError extends Error {
  /** @param {string} message @param {string} [log] */
  constructor(message, log) {
    super(message);
    this.log = log;
  }
}

/** @param {string} line */
export const say = (line) => void process.stderr.write(`${line}\n`);

/**
 * Announces a step, runs it and ends the line with the seconds it took.
 * @template T
 * @param {string} title
 * @param {() => T} work synchronous: nothing else is to happen meanwhile
 * @returns {T}
 */
export function step(title, work) {
  const began = performance.now();
  process.stderr.write(`netglass: ${title} … `);
  try {
    const result = work();
    say(`${((performance.now() - began) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    say('failed');
    throw error;
  }
}

/**
 * Runs a command in the checkout and keeps what it prints in `build/logs/NAME.log`.
 * @param {string} name of the log
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} [env] added to this process's own
 * @throws {StepError} when the command cannot be started or fails
 */
export function runLogged(name, [program, ...args], env = {}) {
  const log = inProject('build', 'logs', `${name}.log`);
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'w');
  try {
    const done = spawnSync(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', out, out] });
    if (done.error) throw new StepError(`${program} could not be run: ${done.error.message}`, log);
    if (done.signal) throw new StepError(`${program} was ended by ${done.signal}`, log);
    if (done.status !== 0) throw new StepError(`${program} ${args[0] ?? ''} ended with status ${done.status}`, log);
  } finally {
    closeSync(out);
  }
}

/**
 * The end of a log, for a person who will not open the file.
 * @param {string} log
 * @param {number} [lines]
 */
export const tail = (log, lines = 15) => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
