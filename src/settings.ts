/** What the environment and the system say before any option does. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { applicationName } from '../captures/recording/section.js';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8080;
/** Packets a second: enough for a class, too few to disturb a network. */
export const DEFAULT_SEND_RATE = 100;

/** netglass's version, as package.json has it. */
export function version(): string {
  return applicationName().split(' ')[1];
}

/** Where captures rest unless somebody says otherwise (XDG Base Directory Specification). */
export function defaultDataFolder(): string {
  const base = process.env['XDG_DATA_HOME'];
  // The specification: a path that is not absolute is to be ignored.
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'share'), 'netglass');
}

/** A whole number from `least` to `most`, for options. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
    return value;
  };
}

/** Options that several commands share; new ones each time, for a command makes them its own. */
export const shared = {
  host: () => new Option('--host <address>', 'address of the service').env('NETGLASS_HOST').default(DEFAULT_HOST),
  port: (least = 1) =>
    new Option('--port <number>', 'port of the service')
      .env('NETGLASS_PORT')
      .default(DEFAULT_PORT)
      .argParser(whole(least, 65_535)),
  /** Of commands that have hosts and ports of their own. */
  serviceHost: () =>
    new Option('--service-host <address>', 'address of the service').env('NETGLASS_HOST').default(DEFAULT_HOST),
  servicePort: () =>
    new Option('--service-port <number>', 'port of the service')
      .env('NETGLASS_PORT')
      .default(DEFAULT_PORT)
      .argParser(whole(1, 65_535)),
  alone: () => new Option('--alone', 'without the service, even if one runs'),
  data: () => new Option('--data <dir>', 'folder of the captures').env('NETGLASS_DATA').default(defaultDataFolder()),
  sendRate: () =>
    new Option('--send-rate <packets>', 'packets a second that are sent at most, of all together')
      .default(DEFAULT_SEND_RATE)
      .argParser(whole(1, 100_000_000)),
  token: () => new Option('--token <token>', 'secret that the service demands').env('NETGLASS_TOKEN'),
};

/** Variables that switch something on, which the command line's parser takes for set whatever they say. */
const SWITCHES = new Set(['NETGLASS_ALLOW_SEND', 'NETGLASS_SEND_ANYWHERE']);

/**
 * An empty variable is one that is not set: compose files and unit files cannot leave one out. A switch that says "no" is
 * none, either.
 */
export function dropEmptyVariables(environment: NodeJS.ProcessEnv): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!name.startsWith('NETGLASS_')) continue;
    if (value === '' || (SWITCHES.has(name) && /^(0|false|no|off)$/i.test(value))) delete environment[name];
  }
}
