/* SPDX-License-Identifier: GPL-3.0-or-later */
/* time-param.c - see time-param.h */
#include "web/time-param.h"

#include <string.h>

static const int64_t LATEST_MS = INT64_C(253402300799999); /* 9999-12-31T23:59:59.999Z */

static bool
unit_ms(char unit, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 } };

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (units[i].unit == unit) {
            *ms = units[i].seconds * 1000;
            return true;
        }
    }
    return false;
}

static bool
parse_relative(const char *text, WallTime now, WallTime *out)
{
    char *end = NULL;
    int64_t unit;

    if (text[0] == '\0') {
        *out = now;
        return true;
    }
    if ((text[0] != '-' && text[0] != '+') || !g_ascii_isdigit(text[1]))
        return false;
    guint64 count = g_ascii_strtoull(text + 1, &end, 10);
    if (count > 1000000000 || !unit_ms(end[0], &unit) || end[1] != '\0')
        return false;
    int64_t distance = (int64_t)count * unit;
    out->ms = text[0] == '-' ? now.ms - distance : now.ms + distance;
    return true;
}

bool
time_param_parse(const char *text, WallTime now, WallTime *out)
{
    bool is_relative = g_str_has_prefix(text, "now");
    WallTime found;

    if (is_relative ? !parse_relative(text + 3, now, &found) : !wall_time_parse(text, &found))
        return false;
    if (found.ms < 0 || found.ms > LATEST_MS)
        return false;
    *out = found;
    return true;
}
