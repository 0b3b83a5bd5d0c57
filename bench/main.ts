/** `npm run bench -- [ROW…] [--quick]`: measures, prints the table, and writes it to RESULTS.md. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench, type Row } from './harness/bench.js';
import { describeMachine } from './harness/machine.js';
import { markdown } from './harness/result.js';
import { deepFilter } from './rows/deep-filter.js';
import { exportRow } from './rows/export.js';
import { firstPageRow } from './rows/first-page.js';
import { idle } from './rows/idle.js';
import { imports } from './rows/import.js';
import { live } from './rows/live.js';
import { page } from './rows/page.js';
import { send } from './rows/send.js';
import { decode } from './summarize.js';

const ROWS: readonly Row[] = [live, imports, firstPageRow, deepFilter, exportRow, idle, page, decode, send];
const RESULTS = fileURLToPath(new URL('../../bench/RESULTS.md', import.meta.url));
const USAGE = `usage: npm run bench [-- [${ROWS.map((row) => row.name).join(' | ')}]... [--quick] [--output FILE]]`;

function readArguments(): { rows: readonly Row[]; quick: boolean; output: string } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false }, output: { type: 'string' } },
    });
    const unknown = positionals.find((name) => !ROWS.some((row) => row.name === name));
    if (unknown !== undefined) throw new Error(`there is no row "${unknown}"`);
    const rows = positionals.length === 0 ? ROWS : ROWS.filter((row) => positionals.includes(row.name));
    // What is not the whole table at its full size is not to replace it.
    const whole = rows.length === ROWS.length && !values.quick;
    return { rows, quick: values.quick, output: values.output ?? (whole ? RESULTS : '') };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

/** The commit that was measured, or undefined outside a checkout. */
function commit(): string | undefined {
  try {
    const folder = fileURLToPath(new URL('../../', import.meta.url));
    return execFileSync('git', ['-C', folder, 'rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return undefined;
  }
}

/** A row as Markdown. A goal that is missed is a finding, not a failure; a row that cannot be measured is one. */
async function measure(row: Row, bench: Bench): Promise<string[]> {
  const impossible = row.impossible?.();
  if (impossible === undefined) {
    try {
      return markdown(await row.run(bench));
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`${row.name}: ${(error as Error).stack}\n`);
      return [`## ${row.name}`, '', `Not measured: ${(error as Error).message}`, ''];
    }
  }
  process.exitCode = 1;
  return [`## ${row.name}`, '', `Not measured: ${impossible}.`, ''];
}

async function main(): Promise<void> {
  const { rows, quick, output } = readArguments();
  const bench = new Bench(quick);
  const revision = commit();
  const lines = [
    '# What netglass reaches',
    '',
    `Measured by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}${revision === undefined ? '' : `, commit ${revision}`}, beside its peers in the same run: in each of ${bench.rounds} rounds`,
    'every program has its turn, so that whatever else the machine does hits all of them. Ratios are medians over the rounds.',
    ...(quick ? ['', '**Quick: a tenth of the sizes and fewer rounds. These numbers say little.**'] : []),
    '',
    ...describeMachine(),
    '',
  ];
  for (const row of rows) {
    const text = await measure(row, bench);
    process.stdout.write(`${text.join('\n')}\n`);
    lines.push(...text);
  }
  if (output !== '') writeFileSync(output, lines.join('\n'));
}

await main();
