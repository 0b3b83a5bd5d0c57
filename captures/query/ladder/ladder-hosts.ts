/** The lifelines of a ladder: one a host, or one an end where both ends are on the same host. */

import type { LadderHost } from '../query-types.js';

/** What a step says of its ends. */
export interface StepEnds {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** Whether the flow's server sent it. */
  readonly fromServer: boolean;
}

export class LadderHosts {
  readonly hosts: LadderHost[] = [];
  private readonly places = new Map<string, number>();

  /** @param single the ladder of one flow: its two ends have ports of their own */
  constructor(private readonly single: boolean) {}

  add(host: LadderHost): number {
    const key = `${host.address} ${host.port}`;
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.hosts.push(host);
    this.places.set(key, this.hosts.length - 1);
    return this.hosts.length - 1;
  }

  /** Places in `hosts` of the sender and of the receiver. */
  of({ source, destination, sourcePort, destinationPort, fromServer }: StepEnds): { from: number; to: number } {
    if (this.single)
      return {
        from: this.add({ address: source, port: sourcePort }),
        to: this.add({ address: destination, port: destinationPort }),
      };
    // On loopback both ends have one address: a program that talks to itself would be an arrow from a line to itself.
    const same = source === destination;
    return {
      from: this.add({ address: source, port: same && fromServer ? sourcePort : null }),
      to: this.add({ address: destination, port: same && !fromServer ? destinationPort : null }),
    };
  }
}
