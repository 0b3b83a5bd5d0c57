/** Chooses captures and asks tshark for the filters' answers. */

import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusPath, type Mode, oracleSheet } from '../support/corpus.js';
import { type FileAnswers, keyOf, loadFilters, rangesOf, saveAnswers } from './filter-answers.js';
import { askFilters } from './tshark-filters.js';

/** Captures for each protocol, spread over all that have it. */
const FILES_A_PROTOCOL = 4;
/** Larger captures say little more and take long. */
const LARGEST_FILE = 60_000;
const MOST_PACKETS = 150;

interface Candidate {
  readonly file: string;
  readonly protocols: ReadonlySet<string>;
}

/** The captures that are small, sound and counted by tshark as they are here, with the protocols in them. */
function candidates(folder: string | undefined): Candidate[] {
  return corpusFiles(folder).flatMap((file) => {
    const sheet =
      statSync(corpusPath(file, folder)).size <= LARGEST_FILE ? oracleSheet(file, 'pkt', folder) : undefined;
    if (sheet === undefined || sheet.rows.size === 0 || sheet.rows.size > MOST_PACKETS) return [];
    const [number, protocols] = ['frame.number', 'frame.protocols'].map((name) => sheet.columns.indexOf(name));
    const rows = [...sheet.rows];
    // tshark counts some blocks that are no packets.
    if (rows.some(([packet, row]) => Number(row[number]) !== packet)) return [];
    return [{ file, protocols: new Set(rows.flatMap(([, row]) => row[protocols].split(':'))) }];
  });
}

/** For every protocol that is declared here the same number of captures, as far as there are so many. */
export function chooseFiles(folder?: string): string[] {
  const all = candidates(folder);
  const chosen = new Set<string>();
  for (const { filter } of registry.protocols) {
    const having = all.filter(({ protocols }) => protocols.has(filter));
    const step = Math.max(1, having.length / FILES_A_PROTOCOL);
    for (let at = 0; at < having.length; at += step) chosen.add(having[Math.floor(at)].file);
  }
  return [...chosen].sort();
}

/** Asks tshark everything anew and writes the answers. */
export async function updateAnswers(folder: string | undefined, say: (line: string) => void): Promise<void> {
  const filters = loadFilters().map(({ text }) => text);
  const keys = filters.map(keyOf);
  const jobs = chooseFiles(folder).flatMap((file) => (['pkt', 'app'] as const).map((mode) => ({ file, mode })));
  const refused = new Set<string>();
  const files: FileAnswers[] = [];
  const ask = async ({ file, mode }: { file: string; mode: Mode }): Promise<FileAnswers> => {
    const answers = await askFilters(corpusPath(file, folder), mode, filters);
    for (const index of answers.refused.keys()) refused.add(keys[index]);
    const found = new Map<string, string>();
    answers.matches.forEach((numbers, index) => {
      if (numbers.length > 0) found.set(keys[index], rangesOf(numbers));
    });
    return { file, mode, found };
  };
  const width = availableParallelism();
  for (let at = 0; at < jobs.length; at += width) {
    files.push(...(await Promise.all(jobs.slice(at, at + width).map(ask))));
    if (at % 100 < width) say(`tshark: ${at + width} of ${jobs.length}`);
  }
  saveAnswers({ known: new Set(keys), refused, files });
}
