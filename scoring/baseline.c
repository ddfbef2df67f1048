/* SPDX-License-Identifier: GPL-3.0-or-later */
/* baseline.c - see baseline.h */
#include "scoring/baseline.h"

#include <math.h>

/* Windows after which a level is believed as much as the one behind it. */
static const double cell_trust = 8, hour_trust = 24, spread_trust = 48;
/* The slowest learning rate of each level: about four weeks, two weeks, one week of its windows. */
static const double cell_rate = 1.0 / 48, hour_rate = 1.0 / 168, overall_rate = 1.0 / 2016;
static const double unit = 1000; /* octets */
static const double cell_unit = 2048;
static const double winsor = 3, spread_floor = 0.12, deviation_to_sigma = 1.2533, band_sigmas = 3;

double
baseline_scale(double octets)
{
    return log1p(octets / unit);
}

uint32_t
baseline_hour_of_week(int64_t time_ms)
{
    int64_t hour = time_ms / 3600000 + 3 * 24; /* 1970-01-01 was a Thursday */
    int64_t rest = hour % BASELINE_CELLS;

    return (uint32_t)(rest < 0 ? rest + BASELINE_CELLS : rest);
}

static double
pooled_centre(const Baseline *self, uint32_t hour)
{
    uint32_t day_hour = hour % BASELINE_HOURS;
    double centre = (double)self->overall;
    double trust = self->hour_n[day_hour] / (self->hour_n[day_hour] + hour_trust);

    centre += trust * ((double)self->hour[day_hour] - centre);
    trust = self->cell_n[hour] / (self->cell_n[hour] + cell_trust);
    return centre + trust * (self->cell[hour] / cell_unit - centre);
}

static double
pooled_spread(const Baseline *self, uint32_t hour, double prior)
{
    uint32_t day_hour = hour % BASELINE_HOURS;
    double n = self->n, n_hour = self->hour_n[day_hour];
    double spread = (n * (double)self->spread + spread_trust * prior) / (n + spread_trust);

    spread = (n_hour * (double)self->spread_hour[day_hour] + spread_trust * spread) / (n_hour + spread_trust);
    return spread;
}

BaselineBand
baseline_look(const Baseline *self, uint32_t hour, double prior_spread)
{
    BaselineBand band = { .centre = pooled_centre(self, hour) };

    band.spread = fmax(spread_floor, deviation_to_sigma * pooled_spread(self, hour, prior_spread));
    return band;
}

void
baseline_fill(BaselineBand *band)
{
    band->expected = baseline_expected(band);
    band->low = fmax(0, unit * expm1(band->centre - band_sigmas * band->spread));
    band->high = unit * expm1(fmin(60, band->centre + band_sigmas * band->spread));
}

double
baseline_expected(const BaselineBand *band)
{
    return unit * expm1(band->centre);
}

BaselineBand
baseline_expect(const Baseline *self, uint32_t hour, double prior_spread)
{
    BaselineBand band = baseline_look(self, hour, prior_spread);

    baseline_fill(&band);
    return band;
}

static double
moved(double from, double to, double n, double slowest)
{
    return from + fmax(slowest, 1 / (n + 1)) * (to - from);
}

static void
move(float *level, double to, double n, double slowest)
{
    *level = (float)moved((double)*level, to, n, slowest);
}

static void
move_cell(uint16_t *cell, double to, double n)
{
    double level = moved(*cell / cell_unit, to, n, cell_rate);

    *cell = (uint16_t)lrint(fmin(fmax(0, level * cell_unit), UINT16_MAX));
}

static void
count(uint16_t *n)
{
    if (*n < UINT16_MAX)
        (*n)++;
}

void
baseline_teach(Baseline *self, uint32_t hour, double x, double prior_spread)
{
    uint32_t day_hour = hour % BASELINE_HOURS;
    BaselineBand band = baseline_look(self, hour, prior_spread);
    double reach = winsor * band.spread;

    /* The very first windows have nothing to be measured against. */
    if (self->n >= 12)
        x = fmin(fmax(x, band.centre - reach), band.centre + reach);
    double off = self->n == 0 ? prior_spread : fabs(x - band.centre);

    move(&self->spread, off, self->n, overall_rate);
    move(&self->spread_hour[day_hour], off, self->hour_n[day_hour], hour_rate);
    move(&self->overall, x, self->n, overall_rate);
    move(&self->hour[day_hour], x, self->hour_n[day_hour], hour_rate);
    move_cell(&self->cell[hour], x, self->cell_n[hour]);
    self->n++;
    count(&self->hour_n[day_hour]);
    count(&self->cell_n[hour]);
}

uint32_t
baseline_hours_covered(const Baseline *self, uint32_t per_hour)
{
    uint16_t covered = 0, least = (uint16_t)(per_hour < UINT16_MAX ? per_hour : UINT16_MAX);

    for (uint32_t i = 0; i < BASELINE_CELLS; i++) /* eight at once, as all are of 16 bits */
        covered = (uint16_t)(covered + (self->cell_n[i] >= least));
    return covered;
}
