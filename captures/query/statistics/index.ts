/** The statistics of one capture, each under any filter. */

import type { CaptureReader } from '../capture-reader.js';
import type { ResultSet } from '../filters/result-set.js';
import { flowSums, flowsTell } from './flow-sums.js';
import { LayerScan } from './layer-scan.js';
import type { ConversationRow, EndpointRow, PairType } from './pairs.js';
import { Statistic, type Tally } from './statistic.js';
import { type Timeline, timeline } from './timeline.js';
import { type Finding, type ProtocolNode, TreeScan } from './tree-scan.js';

export type { ConversationRow, EndpointRow, PairType, ProtocolNode };

export type StatisticsQuery = {
  readonly filter?: string;
  /** Seconds that the answer may take; what was counted until then is the answer. */
  readonly wait?: number;
} & (
  | { readonly kind: 'protocols' | 'problems' }
  | { readonly kind: 'conversations' | 'endpoints'; readonly type: PairType }
  | { readonly kind: 'timeline'; readonly interval?: number }
);

/** How far the count has come. */
export interface Progress {
  /** Whether every packet of the capture has been looked at. */
  readonly complete: boolean;
  /** Number of the last packet that was. */
  readonly scannedTo: number;
}

export type StatisticsAnswer = Progress & {
  readonly protocols?: ProtocolNode[];
  readonly problems?: Finding[];
  readonly conversations?: ConversationRow[];
  readonly endpoints?: EndpointRow[];
  /** Packets of pairs beyond the 500,000 that are kept. */
  readonly omitted?: number;
} & Partial<Timeline>;

/** Statistics that are kept to go on from; the one unused longest goes first. */
const KEPT = 8;

export class Statistics {
  private readonly kept = new Map<string, Statistic>();
  private clock = 0;

  constructor(
    private readonly reader: CaptureReader,
    private readonly pause: () => Promise<void>,
    /** A filter's matches, looked for until `enough` says so. */
    private readonly matchesOf: (filter: string, enough: () => boolean) => Promise<ResultSet>,
  ) {}

  async answer(query: StatisticsQuery): Promise<StatisticsAnswer> {
    const { reader } = this;
    const filter = query.filter?.trim() ?? '';
    const deadline = performance.now() + (query.wait ?? Number.POSITIVE_INFINITY) * 1000;
    const late = (): boolean => performance.now() > deadline;
    const last = reader.lastNumber;
    const matches = filter === '' ? undefined : await this.matchesOf(filter, late);
    if (query.kind === 'timeline') {
      const found = await timeline(reader, query.interval, matches, this.pause);
      const scannedTo = matches === undefined ? last : Math.min(last, matches.scannedTo);
      return { ...found, complete: scannedTo >= last, scannedTo };
    }
    if ((query.kind === 'conversations' || query.kind === 'endpoints') && matches === undefined)
      if (flowsTell(reader, query.type))
        return { ...flowSums(reader, query.type, query.kind), complete: true, scannedTo: last };
    const statistic = this.statistic(query, filter);
    while (statistic.scannedTo < last && !late()) {
      const before = statistic.scannedTo;
      statistic.step(matches);
      // Matches that are not all known yet, or a segment that a ring has deleted.
      if (statistic.scannedTo === before) break;
      await this.pause();
    }
    // Others may have taken its place meanwhile.
    if (![...this.kept.values()].includes(statistic)) statistic.end();
    const { scannedTo } = statistic;
    return { ...statistic.tally.result(), complete: scannedTo >= last, scannedTo };
  }

  /** What was counted is counted anew: secrets were given, and packets say more than before. */
  forget(): void {
    this.close();
    this.kept.clear();
  }

  /** Closes what is open; what was counted stays. */
  close(): void {
    for (const statistic of this.kept.values()) statistic.end();
  }

  private statistic(query: StatisticsQuery, filter: string): Statistic {
    const name = `${'type' in query ? `${query.kind} ${query.type}` : 'tree'} ${filter}`;
    let found = this.kept.get(name);
    if (found === undefined || found.outdated) {
      found?.end();
      found = new Statistic(this.reader, this.tally(query));
      this.kept.set(name, found);
    }
    found.usedAt = ++this.clock;
    if (this.kept.size > KEPT) {
      const [oldest] = [...this.kept].sort((a, b) => a[1].usedAt - b[1].usedAt);
      oldest[1].end();
      this.kept.delete(oldest[0]);
    }
    return found;
  }

  private tally(query: StatisticsQuery): Tally {
    return query.kind === 'conversations' || query.kind === 'endpoints'
      ? new LayerScan(this.reader, query.type, query.kind)
      : new TreeScan(this.reader);
  }
}
