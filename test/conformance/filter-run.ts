/** The filters over captures, beside tshark's answers. */

import { nextBlock, nextPacket, viewOf } from '../../captures/formats/epb.js';
import { openFile } from '../../captures/sources/file.js';
import { lookUp } from '../../decoders/filter/fields.js';
import { type CompiledFilter, compileFilter, FilterError } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { Packet } from '../../src/read/packets.js';
import { corpusPath, type Mode } from '../support/corpus.js';
import { acceptedHereOnly, filterExceptions } from './exceptions.js';
import { type Answers, keyOf, loadFilters, rangesOf } from './filter-answers.js';

export interface PairDifference {
  readonly mode: Mode;
  readonly file: string;
  readonly filter: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface FilterFindings {
  filters: number;
  /** Filters with a name that is not declared here. */
  readonly notClaimed: string[];
  /** Filters that tshark takes and we do not, or the other way round without a reason. */
  readonly disputed: string[];
  pairs: number;
  /** Pairs in which either finds a packet. */
  found: number;
  readonly differences: PairDifference[];
  /** Pairs that differ for a reason that is written down; they are none of the pairs that are counted. */
  explained: number;
}

interface Compiled {
  readonly text: string;
  readonly key: string;
  readonly filter: CompiledFilter;
}

/** Words that stand where a field could: names without a dot are only protocols when they stand alone. */
function hasUnknownName(text: string): boolean {
  const words = text.replace(/r?"[^"]*"/g, '').match(/(?<![\w:./-])[a-z][\w-]*(\.[\w-]+)*(?![\w:])/gi) ?? [];
  return words.some((word) => (word.includes('.') || word === text) && lookUp(registry, word) === undefined);
}

/** Compiles what tshark was asked; says of the rest why it is not compared. */
function compileAll(answers: Answers, findings: FilterFindings): Compiled[] {
  return loadFilters().flatMap(({ text }) => {
    const key = keyOf(text);
    if (!answers.known.has(key))
      throw new Error(`tshark was not asked for ${text}: npm run conformance -- --filters --update`);
    findings.filters++;
    try {
      const filter = compileFilter(registry, text);
      if (!answers.refused.has(key)) return [{ text, key, filter }];
      if (!acceptedHereOnly.has(text)) findings.disputed.push(`${text}: tshark takes it for no filter`);
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      if (answers.refused.has(key)) return [];
      if (hasUnknownName(text)) findings.notClaimed.push(text);
      else findings.disputed.push(`${text}: ${error.message}`);
    }
    return [];
  });
}

/** Packet numbers that each filter finds, in the filters' order. */
async function matchesOf(path: string, mode: Mode, compiled: readonly Compiled[]): Promise<number[][]> {
  const found: number[][] = compiled.map(() => []);
  const whole = mode === 'app';
  const packet = new Packet(
    registry,
    new Session(registry, { defragmentIpv4: whole, defragmentIpv6: whole, desegment: whole }),
    whole,
  );
  const source = await openFile(path);
  try {
    for (let block = await source.next(); block !== null; block = await source.next()) {
      const view = viewOf(block.bytes);
      const end = block.bytes.length;
      for (let at = nextPacket(view, 0, end); at >= 0; at = nextPacket(view, nextBlock(view, at), end)) {
        packet.next(view, at, source.interfaces[view.getUint32(at + 8, true)]);
        for (let i = 0; i < compiled.length; i++)
          if (whole ? packet.matches(compiled[i].filter) : compiled[i].filter.matches(packet))
            found[i].push(packet.number);
      }
    }
  } finally {
    await source.stop();
  }
  return found;
}

/** Compares every filter with every capture that tshark was asked about. */
export async function compareFilters(answers: Answers, folder?: string): Promise<FilterFindings> {
  const findings: FilterFindings = {
    filters: 0,
    notClaimed: [],
    disputed: [],
    pairs: 0,
    found: 0,
    differences: [],
    explained: 0,
  };
  const compiled = compileAll(answers, findings);
  for (const { mode, file, found } of answers.files) {
    const matches = await matchesOf(corpusPath(file, folder), mode, compiled);
    compiled.forEach(({ text, key }, index) => {
      const ours = rangesOf(matches[index]);
      const theirs = found.get(key) ?? '';
      if (ours !== theirs && filterExceptions.has(text)) {
        findings.explained++;
        return;
      }
      findings.pairs++;
      if (ours !== '' || theirs !== '') findings.found++;
      if (ours !== theirs) findings.differences.push({ mode, file, filter: text, ours, theirs });
    });
  }
  return findings;
}

/** What was found, as text: the filters that differ most first. */
export function filterReport(findings: FilterFindings, show: number): string[] {
  const { differences, pairs, found, filters, notClaimed, disputed } = findings;
  const byFilter = new Map<string, PairDifference[]>();
  for (const difference of differences)
    byFilter.set(difference.filter, [...(byFilter.get(difference.filter) ?? []), difference]);
  const worst = [...byFilter].sort(([, a], [, b]) => b.length - a.length);
  return [
    `${filters} filters, ${filters - notClaimed.length} of them over protocols that are declared here`,
    `${pairs} pairs of filter and capture, ${found} of them with a match; ${differences.length} differ: ${((1 - differences.length / pairs) * 100).toFixed(3)} % are equal, of those with a match ${((1 - differences.length / found) * 100).toFixed(3)} %`,
    `${findings.explained} more differ as they should: ${[...filterExceptions].map(([text, reason]) => `${text} (${reason})`).join('; ')}`,
    `taken here only: ${[...acceptedHereOnly].map(([text, reason]) => `${text} (${reason})`).join('; ')}`,
    `not claimed: ${notClaimed.join(' | ')}`,
    ...disputed.map((text) => `disputed: ${text}`),
    ...worst.flatMap(([filter, list]) => [
      `${filter}: ${list.length} captures differ`,
      ...list
        .slice(0, show)
        .map(
          ({ mode, file, ours, theirs }) => `    ${mode} ${file}: ${ours || '(none)'} | tshark ${theirs || '(none)'}`,
        ),
    ]),
  ];
}
