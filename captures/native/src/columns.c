/*
 * columns(data, count): a SQLite table-valued function that presents a column-major block of numbers as rows, so that
 * one INSERT … SELECT stores tens of thousands of packets without binding each of their values.
 *
 *   SELECT c0, c1 FROM columns(?, 2)
 *
 * `data` is a BLOB of `count` columns (1 … 16), each the same number of little-endian float64 values, back to back. A
 * value becomes an INTEGER, cut towards zero; NaN, infinities and what does not fit in 64 bits become NULL. Columns from
 * `count` on are NULL. A blob that is no such block is an SQL error.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3ext.h"
SQLITE_EXTENSION_INIT1

#define VISIBLE 16
#define DATA_COLUMN VISIBLE
#define COUNT_COLUMN (VISIBLE + 1)

typedef struct {
  sqlite3_vtab_cursor base;
  sqlite3_value *held; /* keeps `data` alive between xFilter and the last row */
  const unsigned char *data;
  sqlite3_int64 rows;
  sqlite3_int64 row;
  int count;
} Cursor;

static int columnsConnect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **error) {
  (void)aux, (void)argc, (void)argv, (void)error;
  int status = sqlite3_declare_vtab(db,
                                    "CREATE TABLE x(c0 INTEGER, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER, "
                                    "c5 INTEGER, c6 INTEGER, c7 INTEGER, c8 INTEGER, c9 INTEGER, c10 INTEGER, "
                                    "c11 INTEGER, c12 INTEGER, c13 INTEGER, c14 INTEGER, c15 INTEGER, "
                                    "data HIDDEN, count HIDDEN)");
  if (status != SQLITE_OK) return status;
  *out = sqlite3_malloc(sizeof(sqlite3_vtab));
  if (*out == NULL) return SQLITE_NOMEM;
  memset(*out, 0, sizeof(sqlite3_vtab));
  return SQLITE_OK;
}

static int columnsDisconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

static int columnsBestIndex(sqlite3_vtab *table, sqlite3_index_info *plan) {
  int data = -1;
  int count = -1;
  for (int i = 0; i < plan->nConstraint; i++) {
    int column = plan->aConstraint[i].iColumn;
    if (plan->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (column != DATA_COLUMN && column != COUNT_COLUMN) continue;
    /* An argument that another table of the join supplies: this order cannot work, another may. */
    if (!plan->aConstraint[i].usable) return SQLITE_CONSTRAINT;
    if (column == DATA_COLUMN) data = i;
    if (column == COUNT_COLUMN) count = i;
  }
  if (data < 0 || count < 0) {
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("columns() takes two arguments: data and count");
    return SQLITE_ERROR;
  }
  plan->aConstraintUsage[data].argvIndex = 1;
  plan->aConstraintUsage[data].omit = 1;
  plan->aConstraintUsage[count].argvIndex = 2;
  plan->aConstraintUsage[count].omit = 1;
  plan->estimatedCost = 10000;
  plan->estimatedRows = 10000;
  return SQLITE_OK;
}

static int columnsOpen(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  (void)table;
  Cursor *cursor = sqlite3_malloc(sizeof(Cursor));
  if (cursor == NULL) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof(Cursor));
  *out = &cursor->base;
  return SQLITE_OK;
}

static int columnsClose(sqlite3_vtab_cursor *base) {
  Cursor *cursor = (Cursor *)base;
  sqlite3_value_free(cursor->held);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int refuse(Cursor *cursor, char *message) {
  sqlite3_free(cursor->base.pVtab->zErrMsg);
  cursor->base.pVtab->zErrMsg = message;
  return SQLITE_ERROR;
}

static int columnsFilter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc, sqlite3_value **argv) {
  (void)plan, (void)text;
  Cursor *cursor = (Cursor *)base;
  sqlite3_value_free(cursor->held);
  cursor->held = NULL;
  cursor->data = NULL;
  cursor->rows = cursor->row = 0;
  if (argc != 2) return refuse(cursor, sqlite3_mprintf("columns() takes two arguments: data and count"));
  sqlite3_int64 count = sqlite3_value_int64(argv[1]);
  if (count < 1 || count > VISIBLE) {
    return refuse(cursor, sqlite3_mprintf("columns(): count is %lld, not 1 to %d", count, VISIBLE));
  }
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB) return refuse(cursor, sqlite3_mprintf("columns(): data is no BLOB"));
  int bytes = sqlite3_value_bytes(argv[0]);
  if (bytes % (8 * (int)count) != 0) {
    return refuse(cursor, sqlite3_mprintf("columns(): %d octets are not %lld columns of float64", bytes, count));
  }
  if (bytes == 0) return SQLITE_OK;
  cursor->held = sqlite3_value_dup(argv[0]);
  if (cursor->held == NULL) return SQLITE_NOMEM;
  cursor->data = sqlite3_value_blob(cursor->held);
  if (cursor->data == NULL) return SQLITE_NOMEM;
  cursor->count = (int)count;
  cursor->rows = bytes / (8 * count);
  return SQLITE_OK;
}

static int columnsNext(sqlite3_vtab_cursor *base) {
  ((Cursor *)base)->row++;
  return SQLITE_OK;
}

static int columnsEof(sqlite3_vtab_cursor *base) {
  Cursor *cursor = (Cursor *)base;
  return cursor->row >= cursor->rows;
}

static double readFloat64(const unsigned char *at) {
  uint64_t bits;
  memcpy(&bits, at, 8); /* a blob need not be aligned */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  bits = __builtin_bswap64(bits);
#endif
  double value;
  memcpy(&value, &bits, 8);
  return value;
}

static int columnsColumn(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  Cursor *cursor = (Cursor *)base;
  if (column >= cursor->count || cursor->row >= cursor->rows) return SQLITE_OK; /* NULL */
  double value = readFloat64(cursor->data + 8 * (column * cursor->rows + cursor->row));
  /* False for NaN too. 2^63 itself does not fit. */
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0) {
    sqlite3_result_int64(context, (sqlite3_int64)value);
  }
  return SQLITE_OK;
}

static int columnsRowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
  *rowid = ((Cursor *)base)->row;
  return SQLITE_OK;
}

static const sqlite3_module columnsModule = {
    .xConnect = columnsConnect, /* no xCreate: eponymous only */
    .xBestIndex = columnsBestIndex,
    .xDisconnect = columnsDisconnect,
    .xOpen = columnsOpen,
    .xClose = columnsClose,
    .xFilter = columnsFilter,
    .xNext = columnsNext,
    .xEof = columnsEof,
    .xColumn = columnsColumn,
    .xRowid = columnsRowid,
};

/* SQLite derives this name from the file's, netglass_columns. */
#ifdef _WIN32
__declspec(dllexport)
#else
__attribute__((visibility("default")))
#endif
int sqlite3_netglasscolumns_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
  (void)error;
  SQLITE_EXTENSION_INIT2(api);
  return sqlite3_create_module(db, "columns", &columnsModule, NULL);
}
