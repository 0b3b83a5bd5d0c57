/**
 * Statistics of real captures beside `tshark -z`. Not compared, because they are other questions: protocols that only
 * tshark knows (and then what is `data` here), its tree items that are no protocols (`tcp.segments`, `_ws.malformed`,
 * media types), and that it counts every further message of a packet as a layer of its own.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConversationRow, EndpointRow, ProtocolNode } from '../../captures/query/statistics/index.js';
import { CaptureError } from '../../captures/sources/source.js';
import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusPath, hasCorpus } from '../support/corpus.js';
import { removeFolders } from '../support/packets.js';
import { type Opened, openStore } from '../support/stores.js';
import { PAIR_TYPES, printedBytes, type TsharkStatistics, tsharkStatistics } from '../support/tshark-statistics.js';

/** Every so many files of the corpus. */
const STRIDE = 25;
/**
 * Least shares of equal rows. What differs: fragments, which tshark counts where the datagram is complete; headers that
 * are cut; packets with lengths near 2^32, which tshark adds up with a sign.
 */
const FLOORS = { protocols: 0.93, conversations: 0.97, endpoints: 0.96 };

class Share {
  equal = 0;
  all = 0;
  readonly differences: string[] = [];

  compare(file: string, ours: readonly string[], theirs: readonly string[]): void {
    const left = new Map<string, number>();
    for (const row of theirs) left.set(row, (left.get(row) ?? 0) + 1);
    for (const row of ours) {
      const count = left.get(row) ?? 0;
      if (count > 0) {
        left.set(row, count - 1);
        this.equal++;
      } else this.differences.push(`${file}: only here ${row}`);
    }
    for (const [row, count] of left) if (count > 0) this.differences.push(`${file}: only tshark ${row}`);
    this.all += Math.max(ours.length, theirs.length);
  }

  get value(): number {
    return this.equal / this.all;
  }
}

function comparable(row: string): boolean {
  const [path] = row.split(' ');
  const names = path.split(':');
  return names.every((name, i) => name !== 'data' && registry.idOf(name) !== 0 && name !== names[i - 1]);
}

function paths(nodes: readonly ProtocolNode[], above = ''): string[] {
  return nodes.flatMap(({ protocol, packets, bytes, children }) => [
    `${above}${protocol} ${packets} ${bytes}`,
    ...paths(children, `${above}${protocol}:`),
  ]);
}

const port = (value: number | undefined) => (value === undefined ? '' : `:${value}`);
const conversation = (row: ConversationRow) =>
  `${row.addressA}${port(row.portA)}|${row.addressB}${port(row.portB)} ${row.packetsAB} ${printedBytes(row.bytesAB)} ${row.packetsBA} ${printedBytes(row.bytesBA)}`;
const endpoint = ({ address, port: number, ...counts }: EndpointRow) =>
  [address, ...(number === undefined ? [] : [number]), ...Object.values(counts)].join(' ');

(hasCorpus ? describe : describe.skip)('statistics of the corpus', () => {
  const shares = { protocols: new Share(), conversations: new Share(), endpoints: new Share() };
  let one: Opened;

  async function compare(file: string, truth: TsharkStatistics): Promise<void> {
    let id: string;
    try {
      ({ id } = await one.store.importFile(corpusPath(file)));
    } catch (error) {
      // The corpus has files that are no captures, and formats that netglass does not read.
      if (error instanceof CaptureError && error.code === 'not-a-capture') return;
      throw error;
    }
    const { protocols = [] } = await one.queries.statistics(id, { kind: 'protocols' });
    shares.protocols.compare(file, paths(protocols).filter(comparable), truth.protocols.filter(comparable));
    for (const type of PAIR_TYPES) {
      const { conversations = [] } = await one.queries.statistics(id, { kind: 'conversations', type });
      shares.conversations.compare(`${file} ${type}`, conversations.map(conversation), truth.conversations[type]);
      const { endpoints = [] } = await one.queries.statistics(id, { kind: 'endpoints', type });
      shares.endpoints.compare(`${file} ${type}`, endpoints.map(endpoint), truth.endpoints[type]);
    }
    await one.store.delete(id);
  }

  beforeAll(async () => {
    one = await openStore();
    for (const file of corpusFiles().filter((_, index) => index % STRIDE === 0))
      await compare(file, tsharkStatistics(corpusPath(file)));
  }, 300_000);
  afterAll(async () => {
    await one.close();
    removeFolders();
  });

  test.each(Object.entries(FLOORS))('%s: at least %p of the rows are equal', (what, floor) => {
    const share = shares[what as keyof typeof shares];
    expect(share.all).toBeGreaterThan(150);
    if (share.value < floor) throw new Error(`${share.equal} of ${share.all}\n${share.differences.join('\n')}`);
  });
});
