/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list-text.c - lists that a person may write: one address or prefix a line, and CSV
 *
 * Such a file is the operator's own, or was fetched for him by a script of his: a line that makes no sense is
 * a mistake that he wants to hear of, so it ends the reading, and the message names file and line.
 */
#include <gio/gio.h>

#include "scoring/csv.h"
#include "scoring/list-builder.h"
#include "scoring/prefix-reader.h"

bool
list_read_plain(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error)
{
    PrefixReader reader = prefix_reader_over(name, bytes, length);
    PrefixResult result;

    while ((result = prefix_reader_next(&reader, error)) == PREFIX_LINE) {
        const ListClaim claim = { .note = reader.note, .confidence = -1 };
        if (!list_builder_add(self, &reader.prefix, &claim, error))
            return false;
    }
    return result == PREFIX_END;
}

static const char *const columns[] = { "prefix", "confidence", "seen", "note", NULL };
enum { COLUMN_PREFIX, COLUMN_CONFIDENCE, COLUMN_SEEN, COLUMN_NOTE, N_COLUMNS };

static bool
read_row(ListBuilder *self, const CsvReader *csv, GError **error)
{
    const char *const *fields = csv->fields;
    ListClaim claim = { .note = fields[COLUMN_NOTE], .confidence = -1 };
    guint64 confidence = 0;
    IpPrefix prefix;

    if (!ip_prefix_parse(fields[COLUMN_PREFIX], &prefix))
        return csv_error(csv, COLUMN_PREFIX, error,
                         "'%.64s' is no address or prefix such as 192.0.2.0/24 (host bits must be zero)",
                         fields[COLUMN_PREFIX]);
    if (*fields[COLUMN_CONFIDENCE] != '\0') {
        if (!g_ascii_string_to_unsigned(fields[COLUMN_CONFIDENCE], 10, 0, 100, &confidence, NULL))
            return csv_error(csv, COLUMN_CONFIDENCE, error, "'%.16s' is no number from 0 to 100",
                             fields[COLUMN_CONFIDENCE]);
        claim.confidence = (int)confidence;
    }
    if (*fields[COLUMN_SEEN] != '\0' && !list_parse_time(fields[COLUMN_SEEN], &claim.seen_ms))
        return csv_error(csv, COLUMN_SEEN, error,
                         "'%.32s' is no time such as 2026-03-01, 2026-03-01T12:00:00Z or seconds since 1970",
                         fields[COLUMN_SEEN]);
    return list_builder_add(self, &prefix, &claim, error);
}

bool
list_read_csv(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error)
{
    CsvReader csv;
    CsvResult result;

    if (!csv_begin(&csv, name, bytes, length, columns, N_COLUMNS, 1, error))
        return false;
    while ((result = csv_next(&csv, error)) == CSV_ROW)
        if (!read_row(self, &csv, error))
            return false;
    return result == CSV_END;
}
