/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-assets.c - what an asset costs in memory, when there are very many, and what closing a window does
 *
 *   bench-assets [ASSETS [WINDOWS [NEW]]]    a million, three, none
 *
 * In each window of five minutes every asset calls two servers outside and is answered; NEW of a hundred
 * calls go to a server that the asset has never called. Printed, as one JSON
 * object: resident octets before the first record (tables are touched only as they fill) and after the last,
 * and the difference for each asset; how much of that is bound to the asset itself, for good: its struct and
 * what the watches keep of it. The rest are the tables of pairs and conversations, which max-pairs bounds,
 * not the assets. And how long the slowest batch took, in which a window closed, and the slowest one of a
 * window, in the median of windows. Fails when an asset found no room.
 */
#include "scoring/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS = 2, WINDOW_MS = 300000, INSIDE = 0x0a000000, OUTSIDE = 0x2d000000, N_OUTSIDE = 200000 };

typedef struct Bench {
    Scorer *scorer;
    FlowBatch *batch;
    uint32_t percent_new, n_new;
    double slowest_ms; /* of this window */
    GArray *windows;   /* owned doubles: that of each window */
} Bench;

static double
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Second number of /proc/self/statm. */
static size_t
resident_bytes(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return 0;
    g_auto(GStrv) words = g_strsplit(text, " ", 3);
    return g_strv_length(words) < 2 ? 0 : (size_t)strtoul(words[1], NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void
flush(Bench *self)
{
    double begin = now_ms();

    scorer_batch(self->scorer, self->batch);
    self->slowest_ms = MAX(self->slowest_ms, now_ms() - begin);
    self->batch->n = 0;
}

/* A call of asset @i and its answer. */
static void
call(Bench *self, uint32_t i, uint32_t server, int64_t at_ms)
{
    bool is_new = (i * 61u + server * 17u + (uint32_t)(at_ms / WINDOW_MS) * 37u) % 100 < self->percent_new;
    uint32_t far = OUTSIDE + (is_new ? N_OUTSIDE + self->n_new++ : (i * 31u + server * 7919u) % N_OUTSIDE);
    FlowRecord *ask = &self->batch->records[self->batch->n], *answer = ask + 1;

    *ask = (FlowRecord){ .src = ip_from_v4(INSIDE + i),
                         .dst = ip_from_v4(far),
                         .octets = 1200,
                         .packets = 9,
                         .start_ms = at_ms - 2000,
                         .end_ms = at_ms - 1000,
                         .in_if = 1,
                         .out_if = 2,
                         .src_port = (uint16_t)(32768 + (i ^ (uint32_t)at_ms) % 28000),
                         .dst_port = 443,
                         .tcp_flags = 0x1b,
                         .protocol = 6,
                         .direction = 255,
                         .family = 4,
                         .export_ms = at_ms };
    *answer = *ask;
    answer->src = ask->dst;
    answer->dst = ask->src;
    answer->src_port = ask->dst_port;
    answer->dst_port = ask->src_port;
    answer->octets = 9000;
    answer->start_ms++;
    self->batch->n += 2;
    if (self->batch->n + 2 > FLOW_BATCH_MOST)
        flush(self);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void
speak(Bench *self, uint32_t assets, uint32_t windows)
{
    const int64_t base_ms = (int64_t)1700000000 / 300 * WINDOW_MS;

    for (uint32_t w = 0; w < windows; w++) {
        for (uint32_t i = 0; i < assets; i++)
            for (uint32_t server = 0; server < SERVERS; server++)
                call(self, i, server, base_ms + w * WINDOW_MS + (int64_t)i * WINDOW_MS / assets);
        flush(self);
        g_array_append_val(self->windows, self->slowest_ms);
        self->slowest_ms = 0;
    }
    g_array_sort(self->windows, by_size);
}

static size_t
bound_to_an_asset(void)
{
    size_t size = sizeof(ScoredAsset);

    for (uint32_t i = 0; i < n_watches; i++)
        size += watches[i]->per_asset;
    return size;
}

int
main(int argc, char **argv)
{
    uint32_t assets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    uint32_t windows = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 3;
    IpPrefix own;

    if (assets == 0 || assets > 1 << 24 || windows == 0) {
        fputs("bench-assets: up to 16,777,216 assets, at least one window\n", stderr);
        return 2;
    }
    ip_prefix_parse("10.0.0.0/8", &own);
    g_autoptr(AssetTable) inventory = asset_table_new(&own, 1, NULL, NULL);
    g_autoptr(PlaceTable) places = place_table_new(NULL, 0, &own, 1, NULL);
    ScoringConf conf = { .budget = 5, .learn_days = 2, .max_assets = assets, .hash_seed = 1 };
    g_autoptr(Scorer) scorer = scorer_new(&conf, inventory, places, NULL);
    g_autoptr(FlowBatch) batch = flow_batch_new();
    g_autoptr(GArray) slowest = g_array_new(FALSE, FALSE, sizeof(double));
    Bench self = { .scorer = scorer,
                   .batch = batch,
                   .percent_new = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0,
                   .windows = slowest };

    batch->n = batch->n_losses = 0;
    size_t before = resident_bytes();
    double begin = now_ms();
    speak(&self, assets, windows);
    double lasted_ms = now_ms() - begin;
    size_t after = resident_bytes();
    double records = (double)assets * windows * SERVERS * 2;
    printf("{\"assets\": %u, \"windows\": %u, \"resident_before\": %zu, \"resident_after\": %zu, "
           "\"bytes_per_asset\": %.0f, \"bound_to_an_asset\": %zu, \"ns_per_record\": %.0f, "
           "\"slowest_batch_ms\": %.1f, \"median_window_ms\": %.1f, \"refused\": %" G_GUINT64_FORMAT "}\n",
           scorer->n_assets, windows, before, after, (double)(after - before) / assets, bound_to_an_asset(),
           lasted_ms * 1e6 / records, g_array_index(slowest, double, windows - 1),
           g_array_index(slowest, double, windows / 2), scorer->counters.assets_refused);
    return scorer->n_assets == assets ? 0 : 1;
}
