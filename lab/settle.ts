/** Waiting for packets that have come by. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureStore } from '../captures/store/capture-store.js';
import { calls } from './calls.js';

/** Milliseconds after which packets that were captured are surely in a block, and the longest that they are waited for. */
const BLOCK = 120;
const LONGEST_SETTLING = 2000;

/** Waits until a capture has indexed what has come by. */
export async function settle(store: CaptureStore, id: string): Promise<void> {
  const asked = calls().now();
  let before = -1;
  await sleep(BLOCK);
  for (const end = performance.now() + LONGEST_SETTLING; performance.now() < end; await sleep(60)) {
    const record = store.get(id);
    if (record === undefined || record.packets === before) return;
    // Where other programs are busy there is no silence, but what came before this is there.
    if (record.lastTime !== null && BigInt(record.lastTime) > asked) return;
    before = record.packets;
  }
}
