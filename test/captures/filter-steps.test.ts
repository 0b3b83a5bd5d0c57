/** Matches found by columns, however many packets a step looks at and whether or not an index finds their flows. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { indexPath } from '../../captures/segments/segment-files.js';
import { until } from '../support/live-capture.js';
import { datagrams, removeFolders } from '../support/packets.js';
import { importPackets, type Opened, openStore } from '../support/stores.js';

/** More than an index on flows is thought to be worth. */
const PACKETS = 210_000;
const FLOWS = 100;

let one: Opened;
let id: string;
beforeAll(async () => {
  one = await openStore();
  ({ id } = await importPackets(one.store, datagrams(PACKETS, FLOWS, 4)));
}, 60_000);
afterAll(async () => {
  await one.close();
  removeFolders();
});

const hasFlowIndex = () => {
  const db = new Database(indexPath(one.store.folder(id)), { readonly: true });
  try {
    return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'packets_flow'").get() !== undefined;
  } finally {
    db.close();
  }
};

/** One flow of them: its packets are every hundredth. */
const RARE = 'udp.port == 20007';
const rare = Array.from({ length: PACKETS / FLOWS }, (_none, index) => index * FLOWS + 8);

async function allOf(filter: string): Promise<number[]> {
  const numbers: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page = await one.queries.packets(id, { filter, after, limit: 1000 });
    numbers.push(...page.packets.map(({ number }) => number));
    after = page.next;
  }
  return numbers;
}

test('of a filter that many flows meet, and of one that few meet, before and after there is an index on flows', async () => {
  expect(await allOf(RARE)).toEqual(rare);
  await until(hasFlowIndex, 'an index on flows');
  // Another text, so that it is looked for anew.
  expect(await allOf(`${RARE} && udp`)).toEqual(rare);
  expect(await one.queries.count(id, `${RARE} && ip`)).toBe(rare.length);
  expect(await one.queries.count(id, 'udp.port == 9')).toBe(PACKETS);
  expect(await one.queries.count(id, `!(${RARE})`)).toBe(PACKETS - rare.length);
  expect(await one.queries.count(id, `udp.port == 1 || frame.number <= 12345`)).toBe(12345);
}, 60_000);
