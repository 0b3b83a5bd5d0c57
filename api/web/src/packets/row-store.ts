/** The rows of a packet list of any length, of which only a bounded number is in memory. */

import { get, ServiceError } from '../api/client';
import type { Matches, PacketPage, PacketRow } from '../api/types';
import type { News } from '../state/live';

/** Rows that are kept or forgotten together. */
const PAGE = 100;
/** Pages in memory: 10,000 rows, a few megabytes. */
const MOST_PAGES = 100;
/**
 * Rows asked for at once: after a jump those that are seen and no others, since an answer takes longer with each row; but
 * not one by one for somebody who scrolls row by row.
 */
const MOST_ROWS = 200;
const LEAST_ROWS = 40;
/** Questions at once; a browser has six connections to a host, and the events and the details need theirs. */
const AT_ONCE = 3;
/** Milliseconds between questions about a filter that has not looked at everything yet. */
const POLL_MS = 250;

type Page = (PacketRow | undefined)[];

/** Places, both in it. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Question extends Span {
  readonly controller: AbortController;
}

/**
 * Places are 0-based among the packets that match the filter. Whoever shows rows says which places it needs (`want`)
 * and reads what is there (`row`); listeners hear when there is more.
 */
export class RowStore {
  private readonly pages = new Map<number, Page>();
  private readonly asking = new Set<Question>();
  private wanted: Span = { from: 0, to: -1 };
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private known = 0;
  private limit = Number.POSITIVE_INFINITY;
  private first = 1;
  /** Grows with every change, for `useSyncExternalStore`. */
  version = 0;
  complete = false;
  plan: Matches['plan'] = 'all';
  /** Number of the last packet that the filter has looked at. */
  scannedTo = 0;
  /** What the service said is wrong, for example with the filter. */
  problem: ServiceError | undefined;
  /** Rows that the live list skipped since the list was opened: they are in the capture and in this list all the same. */
  skipped = 0;
  /** Whether the first answer has come. */
  ready = false;

  constructor(
    readonly capture: string,
    readonly filter: string,
    /** Filter names of fields that each row is to have, for columns of one's own. */
    readonly fields: readonly string[] = [],
  ) {
    void this.ask({ from: 0, to: LEAST_ROWS - 1 });
  }

  /** Packets that are shown: those that match, as far as is known, or fewer while a replay has not come to the rest. */
  get count(): number {
    return Math.min(this.known, this.limit);
  }

  /** Packets that match, as far as is known. */
  get total(): number {
    return this.known;
  }

  /** Shows only so many of them; Infinity for all. */
  limitTo(limit: number): void {
    if (limit === this.limit) return;
    this.limit = limit;
    this.changed();
  }

  get unfiltered(): boolean {
    return this.filter.trim() === '';
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const { controller } of this.asking) controller.abort();
  }

  /** The row at a place; undefined: it is not here yet. */
  row(place: number): PacketRow | undefined {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  /** Says which places are looked at: they are asked for, and questions for others are given up. */
  want(from: number, to: number): void {
    this.wanted = { from: Math.max(0, from), to: Math.min(to, this.known - 1) };
    for (const question of this.asking) {
      // The first rows tell which packet is the first one.
      if (question.from === 0 || (question.from <= this.wanted.to && this.wanted.from <= question.to)) continue;
      this.asking.delete(question);
      question.controller.abort();
    }
    this.askNext();
  }

  /** The place of a packet, or of the next one that matches. */
  async placeOf(number: number): Promise<number> {
    if (this.unfiltered) return Math.max(0, number - this.first);
    for (const [page, rows] of this.pages) {
      const at = rows.findIndex((row) => row?.number === number);
      if (at >= 0) return page * PAGE + at;
    }
    const filter = `(${this.filter}) && frame.number < ${number}`;
    return (await get('/api/captures/{id}/packets/count', { id: this.capture }, { filter })).count;
  }

  /** Takes what the events tell. */
  hear({ packets, skipped, matches }: News): void {
    this.skipped += skipped ?? 0;
    this.learn(matches);
    if (matches.complete && this.fields.length === 0) {
      const start = matches.count - packets.length;
      // The rows are the newest of all matches, unless more have come since these were looked up.
      packets.forEach((row, at) => {
        this.put(start + at, row);
      });
    }
    this.changed();
  }

  /** How many packets the capture has now, and which is the first that a ring still has. */
  grown(packets: number, first: number): void {
    if (first !== this.first) {
      // Every place has moved.
      this.first = first;
      this.pages.clear();
    }
    if (this.unfiltered && packets - first + 1 !== this.known) {
      this.known = Math.max(0, packets - first + 1);
      this.changed();
    } else if (!this.unfiltered && this.complete) this.poll();
  }

  private put(place: number, row: PacketRow): void {
    if (place < 0) return;
    const page = this.pages.get(Math.floor(place / PAGE)) ?? [];
    page[place % PAGE] = row;
    this.keep(Math.floor(place / PAGE), page);
  }

  private keep(number: number, page: Page): void {
    this.pages.delete(number);
    this.pages.set(number, page);
    for (const old of this.pages.keys()) {
      if (this.pages.size <= MOST_PAGES) break;
      this.pages.delete(old);
    }
  }

  /** The places that are looked at whose rows are neither here nor asked for, from the first to the last of them. */
  private missing(): Span | undefined {
    const { from, to } = this.wanted;
    const lacks = (place: number) =>
      this.row(place) === undefined && ![...this.asking].some((span) => span.from <= place && place <= span.to);
    let first = from;
    while (first <= to && !lacks(first)) first++;
    if (first > to) return undefined;
    let last = to;
    while (!lacks(last)) last--;
    return { from: first, to: Math.min(last, first + MOST_ROWS - 1) };
  }

  private askNext(): void {
    const missing = this.asking.size < AT_ONCE ? this.missing() : undefined;
    if (missing === undefined) return;
    let { from, to } = missing;
    // Somebody scrolls on: the rows behind those that are missing are the next ones.
    if (from > this.wanted.from) to = Math.max(to, Math.min(this.known - 1, from + LEAST_ROWS - 1));
    else if (to < this.wanted.to) from = Math.min(from, Math.max(0, to - LEAST_ROWS + 1));
    void this.ask({ from, to });
  }

  private async ask({ from, to }: Span): Promise<void> {
    const question: Question = { from, to, controller: new AbortController() };
    const { signal } = question.controller;
    this.asking.add(question);
    let whole = false;
    try {
      const query = { filter: this.filter, position: from, limit: to - from + 1, fields: this.fields };
      const answer = await get('/api/captures/{id}/packets', { id: this.capture }, query, signal);
      this.take(from, answer);
      whole = from + answer.packets.length > Math.min(to, this.known - 1);
    } catch (error) {
      if (signal.aborted || this.closed) return;
      if (error instanceof ServiceError) this.problem = error;
      else this.poll(AGAIN_MS);
      this.changed();
    } finally {
      this.asking.delete(question);
    }
    if (this.closed) return;
    // Rows that are counted and not there yet are not asked for again at once.
    if (whole) this.askNext();
    else if (this.problem === undefined) this.poll();
  }

  private take(from: number, { packets, matches }: PacketPage): void {
    this.ready = true;
    this.problem = undefined;
    if (from === 0 && this.unfiltered && packets.length > 0) this.first = packets[0].number;
    packets.forEach((row, at) => {
      this.put(from + at, row);
    });
    this.learn(matches);
    this.changed();
  }

  private learn({ count, complete, plan, scannedTo }: Matches): void {
    this.known = Math.max(this.known, count);
    this.complete = complete;
    this.plan = plan;
    this.scannedTo = scannedTo;
    if (!complete) this.poll();
  }

  /** Asks how far a filter has come. */
  private poll(wait = POLL_MS): void {
    if (this.timer !== undefined || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const { from } = this.wanted;
      void this.ask(this.missing() ?? { from, to: from });
    }, wait);
  }

  private changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}

const AGAIN_MS = 1000;
