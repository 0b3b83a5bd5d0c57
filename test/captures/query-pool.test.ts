/** The query thread ends when nobody asks, and starts again when somebody does. */

import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QueryPool } from '../../captures/query/thread/query-pool.js';
import { pause, until } from '../support/live-capture.js';
import { datagrams, removeFolders } from '../support/packets.js';
import { importPackets, type Opened, openStore } from '../support/stores.js';

let one: Opened;
let id: string;
beforeAll(async () => {
  one = await openStore();
  ({ id } = await importPackets(one.store, datagrams(10)));
});
afterAll(async () => {
  await one.close();
  removeFolders();
});

const threads = () => readdirSync('/proc/self/task').length;

test('one that was only warmed ends, and the next question starts another', async () => {
  const without = threads();
  const pool = new QueryPool(one.store, 300, 100_000);
  pool.warm();
  await until(() => threads() > without, 'the query thread');
  await until(() => threads() <= without, 'the end of the query thread');
  expect(await pool.ask(id, 'count', 'udp')).toBe(10);
  await pause(600);
  // Asked once, it stays for longer.
  expect(threads()).toBeGreaterThan(without);
  await pool.close();
});

test('one that was asked ends after its silence, and answers again', async () => {
  const without = threads();
  const pool = new QueryPool(one.store, 300, 300);
  expect(await pool.ask(id, 'count', 'udp')).toBe(10);
  await until(() => threads() <= without, 'the end of the query thread');
  expect(await Promise.all([pool.ask(id, 'count', 'udp'), pool.ask(id, 'count', 'tcp')])).toEqual([10, 0]);
  await pool.close();
});
