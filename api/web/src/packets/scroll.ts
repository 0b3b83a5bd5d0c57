/**
 * The place in a list of any length that a scroll bar stands for. Browsers limit an element's height (17 to 33 million
 * pixels), so that ten million rows do not fit: then the scroll bar says where, and wheel and keys move row by row.
 */

/** Below what every browser can lay out. */
export const TALLEST = 8_000_000;

export interface Extent {
  readonly rows: number;
  /** CSS pixels of a row. */
  readonly rowHeight: number;
  /** CSS pixels that are seen. */
  readonly viewport: number;
}

/** CSS pixels of the element that is scrolled. */
export const heightOf = ({ rows, rowHeight }: Extent): number => Math.min(rows * rowHeight, TALLEST);

/** Whether a pixel of the scroll bar is more than a pixel of the list. */
export const isMapped = ({ rows, rowHeight }: Extent): boolean => rows * rowHeight > TALLEST;

/** The greatest first row: the one with which the last row is at the bottom. */
export const lastTop = ({ rows, rowHeight, viewport }: Extent): number => Math.max(0, rows - viewport / rowHeight);

/** The first row that is seen, with the part of it that is above the edge, at a place of the scroll bar. */
export function topAt(scrollTop: number, extent: Extent): number {
  if (!isMapped(extent)) return Math.min(scrollTop / extent.rowHeight, lastTop(extent));
  const most = heightOf(extent) - extent.viewport;
  return Math.min(1, Math.max(0, scrollTop / most)) * lastTop(extent);
}

/** Where the scroll bar has to be for a first row. */
export function scrollTopOf(top: number, extent: Extent): number {
  if (!isMapped(extent)) return top * extent.rowHeight;
  const most = lastTop(extent);
  return most === 0 ? 0 : (top / most) * (heightOf(extent) - extent.viewport);
}
