/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scoring-thread.h - the thread of `sense` that scores
 *
 * Owns the scorer and the store's writing side. An alert is on disk before anybody is shown it; when the disk
 * is full, alerts wait here (bounded, counted) and are written as soon as there is room. Samples go to the
 * series process without waiting for it.
 */
#pragma once
#include <jansson.h>
#include "collector/base/message.h"
#include "collector/cli/funnel.h"
#include "collector/cli/settings.h"
#include "scoring/store.h"

typedef struct ScoringThread ScoringThread;

typedef struct ScoringCounters {
    uint64_t records, alerts, alerts_waiting, alerts_lost, samples_lost;
    bool disk_is_full;
} ScoringCounters;

/* Takes @store; borrows the rest. */
ScoringThread *scoring_thread_new(const Settings *settings, const AssetTable *assets,
                                  const PlaceTable *places, Funnel *funnel, Channel *series, Store *store,
                                  GBytes *state);
void scoring_thread_free(ScoringThread *self);
/* Before the start. Borrowed. */
void scoring_thread_lists(ScoringThread *self, const ListTable *lists);
/* @exporters(user, index) is called on the scoring thread. */
void scoring_thread_start(ScoringThread *self, ExporterAddress exporters, void *user);
/* Scores what is still in the funnel, makes a last snapshot, ends the thread. */
void scoring_thread_stop(ScoringThread *self);

/* Any thread but the scoring thread: runs @task between two batches and gives what it returns. */
typedef json_t *(*ScorerTask)(Scorer *scorer, void *argument);
json_t *scoring_thread_ask(ScoringThread *self, ScorerTask task, void *argument);

/* Any thread. The newest snapshot that nobody has taken yet, or NULL. The caller owns it. */
GBytes *scoring_thread_take_state(ScoringThread *self);
void scoring_thread_counters(ScoringThread *self, ScoringCounters *out);
