/** The columns of the packet list. */

import type { PacketRow } from '../api/types';
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

const address = (field: 'src' | 'dst', value: string | null): string | undefined => {
  if (value === null) return undefined;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(value)) return `ip.${field} == ${value}`;
  if (/^([\da-f]{2}:){5}[\da-f]{2}$/i.test(value)) return `eth.${field} == ${value}`;
  return value.includes(':') ? `ipv6.${field} == ${value}` : undefined;
};

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
    filter: (row) => address('src', row.source),
  },
  {
    name: 'destination',
    title: titles.destination,
    width: 170,
    value: (row) => row.destination ?? '',
    filter: (row) => address('dst', row.destination),
  },
  { name: 'protocol', title: titles.protocol, width: 84, value: (row) => row.protocol },
  {
    name: 'length',
    title: titles.length,
    width: 64,
    align: 'end',
    value: (row) => String(row.length),
    filter: (row) => `frame.len == ${row.length}`,
  },
  { name: 'info', title: titles.info, width: undefined, value: (row) => row.info },
];

/** The columns of these names; a name that is none of the list's own is a field's. */
export function columnsOf(names: readonly string[]): readonly Column[] {
  return names.map(
    (name) =>
      COLUMNS.find((column) => column.name === name) ?? {
        name,
        title: name,
        width: 140,
        value: (row) => row.fields?.[name]?.join(',') ?? '',
      },
  );
}

/** The fields that have to be asked for, for these columns. */
export function fieldsOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => !COLUMNS.some((column) => column.name === name));
}
