/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * time-param.h - a point in time as people and dashboards write it
 *
 * RFC 3339 ("2026-01-31T12:00:00Z", any offset), "now", or "now-6h" with the units s, m, h, d, w.
 */
#pragma once
#include "collector/base/clock.h"

#define TIME_PARAM_WORDS "an RFC 3339 time such as 2026-01-31T12:00:00Z, or now, or now-6h (units s m h d w)"

/* False when @text is none of these, or the result lies before 1970 or after the year 9999. */
bool time_param_parse(const char *text, WallTime now, WallTime *out);
