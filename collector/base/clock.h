/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h - two kinds of time that cannot be mixed up, and a clock that a test can turn by hand
 *
 * WallTime says when something was, in milliseconds since 1970-01-01 UTC; the whole of the scoring runs
 * on wall times that come from the flows. MonoTime only measures distances (time-outs, ages) and never jumps.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct WallTime {
    int64_t ms; /* milliseconds since 1970-01-01T00:00:00Z */
} WallTime;

typedef struct MonoTime {
    int64_t ns; /* nanoseconds since an unknown point; CLOCK_MONOTONIC */
} MonoTime;

typedef struct Clock Clock;
struct Clock {
    WallTime (*wall)(Clock *self);
    MonoTime (*mono)(Clock *self);
};

/* The machine's clock. Lends a constant; any thread. */
Clock *clock_system(void);

/* A clock for tests and replays: it stands still until it is turned. */
typedef struct ManualClock {
    Clock clock; /* first, so that a ManualClock * is a Clock * */
    WallTime wall;
    MonoTime mono;
} ManualClock;
void manual_clock_init(ManualClock *self, WallTime start);
void manual_clock_turn(ManualClock *self, int64_t ms);

static inline WallTime
clock_wall(Clock *clock)
{
    return clock->wall(clock);
}

static inline MonoTime
clock_mono(Clock *clock)
{
    return clock->mono(clock);
}

/* RFC 3339 UTC with milliseconds, e.g. 2026-01-31T23:59:59.123Z; fills @out, returns it. */
#define WALL_TIME_TEXT 32
char *wall_time_text(WallTime time, char out[WALL_TIME_TEXT]);
/* Reads RFC 3339 (any offset, optional fraction). False when @text is none. */
bool wall_time_parse(const char *text, WallTime *out);
