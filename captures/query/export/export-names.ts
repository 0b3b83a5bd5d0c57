/** The Name Resolution Blocks of an export: Wireshark then shows the names that netglass shows. */

import { addressOctets } from '../../../decoders/filter/octets.js';
import { nameResolution } from '../../formats/pcapng-writer.js';
import type { HostNames } from '../names/host-names.js';

/** Milliseconds that looking for names that are not known yet may hold up the first packets. */
const PATIENCE = 150;
/** Addresses a block: some 100 octets each, and readers refuse blocks of 16 MB. */
const ADDRESSES_EACH = 10_000;

/** No block when no answer named an address. */
export async function nameBlocks(hosts: HostNames, pause: () => Promise<void>): Promise<Uint8Array[]> {
  await hosts.update(PATIENCE, pause);
  const entries = hosts.all().flatMap(({ address, names }) => {
    const octets = addressOctets(address);
    // Readers that take one name take the first.
    return octets === undefined ? [] : [{ address: octets, names: [...names].reverse() }];
  });
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < entries.length; at += ADDRESSES_EACH)
    blocks.push(nameResolution(entries.slice(at, at + ADDRESSES_EACH)));
  return blocks;
}
