/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-home-login.c - somebody logs in from a home line that this service never had, and what the asset then
 * does
 *
 * A stolen password is used through a home line near the victim, so that it looks like staff. In flows that
 * is a session (answered, and more than a handshake) which comes in from a residential network. Staff and
 * customers do the same all day, so it is a habit (habit.h) of the service, the asset's port: how often does
 * it meet a home network or a block of addresses it never had (web, mail and VPN servers do by the hour:
 * dull; the SSH port of a controller never did: not dull), and do other assets have log-ins from there at the
 * same port?
 *
 * What counts more is the half hour after: an intruder looks around. First contacts come in spells (a
 * restart, a new program), so two questions are asked: how often does the asset or its role begin a spell of
 * first contacts (gamma-Poisson, rate.h), where none was going on when the log-in came; and what share of the
 * role's spells had so many? Once for contacts with anybody, once for those with other assets; the two bets
 * are averaged and half of the stake is kept back, as most log-ins are followed by nothing. A log-in is often
 * known only when it is over, so the latest contacts are kept with their times.
 *
 * The time between is not tested: contacts that a cause before the log-in brought about count as well. Not
 * seen: a home user who had been there before, and what is done over the session itself.
 */
#include "scoring/detector.h"
#include "scoring/habit.h"

#include <math.h>
#include <stdio.h>

enum { RECENT = 24, CHANCE_ASSET = 3 };
enum { SESSION_PACKETS = 8, SESSION_OCTETS = 3000 }; /* more than a handshake and a refusal */
static const int64_t lasting_ms = 60000, after_ms = 1800000;
static const double busy_a_day = 20; /* a service with more new blocks a day is not kept in mind by address */

typedef enum Pivot { PIVOT_ANY = 0, PIVOT_INSIDE, N_PIVOTS } Pivot;

/* An asset that was logged in to, or made first contacts. */
typedef struct Door {
    IpAddress far; /* of the oddest log-in of the last half hour */
    int64_t begin_ms;
    uint16_t service;
    uint8_t protocol, news;
    float decibans, p, own, days; /* of the log-in */
    float others_as, others_block;
    float spells[N_PIVOTS];                        /* of first contacts, ever counted */
    uint32_t last_s[N_PIVOTS], in_spell[N_PIVOTS]; /* the latest first contact; how many in its spell */
    uint32_t recent_s[RECENT]; /* the latest: flow time in even seconds, plus one if it was another asset */
    uint32_t n_recent;
} Door;

typedef struct Plain {
    Habits habits;
    RatePools pools[N_PIVOTS];
    Ladder sizes[N_PIVOTS]; /* of spells; the larger the lower */
} Plain;

/* ---- what the asset does afterwards ---- */

static Door *
door_of(const Scorer *scorer, WatchState *state, uint32_t asset)
{
    return watch_item(state, 0, &watch_home_login, watch_key(scorer, asset, 0, 0, NULL), CHANCE_ASSET, NULL);
}

/* First contacts from the log-in until half an hour after. */
static uint32_t
count_contacts(const Door *door, Pivot pivot)
{
    int64_t from = door->begin_ms / 1000 - 1, until = from + after_ms / 1000;
    uint32_t n = 0;

    for (uint32_t i = 0; i < RECENT; i++) {
        int64_t at = door->recent_s[i] & ~1u;
        n += at >= from && at < until && (pivot == PIVOT_ANY || (door->recent_s[i] & 1) != 0);
    }
    return n;
}

/* 1, 2, 3 and 4, up to 8, 16, 32, 64, more. */
static int
size_step(uint32_t n)
{
    return LADDER_STEPS - 1 - (int)fmin(LADDER_STEPS - 1, ceil(log2(MAX(1, n))));
}

/* Was a contact made in the half hour before the log-in? Then the spell is none of its making. */
static bool
was_going_on(const Door *door, Pivot pivot)
{
    int64_t login = door->begin_ms / 1000 - 1;

    for (uint32_t i = 0; i < RECENT; i++) {
        int64_t at = door->recent_s[i] & ~1u;
        if (at < login && at >= login - after_ms / 1000 &&
            (pivot == PIVOT_ANY || (door->recent_s[i] & 1) != 0))
            return true;
    }
    return false;
}

static double
bet(const Plain *plain, const Scorer *scorer, uint32_t asset, const Door *door, Pivot pivot)
{
    uint32_t n = count_contacts(door, pivot);

    if (n == 0)
        return 1;
    double own = fmin(1e6, fmax(0, (double)door->spells[pivot]));
    CountModel model = rate_model(&plain->pools[pivot], scorer, asset, own, 0);
    model.mean *= fmax(1, (double)after_ms / (double)scorer->grid.length_ms);
    double began = was_going_on(door, pivot) ? 1 : count_e(&model, 1, scorer->windows_per_day, BET_NOW);
    return began * e_hedged(ladder_p(&plain->sizes[pivot], scorer, asset, size_step(n)));
}

static void
give_opinion(Scorer *scorer, const Plain *plain, uint32_t asset, const Door *door, const Call *login)
{
    uint32_t n = count_contacts(door, PIVOT_ANY), inside = count_contacts(door, PIVOT_INSIDE);
    double pivot = n == 0 ? 0
                          : decibans_of(0.5 + 0.25 * bet(plain, scorer, asset, door, PIVOT_ANY) +
                                        0.25 * bet(plain, scorer, asset, door, PIVOT_INSIDE));
    Opinion opinion = { .watch = &watch_home_login,
                        .asset = asset,
                        .far = &door->far,
                        .service = door->service,
                        .protocol = door->protocol,
                        .p = (double)door->p,
                        .decibans = (double)door->decibans + pivot,
                        .overlap = (double)door->decibans,
                        .numbers = { (double)door->own, (double)door->days, (double)door->others_as,
                                     (double)door->others_block, n, inside, door->news, pivot },
                        .at_ms = MAX(1, door->begin_ms),
                        .call = login };

    case_take(scorer, &opinion);
}

/* A spell that is over teaches how large spells are; a new one, how often they come. */
static void
add_to_spell(Plain *plain, const Scorer *scorer, uint32_t asset, Door *door, Pivot pivot, uint32_t at_s)
{
    bool goes_on = door->in_spell[pivot] > 0 && at_s < door->last_s[pivot] + after_ms / 1000;

    door->last_s[pivot] = MAX(goes_on ? door->last_s[pivot] : 0, at_s);
    if (goes_on) {
        door->in_spell[pivot]++;
        return;
    }
    if (door->in_spell[pivot] > 0)
        ladder_teach(&plain->sizes[pivot], scorer, asset, size_step(door->in_spell[pivot]));
    door->in_spell[pivot] = 1;
    rate_teach(&plain->pools[pivot], scorer, asset, (double)door->spells[pivot]);
    door->spells[pivot] += 1;
}

/* A first contact of the asset's own making. */
static void
add_contact(Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    Door *door = door_of(scorer, state, call->asset);
    bool is_inside = call->far_asset != NONE;
    bool is_after =
        door->begin_ms > 0 && call->begin_ms >= door->begin_ms && call->begin_ms - after_ms < door->begin_ms;

    door->recent_s[door->n_recent++ % RECENT] = (seconds_of(call->begin_ms) & ~1u) | is_inside;
    if (is_after)
        give_opinion(scorer, plain, call->asset, door, call);
    if (is_after && case_is_alerted(scorer, &watch_home_login, call->asset, &door->far))
        return; /* what the intruder does is not usual */
    for (int i = 0; i <= is_inside; i++)
        add_to_spell(plain, scorer, call->asset, door, (Pivot)i, seconds_of(call->begin_ms));
}

/* ---- the log-in ---- */

static bool
is_session(const Call *call)
{
    bool is_long = call->end_ms - call->begin_ms >= lasting_ms;
    bool is_full = MIN(call->packets_out, call->packets_in) >= SESSION_PACKETS &&
                   call->octets_out + call->octets_in >= SESSION_OCTETS;

    return call->is_answered && (is_long || is_full);
}

/* A service that meets new blocks by the hour would fill the table, and nothing about it is odd. */
static bool
is_busy(const HabitBook *book, const Call *call)
{
    return habit_events(book, call->asset, HABIT_NEW_BLOCK) >
           busy_a_day * (2 + rate_days(book->scorer, call->asset));
}

static void
open_door(Door *door, const Call *login, const HabitView *view)
{
    door->far = login->far;
    door->begin_ms = login->begin_ms;
    door->service = login->asset_port;
    door->protocol = login->protocol;
    door->news = (uint8_t)view->news;
    door->decibans = (float)(view->rate_decibans + view->crowd.decibans);
    door->p = (float)fmin(1, 2 * fmin(view->rate_p, view->crowd.p));
    door->own = (float)view->own;
    door->days = (float)view->days;
    door->others_as = (float)view->others_as;
    door->others_block = (float)view->others_block;
}

static void
add_login(Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    HabitBook book = { scorer,
                       state,
                       &watch_home_login,
                       1,
                       &plain->habits,
                       0,
                       (uint32_t)call->protocol << 16 | call->asset_port };

    if (is_busy(&book, call)) {
        if (call->is_new_pair)
            habit_note(&book, call->asset, HABIT_NEW_BLOCK);
        return;
    }
    HabitView view = habit_look(&book, call, call->begin_ms);
    if (view.news == HABIT_KNOWN)
        return;
    Door *door = door_of(scorer, state, call->asset);
    double decibans = view.rate_decibans + view.crowd.decibans;
    bool is_over = call->begin_ms - after_ms >= door->begin_ms || door->begin_ms > scorer->clock.now_ms;
    if (is_over || decibans >= (double)door->decibans) {
        open_door(door, call, &view);
        if (decibans > 0)
            give_opinion(scorer, plain, call->asset, door, call);
    }
    if (!case_is_alerted(scorer, &watch_home_login, call->asset, &call->far))
        habit_keep(&book, call, &view);
}

static void
told(Scorer *scorer, WatchState *state, const Call *call)
{
    if (call->is_home && call->initiator == INITIATOR_FAR && is_session(call))
        add_login(scorer, state, call);
}

static bool
is_first_contact(const Call *call)
{
    return call->is_new_pair && call->initiator == INITIATOR_ASSET;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, uint64_t keys[WATCH_TABLES])
{
    (void)state;
    if (is_first_contact(call))
        keys[0] = watch_key(scorer, call->asset, 0, 0, NULL);
}

static void
began(Scorer *scorer, WatchState *state, const Call *call)
{
    told(scorer, state, call);
    if (is_first_contact(call))
        add_contact(scorer, state, call);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    habit_window(&plain->habits, scorer);
    for (int i = 0; i < N_PIVOTS; i++)
        rate_window(&plain->pools[i], scorer);
}

/* ---- in words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    static const char *const news[] = { "a home network it never had",
                                        "a block of home addresses it never had" };
    uint32_t asn = place_table_find(scorer->places, &one->far)->asn;
    char name[80], far[IP_TEXT], crowd[120], after[120] = "no first contacts followed";
    int kind = one->numbers[6] >= 1 ? 1 : 0;

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    if (one->numbers[4] >= 1)
        g_snprintf(after, sizeof after,
                   "%.0f%s first contacts of its own followed within half an hour, %.0f with other assets",
                   (double)one->numbers[4], one->numbers[4] >= RECENT ? " or more" : "",
                   (double)one->numbers[5]);
    habit_crowd_words(asn, (double)one->numbers[2], (double)one->numbers[3], crowd, sizeof crowd);
    g_snprintf(
        out, room,
        "%s was logged in to on port %u from %s, %s; the port had met %.0f like it in %.1f days, and %s; %s",
        name, one->service, far, news[kind], (double)one->numbers[0], (double)one->numbers[1], crowd, after);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    g_strlcpy(out,
              one->numbers[7] > 3 ? "a log-in that the asset does not follow up with first contacts"
                                  : "a home network that had logged in there before",
              room);
}

const Watch watch_home_login = { .name = "home_login",
                                 .memory_days = 1,
                                 .plain = sizeof(Plain),
                                 .tables = { { .item = sizeof(Door), .most = 64, .is_per_pair = true },
                                             { .item = sizeof(HabitItem), .most = 8, .is_per_pair = true } },
                                 .wants = wants,
                                 .began = began,
                                 .lasts = told,
                                 .ended = told,
                                 .window = window,
                                 .explain = explain,
                                 .instead = instead };
