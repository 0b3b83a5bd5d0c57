/** The columns of the packet list. */

import type { PacketRow } from '../api/types';
import { addressIs } from '../filter/combine';
import { plain } from '../parts/plain';
import { text } from '../text';

export interface Column {
  /** Its name in the settings. A column of a field is called after the field. */
  readonly name: string;
  readonly title: string;
  /** CSS pixels until somebody changes it; undefined: what is left. */
  readonly width: number | undefined;
  readonly align?: 'end';
  readonly value: (row: PacketRow) => string;
  /** The display filter for a row's value; undefined where there is none. */
  readonly filter?: (row: PacketRow) => string | undefined;
}

/** Characters of a cell that are drawn. */
const CELL = 200;
const INFO = 400;

const titles = text.packets.columns;

export const COLUMNS: readonly Column[] = [
  {
    name: 'number',
    title: titles.number,
    width: 76,
    align: 'end',
    value: (row) => String(row.number),
    filter: (row) => `frame.number == ${row.number}`,
  },
  { name: 'time', title: titles.time, width: 112, align: 'end', value: (row) => row.relativeTime?.toFixed(6) ?? '' },
  {
    name: 'source',
    title: titles.source,
    width: 170,
    value: (row) => row.source ?? '',
    filter: (row) => addressIs(row.source ?? '', 'src'),
  },
  {
    name: 'destination',
    title: titles.destination,
    width: 170,
    value: (row) => row.destination ?? '',
    filter: (row) => addressIs(row.destination ?? '', 'dst'),
  },
  { name: 'protocol', title: titles.protocol, width: 84, value: (row) => plain(row.protocol, 40) },
  {
    name: 'length',
    title: titles.length,
    width: 64,
    align: 'end',
    value: (row) => String(row.length),
    filter: (row) => `frame.len == ${row.length}`,
  },
  { name: 'info', title: titles.info, width: undefined, value: (row) => plain(row.info, INFO) },
];

/** The columns of these names; a name that is none of the list's own is a field's. */
export function columnsOf(names: readonly string[]): readonly Column[] {
  return names.map(
    (name) =>
      COLUMNS.find((column) => column.name === name) ?? {
        name,
        title: name,
        width: 140,
        value: (row) => plain(row.fields?.[name]?.join(', ') ?? '', CELL),
      },
  );
}

/** CSS pixels that a column takes at least. */
export const NARROWEST = 40;
export const WIDEST = 2000;
/** What a column without a width takes at least. */
const REST = 190;
const GAP = 12;
const EDGE = 16;

/** The tracks of a row, and how many CSS pixels they need together. */
export function tracksOf(
  columns: readonly Column[],
  widths: Readonly<Record<string, number>>,
): { readonly template: string; readonly least: number } {
  let least = EDGE + GAP * (columns.length - 1);
  const tracks = columns.map(({ name, width }, at) => {
    const kept = widths[name];
    const set = typeof kept === 'number' ? Math.min(WIDEST, Math.max(NARROWEST, kept)) : width;
    least += set ?? REST;
    // Somebody has to take what is left.
    const last = at === columns.length - 1;
    return set === undefined ? `minmax(${REST}px, 1fr)` : last ? `minmax(${set}px, 1fr)` : `${set}px`;
  });
  return { template: tracks.join(' '), least };
}

/** The fields that have to be asked for, for these columns. */
export function fieldsOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => !COLUMNS.some((column) => column.name === name));
}
