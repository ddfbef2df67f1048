/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-awakened.c - two that knew each other and had been silent for a week or more speak again
 *
 * A way in that was laid long ago and left alone is used again: after a password was changed, after the
 * operators' own clean-up, or because its turn has come. By then nothing about the pair is new. Silence of a
 * week is common for some (a quarterly report, a spare server), so the first question is how often this
 * asset, and those of its role, have spoken to somebody after so long; calling and being called are counted
 * apart (a web server's visitors come back whenever they like), and so are a week and four weeks. The talk
 * that ends the silence is one event, whatever follows.
 *
 * Given that, two more questions, each asked of the role's other awakened pairs, so their e-values multiply:
 * how few others have to do with that far network; and, as the day goes on, in how many hours the two have
 * spoken since. Most that come back come for once, a way that is used again is used for a while: a bet on
 * that is worth its own chance of coming so far by that of the past (a ratio of survival functions, which is
 * a martingale while it goes on, so asking again at each step costs nothing).
 *
 * Nobody can have been silent for a week in the first one, and few pairs in the second: how often it happens
 * is hardly known then. So what the past says counts by a power that grows to one until the time has been
 * half as long again as the silence (for t in [0, 1] the mean of e^t is one at most where that of e is:
 * Jensen).
 *
 * Not seen: who speaks at least once a week, and a pair that the table of peers has forgotten.
 */
#include "scoring/detector.h"
#include "scoring/habit.h"

#include <math.h>
#include <stdio.h>

enum { MONTH_H = 672, KINDS = 4, TEACH_A_DAY = 4 };
static const double idle_days[2] = { 7, 28 };
static const uint32_t follow_s = 86400, hour_s = 3600;
/* Hours in which the two have spoken since, for the steps of a ladder: the more the lower. */
static const uint8_t hours_of_step[LADDER_STEPS] = { 16, 12, 8, 6, 4, 3, 2, 1 };
/* What is bet on: the share of ways in use again that come so far. */
static const double used_share[LADDER_STEPS] = { 0.15, 0.3, 0.5, 0.65, 0.75, 0.8, 0.9, 1 };
static const double hours_stake = 0.9;

/* Of an asset. */
typedef struct Past {
    float events[KINDS]; /* by length of the silence and who called */
    uint16_t day, taught;
} Past;
/* Of a pair: since it spoke again. */
typedef struct Spell {
    uint32_t begin_s, hour; /* flow time; number of the latest hour */
    float decibans, p;      /* of its beginning */
    float silent_days, own, days;
    uint8_t kind, hours, step; /* step: that it was taught to have reached */
    uint8_t is_taught;
} Spell;
typedef struct Plain {
    RatePools pools[KINDS];
    Ladder crowd[2], hours[2]; /* by who called */
} Plain;

/* One asset must not make the pool's mind up. */
static bool
may_teach(Past *past, int64_t now_ms)
{
    uint16_t day = (uint16_t)(now_ms / 86400000);

    if (past->day != day) {
        past->day = day;
        past->taught = 0;
    }
    return past->taught++ < TEACH_A_DAY;
}

static void
give_opinion(WatchState *state, const Spell *spell, const Call *call, double p, double decibans)
{
    Opinion opinion = { .watch = &watch_awakened,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = p,
                        .decibans = decibans,
                        .numbers = { (double)spell->silent_days, (double)spell->own, (double)spell->days,
                                     spell->kind % 2, spell->hours },
                        .call = call };

    watch_says(state, &opinion);
}

/* How far the past may be believed as yet. */
static double
trust_of(const Scorer *scorer, bool is_month)
{
    double days = (double)(scorer->moment.now_ms - scorer->moment.first_ms) / 86400e3;

    return fmin(1, fmax(0, 2 * (days / idle_days[is_month] - 1)));
}

/* The silence is over. */
static void
awake(const Scorer *scorer, WatchState *state, const Call *call, Spell *spell)
{
    Plain *plain = state->plain;
    bool is_month = call->slept_hours >= MONTH_H, is_caller = call->initiator == INITIATOR_ASSET;
    int kind = 2 * is_month + is_caller;
    Past *past = watch_item(state, 0, &watch_awakened, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    double own = fmin(1e6, fmax(0, (double)past->events[kind]));
    CountModel model = rate_model(&plain->pools[kind], scorer, call->asset, own, idle_days[is_month]);
    FleetView fleet = fleet_look(scorer, call->asset, call->asn, &call->far);
    CrowdView crowd =
        crowd_look(&plain->crowd[is_caller], scorer, call->asset, fleet.others_as, fleet.others_block);
    double rate_p = rate_day_p(&model, scorer, 1);
    double e = count_e(&model, 1, scorer->windows_per_day, BET_ONE) * e_of_decibans(crowd.decibans);
    double trust = trust_of(scorer, is_month);

    *spell = (Spell){ .begin_s = seconds_of(call->begin_ms),
                      .hour = seconds_of(call->begin_ms) / hour_s,
                      .decibans = (float)(trust * decibans_of(e)),
                      .p = (float)fmin(1, 2 * fmin(rate_p, crowd.p)),
                      .silent_days = call->slept_hours / 24.0f,
                      .own = (float)own,
                      .days = (float)fmax(0, rate_days(scorer, call->asset) - idle_days[is_month]),
                      .kind = (uint8_t)kind,
                      .hours = 1,
                      .step = LADDER_STEPS - 1 };
    give_opinion(state, spell, call, (double)spell->p, (double)spell->decibans);
    rate_teach(&plain->pools[kind], scorer, call->asset, own);
    past->events[kind] += 1;
    spell->is_taught = may_teach(past, scorer->moment.now_ms);
    if (!spell->is_taught)
        return;
    ladder_teach(&plain->crowd[is_caller], scorer, call->asset, crowd.step);
    ladder_teach(&plain->hours[is_caller], scorer, call->asset, spell->step);
}

/* It goes on; asked at each step down the ladder. */
static void
go_on(const Scorer *scorer, WatchState *state, const Call *call, Spell *spell)
{
    Plain *plain = state->plain;
    uint32_t begin_s = seconds_of(call->begin_ms), hour = begin_s / hour_s;

    if (hour <= spell->hour || begin_s > spell->begin_s + follow_s || spell->hours == UINT8_MAX)
        return;
    spell->hour = hour;
    spell->hours++;
    if (spell->step == 0 || spell->step >= LADDER_STEPS || spell->hours < hours_of_step[spell->step - 1])
        return;
    Ladder *ladder = &plain->hours[spell->kind % 2];
    spell->step--;
    double p = ladder_p(ladder, scorer, call->asset, spell->step);
    double e = 1 - hours_stake + hours_stake * used_share[spell->step] / p;
    give_opinion(state, spell, call, p, (double)spell->decibans + decibans_of(e));
    if (spell->is_taught > 0) /* after the question: it must not vouch for itself */
        ladder_descend(ladder, scorer, call->asset, spell->step);
}

static void
began(const Scorer *scorer, WatchState *state, const Call *call)
{
    bool wakes = call_wakes(call);
    bool is_awake = call->woke_s != 0 && seconds_of(call->begin_ms) < call->woke_s + follow_s;

    if (call->peer == NONE || call->access == ACCESS_OWN || (!wakes && !is_awake)) /* nearly all of them */
        return;
    uint64_t key = watch_key(scorer, call->asset, 0, 0, &call->far);
    Spell *spell = watch_item(state, 1, &watch_awakened, key, 1, NULL);
    if (wakes && seconds_of(call->begin_ms) >= spell->begin_s + follow_s)
        awake(scorer, state, call, spell);
    else if (spell->hours > 0 && is_awake)
        go_on(scorer, state, call, spell);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    double days = (double)(scorer->moment.now_ms - scorer->moment.first_ms) / 86400e3;

    (void)number;
    for (int kind = 0; kind < KINDS; kind++)
        if (days > idle_days[kind / 2]) /* before, nobody can have been silent for so long */
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
        "%s called %s (port %u) again after %.0f days of silence; that happened to it %.0f times in the "
        "%.1f days in which it could; the two have spoken in %.0f hours since",
        is_call ? name : far, is_call ? far : name, one->service, (double)one->numbers[0],
        (double)one->numbers[1], (double)one->numbers[2], (double)one->numbers[4]);
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
                               .tables = { { .item = sizeof(Past), .most = 1 << 16 },
                                           { .item = sizeof(Spell), .most = 1 << 14 } },
                               .began = began,
                               .window = window,
                               .explain = explain,
                               .instead = instead };
