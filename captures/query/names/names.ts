/** What addresses and ports are called: by the capture's own DNS answers, by IANA, by the IEEE. */

import type { FlowInfo } from '../query-types.js';
import type { HostName, HostNames } from './host-names.js';
import { serviceOf, vendorOf } from './well-known.js';

export interface AddressName {
  readonly address: string;
  /** The newest last. */
  readonly names: readonly string[];
  /** The packet that told the first of them; null when none did. */
  readonly packet: number | null;
  /** Who made the network card, of an Ethernet address; null when unknown. */
  readonly vendor: string | null;
}

export interface NamesAnswer {
  readonly names: readonly AddressName[];
}

/** Milliseconds that reading new answers may add to a list of flows; what is left is read next time. */
const PATIENCE = 50;

export class NameBook {
  constructor(
    private readonly hosts: HostNames,
    private readonly pause: () => Promise<void>,
  ) {}

  /** Adds to flows what their ends and the server's port are called. */
  async nameFlows(flows: readonly FlowInfo[]): Promise<FlowInfo[]> {
    await this.hosts.update(PATIENCE, this.pause);
    return flows.map((flow) => ({
      ...flow,
      hostnames: { client: this.hosts.of(flow.client), server: this.hosts.of(flow.server) },
      service: flow.serverPort === null ? null : serviceOf(flow.serverPort, flow.transport),
    }));
  }

  /** What addresses are called, as far as that is known soon; null: nothing. */
  async namesOf(addresses: readonly string[]): Promise<(string | null)[]> {
    await this.hosts.update(PATIENCE, this.pause);
    return addresses.map((address) => this.hosts.of(address));
  }

  /** @param addresses undefined: all that have a name */
  async answer(addresses: readonly string[] | undefined): Promise<NamesAnswer> {
    await this.hosts.update(Number.POSITIVE_INFINITY, this.pause);
    const all = this.hosts.all();
    if (addresses === undefined) return { names: all.map((host) => ({ ...host, vendor: null })) };
    const byAddress = new Map<string, HostName>(all.map((host) => [host.address, host]));
    return {
      names: addresses.map((address) => {
        const host = byAddress.get(address);
        return { address, names: host?.names ?? [], packet: host?.packet ?? null, vendor: vendorOf(address) };
      }),
    };
  }
}
