/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pace.c - see pace.h */
#include "scoring/pace.h"
#include "scoring/daily.h"

#include <math.h>
#include <string.h>

/* Below the unit, differences are nothing: log(1 + value / unit). */
static const double units[N_PACE_MEASURES] = {
    [PACE_OCTETS_IN] = 1000, [PACE_PACKETS_IN] = 10,   [PACE_FLOWS_IN] = 3,
    [PACE_NEW_IN] = 1,       [PACE_OCTETS_OUT] = 1000, [PACE_PACKETS_OUT] = 10,
    [PACE_FLOWS_OUT] = 3,    [PACE_NEW_OUT] = 1,       [PACE_RATIO] = 0, /* a logarithm already */
};
/* A flood is more in volume (the first two) and in breadth (the others) at once. */
static const PaceMeasure together[2][4] = {
    { PACE_OCTETS_IN, PACE_PACKETS_IN, PACE_FLOWS_IN, PACE_NEW_IN },
    { PACE_OCTETS_OUT, PACE_PACKETS_OUT, PACE_FLOWS_OUT, PACE_NEW_OUT },
};
static const double dull = 1.5; /* residuals below are not worth a look-up */
static const double common_least = 8, common_clip = 8, factor_most = 0.95, fade = 0.9995;
static const double role_trust = 2000; /* residuals of a role that weigh as much as the fleet's */
static const double first_spread = 0.7, half_life_days = 7, ratio_unit = 10000;
static const double ratio_noise = 0.25; /* one half in the hour, the other not yet: three windows of twelve */

static double
scaled(int measure, double value)
{
    if (value == 0) /* of most measures nothing came, most of the time */
        return 0;
    return units[measure] > 0 ? log1p(value / units[measure]) : value;
}

/*
 * Counts scatter by themselves (Poisson), which the deviation of a count that is nearly always 0 does not
 * tell: on the scale of log(1 + n / unit) by about sqrt(n + 1) / (unit + n + 1) around @centre. A ratio
 * scatters by what has come in and is still to go out.
 */
static double
noise_of(int measure, double centre)
{
    if (measure == PACE_RATIO)
        return ratio_noise;
    if (measure != PACE_FLOWS_IN && measure != PACE_FLOWS_OUT && measure != PACE_NEW_IN &&
        measure != PACE_NEW_OUT)
        return 0;
    double n = centre > 0 ? units[measure] * expm1(centre) + 1 : 1;
    return sqrt(n) / (units[measure] + n);
}

double
pace_usual(const Scorer *scorer, const Pace *pace, int measure)
{
    uint32_t hour = baseline_hour_of_week(pace->window * scorer->grid.length_ms);
    GaugeView view = gauge_look(&pace->gauges[measure], hour, 0, first_spread);

    return units[measure] > 0 ? units[measure] * expm1(fmax(0, view.centre)) : view.centre;
}

static double
prior_spread(const PacePools *pools, uint32_t role, int measure)
{
    double spread = (double)pools->role[role].spread[measure];

    return spread > 0 ? spread : first_spread;
}

/* The spread of the gauge and the scatter of the count itself, together. */
static double
whole_spread(double spread, double noise)
{
    return noise > 0 ? hypot(spread, noise) : spread;
}

/* How much of a residual comes back in the next window. */
static double
factor_of(const PacePool *pool, int measure)
{
    double squares = (double)pool->squares[measure];

    double factor = (double)pool->products[measure] / squares;

    return squares < 50 ? 0.5 : gauge_within(factor, 0, factor_most);
}

/*
 * What passes through an asset (a balancer, a gate, a proxy) goes out in another window than it came in where
 * routers cut long conversations elsewhere, so the ratio is that of about an hour.
 */
static void
take_values(Pace *pace, const WindowSums *sums, double an_hour)
{
    pace->hour_out += (float)((sums->octets_out - (double)pace->hour_out) * an_hour);
    pace->hour_in += (float)((sums->octets_in - (double)pace->hour_in) * an_hour);

    const double values[N_PACE_MEASURES] = {
        [PACE_OCTETS_IN] = sums->octets_in,
        [PACE_PACKETS_IN] = (double)sums->packets_in,
        [PACE_FLOWS_IN] = sums->flows_in,
        [PACE_NEW_IN] = pace->new_in,
        [PACE_OCTETS_OUT] = sums->octets_out,
        [PACE_PACKETS_OUT] = (double)sums->packets_out,
        [PACE_FLOWS_OUT] = sums->flows_out,
        [PACE_NEW_OUT] = pace->new_out,
        [PACE_RATIO] = log(((double)pace->hour_out + ratio_unit) / ((double)pace->hour_in + ratio_unit)),
    };

    for (int m = 0; m < N_PACE_MEASURES; m++)
        pace->value[m] = (float)values[m];
    pace->new_in = pace->new_out = 0;
}

/* How the residuals of an asset hang together, by its role. */
static void
learn_factor(PacePool *pool, int measure, double before, double now)
{
    before = gauge_within(before, -8, 8);
    now = gauge_within(now, -8, 8);
    pool->products[measure] = (float)((double)pool->products[measure] * fade + now * before);
    pool->squares[measure] = (float)((double)pool->squares[measure] * fade + before * before);
}

void
pace_measure(PacePools *pools, const Scorer *scorer, Pace *pace, uint32_t asset, const WindowSums *sums,
             int64_t number)
{
    uint32_t role = scorer->assets[asset].role;
    uint32_t hour = baseline_hour_of_week(number * scorer->grid.length_ms);
    PacePool *both[] = { &pools->role[role], &pools->fleet };

    take_values(pace, sums, fmin(1, 24 / scorer->windows_per_day));
    pace->window = number;
    for (int m = 0; m < N_PACE_MEASURES; m++) {
        double x = scaled(m, (double)pace->value[m]);
        GaugeView view = gauge_look(&pace->gauges[m], hour, x, prior_spread(pools, role, m));
        view.residual = (x - view.centre) / whole_spread(view.spread, noise_of(m, view.centre));
        pace->residual[m] = (float)view.residual;
        if (pace->gauges[m].windows < GAUGE_LEAST)
            continue;
        double left = view.residual - factor_of(both[0], m) * gauge_last(&pace->gauges[m]);
        learn_factor(both[0], m, gauge_last(&pace->gauges[m]), view.residual);
        double clipped = gauge_within(left, -common_clip, common_clip);
        for (int i = 0; i < 2; i++)
            both[i]->shift_sum[m] += clipped;
    }
    for (int i = 0; i < 2; i++)
        both[i]->shift_n += pace->gauges[0].windows >= GAUGE_LEAST;
}

static void
fade_pool(PacePool *pool, double keep)
{
    for (int kind = 0; kind < N_PACE_KINDS; kind++)
        sketch_fade(&pool->residuals[kind], keep);
}

void
pace_begin(PacePools *pools, const Scorer *scorer)
{
    double keep = exp2(-1 / (half_life_days * scorer->windows_per_day));

    for (uint32_t r = 0; r < scorer->n_roles; r++)
        fade_pool(&pools->role[r], keep);
    fade_pool(&pools->fleet, keep);
    for (uint32_t r = 0; r <= scorer->n_roles; r++) {
        PacePool *pool = r < scorer->n_roles ? &pools->role[r] : &pools->fleet;
        memset(pool->shift_sum, 0, sizeof pool->shift_sum);
        pool->shift_n = 0;
    }
}

/* The mean of what all assets of a role have in common; where they are few, that of the fleet. Only upwards:
 * a role that is quiet does not make its members loud. */
void
pace_share_out(PacePools *pools, const Scorer *scorer)
{
    PacePool *fleet = &pools->fleet;

    for (int m = 0; m < N_PACE_MEASURES; m++) {
        double common = fleet->shift_n >= common_least ? fmax(0, fleet->shift_sum[m] / fleet->shift_n) : 0;
        for (uint32_t r = 0; r < scorer->n_roles; r++) {
            PacePool *pool = &pools->role[r];
            pool->shift_sum[m] =
                pool->shift_n >= common_least ? fmax(0, pool->shift_sum[m] / pool->shift_n) : common;
        }
    }
}

bool
pace_judge(const PacePools *pools, const Scorer *scorer, Pace *pace, uint32_t asset)
{
    const PacePool *pool = &pools->role[scorer->assets[asset].role];
    bool is_known = pace->gauges[0].windows >= GAUGE_LEAST;

    for (int m = 0; m < N_PACE_MEASURES; m++) {
        double raw = (double)pace->residual[m];
        double foretold = factor_of(pool, m) * gauge_last(&pace->gauges[m]) + pool->shift_sum[m];
        gauge_set_last(&pace->gauges[m], is_known ? raw : 0);
        pace->residual[m] = (float)(raw - MAX(foretold, -dull));
    }
    return is_known;
}

/* Their geometric mean: what is loud in one of them alone is no flood. */
static double
statistic(const Pace *pace, int kind)
{
    if (kind < N_PACE_MEASURES)
        return (double)pace->residual[kind];
    const PaceMeasure *parts = together[kind - PACE_FLOOD_IN];
    double volume = (double)fmaxf(pace->residual[parts[0]], pace->residual[parts[1]]);
    double breadth = (double)fmaxf(pace->residual[parts[2]], pace->residual[parts[3]]);
    return sqrt(fmin(fmax(0, volume), 100) * fmin(fmax(0, breadth), 100));
}

/* What the asset itself has seen, whatever was foretold. Of several together: as rare as the rarest of those
 * that are large now. */
static double
own_p(const Scorer *scorer, const Pace *pace, int kind)
{
    const PaceMeasure *parts = kind < N_PACE_MEASURES ? NULL : together[kind - PACE_FLOOD_IN];
    double p = 1;

    for (int i = 0; i < (parts == NULL ? 1 : 4); i++) {
        const Gauge *gauge = &pace->gauges[parts == NULL ? kind : (int)parts[i]];
        double last = gauge_last(gauge);
        if (parts == NULL || last >= 2)
            p = fmin(p, gauge_own_p(gauge, last, scorer->windows_per_day));
    }
    return p < 1 ? p : 0;
}

double
pace_p(const PacePools *pools, const Scorer *scorer, const Pace *pace, uint32_t asset, int kind)
{
    const PacePool *pool = &pools->role[scorer->assets[asset].role];
    double value = statistic(pace, kind);

    if (!(value > dull))
        return 1;
    double n = (double)pool->residuals[kind].n, weight = n / (n + role_trust);
    double role = sketch_tempered_p(&pool->residuals[kind], value);
    double fleet = sketch_tempered_p(&pools->fleet.residuals[kind], value);
    return fmax(weight * role + (1 - weight) * fleet, own_p(scorer, pace, kind));
}

static void
teach_measure(PacePool *pool, const Scorer *scorer, Pace *pace, int m, uint32_t hour)
{
    double prior = (double)pool->spread[m] > 0 ? (double)pool->spread[m] : first_spread;
    float *spread = &pool->spread[m];

    gauge_teach(&pace->gauges[m], hour, scaled(m, (double)pace->value[m]), gauge_last(&pace->gauges[m]),
                prior, scorer->windows_per_day / 24);
    *spread += ((float)gauge_spread(&pace->gauges[m]) - *spread) * (*spread > 0 ? 0.001f : 1);
}

/*
 * What has come to an asset before is as rare for it as it was (own_p), and few of the odd windows of a role
 * are the first of their kind. So an answer about a first one is right only if it is ranked among firsts:
 * what is none counts among the dull, and so does the part of the young's that others will not show.
 */
static void
teach_residual(PacePool *both[2], const Scorer *scorer, const Pace *pace, int kind)
{
    double value = statistic(pace, kind), first = 1;

    if (value > dull) {
        double days = pace->gauges[0].windows / scorer->windows_per_day;
        first = own_p(scorer, pace, kind) > 0 ? 0 : daily_share_of_age(days);
    }
    if (first >= 1) {
        sketch_count_both(&both[0]->residuals[kind], &both[1]->residuals[kind], value);
        return;
    }
    for (int i = 0; i < 2; i++) {
        sketch_count_part(&both[i]->residuals[kind], value, first);
        sketch_count_part(&both[i]->residuals[kind], 0, 1 - first);
    }
}

void
pace_teach(PacePools *pools, const Scorer *scorer, Pace *pace, uint32_t asset, int64_t number,
           uint32_t alerted)
{
    PacePool *both[] = { &pools->role[scorer->assets[asset].role], &pools->fleet };
    uint32_t hour = baseline_hour_of_week(number * scorer->grid.length_ms);
    bool is_known = pace->gauges[0].windows >= GAUGE_LEAST;
    bool ends_day =
        (number + 1) * scorer->grid.length_ms / 86400000 != number * scorer->grid.length_ms / 86400000;

    for (int kind = 0; kind < N_PACE_KINDS; kind++) {
        if ((alerted >> kind & 1) != 0)
            continue;
        if (is_known)
            teach_residual(both, scorer, pace, kind);
    }
    for (int m = 0; m < N_PACE_MEASURES; m++)
        if ((alerted >> m & 1) == 0)
            teach_measure(both[0], scorer, pace, m, hour);
    for (int m = 0; ends_day && m < N_PACE_MEASURES; m++)
        gauge_end_day(&pace->gauges[m]);
}
