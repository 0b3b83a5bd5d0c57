/** The captures of a data folder: imported, found again, renamed, deleted, indexed anew, and what is wrong with them. */

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { indexPath, listSegments, segmentPath } from '../../captures/segments/segment-files.js';
import type { CaptureError } from '../../captures/sources/source.js';
import { CaptureStore } from '../../captures/store/capture-store.js';
import { readMarks } from '../../captures/store/marks.js';
import { pause, until } from '../support/live-capture.js';
import { datagrams, ipFrame, pcapOf, removeFolders, START, temporaryFolder } from '../support/packets.js';
import { balanced, exported, importPackets, type Opened, openStore, tablesOf } from '../support/stores.js';

const opened: Opened[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
afterAll(removeFolders);

async function open(path?: string): Promise<Opened> {
  const one = await openStore(path);
  opened.push(one);
  return one;
}

async function refusal(promise: Promise<unknown>): Promise<CaptureError> {
  const outcome = await promise.then(
    () => undefined,
    (error: CaptureError) => error,
  );
  if (outcome === undefined) throw new Error('it was not refused');
  return outcome;
}

const live = { engine: 'native', interfaces: ['lo'], captureFilter: 'udp port 9' } as const;

describe('the data folder', () => {
  test('a second store on it is refused at once, and the first goes on', async () => {
    const { path, store } = await open();
    const begun = performance.now();
    const error = await refusal(CaptureStore.open(path));
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(error.message).toContain('Another netglass uses the data folder');
    expect((await importPackets(store, datagrams(10))).packets).toBe(10);
  });

  test('captures are found again, with their words', async () => {
    const { path, store, close } = await openStore();
    const { id } = await importPackets(store, datagrams(100));
    store.rename(id, { name: 'new name', comment: 'a comment' });
    store.mark(id, 'before connect()', START);
    await close();
    const again = await open(path);
    expect(again.store.get(id)).toMatchObject({
      name: 'new name',
      comment: 'a comment',
      packets: 100,
      state: 'stopped',
    });
    expect(await again.queries.count(id, 'udp')).toBe(100);
    expect(readMarks(again.store.folder(id))).toEqual([{ id: 1, text: 'before connect()', time: String(START) }]);
  });

  test('what is no capture is left alone; what a deletion left is removed', async () => {
    const { path, close } = await openStore();
    await close();
    mkdirSync(join(path, 'captures', 'other'));
    writeFileSync(join(path, 'captures', 'file'), 'x');
    mkdirSync(join(path, 'captures', '.deleted-x'));
    const { store } = await open(path);
    expect(store.list()).toEqual([]);
    expect(readdirSync(join(path, 'captures')).sort()).toEqual(['file', 'other']);
  });

  test('a folder that cannot be one is one clear error', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect((await refusal(CaptureStore.open(file))).message).toContain('cannot be used');
    const spoilt = temporaryFolder();
    writeFileSync(join(spoilt, 'lock.sqlite'), 'this is no database, and it is long enough to be looked at'.repeat(9));
    expect((await refusal(CaptureStore.open(spoilt))).message).toContain('cannot be taken');
  });
});

describe('import', () => {
  test('a damaged file keeps the packets before the damage and says where it is', async () => {
    const { store, queries } = await open();
    const file = join(temporaryFolder(), 'cut.pcap');
    writeFileSync(file, pcapOf(datagrams(1000)));
    truncateSync(file, statSync(file).size - 30);
    const record = await store.importFile(file);
    expect(record).toMatchObject({ state: 'stopped', packets: 999 });
    expect(record.error).toMatch(/\d/);
    expect(await queries.count(record.id, undefined)).toBe(999);
    expect(balanced(store.folder(record.id))).toBe(999);
  });

  test('a file that is no capture, or not there, leaves nothing behind', async () => {
    const { path, store } = await open();
    const file = join(temporaryFolder(), 'text');
    writeFileSync(file, 'hello, I am a text\n'.repeat(50));
    expect((await refusal(store.importFile(file))).code).toBe('not-a-capture');
    expect((await refusal(store.importFile(`${file}.missing`))).code).toBe('io');
    expect((await refusal(store.importStream(chunks(Buffer.from('also no capture')), 's'))).code).toBe('not-a-capture');
    expect(readdirSync(join(path, 'captures'))).toEqual([]);
    expect(store.list()).toEqual([]);
  });

  test('a stream is imported; one that breaks off keeps what came, and one that stalls can be stopped', async () => {
    const { store } = await open();
    const bytes = pcapOf(datagrams(20_000));
    const whole = await store.importStream(chunks(bytes, 10_000), 'whole');
    expect(whole).toMatchObject({ packets: 20_000, name: 'whole' });
    const broken = await store.importStream(
      chunks(bytes.subarray(0, 500_000), 10_000, new Error('peer went away')),
      'b',
    );
    expect(broken.error).toContain('peer went away');
    expect(broken.packets).toBeGreaterThan(5000);
    const stalled = store.importStream(stalling(bytes.subarray(0, 500_000)), 'stalled');
    await until(() => store.list().some(({ name, packets }) => name === 'stalled' && packets > 0), 'packets');
    const { id } = store.list().find(({ name }) => name === 'stalled')!;
    await store.stop(id);
    expect((await stalled).error).toContain('stopped');
    expect(balanced(store.folder(id))).toBeGreaterThan(5000);
  });

  test('a damaged stream is answered although its rest never comes', async () => {
    const { store } = await open();
    const bytes = pcapOf(datagrams(100));
    bytes.fill(0xff, 2000);
    const record = await store.importStream(stalling(bytes), 'damaged');
    expect(record.error).toBeDefined();
    expect(record.packets).toBeGreaterThan(10);
  });
});

async function* chunks(bytes: Buffer, size = bytes.length, broken?: Error): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  if (broken !== undefined) throw broken;
}

async function* stalling(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
  await new Promise(() => undefined);
}

describe('delete', () => {
  test('a running capture is stopped and goes with its files', async () => {
    const { path, store } = await open();
    const { id } = await store.start(live);
    await store.delete(id);
    expect(readdirSync(join(path, 'captures'))).toEqual([]);
    expect((await refusal(store.stop(id))).message).toContain('no capture');
  });

  test('while it is asked, exported and deleted by somebody else', async () => {
    const { path, store, queries } = await open();
    const { id } = await importPackets(store, datagrams(60_000));
    const answers = [
      queries.count(id, 'frame contains "..."'),
      queries.packets(id, { filter: 'ip.ttl == 63' }),
      exported(queries, id, { format: 'json' }),
      exported(queries, id, { format: 'pcapng', filter: 'frame contains "zz"' }),
    ];
    await pause(30);
    await Promise.all([store.delete(id), store.delete(id)]);
    // Either answered from what is still open, or refused in words: nothing hangs, nothing crashes.
    const outcomes = await Promise.allSettled(answers);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect((outcome.reason as Error).message).not.toBe('');
    expect(readdirSync(join(path, 'captures'))).toEqual([]);
    await expect(queries.count(id, undefined)).rejects.toThrow('no capture');
    const { id: other } = await importPackets(store, datagrams(10));
    expect(await queries.count(other, undefined)).toBe(10);
  });
});

describe('the index of a stopped capture', () => {
  const packets = datagrams(30_000, 500);

  async function imported(): Promise<Opened & { id: string; folder: string; tables: ReturnType<typeof tablesOf> }> {
    const one = await open();
    const { id } = await importPackets(one.store, packets);
    const folder = one.store.folder(id);
    return { ...one, id, folder, tables: tablesOf(folder) };
  }

  test('built again it is the same', async () => {
    const { store, queries, id, folder, tables } = await imported();
    expect(tables['packets']).toHaveLength(30_000);
    expect(tables['indexes']).toEqual([]);
    const before = { ...store.get(id) };
    // A question keeps the old one open.
    await queries.count(id, undefined);
    expect(await store.reindex(id)).toEqual(before);
    expect(tablesOf(folder)).toEqual(tables);
    expect(await queries.count(id, 'udp.port == 9')).toBe(30_000);
  });

  test('several at once build it once; a running capture is not indexed again', async () => {
    const { store, id, folder, tables } = await imported();
    await Promise.all([store.reindex(id), store.reindex(id), store.reindex(id)]);
    expect(tablesOf(folder)).toEqual(tables);
    const running = await store.start(live);
    expect((await refusal(store.reindex(running.id))).code).toBe('unsupported');
  });

  test.each<[string, (file: string) => void]>([
    ['missing', (file) => rmSync(file)],
    ['empty', (file) => truncateSync(file, 0)],
    ['text', (file) => writeFileSync(file, 'no database at all, but long enough'.repeat(500))],
    ['cut', (file) => truncateSync(file, Math.floor(statSync(file).size / 3))],
    ['of another version', (file) => change(file, (db) => db.pragma('user_version = 99'))],
    [
      'of other decoders',
      (file) => change(file, (db) => db.exec("UPDATE meta SET value = 'x' WHERE name = 'decoders'")),
    ],
    ['without a table', (file) => change(file, (db) => db.exec('DROP TABLE meta'))],
    ['overwritten at random', (file) => scribble(file)],
  ])('%s, it is built again when it is asked', async (_what, spoil) => {
    const { path, store, close, id, folder, tables } = await imported();
    await close();
    spoil(indexPath(folder));
    const again = await open(path);
    const pages = await Promise.all([
      again.queries.packets(id, { filter: 'udp.srcport == 20001', limit: 5 }),
      again.queries.count(id, 'ip.len > 10'),
      exported(again.queries, id, { format: 'pcapng' }),
    ]);
    expect(pages[0].packets).toHaveLength(5);
    expect(pages[1]).toBe(30_000);
    expect(tablesOf(folder)).toEqual(tables);
    expect(store).toBeDefined();
  });
});

function change(file: string, how: (db: Database.Database) => void): void {
  const db = new Database(file);
  how(db);
  db.close();
}

/** Every page but the first, so that it is still a database. */
function scribble(file: string): void {
  const bytes = readFileSync(file);
  for (let at = 4096; at < bytes.length; at += 512) bytes.fill(0xa5, at, at + 64);
  writeFileSync(file, bytes);
}

describe('what lies beside the packets', () => {
  test('a record that cannot be read does not cost the packets', async () => {
    for (const torn of ['', '{"id": "x", "na', 'null', '{}']) {
      const { path, store, close } = await openStore();
      const { id } = await importPackets(store, datagrams(50));
      await close();
      writeFileSync(join(path, 'captures', id, 'capture.json'), torn);
      const again = await open(path);
      const record = again.store.get(id);
      expect(record).toMatchObject({ id, state: 'stopped', packets: 50, interfaces: [{ id: 0, linkType: 1 }] });
      expect(record?.warnings.join()).toContain('capture.json');
      expect(await again.queries.count(id, undefined)).toBe(50);
    }
  });

  test('a torn mark is lost, and takes no other with it', async () => {
    const { store, queries } = await open();
    const { id } = await importPackets(store, datagrams(50));
    const file = join(store.folder(id), 'marks.jsonl');
    store.mark(id, 'one', START);
    appendFileSync(file, '{"text":"torn');
    expect(readMarks(store.folder(id)).map(({ text }) => text)).toEqual(['one']);
    expect(store.mark(id, 'two', START + 15_000n).id).toBe(2);
    appendFileSync(file, 'spoilt\n');
    store.mark(id, 'three', START - 5n);
    expect(readMarks(store.folder(id)).map(({ id: number, text }) => [number, text])).toEqual([
      [4, 'three'],
      [1, 'one'],
      [2, 'two'],
    ]);
    const { packets } = await queries.packets(id, { limit: 3 });
    expect(packets.map(({ comments }) => comments)).toEqual([['three', 'one'], undefined, ['two']]);
  });
});

test('a record of a packet without addresses, and one of an empty file', async () => {
  const { store, queries } = await open();
  const file = join(temporaryFolder(), 'empty.pcap');
  writeFileSync(file, pcapOf([]));
  const empty = await store.importFile(file);
  expect(empty).toMatchObject({ packets: 0, firstTime: null, state: 'stopped' });
  expect(await queries.packets(empty.id, {})).toMatchObject({ packets: [], next: null, matches: { count: 0 } });
  expect(await queries.flows(empty.id, {})).toEqual({ flows: [], next: null });
  expect(await queries.packet(empty.id, 1)).toBeNull();
  expect(existsSync(segmentPath(store.folder(empty.id), listSegments(store.folder(empty.id))[0]))).toBe(true);
  const short = await importPackets(store, [{ time: START, data: ipFrame({}).subarray(0, 5) }]);
  expect((await queries.packets(short.id, {})).packets[0]).toMatchObject({ number: 1, capturedLength: 5 });
});
