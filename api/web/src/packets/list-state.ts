/** The packet list that is shown: its rows, the first row that is seen, and whether it follows the newest packet. */

import { useMemo } from 'react';
import { create } from 'zustand';
import { ServiceError } from '../api/client';
import type { PacketRow } from '../api/types';
import { effectiveFilter, show, useView } from '../state/view';
import { added, filterOf, has, type Ranges, removed } from './ranges';
import { RowStore } from './row-store';

export interface ListState {
  readonly rows: RowStore | null;
  /** Place of the first row that is seen, with the part of it that is above the edge. */
  readonly top: number;
  /** Whether the newest packet is kept in sight. */
  readonly follow: boolean;
  /** Place of the selected packet; -1: none, or not known yet. */
  readonly selected: number;
  /** Whole rows that are seen. */
  readonly visible: number;
  /** Numbers of packets that were chosen together, for an export; none: the selected one alone. */
  readonly chosen: Ranges;
  /** Number of the packet from which Shift chooses. */
  readonly anchor: number | null;
}

export const useList = create<ListState>(() => ({
  rows: null,
  top: 0,
  follow: true,
  selected: -1,
  visible: 20,
  chosen: [],
  anchor: null,
}));

/** Opens the list of a capture under the view's filter. @returns what closes it */
export function openList(capture: string, fields: readonly string[]): () => void {
  const view = useView.getState();
  const rows = new RowStore(capture, effectiveFilter(view), fields);
  useList.setState({ rows, top: 0, selected: -1, follow: view.packet === null, chosen: [], anchor: null });
  if (view.packet !== null) void reveal(view.packet);
  return () => {
    rows.close();
    if (useList.getState().rows === rows) useList.setState({ rows: null });
  };
}

/** Brings a place into sight, by as little as possible or into the middle. */
export function scrollTo(place: number, middle = false): void {
  const { top, visible, rows } = useList.getState();
  const most = Math.max(0, (rows?.count ?? 0) - visible);
  const wanted = middle
    ? place - visible / 2
    : place < top
      ? place
      : place > top + visible - 1
        ? place - visible + 1
        : top;
  useList.setState({ top: Math.min(most, Math.max(0, wanted)) });
}

/** Calls back once `is` holds of a list that is still shown. */
function once(rows: RowStore, is: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (is()) resolve();
    else {
      const end = rows.subscribe(() => {
        if (!is() && useList.getState().rows === rows) return;
        end();
        resolve();
      });
    }
  });
}

/**
 * Selects the packet at a place, as soon as its row is there.
 * @param extend whether all packets from where the choice began are chosen with it
 */
export function select(place: number, extend = false): void {
  const { rows } = useList.getState();
  if (rows === null || rows.count === 0) return;
  const at = Math.min(rows.count - 1, Math.max(0, place));
  useList.setState({ selected: at, follow: false });
  scrollTo(at);
  if (rows.row(at) === undefined) rows.want(at, at);
  const moved = () => useList.getState().selected !== at || useList.getState().rows !== rows;
  void once(rows, () => moved() || rows.row(at) !== undefined).then(() => {
    const number = rows.row(at)?.number;
    if (moved() || number === undefined) return;
    choose(number, extend);
    show({ packet: number });
  });
}

function choose(number: number, extend: boolean): void {
  const { anchor } = useList.getState();
  if (extend && anchor !== null) useList.setState({ chosen: added([], anchor, number) });
  else useList.setState({ chosen: [], anchor: number });
}

/** Takes the packet at a place to those that were chosen, or out of them. */
export function toggle(place: number): void {
  const { rows, chosen, anchor } = useList.getState();
  const number = rows?.row(place)?.number;
  if (number === undefined) return;
  const packet = useView.getState().packet;
  const before = chosen.length === 0 && packet !== null ? added([], packet, packet) : chosen;
  const after = has(before, number) ? removed(before, number) : added(before, number, number);
  useList.setState({ chosen: after, anchor: anchor ?? number, selected: place, follow: false });
  show({ packet: number });
}

/** How many packets are in ranges; null: a filter hides some of them, and it is not known how many. */
function sizeOf(ranges: Ranges, rows: RowStore | null): number | null {
  const unknown = rows !== null && !rows.unfiltered && ranges.some(([first, last]) => last > first);
  return unknown ? null : ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** The packets that were chosen together, or the selected one: for exports. null: none. */
export function useChosen(): { readonly count: number | null; readonly filter: string } | null {
  const { chosen, rows } = useList();
  const packet = useView((view) => view.packet);
  return useMemo(() => {
    const ranges = chosen.length === 0 && packet !== null ? added([], packet, packet) : chosen;
    const numbers = filterOf(ranges);
    if (numbers === undefined) return null;
    const filter = rows === null || rows.unfiltered || chosen.length === 0 ? numbers : `(${rows.filter}) && ${numbers}`;
    return { count: sizeOf(ranges, rows), filter };
  }, [chosen, rows, packet]);
}

/** The packet that the list is on its way to. */
let revealing: number | null = null;

/** Selects a packet by its number, wherever in the list it is. */
export async function reveal(number: number): Promise<void> {
  const { rows } = useList.getState();
  revealing = number;
  show({ packet: number });
  try {
    if (rows !== null) await bring(rows, number);
  } catch (error) {
    // Where the service does not answer, the page says so already.
    if (rows !== null && error instanceof ServiceError) rows.problem = error;
  } finally {
    if (revealing === number) revealing = null;
  }
}

async function bring(rows: RowStore, number: number): Promise<void> {
  await once(rows, () => rows.ready || rows.problem !== undefined);
  const place = await rows.placeOf(number);
  // A filter finds its packets one after the other.
  await once(rows, () => rows.count > place || rows.complete || rows.problem !== undefined);
  if (useList.getState().rows !== rows || useView.getState().packet !== number) return;
  useList.setState({ selected: place, follow: false, chosen: [], anchor: number });
  scrollTo(place, true);
}

/** Brings the view's packet into sight when somebody else has chosen it: another part of the page, Back, a presenter. */
export function keepUp(packet: number | null): void {
  const { rows, selected } = useList.getState();
  if (packet === null) useList.setState({ selected: -1, chosen: [], anchor: null });
  else if (rows !== null && revealing !== packet && rows.row(selected)?.number !== packet) void reveal(packet);
}

/** Follows the newest packet, or stops where it is. */
export function setFollow(follow: boolean): void {
  useList.setState({ follow });
}

/** Opens the flow of a row. */
export function openFlow(row: PacketRow | undefined): void {
  if (row !== undefined && row.flow !== null) show({ tab: 'flows', flow: row.flow, packet: row.number });
}
