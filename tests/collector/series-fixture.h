/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series-fixture.h - a Series over real RRD files in a folder of the test's own; time is turned by hand */
#pragma once
#include "collector/series.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

enum { STEP = 300, DAY = 86400 };
static const int64_t start_s = 1767225600; /* 2026-01-01T00:00:00Z, a whole number of steps */

typedef struct Bench {
    Scratch *base;
    char *dir; /* in it; its name has what rrd_graph's language would trip over */
    ManualClock clock;
    SeriesConf conf;
    Series *series;
} Bench;

static inline void
bench_open(Bench *bench)
{
    g_autoptr(GError) error = NULL;

    bench->series = series_new(&bench->conf, &bench->clock.clock, &error);
    g_assert_no_error(error);
}

static inline void
set_up(Bench *bench, gconstpointer data)
{
    bench->base = scratch_new("series");
    bench->dir = g_build_filename(bench->base, "a:b c=%d\\e", NULL);
    manual_clock_init(&bench->clock, (WallTime){ (start_s + 14 * DAY) * 1000 });
    bench->conf = (SeriesConf){ .dir = bench->dir, .step_s = STEP, .max_files = 100 };
    bench_open(bench);
}

static inline void
tear_down(Bench *bench, gconstpointer data)
{
    series_free(bench->series);
    g_free(bench->dir);
    scratch_free(bench->base);
}

static inline SeriesKey
asset_key(const char *address)
{
    SeriesKey key;

    memset(&key, 0, sizeof key);
    key.kind = SERIES_ASSET;
    key.address = ip_of(address);
    return key;
}

/* Slot @i has 300 x (1000 + i) octets out, so 1000 + i a second; the baseline expects 500 to 2000. */
static inline SeriesSample
sample_at(const SeriesKey *key, int i)
{
    return (SeriesSample){ .key = *key,
                           .time_s = start_s + (int64_t)i * STEP,
                           .octets_in = STEP * 10.0,
                           .octets_out = STEP * (1000.0 + i),
                           .packets_in = STEP,
                           .packets_out = STEP * 2.0,
                           .flows_in = STEP * 0.5,
                           .flows_out = STEP * 0.25,
                           .lost = i == 3 ? NAN : 7,
                           .score = 12.5,
                           .expected_low = STEP * 500.0,
                           .expected_high = STEP * 2000.0 };
}

static inline void
add_slots(Bench *bench, const SeriesKey *key, int from, int to)
{
    for (int i = from; i < to; i++) {
        SeriesSample sample = sample_at(key, i);
        series_add(bench->series, &sample);
    }
}

static inline GraphRequest
graph_request(const SeriesKey *key)
{
    return (GraphRequest){ .key = *key,
                           .from_s = start_s,
                           .to_s = start_s + DAY,
                           .width = 800,
                           .height = 240,
                           .dark = true,
                           .title = "octets of web-1" };
}
