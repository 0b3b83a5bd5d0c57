/** `npm run bench -- ARGS`: sets up what the tests need, for the peers are the same programs, and runs the benchmark. */
import { pathToFileURL } from 'node:url';
import { inProject } from './project.mjs';
import { setUpOrExit } from './steps.mjs';

setUpOrExit('test');
await import(pathToFileURL(inProject('dist', 'bench', 'main.js')).href);
