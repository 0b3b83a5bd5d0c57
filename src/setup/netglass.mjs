#!/usr/bin/env -S node --max-semi-space-size=2
/** The `netglass` command. It builds only when nothing is built: where it is installed, no compiler need be. */
import { existsSync } from 'node:fs';
import { handOver } from './hand-over.mjs';
import { cli } from './project.mjs';
import { setUpOrExit } from './steps.mjs';

if (!existsSync(cli)) setUpOrExit('start');
await handOver(process.argv.slice(2));
