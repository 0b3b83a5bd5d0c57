/** Rows in order. */

import type { GridColumn, Sorted } from './grid';

const names = new Intl.Collator('en', { numeric: true });

/** A copy of the rows, sorted by a column; what has no value is last, whichever way. */
export function sortRows<R>(rows: readonly R[], columns: readonly GridColumn<R>[], { by, down }: Sorted): readonly R[] {
  const column = columns.find(({ name }) => name === by);
  if (column === undefined) return rows;
  const sign = down ? -1 : 1;
  return [...rows].sort((one, two) => {
    const [a, b] = [column.value(one) ?? null, column.value(two) ?? null];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : names.compare(String(a), String(b)));
  });
}
