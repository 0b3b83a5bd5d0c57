/** Conformance with tshark over the shared corpus: no protocol may fall below what it has reached before. */
import { expect, test } from '@jest/globals';
import { belowFloor } from '../conformance/floors.js';
import { protocolTable } from '../conformance/report.js';
import { Conformance, LONGEST_MS } from '../conformance/run.js';
import { corpusFiles, hasCorpus, type Mode, oracleSheet } from '../support/corpus.js';

const modes: readonly [Mode, string][] = [
  ['pkt', 'each packet by itself'],
  ['app', 'with what spans packets put together'],
];

(hasCorpus ? test : test.skip).each(modes)(
  'fields agree with tshark over the corpus: %s, %s',
  async (mode) => {
    const conformance = new Conformance({ mode });
    for (const file of corpusFiles()) {
      const sheet = oracleSheet(file, mode);
      if (sheet !== undefined) await conformance.file(file, sheet);
    }
    const { tallies } = conformance;
    console.log(protocolTable(tallies).join('\n'));
    expect(tallies.failures).toEqual([]);
    expect(tallies.slowest.milliseconds).toBeLessThanOrEqual(LONGEST_MS);
    expect(belowFloor(mode, tallies)).toEqual([]);
  },
  180_000,
);
