/** "Apply as filter", from wherever a condition is to be seen. */

import { set, useSettings } from '../state/settings';
import { show, useView, type View } from '../state/view';
import { combine, type Way } from './combine';

/** Filters that are kept for the next time. */
const KEPT = 30;

/** Applies a filter, and keeps it for the next time. `more`: what else to look at. */
export function applyFilter(filter: string, more: Partial<View> = {}): void {
  const wanted = filter.trim();
  if (wanted !== '') {
    const { filters } = useSettings.getState();
    if (filters[0] !== wanted) set({ filters: [wanted, ...filters.filter((one) => one !== wanted)].slice(0, KEPT) });
  }
  show({ filter: wanted, ...more });
}

/** Puts a condition into the filter that is applied, or in its place. `more`: what else to look at. */
export function applyCondition(condition: string, way: Way = 'only', more: Partial<View> = {}): void {
  applyFilter(combine(useView.getState().filter, condition, way), more);
}
