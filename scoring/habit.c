/* SPDX-License-Identifier: GPL-3.0-or-later */
/* habit.c - see habit.h */
#include "scoring/habit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEACH_MOST = 4, BLOCKS_MOST = 256, OPEN_STEP = 4 };
enum { CHANCE_ASSET = 4, CHANCE_NETWORK = 3, CHANCE_BLOCK = 1 };
static const double common_days = 100; /* of an asset, for one of the commoner kind, before any was seen */
enum { KEY_ASSET = 1, KEY_AS, KEY_BLOCK }; /* kinds of items */

/* ---- ladders ---- */

double
ladder_p(const Ladder *self, const Scorer *scorer, uint32_t asset, int step)
{
    return fmin(1, share_p(&self->role[scorer->assets[asset].role][step], &self->fleet[step]));
}

double
ladder_mid_p(const Ladder *self, const Scorer *scorer, uint32_t asset, int step)
{
    double below = step > 0 ? ladder_p(self, scorer, asset, step - 1) : 0;

    return (ladder_p(self, scorer, asset, step) + below) / 2;
}

void
ladder_teach(Ladder *self, const Scorer *scorer, uint32_t asset, int step)
{
    Share *role = self->role[scorer->assets[asset].role];

    for (int i = 0; i < LADDER_STEPS; i++) {
        share_teach(&role[i], step <= i);
        share_teach(&self->fleet[i], step <= i);
    }
}

void
ladder_descend(Ladder *self, const Scorer *scorer, uint32_t asset, int step)
{
    Share *shares[] = { &self->role[scorer->assets[asset].role][step], &self->fleet[step] };

    for (int i = 0; i < 2; i++)
        shares[i]->with = MIN(shares[i]->with + 1, shares[i]->of);
}

/* From nobody in the AS up to many in the block; what is rare stands low. */
static int
crowd_step(uint32_t others_as, uint32_t others_block)
{
    static const uint32_t as_most[] = { 0, 3 }, block_most[] = { 0, 1, 3, 7, 31 };

    for (int i = 0; i < 2; i++)
        if (others_as <= as_most[i] && others_block == 0)
            return i;
    for (int i = 0; i < 5; i++)
        if (others_block <= block_most[i])
            return 2 + i;
    return LADDER_STEPS - 1;
}

/*
 * A bet that the habit is a secret: strangers' ends stand among few others of their kind, if seldom in a
 * network of which nobody knew. What it wins on the lower steps it loses on those where many share the block;
 * a tenth of the stake is kept back. Under the past it is worth 1, whatever was bet on, and less where what
 * several share would win for being rare so far: that is no secret.
 */
static double
bet_on_secret(const Ladder *crowd, const Scorer *scorer, uint32_t asset, int step)
{
    static const double secret[LADDER_STEPS] = { 0.3, 0.25, 0.25, 0.1, 0.05, 0.03, 0.01, 0.01 };
    double below = step > 0 ? ladder_p(crowd, scorer, asset, step - 1) : 0;
    double here = fmax(1e-3, ladder_p(crowd, scorer, asset, step) - below);

    double e = 0.1 + 0.9 * secret[step] / here;

    return step >= OPEN_STEP ? fmin(1, e) : e;
}

CrowdView
crowd_look(const Ladder *self, const Scorer *scorer, uint32_t asset, uint32_t others_as,
           uint32_t others_block)
{
    CrowdView view = { .step = crowd_step(others_as, others_block) };

    view.p = ladder_p(self, scorer, asset, view.step);
    view.mid_p = ladder_mid_p(self, scorer, asset, view.step);
    view.decibans = decibans_of(bet_on_secret(self, scorer, asset, view.step));
    return view;
}

/* ---- habits ---- */

/* Of the far network: its AS, or where that is not known its block; and the block. */
static void
keys_of(const HabitBook *book, uint32_t asset, const Call *call, uint64_t keys[2])
{
    const Scorer *scorer = book->scorer;
    IpAddress block = { { 0 } };

    memcpy(block.bytes, call->far.bytes, ip_is_v4(&call->far) ? 15 : 6);
    keys[1] = watch_key(scorer, asset, book->of, KEY_BLOCK, &block);
    memset(&block, 0, sizeof block);
    memcpy(block.bytes, &call->asn, sizeof call->asn);
    keys[0] = call->asn != 0 ? watch_key(scorer, asset, book->of, KEY_AS, &block) : keys[1];
}

static const HabitItem *
find(const HabitBook *book, uint64_t key)
{
    return watch_find(book->state, book->table, book->watch, key);
}

static HabitItem *
asset_item(const HabitBook *book, uint32_t asset)
{
    return watch_item(book->state, book->table, book->watch,
                      watch_key(book->scorer, asset, book->of, KEY_ASSET, NULL), CHANCE_ASSET, NULL);
}

/* A count that may have been read from a file. */
static double
sane(double events)
{
    return fmin(1e6, fmax(0, events));
}

static uint32_t
others(const HabitBook *book, uint64_t key, bool is_member)
{
    const HabitItem *item = find(book, key);

    return item == NULL || item->assets == 0 ? 0 : item->assets - is_member;
}

/*
 * The rarer kind is a question of its own. A commoner one may be rare as yet for want of a past: so it has
 * a rate before any was seen (hosts of services move every few months), and is never odder than a rarer one.
 */
static void
ask_rate(const HabitBook *book, const Call *call, HabitView *view)
{
    const Scorer *scorer = book->scorer;

    const HabitItem *past = find(book, watch_key(scorer, call->asset, book->of, KEY_ASSET, NULL));
    const bool kinds[2] = { book->variant > 0, view->is_shared };

    view->own = 0;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t variant = i / 2, shared = i % 2;
        if ((variant > 0 && !kinds[0]) || (shared > 0 && !kinds[1]))
            continue;
        const RatePools *pools = &book->habits->pools[variant][view->news][shared];
        double own = past == NULL ? 0 : sane((double)past->events[variant][view->news][shared]);
        CountModel model = rate_model(pools, scorer, call->asset, own, HABIT_BORN_DAYS);
        if (i > 0)
            model.mean = fmax(model.mean, 1 / (common_days * scorer->windows_per_day));
        double p = rate_day_p(&model, scorer, 1);
        double decibans = decibans_of(count_e(&model, 1, scorer->windows_per_day, BET_ONE));
        view->own += own;
        view->rate_p = i == 0 ? p : fmax(view->rate_p, p);
        view->rate_decibans = i == 0 ? decibans : fmin(view->rate_decibans, decibans);
    }
}

HabitView
habit_look(const HabitBook *book, const Call *call, int64_t since_ms)
{
    const Scorer *scorer = book->scorer;
    const ScoredAsset *asset = &scorer->assets[call->asset];
    HabitView view = { .rate_p = 1, .days = rate_days(scorer, call->asset) };
    uint64_t mine[2], all[2];

    keys_of(book, call->asset, call, mine);
    keys_of(book, NONE, call, all);
    bool knows_as = find(book, mine[0]) != NULL, knows_block = find(book, mine[1]) != NULL;
    view.news = !knows_as ? HABIT_NEW_NETWORK : !knows_block ? HABIT_NEW_BLOCK : HABIT_KNOWN;
    view.is_born = since_ms < asset->first_ms + (int64_t)HABIT_BORN_DAYS * 86400000;
    view.others_as = others(book, all[0], knows_as);
    view.others_block = MAX(others(book, all[1], knows_block), book->callers);
    view.others_as = MAX(view.others_as, view.others_block);
    view.is_shared = book->of == 0 && view.others_block >= HABIT_SHARED;
    view.crowd = crowd_look(&book->habits->crowd, scorer, call->asset, view.others_as, view.others_block);
    if (view.news != HABIT_KNOWN && !view.is_born)
        ask_rate(book, call, &view);
    return view;
}

bool
habit_may_teach(const HabitBook *book, uint32_t asset)
{
    HabitItem *past = asset_item(book, asset);
    uint16_t day = (uint16_t)(book->scorer->moment.now_ms / 86400000);

    if (past->day != day) {
        past->day = day;
        past->taught = 0;
    }
    if (past->taught >= TEACH_MOST)
        return false;
    past->taught++;
    return true;
}

double
habit_events(const HabitBook *book, uint32_t asset, HabitNews news)
{
    const HabitItem *past = find(book, watch_key(book->scorer, asset, book->of, KEY_ASSET, NULL));

    return past == NULL ? 0
                        : sane((double)past->events[book->variant][news][0]) +
                              sane((double)past->events[book->variant][news][1]);
}

static void
note(const HabitBook *book, uint32_t asset, HabitNews news, bool is_shared)
{
    float *events = &asset_item(book, asset)->events[book->variant][news][is_shared];

    rate_teach(&book->habits->pools[book->variant][news][is_shared], book->scorer, asset, (double)*events);
    *events += 1;
}

void
habit_note(const HabitBook *book, uint32_t asset, HabitNews news)
{
    note(book, asset, news, false);
}

/* True: it was not known. */
static bool
remember(const HabitBook *book, uint64_t mine, uint64_t all, uint8_t chance)
{
    bool is_new;

    watch_item(book->state, book->table, book->watch, mine, chance, &is_new);
    HabitItem *network = watch_item(book->state, book->table, book->watch, all, chance, NULL);
    network->assets += is_new;
    return is_new;
}

/* An asset that has many blocks (a web server's customers) would push out what others know; further ones stay
 * new to it, and dull for their number. */
static void
remember_block(const HabitBook *book, uint32_t asset, uint64_t mine, uint64_t all)
{
    if (find(book, mine) == NULL && asset_item(book, asset)->blocks >= BLOCKS_MOST)
        return;
    bool is_new = remember(book, mine, all, CHANCE_BLOCK);
    asset_item(book, asset)->blocks += is_new;
}

void
habit_keep(const HabitBook *book, const Call *call, const HabitView *view)
{
    uint64_t mine[2], all[2];

    keys_of(book, call->asset, call, mine);
    keys_of(book, NONE, call, all);
    if (mine[0] != mine[1])
        remember(book, mine[0], all[0], CHANCE_NETWORK);
    remember_block(book, call->asset, mine[1], all[1]);
    if (view->news != HABIT_KNOWN && !view->is_born)
        note(book, call->asset, view->news, view->is_shared);
    if (habit_may_teach(book, call->asset))
        ladder_teach(&book->habits->crowd, book->scorer, call->asset, view->crowd.step);
}

void
habit_window(Habits *self, const Scorer *scorer)
{
    /* Before, nothing can be new. */
    if (scorer->moment.now_ms - scorer->moment.first_ms < (int64_t)HABIT_BORN_DAYS * 86400000)
        return;
    for (int i = 0; i < 4 * HABIT_VARIANTS; i++)
        rate_window(&self->pools[i / 4][i / 2 % 2][i % 2], scorer);
}

void
habit_crowd_words(uint32_t asn, double others_as, double others_block, char *out, size_t room)
{
    char network[40] = "its network";

    if (asn != 0)
        g_snprintf(network, sizeof network, "AS %u", asn);
    if (others_as < 1)
        g_snprintf(out, room, "no other asset does so with %s", network);
    else
        g_snprintf(out, room, "%.0f other%s so with %s, %.0f of them with the same block of addresses",
                   others_as, others_as < 2 ? " asset does" : " assets do", network, others_block);
}
