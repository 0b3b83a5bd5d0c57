/** `kill -9` in the middle of a flood: what is in the log is in the index again, once, and the capture is usable. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listSegments, segmentPath } from '../../captures/segments/segment-files.js';
import { pause } from '../support/live-capture.js';
import { datagrams, removeFolders, temporaryFolder, tsharkCount } from '../support/packets.js';
import { balance, balanced, exportedFile, importPackets, openStore } from '../support/stores.js';

const CHILD = fileURLToPath(new URL('../support/crash-child.js', import.meta.url));
const PORT = 40_000 + (process.pid % 20_000);
const permitted = process.platform === 'linux' && process.getuid?.() === 0;

let flood: ChildProcess;
beforeAll(() => {
  flood = spawn(process.execPath, [CHILD, 'flood', String(PORT)], { stdio: 'ignore' });
});
afterAll(() => {
  flood.kill('SIGKILL');
  removeFolders();
});

/** Captures the flood in another process and kills that after some milliseconds. @returns the capture's id */
async function crash(folder: string, milliseconds: number, segments = 0): Promise<string> {
  const child = spawn(process.execPath, [CHILD, 'capture', folder, String(PORT), String(segments)]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  await pause(milliseconds);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return line.toString().trim();
}

(permitted ? describe : describe.skip)('killed in the middle of a flood', () => {
  test.each([0, 20, 70, 130, 260, 470, 800, 1500])('after %i ms', async (milliseconds) => {
    const folder = temporaryFolder();
    const id = await crash(folder, milliseconds);
    const { store, queries, close } = await openStore(folder);
    const record = store.get(id);
    const packets = balanced(store.folder(id));
    expect(record).toMatchObject({ state: 'stopped', packets });
    expect(record?.warnings.join()).toContain('netglass ended without stopping this capture');
    if (milliseconds > 200) expect(packets).toBeGreaterThan(0);
    expect(await queries.count(id, 'udp')).toBe(packets);
    expect(tsharkCount(await exportedFile(queries, id, { format: 'pcapng' }))).toBe(packets);
    await close();
  });

  test.each([900, 1400, 2000])('in a ring, after %i ms', async (milliseconds) => {
    const folder = temporaryFolder();
    const id = await crash(folder, milliseconds, 3);
    const { store, queries, close } = await openStore(folder);
    const record = store.get(id)!;
    // Flows count what the ring has let go too; all else agrees.
    const { log, index, numbers, seconds } = balance(store.folder(id));
    expect(index).toBe(log);
    expect(numbers).toBe('1');
    if (milliseconds >= 2000) expect(record.firstPacket).toBeGreaterThan(1);
    expect(new Set(seconds.split(' = ')).size).toBe(1);
    expect(record.packets - record.firstPacket + 1).toBe(log);
    expect(await queries.count(id, undefined)).toBe(log);
    const before = { ...record, warnings: [] };
    const again = await store.reindex(id);
    expect({ ...again, warnings: [] }).toEqual(before);
    const { packets } = await queries.packets(id, { filter: 'udp', limit: 2 });
    expect(packets[0].number).toBe(record.firstPacket);
    await close();
  });
});

describe('what a crash or a power failure may leave', () => {
  /** A capture's folder as if it had been running, changed by `how`. */
  async function interrupted(how: (folder: string) => void, change: object = {}) {
    const first = await openStore();
    const { id } = await importPackets(first.store, datagrams(5000));
    const folder = first.store.folder(id);
    await first.close();
    const file = join(folder, 'capture.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), state: 'running', ...change }));
    how(folder);
    const { store, queries, close } = await openStore(first.path);
    return { record: store.get(id)!, folder, queries, close };
  }

  const last = (folder: string) => segmentPath(folder, listSegments(folder).at(-1) as number);

  test('a torn block at the end is cut off and reported', async () => {
    const { record, folder, close } = await interrupted((path) => appendFileSync(last(path), Buffer.alloc(333, 6)));
    expect(record.warnings.join()).toContain('a torn last block (333 octets) was cut off');
    expect(balanced(folder)).toBe(5000);
    await close();
  });

  test('a log that has lost its end is followed by the index', async () => {
    const { record, folder, close } = await interrupted((path) =>
      truncateSync(last(path), statSync(last(path)).size - 1000),
    );
    const packets = balanced(folder);
    expect(packets).toBeGreaterThan(4900);
    expect(packets).toBeLessThan(5000);
    expect(record.packets).toBe(packets);
    await close();
  });

  test('a segment that had only begun, and a log without any segment', async () => {
    const begun = await interrupted((path) => writeFileSync(segmentPath(path, 2), Buffer.from([10, 13])));
    expect(balanced(begun.folder)).toBe(5000);
    expect(listSegments(begun.folder)).toEqual([1]);
    await begun.close();
    const none = await interrupted((path) => truncateSync(last(path), 0));
    expect(none.record).toMatchObject({ state: 'stopped', packets: 0 });
    expect(await none.queries.count(none.record.id, undefined)).toBe(0);
    await none.close();
  });

  test('an index of another boot of the machine is not trusted', async () => {
    const { folder, close } = await interrupted(
      (path) => execFileSync('sqlite3', [join(path, 'index.sqlite'), 'DELETE FROM packets WHERE number = 77']),
      { bootId: 'another' },
    );
    expect(balanced(folder)).toBe(5000);
    await close();
  });
});
