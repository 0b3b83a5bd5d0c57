/** The programs and headers that come from the system, not from npm: found by looking, installed when that is possible. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runLogged, StepError, say, step } from './progress.mjs';

/**
 * One line a Debian package, and how to see that what it brings is there (also on systems that are not Debian).
 * `purpose` `build` is for compiling the native modules, `test` for running the tests.
 */
const NEEDS = [
  { package: 'g++', purpose: 'build', commands: ['g++', 'c++'] },
  { package: 'make', purpose: 'build', commands: ['make'] },
  { package: 'python3', purpose: 'build', commands: ['python3'] }, // node-gyp is written in it
  { package: 'libpcap-dev', purpose: 'build', header: 'pcap/pcap.h' },
  { package: 'tshark', purpose: 'test', commands: ['tshark'] },
  { package: 'tcpdump', purpose: 'test', commands: ['tcpdump'] },
  { package: 'iproute2', purpose: 'test', commands: ['ip'] },
  { package: 'strace', purpose: 'test', commands: ['strace'] },
  { package: 'chromium', purpose: 'test', commands: ['chromium', 'chromium-browser', 'google-chrome'] },
];

const INCLUDE_FOLDERS = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'];

/** @param {string} command @param {string} path in the form of PATH */
function onPath(command, path) {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false; // accessSync's only way of saying no
    }
  });
}

/**
 * @param {('build' | 'test')[]} purposes
 * @param {{ path?: string, includeFolders?: string[] }} [where] to look, for tests
 * @returns {string[]} names of Debian packages
 */
export function missingPackages(purposes, where = {}) {
  const path = where.path ?? process.env.PATH ?? '';
  // Apple's compiler finds libpcap in its SDK, whose place differs by version.
  const inSdk = process.platform === 'darwin';
  const includes = where.includeFolders ?? [...(process.env.CPATH?.split(delimiter) ?? []), ...INCLUDE_FOLDERS];
  return NEEDS.filter(({ purpose, commands, header }) => {
    if (!purposes.includes(purpose)) return false;
    if (commands) return !commands.some((command) => onPath(command, path));
    return !inSdk && !includes.some((folder) => existsSync(join(folder, header)));
  }).map((need) => need.package);
}

/** @param {string[]} packages */
const installArguments = (packages) => ['install', '-y', '--no-install-recommends', ...packages];

/** The command that a person can copy. @param {string[]} packages */
export const installLine = (packages) => `sudo apt-get ${installArguments(packages).join(' ')}`;

/** @param {string[]} packages */
function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // Waiting, because another apt-get (unattended upgrades, say) may be at work on a fresh machine.
  const aptGet = (...args) => runLogged('apt', ['apt-get', '-o', 'DPkg::Lock::Timeout=300', ...args], env);
  try {
    aptGet(...installArguments(packages));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    // Images come without package lists, and old lists name files that are gone: both are mended by an update.
    aptGet('update');
    aptGet(...installArguments(packages));
  }
}

/**
 * Installs what is missing when this is root on Debian or a relative; otherwise names it in one line to copy.
 * @param {('build' | 'test')[]} purposes
 * @returns {string[]} what is missing still
 */
export function ensurePackages(purposes) {
  const missing = missingPackages(purposes);
  if (missing.length === 0) return [];
  if (process.getuid?.() === 0 && onPath('apt-get', process.env.PATH ?? '')) {
    try {
      step(`system packages ${missing.join(' ')}`, () => aptInstall(missing));
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      say(`${error.message} (${error.log})`);
    }
  }
  const still = missingPackages(purposes);
  if (still.length > 0) say(`netglass: system packages are missing. On Debian or Ubuntu: ${installLine(still)}`);
  return still;
}
