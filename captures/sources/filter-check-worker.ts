/** Compiles capture filters in a thread of its own: a host's name in one is looked up, and that may take long. */
import { parentPort } from 'node:worker_threads';
import type { CheckAnswer, CheckQuestion } from './filter-check.js';
import { compileFilter } from './native.js';

parentPort?.on('message', ({ id, filter, linkType }: CheckQuestion) => {
  const error = compileFilter(filter, linkType);
  const answer: CheckAnswer =
    error === undefined
      ? { id }
      : { id, code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  parentPort?.postMessage(answer);
});
