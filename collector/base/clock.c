/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.c - see clock.h */
#include "collector/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static WallTime
system_wall(Clock *self)
{
    return (WallTime){ read_clock(CLOCK_REALTIME) / 1000000 };
}

static MonoTime
system_mono(Clock *self)
{
    return (MonoTime){ read_clock(CLOCK_MONOTONIC) };
}

Clock *
clock_system(void)
{
    static const Clock system = { system_wall, system_mono };

    return (Clock *)&system; /* has no state, so nobody can change it */
}

static WallTime
manual_wall(Clock *self)
{
    return ((ManualClock *)self)->wall;
}

static MonoTime
manual_mono(Clock *self)
{
    return ((ManualClock *)self)->mono;
}

void
manual_clock_init(ManualClock *self, WallTime start)
{
    *self = (ManualClock){ .clock = { manual_wall, manual_mono }, .wall = start };
}

void
manual_clock_turn(ManualClock *self, int64_t ms)
{
    self->wall.ms += ms;
    self->mono.ns += ms * 1000000;
}

char *
wall_time_text(WallTime time, char out[WALL_TIME_TEXT])
{
    int64_t seconds = time.ms / 1000, ms = time.ms % 1000;
    struct tm tm;

    if (ms < 0) {
        ms += 1000;
        seconds -= 1;
    }
    time_t at = (time_t)seconds;
    if (gmtime_r(&at, &tm) == NULL || tm.tm_year + 1900 > 9999 || tm.tm_year + 1900 < 0) {
        g_strlcpy(out, "0000-00-00T00:00:00.000Z", WALL_TIME_TEXT);
        return out;
    }
    g_snprintf(out, WALL_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
               tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)ms);
    return out;
}

bool
wall_time_parse(const char *text, WallTime *out)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(text, utc);

    if (when == NULL)
        return false;
    out->ms = g_date_time_to_unix(when) * 1000 + g_date_time_get_microsecond(when) / 1000;
    return true;
}
