/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uri.h - what a client wrote behind the host, taken apart strictly
 *
 * libmicrohttpd's own unescaping is switched off (server.c), since it lets "%00" cut a string short. Here a
 * bad escape, a control character or text that is no UTF-8 is refused as a whole. Nothing is normalised: "."
 * and ".." are ordinary names, for no path ever reaches a file system. Pure functions; nothing here
 * allocates.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { URI_MOST = 4096 }; /* longest target that is looked at */

/* Path and query of a request target (origin form, or absolute form with its scheme and host skipped). Lends
 * pointers into @target; *query is NULL when there is none. False when it is neither form. */
bool uri_split(const char *target, const char **path, size_t *path_length, const char **query);

/* Decodes %XX (and '+' as a space when @form) of @length bytes into @out, which has room for @length + 1.
 * False on a bad escape, a control character (raw or escaped), or a result that is not UTF-8. */
bool uri_decode(const char *text, size_t length, bool form, char *out);
