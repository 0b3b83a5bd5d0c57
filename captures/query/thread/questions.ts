/** The questions that the query thread answers about one capture. */

import { isProgramField } from '../../../decoders/filter/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import { CaptureError } from '../../sources/source.js';
import { readMarks } from '../../store/marks.js';
import { CaptureReader, type PacketRef } from '../capture-reader.js';
import { type Check, type CheckReport, judge } from '../checks.js';
import { nameBlocks } from '../export/export-names.js';
import { FilterRun } from '../filters/filter-run.js';
import { ResultSet } from '../filters/result-set.js';
import { FlowHosts } from '../flows/flow-hosts.js';
import { flowById, flowPage } from '../flows/flows.js';
import { Sequence } from '../ladder/sequence.js';
import { HostNames } from '../names/host-names.js';
import { NameBook, type NamesAnswer } from '../names/names.js';
import { RowBuilder } from '../packet-rows.js';
import type {
  FlowInfo,
  FlowPage,
  FlowQuery,
  Matches,
  PacketDetail,
  PacketPage,
  PacketQuery,
  PacketRow,
  SequencePage,
  SequenceQuery,
  StreamPage,
  StreamQuery,
} from '../query-types.js';
import { KeptSessions } from '../sessions/kept-sessions.js';
import { Statistics, type StatisticsAnswer, type StatisticsQuery } from '../statistics/index.js';
import { StreamPages } from '../streams/stream-pages.js';

/** Octets of result sets that one capture may keep; the one unused longest goes first. */
const RESULT_BYTES = 64 << 20;
const DEFAULT_LIMIT = 100;
/** Milliseconds between two times that a growing capture is looked at again because there are new secrets. */
const LOOK_AGAIN = 2000;

/** Lets other questions have their turn. */
export type Pause = () => Promise<void>;

export class Questions {
  readonly reader: CaptureReader;
  private readonly counts: Statistics;
  private readonly hosts: HostNames;
  private readonly names: NameBook;
  private readonly servers: FlowHosts;
  private readonly streams: StreamPages;
  private readonly sessions: KeptSessions;
  private readonly ladder: Sequence;
  private readonly results = new Map<string, ResultSet>();
  /** Questions that are being answered. */
  private busy = 0;
  private retired = false;
  private clock = 0;
  private secretsAreNew = false;
  private lookedAgain = Number.NEGATIVE_INFINITY;
  private lookedAgainAt = 0;

  /** @throws IndexOutdated */
  constructor(
    private readonly folder: string,
    private readonly pause: Pause,
  ) {
    this.reader = new CaptureReader(folder);
    this.sessions = new KeptSessions(this.reader);
    this.streams = new StreamPages(this.reader, pause);
    this.ladder = new Sequence(this.reader, folder, pause, async (filter, after, limit) =>
      filter.trim() === ''
        ? this.plainRefs({ after }, limit).refs
        : (await this.filteredRefs(filter.trim(), { after }, limit)).refs,
    );
    this.servers = new FlowHosts(this.reader, pause);
    this.hosts = new HostNames(this.reader);
    this.names = new NameBook(this.hosts, pause);
    this.counts = new Statistics(this.reader, pause, async (filter, enough) => {
      const results = this.resultSet(filter);
      await this.lookUntil(results, enough);
      return results;
    });
  }

  async packets(query: PacketQuery): Promise<PacketPage> {
    checkFields(query.fields ?? []);
    const limit = query.limit ?? DEFAULT_LIMIT;
    const filter = query.filter?.trim() ?? '';
    const page =
      filter !== ''
        ? await this.filteredRefs(filter, query, limit)
        : query.flow === undefined
          ? this.plainRefs(query, limit)
          : this.flowRefs(query.flow, query, limit);
    const { refs, matches } = page;
    const rows = this.rows(refs, query.fields);
    const last = refs.at(-1)?.number;
    return { packets: rows, next: refs.length < limit || last === undefined ? null : last, matches };
  }

  packet(number: number): PacketDetail | null {
    const ref = this.reader.ref(number);
    if (ref === undefined) return null;
    const session = this.sessions.before(number, true);
    return new RowBuilder(this.reader, readMarks(this.folder), [], session).detail(ref) ?? null;
  }

  async count(filter: string | undefined): Promise<number> {
    if (filter === undefined || filter.trim() === '') return this.storedPackets();
    const results = this.resultSet(filter.trim());
    await this.lookUntil(results, () => false);
    return results.count;
  }

  async flows(query: FlowQuery): Promise<FlowPage> {
    const filter = query.filter?.trim() ?? '';
    const page = flowPage(this.reader, query, filter === '' ? undefined : await this.flowsOf(filter));
    return { ...page, flows: await this.named(page.flows) };
  }

  private async named(flows: readonly FlowInfo[]): Promise<FlowInfo[]> {
    return this.servers.nameServers(await this.names.nameFlows(flows));
  }

  /** Every address that an answer in the capture named; with `addresses`, those, and the makers of network cards. */
  hostNames(addresses: readonly string[] | undefined): Promise<NamesAnswer> {
    return this.names.answer(addresses);
  }

  /** The names that stand in front of an export: those that other questions have found already cost nothing more. */
  nameBlocks(): Promise<Uint8Array[]> {
    return nameBlocks(this.hosts, this.pause);
  }

  /** A page of what the two ends of a flow said. @throws CaptureError */
  stream(query: StreamQuery): Promise<StreamPage> {
    return this.streams.page(query);
  }

  /** A page of a ladder. @throws CaptureError, FilterError */
  async sequence(query: SequenceQuery): Promise<SequencePage> {
    const page = await this.ladder.page(query);
    const names = await this.names.namesOf(page.hosts.map(({ address }) => address));
    const named = page.hosts.map((host, index) => ({
      ...host,
      ...(names[index] === null ? {} : { name: names[index] }),
    }));
    return { ...page, hosts: named };
  }

  /** The first packet that meets a filter among those that are indexed; `time` in nanoseconds since 1970. */
  async first(filter: string): Promise<{ number: number; time: string | null } | null> {
    const results = this.resultSet(filter);
    await this.lookUntil(results, () => results.count > 0);
    if (results.count === 0) return null;
    const number = results.at(0);
    const time = this.timeOf(number);
    const base = this.reader.baseTime;
    return { number, time: time === null || base === undefined ? null : (base + BigInt(time)).toString() };
  }

  /** @throws FilterError with the filter's name in its words */
  checks(checks: readonly Check[]): Promise<CheckReport> {
    const complete = async (filter: string): Promise<ResultSet> => {
      const results = this.resultSet(filter);
      await this.lookUntil(results, () => false);
      return results;
    };
    return judge(checks, complete, (number) => this.timeOf(number));
  }

  statistics(query: StatisticsQuery): Promise<StatisticsAnswer> {
    return this.counts.answer(query);
  }

  async flow(id: number): Promise<FlowInfo | null> {
    const flow = flowById(this.reader, id);
    return flow === null ? null : (await this.named([flow]))[0];
  }

  /** Answers one question; the reader stays open as long as any is being answered. */
  async during<T>(answer: () => T | Promise<T>): Promise<T> {
    this.busy++;
    try {
      this.findSecrets();
      return await answer();
    } finally {
      this.busy--;
      this.closeWhenIdle();
    }
  }

  /** What secrets that were given since decrypt has to be looked at again, though not with every line of a key log. */
  private findSecrets(): void {
    if (this.reader.refreshSecrets()) this.secretsAreNew = true;
    if (!this.secretsAreNew) return;
    const { lastNumber } = this.reader;
    const grows = lastNumber !== this.lookedAgainAt;
    if (grows && performance.now() - this.lookedAgain < LOOK_AGAIN) return;
    this.secretsAreNew = false;
    this.lookedAgainAt = lastNumber;
    this.lookedAgain = performance.now();
    this.counts.forget();
    this.streams.forget();
    for (const [name, set] of this.results) if (set.deep) this.drop(name, set);
  }

  /** No more questions come: closes when the last one is answered. */
  close(): void {
    this.retired = true;
    this.closeWhenIdle();
  }

  private closeWhenIdle(): void {
    if (!this.retired || this.busy > 0) return;
    for (const [name, set] of this.results) this.drop(name, set);
    this.counts.close();
    this.reader.close();
  }

  private drop(name: string, set: ResultSet): void {
    this.results.delete(name);
    set.end();
  }

  /** Nanoseconds since the capture's first packet; null when the packet has no time. */
  private timeOf(number: number): number | null {
    const time = this.reader.statement('SELECT p.time FROM packets p WHERE p.number = ?').pluck().get(number);
    return (time as number | null | undefined) ?? null;
  }

  /** Packets that are in the index and not expired. */
  private storedPackets(): number {
    const { lastNumber } = this.reader;
    return lastNumber === 0 ? 0 : lastNumber - this.reader.firstNumber + 1;
  }

  private rows(refs: readonly PacketRef[], fields: readonly string[] = []): PacketRow[] {
    if (refs.length === 0) return [];
    // What is told of UDP's streams is no part of a row by itself.
    const thorough = fields.some((name) => name.startsWith('udp.'));
    const session = this.sessions.before(refs[0].number, thorough);
    const builder = new RowBuilder(this.reader, readMarks(this.folder), fields, session);
    return refs.map((ref) => builder.row(ref)).filter((row) => row !== undefined);
  }

  private plainRefs(query: PacketQuery, limit: number): { refs: PacketRef[]; matches: Matches } {
    const { reader } = this;
    const scannedTo = reader.lastNumber;
    const matches: Matches = { count: this.storedPackets(), complete: true, scannedTo, plan: 'all' };
    if (query.before !== undefined) return { refs: this.lastBefore('1', [], query.before, limit), matches };
    const after = query.position === undefined ? (query.after ?? 0) : reader.firstNumber - 1 + query.position;
    return { refs: reader.refs('p.number > ?', [after], limit), matches };
  }

  private lastBefore(condition: string, parameters: readonly unknown[], before: number, limit: number): PacketRef[] {
    const numbers = this.reader
      .statement(
        `SELECT p.number FROM packets p WHERE p.number < ? AND ${condition} ORDER BY p.number DESC LIMIT ${limit}`,
      )
      .pluck()
      .all(before, ...parameters) as number[];
    return this.refsOf(numbers.reverse());
  }

  private refsOf(numbers: readonly number[]): PacketRef[] {
    return numbers.map((number) => this.reader.ref(number)).filter((ref) => ref !== undefined);
  }

  /** One flow's packets: an indexed look-up once the capture has stopped, a scan from its first packet before. */
  private flowRefs(id: number, query: PacketQuery, limit: number): { refs: PacketRef[]; matches: Matches } {
    const flow = flowById(this.reader, id);
    const scannedTo = this.reader.lastNumber;
    if (flow === null) return { refs: [], matches: { count: 0, complete: true, scannedTo, plan: 'columns' } };
    // Asked for here, for the next time.
    void this.reader.hasFlowIndex;
    const matches: Matches = { count: flow.packets, complete: true, scannedTo, plan: 'columns' };
    const condition = 'p.flow = ? AND p.number >= ?';
    const parameters = [id, flow.firstPacket];
    if (query.before !== undefined)
      return { refs: this.lastBefore(condition, parameters, query.before, limit), matches };
    if (query.position !== undefined)
      return { refs: this.reader.refs(condition, parameters, limit, query.position), matches };
    return {
      refs: this.reader.refs(`${condition} AND p.number > ?`, [...parameters, query.after ?? 0], limit),
      matches,
    };
  }

  private async filteredRefs(
    filter: string,
    query: PacketQuery,
    limit: number,
  ): Promise<{ refs: PacketRef[]; matches: Matches }> {
    const { before, position, flow } = query;
    const results = this.resultSet(filter, flow);
    if (before !== undefined) {
      await this.lookUntil(results, () => results.scannedTo >= before - 1);
      const end = results.placeAfter(before - 1);
      const start = Math.max(0, end - limit);
      return { refs: this.refsOf(results.slice(start, end - start)), matches: results.matches };
    }
    const after = query.after ?? 0;
    // Deep in a capture that has not been looked through that far, looking on from there is the shorter way.
    if (position === undefined && flow === undefined && after > results.scannedTo)
      return { refs: await this.searchFrom(filter, after, limit), matches: results.matches };
    const place = () => position ?? results.placeAfter(after);
    await this.lookUntil(results, () => results.count >= place() + limit);
    return { refs: this.refsOf(results.slice(place(), limit)), matches: results.matches };
  }

  /** Fills a result set until there is enough, or it has everything that was there when the question came. */
  private async lookUntil(results: ResultSet, enough: () => boolean): Promise<void> {
    const last = this.reader.lastNumber;
    while (results.scannedTo < last && !enough() && results.step()) {
      await results.waiting;
      await this.pause();
    }
    // It may have had to make room for others meanwhile.
    if (![...this.results.values()].includes(results)) results.end();
  }

  private async searchFrom(filter: string, after: number, limit: number): Promise<PacketRef[]> {
    const found: PacketRef[] = [];
    const last = this.reader.lastNumber;
    for (const { rows } of new FilterRun(this.reader, filter).matches(after + 1, last, limit)) {
      found.push(...rows);
      if (found.length >= limit) break;
      await this.pause();
    }
    return found.slice(0, limit);
  }

  private async flowsOf(filter: string): Promise<number[]> {
    const flows = new Set<number>();
    const last = this.reader.lastNumber;
    for (const { rows } of new FilterRun(this.reader, filter).matches(this.reader.firstNumber, last)) {
      for (const row of rows) flows.add(this.reader.flowOf(row));
      await this.pause();
    }
    flows.delete(0);
    return [...flows];
  }

  /** The result set of a filter, begun when there is none; makes room by forgetting those unused longest. */
  private resultSet(filter: string, flow?: number): ResultSet {
    const name = flow === undefined ? filter : `${flow} ${filter}`;
    let found = this.results.get(name);
    // Which flows are whose becomes known only after their packets were looked at.
    if (found?.isOutdated === true) {
      this.drop(name, found);
      found = undefined;
    }
    if (found === undefined) {
      found = new ResultSet(this.reader, filter, flow);
      this.results.set(name, found);
    }
    found.forgetBefore(this.reader.firstNumber);
    found.usedAt = ++this.clock;
    let size = 0;
    for (const set of this.results.values()) size += set.size;
    const byAge = [...this.results].sort((a, b) => a[1].usedAt - b[1].usedAt);
    for (const [text, set] of byAge) {
      if ((size <= RESULT_BYTES && this.results.size <= 16) || set === found) break;
      this.drop(text, set);
      size -= set.size;
    }
    return found;
  }
}

function checkFields(fields: readonly string[]): void {
  for (const name of fields) {
    const known =
      name === 'frame' ||
      name.startsWith('frame.') ||
      isProgramField(name) ||
      registry.field(name) !== undefined ||
      registry.either(name) !== undefined ||
      registry.idOf(name) !== 0;
    if (!known)
      throw new CaptureError(
        'bad-option',
        `"${name}" is not a field.`,
        'GET /api/fields lists the fields that there are.',
      );
  }
}
