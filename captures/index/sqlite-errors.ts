/** What SQLite's errors mean for an index. */

import Database from 'better-sqlite3';

/** Whether an error says that the index's content is at fault, so that another attempt would meet the same. */
export function isUnreadable(error: unknown): boolean {
  // A value that is no JSON is a damaged one too.
  if (error instanceof SyntaxError) return true;
  return (
    error instanceof Database.SqliteError &&
    /^SQLITE_(CORRUPT|NOTADB|ERROR|CONSTRAINT|MISMATCH|READONLY_ROLLBACK)/.test(error.code)
  );
}

/** Whether an error that came up while the index was being read says that its pages are damaged. */
export function isDamage(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ|READONLY_ROLLBACK)/.test(error.code)
  );
}

/** Whether the system refused something that reading an index needs, such as the room for its side files. */
export function isOutOfReach(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    /^SQLITE_(IOERR|CANTOPEN|FULL|READONLY|PERM)/.test(error.code) &&
    !isDamage(error)
  );
}
