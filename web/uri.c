/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uri.c - see uri.h */
#include "web/uri.h"

#include <glib.h>
#include <string.h>

bool
uri_split(const char *target, const char **path, size_t *path_length, const char **query)
{
    static const char *const schemes[] = { "http://", "https://" };

    for (size_t i = 0; target[0] != '/' && i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strncasecmp(target, schemes[i], strlen(schemes[i])) != 0)
            continue;
        target = strchr(target + strlen(schemes[i]), '/');
        if (target == NULL)
            return false;
    }
    if (target[0] != '/')
        return false;
    *path = target;
    *path_length = strcspn(target, "?#");
    *query = target[*path_length] == '?' ? target + *path_length + 1 : NULL;
    return true;
}

bool
uri_decode(const char *text, size_t length, bool form, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '%') {
            if (length - i < 3 || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2]))
                return false;
            byte =
                (unsigned char)(g_ascii_xdigit_value(text[i + 1]) << 4 | g_ascii_xdigit_value(text[i + 2]));
            i += 2;
        } else if (byte == '+' && form) {
            byte = ' ';
        }
        if (byte < 0x20 || byte == 0x7f)
            return false;
        out[n++] = (char)byte;
    }
    out[n] = '\0';
    return g_utf8_validate(out, (gssize)n, NULL);
}
