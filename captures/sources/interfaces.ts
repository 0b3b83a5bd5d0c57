/** Which interfaces there are to capture on. */
import { networkInterfaces } from 'node:os';
import { loadNative, type NativeBinding } from '../native/binding.js';
import { type InterfaceCounters, interfaceCounters } from './interface-counters.js';
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
  /** Its traffic so far; null where the kernel does not say. */
  readonly counters: InterfaceCounters | null;
}

/**
 * Milliseconds for which the link types of an interface are believed: asking opens it, and whoever draws its traffic asks
 * every second. One that had none was down, or not to be opened, which may change sooner.
 */
const FRESH = 60_000;
const FRESH_NONE = 5_000;
const knownLinkTypes = new Map<string, { readonly linkTypes: readonly number[]; readonly until: number }>();

/**
 * The interfaces as libpcap lists them, `any` and its other pseudo-devices among them; without the addon, those that
 * Node knows (up, with an address). Takes some ten milliseconds for an interface that was not asked for its link types in
 * the last minute, outside the event loop.
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
    return withCounters(linkTypes ? await withLinkTypes(native) : await named(native));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CaptureError('io', `The interfaces cannot be listed: ${reason}`);
  }
}

type Uncounted = Omit<InterfaceInfo, 'counters'>;

/** The interfaces without their link types, which is quick. */
async function named(native: NativeBinding): Promise<Uncounted[]> {
  return (await native.listInterfaces(false)).map(({ dlts: _, ...info }) => ({ ...info, linkTypes: [] }));
}

async function withLinkTypes(native: NativeBinding): Promise<Uncounted[]> {
  const now = performance.now();
  const found = await named(native);
  const known = found.map(({ name }) => knownLinkTypes.get(name));
  if (known.every((one) => one !== undefined && one.until > now))
    return found.map((info, index) => ({ ...info, linkTypes: known[index]!.linkTypes }));
  const asked = (await native.listInterfaces(true)).map(({ dlts, ...info }) => ({
    ...info,
    linkTypes: dlts.map(linkTypeOfDlt),
  }));
  // Those that are gone are forgotten with it.
  knownLinkTypes.clear();
  for (const { name, linkTypes } of asked)
    knownLinkTypes.set(name, { linkTypes, until: now + (linkTypes.length === 0 ? FRESH_NONE : FRESH) });
  return asked;
}

function withCounters(found: readonly Uncounted[]): InterfaceInfo[] {
  const loopback = new Set(found.filter((info) => info.loopback).map(({ name }) => name));
  const counters = interfaceCounters((name) => loopback.has(name));
  return found.map((info) => ({ ...info, counters: counters.get(info.name) ?? null }));
}

/** What Node knows of the interfaces that are up and have an address. */
export function listWithoutAddon(): InterfaceInfo[] {
  const found = Object.entries(networkInterfaces()).map(([name, addresses = []]) => {
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
  return withCounters(found);
}

/** Only the names, in a few milliseconds. @throws as listInterfaces */
export async function interfaceNames(): Promise<string[]> {
  return (await list(false)).map((info) => info.name);
}
