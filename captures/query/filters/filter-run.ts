/** Finds a filter's matches: by columns where they answer, by decoding candidates or the whole log where they do not. */

import { PacketFlag, Walk, walkPacket } from '../../../decoders/core/index.js';
import {
  type CompiledFilter,
  compileFilter,
  type FilterPacket,
  renderSql,
  toSql,
  VERIFY_FLAGS,
  windowOf,
} from '../../../decoders/filter/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import { EPB, relativeNanoseconds } from '../../formats/epb.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { CommentFinder, timeBefore } from '../comments.js';
import { filterPrograms } from '../flows/flow-programs.js';
import { visitLog } from '../log-visit.js';
import type { Matches } from '../query-types.js';
import { StreamRows } from '../sessions/stream-rows.js';

/** Packet numbers that one step looks at, so that other questions get their turn in between. */
const FIRST_STEP = 2_000;
/** As many packets as are quicker asked for their flows than all flows are gone through. */
const FEW_NUMBERS = 10_000;
const COLUMN_STEP = 200_000;
/** The same where only few flows match, whose packets an index finds. */
const RARE_STEP = 2_000_000;
/** Matches, or candidates, that one step brings. */
const ROWS_STEP = 20_000;
/** With more candidates than this share, reading the whole log beats looking every one of them up. */
const MANY_SHARE = 0.03;
/** Packets that are sampled to find out, at this many places. */
const SAMPLE = 2_000;
const SAMPLES = 8;
/** With fewer packets than this share in the matching flows, going flow by flow beats reading every row. */
const RARE_SHARE = 0.02;
/** Flows that are looked at one by one to find out. */
const FEW_FLOWS = 5_000;

const EVERYWHERE = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
const NOWHERE = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;

/** What one step found, and the last packet that it looked at. */
export interface Step {
  readonly rows: readonly PacketRef[];
  readonly scannedTo: number;
}

/** The same with nothing but the numbers. */
export interface NumberStep {
  readonly numbers: readonly number[];
  readonly scannedTo: number;
}

/** Which conversations one of two threads looks at. */
export interface Division {
  /** 1 for those of which the bit is set in `theirs`, 0 for the others. */
  readonly part: 0 | 1;
  /** As `StreamRows.halves` gives it. */
  readonly theirs: Uint32Array;
}

/**
 * A filter made ready for the packets that one capture has now. For packets that come later it is made again: how far
 * columns can be trusted depends on the packets that are there.
 */
export class FilterRun {
  readonly plan: Matches['plan'];
  private readonly filter: CompiledFilter;
  private readonly where: string;
  /** The same for a few packets, without going through all flows first. */
  private readonly whereFew: string;
  /** Packet numbers that one step over columns looks at. */
  private readonly columnStep: number;
  private readonly parameters: readonly unknown[];
  private readonly exact: boolean;
  /** Whether every row that the columns select is a match for certain. */
  private readonly trusted: boolean;
  private readonly packet: FilterPacket;
  private readonly baseHigh: number;
  private readonly baseLow: number;
  /** Packets that have to be looked at in order, with what came before them; undefined when the filter has none. */
  private readonly streams: StreamRows | undefined;
  private division: Division | undefined;
  /** Whether a scan of the log has met an IP fragment: which conversation one is of, only all of them together tell. */
  sawFragment = false;
  /** Packet numbers between which all matches are that there are now. */
  private readonly window: readonly [number, number];

  /** @throws FilterError */
  constructor(
    private readonly reader: CaptureReader,
    text: string,
    /** A finished run of the same filter over the packets before: what it knows of them is used. */
    before?: FilterRun,
  ) {
    this.filter = compileFilter(registry, text);
    const base = reader.baseTime;
    const { tree, exact } = toSql(registry, this.filter, base === undefined ? {} : { baseTime: base });
    this.exact = exact;
    const condition = renderSql(tree);
    this.parameters = condition.parameters;
    this.streams = this.filter.shallow ? undefined : new StreamRows(reader, this.filter, before?.streams);
    const columns = exact && this.streams === undefined ? 'columns' : 'columns+decode';
    const all = tree.kind === 'all' || this.streams?.wantsAll === true;
    this.plan = all ? (exact && this.streams?.wantsAll !== true ? 'all' : 'decode') : columns;
    // Rows whose columns may tell only part of the packet are always looked at; most captures have none.
    const verify = reader.totals.toVerify > 0;
    this.trusted = exact && !verify && this.streams === undefined;
    const scan = condition.text.replaceAll('p.flow IN', '+p.flow IN');
    const rare = !verify && this.isRare(tree);
    const verified = (text: string): string => (verify ? `((p.flags & ${VERIFY_FLAGS}) != 0 OR ${text})` : text);
    const where = rare ? condition.text : verified(scan);
    this.columnStep = rare ? RARE_STEP : COLUMN_STEP;
    const alsoInOrder = (text: string): string =>
      this.streams === undefined ? text : `(${text} OR ${this.streams.where})`;
    this.whereFew = alsoInOrder(verified(renderSql(tree, 'each').text));
    this.where = alsoInOrder(where);
    this.window = this.findWindow(base);
    this.packet = emptyPacket();
    // Looked up only when the filter comes to ask for it.
    const programs = filterPrograms(reader);
    this.packet.programs = () => programs(reader.ref(this.packet.number)?.flow ?? 0);
    this.packet.previousNanoseconds = () => timeBefore(reader, this.packet.number);
    const comments = new CommentFinder(reader);
    this.packet.comments = () => comments.of(this.packet.view, this.packet.start - EPB.data, this.packet.number);
    this.baseHigh = Number((base ?? 0n) >> 32n);
    this.baseLow = Number((base ?? 0n) & 0xffffffffn);
  }

  /** Whether the matches among packets `from` … `to` can be looked for by two threads, a part of the conversations each. */
  mayBeDivided(from: number, to: number): boolean {
    const { streams } = this;
    if (this.trusted || streams?.wantsAll === true || (this.plan !== 'decode' && !this.hasMany(from, to))) return false;
    return streams === undefined || streams.mayBeDivided();
  }

  /** The conversations that another thread may look at, for `divide`. */
  theirs(): Uint32Array {
    return this.streams?.halves() ?? new Uint32Array(1);
  }

  /** From the next packet on, a scan of the log looks only at these. */
  divide(division: Division): void {
    this.division = division;
  }

  /** Whether it depends on more than each packet's own octets. */
  get deep(): boolean {
    return this.streams !== undefined;
  }

  /**
   * The matches among packets `from` … `to` (both included), step by step, in ascending order. A step looks at a
   * bounded number of packets, so that the caller can turn to something else in between.
   *
   * @param limit how many matches are enough for the caller, who stops asking then: steps are small when few are
   */
  *matches(from: number, to: number, limit = Number.POSITIVE_INFINITY): Generator<Step, void, undefined> {
    const low = Math.max(from, this.window[0]);
    const high = Math.min(to, this.window[1]);
    if (low <= high) yield* this.matchesWithin(low, high, limit);
    if (high < to) yield { rows: [], scannedTo: to };
  }

  private *matchesWithin(from: number, to: number, limit: number): Generator<Step, void, undefined> {
    this.streams?.begin(from);
    if (this.streams?.wantsAll === true) yield* this.catchUp(this.streams, from);
    if (this.plan === 'decode' || this.hasMany(from, to)) {
      yield* this.decodeAll(from, to);
      return;
    }
    const wanted = Math.min(this.exact && this.streams === undefined ? limit : ROWS_STEP, ROWS_STEP);
    let step = FIRST_STEP;
    for (let low = from; low <= to; ) {
      const high = Math.min(to, low + step - 1);
      const where = step <= FEW_NUMBERS ? this.whereFew : this.where;
      step = Math.min(this.columnStep, step * 4);
      const rows = this.reader.refs(`p.number BETWEEN ? AND ? AND ${where}`, [low, high, ...this.parameters], wanted);
      const scannedTo = rows.length === wanted ? rows[rows.length - 1].number : high;
      yield { rows: this.trusted ? rows : rows.filter((row) => this.accepts(row)), scannedTo };
      low = scannedTo + 1;
    }
  }

  /** The numbers of the matches, otherwise as `matches`: half the work where columns are all it takes. */
  *numbers(from: number, to: number): Generator<NumberStep, void, undefined> {
    if (!this.trusted || this.plan === 'decode') {
      for (const { rows, scannedTo } of this.matches(from, to))
        yield { numbers: rows.map((row) => row.number), scannedTo };
      return;
    }
    // Small steps first: a page is answered as soon as it is full.
    let step = FIRST_STEP;
    const last = Math.min(to, this.window[1]);
    for (let low = Math.max(from, this.window[0]); low <= last; ) {
      const high = Math.min(last, low + step - 1);
      const where = step <= FEW_NUMBERS ? this.whereFew : this.where;
      step = Math.min(this.columnStep, step * 4);
      const numbers = this.reader.numbers(
        `p.number BETWEEN ? AND ? AND ${where}`,
        [low, high, ...this.parameters],
        COLUMN_STEP,
      );
      const scannedTo = numbers.length === COLUMN_STEP ? numbers[COLUMN_STEP - 1] : high;
      yield { numbers, scannedTo };
      low = scannedTo + 1;
    }
    if (last < to) yield { numbers: [], scannedTo: to };
  }

  private findWindow(base: bigint | undefined): readonly [number, number] {
    // What it hears of packets anywhere is used again for those that come later.
    if (this.streams?.hearsAll === true) return EVERYWHERE;
    const { number, time } = windowOf(this.filter.condition, base);
    const timed = Number.isFinite(time[0]) || Number.isFinite(time[1]);
    const numbers = timed ? (this.reader.numbersBetween(time[0], time[1]) ?? NOWHERE) : EVERYWHERE;
    const from = Math.max(number[0], numbers[0]);
    const to = Math.min(number[1], numbers[1]);
    if (this.streams === undefined || from > to || from <= this.reader.firstNumber) return [from, to];
    return [this.streams.heardFrom(from, to), to];
  }

  private accepts(row: PacketRef): boolean {
    const inOrder = this.streams?.has(row) === true;
    if (!inOrder && this.exact && (row.flags & VERIFY_FLAGS) === 0) return true;
    const stored = this.reader.log.read(row);
    if (stored === undefined) return false;
    this.look(stored.view, stored.at, row.number);
    return this.decides(inOrder);
  }

  /** Whether the packet that was looked at last is a match. */
  private decides(inOrder: boolean): boolean {
    const { packet, streams } = this;
    return inOrder && streams !== undefined ? streams.matches(packet) : this.filter.matches(packet);
  }

  /** Whether so many packets among `from` … `to` must be decoded that the columns are of no help. */
  private hasMany(from: number, to: number): boolean {
    const packets = to - from + 1;
    if (this.trusted || packets < SAMPLE * SAMPLES) return false;
    const sql = `SELECT count(*) FROM packets p WHERE p.number BETWEEN ? AND ? AND ${this.whereFew}`;
    const count = this.reader.statement(sql).pluck();
    let found = 0;
    for (let i = 0; i < SAMPLES; i++) {
      const low = from + Math.floor(((packets - SAMPLE) * i) / (SAMPLES - 1));
      found += count.get(low, low + SAMPLE - 1, ...this.parameters) as number;
    }
    return found > SAMPLE * SAMPLES * MANY_SHARE;
  }

  /** Puts a stored packet before the filter, walked. */
  private look(view: DataView, at: number, number: number): void {
    const { packet, reader } = this;
    const interfaceId = view.getUint32(at + EPB.interface, true);
    const source = reader.interface(interfaceId);
    packet.view = view;
    packet.start = at + EPB.data;
    packet.captured = view.getUint32(at + EPB.captured, true);
    packet.original = view.getUint32(at + EPB.original, true);
    packet.linkType = source?.link_type ?? -1;
    packet.number = number;
    packet.timeHigh = view.getUint32(at + EPB.timeHigh, true);
    packet.timeLow = view.getUint32(at + EPB.timeLow, true);
    packet.relativeNanoseconds = relativeNanoseconds(packet.timeHigh, packet.timeLow, this.baseHigh, this.baseLow);
    packet.interfaceId = interfaceId;
    packet.interfaceName = source?.name ?? '';
    const { walk } = packet;
    // The flags of checksums matter to no filter; what a tree says of them is summed when it is made.
    walk.summing = false;
    walkPacket(registry, view, packet.linkType, packet.start, packet.captured, packet.original, walk);
    walk.summing = true;
  }

  /** Has `streams` hear everything that came before `from`; finds nothing. */
  private *catchUp(streams: StreamRows, from: number): Generator<Step, void, undefined> {
    const first = Math.max(this.reader.firstNumber, streams.heardTo + 1);
    if (first >= from) return;
    const note = () => {
      streams.note(this.packet);
      return false;
    };
    for (const { rows } of this.decodeAll(first, from - 1, note)) yield { rows, scannedTo: from - 1 };
  }

  /** Reads the log itself, front to back: with nothing to narrow by, rows would only cost time. */
  private *decodeAll(
    from: number,
    to: number,
    decides = () => this.decides(this.streams?.hears(this.packet) === true),
  ): Generator<Step, void, undefined> {
    let found: PacketRef[] = [];
    const runs = visitLog(this.reader, from, to, (view, at, number, segment, offset) => {
      this.look(view, at, number);
      if ((this.packet.walk.flags & PacketFlag.fragment) !== 0) this.sawFragment = true;
      if (this.division !== undefined && this.partOf(number, this.division.theirs) !== this.division.part) return;
      if (decides()) found.push(this.found(number, segment, offset));
    });
    for (const scannedTo of runs) {
      yield { rows: found, scannedTo };
      found = [];
    }
  }

  /** Whose the packet that was looked at last is. Those of no conversation are divided evenly. */
  private partOf(number: number, theirs: Uint32Array): number {
    const part = this.streams?.partOf(this.packet, theirs) ?? -1;
    return part < 0 ? (number >> 6) & 1 : part;
  }

  private found(number: number, segment: number, offset: number): PacketRef {
    return { number, segment, offset, flags: 0, flow: -1, interface: this.packet.interfaceId };
  }

  /** Whether the flows that the condition names hold so few packets that their index is the shorter way. */
  private isRare(tree: ReturnType<typeof toSql>['tree']): boolean {
    if (tree.kind !== 'flow') return false;
    const { db, totals } = this.reader;
    const { text, parameters } = tree.where;
    const enough = totals.packets * RARE_SHARE;
    const packets = '(client_packets + server_packets)';
    // Most filters match so much that a few of the flows tell.
    const few = db.prepare(`SELECT ${packets} FROM flows WHERE ${text} LIMIT ${FEW_FLOWS}`).pluck();
    let found = 0;
    let flows = 0;
    for (const more of few.iterate(...parameters) as IterableIterator<number>) {
      found += more;
      flows++;
      if (found >= enough) return false;
    }
    if (flows === FEW_FLOWS)
      found = db
        .prepare(`SELECT total(${packets}) FROM flows WHERE ${text}`)
        .pluck()
        .get(...parameters) as number;
    return found < enough && this.reader.hasFlowIndex;
  }
}

function emptyPacket(): FilterPacket {
  return {
    view: new DataView(new ArrayBuffer(0)),
    start: 0,
    captured: 0,
    original: 0,
    linkType: 0,
    number: 0,
    timeHigh: 0,
    timeLow: 0,
    relativeNanoseconds: 0,
    interfaceId: 0,
    interfaceName: '',
    walk: new Walk(),
  };
}
