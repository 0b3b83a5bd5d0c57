/** The main thread's side of the query threads: every question is answered without holding up the event loop. */

import type { PacketTree } from '../../../decoders/core/index.js';
import type { CheckResult, Completion } from '../../../decoders/filter/index.js';
import type { CaptureStore } from '../../store/capture-store.js';
import type { Check, CheckReport } from '../checks.js';
import type { FieldReference, LoosePacket } from '../filters/filter-language.js';
import { Triggers } from '../filters/triggers.js';
import type { NamesAnswer } from '../names/names.js';
import type {
  ExportQuery,
  FlowInfo,
  FlowPage,
  FlowQuery,
  FollowQuery,
  PacketDetail,
  PacketPage,
  PacketQuery,
  SequencePage,
  SequenceQuery,
  StreamPage,
  StreamQuery,
} from '../query-types.js';
import type { StatisticsAnswer, StatisticsQuery } from '../statistics/index.js';
import { QueryPool } from './query-pool.js';

export class QueryService {
  private readonly pool: QueryPool;

  constructor(store: CaptureStore) {
    this.pool = new QueryPool(store);
    new Triggers(store, (id, filter) => this.pool.ask(id, 'first', filter));
  }

  /** Starts the query thread before somebody asks: loading the decoders takes it a tenth of a second. */
  warm(): void {
    this.pool.warm();
  }

  /** @throws FilterError for a wrong filter, CaptureError `bad-option` for an unknown field */
  packets(id: string, query: PacketQuery): Promise<PacketPage> {
    return this.pool.ask(id, 'packets', query);
  }

  /** Resolves to null when there is no such packet (any more). */
  packet(id: string, number: number): Promise<PacketDetail | null> {
    return this.pool.ask(id, 'packet', number);
  }

  count(id: string, filter: string | undefined): Promise<number> {
    return this.pool.ask(id, 'count', filter);
  }

  flows(id: string, query: FlowQuery): Promise<FlowPage> {
    return this.pool.ask(id, 'flows', query);
  }

  flow(id: string, flow: number): Promise<FlowInfo | null> {
    return this.pool.ask(id, 'flow', flow);
  }

  /** A page of what the two ends of a flow said. @throws CaptureError `no-such-flow`, `bad-option` for one without a stream */
  stream(id: string, query: StreamQuery): Promise<StreamPage> {
    return this.pool.ask(id, 'stream', query);
  }

  /** A page of a ladder. @throws CaptureError `no-such-flow`, FilterError */
  sequence(id: string, query: SequenceQuery): Promise<SequencePage> {
    return this.pool.ask(id, 'sequence', query);
  }

  /** The stream as a file or as events, piece by piece, as for `export`. @throws CaptureError before the first piece */
  follow(id: string, query: FollowQuery): AsyncGenerator<Uint8Array, void, undefined> {
    return this.pool.stream(id, query);
  }

  /** Host names from the capture's own DNS answers; of these addresses, or of all. */
  hostNames(id: string, addresses: readonly string[] | undefined): Promise<NamesAnswer> {
    return this.pool.ask(id, 'hostNames', addresses);
  }

  /** Judges expectations about a capture. @throws FilterError for a wrong filter among them */
  checks(id: string, checks: readonly Check[]): Promise<CheckReport> {
    return this.pool.ask(id, 'checks', checks);
  }

  /** @throws FilterError, CaptureError `bad-option` for a timeline of too many buckets */
  statistics(id: string, query: StatisticsQuery): Promise<StatisticsAnswer> {
    return this.pool.ask(id, 'statistics', query);
  }

  /**
   * A file, piece by piece; a piece may be read until the next one is asked for. Stops producing when nobody takes the
   * pieces; `return()` ends it early.
   *
   * @throws CaptureError `unsupported` for a pcap of several link types, before the first piece
   */
  export(id: string, query: ExportQuery): AsyncGenerator<Uint8Array, void, undefined> {
    return this.pool.stream(id, query);
  }

  /** Every field and protocol that a display filter can name and that begins with `prefix`. */
  fieldReference(prefix: string): Promise<FieldReference> {
    return this.pool.askLanguage('reference', prefix);
  }

  /** Whether a text is a display filter. */
  checkFilter(filter: string): Promise<CheckResult> {
    return this.pool.askLanguage('check', filter);
  }

  /** The trees of some packets that are in no capture. */
  decode(packets: readonly LoosePacket[]): Promise<PacketTree[]> {
    return packets.length === 0 ? Promise.resolve([]) : this.pool.askLanguage('decode', packets);
  }

  /** What could come next in an unfinished display filter: at most `limit`, the likeliest first. */
  completeFilter(prefix: string, limit: number): Promise<Completion[]> {
    return this.pool.askLanguage('complete', { prefix, limit });
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}
