/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series-fetch.c - the values of a series as JSON rows; see series_fetch in series.h */
#include "collector/series-private.h"
#include "collector/series-file.h"

#include <gio/gio.h>
#include <math.h>
#include <rrd.h>

enum { POINTS_MOST = 5000, SPAN_MOST_S = 1200 * 86400 };

/* In the order of SERIES_SOURCES; the API's names. */
static const char *const json_names[N_SOURCES] = {
    [SOURCE_OCTETS_IN] = "octetsIn",
    [SOURCE_OCTETS_OUT] = "octetsOut",
    [SOURCE_PACKETS_IN] = "packetsIn",
    [SOURCE_PACKETS_OUT] = "packetsOut",
    [SOURCE_FLOWS_IN] = "flowsIn",
    [SOURCE_FLOWS_OUT] = "flowsOut",
    [SOURCE_LOST] = "lost",
    [SOURCE_SCORE] = "score",
    [SOURCE_EXPECTED_LOW] = "expectedLow",
    [SOURCE_EXPECTED_HIGH] = "expectedHigh",
};

typedef struct Fetched {
    time_t start, end; /* the first row ends at start + step */
    unsigned long step, n_sources;
    rrd_value_t *values; /* rows x sources */
} Fetched;

static bool
fetch(const char *path, int64_t from_s, int64_t to_s, uint64_t step_s, Fetched *out, GError **error)
{
    char **names = NULL;

    *out = (Fetched){ .start = (time_t)from_s, .end = (time_t)to_s, .step = step_s };
    rrd_clear_error();
    if (rrd_fetch_r(path, "AVERAGE", &out->start, &out->end, &out->step, &out->n_sources, &names,
                    &out->values) != 0) {
        series_file_error(error, "read", path);
        return false;
    }
    for (unsigned long i = 0; i < out->n_sources; i++)
        rrd_freemem(names[i]);
    rrd_freemem(names);
    if (out->n_sources == N_SOURCES && out->step > 0)
        return true;
    rrd_freemem(out->values);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "'%s' has other data sources", path);
    return false;
}

/* The mean of what is known; null where nothing is. */
static json_t *
mean_of(const rrd_value_t *values, size_t n_rows)
{
    double sum = 0;
    size_t known = 0;

    for (size_t i = 0; i < n_rows; i++) {
        if (!isfinite(values[i * N_SOURCES]))
            continue;
        sum += values[i * N_SOURCES];
        known++;
    }
    return known == 0 ? json_null() : json_real(sum / (double)known);
}

static json_t *
row_of(const rrd_value_t *values, size_t n_rows, int64_t time_s)
{
    char text[WALL_TIME_TEXT];
    json_t *row = json_pack("{s:s}", "time", wall_time_text((WallTime){ time_s * 1000 }, text));

    for (size_t i = 0; i < N_SOURCES; i++)
        json_object_set_new(row, json_names[i], mean_of(values + i, n_rows));
    return row;
}

static json_t *
rows_of(const Fetched *data, uint32_t max_points)
{
    size_t n = (size_t)(data->end - data->start) / data->step;
    size_t merge =
        MAX(1, (n + max_points - 1) / max_points); /* the archive may be finer than was asked for */
    json_int_t step_s = (json_int_t)data->step;
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i += merge) {
        size_t take = MIN(merge, n - i);
        int64_t end_s = (int64_t)data->start + (int64_t)((i + take) * data->step);
        json_array_append_new(rows, row_of(data->values + i * N_SOURCES, take, end_s));
    }
    return json_pack("{s:I,s:o}", "step", step_s * (json_int_t)merge, "rows", rows);
}

json_t *
series_fetch(Series *self, const SeriesKey *key, int64_t from_s, int64_t to_s, uint32_t max_points,
             GError **error)
{
    Fetched data;

    to_s = MIN(to_s, series_now(self) + SERIES_AHEAD_S);
    if (from_s < SERIES_OLDEST_S || to_s <= from_s || to_s - from_s > SPAN_MOST_S) {
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
            "the time asked for must begin after 1980, end after it begins, and not be longer than %d days",
            SPAN_MOST_S / 86400);
        return NULL;
    }
    max_points = CLAMP(max_points, 1, POINTS_MOST);
    g_autofree char *path = series_readable_path(self, key, error);
    if (path == NULL)
        return NULL;
    uint64_t step_s = MAX((uint64_t)series_step(self), (uint64_t)(to_s - from_s) / max_points);
    if (!fetch(path, from_s, to_s, step_s, &data, error))
        return NULL;
    json_t *result = rows_of(&data, max_points);
    rrd_freemem(data.values);
    return result;
}
