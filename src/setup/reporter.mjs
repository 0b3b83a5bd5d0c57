/** A Jest reporter: says what was skipped and why, and leaves the counts for `npm test`. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './project.mjs';

/** The environment variable with the name of the file that the counts go to. */
export const RESULTS_FILE = 'NETGLASS_TEST_RESULTS';

/**
 * Tests that need root say so in their title: "(needs root)".
 * @param {string} title
 */
const reason = (title) => /\((needs [^)]+)\)/.exec(title)?.[1] ?? 'skipped in the test itself';

/** One line for every reason and file. */
function skippedLines(testResults) {
  const groups = new Map();
  for (const { testFilePath, testResults: tests } of testResults) {
    for (const test of tests.filter(({ status }) => status === 'pending' || status === 'todo')) {
      const key = `${relative(root, testFilePath)}: ${reason(test.fullName)}`;
      groups.set(key, (groups.get(key) ?? 0) + 1);
    }
  }
  return [...groups].map(([key, count]) => `skipped ${count} in ${key}`);
}

export default class SummaryReporter {
  /** @param {unknown} _contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(_contexts, results) {
    for (const line of skippedLines(results.testResults)) process.stderr.write(`${line}\n`);
    const file = process.env[RESULTS_FILE];
    if (file === undefined) return;
    const counts = {
      passed: results.numPassedTests,
      // A file that could not even be loaded has no tests to count, and is a failure all the same.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    writeFileSync(file, JSON.stringify(counts));
  }
}
