/** The questions that the query thread answers about one capture. */

import { registry } from '../../decoders/protocols/index.js';
import { CaptureError } from '../sources/source.js';
import { readMarks } from '../store/marks.js';
import { CaptureReader, type PacketRef } from './capture-reader.js';
import { FilterRun } from './filter-run.js';
import { flowById, flowPage } from './flows.js';
import { RowBuilder } from './packet-rows.js';
import type {
  FlowInfo,
  FlowPage,
  FlowQuery,
  Matches,
  PacketDetail,
  PacketPage,
  PacketQuery,
  PacketRow,
} from './query-types.js';
import { ResultSet } from './result-set.js';

/** Octets of result sets that one capture may keep; the one unused longest goes first. */
const RESULT_BYTES = 64 << 20;
const DEFAULT_LIMIT = 100;

/** Lets other questions have their turn. */
export type Pause = () => Promise<void>;

export class Questions {
  readonly reader: CaptureReader;
  private readonly results = new Map<string, ResultSet>();
  private clock = 0;

  /** @throws IndexOutdated */
  constructor(
    private readonly folder: string,
    private readonly pause: Pause,
  ) {
    this.reader = new CaptureReader(folder);
  }

  async packets(query: PacketQuery): Promise<PacketPage> {
    checkFields(query.fields ?? []);
    const limit = query.limit ?? DEFAULT_LIMIT;
    const filter = query.filter?.trim() ?? '';
    const page =
      query.flow !== undefined
        ? this.flowRefs(query.flow, filter, query, limit)
        : filter === ''
          ? this.plainRefs(query, limit)
          : await this.filteredRefs(filter, query, limit);
    const { refs, matches } = await page;
    const rows = this.rows(refs, query.fields);
    const last = refs.at(-1)?.number;
    return { packets: rows, next: refs.length < limit || last === undefined ? null : last, matches };
  }

  packet(number: number): PacketDetail | null {
    const ref = this.reader.ref(number);
    return (ref && new RowBuilder(this.reader, readMarks(this.folder)).detail(ref)) ?? null;
  }

  async count(filter: string | undefined): Promise<number> {
    if (filter === undefined || filter.trim() === '') return this.storedPackets();
    const results = this.resultSet(filter.trim());
    while (results.step()) await this.pause();
    return results.count;
  }

  async flows(query: FlowQuery): Promise<FlowPage> {
    const filter = query.filter?.trim() ?? '';
    return flowPage(this.reader, query, filter === '' ? undefined : await this.flowsOf(filter));
  }

  flow(id: number): FlowInfo | null {
    return flowById(this.reader, id);
  }

  close(): void {
    this.reader.close();
  }

  /** Packets that are in the index and not expired. */
  private storedPackets(): number {
    const { lastNumber } = this.reader;
    return lastNumber === 0 ? 0 : lastNumber - this.reader.firstNumber + 1;
  }

  private rows(refs: readonly PacketRef[], fields: readonly string[] = []): PacketRow[] {
    const builder = new RowBuilder(this.reader, readMarks(this.folder), fields);
    return refs.map((ref) => builder.row(ref)).filter((row) => row !== undefined);
  }

  private plainRefs(query: PacketQuery, limit: number): { refs: PacketRef[]; matches: Matches } {
    const { reader } = this;
    const matches: Matches = { count: this.storedPackets(), complete: true, plan: 'all' };
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

  /** One flow's packets: an indexed look-up once the capture has stopped, bounded by the flow's first and last packet before. */
  private async flowRefs(
    id: number,
    filter: string,
    query: PacketQuery,
    limit: number,
  ): Promise<{ refs: PacketRef[]; matches: Matches }> {
    const flow = this.flow(id);
    const count = flow?.packets ?? 0;
    const matches: Matches = { count, complete: true, plan: 'columns' };
    if (flow === null) return { refs: [], matches };
    const condition = 'p.flow = ? AND p.number BETWEEN ? AND ?';
    const parameters = [id, flow.firstPacket, Math.max(flow.lastPacket, this.reader.lastNumber)];
    if (filter !== '') {
      const all = new Set(this.reader.refs(condition, parameters, 10_000_000).map((ref) => ref.number));
      const found: PacketRef[] = [];
      const run = new FilterRun(this.reader, filter);
      for (const { rows } of run.matches(flow.firstPacket, this.reader.lastNumber)) {
        for (const row of rows) if (all.has(row.number)) found.push(row);
        await this.pause();
      }
      const kept = pageOf(found, query, limit);
      return { refs: kept, matches: { count: found.length, complete: true, plan: run.plan } };
    }
    if (query.before !== undefined)
      return { refs: this.lastBefore(condition, parameters, query.before, limit), matches };
    if (query.position !== undefined)
      return {
        refs: this.reader.refs(condition, parameters, query.position + limit).slice(query.position),
        matches,
      };
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
    const results = this.resultSet(filter);
    if (query.before !== undefined) {
      while (results.scannedTo < query.before - 1 && results.step()) await this.pause();
      const end = results.placeAfter(query.before - 1);
      return { refs: this.refsOf(results.slice(end - limit, Math.min(limit, end))), matches: results.matches };
    }
    const after = query.after ?? 0;
    // Deep in a capture that has not been looked through that far, looking on from there is the shorter way.
    if (query.position === undefined && after > results.scannedTo)
      return { refs: await this.searchFrom(filter, after, limit), matches: results.matches };
    const place = () => query.position ?? results.placeAfter(after);
    while (results.count < place() + limit && results.step()) await this.pause();
    return { refs: this.refsOf(results.slice(place(), limit)), matches: results.matches };
  }

  private async searchFrom(filter: string, after: number, limit: number): Promise<PacketRef[]> {
    const found: PacketRef[] = [];
    const run = new FilterRun(this.reader, filter);
    for (const { rows } of run.matches(after + 1, this.reader.lastNumber, limit)) {
      found.push(...rows);
      if (found.length >= limit) break;
      await this.pause();
    }
    return found.slice(0, limit);
  }

  private async flowsOf(filter: string): Promise<number[]> {
    const flows = new Set<number>();
    const run = new FilterRun(this.reader, filter);
    for (const { rows } of run.matches(this.reader.firstNumber, this.reader.lastNumber)) {
      for (const row of rows) flows.add(row.flow >= 0 ? row.flow : (this.reader.ref(row.number)?.flow ?? 0));
      await this.pause();
    }
    flows.delete(0);
    return [...flows];
  }

  /** The result set of a filter, begun when there is none; makes room by forgetting those unused longest. */
  private resultSet(filter: string): ResultSet {
    let found = this.results.get(filter);
    if (found === undefined) {
      found = new ResultSet(this.reader, filter);
      this.results.set(filter, found);
    }
    found.usedAt = ++this.clock;
    let size = 0;
    for (const set of this.results.values()) size += set.size;
    const byAge = [...this.results].sort((a, b) => a[1].usedAt - b[1].usedAt);
    for (const [text, set] of byAge) {
      if ((size <= RESULT_BYTES && this.results.size <= 16) || set === found) break;
      this.results.delete(text);
      size -= set.size;
    }
    return found;
  }
}

function pageOf(refs: readonly PacketRef[], query: PacketQuery, limit: number): PacketRef[] {
  if (query.before !== undefined) return refs.filter((ref) => ref.number < (query.before as number)).slice(-limit);
  if (query.position !== undefined) return refs.slice(query.position, query.position + limit);
  return refs.filter((ref) => ref.number > (query.after ?? 0)).slice(0, limit);
}

function checkFields(fields: readonly string[]): void {
  for (const name of fields) {
    const known =
      name === 'frame' ||
      name.startsWith('frame.') ||
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
