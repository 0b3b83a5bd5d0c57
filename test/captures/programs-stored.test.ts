/** Programs in a capture's files: after a restart, in an index that is built again, and in a ring. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { ProgramLog, readPrograms } from '../../captures/recording/program-log.js';
import { pause } from '../support/live-capture.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';
import { openStore } from '../support/stores.js';

const CHILD = fileURLToPath(new URL('../support/socket-child.js', import.meta.url));
const permitted = process.platform === 'linux' && process.getuid?.() === 0;
const children: ChildProcess[] = [];
afterAll(removeFolders);
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

async function start(...args: string[]): Promise<{ pid: number; port: number }> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? 0, port: Number.parseInt(line.toString(), 10) };
}

(permitted ? test : test.skip)(
  'a restart and a new index leave flows their programs (needs root)',
  async () => {
    const first = await openStore();
    const server = await start('server', '127.0.0.1');
    const captureFilter = `tcp port ${server.port}`;
    const { id } = await first.store.start({ engine: 'native', interfaces: ['lo'], captureFilter });
    const client = await start('clients', '127.0.0.1', String(server.port), '1', '0', '60000');
    await pause(500);
    await first.store.stop(id);
    const asked = async ({ queries }: Pick<typeof first, 'queries'>) => {
      const { flows } = await queries.flows(id, { filter: `netglass.process.pid == ${client.pid}` });
      return flows.map(({ process: one, processes }) => ({ one: one?.pid, all: processes.map(({ pid }) => pid) }));
    };
    const wanted = [{ one: client.pid, all: [client.pid, server.pid] }];
    expect(await asked(first)).toEqual(wanted);
    expect(statSync(join(first.store.folder(id), 'programs.jsonl')).mode & 0o777).toBe(0o600);
    await first.close();

    const second = await openStore(first.path);
    expect(await asked(second)).toEqual(wanted);
    await second.store.reindex(id);
    expect(await asked(second)).toEqual(wanted);
    // Half a line that a crash left, and rubbish, cost nothing else.
    appendFileSync(
      join(second.store.folder(id), 'programs.jsonl'),
      '[]\nnull\n{"packet":1,"end":"middle"}\n{"packet":1,"e',
    );
    await second.store.reindex(id);
    expect(await asked(second)).toEqual(wanted);
    await second.close();
  },
  60_000,
);

const program = { pid: 1, started: 2, name: 'name', user: 'user', command: 'x'.repeat(1000) };
const found = (packet: number) => ({ flow: packet, packet, end: 'client', programs: [program] }) as const;

test('a ring lets go of what belongs to packets that it has let go', () => {
  const folder = temporaryFolder();
  const log = new ProgramLog(folder);
  let largest = 0;
  for (let packet = 1; packet <= 10_000; packet++) {
    log.append([found(packet)]);
    if (packet % 100 === 0) log.expire(folder, packet - 500);
    if (packet % 100 === 0) largest = Math.max(largest, statSync(join(folder, 'programs.jsonl')).size);
  }
  // 500 lines of 1.1 KB are wanted.
  expect(largest).toBeLessThan(2 << 20);
  const kept = [...readPrograms(folder)];
  expect(kept[0].packet).toBeGreaterThan(7000);
  expect(kept.at(-1)).toEqual({ packet: 10_000, end: 'client', programs: [program] });
});

test('lines over the borders of what is read at once, and a line without an end', () => {
  const folder = temporaryFolder();
  new ProgramLog(folder).append(Array.from({ length: 500 }, (_, index) => found(index + 1)));
  expect([...readPrograms(folder)].map(({ packet }) => packet)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  const file = join(folder, 'programs.jsonl');
  writeFileSync(file, `${'x'.repeat(3 << 20)}\n${readFileSync(file, 'utf8')}`);
  expect([...readPrograms(folder)]).toHaveLength(500);
  expect([...readPrograms(temporaryFolder())]).toEqual([]);
});
