/** A full disk stops what writes to it, in words, and costs nothing that was there. */

import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listSegments, segmentPath } from '../../captures/segments/segment-files.js';
import type { CaptureError } from '../../captures/sources/source.js';
import { until } from '../support/live-capture.js';
import { datagrams, pcapOf, removeFolders, temporaryFolder, tsharkCount } from '../support/packets.js';
import { balanced, importPackets, type Opened, openStore } from '../support/stores.js';

const permitted = process.platform === 'linux' && process.getuid?.() === 0;
afterAll(removeFolders);

(permitted ? describe : describe.skip)('a data folder of 6 MiB', () => {
  let path: string;
  let one: Opened;
  beforeEach(async () => {
    path = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', path]);
    one = await openStore(path);
  });
  afterEach(async () => {
    await one.close();
    execFileSync('umount', [path]);
  });

  const big = (): string => {
    const file = join(temporaryFolder(), 'big.pcap');
    writeFileSync(file, pcapOf(datagrams(60_000, 7, 100)));
    return file;
  };

  test('an import keeps what fitted, says why it ended, and can be indexed once there is room', async () => {
    const { store } = one;
    const small = await importPackets(store, datagrams(2000));
    const record = await store.importFile(big());
    expect(record.error).toMatch(/disk is full/);
    expect(record.stoppedAt).not.toBeNull();
    expect(balanced(store.folder(small.id))).toBe(2000);
    const folder = store.folder(record.id);
    const packets = listSegments(folder).reduce((sum, id) => sum + tsharkCount(segmentPath(folder, id)), 0);
    expect(packets).toBeGreaterThan(5000);
    await store.delete(small.id);
    execFileSync('mount', ['-o', 'remount,size=30m', path]);
    expect((await store.reindex(record.id)).packets).toBe(packets);
    expect(balanced(folder)).toBe(packets);
    expect(await one.queries.count(record.id, undefined)).toBe(packets);
    expect(store.get(record.id)?.indexError).toBeUndefined();
  });

  test('with no room at all nothing is begun, and nothing is left behind', async () => {
    const { store } = one;
    const small = await importPackets(store, datagrams(2000));
    const filler = join(path, 'filler');
    try {
      writeFileSync(filler, Buffer.alloc(8 << 20));
    } catch {
      // That is the idea.
    }
    for (const begin of [() => store.importFile(big()), () => store.start({ engine: 'native', interfaces: ['lo'] })]) {
      const error = await begin().then(
        () => undefined,
        (refused: CaptureError) => refused,
      );
      expect(error?.code).toBe('io');
      expect(error?.message).toMatch(/ENOSPC|disk is full/);
    }
    expect(store.list().map(({ id }) => id)).toEqual([small.id]);
    expect(() => store.rename(small.id, { name: 'x' })).toThrow(/could not be stored/);
    expect(store.get(small.id)?.name).toBe('packets.pcap');
    expect(await one.queries.count(small.id, 'udp')).toBe(2000);
    rmSync(filler);
    expect((await importPackets(store, datagrams(100))).packets).toBe(100);
    expect(store.rename(small.id, { name: 'x' }).name).toBe('x');
  });

  test('a live capture fails in words, and the next start of netglass finds it whole', async () => {
    const { store, close } = one;
    const port = 30_000 + (process.pid % 10_000);
    const { id } = await store.start({ engine: 'native', interfaces: ['lo'], captureFilter: `udp port ${port}` });
    const socket = createSocket('udp4');
    socket.on('error', () => undefined);
    const payload = Buffer.alloc(8000);
    const timer = setInterval(() => {
      for (let i = 0; i < 40; i++) socket.send(payload, port, '127.0.0.1');
    }, 5);
    await until(() => store.get(id)?.stoppedAt !== null, 'the disk to be full', 20_000);
    clearInterval(timer);
    socket.close();
    expect(store.get(id)).toMatchObject({ state: 'failed', error: expect.stringMatching(/disk is full/) });
    const folder = store.folder(id);
    const packets = listSegments(folder).reduce((sum, segment) => sum + tsharkCount(segmentPath(folder, segment)), 0);
    expect(packets).toBeGreaterThan(300);
    await close();
    execFileSync('mount', ['-o', 'remount,size=30m', path]);
    one = await openStore(path);
    expect((await one.store.reindex(id)).packets).toBe(packets);
    expect(balanced(folder)).toBe(packets);
  });
});
