/** Changes to the columns of the packet list; they are kept. */

import { set, useSettings } from '../state/settings';

/** Columns at most: the service gives at most 100 fields with a row, and nobody reads as many. */
export const MOST_COLUMNS = 30;

/** Takes a column in, before the last one. */
export function add(name: string): void {
  const { columns } = useSettings.getState();
  if (columns.includes(name) || columns.length >= MOST_COLUMNS) return;
  const at = Math.max(0, columns.length - 1);
  set({ columns: [...columns.slice(0, at), name, ...columns.slice(at)] });
}

/** Takes a column out, unless it is the last one that there is. */
export function remove(name: string): void {
  const { columns } = useSettings.getState();
  if (columns.length > 1) set({ columns: columns.filter((one) => one !== name) });
}

/** Moves a column by so many places. */
export function move(name: string, by: number): void {
  const columns = [...useSettings.getState().columns];
  const from = columns.indexOf(name);
  const to = Math.min(columns.length - 1, Math.max(0, from + by));
  if (from < 0) return;
  columns.splice(from, 1);
  columns.splice(to, 0, name);
  set({ columns });
}
