/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer-rita.c - the beacon and long-connection scores as RITA v5 publishes its formulas, written anew
 *
 * For each day and pair of an asset with an outside address that it calls: how even intervals and sizes are
 * (quartile skew and median deviation), how evenly the day is filled, how long it goes on; bucketed, the
 * longest connections beside it, less or more by how many assets call there and how new the pair is.
 */
#include "tests/eval/peers.h"

#include <math.h>
#include <stdlib.h>

enum { BINS = 24, LEAST_TIMES = 4, MOST_TALKS = 86400 };
static const int64_t day_ms = 86400000;

typedef struct Pair {
    uint32_t asset, far;
    int64_t first_ms; /* ever */
    GArray *times;    /* double: seconds of the day */
    GArray *sizes;    /* double */
    double open_s;    /* all connections of the day together */
} Pair;

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double
quantile(const GArray *sorted, double q)
{
    double at = q * (sorted->len - 1);
    guint low = (guint)at;
    guint high = MIN(low + 1, sorted->len - 1);

    return g_array_index(sorted, double, low) * (1 - (at - low)) +
           g_array_index(sorted, double, high) * (at - low);
}

/* How alike the values are: by skew of the quartiles and by the median deviation from the median. */
static double
evenness(GArray *values, double when_small)
{
    g_autoptr(GArray) off = g_array_new(FALSE, FALSE, sizeof(double));

    if (values->len == 0)
        return 0;
    g_array_sort(values, compare_doubles);
    double q1 = quantile(values, .25), q2 = quantile(values, .5), q3 = quantile(values, .75);
    double skew = q3 - q1 < 10 || q2 <= q1 || q2 >= q3 ? 0 : (q1 + q3 - 2 * q2) / (q3 - q1);
    for (guint i = 0; i < values->len; i++) {
        double distance = fabs(g_array_index(values, double, i) - q2);
        g_array_append_val(off, distance);
    }
    g_array_sort(off, compare_doubles);
    double dispersion = q2 < 1 ? when_small : fmax(0, (q2 - quantile(off, .5)) / q2);
    return (1 - fabs(skew) + dispersion) / 2;
}

static void
fill_bins(const GArray *times, double bins[BINS])
{
    for (guint i = 0; i < times->len; i++) {
        int bin = (int)(g_array_index(times, double, i) / 3600);
        bins[CLAMP(bin, 0, BINS - 1)]++;
    }
}

/* Either all hours are alike, or two heights of bars explain nearly all of them. */
static double
histogram_score(const double bins[BINS])
{
    double sum = 0, squares = 0, most = 0, bars = 0;
    int heights[21] = { 0 }, best = 0, second = 0;

    for (int i = 0; i < BINS; i++) {
        sum += bins[i];
        squares += bins[i] * bins[i];
        most = fmax(most, bins[i]);
        bars += bins[i] > 0;
    }
    double mean = sum / BINS, even = fmax(0, 1 - sqrt(fmax(0, squares / BINS - mean * mean)) / mean);
    if (bars < 11)
        return even;
    for (int i = 0; i < BINS; i++)
        if (bins[i] > 0)
            heights[(int)ceil(bins[i] / most * 20)]++;
    for (int i = 0; i <= 20; i++) {
        if (heights[i] > best) {
            second = best;
            best = heights[i];
        } else if (heights[i] > second) {
            second = heights[i];
        }
    }
    return fmax(even, fmin(1, (best + second) / fmax(1, bars - 1)));
}

static double
duration_score(const double bins[BINS], double first, double last)
{
    int bars = 0, run = 0, longest = 0;

    for (int i = 0; i < 2 * BINS; i++) { /* a run may go round */
        bars += i < BINS && bins[i] > 0;
        run = bins[i % BINS] > 0 ? run + 1 : 0;
        longest = MAX(longest, MIN(run, BINS));
    }
    return bars < 6 ? 0 : fmin(1, fmax((last - first) / 86400, longest / 12.0));
}

static double
bucket(double value, const double edges[4])
{
    if (value < edges[0])
        return 0;
    for (int i = 0; i < 3; i++)
        if (value < edges[i + 1])
            return 0.2 * (i + 1) + 0.2 * (value - edges[i]) / (edges[i + 1] - edges[i]);
    return 0.8;
}

static double
beacon_score(Pair *pair)
{
    g_autoptr(GArray) gaps = g_array_new(FALSE, FALSE, sizeof(double));
    double bins[BINS] = { 0 }, before = -1;
    guint unique = 0;

    g_array_sort(pair->times, compare_doubles);
    for (guint i = 0; i < pair->times->len; i++) {
        double at = floor(g_array_index(pair->times, double, i)), gap = at - before;
        if (before >= 0 && gap <= 0)
            continue;
        if (before >= 0)
            g_array_append_val(gaps, gap);
        before = at;
        unique++;
    }
    if (unique < LEAST_TIMES || pair->times->len >= MOST_TALKS)
        return 0;
    fill_bins(pair->times, bins);
    double first = g_array_index(pair->times, double, 0),
           last = g_array_index(pair->times, double, pair->times->len - 1);
    return 0.25 * (evenness(gaps, 1) + evenness(pair->sizes, 0) + histogram_score(bins) +
                   duration_score(bins, first, last));
}

typedef struct Day {
    const PeerInput *input;
    GHashTable *pairs; /* id -> Pair, of all time */
    GHashTable *far;   /* far end -> how many assets have called it today */
    uint32_t assets;   /* active today */
    int64_t end_ms;
} Day;

static void
judge_pair(const Day *day, Pair *pair)
{
    static const double beacon_edges[4] = { 50, 70, 90, 100 }, long_edges[4] = { 3600, 14400, 28800, 43200 };
    double prevalence =
        (double)GPOINTER_TO_UINT(g_hash_table_lookup(day->far, GUINT_TO_POINTER(pair->far))) / day->assets;
    double age_days = (double)(day->end_ms - pair->first_ms) / (double)day_ms;
    double score = fmax(bucket(100 * beacon_score(pair), beacon_edges), bucket(pair->open_s, long_edges));

    if (score <= 0)
        return;
    score += prevalence <= .02 ? .15 : prevalence >= .5 ? -.15 : 0;
    score += age_days <= 7 ? .15 : age_days >= 30 ? -.15 : 0;
    peer_print("rita", day->end_ms, (uint64_t)pair->asset << 32 | pair->far, score, pair->asset, pair->far);
}

static void
free_pair(gpointer data)
{
    Pair *pair = data;

    g_array_unref(pair->times);
    g_array_unref(pair->sizes);
    g_free(pair);
}

static void
add_talk(Day *day, const PeerTalk *talk)
{
    int64_t id = (int64_t)((uint64_t)talk->client << 32 | talk->server);
    Pair *pair = g_hash_table_lookup(day->pairs, &id);
    double at = (double)(talk->start_ms - (day->end_ms - day_ms)) / 1000, size = (double)talk->client_octets;

    if (pair == NULL) {
        pair = g_new0(Pair, 1);
        *pair = (Pair){ .asset = talk->client, .far = talk->server, .first_ms = talk->start_ms };
        pair->times = g_array_new(FALSE, FALSE, sizeof(double));
        pair->sizes = g_array_new(FALSE, FALSE, sizeof(double));
        g_hash_table_insert(day->pairs, g_memdup2(&id, sizeof id), pair);
    }
    if (pair->times->len == 0) {
        gpointer n = g_hash_table_lookup(day->far, GUINT_TO_POINTER(talk->server));
        g_hash_table_insert(day->far, GUINT_TO_POINTER(talk->server),
                            GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
    }
    g_array_append_val(pair->times, at);
    g_array_append_val(pair->sizes, size);
    pair->open_s += (double)(talk->last_ms - talk->start_ms) / 1000;
}

static void
close_day(Day *day, GHashTable *callers)
{
    GHashTableIter iter;
    gpointer value;

    day->assets = MAX(1, g_hash_table_size(callers));
    g_hash_table_iter_init(&iter, day->pairs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Pair *pair = value;
        if (day->end_ms > day->input->judged_ms && pair->times->len > 0)
            judge_pair(day, pair);
        g_array_set_size(pair->times, 0);
        g_array_set_size(pair->sizes, 0);
        pair->open_s = 0;
    }
    g_hash_table_remove_all(day->far);
    g_hash_table_remove_all(callers);
    day->end_ms += day_ms;
}

void
peer_rita(const PeerInput *input)
{
    Day day = { .input = input,
                .pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_pair),
                .far = g_hash_table_new(NULL, NULL),
                .end_ms = input->begin_ms + day_ms };
    g_autoptr(GHashTable) callers = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < input->talks->len; i++) {
        const PeerTalk *talk = &g_array_index(input->talks, PeerTalk, i);
        while (talk->start_ms >= day.end_ms)
            close_day(&day, callers);
        if (!peer_is_inside(talk->client) || peer_is_inside(talk->server))
            continue;
        g_hash_table_add(callers, GUINT_TO_POINTER(talk->client));
        add_talk(&day, talk);
    }
    close_day(&day, callers);
    g_hash_table_unref(day.pairs);
    g_hash_table_unref(day.far);
}
