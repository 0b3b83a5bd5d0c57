/** dist/web, the page that the service serves, from api/web. */
import { runLogged, StepError, step, tail } from './progress.mjs';
import { filesBelow, fingerprint, readStamp, writeStamp } from './stamp.mjs';

/** Outside of what the bundler empties, and gone with dist/. */
const STAMP = 'dist/.netglass-page-stamp';
const BUNDLER = 'node_modules/vite/bin/vite.js';

const wanted = () => fingerprint([...filesBelow(['api/web'], () => true), 'package-lock.json']);

/** Whether dist/web is what the sources say. */
export const pageIsCurrent = () => readStamp(STAMP)?.hash === wanted();

/**
 * Bundles the page when a source changed.
 * @throws {StepError} with the bundler's own words
 */
export function buildPage() {
  const hash = wanted();
  if (readStamp(STAMP)?.hash === hash) return;
  step('page', () => {
    try {
      runLogged('page', [process.execPath, BUNDLER, 'build', 'api/web', '--logLevel', 'warn']);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      throw new StepError(`The page cannot be built:\n${tail(error.log, 40)}`, error.log);
    }
  });
  writeStamp(STAMP, { hash });
}
