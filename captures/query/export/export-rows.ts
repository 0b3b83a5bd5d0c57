/** A capture, or a filter's matches in it, as CSV or JSON. */

import type { Mark } from '../../store/marks.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';
import { FilterRun } from '../filters/filter-run.js';
import { RowBuilder } from '../packet-rows.js';
import type { ExportQuery, PacketRow } from '../query-types.js';
import { StoredSession } from '../sessions/stored-session.js';

const COLUMNS = [
  'number',
  'time',
  'relativeTime',
  'source',
  'sourcePort',
  'destination',
  'destinationPort',
  'protocol',
  'length',
  'info',
] as const satisfies readonly (keyof PacketRow)[];

/** Rows gathered before a piece is handed out. */
const ROWS = 500;

/** @throws FilterError */
export function* exportRows(
  reader: CaptureReader,
  marks: readonly Mark[],
  query: ExportQuery,
): Generator<Uint8Array, void, undefined> {
  const json = query.format === 'json';
  const builder = new RowBuilder(reader, marks, [], new StoredSession(reader, { budget: Number.POSITIVE_INFINITY }));
  yield Buffer.from(json ? '[' : `${COLUMNS.join(',')}\r\n`);
  let separator = '';
  for (const refs of steps(reader, query.filter)) {
    // Nothing found is a piece too, an empty one, so that other questions get their turn.
    for (let from = 0; from < Math.max(1, refs.length); from += ROWS) {
      const lines: string[] = [];
      for (const ref of refs.slice(from, from + ROWS)) {
        const decoded = builder.decode(ref);
        if (decoded === undefined) continue;
        if (json) {
          const { row, layers } = decoded;
          lines.push(`${separator}\n${JSON.stringify({ ...row, layers }, bigints)}`);
          separator = ',';
        } else lines.push(`${COLUMNS.map((column) => cell(decoded.row[column])).join(',')}\r\n`);
      }
      yield Buffer.from(lines.join(''));
    }
  }
  if (json) yield Buffer.from('\n]\n');
}

function* steps(reader: CaptureReader, filter: string | undefined): Generator<readonly PacketRef[], void, undefined> {
  const last = reader.lastNumber;
  if (filter) {
    for (const { rows } of new FilterRun(reader, filter).matches(reader.firstNumber, last)) yield rows;
    return;
  }
  for (let after = 0; after < last; ) {
    const refs = reader.refs('p.number > ? AND p.number <= ?', [after, last], 10_000);
    if (refs.length === 0) return;
    yield refs;
    after = refs[refs.length - 1].number;
  }
}

/** RFC 4180, section 2; a leading character that a spreadsheet takes for a formula is defused. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
