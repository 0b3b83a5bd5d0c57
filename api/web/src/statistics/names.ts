/** What addresses are called, asked for as they come into sight. */

import { create } from 'zustand';
import { get } from '../api/client';
import { plain } from '../parts/plain';

interface Names {
  readonly capture: string;
  /** '' for an address without a name. */
  readonly known: ReadonlyMap<string, string>;
}

/** Addresses in one question: an address of IPv6 has up to 39 characters, and a question fits into a request's head. */
const AT_ONCE = 100;
/** Names in memory; then all are asked for again. */
const MOST = 20_000;
/** Characters of a name that are shown. */
const SHOWN = 120;
const WAIT_MS = 150;

export const useNames = create<Names>(() => ({ capture: '', known: new Map() }));

const wanted = new Set<string>();
let isAsking = false;

/** Says that these addresses are in sight. */
export function wantNames(capture: string, addresses: readonly string[]): void {
  if (useNames.getState().capture !== capture || useNames.getState().known.size > MOST) {
    wanted.clear();
    useNames.setState({ capture, known: new Map() });
  }
  const { known } = useNames.getState();
  for (const address of addresses) if (!known.has(address)) wanted.add(address);
  later();
}

function later(): void {
  if (isAsking || wanted.size === 0) return;
  isAsking = true;
  setTimeout(() => void ask(), WAIT_MS);
}

async function ask(): Promise<void> {
  const { capture } = useNames.getState();
  const addresses = [...wanted].slice(0, AT_ONCE);
  for (const address of addresses) wanted.delete(address);
  const found = new Map(addresses.map((address) => [address, '']));
  try {
    const { names } = await get('/api/captures/{id}/names', { id: capture }, { addresses });
    for (const { address, names: told, resolved, vendor } of names)
      found.set(address, plain(told.at(-1) ?? resolved?.at(-1) ?? vendor ?? '', SHOWN));
  } catch {
    // A table without names is still right; that the service is away is said elsewhere.
  }
  isAsking = false;
  if (useNames.getState().capture === capture)
    useNames.setState(({ known }) => ({ known: new Map([...known, ...found]) }));
  later();
}

/** @returns the name of an address, once it is known; '' where there is none */
export function Name({ address }: { readonly address: string }): string {
  return useNames(({ known }) => known.get(address)) ?? '';
}
