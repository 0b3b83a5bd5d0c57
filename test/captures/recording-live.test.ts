/** A running capture's threads: what they leave behind, how often they wake, and when the log is on the disk. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Indexer } from '../../captures/recording/indexing.js';
import { pause, until } from '../support/live-capture.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';
import { balance, openStore } from '../support/stores.js';

const CHILD = fileURLToPath(new URL('../support/crash-child.js', import.meta.url));
const PORT = 20_000 + (process.pid % 10_000);
const permitted = process.platform === 'linux' && process.getuid?.() === 0;
const traced = permitted && spawnSync('strace', ['-V']).status === 0;
afterAll(removeFolders);

const live = { engine: 'native', interfaces: ['lo'], captureFilter: `udp port ${PORT}` } as const;
const descriptors = () => readdirSync('/proc/self/fd').length;

(permitted ? describe : describe.skip)('threads', () => {
  test('captures that came and went, and those that were refused, leave no thread and no file open', async () => {
    const { store, close } = await openStore();
    const run = async () => {
      await store.delete((await store.start(live)).id);
      await store.start({ ...live, interfaces: ['nonesuch'] }).catch(() => undefined);
      await store.start({ ...live, captureFilter: 'no filter' }).catch(() => undefined);
    };
    await run();
    const before = [descriptors(), readdirSync('/proc/self/task').length];
    for (let i = 0; i < 5; i++) await run();
    await until(
      () => descriptors() <= before[0] && readdirSync('/proc/self/task').length <= before[1] + 1,
      String(before),
    );
    await close();
  }, 60_000);

  test('a capture without traffic wakes a few times a second, not more', async () => {
    const { store, close } = await openStore();
    await store.start(live);
    await pause(1000);
    const ticks = () => process.cpuUsage();
    const before = ticks();
    let progress = 0;
    store.on('progress', () => progress++);
    await pause(3000);
    const { user, system } = process.cpuUsage(before);
    expect(progress).toBeLessThanOrEqual(8);
    expect((user + system) / 3e6).toBeLessThan(0.1);
    await close();
  });

  test('a ring in a flood: what is left agrees, numbers go on, memory and disk stay bounded', async () => {
    const { store, queries, close } = await openStore();
    const { id } = await store.start({ ...live, ring: { bytes: 16 << 20 } });
    const flood = spawn(process.execPath, [CHILD, 'flood', String(PORT)], { stdio: 'ignore' });
    process.once('exit', () => flood.kill('SIGKILL'));
    await until(() => store.get(id)!.firstPacket > 5000, 'the ring to turn', 20_000);
    // The oldest packets go while they are asked for: a page may lack some, or all, but is never wrong.
    expect(await queries.count(id, 'udp')).toBeGreaterThan(0);
    const { packets } = await queries.packets(id, { filter: 'udp', limit: 10 });
    for (const { destinationPort, sourcePort } of packets) expect([destinationPort, sourcePort]).toContain(PORT);
    flood.kill('SIGKILL');
    await once(flood, 'exit');
    const record = await store.stop(id);
    const folder = store.folder(id);
    expect(readdirSync(folder).filter((name) => name.endsWith('.pcapng')).length).toBeLessThanOrEqual(12);
    const found = balance(folder);
    expect(found).toMatchObject({ index: found.log, numbers: '1' });
    expect(record.packets - record.firstPacket + 1).toBe(found.log);
    expect(await queries.count(id, 'udp')).toBe(found.log);
    expect((await queries.packets(id, { filter: 'udp', limit: 1 })).packets[0].number).toBe(record.firstPacket);
    const before = { ...record };
    expect(await store.reindex(id)).toEqual(before);
    expect(JSON.parse(readFileSync(join(folder, 'capture.json'), 'utf8')).firstPacket).toBe(record.firstPacket);
    await close();
  }, 60_000);
});

(traced ? test : test.skip)(
  'the log is brought to the disk at least once a second',
  async () => {
    const trace = join(temporaryFolder(), 'trace');
    const child = spawn('strace', [
      ...['-f', '-y', '-e', 'trace=fsync,fdatasync', '-o', trace],
      ...[process.execPath, CHILD, 'capture', temporaryFolder(), String(PORT), '0'],
    ]);
    await once(child.stdout, 'data');
    const flood = spawn(process.execPath, [CHILD, 'flood', String(PORT)], { stdio: 'ignore' });
    await pause(3500);
    flood.kill('SIGKILL');
    const killed = once(child, 'exit');
    spawnSync('pkill', ['-KILL', '-P', String(child.pid)]);
    await killed;
    const syncs = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /fdatasync\(.*000001\.pcapng/.test(line));
    expect(syncs.length).toBeGreaterThanOrEqual(3);
  },
  60_000,
);

test('an indexer whose recorder is gone without a word indexes what is there and ends', async () => {
  const { port1, port2 } = new MessageChannel();
  let ready = false;
  const indexer = new Indexer(
    { folder: temporaryFolder(), recorder: port2 as never, past: undefined },
    {
      ready: () => {
        ready = true;
      },
      committed: () => undefined,
      failed: () => undefined,
    },
  );
  await until(() => ready, 'the indexer');
  port1.close();
  expect(await indexer.done).toBeUndefined();
});
