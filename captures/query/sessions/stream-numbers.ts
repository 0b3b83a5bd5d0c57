/** The numbers that Wireshark gives to TCP and UDP conversations (`tcp.stream`, `udp.stream`), from the flows' ids. */

import type { CaptureReader } from '../capture-reader.js';

/** Flows between two places up to which the flows before are counted once and for all. */
const STRIDE = 512;

interface Counted {
  /** The first packet that was there: what a ring lets go takes flows along. */
  first: number;
  /** At k: flows of the transport with ids below k × STRIDE. */
  readonly before: number[];
}

/** By transport; as long as a capture is asked about, for every page of it asks. */
const countedOf = new WeakMap<CaptureReader, Map<number, Counted>>();

/**
 * Flows get their ids in the order of their first packets, so that a stream's number is the number of flows of the same
 * transport before it.
 */
export class StreamNumbers {
  private readonly counted: Map<number, Counted>;

  constructor(private readonly reader: CaptureReader) {
    const known = countedOf.get(reader);
    this.counted = known ?? new Map<number, Counted>();
    if (known === undefined) countedOf.set(reader, this.counted);
  }

  /** @returns undefined for no flow, and for one that an expired ring has taken along */
  of(flow: number): number | undefined {
    const { reader } = this;
    const transport = reader.statement('SELECT transport FROM flows WHERE id = ?').pluck().get(flow);
    if (typeof transport !== 'number') return undefined;
    const place = Math.floor(flow / STRIDE);
    const between = reader
      .statement('SELECT count(*) FROM flows WHERE transport = ? AND id >= ? AND id < ?')
      .pluck()
      .get(transport, place * STRIDE, flow) as number;
    return this.before(transport, place) + between;
  }

  /** Flows of a transport before the place; flows that come later all have greater ids than the one that was asked for. */
  private before(transport: number, place: number): number {
    const { reader } = this;
    const first = reader.firstNumber;
    let counted = this.counted.get(transport);
    if (counted === undefined || counted.first !== first) {
      counted = { first, before: [0] };
      this.counted.set(transport, counted);
    }
    const { before } = counted;
    if (place < before.length) return before[place];
    const from = before.length - 1;
    const groups = reader
      .statement(
        `SELECT id / ${STRIDE} AS place, count(*) AS flows FROM flows WHERE transport = ? AND id >= ? AND id < ? GROUP BY 1`,
      )
      .all(transport, from * STRIDE, place * STRIDE) as { place: number; flows: number }[];
    const flows = new Map(groups.map((group) => [group.place, group.flows]));
    for (let at = from; at < place; at++) before.push(before[at] + (flows.get(at) ?? 0));
    return before[place];
  }
}
