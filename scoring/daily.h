/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * daily.h - how much of something an asset had within a day, against its own past and that of its like
 *
 * Of each asset the largest amount x of a day is kept, on a logarithmic scale, and two things are asked of
 * it: how far it lies above all that the asset had on other days (its record), ranked among how far assets
 * of the role, and all, surpass theirs in a day; and how it ranks among their amounts. The first finds what
 * is much for this asset alone, even where another one of its role has more every night; the second finds
 * who has had as much from the first day on. Ranks are conformal with a Pareto tail (calibrate.h); the
 * e-values of the two are averaged, for they are asked of the same (Vovk and Wang 2021, evidence.h). On how
 * many days the asset has had as much is counted, which makes habits dull after their first days. On a day
 * on which its like have more too, so many of them are odd that it is the day that is: what their e-values
 * are worth, by what they are worth on other days, is divided out; so is what their windows are worth at the
 * hour (ScoredAsset.others_worth), which is known before they are asked. Null
 * hypothesis: a day like other days of this asset, or of others of its role. For watches that ask once a day;
 * bounded, pure arithmetic, scoring thread.
 */
#pragma once
#include "scoring/calibrate.h"
#include "scoring/scorer-internal.h"

enum { DAILY_STEPS = 12 };

/* Of an asset and one thing. */
typedef struct Daily {
    float today;               /* largest x of today */
    float most;                /* of the days before, fading: the record */
    float over;                /* by how much it was surpassed today */
    float worth;               /* the largest e-value of today, up to a limit */
    uint8_t seen[DAILY_STEPS]; /* days with x of 1 and more, 2 and more, ... */
} Daily;

typedef struct DailyPool {
    ResidualSketch amount, record;
    float asked, worth; /* today: how many assets, and the sum of what their e-values are worth */
    float usual;        /* the mean worth of those asked on a day, fading */
} DailyPool;
typedef struct DailyPools {
    DailyPool role[MOST_ROLES], fleet;
} DailyPools;

typedef struct DailyOdds {
    double p, e;
} DailyOdds;

/* A question: @x of today, which surpasses what it should not by @over; of @days that the asset has been
 * seen, @own are those for which this very thing has stood among its past. */
typedef struct DailyAsk {
    const ScoredAsset *asset;
    double days, own, x, over;
} DailyAsk;
/* Of what is the first or the most that an asset of @days has shown, the share that one of two weeks would
 * have. */
double daily_share_of_age(double days);
DailyOdds daily_odds(DailyPools *pools, Daily *self, const DailyAsk *ask);
/* The day is over: it is learned, unless it is part of an alert. @days have been learned before. */
void daily_end(DailyPools *pools, Daily *self, uint32_t role, double days, bool is_alerted);
/* Once a day: pools fade with a half-life of a month. */
void daily_fade(DailyPools *pools, uint32_t n_roles);
/* Does the day end with window @number? */
bool daily_ends(const Scorer *scorer, int64_t number);
/*
 * The threshold counts windows, each of them a test of every asset (budget.h). Here is one test a day, which
 * may stake what the day's windows may together, and the promise is kept: decibans. That is between the watch
 * and the budget, and no part of what is lent to other cases (Opinion.overlap).
 */
double daily_bonus(const Scorer *scorer);
