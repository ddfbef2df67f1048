/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-listed.c - the far end stands on a list that the operator has named (list.h)
 *
 * A word from outside first: prior odds, given once for a pair, however often it speaks; at full confidence
 * and freshly said 12 dB (16:1). Entries age: addresses that relays use are given up within weeks, so their
 * weight falls in a straight line until they expire.
 *
 * How much a list is worth beyond that, the network itself can tell: where assets take up with listed far
 * ends every day (a shared host, a list of all hosting), one more is nothing; where hardly one ever did, it
 * is odd. So for a new pair it is also asked how often this asset and its role take up with any listed far
 * end (gamma-Poisson, rate.h), with a tenth of the stake, and in as far as the entry is believed. A pair that
 * is older than the oldest entry need not be new to the asset, and has its prior odds alone.
 *
 * A list never alerts alone: its cases lead no alert, and what they add stays two to one short of the
 * threshold (case.c), so that something else must speak for it: that the two are new to one another, mostly.
 * What it cannot see is whether the list is right.
 */
#include "scoring/detector.h"
#include "scoring/list.h"
#include "scoring/rate.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

static const double odds_most = 15.85; /* 12 dB */
static const double rate_stake = 0.1;
static const int64_t new_ms = 7 * (int64_t)86400000, born_ms = 2 * (int64_t)86400000;

typedef struct Plain {
    RatePools pool;
} Plain;
typedef struct Pair {
    int64_t told_ms; /* when it was first found; 0: not yet */
    double e;        /* what that was worth, before the weight of the entry */
} Pair;
typedef struct Past {
    float events; /* new pairs of an asset with listed far ends */
} Past;

/* Where the asset has known the far end for a week, or for as long as we know the asset, it is not news. */
static bool
is_news(const Scorer *scorer, const Call *call)
{
    int64_t met_ms = call->peer == NONE ? call->begin_ms : 1000 * (int64_t)call->pair_first_s;

    return call->begin_ms - met_ms < new_ms && met_ms - scorer->assets[call->asset].first_ms > born_ms;
}

/* The e-value of a new pair with a listed far end, asked once; 1 for an old one. */
static double
ask_rate(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    Past *past = watch_item(state, 0, &watch_listed, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    Pair *pair =
        watch_item(state, 1, &watch_listed, watch_key(scorer, call->asset, 0, 0, &call->far), 1, NULL);

    if (pair->told_ms <= 0 || pair->told_ms > scorer->moment.now_ms) {
        *pair = (Pair){ .told_ms = scorer->moment.now_ms, .e = 1 };
        if (!is_news(scorer, call))
            return 1;
        double own = fmin(1e6, fmax(0, (double)past->events));
        CountModel model = rate_model(&plain->pool, scorer, call->asset, own, (double)born_ms / 86400e3);
        pair->e = count_e(&model, 1, scorer->windows_per_day, BET_NOW);
        rate_teach(&plain->pool, scorer, call->asset, own);
        past->events += 1;
    }
    bool is_fresh = scorer->moment.now_ms - pair->told_ms < new_ms;
    return is_fresh && isfinite(pair->e) ? fmax(0, pair->e) : 1;
}

static double
days_between(int64_t from_ms, int64_t to_ms)
{
    return (double)(to_ms - from_ms) / 86400e3;
}

/* How many listed far ends the asset has taken up with, this one left out. */
static double
listed_before(const Scorer *scorer, const WatchState *state, const Call *call)
{
    const Past *past = watch_find(state, 0, &watch_listed, watch_key(scorer, call->asset, 0, 0, NULL));

    return past == NULL ? 0 : fmax(0, (double)past->events - 1);
}

static void
began(const Scorer *scorer, WatchState *state, const Call *call)
{
    const ListEntry *entry = list_table_find(scorer->lists, &call->far);

    if (entry == NULL || entry->until_ms <= call->begin_ms || call->far_asset != NONE)
        return;
    double life = days_between(entry->seen_ms, entry->until_ms);
    double left = fmin(1, days_between(call->begin_ms, entry->until_ms) / fmax(life, 1e-3));
    double weight = left * entry->confidence / 100, odds = 1 + (odds_most - 1) * weight;
    double rate = 1 + rate_stake * weight * (ask_rate(scorer, state, call) - 1);
    Opinion opinion = { .watch = &watch_listed,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = fmin(1, 1 / (odds * rate)),
                        .decibans = decibans_of(odds * rate),
                        .numbers = { entry->confidence, fmax(0, days_between(entry->seen_ms, call->begin_ms)),
                                     call->initiator == INITIATOR_ASSET, listed_before(scorer, state, call),
                                     rate_days(scorer, call->asset) },
                        .call = call };

    watch_says(state, &opinion);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    if (scorer->lists != NULL &&
        list_table_count(scorer->lists) > 0) /* without a list nobody can meet one that is listed */
        rate_window(&plain->pool, scorer);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    const ListEntry *entry = list_table_find(scorer->lists, &one->far);
    char far[IP_TEXT], prefix[IP_PREFIX_TEXT] = "";

    ip_text(&one->far, far);
    if (entry == NULL) {
        g_snprintf(out, room, "%s stood on a list that has since been taken away", far);
        return;
    }
    const char *note = list_note(scorer->lists, entry->note);
    g_snprintf(out, room,
               "%s stands on the list '%s' (entry %s%s%s%s, last said %.0f days before, confidence %.0f of "
               "100); the asset had met %.0f others on lists in %.1f days; a list alone never alerts",
               far, list_name(scorer->lists, entry->source), ip_prefix_text(&entry->prefix, prefix),
               *note != '\0' ? ", \"" : "", note, *note != '\0' ? "\"" : "", (double)one->numbers[1],
               (double)one->numbers[0], (double)one->numbers[3], (double)one->numbers[4]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a far end that stands on no list", room);
}

const Watch watch_listed = { .name = "listed",
                             .memory_days = 7,
                             .is_prior = true,
                             .plain = sizeof(Plain),
                             .tables = { { .item = sizeof(Past), .most = 1 << 14 },
                                         { .item = sizeof(Pair), .most = 1 << 14 } },
                             .window = window,
                             .began = began,
                             .explain = explain,
                             .instead = instead };
