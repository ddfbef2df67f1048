/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rate.h - how often an asset does a rare thing, and so how odd one more is; for watches
 *
 * The gamma-Poisson model of novelty.h for any kind of event that a watch counts, without a row for each age.
 * The watch keeps a count of events for each asset that has any (in a table of its own) and one RatePools for
 * the kind in its plain struct; for how long an asset has been watched follows from when it was first seen,
 * so nothing is done for an asset in a window without events.
 */
#pragma once
#include "scoring/scorer-internal.h"

typedef struct RatePool {
    double events, windows; /* over all assets of the role; both fade with a half-life of 30 days */
    double assets_with;     /* with at least one event, fading likewise */
} RatePool;
typedef struct RatePools {
    RatePool role[MOST_ROLES], fleet;
} RatePools;

/* A window of all assets has passed; once a window. */
void rate_window(RatePools *self, const Scorer *scorer);
/* How many events to expect in the next window of @asset, which has had @own of them. @idle_days: for so long
 * after it was first seen no event was possible. */
CountModel rate_model(const RatePools *self, const Scorer *scorer, uint32_t asset, double own,
                      double idle_days);
/* It happened to an asset that had had @own before. */
void rate_teach(RatePools *self, const Scorer *scorer, uint32_t asset, double own);
/* Mid-p of @count or more in a day. */
double rate_day_p(const CountModel *model, const Scorer *scorer, uint32_t count);
/* All of the stake on one or more in the next window: 1 / the chance of it. For an event that is judged when
 * it comes and forgotten else. */
double rate_any_e(const CountModel *model);
/* Days for which the asset has been watched. */
double rate_days(const Scorer *scorer, uint32_t asset);
