/** `npm run fuzz -- [COUNT] [--seed N]`: COUNT mutated packets (10 million), and a tenth as many through sessions. */

import { parseArgs } from 'node:util';
import { fuzzPackets } from './packets.js';
import { loadSeeds, loadSequences } from './seeds.js';
import { fuzzEndless, fuzzSessions } from './sessions.js';
import { LONGEST_MS, MOST_GROWTH, MOST_GROWTH_ENDLESS } from './watch.js';

const USAGE = 'usage: npm run fuzz -- [COUNT] [--seed N]';

function readArguments(): { count: number; seed: number } {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
  const count = Number((positionals[0] ?? '10000000').replaceAll('_', ''));
  const seed = Number(values.seed ?? Date.now() % 0x7fffffff);
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
    process.stderr.write(`${USAGE}\n`);
    process.exit(2);
  }
  return { count, seed };
}

const megabytes = (octets: number): string => `${(octets / 1e6).toFixed(1)} MB`;

/** Prints a line and remembers whether it is a failure. */
function tell(text: string, milliseconds: number, growth: number, most = MOST_GROWTH): void {
  const bad = milliseconds > LONGEST_MS || growth > most;
  if (bad) process.exitCode = 1;
  process.stdout.write(
    `${bad ? 'FAILED ' : ''}${text}; slowest ${milliseconds.toFixed(2)} ms, memory grew by ${megabytes(growth)}\n`,
  );
}

async function main(): Promise<void> {
  const { count, seed } = readArguments();
  process.stdout.write(`seed ${seed}\n`);
  const seeds = await loadSeeds();
  const packets = fuzzPackets(count, seed, seeds, (done) => process.stderr.write(`  ${done} packets\n`));
  tell(
    `${packets.packets} packets from ${seeds.length} seeds, ${packets.dissected} dissected (${packets.withProblems} with problems), ${packets.direct} random ones straight into a decoder (${packets.slowest})`,
    packets.slowestMilliseconds,
    packets.growth,
  );
  const sequences = await loadSequences();
  const sessions = fuzzSessions(Math.ceil(count / 10), seed, sequences);
  tell(
    `${sessions.packets} packets in ${sessions.sequences} sessions, ${sessions.withSources} with something put together (${sessions.slowest})`,
    sessions.slowestMilliseconds,
    sessions.growth,
  );
  for (const [what, begin, port] of endless) {
    const { milliseconds, growth } = fuzzEndless(begin, port);
    tell(`a message without end: ${what}`, milliseconds, growth, MOST_GROWTH_ENDLESS);
  }
}

const endless: readonly (readonly [string, string, number])[] = [
  ['HTTP headers', 'GET / HTTP/1.1\r\nA: ', 80],
  ['an HTTP body', 'POST / HTTP/1.1\r\nContent-Length: 4294967295\r\n\r\n', 80],
  ['an HTTP chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n', 80],
  ['TLS', '\x16\x03\x01\xff\xff', 443],
  ['DNS', '\xff\xff\x00\x01\x81\x80', 53],
  ['MQTT', '\x30\xff\xff\xff\x7f', 1883],
  ['PostgreSQL', 'Q\x7f\xff\xff\xff', 5432],
  ['Redis', '$536870912\r\n', 6379],
  ['SMTP', 'MAIL FROM:', 25],
];

await main();
