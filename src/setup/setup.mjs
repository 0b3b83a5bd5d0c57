/**
 * `npm run setup`: sets the project up and does nothing else. `--for test` includes what the tests need; with
 * `--strict` everything has to be there: a missing package or native engine, which a start can do without, is a failure.
 */
import { parseArgs } from 'node:util';
import { say } from './progress.mjs';
import { setUpOrExit } from './steps.mjs';

const OPTIONS = /** @type {const} */ ({
  for: { type: 'string', default: 'start' },
  strict: { type: 'boolean', default: false },
});

function readArguments() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.for === 'start' || values.for === 'test') return values;
  } catch (error) {
    say(error.message);
  }
  say('usage: node src/setup/setup.mjs [--for start|test] [--strict]');
  process.exit(2);
}

const { for: purpose, strict } = readArguments();
const { native, missing } = setUpOrExit(purpose, { retry: true });
if (strict && (!native || missing.length > 0)) process.exit(1);
