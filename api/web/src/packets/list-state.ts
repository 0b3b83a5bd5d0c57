/** The packet list that is shown: its rows, the first row that is seen, and whether it follows the newest packet. */

import { create } from 'zustand';
import { effectiveFilter, show, useView } from '../state/view';
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
}

export const useList = create<ListState>(() => ({ rows: null, top: 0, follow: true, selected: -1, visible: 20 }));

/** Opens the list of a capture under the view's filter. @returns what closes it */
export function openList(capture: string, fields: readonly string[]): () => void {
  const view = useView.getState();
  const rows = new RowStore(capture, effectiveFilter(view), fields);
  useList.setState({ rows, top: 0, selected: -1, follow: view.packet === null });
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

/** Selects the packet at a place, as soon as its row is there. */
export function select(place: number): void {
  const { rows } = useList.getState();
  if (rows === null || rows.count === 0) return;
  const at = Math.min(rows.count - 1, Math.max(0, place));
  useList.setState({ selected: at, follow: false });
  scrollTo(at);
  const row = rows.row(at);
  if (row !== undefined) show({ packet: row.number });
  else {
    rows.want(at, at);
    const end = rows.subscribe(() => {
      if (useList.getState().selected !== at || useList.getState().rows !== rows) end();
      else if (rows.row(at) !== undefined) {
        end();
        show({ packet: rows.row(at)?.number ?? null });
      }
    });
  }
}

/** Selects a packet by its number, wherever in the list it is. */
export async function reveal(number: number): Promise<void> {
  const { rows } = useList.getState();
  show({ packet: number });
  if (rows === null) return;
  const place = await rows.placeOf(number);
  if (useList.getState().rows !== rows) return;
  useList.setState({ selected: place, follow: false });
  scrollTo(place, true);
}

/** Follows the newest packet, or stops where it is. */
export function setFollow(follow: boolean): void {
  useList.setState({ follow });
}
