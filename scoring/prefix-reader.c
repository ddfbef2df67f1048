/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prefix-reader.c - see prefix-reader.h */
#include "scoring/prefix-reader.h"

#include <gio/gio.h>
#include <string.h>

PrefixReader
prefix_reader_over(const char *name, const void *bytes, size_t length)
{
    return (PrefixReader){ .name = name, .cur = cursor_over(bytes, length) };
}

/* Copies the next line to @text; false when it is longer than that. */
static bool
take_line(PrefixReader *self)
{
    const uint8_t *end = memchr(self->cur.at, '\n', cursor_left(&self->cur));
    size_t length = end != NULL ? (size_t)(end - self->cur.at) : cursor_left(&self->cur);
    size_t kept = MIN(length, sizeof self->text - 1);

    memcpy(self->text, cursor_take(&self->cur, length), kept);
    self->text[kept] = '\0';
    cursor_take(&self->cur, end != NULL ? 1 : 0);
    self->line++;
    return kept == length;
}

PrefixResult
prefix_reader_next(PrefixReader *self, GError **error)
{
    while (cursor_left(&self->cur) > 0) {
        bool is_whole = take_line(self);
        char *note = strpbrk(self->text, "#;");

        if (note != NULL)
            *note++ = '\0';
        self->note = note;
        g_strstrip(self->text);
        if (*self->text == '\0' && (note != NULL || is_whole))
            continue;
        if ((note != NULL || is_whole) && ip_prefix_parse(self->text, &self->prefix))
            return PREFIX_LINE;
        g_autofree char *valid = g_utf8_make_valid(self->text, -1);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: '%.64s' is no address or prefix",
                    self->name, self->line, valid);
        return PREFIX_BAD;
    }
    return PREFIX_END;
}
