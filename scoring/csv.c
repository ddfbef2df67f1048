/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv.c - see csv.h */
#include "scoring/csv.h"

#include <gio/gio.h>
#include <string.h>

#include "collector/base/nearest.h"

static bool
line_error(const CsvReader *self, uint32_t line, GError **error, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %s", self->name, line, what);
    return false;
}

bool
csv_error(const CsvReader *self, size_t column, GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: column '%s': %s", self->name, self->line,
                self->columns[column], what);
    return false;
}

bool
csv_error_name(const CsvReader *self, size_t column, const char *what, const char *const *names, size_t n,
               GError **error)
{
    const char *near = nearest_name(self->fields[column], names, n);
    g_autofree char *value = g_utf8_make_valid(self->fields[column], -1);

    return csv_error(self, column, error, "'%.64s' is no %s%s%s%s", value, what,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                     near != NULL ? "'?" : "");
}

static int
peek(const CsvReader *self)
{
    return cursor_left(&self->cur) == 0 ? -1 : self->cur.at[0];
}

static void
skip_blanks(CsvReader *self)
{
    while (peek(self) == ' ' || peek(self) == '\t')
        cursor_u8(&self->cur);
}

/* Steps over one line end, if we stand before one: LF, CRLF, or the end of the file. */
static bool
take_line_end(CsvReader *self)
{
    if (peek(self) == '\r' && cursor_left(&self->cur) > 1 && self->cur.at[1] == '\n')
        cursor_u8(&self->cur);
    if (peek(self) == '\n') {
        cursor_u8(&self->cur);
        self->next_line++;
        return true;
    }
    return peek(self) == -1;
}

/* Comments and blank lines. False at the end of the file. */
static bool
skip_to_row(CsvReader *self)
{
    while (cursor_left(&self->cur) > 0) {
        const uint8_t *begin = self->cur.at;
        skip_blanks(self);
        if (peek(self) == '#') {
            while (peek(self) != -1 && peek(self) != '\n')
                cursor_u8(&self->cur);
            take_line_end(self);
        } else if (!take_line_end(self)) {
            self->cur.at = begin;
            return true;
        }
    }
    return false;
}

/* Appends to the row's text. False when the row is too long; room for the closing zero is always kept. */
static bool
put(CsvReader *self, size_t *used, int c)
{
    if (*used + 1 >= sizeof self->text)
        return false;
    self->text[(*used)++] = (char)c;
    return true;
}

static bool
read_quoted(CsvReader *self, size_t *used, GError **error)
{
    cursor_u8(&self->cur);
    for (;;) {
        int c = peek(self);
        if (c == -1)
            return line_error(self, self->line, error, "a quote that is never closed");
        cursor_u8(&self->cur);
        if (c == '"' && peek(self) != '"')
            break;
        if (c == '"')
            cursor_u8(&self->cur);
        if (c == '\n')
            self->next_line++;
        if (c == 0)
            return line_error(self, self->next_line, error, "a zero byte; this is no text file");
        if (!put(self, used, c))
            return line_error(self, self->line, error, "the row is longer than 8 KiB; is a quote missing?");
    }
    skip_blanks(self);
    int next = peek(self);
    if (next != -1 && next != ',' && next != '\n' && next != '\r')
        return line_error(self, self->next_line, error, "text behind a closing quote");
    return true;
}

static bool
read_plain(CsvReader *self, size_t *used, GError **error)
{
    size_t from = *used;

    for (int c; (c = peek(self)) != -1 && c != ',' && c != '\n';) {
        if (c == '\r' && cursor_left(&self->cur) > 1 && self->cur.at[1] == '\n')
            break;
        if (c == '"')
            return line_error(
                self, self->line, error,
                "a quote inside a field; put the whole field in quotes and double the inner ones");
        if (c == 0)
            return line_error(self, self->line, error, "a zero byte; this is no text file");
        cursor_u8(&self->cur);
        if (!put(self, used, c))
            return line_error(self, self->line, error, "the row is longer than 8 KiB; is this a CSV file?");
    }
    while (*used > from &&
           (self->text[*used - 1] == ' ' || self->text[*used - 1] == '\t' || self->text[*used - 1] == '\r'))
        (*used)--;
    return true;
}

/* Cuts the next row into self->cells. */
static CsvResult
read_cells(CsvReader *self, size_t *n_cells, GError **error)
{
    size_t used = 0;

    *n_cells = 0;
    if (!skip_to_row(self))
        return CSV_END;
    self->line = self->next_line;
    for (;;) {
        if (*n_cells == CSV_COLUMNS_MOST) {
            line_error(self, self->line, error, "more than 32 columns");
            return CSV_BAD;
        }
        skip_blanks(self);
        self->cells[(*n_cells)++] = self->text + used;
        char *from = self->text + used;
        if (!(peek(self) == '"' ? read_quoted(self, &used, error) : read_plain(self, &used, error)))
            return CSV_BAD;
        self->text[used++] = '\0';
        if (!g_utf8_validate(from, -1, NULL)) {
            line_error(self, self->line, error, "text that is not UTF-8; save the file as UTF-8");
            return CSV_BAD;
        }
        if (peek(self) != ',')
            break;
        if (used >= sizeof self->text) {
            line_error(self, self->line, error, "the row is longer than 8 KiB");
            return CSV_BAD;
        }
        cursor_u8(&self->cur);
    }
    take_line_end(self);
    return CSV_ROW;
}

static int
column_named(const CsvReader *self, const char *name)
{
    for (size_t i = 0; i < self->n_columns; i++)
        if (g_ascii_strcasecmp(self->columns[i], name) == 0)
            return (int)i;
    return -1;
}

/* Other columns are an operator's own business, unless one looks like a mistyped name of ours. */
static bool
read_header(CsvReader *self, size_t n_required, GError **error)
{
    bool seen[CSV_COLUMNS_MOST] = { false };

    for (size_t i = 0; i < self->n_file_columns; i++) {
        int column = column_named(self, self->cells[i]);
        const char *near = column < 0 ? nearest_name(self->cells[i], self->columns, self->n_columns) : NULL;
        g_autofree char *what = NULL;
        if (near != NULL)
            what = g_strdup_printf("no column '%.64s' is known; did you mean '%s'?", self->cells[i], near);
        else if (column >= 0 && seen[column])
            what = g_strdup_printf("column '%s' comes twice", self->columns[column]);
        if (what != NULL)
            return line_error(self, self->line, error, what);
        self->column_of[i] = column;
        if (column >= 0)
            seen[column] = true;
    }
    for (size_t i = 0; i < n_required; i++) {
        if (seen[i])
            continue;
        g_autofree char *all = g_strjoinv(",", (char **)self->columns);
        g_autofree char *what = g_strdup_printf("the header row has no column '%s'; it looks like this: %s",
                                                self->columns[i], all);
        return line_error(self, self->line, error, what);
    }
    return true;
}

bool
csv_begin(CsvReader *self, const char *name, const void *bytes, size_t length, const char *const *columns,
          size_t n_columns, size_t n_required, GError **error)
{
    static const uint8_t mark[3] = { 0xef, 0xbb, 0xbf };

    g_assert(n_columns <= CSV_COLUMNS_MOST && columns[n_columns] == NULL);
    self->name = name;
    self->line = self->next_line = 1;
    self->columns = columns;
    self->n_columns = n_columns;
    self->cur = cursor_over(bytes, length);
    if (length >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0)
        cursor_take(&self->cur, sizeof mark);

    CsvResult result = read_cells(self, &self->n_file_columns, error);
    if (result == CSV_END)
        return line_error(self, 1, error, "the file is empty; its first row must name the columns");
    return result == CSV_ROW && read_header(self, n_required, error);
}

CsvResult
csv_next(CsvReader *self, GError **error)
{
    size_t n_cells = 0;
    CsvResult result = read_cells(self, &n_cells, error);

    if (result != CSV_ROW)
        return result;
    if (n_cells != self->n_file_columns) {
        g_autofree char *what =
            g_strdup_printf("%zu fields, but the header has %zu", n_cells, self->n_file_columns);
        line_error(self, self->line, error, what);
        return CSV_BAD;
    }
    for (size_t i = 0; i < self->n_columns; i++)
        self->fields[i] = "";
    for (size_t i = 0; i < n_cells; i++)
        if (self->column_of[i] >= 0)
            self->fields[self->column_of[i]] = self->cells[i];
    return CSV_ROW;
}
