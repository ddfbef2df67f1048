/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daily.c - see daily.h */
#include "scoring/daily.h"

#include "scoring/evidence.h"

#include <math.h>

static const double pool_days = 30, record_keep = 0.99; /* a record fades by 1 % a day */
static const double grown_up = 14;                      /* days; on the first ones everything is a record */
static const double worth_most = 100, asked_least = 5, usual_days = 7;
enum { RECORD_DAYS = 3 };

/*
 * Where days are alike, the next one is a record with a chance of 1/(days + 1) (Renyi, "Theorie des elements
 * saillants d'une suite d'observations", 1962): what is learned from records of the young is more than others
 * will show.
 */
double
daily_share_of_age(double days)
{
    return fmin(1, (days + 1) / grown_up);
}

/* What the day has in common for the others of the role: how much more they are worth than usual. Two of
 * them may be as odd as can be for reasons of their own: that excuses nobody. */
static double
common_worth(DailyPool *pool, Daily *self, double e)
{
    float worth = (float)fmin(e, worth_most);

    if (self->worth <= 0)
        pool->asked += 1;
    if (worth > self->worth) {
        pool->worth += worth - self->worth;
        self->worth = worth;
    }
    if (pool->asked <= (float)asked_least)
        return 1;
    double others = ((double)(pool->worth - self->worth) - 2 * worth_most) / (double)(pool->asked - 1);
    return fmax(1, others / fmax(1, (double)pool->usual));
}

DailyOdds
daily_odds(DailyPools *pools, Daily *self, const DailyAsk *ask)
{
    DailyPool *group = &pools->role[ask->asset->role], *fleet = &pools->fleet;
    int step = (int)fmin(DAILY_STEPS, ask->x);
    double had = step > 0 ? fmax(0, self->seen[step - 1] - ask->own) : 0;
    double own_p = had > 0 ? fmin(1, (had + 1) / (ask->days + 1)) : 0;
    double record_p =
        sketch_amount_p(&group->record, &fleet->record, ask->over) / daily_share_of_age(ask->days);
    double amount_p = fmax(own_p, sketch_amount_p(&group->amount, &fleet->amount, ask->x));

    record_p = fmax(own_p, fmin(1, record_p));
    double e = (e_of_rare_p(record_p) + e_of_rare_p(amount_p)) / 2;
    double common = fmax(common_worth(group, self, e), (double)ask->asset->others_worth);
    return (DailyOdds){ .p = fmin(1, 2 * common * fmin(record_p, amount_p)), .e = e / common };
}

static void
teach(DailyPools *pools, Daily *self, uint32_t role, double days)
{
    DailyPool *both[] = { &pools->role[role], &pools->fleet };
    double x = (double)self->today, part = daily_share_of_age(days);

    for (int i = 0; i < 2; i++) {
        sketch_count(&both[i]->amount, x);
        if (days < RECORD_DAYS)
            continue;
        sketch_count_part(&both[i]->record, (double)self->over, part);
        sketch_count_part(&both[i]->record, 0, 1 - part);
    }
    for (int step = 0; step < DAILY_STEPS && x >= step + 1; step++)
        if (self->seen[step] < UINT8_MAX)
            self->seen[step]++;
    self->most = fmaxf(self->most * (float)record_keep, self->today);
}

void
daily_end(DailyPools *pools, Daily *self, uint32_t role, double days, bool is_alerted)
{
    if (!is_alerted)
        teach(pools, self, role, days);
    self->today = self->over = self->worth = 0;
}

static void
fade(DailyPool *pool)
{
    double keep = exp2(-1 / pool_days);

    sketch_fade(&pool->amount, keep);
    sketch_fade(&pool->record, keep);
    if (pool->asked > (float)asked_least)
        pool->usual += (pool->worth / pool->asked - pool->usual) * (float)(1 / usual_days);
    pool->asked = pool->worth = 0;
}

void
daily_fade(DailyPools *pools, uint32_t n_roles)
{
    for (uint32_t r = 0; r < n_roles; r++)
        fade(&pools->role[r]);
    fade(&pools->fleet);
}

bool
daily_ends(const Scorer *scorer, int64_t number)
{
    int64_t length = scorer->grid.length_ms;

    return (number + 1) * length / 86400000 != number * length / 86400000;
}

double
daily_bonus(const Scorer *scorer)
{
    return decibans_of(fmax(1, scorer->windows_per_day));
}
