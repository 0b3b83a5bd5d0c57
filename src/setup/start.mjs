/** `npm start -- ARGS`: sets up what is not set up, then is `netglass start ARGS`. */
import { handOver } from './hand-over.mjs';
import { setUpOrExit } from './steps.mjs';

setUpOrExit('start');
await handOver(['start', ...process.argv.slice(2)]);
