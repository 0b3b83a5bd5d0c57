/**
 * Where things are in the checkout. The set-up scripts run before node_modules exists, so nothing in this folder
 * imports anything but Node itself and its neighbours.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the checkout, whatever folder the command was given in. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** @param {...string} parts path below the checkout */
export const inProject = (...parts) => join(root, ...parts);

/** The compiled command line, which `npm start` and the `netglass` command hand over to. */
export const cli = inProject('dist', 'src', 'cli.js');
