/** node_modules as package-lock.json says. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runLogged, step } from './progress.mjs';
import { fingerprint, readStamp, writeStamp } from './stamp.mjs';

const STAMP = 'node_modules/.netglass-stamp';

/** Compiled modules belong to one Node ABI and one kind of machine, so these are part of what was installed. */
const wanted = () =>
  fingerprint(['package.json', 'package-lock.json'], [process.versions.modules, process.platform, process.arch]);

/** Whether node_modules is what the lock file asks for. */
export const dependenciesAreCurrent = () => readStamp(STAMP)?.hash === wanted();

/**
 * What npm is run with. Its log is told everything, also when this was started by `npm --silent`. And Node's own headers,
 * where its installation has them (`<prefix>/include/node`), are named, so that native modules are compiled against
 * exactly this Node without node-gyp downloading anything.
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment() {
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node_version.h'));
  const nodedir = process.env.npm_config_nodedir ?? (hasHeaders ? prefix : undefined);
  return { npm_config_loglevel: 'notice', ...(nodedir === undefined ? {} : { npm_config_nodedir: nodedir }) };
}

/**
 * `npm install --no-save` and not `npm ci`: both follow the lock file to the letter and neither writes it, but `ci`
 * throws node_modules away first, and so compiles SQLite again (a minute) whenever any dependency changed.
 * @throws {import('./progress.mjs').StepError}
 */
export function installDependencies() {
  if (dependenciesAreCurrent()) return;
  const hash = wanted();
  step('npm packages', () => {
    runLogged('npm', ['npm', 'install', '--no-save', '--no-audit', '--no-fund'], npmEnvironment());
  });
  writeStamp(STAMP, { hash });
}
