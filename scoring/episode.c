/* SPDX-License-Identifier: GPL-3.0-or-later */
/* episode.c - see episode.h */
#include "scoring/episode.h"

#include <math.h>

/* How many steps of the fleet weigh as much as what is known of the role, and of the role for the asset. */
static const double fleet_steps = 8, role_steps = 4, share_most = 4000;
static const double half_life_s = 2 * 86400, p_least = 1e-12;

void
episode_window(EpisodePools *pools, const Scorer *scorer)
{
    rate_window(&pools->begins, scorer);
}

bool
episode_is_over(const Episode *self, int64_t at_ms, double quiet_days)
{
    return self->step == 0 || (double)at_ms / 1000 - self->last_s > quiet_days * 86400;
}

static uint8_t
index_of(const Episode *self)
{
    return (uint8_t)(CLAMP(self->step, 1, EPISODE_STEPS) - 1);
}

static void
teach(Share *share, bool went_on)
{
    if (went_on)
        share->with += 1;
    else
        share->of += 1;
    if ((double)share->of > share_most) {
        share->of /= 2;
        share->with /= 2;
    }
}

/* Each step is counted as one that could go on when it is reached, and as one that did when the next is. */
static void
teach_step(Episode *self, EpisodePools *pools, uint32_t role, bool went_on)
{
    uint8_t step = index_of(self);

    *(went_on ? &self->went_on : &self->could) += 1;
    teach(&pools->on[role][step], went_on);
    teach(&pools->fleet_on[step], went_on);
}

void
episode_begin_under(Episode *self, EpisodePools *pools, const Scorer *scorer, uint32_t asset,
                    const CountModel *model, bool is_alerted, int64_t at_ms)
{
    self->step = 1;
    self->events = 1;
    self->before = self->begun;
    self->decibans = (float)decibans_of(rate_any_e(model));
    self->p = (float)rate_day_p(model, scorer, 1);
    self->answers = 1;
    self->n_answers = 0;
    self->last_s = seconds_of(at_ms);
    self->teaches = !is_alerted;
    if (is_alerted)
        return;
    self->begun += 1;
    teach_step(self, pools, scorer->assets[asset].role, false);
}

void
episode_begin(Episode *self, EpisodePools *pools, const Scorer *scorer, uint32_t asset, double idle_days,
              bool is_alerted, int64_t at_ms)
{
    CountModel model = rate_model(&pools->begins, scorer, asset, (double)self->begun, idle_days);
    uint16_t day = (uint16_t)(at_ms / 86400000 % 65535 + 1);

    if (!is_alerted && self->taught_day != day) {
        rate_teach(&pools->begins, scorer, asset, (double)self->begun);
        self->taught_day = day;
    }
    episode_begin_under(self, pools, scorer, asset, &model, is_alerted, at_ms);
}

/* The chance to go on from here; the episode itself, which has been counted as one that could, is left out.
 */
static double
chance_on(const Episode *self, const EpisodePools *pools, uint32_t role)
{
    uint8_t step = index_of(self);
    const Share *in_role = &pools->on[role][step], *in_fleet = &pools->fleet_on[step];
    double own = self->teaches ? 1 : 0;
    double fleet = ((double)in_fleet->with + 1) / (fmax(0, (double)in_fleet->of - own) + 2);
    double like =
        ((double)in_role->with + fleet_steps * fleet) / (fmax(0, (double)in_role->of - own) + fleet_steps);
    double chance =
        ((double)self->went_on + role_steps * like) / (fmax(0, (double)self->could - own) + role_steps);

    return fmin(0.99, fmax(chance, 1e-3));
}

static void
add(Episode *self, double e)
{
    self->decibans = (float)fmin(DECIBANS_MOST, (double)self->decibans + decibans_of(e));
}

/* 1, 2, 3, 4, 6, 8, 12, 16, ... */
static double
events_of_step(int step)
{
    return step < 3 ? step : ldexp(step % 2 == 0 ? 1 : 1.5, (int)(step / 2));
}

bool
episode_go_on(Episode *self, EpisodePools *pools, const Scorer *scorer, uint32_t asset, bool is_alerted,
              int64_t at_ms)
{
    uint32_t role = scorer->assets[asset].role;

    double after_s = fmax(0, (double)seconds_of(at_ms) - self->last_s);

    self->events += 1;
    self->decibans *= (float)exp2(-after_s / half_life_s);
    self->last_s = MAX(self->last_s, seconds_of(at_ms));
    if ((double)self->events < events_of_step(self->step + 1) || self->step == UINT8_MAX)
        return false;
    double chance = chance_on(self, pools, role);
    add(self, 1 / chance);
    self->p = (float)fmax(p_least, (double)self->p * chance);
    self->teaches &= !is_alerted;
    if (self->teaches)
        teach_step(self, pools, role, true);
    self->step++;
    if (self->teaches)
        teach_step(self, pools, role, false);
    return true;
}

double
episode_decibans(const Episode *self, const Scorer *scorer, double days)
{
    return (double)self->decibans * fmin(1, days / fmax(1, scorer->conf.learn_days));
}

void
episode_weigh(Episode *self, double e, double p)
{
    add(self, e);
    self->answers = (float)fmax(p_least, (double)self->answers * fmin(1, p));
    if (self->n_answers < UINT8_MAX)
        self->n_answers++;
}

/*
 * How far it comes is one question, for it has to begin first, and then to come to each step: a product of
 * chances. The others are answered each by themselves; a product of k p-values is no p-value, but its tail is
 * known (Fisher): x times the sum of (-ln x)^j / j! for j below k.
 */
double
episode_p(const Episode *self)
{
    double x = fmin(1, fmax(p_least, (double)self->p * (double)self->answers)), term = x, sum = 0;

    for (int j = 0; j <= self->n_answers; j++) {
        sum += term;
        term *= -log(x) / (j + 1);
    }
    return fmin(1, sum);
}
