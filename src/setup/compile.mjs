/** dist/ from the TypeScript sources. */
import { readFileSync, rmSync } from 'node:fs';
import { runLogged, StepError, step, tail } from './progress.mjs';
import { inProject } from './project.mjs';
import { filesBelow, fingerprint, readStamp, writeStamp } from './stamp.mjs';

const STAMP = 'dist/.netglass-stamp';
const COMPILER = 'node_modules/typescript/bin/tsc';

/** tsconfig.json is plain JSON here; what it includes and excludes are names of folders. */
function sources() {
  const { include, exclude } = JSON.parse(readFileSync(inProject('tsconfig.json'), 'utf8'));
  const excluded = (path) => exclude.some((folder) => path.startsWith(`${folder}/`));
  return filesBelow(include, (path) => /\.[cm]?tsx?$/.test(path) && !excluded(path));
}

const wanted = (files) => fingerprint([...files, 'tsconfig.json', 'package-lock.json']);

/** Whether dist/ is what the sources say. */
export const distIsCurrent = () => readStamp(STAMP)?.hash === wanted(sources());

/** The compiler never removes the output of a source that is gone, and Jest would still run a deleted test. */
function removeStale(before, files) {
  if (before === undefined) {
    rmSync(inProject('dist'), { recursive: true, force: true });
    return;
  }
  for (const gone of before.files.filter((file) => !files.includes(file))) {
    const output = gone.replace(/\.([cm]?)tsx?$/, '.$1js');
    for (const path of [output, `${output}.map`]) rmSync(inProject('dist', path), { force: true });
  }
}

/**
 * Compiles when a source changed.
 * @throws {StepError} with the compiler's own words
 */
export function compile() {
  const files = sources();
  const hash = wanted(files);
  const before = readStamp(STAMP);
  if (before?.hash === hash) return;
  step('TypeScript', () => {
    removeStale(before, files);
    try {
      runLogged('typescript', [process.execPath, COMPILER, '-p', 'tsconfig.json']);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      throw new StepError(`TypeScript found errors:\n${tail(error.log, 40)}`, error.log);
    }
  });
  writeStamp(STAMP, { hash, files });
}
