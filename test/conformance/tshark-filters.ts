/** Has tshark answer many filters over a capture in one run: a listener each, in a script for its Lua interpreter. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mode } from '../support/corpus.js';
import { askTshark, preferenceArguments } from './fresh.js';

/** Writes `INDEX NUMBER` for every match, `! INDEX REASON` for a text that is no filter. */
const script = (filters: string, answers: string): string => `
local answers = assert(io.open(${JSON.stringify(answers)}, "w"))
local listeners = {}
local index = -1
for text in io.lines(${JSON.stringify(filters)}) do
  index = index + 1
  local mine = index
  local good, listener = pcall(Listener.new, "frame", text)
  if good then
    function listener.packet(packet) answers:write(mine, " ", packet.number, "\\n") end
    function listener.draw() answers:flush() end
    listeners[#listeners + 1] = listener
  else
    answers:write("! ", mine, " ", (tostring(listener):gsub("%s+", " ")), "\\n")
  end
end
answers:flush()
`;

export interface TsharkAnswers {
  /** Frame numbers by index of the filter. */
  readonly matches: readonly number[][];
  /** Why tshark takes a text for no filter, by index. */
  readonly refused: ReadonlyMap<number, string>;
}

/** @throws when tshark does not run, or was built without Lua */
export async function askFilters(path: string, mode: Mode, filters: readonly string[]): Promise<TsharkAnswers> {
  const folder = mkdtempSync(join(tmpdir(), 'netglass-filters-'));
  try {
    const [texts, answers, program] = ['filters.txt', 'answers.txt', 'listen.lua'].map((name) => join(folder, name));
    writeFileSync(texts, `${filters.join('\n')}\n`);
    writeFileSync(program, script(texts, answers));
    await askTshark([...preferenceArguments(mode), '-q', '-X', `lua_script:${program}`, '-r', path]);
    const matches: number[][] = filters.map(() => []);
    const refused = new Map<number, string>();
    for (const line of readFileSync(answers, 'utf8').split('\n')) {
      const [index, number, ...more] = line.split(' ');
      if (index === '!') refused.set(Number(number), more.join(' '));
      else if (index !== '') matches[Number(index)].push(Number(number));
    }
    return { matches, refused };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
