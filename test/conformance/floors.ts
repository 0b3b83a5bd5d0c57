/** The committed shares of equal fields: a change that makes one smaller fails. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../support/corpus.js';
import type { AnalysisFindings } from './analysis.js';
import type { FilterFindings } from './filter-run.js';
import { LOWER, type Share, shareOf } from './report.js';
import type { Tallies } from './tally.js';

const path = join(process.cwd(), 'test', 'conformance', 'floors.json');
/** Decimals that are kept. A protocol's own are few: another protocol that is added moves a few of its fields. */
const SCALE = 1e4;
const PROTOCOL_SCALE = 1e3;

function roundedDown(share: number, name: string): number {
  const scale = name.startsWith('(') ? SCALE : PROTOCOL_SCALE;
  return Math.floor(share * scale) / scale;
}

/** Least share of equal fields by protocol, by mode. */
export type Floors = Partial<Record<Mode | 'filters' | 'analysis', Readonly<Record<string, number>>>>;

export function loadFloors(): Floors {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Floors) : {};
}

function save(floors: Floors): void {
  writeFileSync(path, `${JSON.stringify(floors, undefined, 2)}\n`);
}

/** What is held: each protocol, the link to transport layers together, and everything. */
function shares(tallies: Tallies): Map<string, Share> {
  const found = new Map<string, Share>([['(together)', shareOf(tallies, /^/)]]);
  const lower = shareOf(tallies, LOWER);
  if (lower.compared > 0) found.set('(link to transport)', lower);
  for (const [name, sum] of tallies.byProtocol()) found.set(name, sum);
  return found;
}

/** Writes what was reached as what has to be reached. */
export function updateFloors(reached: Partial<Record<Mode, Tallies>>): void {
  const floors: Floors = { ...loadFloors() };
  for (const [mode, tallies] of Object.entries(reached) as [Mode, Tallies][])
    floors[mode] = Object.fromEntries(
      [...shares(tallies)].map(([name, { compared, equal }]) => [name, roundedDown(equal / compared, name)]),
    );
  save(floors);
}

/** What is below its floor, in words. A protocol without a floor is new: `--update` gives it one. */
export function belowFloor(mode: Mode, tallies: Tallies): string[] {
  const floors = loadFloors()[mode] ?? {};
  const found = shares(tallies);
  return Object.entries(floors).flatMap(([name, least]) => {
    const sum = found.get(name);
    if (sum === undefined) return [`${mode} ${name}: nothing was compared; it was ${least}`];
    const share = sum.equal / sum.compared;
    return share < least ? [`${mode} ${name}: ${share.toFixed(6)} of the fields are equal, it was ${least}`] : [];
  });
}

/** The shares of pairs of filter and capture that are equal: of all, and of those in which a packet is found. */
function filterShares({ pairs, found, differences }: FilterFindings): Record<string, number> {
  const share = (of: number): number => Math.floor((1 - differences.length / of) * SCALE) / SCALE;
  return { pairs: share(pairs), found: share(found) };
}

export function updateFilterFloors(findings: FilterFindings): void {
  save({ ...loadFloors(), filters: filterShares(findings) });
}

export function filtersBelowFloor(findings: FilterFindings): string[] {
  const reached = filterShares(findings);
  return Object.entries(loadFloors().filters ?? {}).flatMap(([name, least]) =>
    reached[name] < least ? [`filters, ${name}: ${reached[name]} are equal, it was ${least}`] : [],
  );
}

/** The share of frames that are equal in everything, and of each field. */
function analysisShares({ frames, equal, fields }: AnalysisFindings): Record<string, number> {
  const down = (share: number): number => Math.floor(share * PROTOCOL_SCALE) / PROTOCOL_SCALE;
  const shares = [...fields].map(([name, tally]) => [name, down(tally.equal / tally.compared)] as const);
  return { frames: down(equal / frames), ...Object.fromEntries(shares) };
}

export function updateAnalysisFloors(findings: AnalysisFindings): void {
  save({ ...loadFloors(), analysis: analysisShares(findings) });
}

export function analysisBelowFloor(findings: AnalysisFindings): string[] {
  const reached = analysisShares(findings);
  return Object.entries(loadFloors().analysis ?? {}).flatMap(([name, least]) =>
    (reached[name] ?? 0) < least ? [`analysis, ${name}: ${reached[name] ?? 0} are equal, it was ${least}`] : [],
  );
}
