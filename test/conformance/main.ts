/**
 * `npm run conformance -- [CORPUS] [--only PROTOCOL|FILE] [--show N] [--oracle] [--filters] [--update]`: netglass
 * beside tshark, field by field or filter by filter, over a folder of captures.
 */

import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusFolder, type Mode, oracleSheet, type Sheet } from '../support/corpus.js';
import { analysisReport, compareAnalysis, noFindings } from './analysis.js';
import { loadAnswers } from './filter-answers.js';
import { compareFilters, filterReport } from './filter-run.js';
import { updateAnswers } from './filter-update.js';
import { analysisBelowFloor, updateAnalysisFloors, updateFilterFloors, updateFloors } from './floors.js';
import { freshSheet } from './fresh.js';
import { differences, exceptionLines, LOWER, notSeen, percent, protocolTable, shareOf } from './report.js';
import { Conformance } from './run.js';

const USAGE = `usage: npm run conformance -- [CORPUS] [--only PROTOCOL|FILE] [--show N] [--mode pkt|app] [--oracle] [--filters] [--analysis] [--update]
  CORPUS    a folder with captures/ in it; default ../shared/corpus
  --only    only the fields of a protocol, or only the files whose names have this in them
  --show    differences to show of each field, one a file; default 3
  --mode    pkt: each packet by itself; app: with reassembly; default both
  --oracle  only the answers that lie beside the corpus; tshark is not run
  --filters compares the packets that the filters of test/fixtures/filters.txt find, and no fields
  --analysis compares what the order of packets tells of TCP and UDP (tcp.analysis.*, tcp.stream), and no other fields
  --update  writes test/conformance/floors.json from those answers; with --filters, asks tshark for the filters anew`;

interface Wanted {
  readonly folder: string;
  readonly only: string | undefined;
  readonly files: readonly string[];
  readonly show: number;
  readonly modes: readonly Mode[];
  readonly oracle: boolean;
  readonly filters: boolean;
  readonly analysis: boolean;
  readonly update: boolean;
}

function readArguments(): Wanted {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        show: { type: 'string', default: '3' },
        mode: { type: 'string', default: 'both' },
        oracle: { type: 'boolean', default: false },
        filters: { type: 'boolean', default: false },
        analysis: { type: 'boolean', default: false },
        update: { type: 'boolean', default: false },
      },
    });
    const folder = resolve(positionals[0] ?? corpusFolder);
    const all = corpusFiles(folder);
    if (all.length === 0) throw new Error(`there are no captures in ${folder}/captures`);
    const protocol = values.only !== undefined && registry.idOf(values.only) !== 0 ? values.only : undefined;
    const part = protocol === undefined ? (values.only ?? '') : '';
    const files = all.filter((file) => file.includes(part));
    if (files.length === 0) throw new Error(`"${part}" is no protocol here, and in the name of no capture`);
    if (values.update && (values.only !== undefined || values.mode !== 'both'))
      throw new Error('--update needs the whole corpus and both modes');
    if (!['pkt', 'app', 'both'].includes(values.mode)) throw new Error(`there is no mode "${values.mode}"`);
    return {
      folder,
      files,
      only: protocol,
      show: Number(values.show),
      modes: values.mode === 'both' ? ['pkt', 'app'] : [values.mode as Mode],
      filters: values.filters,
      analysis: values.analysis,
      oracle: values.oracle || values.update,
      update: values.update,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

/** Answers in the files' order while others are being asked for. */
async function* sheets(
  mode: Mode,
  { files, folder, oracle, only }: Wanted,
): AsyncGenerator<[string, Sheet | undefined]> {
  const ask = async (file: string) => (oracle ? oracleSheet(file, mode, folder) : freshSheet(file, mode, folder, only));
  const ahead: Promise<Sheet | undefined>[] = [];
  for (let i = 0; i < files.length; i++) {
    while (ahead.length < availableParallelism() && i + ahead.length < files.length)
      ahead.push(ask(files[i + ahead.length]));
    yield [files[i], await ahead.shift()];
    if (i % 100 === 99) process.stderr.write(`  ${mode}: ${i + 1} of ${files.length} files\n`);
  }
}

async function filters({ folder, update, show }: Wanted): Promise<void> {
  if (update) await updateAnswers(folder, (line) => process.stderr.write(`  ${line}\n`));
  const answers = loadAnswers();
  if (answers === undefined) throw new Error('there are no answers yet: --filters --update asks tshark');
  const findings = await compareFilters(answers, folder);
  process.stdout.write(`${filterReport(findings, show).join('\n')}\n`);
  if (update) updateFilterFloors(findings);
}

async function analysis({ folder, files, update, show }: Wanted): Promise<void> {
  const findings = noFindings();
  // Most captures have neither: what lies beside the corpus says which.
  const mayHave = (file: string): boolean => {
    const sheet = oracleSheet(file, 'pkt', folder);
    const column = sheet?.columns.indexOf('frame.protocols') ?? -1;
    return sheet === undefined || [...sheet.rows.values()].some((row) => /:(tcp|udp)/.test(row[column] ?? ''));
  };
  for (const file of files) if (mayHave(file)) await compareAnalysis(file, folder, findings);
  process.stdout.write(`${analysisReport(findings, show).join('\n')}\n`);
  if (update) updateAnalysisFloors(findings);
  const below = files.length === corpusFiles(folder).length ? analysisBelowFloor(findings) : [];
  for (const line of below) process.stdout.write(`BELOW ${line}\n`);
  if (below.length > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const wanted = readArguments();
  if (wanted.filters) {
    await filters(wanted);
    return;
  }
  if (wanted.analysis) {
    await analysis(wanted);
    return;
  }
  const reached: Partial<Record<Mode, Conformance['tallies']>> = {};
  for (const mode of wanted.modes) {
    const { folder, only } = wanted;
    const conformance = new Conformance({ mode, folder, ...(only === undefined ? {} : { only }) });
    for await (const [file, sheet] of sheets(mode, wanted))
      if (sheet !== undefined) await conformance.file(file, sheet);
    const { tallies } = conformance;
    reached[mode] = tallies;
    const lower = shareOf(tallies, LOWER);
    const { milliseconds, where } = tallies.slowest;
    const lines = [
      `## ${mode}: ${mode === 'pkt' ? 'each packet by itself' : 'with reassembly'}`,
      '',
      ...protocolTable(tallies),
      '',
      ...(lower.compared > 0
        ? [`link to transport layer: ${lower.equal} of ${lower.compared} equal, ${percent(lower)}`]
        : []),
      `slowest packet: ${milliseconds.toFixed(1)} ms, ${where}`,
      `not claimed, for the corpus has none: ${notSeen(tallies).join(' ')}`,
      '',
      'differences:',
      ...differences(tallies, wanted.show),
      '',
      ...tallies.failures.map((failure) => `FAILED ${failure}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (tallies.failures.length > 0) process.exitCode = 1;
  }
  process.stdout.write(`not compared:\n${exceptionLines().join('\n')}\n`);
  if (wanted.update) updateFloors(reached);
}

await main();
