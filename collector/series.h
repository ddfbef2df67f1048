/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h - traffic history in RRD files, and graphs drawn from them; only the files series*.c include rrd.h
 *
 * Lives in a process of its own: on a full disk librrd can die of SIGBUS, a huge graph takes gigabytes, and
 * two threads drawing at once crash it. One thread. File names are hashes or numbers, never names from the
 * network; the time of a sample is checked here before librrd sees it, since one update far ahead blocks all
 * later ones.
 */
#pragma once
#include <glib.h>
#include <jansson.h>
#include "collector/base/clock.h"
#include "collector/flow.h"

typedef enum SeriesKind { SERIES_EXPORTER = 1, SERIES_INTERFACE, SERIES_ASSET } SeriesKind;

/* What a series is about. Zero the fields that do not apply: the key is compared and hashed as bytes. */
typedef struct SeriesKey {
    uint32_t kind;     /* SeriesKind */
    uint32_t if_index; /* interface only */
    IpAddress address; /* exporter or asset */
} SeriesKey;

/* One slot of time (scoring's window, 300 s by default). Sums over the slot, not rates; scaled by sampling.
 */
typedef struct SeriesSample {
    SeriesKey key;
    int64_t time_s; /* end of the slot, flow time, seconds since 1970 */
    double octets_in, octets_out;
    double packets_in, packets_out;
    double flows_in, flows_out;
    double lost;                        /* records; NAN: does not apply */
    double score;                       /* decibans; NAN: does not apply */
    double expected_low, expected_high; /* octets_out as the baseline expects it; NAN: not known */
} SeriesSample;
enum { SERIES_MESSAGE_SAMPLES = 256 }; /* most samples in one message */

typedef struct Series Series;
typedef struct SeriesConf {
    const char *dir;         /* folder of the files, made if it is not there */
    uint32_t step_s;         /* the slot */
    uint32_t max_files;      /* at most that many; a series beyond is refused and counted */
    uint64_t min_free_bytes; /* below that much free disk, no writing: paused and said, resumed and said */
} SeriesConf;

Series *series_new(const SeriesConf *conf, Clock *clock, GError **error);
void series_free(Series *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Series, series_free)

/* Queues a sample; written by series_write in batches, several samples an update. Copies. */
void series_add(Series *self, const SeriesSample *sample);
/* Writes what is queued. Call once a second or so. */
void series_write(Series *self);
/* The values between @from_s and @to_s (seconds since 1970) as
 * {"step":..,"rows":[{"time":RFC3339,"octetsIn":..}]}, rates per second but score and lost; at most
 * @max_points rows. NULL with @error when there is no such series. */
json_t *series_fetch(Series *self, const SeriesKey *key, int64_t from_s, int64_t to_s, uint32_t max_points,
                     GError **error);

typedef enum GraphFormat { GRAPH_SVG, GRAPH_PNG } GraphFormat;
typedef enum GraphMetric { GRAPH_OCTETS, GRAPH_PACKETS, GRAPH_FLOWS, GRAPH_SCORE } GraphMetric;
typedef struct GraphRequest {
    SeriesKey key;
    GraphFormat format;
    GraphMetric metric;
    int64_t from_s, to_s;   /* span capped at 400 days */
    uint32_t width, height; /* pixels; 100..2000 x 60..1000 */
    bool dark;
    char title[80]; /* shown as text, escaped here; may hold anything */
} GraphRequest;
/* Draws; NULL with @error. */
GBytes *series_graph(Series *self, const GraphRequest *request, GError **error);

typedef struct SeriesCounters {
    uint64_t samples; /* given to series_add: written, refused, failed, or still waiting */
    uint64_t written;
    uint64_t
        refused_time; /* not after the last one, before 1980, or more than 5 minutes ahead of our clock */
    uint64_t refused_full; /* of a series beyond max_files */
    uint64_t failed;       /* librrd refused, or the disk was full for too long */
    uint64_t set_aside;    /* damaged files */
    uint32_t files;
    bool paused; /* the disk is (nearly) full */
} SeriesCounters;
void series_counters(const Series *self, SeriesCounters *out);
