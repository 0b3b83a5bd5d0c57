/** The SQLite extension that is built with the capture addon: columns(data, count). */

import { beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { columnsExtensionPath } from '../../captures/native/binding.js';

const extension = columnsExtensionPath();
const describeBuilt = extension === undefined ? describe.skip : describe;

function blob(...columns: number[][]): Buffer {
  return Buffer.from(new Float64Array(columns.flat()).buffer);
}

describeBuilt('columns()', () => {
  let db: Database.Database;
  beforeEach(() => {
    db = new Database(':memory:');
    db.loadExtension(extension as string);
  });

  test('presents columns as rows of integers', () => {
    const rows = db.prepare('SELECT c0, c1, c2 FROM columns(?, 2)').all(blob([1, -2, 2 ** 52], [4, 5, 6]));
    expect(rows).toEqual([
      { c0: 1, c1: 4, c2: null },
      { c0: -2, c1: 5, c2: null },
      { c0: 2 ** 52, c1: 6, c2: null },
    ]);
  });

  test('has integers, not floating-point numbers, and NULL for what is none', () => {
    const values = [1.9, -1.9, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63, -(2 ** 63)];
    const rows = db.prepare('SELECT typeof(c0) AS type, CAST(c0 AS TEXT) AS text FROM columns(?, 1)').all(blob(values));
    expect(rows).toEqual([
      { type: 'integer', text: '1' },
      { type: 'integer', text: '-1' },
      { type: 'null', text: null },
      { type: 'null', text: null },
      { type: 'null', text: null },
      { type: 'integer', text: '-9223372036854775808' },
    ]);
  });

  test('has sixteen columns at most', () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => [i]);
    const row = db.prepare('SELECT * FROM columns(?, 16)').get(blob(...sixteen)) as Record<string, number>;
    expect(Object.values(row)).toEqual(sixteen.flat());
  });

  test('is empty for an empty blob', () => {
    expect(db.prepare('SELECT * FROM columns(?, 3)').all(Buffer.alloc(0))).toEqual([]);
  });

  test('fills a STRICT table in one statement, in order', () => {
    db.exec('CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER) STRICT');
    const a = Array.from({ length: 50_000 }, (_, i) => i);
    db.prepare('INSERT INTO t SELECT c0, c1 FROM columns(?, 2)').run(
      blob(
        a,
        a.map((i) => i * 2),
      ),
    );
    expect(db.prepare('SELECT count(*) AS n, sum(b) AS s, max(rowid) AS m FROM t').get()).toEqual({
      n: 50_000,
      s: 2_499_950_000,
      m: 49_999,
    });
  });

  test('joins with its arguments from another table, and with itself', () => {
    db.exec('CREATE TABLE parts(id INTEGER, data BLOB)');
    const add = db.prepare('INSERT INTO parts VALUES (?, ?)');
    add.run(1, blob([1, 2]));
    add.run(2, blob([3]));
    expect(db.prepare('SELECT id, c0 FROM parts, columns(parts.data, 1) ORDER BY id, c0').raw().all()).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
    ]);
    const both = 'SELECT x.c0, y.c0 FROM columns(?, 1) x JOIN columns(?, 1) y ON y.c0 = x.c0';
    expect(
      db
        .prepare(both)
        .raw()
        .all(blob([1, 2, 3]), blob([3, 1])),
    ).toHaveLength(2);
  });

  test.each([
    ['SELECT * FROM columns(?, 3)', blob([1], [2]), '16 octets are not 3 columns'],
    ['SELECT * FROM columns(?, 1)', Buffer.alloc(7), '7 octets are not 1 columns'],
    ['SELECT * FROM columns(?, 0)', blob([1]), 'count is 0'],
    ['SELECT * FROM columns(?, 17)', blob([1]), 'count is 17'],
    ['SELECT * FROM columns(?, -1)', blob([1]), 'count is -1'],
    ['SELECT * FROM columns(?, 9223372036854775807)', blob([1]), 'count is 9223372036854775807'],
    ['SELECT * FROM columns(?, 1)', 'text', 'data is no BLOB'],
    ['SELECT * FROM columns(?, 1)', null, 'data is no BLOB'],
    ["SELECT * FROM columns(?, 'x')", blob([1]), 'count is 0'],
  ])('refuses %s of %p', (sql, data, words) => {
    expect(() => db.prepare(sql).all(data)).toThrow(words);
  });

  test('refuses missing arguments', () => {
    expect(() => db.prepare('SELECT * FROM columns(?)').all(blob([1]))).toThrow('two arguments');
    expect(() => db.prepare('SELECT * FROM columns').all()).toThrow('two arguments');
  });
});
