/** What this project needs of its test runner: ES modules, native modules, worker threads and typed arrays. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';

describe('the test runner', () => {
  test('loads a native module, and buffers go through it', () => {
    const database = new Database(':memory:');
    const bytes = new Uint8Array([0, 1, 254, 255]);
    database.exec('CREATE TABLE packets (number INTEGER PRIMARY KEY, bytes BLOB) STRICT');
    database.prepare('INSERT INTO packets VALUES (?, ?)').run(2 ** 40, bytes);
    const row = database.prepare('SELECT number, bytes FROM packets').get() as { number: number; bytes: Uint8Array };
    database.close();
    expect(row.number).toBe(2 ** 40);
    expect(row.bytes).toBeInstanceOf(Uint8Array);
    expect([...row.bytes]).toEqual([...bytes]);
  });

  test('starts worker threads, which share memory with the test', async () => {
    const shared = new SharedArrayBuffer(16);
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      new BigInt64Array(workerData)[1] = 42n;
      parentPort.postMessage(new Float64Array([1.5]));`;
    const worker = new Worker(source, { eval: true, workerData: shared });
    const [message] = (await once(worker, 'message')) as [Float64Array];
    await worker.terminate();
    expect(new BigInt64Array(shared)[1]).toBe(42n);
    expect(message[0]).toBe(1.5);
  });

  test('knows where an ES module is', () => {
    expect(import.meta.url).toMatch(/^file:.*\/dist\/test\/setup-runtime\.test\.js$/);
  });
});
