/** `npm run setup`: sets the project up and does nothing else. `--for test` includes what the tests need. */
import { parseArgs } from 'node:util';
import { say } from './progress.mjs';
import { setUpOrExit } from './steps.mjs';

function purposeFromArguments() {
  try {
    const purpose = parseArgs({ options: { for: { type: 'string', default: 'start' } } }).values.for;
    if (purpose === 'start' || purpose === 'test') return purpose;
  } catch (error) {
    say(error.message);
  }
  say('usage: node src/setup/setup.mjs [--for start|test]');
  process.exit(2);
}

setUpOrExit(purposeFromArguments(), { retry: true });
