/** Sending by the service: in the background, so that any time that it takes is followed, and Ctrl-C stops it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureError } from '../../captures/sources/source.js';
import type { Client } from '../client.js';
import { untilInterrupted } from './room.js';

/** Milliseconds between two looks at how far it is. */
const LOOK = [20, 50, 100, 200, 500];

interface Job<R> {
  readonly id: string;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly sent: number;
  readonly report?: R;
  readonly error?: { readonly detail: string; readonly hint?: string };
}

/**
 * Begins what the path stands for, and follows it to its end.
 *
 * @throws CaptureError in the service's own words
 */
export async function byService<R>(client: Client, path: string, body: unknown): Promise<R> {
  const { signal, done } = untilInterrupted();
  try {
    let job = await client.exchange<Job<R>>('POST', path, body);
    const own = `/api/send/${job.id}`;
    for (let look = 0; job.state === 'running'; look++) {
      await sleep(LOOK[Math.min(look, LOOK.length - 1)], undefined, { signal }).catch(() => undefined);
      job = signal.aborted
        ? await client.exchange<Job<R>>('POST', `${own}/stop`)
        : await client.exchange<Job<R>>('GET', own);
    }
    if (job.report !== undefined) return job.report;
    throw new CaptureError('io', job.error?.detail ?? 'The service says nothing of what came of it.', job.error?.hint);
  } finally {
    done();
  }
}
