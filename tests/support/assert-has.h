/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assert-has.h - a text says something, or does not; where it is otherwise both are shown */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* @text has @part in it. */
#define assert_has(text, part) assert_part(text, part, true, __FILE__, __LINE__, G_STRFUNC)
/* @text, which is there, has not. */
#define assert_lacks(text, part) assert_part(text, part, false, __FILE__, __LINE__, G_STRFUNC)

static inline void
assert_part(const char *text, const char *part, bool is_wanted, const char *file, int line,
            const char *function)
{
    if (text != NULL && (strstr(text, part) != NULL) == is_wanted)
        return;
    g_autofree char *message =
        g_strdup_printf("'%s' is %s '%s'", part, is_wanted ? "not in" : "in", text != NULL ? text : "(null)");
    g_assertion_message(G_LOG_DOMAIN, file, line, function, message);
}
