/** The rows of a packet list of any length, of which only a bounded number is in memory. */

import { address, get, ServiceError } from '../api/client';
import type { Matches, PacketPage, PacketRow } from '../api/types';
import type { News } from '../state/live';

/** Rows asked for at once. */
const PAGE = 40;
/** Pages in memory: 10,000 rows, a few megabytes. */
const MOST_PAGES = 250;
/** Questions at once; a browser has six connections to a host, and the events and the details need theirs. */
const AT_ONCE = 3;
/** Milliseconds between questions about a filter that has not looked at everything yet. */
const POLL_MS = 250;

type Page = (PacketRow | undefined)[];

/**
 * Places are 0-based among the packets that match the filter. Whoever shows rows says which places it needs (`want`)
 * and reads what is there (`row`); listeners hear when there is more.
 */
export class RowStore {
  private readonly pages = new Map<number, Page>();
  private readonly asking = new Map<number, AbortController>();
  private wanted: readonly number[] = [];
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
    void this.ask(0);
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
    for (const question of this.asking.values()) question.abort();
  }

  /** The row at a place; undefined: it is not here yet. */
  row(place: number): PacketRow | undefined {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  /** Says which places are looked at: they are asked for, and questions for others are given up. */
  want(from: number, to: number): void {
    const wanted: number[] = [];
    const last = Math.min(to, this.known - 1);
    for (let page = Math.floor(from / PAGE); page <= Math.floor(last / PAGE); page++) wanted.push(page);
    this.wanted = wanted;
    for (const [page, question] of this.asking) {
      if (page !== 0 && !wanted.includes(page)) {
        this.asking.delete(page);
        question.abort();
      }
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

  private lacks(page: number): boolean {
    const rows = this.pages.get(page);
    const length = Math.min(PAGE, this.known - page * PAGE);
    if (rows === undefined) return length > 0;
    for (let at = 0; at < length; at++) if (rows[at] === undefined) return true;
    return false;
  }

  private askNext(): void {
    for (const page of this.wanted) {
      if (this.asking.size >= AT_ONCE) return;
      if (!this.asking.has(page) && this.lacks(page)) void this.ask(page);
    }
  }

  private async ask(page: number): Promise<void> {
    const question = new AbortController();
    this.asking.set(page, question);
    try {
      const query = { filter: this.filter, position: page * PAGE, limit: PAGE, fields: this.fields };
      const answer = await get('/api/captures/{id}/packets', { id: this.capture }, query, question.signal);
      this.take(page, answer);
    } catch (error) {
      if (question.signal.aborted || this.closed) return;
      if (error instanceof ServiceError) this.problem = error;
      else this.poll(AGAIN_MS);
      this.changed();
    } finally {
      if (this.asking.get(page) === question) this.asking.delete(page);
    }
    if (!this.closed) this.askNext();
  }

  private take(page: number, { packets, matches }: PacketPage): void {
    this.ready = true;
    this.problem = undefined;
    this.keep(page, [...packets]);
    if (page === 0 && this.unfiltered && packets.length > 0) this.first = packets[0].number;
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
      void this.ask(this.wanted[0] ?? 0);
    }, wait);
  }

  private changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }

  /** The list as a link for `curl`. */
  get link(): string {
    return address('/api/captures/{id}/packets', { id: this.capture }, { filter: this.filter, fields: this.fields });
  }
}

const AGAIN_MS = 1000;
