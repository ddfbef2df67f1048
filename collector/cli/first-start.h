/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first-start.h - makes the state folder, the database and the first admin token; checks them at later starts
 */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* True when @dir can be used. At the first start the token is written to @dir/admin-token (mode 0600), and
 * one log line says so. A damaged database was set aside, and that was logged. */
bool first_start(const char *dir, GError **error);
