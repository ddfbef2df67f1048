/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sense.h - the parts of the `sense` process, as its queries see them
 *
 * The control thread (main) owns this: it answers the web process, writes the state files that the
 * working threads hand it, and keeps the rates of the last minutes.
 */
#pragma once
#include "collector/cli/child.h"
#include "collector/cli/intakes.h"
#include "collector/cli/scoring-thread.h"

enum { RATE_EVERY_MS = 2000, RATE_ROWS = 300 };

typedef struct RateRow {
    int64_t time_ms;
    double datagrams, records, octets, lost; /* per second */
} RateRow;

typedef struct Sense {
    const ChildArgs *args;
    const Settings *settings;
    AssetTable *assets;
    PlaceTable *places;
    ListTable *lists;
    Intakes *intakes;
    ScoringThread *scoring;
    Tee *tee;     /* NULL: nothing is sent on */
    Store *store; /* the control thread's own connection */
    Channel *web, *series;
    RateRow rates[RATE_ROWS]; /* a ring: the newest is at (n_rates - 1) % RATE_ROWS */
    uint64_t n_rates;
    BooksTotals last_totals;
    int64_t last_rate_ns;
    bool state_failed; /* the last state file could not be written */
    char state_why[256];
    int64_t rules_until_ms; /* by the clock on the wall: then the first of the rules in force expires */
} Sense;

/* Answers one query with an HTTP-like status and a JSON body. NULL: an empty body. */
json_t *sense_answer(Sense *self, json_t *query, uint16_t *status);
/* Call every so often: adds a row of rates when it is time. */
void sense_note_rates(Sense *self, WallTime now);

/* sense-triage.c: what operators decide */
json_t *sense_decide(Sense *self, json_t *query, uint16_t *status);
json_t *sense_suppress(Sense *self, json_t *query, uint16_t *status);
json_t *sense_unsuppress(Sense *self, json_t *query, uint16_t *status);
/* Once, when the scoring thread runs: gives it the rules in force, and the verdicts that its state of
 * @state_ms (0: it has none) does not know. */
void sense_triage_start(Sense *self, int64_t state_ms);
/* Call every so often: ends rules that have expired. */
void sense_triage_turn(Sense *self, WallTime now);
