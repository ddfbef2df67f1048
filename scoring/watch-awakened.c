/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-awakened.c - two that knew each other and had been silent for a week or more speak again
 *
 * A way in that was laid long ago and left alone is used again: after a password was changed, after the
 * operators' own clean-up, or because its turn has come. By then nothing about the pair is new. Silence of a
 * week is common for some (a quarterly report, a spare server), so the question is how often this asset, and
 * those of its role, have spoken to somebody after so long; one model for a week or more, one for four weeks
 * or more. The talk that ends the silence is one event, whatever follows.
 */
#include "scoring/detector.h"
#include "scoring/rate.h"
#include "scoring/watch.h"

#include <stdio.h>

enum { WEEK_H = 168, MONTH_H = 672 };
static const double idle_days[2] = { 7, 28 };

typedef struct Past {
    float events[2]; /* by length of the silence */
} Past;
typedef struct Plain {
    RatePools pools[2];
} Plain;

static void
began(Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;

    if (call->slept_hours < WEEK_H || call->initiator == INITIATOR_UNKNOWN || call->access == ACCESS_OWN)
        return;
    int kind = call->slept_hours >= MONTH_H;
    Past *past = watch_item(state, 0, &watch_awakened, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    double own = (double)past->events[kind];
    CountModel model = rate_model(&plain->pools[kind], scorer, call->asset, own, idle_days[kind]);
    Opinion opinion = { .watch = &watch_awakened,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = rate_day_p(&model, scorer, 1),
                        .decibans = decibans_of(count_e(&model, 1, scorer->windows_per_day, BET_NOW)),
                        .numbers = { call->slept_hours / 24.0, own, rate_days(scorer, call->asset),
                                     call->initiator == INITIATOR_ASSET },
                        .call = call };

    case_take(scorer, &opinion);
    rate_teach(&plain->pools[kind], scorer, call->asset, own);
    past->events[kind] += 1;
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    double days = (double)(scorer->clock.now_ms - scorer->clock.first_ms) / 86400e3;

    (void)number;
    for (int kind = 0; kind < 2; kind++)
        if (days > idle_days[kind]) /* before, nobody can have been silent for so long */
            rate_window(&plain->pools[kind], scorer);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT];
    bool is_call = one->numbers[3] > 0;

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    g_snprintf(
        out, room,
        "%s called %s (port %u) again after %.0f days of silence; that happened to it %.0f times before in "
        "%.1f days",
        is_call ? name : far, is_call ? far : name, one->service, (double)one->numbers[0],
        (double)one->numbers[1], (double)one->numbers[2]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a pair that had spoken within the week before", room);
}

const Watch watch_awakened = { .name = "awakened",
                               .memory_days = 1,
                               .plain = sizeof(Plain),
                               .tables = { { .item = sizeof(Past), .most = 1 << 16 } },
                               .began = began,
                               .window = window,
                               .explain = explain,
                               .instead = instead };
