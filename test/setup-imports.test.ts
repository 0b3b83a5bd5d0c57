/** The arrows of ARCHITECTURE.md: the lint catches an import the other way, and allows those along them. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const project = fileURLToPath(new URL('../../', import.meta.url));

const rooms = ['decoders', 'captures', 'api', 'lab', 'src', 'test', 'bench'] as const;
type Room = (typeof rooms)[number];

/** Who may import whom, besides itself. */
const allowed: Record<Room, readonly Room[]> = {
  decoders: [],
  captures: ['decoders'],
  api: ['decoders', 'captures'],
  lab: ['decoders', 'captures'],
  src: ['decoders', 'captures', 'api', 'lab'],
  test: rooms,
  bench: rooms,
};

interface Case {
  /** The importing file, two folders deep. */
  readonly file: string;
  readonly line: string;
  readonly forbidden: boolean;
}

const arrows = rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => ({ from, to })));

/** Every form of import from one room to another. */
function forms(from: Room, to: Room): Case[] {
  const forbidden = !allowed[from].includes(to);
  const path = `../../${to}/some/thing.js`;
  return [
    { file: `${from}/inner/value-${to}.ts`, line: `export { thing } from '${path}';`, forbidden },
    { file: `${from}/inner/type-${to}.ts`, line: `export type { Thing } from '${path}';`, forbidden },
    { file: `${from}/inner/dynamic-${to}.ts`, line: `export const thing = await import('${path}');`, forbidden },
    { file: `${from}/outer-${to}.ts`, line: `export { thing } from '../${to}/thing.js';`, forbidden },
  ];
}

const outside: Case[] = [
  { file: 'decoders/core/node.ts', line: `export { readFileSync } from 'node:fs';`, forbidden: true },
  { file: 'decoders/core/bare.ts', line: `export { z } from 'zod';`, forbidden: true },
  { file: 'decoders/core/scoped.ts', line: `export { x } from '@scope/name';`, forbidden: true },
  { file: 'decoders/core/buffer.ts', line: 'export const bytes = Buffer.alloc(1);', forbidden: true },
  { file: 'decoders/core/own.ts', line: `export { dns } from '../protocols/dns.js';`, forbidden: false },
  { file: 'captures/index/packages.ts', line: `export { default } from 'better-sqlite3';`, forbidden: false },
  { file: 'src/setup/package.mjs', line: `export { Command } from 'commander';`, forbidden: true },
  { file: 'src/setup/room.mjs', line: `export { x } from '../../captures/x.js';`, forbidden: true },
  { file: 'src/setup/node.mjs', line: `export { setTimeout } from 'node:timers/promises';`, forbidden: false },
  { file: 'src/setup/neighbour.mjs', line: `export { root } from './project.mjs';`, forbidden: false },
];

const cases = [...arrows.flatMap(({ from, to }) => forms(from, to)), ...outside];

/** Lints everything at once in a folder with this project's biome.json, and answers which files break which rules. */
async function lint(folder: string): Promise<Map<string, string[]>> {
  const biome = join(project, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const output = await new Promise<string>((resolve) => {
    // Biome ends with 1 when it found something; what it prints tells whether it ran.
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { category: string; location: { path: string } }[] };
  const rules = new Map<string, string[]>();
  for (const { category, location } of diagnostics) {
    rules.set(location.path, [...(rules.get(location.path) ?? []), category]);
  }
  return rules;
}

describe('the import rule', () => {
  let folder: string;
  let found: Map<string, string[]>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netglass-imports-'));
    cpSync(join(project, 'biome.json'), join(folder, 'biome.json'));
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, line } of cases) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${line}\n`);
    }
    found = await lint(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const isCaught = ({ file }: Case): boolean =>
    found.get(file)?.some((rule) => /^lint\/style\/noRestricted(Imports|Globals)$/.test(rule)) ?? false;

  test.each(arrows)('from $from to $to', ({ from, to }) => {
    for (const form of forms(from, to))
      expect({ ...form, caught: isCaught(form) }).toEqual({ ...form, caught: form.forbidden });
  });

  test.each(outside)('in $file: $line', (form) => {
    expect(isCaught(form)).toBe(form.forbidden);
  });
});
