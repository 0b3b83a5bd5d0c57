/** `node src/setup/tool.mjs NAME ARGS`: sets up what the tests need, and runs one of the tests' tools. */
import { pathToFileURL } from 'node:url';
import { inProject } from './project.mjs';
import { setUpOrExit } from './steps.mjs';

setUpOrExit('test');
const [name] = process.argv.splice(2, 1);
await import(pathToFileURL(inProject('dist', 'test', name, 'main.js')).href);
