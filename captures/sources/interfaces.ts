/** Which interfaces there are to capture on. */
import { networkInterfaces } from 'node:os';
import { loadNative } from '../native/binding.js';
import { linkTypeOfDlt } from './live-link-types.js';
import { CaptureError } from './source.js';

export interface InterfaceInfo {
  readonly name: string;
  /** Empty where the system has none, as Linux for most. */
  readonly description: string;
  /** IPv4 and IPv6 addresses in text, without prefix length or zone. */
  readonly addresses: readonly string[];
  /** `02:00:00:00:00:01`; null for an interface that has none. */
  readonly mac: string | null;
  readonly loopback: boolean;
  readonly up: boolean;
  /** Up, and with a carrier. */
  readonly running: boolean;
  /** LINKTYPE_ values it can deliver, the default first; empty when it is down or may not be opened to ask. */
  readonly linkTypes: readonly number[];
}

/**
 * The interfaces as libpcap lists them, `any` and its other pseudo-devices among them; without the addon, those that
 * Node knows (up, with an address). Takes some ten milliseconds an interface, outside the event loop.
 *
 * @throws CaptureError `io` when the system does not answer.
 */
export function listInterfaces(): Promise<InterfaceInfo[]> {
  return list(true);
}

async function list(linkTypes: boolean): Promise<InterfaceInfo[]> {
  const native = loadNative();
  if (native instanceof CaptureError) {
    return listWithoutAddon();
  }
  try {
    const found = await native.listInterfaces(linkTypes);
    return found.map(({ dlts, ...info }) => ({ ...info, linkTypes: dlts.map(linkTypeOfDlt) }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CaptureError('io', `The interfaces cannot be listed: ${reason}`);
  }
}

/** What Node knows of the interfaces that are up and have an address. */
export function listWithoutAddon(): InterfaceInfo[] {
  return Object.entries(networkInterfaces()).map(([name, addresses = []]) => {
    const mac = addresses[0]?.mac ?? '00:00:00:00:00:00';
    return {
      name,
      description: '',
      addresses: addresses.map((address) => address.address),
      mac: mac === '00:00:00:00:00:00' ? null : mac,
      loopback: addresses.some((address) => address.internal),
      up: true,
      running: true,
      linkTypes: [],
    };
  });
}

/** Only the names, in a few milliseconds. @throws as listInterfaces */
export async function interfaceNames(): Promise<string[]> {
  return (await list(false)).map((info) => info.name);
}
