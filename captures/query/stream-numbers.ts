/** The numbers that Wireshark gives to TCP and UDP conversations (`tcp.stream`, `udp.stream`), from the flows' ids. */

import type { CaptureReader } from './capture-reader.js';

interface Counted {
  readonly flow: number;
  readonly stream: number;
}

/**
 * Flows get their ids in the order of their first packets, so that a stream's number is the number of flows of the same
 * transport before it.
 */
export class StreamNumbers {
  /** By transport, the flow that was asked for last: most questions come in ascending order. */
  private readonly last = new Map<number, Counted>();

  constructor(private readonly reader: CaptureReader) {}

  /** @returns undefined for no flow, and for one that an expired ring has taken along */
  of(flow: number): number | undefined {
    const { reader } = this;
    const transport = reader.statement('SELECT transport FROM flows WHERE id = ?').pluck().get(flow);
    if (typeof transport !== 'number') return undefined;
    const known = this.last.get(transport);
    const from = known !== undefined && known.flow <= flow ? known : { flow: 0, stream: 0 };
    const between = reader
      .statement('SELECT count(*) FROM flows WHERE transport = ? AND id >= ? AND id < ?')
      .pluck()
      .get(transport, from.flow, flow) as number;
    const stream = from.stream + between;
    this.last.set(transport, { flow, stream });
    return stream;
  }
}
