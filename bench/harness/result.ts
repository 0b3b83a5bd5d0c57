/** What a row of the table found out. */

import { summary } from './samples.js';

export interface Line {
  /** With its unit: `CPU, µs a packet`. */
  readonly what: string;
  /** Measurements by program, one a round. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

export interface Goal {
  readonly what: string;
  /** In words: `at most 5 s`. */
  readonly target: string;
  readonly measured: string;
  readonly reached: boolean;
}

export interface Result {
  readonly title: string;
  /** netglass first, then its peers. */
  readonly programs: readonly string[];
  readonly lines: readonly Line[];
  readonly goals: readonly Goal[];
  /** Sentences on how it was measured. */
  readonly notes: readonly string[];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

/** One row of the bench as Markdown. */
export function markdown({ title, programs, lines, goals, notes }: Result): string[] {
  const measured = lines.map(({ what, values }) => [what, ...programs.map((name) => summary(values[name] ?? []))]);
  const wanted = goals.map(({ what, target, measured: found, reached }) => [
    what,
    target,
    found,
    reached ? 'yes' : '**no**',
  ]);
  return [
    `## ${title}`,
    '',
    ...table(['median (least–most)', ...programs], measured),
    '',
    ...table(['goal', 'target', 'measured', 'reached'], wanted),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
    '',
  ];
}
