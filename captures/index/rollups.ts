/** Packets, octets and problems by second and protocol, gathered between commits: the rows of the table `seconds`. */

import { PacketFlag } from '../../decoders/core/index.js';

/** Flags that make a packet count as a problem. */
export const PROBLEM_FLAGS = PacketFlag.malformed | PacketFlag.badNetworkChecksum | PacketFlag.badTransportChecksum;
/** Rows that are gathered before they want to be written. */
const LIMIT = 4096;

interface Rollup {
  packets: number;
  bytes: number;
  problems: number;
}

export class Rollups {
  private readonly bySecond = new Map<number, Map<number, Rollup>>();
  private count = 0;

  get full(): boolean {
    return this.count > LIMIT;
  }

  /** @param time nanoseconds since the base time */
  add(time: number, protocol: number, length: number, flags: number): void {
    const second = Math.floor(time / 1e9);
    let byProtocol = this.bySecond.get(second);
    if (byProtocol === undefined) {
      byProtocol = new Map();
      this.bySecond.set(second, byProtocol);
    }
    let rollup = byProtocol.get(protocol);
    if (rollup === undefined) {
      this.count++;
      rollup = { packets: 0, bytes: 0, problems: 0 };
      byProtocol.set(protocol, rollup);
    }
    rollup.packets++;
    rollup.bytes += length;
    if ((flags & PROBLEM_FLAGS) !== 0) rollup.problems++;
  }

  /** Hands every row over and forgets it. */
  drain(store: (second: number, protocol: number, packets: number, bytes: number, problems: number) => void): void {
    for (const [second, byProtocol] of this.bySecond)
      for (const [protocol, { packets, bytes, problems }] of byProtocol)
        store(second, protocol, packets, bytes, problems);
    this.bySecond.clear();
    this.count = 0;
  }
}
