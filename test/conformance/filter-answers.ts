/**
 * tshark's answers to the filters, as a file that is committed: nobody needs tshark to compare with them.
 *
 *     + pkt arkime__dns.pcap          (mode, capture)
 *     1f0c9a2b 1-4,9                  (a filter, by the hash of its text, and the packets that it finds)
 *     ! 5d41402a                      (a text that tshark takes for no filter)
 *
 * A filter that is not named below a capture finds nothing in it; `known` lists those that were asked.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../support/corpus.js';

const folder = join(process.cwd(), 'test', 'fixtures');
const path = join(folder, 'filter-answers.txt');

/** The filters of test/fixtures/filters.txt with their topics. */
export function loadFilters(): { readonly topic: string; readonly text: string }[] {
  let topic = '';
  return readFileSync(join(folder, 'filters.txt'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('# ')) topic = line.slice(2);
      return line === '' || line.startsWith('#') ? [] : [{ topic, text: line }];
    });
}

export function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

export interface FileAnswers {
  readonly mode: Mode;
  readonly file: string;
  /** Packets by key of the filter, as `1-4,9`; a filter that finds nothing is absent. */
  readonly found: ReadonlyMap<string, string>;
}

export interface Answers {
  /** Keys of the filters that were asked. */
  readonly known: ReadonlySet<string>;
  /** Keys of what tshark takes for no filter. */
  readonly refused: ReadonlySet<string>;
  readonly files: readonly FileAnswers[];
}

/** Ascending numbers as ranges: `1-4,9`. */
export function rangesOf(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    let last = i;
    while (numbers[last + 1] === numbers[last] + 1) last++;
    parts.push(last === i ? `${numbers[i]}` : `${numbers[i]}-${numbers[last]}`);
    i = last + 1;
  }
  return parts.join(',');
}

export function loadAnswers(): Answers | undefined {
  if (!existsSync(path)) return undefined;
  const known = new Set<string>();
  const refused = new Set<string>();
  const files: { mode: Mode; file: string; found: Map<string, string> }[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [first, second, third] = line.split(' ');
    if (first === 'known') for (const key of line.split(' ').slice(1)) known.add(key);
    else if (first === '!') refused.add(second);
    else if (first === '+') files.push({ mode: second as Mode, file: third, found: new Map() });
    else if (first !== '') files[files.length - 1].found.set(first, second);
  }
  return { known, refused, files };
}

export function saveAnswers({ known, refused, files }: Answers): void {
  const lines = [`known ${[...known].join(' ')}`, ...[...refused].map((key) => `! ${key}`)];
  for (const { mode, file, found } of files) {
    lines.push(`+ ${mode} ${file}`);
    for (const [key, ranges] of found) lines.push(`${key} ${ranges}`);
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}
