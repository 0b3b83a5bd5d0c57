/** Everything between a fresh clone and a running project, in order. Each step does nothing when nothing changed. */
import { compile } from './compile.mjs';
import { dependenciesAreCurrent, installDependencies } from './dependencies.mjs';
import { buildNative, nativeIsCurrent } from './native.mjs';
import { StepError, say, tail } from './progress.mjs';
import { ensurePackages } from './system-packages.mjs';

/**
 * @param {'start' | 'test'} purpose the tests need programs to compare with
 * @param {{ retry?: boolean }} [options] whether to try again what failed before
 * @returns {{ native: boolean, missing: string[] }} whether the native engine is there, and the system packages that are not
 * @throws {StepError} when the project cannot run without the step that failed
 */
export function setUp(purpose, options = {}) {
  // A compiler is not asked for on a machine where everything is compiled already.
  const compiled = dependenciesAreCurrent() && nativeIsCurrent();
  /** @type {('build' | 'test')[]} */
  const needs = [];
  if (!compiled) needs.push('build');
  if (purpose === 'test') needs.push('test');
  const missing = ensurePackages(needs);
  installDependencies();
  const native = buildNative(missing, options);
  compile();
  return { native, missing };
}

/**
 * `setUp` for a command: what went wrong is said in words, and the process ends with status 1.
 * @param {Parameters<typeof setUp>} args
 * @returns {ReturnType<typeof setUp>}
 */
export function setUpOrExit(...args) {
  try {
    return setUp(...args);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    say(`netglass: ${error.message}`);
    if (error.log) say(`${error.message.includes('\n') ? '' : `${tail(error.log)}\n`}the whole log: ${error.log}`);
    process.exit(1);
  }
}
