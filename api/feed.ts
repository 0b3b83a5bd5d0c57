/** New packets as they come, bounded: the newest ones, and how many were left out before them. */

import type { PacketRow } from '../captures/query/query-types.js';
import { type ApiContext, captureOf } from './context.js';
import { lossOf } from './present.js';

/** Rows told at once. */
const NEWEST = 200;

export interface Feed {
  /** Number of the last packet that was told of or passed over. */
  readonly position: number;
  /** The packets since the last time; undefined when there is none. */
  news(): Promise<object | undefined>;
}

/** Follows the packets after `after`; with a filter, those that match. */
export function followPackets(context: ApiContext, id: string, filter: string | undefined, after: number): Feed {
  return filter === undefined || filter.trim() === ''
    ? new EveryPacket(context, id, after)
    : new MatchingPackets(context, id, filter, after);
}

class EveryPacket implements Feed {
  constructor(
    private readonly context: ApiContext,
    private readonly id: string,
    public position: number,
  ) {}

  async news(): Promise<object | undefined> {
    const record = captureOf(this.context, this.id);
    const { packets: last } = record;
    if (last <= this.position) return undefined;
    const after = Math.max(this.position, last - NEWEST);
    const { packets, matches } = await this.context.queries.packets(this.id, { after, limit: NEWEST });
    if (packets.length === 0) return undefined;
    const skipped = packets[0].number - this.position - 1;
    this.position = packets[packets.length - 1].number;
    return { packets, skipped, matches, loss: lossOf(record) };
  }
}

class MatchingPackets implements Feed {
  /** Matches up to `position`, once that is known. */
  private told: number | undefined;

  constructor(
    private readonly context: ApiContext,
    private readonly id: string,
    private readonly filter: string,
    public position: number,
  ) {}

  async news(): Promise<object | undefined> {
    const record = captureOf(this.context, this.id);
    const { filter } = this;
    const query = { filter, before: Number.MAX_SAFE_INTEGER, limit: NEWEST };
    const { packets: newest, matches } = await this.context.queries.packets(this.id, query);
    const packets = newest.filter((row: PacketRow) => row.number > this.position);
    const known = matches.complete ? matches.count : undefined;
    const before = this.told;
    this.told = known;
    if (packets.length === 0) return undefined;
    // An older match among the newest ones: nothing lies between.
    const skipped = packets.length < NEWEST ? 0 : await this.between(before, known, packets);
    this.position = packets[packets.length - 1].number;
    return { packets, skipped, matches, loss: lossOf(record) };
  }

  /** Matches between the last packet told of and these; null while the filter has not looked at everything. */
  private async between(
    before: number | undefined,
    now: number | undefined,
    packets: readonly PacketRow[],
  ): Promise<number | null> {
    if (now !== undefined && before !== undefined) return now - before - packets.length;
    if (now === undefined) return null;
    const left = `(${this.filter}) and frame.number > ${this.position} and frame.number < ${packets[0].number}`;
    return this.context.queries.count(this.id, left);
  }
}
