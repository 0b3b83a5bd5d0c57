/** The committed shares of equal fields: a change that makes one smaller fails. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../support/corpus.js';
import { LOWER, type Share, shareOf } from './report.js';
import type { Tallies } from './tally.js';

const path = join(process.cwd(), 'test', 'conformance', 'floors.json');
/** Decimals that are kept: one field of a hundred thousand. */
const SCALE = 1e5;

/** Least share of equal fields by protocol, by mode. */
export type Floors = Partial<Record<Mode, Readonly<Record<string, number>>>>;

export function loadFloors(): Floors {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Floors) : {};
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
      [...shares(tallies)].map(([name, { compared, equal }]) => [name, Math.floor((equal / compared) * SCALE) / SCALE]),
    );
  writeFileSync(path, `${JSON.stringify(floors, undefined, 2)}\n`);
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
