/**
 * Challenge mode: chosen fields are hidden in tree, octets, header picture and list until somebody reveals them, so that
 * a class can be asked what they must be.
 */

import { create } from 'zustand';
import type { PacketRow } from '../api/types';

export interface Challenge {
  /** Filter names of the fields that are hidden. */
  readonly hidden: ReadonlySet<string>;
}

/** As many as a presenter may hide from viewers. */
const MOST = 200;

export const useChallenge = create<Challenge>(() => ({ hidden: new Set() }));

/** What stands in the place of a hidden value. */
export const HIDDEN = '▒▒▒';

export function hide(...names: readonly string[]): void {
  const hidden = new Set(useChallenge.getState().hidden);
  for (const name of names) if (hidden.size < MOST) hidden.add(name);
  useChallenge.setState({ hidden });
}

export function reveal(name: string): void {
  const hidden = new Set(useChallenge.getState().hidden);
  hidden.delete(name);
  useChallenge.setState({ hidden });
}

export function revealAll(): void {
  useChallenge.setState({ hidden: new Set() });
}

/** The fields that a column of the packet list tells. */
const TOLD: Readonly<Record<string, RegExp>> = {
  source: /^(eth|ip|ipv6|arp)\.(src|addr|src\.proto_ipv4)$/,
  destination: /^(eth|ip|ipv6|arp)\.(dst|addr|dst\.proto_ipv4)$/,
  protocol: /^(ip\.proto|ipv6\.nxt|eth\.type)$/,
  length: /^(frame|ip|udp|ipv6)\.(len|length|plen)$/,
};

/** Whether a cell of the packet list would tell what is hidden. The info column tells of everything. */
export function isToldBy(column: string, hidden: ReadonlySet<string>, row: PacketRow | undefined): boolean {
  if (hidden.size === 0 || row === undefined) return false;
  if (column === 'info') return true;
  const told = TOLD[column];
  return hidden.has(column) || (told !== undefined && [...hidden].some((name) => told.test(name)));
}
