/** Puts a batch of summary columns into the table `packets`, by the fastest way that this machine has. */

import type Database from 'better-sqlite3';
import type { Columns } from '../../decoders/core/index.js';
import { columnsExtensionPath } from '../native/binding.js';

const COLUMNS = 9;
/** Rows of one multi-row INSERT; more bind variables gain nothing. */
const ROWS_PER_STATEMENT = 200;

export interface PacketRows {
  /**
   * Inserts the rows from `firstRow` to before `lastRow`, by default all, the first with this packet number, which
   * must be above all that are there. Call it inside a transaction.
   */
  insert(columns: Columns, firstNumber: number, firstRow?: number, lastRow?: number): void;
}

/**
 * With the native extension a batch is one statement over one blob (3 million rows/s measured); without it,
 * statements of 200 rows (1.4 million rows/s).
 *
 * @param extension the native extension's file; the empty string: do without
 */
export function packetRows(db: Database.Database, extension = columnsExtensionPath()): PacketRows {
  const bound = boundRows(db);
  if (extension === '' || extension === undefined) return bound;
  db.loadExtension(extension);
  return blobRows(db, bound);
}

/** The columns of `packets` after the number, in the order in which they are inserted. */
const NAMES = ['time', 'length', 'captured', 'offset', 'interface', 'flow', 'protocol', 'flags'] as const;

/**
 * The first row of a batch says its number; for the others SQLite takes the next one itself, which lets it append
 * to the table without looking for the place first: a quarter less time a row. A column in which all rows of the batch
 * are alike (the interface nearly always, in a flood the flow, protocol and lengths too) is bound once: reading a cell
 * through the table-valued function costs as much as all the rest of storing it.
 */
function blobRows(db: Database.Database, bound: PacketRows): PacketRows {
  const statements = new Map<number, Database.Statement>();
  let blob = new Float64Array(0);
  return {
    insert(columns, firstNumber, firstRow = 0, lastRow = columns.rows) {
      if (firstRow >= lastRow) return;
      bound.insert(columns, firstNumber, firstRow, firstRow + 1);
      const from = firstRow + 1;
      const rows = lastRow - from;
      if (rows === 0) return;
      if (blob.length < rows * NAMES.length) blob = new Float64Array(columns.capacity * NAMES.length);
      const constants: number[] = [];
      let mask = 0;
      let cells = 0;
      NAMES.forEach((name, index) => {
        const source = columns[name];
        if (index > 0 && isConstant(source, from, lastRow)) constants.push(source[from]);
        else {
          const to = cells++ * rows;
          for (let i = 0; i < rows; i++) blob[to + i] = source[from + i];
          mask |= 1 << index;
        }
      });
      let statement = statements.get(mask);
      if (statement === undefined) {
        statement = db.prepare(insertFor(mask, cells));
        statements.set(mask, statement);
      }
      statement.run(...constants, Buffer.from(blob.buffer, 0, rows * cells * 8));
    },
  };
}

/** The statement that takes the columns of `mask` from the blob, and one value for each of the others. */
function insertFor(mask: number, cells: number): string {
  let cell = 0;
  const values = NAMES.map((_name, index) => ((mask & (1 << index)) === 0 ? '?' : `c${cell++}`));
  return `INSERT INTO packets (${NAMES.join(', ')}) SELECT ${values.join(', ')} FROM columns(?, ${cells})`;
}

function isConstant(source: Float64Array | Uint32Array | Uint16Array, from: number, to: number): boolean {
  const first = source[from];
  for (let i = from + 1; i < to; i++) if (source[i] !== first) return false;
  return true;
}

function boundRows(db: Database.Database): PacketRows {
  const values = (rows: number) =>
    db.prepare(`INSERT INTO packets VALUES ${Array(rows).fill('(?,?,?,?,?,?,?,?,?)').join(',')}`);
  const many = values(ROWS_PER_STATEMENT);
  const one = values(1);
  const bound = new Array<number | null>(ROWS_PER_STATEMENT * COLUMNS);
  return {
    insert(columns, firstNumber, firstRow = 0, lastRow = columns.rows) {
      const base = firstNumber - firstRow;
      let row = firstRow;
      for (; row + ROWS_PER_STATEMENT <= lastRow; row += ROWS_PER_STATEMENT) {
        for (let i = 0; i < ROWS_PER_STATEMENT; i++) bind(columns, row + i, base, i * COLUMNS);
        many.run(bound);
      }
      for (; row < lastRow; row++) {
        bind(columns, row, base, 0);
        one.run(bound.slice(0, COLUMNS));
      }
    },
  };

  /** @param base what the packet number is more than the row */
  function bind(columns: Columns, row: number, base: number, at: number): void {
    const time = columns.time[row];
    bound[at] = base + row;
    bound[at + 1] = Number.isNaN(time) ? null : time;
    bound[at + 2] = columns.length[row];
    bound[at + 3] = columns.captured[row];
    bound[at + 4] = columns.offset[row];
    bound[at + 5] = columns.interface[row];
    bound[at + 6] = columns.flow[row];
    bound[at + 7] = columns.protocol[row];
    bound[at + 8] = columns.flags[row];
  }
}
