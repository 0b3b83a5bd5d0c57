/** A table on the clipboard. */

import { copyText } from '../out/copy';
import { text } from '../text';
import type { GridColumn } from './grid';

const words = text.statistics;

interface Props<R> {
  readonly rows: readonly R[];
  readonly columns: readonly GridColumn<R>[];
}

/**
 * A cell of CSV, RFC 4180, section 2. What a spreadsheet would take for a formula has an apostrophe before it: names in a
 * capture are chosen by strangers.
 */
function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function CopyRows<R>({ rows, columns }: Props<R>) {
  const csv = () => {
    const lines = [
      columns.map(({ title }) => cell(title)),
      ...rows.map((row) => columns.map((one) => cell(one.value(row)))),
    ];
    return lines.map((line) => `${line.join(',')}\r\n`).join('');
  };
  const json = () =>
    JSON.stringify(
      rows.map((row) => Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null]))),
      null,
      1,
    );
  const copies = [
    { label: words.copyCsv, what: 'CSV', made: csv },
    { label: words.copyJson, what: 'JSON', made: json },
  ];
  return (
    <>
      {copies.map(({ label, what, made }) => (
        <button
          type="button"
          key={what}
          disabled={rows.length === 0}
          onClick={() => void copyText(words.copied(what, rows.length), made())}
        >
          {label}
        </button>
      ))}
    </>
  );
}
