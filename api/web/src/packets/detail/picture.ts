/**
 * Where the fields of a header lie in a picture of 32 bits a row, as RFCs draw them. It imports nothing, so that it can
 * be tested without a browser.
 */

export const ROW_BITS = 32;
/** Rows that are drawn. */
export const MOST_ROWS = 24;
/** Rows that one field takes; what is longer is drawn torn, with this many. */
const TALLEST = 3;

export interface Part {
  readonly from: number;
  readonly to: number;
  readonly generated: boolean;
  readonly children: readonly Part[];
}

export interface Cell<P extends Part> {
  /** undefined: bits that no field has. */
  readonly part: P | undefined;
  /** Row and column of the first bit, and of the last one. */
  readonly row: number;
  readonly column: number;
  readonly lastRow: number;
  readonly lastColumn: number;
  /** Whether rows of it are left out. */
  readonly torn: boolean;
}

export interface Picture<P extends Part> {
  readonly cells: readonly Cell<P>[];
  readonly rows: number;
  /** Octets from the header's start at which each row begins. */
  readonly offsets: readonly number[];
  /** Bits behind the last row that is drawn. */
  readonly left: number;
}

/** Whether parts lie side by side from one end to the other. */
function tile(parts: readonly Part[], from: number, to: number): boolean {
  let at = from;
  for (const part of parts) {
    if (part.from !== at) return false;
    at = part.to;
  }
  return at === to;
}

/** What is drawn of parts: the smallest that fill their place, without what is computed or lies elsewhere. */
function leaves<P extends Part & { readonly children: readonly P[] }>(
  parts: readonly P[],
  from: number,
  to: number,
): readonly P[] {
  const found: P[] = [];
  let at = from;
  const inOrder = parts
    .filter((part) => part.to > part.from && !part.generated && part.from >= from && part.to <= to)
    .sort((one, other) => one.from - other.from || other.to - one.to);
  for (const part of inOrder) {
    if (part.from < at) continue; // told already, by a field that begins earlier
    at = part.to;
    const inside = leaves(part.children, part.from, part.to);
    const single = inside.length === 1 && inside[0].from === part.from && inside[0].to === part.to;
    if (inside.length > 0 && !single && tile(inside, part.from, part.to)) found.push(...inside);
    else found.push(part);
  }
  return found;
}

/** The picture of a header from bit `from` to before bit `to`. */
export function pictureOf<P extends Part & { readonly children: readonly P[] }>(
  parts: readonly P[],
  from: number,
  to: number,
): Picture<P> {
  const cells: Cell<P>[] = [];
  const offsets: number[] = [];
  /** Bits that torn fields have taken out of the picture. */
  let removed = 0;
  const put = (part: P | undefined, start: number, end: number): boolean => {
    const first = start - from - removed;
    const row = Math.floor(first / ROW_BITS);
    if (row >= MOST_ROWS) return false;
    const rows = Math.floor((end - 1 - from - removed) / ROW_BITS) - row + 1;
    const torn = rows > TALLEST;
    for (let at = offsets.length; at < row + Math.min(rows, TALLEST); at++) {
      const tear = torn && at === row + TALLEST - 1 ? (rows - TALLEST) * ROW_BITS : 0;
      offsets[at] = (at * ROW_BITS + removed + tear) / 8;
    }
    if (torn) removed += (rows - TALLEST) * ROW_BITS;
    const last = end - 1 - from - removed;
    const lastRow = Math.floor(last / ROW_BITS);
    cells.push({ part, row, column: first % ROW_BITS, lastRow, lastColumn: last % ROW_BITS, torn });
    return true;
  };
  let at = from;
  for (const part of leaves(parts, from, to)) {
    if (part.from > at && !put(undefined, at, part.from)) break;
    if (!put(part, part.from, part.to)) {
      at = part.from;
      break;
    }
    at = part.to;
  }
  const full = cells.length > 0 && cells[cells.length - 1].lastRow + 1 >= MOST_ROWS;
  if (at < to && !full && put(undefined, at, to)) at = to;
  const rows = cells.length === 0 ? 0 : cells[cells.length - 1].lastRow + 1;
  return { cells, rows, offsets: offsets.slice(0, rows), left: to - at };
}

/** The outline of a cell as a polygon's points in bits and rows: the rest of a row, whole rows, the beginning of one. */
export function outline({ row, column, lastRow, lastColumn }: Omit<Cell<Part>, 'part'>): readonly [number, number][] {
  const end = lastColumn + 1;
  if (row === lastRow)
    return [
      [column, row],
      [end, row],
      [end, row + 1],
      [column, row + 1],
    ];
  return [
    [column, row],
    [ROW_BITS, row],
    [ROW_BITS, lastRow],
    [end, lastRow],
    [end, lastRow + 1],
    [0, lastRow + 1],
    [0, row + 1],
    [column, row + 1],
  ];
}

/** Where a cell's words go: the widest of its rows, of those as wide the middle one. Bits, and a row. */
export function labelPlace({ row, column, lastRow, lastColumn }: Omit<Cell<Part>, 'part'>): {
  readonly row: number;
  readonly rows: number;
  readonly from: number;
  readonly to: number;
} {
  if (row === lastRow) return { row, rows: 1, from: column, to: lastColumn + 1 };
  const firstFull = column === 0 ? row : row + 1;
  const lastFull = lastColumn === ROW_BITS - 1 ? lastRow : lastRow - 1;
  if (firstFull <= lastFull) return { row: firstFull, rows: lastFull - firstFull + 1, from: 0, to: ROW_BITS };
  return ROW_BITS - column >= lastColumn + 1
    ? { row, rows: 1, from: column, to: ROW_BITS }
    : { row: lastRow, rows: 1, from: 0, to: lastColumn + 1 };
}
