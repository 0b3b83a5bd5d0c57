/** The Name Resolution Blocks of an export: Wireshark then shows the names that netglass shows. */

import { isIPv4 } from 'node:net';
import { nameResolution } from '../formats/pcapng-writer.js';
import type { CaptureReader } from './capture-reader.js';
import { HostNames } from './host-names.js';
import { ipv6Octets } from './why-probes.js';

/** Milliseconds that looking for names may hold up the first packets. */
const PATIENCE = 150;
/** Addresses a block: some 100 octets each, and readers refuse blocks of 16 MB. */
const ADDRESSES_EACH = 10_000;

/** No block when no answer named an address. */
export async function nameBlocks(reader: CaptureReader, pause: () => Promise<void>): Promise<Uint8Array[]> {
  const hosts = new HostNames(reader);
  await hosts.update(PATIENCE, pause);
  const entries = hosts.all().map(({ address, names }) => ({
    address: Uint8Array.from(isIPv4(address) ? address.split('.').map(Number) : ipv6Octets(address)),
    // Readers that take one name take the first.
    names: [...names].reverse(),
  }));
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < entries.length; at += ADDRESSES_EACH)
    blocks.push(nameResolution(entries.slice(at, at + ADDRESSES_EACH)));
  return blocks;
}
