/** Becoming the compiled command line. */
import { pathToFileURL } from 'node:url';
import { cli } from './project.mjs';

/**
 * Goes on as `dist/src/cli.js ARGS` in this very process: a second one would cost memory, and would have to have the
 * terminal, the signals and the exit status passed on.
 * @param {string[]} args
 */
export async function handOver(args) {
  process.argv.splice(1, Number.POSITIVE_INFINITY, cli, ...args);
  await import(pathToFileURL(cli).href);
}
