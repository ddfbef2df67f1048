/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prefix-reader.h - reads plain text with one address or prefix a line, as lists and places have it
 *
 * Behind '#' or ';' stands a note; lines without a prefix are skipped. The bytes are not trusted: a line that
 * makes no sense is a GError with file and line, and ends the reading. One reader, one thread; no I/O.
 */
#pragma once
#include <glib.h>
#include "collector/base/cursor.h"
#include "collector/flow.h"

enum { PREFIX_LINE_MOST = 512 }; /* what is behind it is not looked at: of a note, the rest is lost */

typedef enum PrefixResult { PREFIX_BAD = -1, PREFIX_END = 0, PREFIX_LINE = 1 } PrefixResult;

typedef struct PrefixReader {
    IpPrefix prefix;
    const char *note; /* what is said behind it; NULL: nothing. Lives until the next call */
    const char *name; /* of the file, for messages; borrowed */
    Cursor cur;
    uint32_t line; /* the current one, from 1 */
    char text[PREFIX_LINE_MOST];
} PrefixReader;

/* Borrows all it is given. */
PrefixReader prefix_reader_over(const char *name, const void *bytes, size_t length);
/* The next prefix and its note are in @self. */
PrefixResult prefix_reader_next(PrefixReader *self, GError **error);
