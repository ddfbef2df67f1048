/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rate.c - see rate.h */
#include "scoring/rate.h"

#include <math.h>

static const double half_life_days = 30;
static const double fleet_trust = 2000; /* windows of a role that weigh as much as the fleet's rate */
static const double shape_least = 0.05, shape_most = 0.5;

double
rate_days(const Scorer *scorer, uint32_t asset)
{
    return fmax(0, (double)(scorer->moment.now_ms - scorer->assets[asset].first_ms) / 86400e3);
}

static void
age_pool(RatePool *pool, double assets, double keep)
{
    pool->events *= keep;
    pool->assets_with *= keep;
    pool->windows = pool->windows * keep + assets;
}

void
rate_window(RatePools *self, const Scorer *scorer)
{
    double keep = exp2(-1 / (half_life_days * scorer->windows_per_day));

    for (uint32_t i = 0; i < scorer->n_roles; i++)
        age_pool(&self->role[i], scorer->roles[i].assets, keep);
    age_pool(&self->fleet, scorer->n_assets, keep);
}

/* How uneven assets are, from the share of them without any event; see novelty.c. */
static double
shape_of(const RatePool *pool, double assets, double expected)
{
    double zero = (assets - fmin(assets, pool->assets_with) + 1) / (assets + 2);
    double low = shape_least, high = shape_most;

    for (int i = 0; i < 12; i++) {
        double shape = (low + high) / 2;
        if (pow(1 + expected / shape, -shape) > zero)
            low = shape;
        else
            high = shape;
    }
    return (low + high) / 2;
}

CountModel
rate_model(const RatePools *self, const Scorer *scorer, uint32_t asset, double own, double idle_days)
{
    uint32_t role = scorer->assets[asset].role;
    const RatePool *pool = &self->role[role];
    /* The rule of succession: what nobody has done yet comes once in as long again. */
    double fleet = (self->fleet.events + 1) / (self->fleet.windows + 1);
    double rate = (pool->events + fleet_trust * fleet) / (pool->windows + fleet_trust);
    double windows = fmax(0, rate_days(scorer, asset) - idle_days) * scorer->windows_per_day;
    double peers = scorer->roles[role].assets;
    double shape = peers >= 8 ? shape_of(pool, peers, rate * windows)
                              : shape_of(&self->fleet, scorer->n_assets, rate * windows);
    CountModel model = { .shape = shape + own };

    model.mean = model.shape / (fmin(shape / rate, 1e9) + windows);
    return model;
}

void
rate_teach(RatePools *self, const Scorer *scorer, uint32_t asset, double own)
{
    RatePool *pools[] = { &self->role[scorer->assets[asset].role], &self->fleet };

    for (int i = 0; i < 2; i++) {
        pools[i]->events += 1;
        pools[i]->assets_with += own == 0;
    }
}

double
rate_day_p(const CountModel *model, const Scorer *scorer, uint32_t count)
{
    CountModel day = { .shape = model->shape, .mean = model->mean * scorer->windows_per_day };

    return count_mid_p(&day, count);
}

double
rate_any_e(const CountModel *model)
{
    double any = -expm1(-model->shape * log1p(model->mean / model->shape));

    return 1 / fmax(any, 1e-12);
}
