/** What every run of the fuzzer looks at: exceptions, time and memory. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds that a packet may take. */
export const LONGEST_MS = 50;
/** Octets that the heap may grow by in a whole run: the caches of the decoders are bounded well below this. */
export const MOST_GROWTH = 32 << 20;

/** The same for one message without end: what is kept of it (`MAXIMUM_MESSAGE`), in a buffer that doubles. */
export const MOST_GROWTH_ENDLESS = 64 << 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Octets of the heap, and of buffers outside of it, that are in use. */
export function memoryInUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A packet at which something threw, so that it can be had again. */
export function failure(what: string, bytes: Uint8Array, cause: unknown): Error {
  return new Error(`${what}: ${Buffer.from(bytes).toString('hex')}`, { cause });
}

/**
 * Milliseconds that `work` takes. The machine may have been busy elsewhere: a packet is slow only when it is slow again.
 */
export function timeOf(work: () => void): number {
  const once = (): number => {
    const before = performance.now();
    work();
    return performance.now() - before;
  };
  const took = once();
  return took > LONGEST_MS / 10 ? Math.min(took, once(), once()) : took;
}
