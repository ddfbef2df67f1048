/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer.h - batches of flows go in, alerts come out
 *
 * Everything runs on flow time, so the same input gives the same alerts, byte for byte, with any number of
 * threads. One thread owns a scorer, which may have others that help (telling.h); it never looks at a clock,
 * a file or a socket: alerts and samples leave through the sink, on the owner's thread.
 */
#pragma once
#include <jansson.h>
#include "collector/flow.h"
#include "collector/series.h"
#include "scoring/alert.h"
#include "scoring/asset.h"
#include "scoring/list.h"
#include "scoring/place.h"
#include "scoring/pvalues.h"
#include "scoring/suppression.h"

typedef struct Scorer Scorer;

typedef struct ScorerSink {
    void *user;
    void (*alert)(void *user, const Alert *alert);          /* opened or changed; lends */
    void (*sample)(void *user, const SeriesSample *sample); /* a window closed; lends */
    void (*pvalues)(void *user, const PValueDay *one);      /* a day is over, for each detector; lends */
} ScorerSink;

typedef struct ScoringConf {
    double budget; /* false alarms a day for the whole network */
    uint32_t learn_days;
    uint32_t window_s; /* 300 */
    uint32_t max_assets, max_peers_per_asset, max_pairs;
    uint32_t threads;       /* that score, the caller's among them; 0: that one alone */
    uint32_t series_assets; /* the so many busiest assets get a series; pinned ones always */
    uint64_t hash_seed;
} ScoringConf;

/* Borrows the tables and @conf; they must outlive the scorer. */
Scorer *scorer_new(const ScoringConf *conf, const AssetTable *assets, const PlaceTable *places,
                   const ScorerSink *sink);
void scorer_free(Scorer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scorer, scorer_free)

/* Addresses that others have warned of; borrowed, may be NULL. */
void scorer_set_lists(Scorer *self, const ListTable *lists);
/* Scores a batch; lends it. @exporter_of(user, index) gives an exporter's address. */
typedef IpAddress (*ExporterAddress)(void *user, uint32_t index);
void scorer_set_exporters(Scorer *self, ExporterAddress lookup, void *user);
void scorer_batch(Scorer *self, const FlowBatch *batch);
/* End of a replay: closes every window that is open. */
void scorer_finish(Scorer *self);

/* For the API; same thread as scorer_batch. Shapes: web/openapi.json. The caller owns the objects. */
json_t *scorer_status_json(const Scorer *self);
json_t *scorer_assets_json(const Scorer *self, const char *query, const char *sort, uint32_t offset,
                           uint32_t limit);
json_t *scorer_asset_json(const Scorer *self, const IpAddress *asset); /* NULL: never seen */
/*
 * What a verdict on an alert teaches, which is about an asset and a far end whatever the detector, or about
 * an asset and what one detector holds against it; a later one takes the place of an earlier one.
 *  - benign_expected: new, and wanted. The far end is known from now on, a volume joins the baseline, and
 * what watches hold against them is dropped and not asked again for ninety days (case.h). It does not count
 * among the peaks by which the budget corrects the detectors: they were right.
 *  - false_positive: the same, but it counts there, so that what gives too many is scored lower.
 *  - true_positive: nothing of it becomes usual. A volume stays out of the baseline while it lasts, the far
 *    end is new again when the alert is over, and it does not count among the peaks.
 *  - unknown: takes the verdict back; a far end that was made known is new again.
 */
void scorer_verdict(Scorer *self, const AlertSubject *about, AlertVerdict verdict);

/* The rules in force from now on; takes @set (NULL: none). Open alerts that they fit, or fit no more, are
 * told anew with their state. */
void scorer_set_suppressions(Scorer *self, SuppressionSet *set);

/* State for a restart (statefile.h): baselines, known peers and paths, open alerts, the flow clock. */
GBytes *scorer_save(Scorer *self);
bool scorer_restore(Scorer *self, GBytes *state, GError **error);
