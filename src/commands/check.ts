/** `netglass check FILE CHECKS.json`: expectations about a capture file, for autograding and CI. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Check, CheckReport } from '../../captures/query/checks.js';
import { CaptureError } from '../../captures/sources/source.js';
import { refuseBadFilter, UsageError } from './failure.js';

export function checkCommand(): Command {
  return new Command('check')
    .description('judge expectations about a capture file; exit status 0 when all of them hold, 1 when not')
    .argument('<file>', 'pcap or pcapng file, gzip or not')
    .argument('<checks>', 'JSON file with the expectations')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
The checks are what POST /api/captures/{id}/checks takes, in the order in which the packets must come:

  {"checks": [
    {"name": "SYN", "expect": "tcp.flags.syn == 1 && tcp.flags.ack == 0", "count": 1},
    {"name": "SYN, ACK", "expect": "tcp.flags.syn == 1 && tcp.flags.ack == 1", "within": 1},
    {"no": "tcp.flags.reset == 1"},
    {"name": "five octets", "expect": "tcp.len == 5", "count": {"min": 1, "max": 3}}
  ]}

"expect": a display filter; such packets must come behind those of the expectation before. "count": how many until the
next expectation's (default: at least one). "within": seconds since the expectation before. "no": a display filter; no
such packet may come between the expectations around it, or the ends of the capture.`,
    )
    .action(check);
}

async function check(file: string, checksFile: string, { json }: { json?: true }): Promise<void> {
  const checks = await readChecks(checksFile);
  const report = await judgeFile(file, checks);
  if (json === true) console.log(JSON.stringify(report, undefined, 2));
  else {
    for (const { pass, name, detail, packets } of report.checks) {
      const where =
        packets.length === 0 ? '' : ` (${packets.slice(0, 10).join(', ')}${packets.length > 10 ? ', …' : ''})`;
      console.log(`${pass ? '✓' : '✗'} ${name}: ${detail}${where}`);
    }
    const failed = report.checks.filter((outcome) => !outcome.pass).length;
    console.log(
      failed === 0 ? `all ${report.checks.length} checks hold` : `${failed} of ${report.checks.length} checks fail`,
    );
  }
  if (!report.pass) process.exitCode = 1;
}

async function readChecks(file: string): Promise<Check[]> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CaptureError('io', `${file} cannot be read: ${(error as Error).message}`);
  }
  // The schema is the API's; only this command loads it.
  const { checkList } = await import('../../api/checks.js');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${(error as Error).message}`);
  }
  const parsed = checkList.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`${file}: ${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  }
  return parsed.data.checks as Check[];
}

/** Imports the file into a folder of its own, which is gone afterwards. */
async function judgeFile(file: string, checks: readonly Check[]): Promise<CheckReport> {
  const [{ CaptureStore }, { QueryService }] = await Promise.all([
    import('../../captures/store/capture-store.js'),
    import('../../captures/query/thread/query-service.js'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'netglass-check-'));
  const store = await CaptureStore.open(folder);
  const queries = new QueryService(store);
  try {
    for (const each of checks) await refuseBadFilter(queries, 'no' in each ? each.no : each.expect);
    const { id, error } = await store.importFile(file);
    if (error !== undefined) console.error(`netglass: ${file}: ${error}`);
    return await queries.checks(id, checks);
  } finally {
    await queries.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
