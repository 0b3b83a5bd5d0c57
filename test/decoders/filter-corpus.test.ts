/** The filters of test/fixtures/filters.txt find the packets in the corpus that `tshark -Y` finds. */
import { expect, test } from '@jest/globals';
import { loadAnswers, loadFilters } from '../conformance/filter-answers.js';
import { compareFilters, filterReport } from '../conformance/filter-run.js';
import { filtersBelowFloor } from '../conformance/floors.js';
import { hasCorpus } from '../support/corpus.js';

test('there are enough filters, each once', () => {
  const texts = loadFilters().map(({ text }) => text);
  expect(texts.length).toBeGreaterThanOrEqual(300);
  expect(new Set(texts).size).toBe(texts.length);
});

(hasCorpus ? test : test.skip)(
  'filters agree with tshark over the corpus, with and without reassembly',
  async () => {
    const answers = loadAnswers();
    if (answers === undefined) throw new Error('test/fixtures/filter-answers.txt is missing');
    const findings = await compareFilters(answers);
    console.log(filterReport(findings, 0).slice(0, 2).join('\n'));
    expect(filtersBelowFloor(findings)).toEqual([]);
  },
  180_000,
);
