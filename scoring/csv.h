/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv.h - reads the small tables that an operator writes: inventory and places
 *
 * RFC 4180, strictly, from bytes: quotes, CRLF or LF, a byte order mark. Besides: '#' begins a comment line,
 * blank lines are skipped, spaces around an unquoted field do not count. The first row is the header; columns
 * may come in any order. Rows and fields have a largest size, so that a damaged file cannot make us keep
 * much. The bytes are not trusted: anything odd is a GError with file, line and column. No I/O here; one
 * reader, one thread.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "collector/base/cursor.h"

enum { CSV_ROW_MOST = 8192, CSV_COLUMNS_MOST = 32 };

typedef enum CsvResult { CSV_BAD = -1, CSV_END = 0, CSV_ROW = 1 } CsvResult;

/* A large struct, fit for the stack; only csv.c writes to it. */
typedef struct CsvReader {
    const char *name;                     /* of the file, for messages; borrowed */
    uint32_t line;                        /* where the current row begins, from 1 */
    const char *fields[CSV_COLUMNS_MOST]; /* of the current row, in the order of @columns; "" where absent */
    const char *const *columns;           /* borrowed */
    size_t n_columns;
    Cursor cur;
    uint32_t next_line;
    size_t n_file_columns;
    int column_of[CSV_COLUMNS_MOST];     /* file's column -> ours; -1: one that we do not know */
    const char *cells[CSV_COLUMNS_MOST]; /* of the current row, in the file's order */
    char text[CSV_ROW_MOST];
} CsvReader;

/* Reads the header. The first @n_required of @columns must be there. Borrows all it is given. */
bool csv_begin(CsvReader *self, const char *name, const void *bytes, size_t length,
               const char *const *columns, size_t n_columns, size_t n_required, GError **error);
/* The next row is in self->fields, which live until the next call. */
CsvResult csv_next(CsvReader *self, GError **error);
/* Sets "FILE:LINE: column 'COLUMN': ..." about the current row; returns false. */
bool csv_error(const CsvReader *self, size_t column, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* Sets "FILE:LINE: column 'COLUMN': 'VALUE' is no WHAT", with the nearest of @names if there is one. */
bool csv_error_name(const CsvReader *self, size_t column, const char *what, const char *const *names,
                    size_t n, GError **error);
