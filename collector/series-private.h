/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series-private.h - what series.c shows to series-fetch.c and series-graph.c, and to nobody else */
#pragma once
#include "collector/series.h"

enum { SERIES_OLDEST_S = 315532800 /* 1980: librrd takes nothing before */, SERIES_AHEAD_S = 300 };

/* The file of @key with all that is queued for it written; the caller frees it. NULL with @error (NOT_FOUND)
 * when there is none. */
char *series_readable_path(Series *self, const SeriesKey *key, GError **error);
uint32_t series_step(const Series *self);
int64_t series_now(const Series *self);
