/** Everything between a fresh clone and a running project, in order. Each step does nothing when nothing changed. */
import { compile, distIsCurrent } from './compile.mjs';
import { dependenciesAreCurrent, installDependencies } from './dependencies.mjs';
import { locked } from './lock.mjs';
import { buildNative, nativeIsCurrent } from './native.mjs';
import { buildPage, pageIsCurrent } from './page.mjs';
import { StepError, say, tail } from './progress.mjs';
import { root } from './project.mjs';
import { ensurePackages, missingPackages } from './system-packages.mjs';

/**
 * @param {'start' | 'test'} purpose the tests need programs to compare with
 * @param {{ retry?: boolean }} [options] whether to try again what failed before
 * @returns {{ native: boolean, missing: string[] }} whether the native engine is there, and the system packages that are not
 * @throws {StepError} when the project cannot run without the step that failed
 */
export function setUp(purpose, options = {}) {
  /** @type {('build' | 'test')[]} */
  const programs = purpose === 'test' ? ['test'] : [];
  // A compiler is not asked for on a machine where everything is compiled, and nothing is written there.
  const compiled = () => dependenciesAreCurrent() && nativeIsCurrent();
  const built = () => distIsCurrent() && pageIsCurrent();
  if (compiled() && built() && missingPackages(programs).length === 0) return { native: true, missing: [] };
  return locked(() => {
    const missing = ensurePackages(compiled() ? programs : ['build', ...programs]);
    installDependencies();
    const native = buildNative(missing, options);
    compile();
    buildPage();
    return { native, missing };
  });
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
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      // What a command run with sudo wrote belongs to root, and later commands cannot replace it.
      say(`netglass: ${error.message}. This mends it: sudo chown -R "$(id -un)" ${root}`);
      process.exit(1);
    }
    if (!(error instanceof StepError)) throw error;
    say(`netglass: ${error.message}`);
    if (error.log) say(`${error.message.includes('\n') ? '' : `${tail(error.log)}\n`}the whole log: ${error.log}`);
    process.exit(1);
  }
}
