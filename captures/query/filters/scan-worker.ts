/** The second thread of a long scan: looks at its part of the conversations, and tells step by step what it has found. */

import { type MessagePort, parentPort } from 'node:worker_threads';
import { CaptureReader } from '../capture-reader.js';
import { FilterRun } from './filter-run.js';
import { AHEAD, CANCELLED, PROGRESS, type ScanJob, type ScanMessage } from './scan-helper.js';

const main = parentPort as MessagePort;
/** Milliseconds after which it looks itself whether it may go on. */
const LOOK = 1000;

const tell = (message: ScanMessage, transfer: ArrayBuffer[] = []): void => main.postMessage(message, transfer);

function scan({ id, folder, filter, from, to, after, theirs, state }: ScanJob): void {
  let reader: CaptureReader | undefined;
  try {
    reader = new CaptureReader(folder);
    const run = new FilterRun(reader, filter);
    run.divide({ part: 1, theirs });
    for (const { numbers, scannedTo } of run.numbers(from, to)) {
      if (run.sawFragment) {
        tell({ type: 'failed', id });
        return;
      }
      const found = Uint32Array.from(numbers.filter((number) => number > after));
      tell({ type: 'step', id, numbers: found, scannedTo }, [found.buffer]);
      for (;;) {
        if (Atomics.load(state, CANCELLED) !== 0) return;
        const progress = Atomics.load(state, PROGRESS);
        if (scannedTo <= progress + AHEAD) break;
        Atomics.wait(state, PROGRESS, progress, LOOK);
      }
    }
    // The ring may have let the last ones go meanwhile.
    tell({ type: 'step', id, numbers: new Uint32Array(0), scannedTo: to });
  } catch {
    // Whatever it is, the query thread meets it as well, and says it to who asked.
    tell({ type: 'failed', id });
  } finally {
    reader?.close();
  }
}

main.on('message', scan);
tell({ type: 'ready' });
