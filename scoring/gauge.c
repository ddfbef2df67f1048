/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gauge.c - see gauge.h */
#include "scoring/gauge.h"

#include <glib.h>
#include <math.h>

static const double unit = 1024, residual_unit = 256;
static const double slowest_days = 14, weekend_days = 20, spread_windows = 500, spread_trust = 48;
static const double winsor = 3, spread_floor = 0.12, deviation_to_sigma = 1.2533;
static const double tail_from[GAUGE_TAIL] = { 2, 4, 8, 16, 24, 32, 48 };

static int16_t
packed(double value)
{
    return (int16_t)lrint(gauge_within(value, INT16_MIN, INT16_MAX));
}

double
gauge_spread(const Gauge *self)
{
    return self->spread / unit;
}

double
gauge_last(const Gauge *self)
{
    return self->last / residual_unit;
}

void
gauge_set_last(Gauge *self, double residual)
{
    self->last = packed(residual * residual_unit);
}

static bool
is_weekend(uint32_t hour)
{
    return hour >= 5 * GAUGE_HOURS;
}

/* Hours that have seen nothing yet lean on the one before; the first window fills them all. */
static double
centre_of(const Gauge *self, uint32_t hour)
{
    return (self->hour[hour % GAUGE_HOURS] + (is_weekend(hour) ? self->weekend : 0)) / unit;
}

GaugeView
gauge_look(const Gauge *self, uint32_t hour, double x, double prior_spread)
{
    double n = self->windows;
    double deviation = (n * gauge_spread(self) + spread_trust * prior_spread) / (n + spread_trust);
    GaugeView view = { .centre = centre_of(self, hour),
                       .spread = MAX(deviation_to_sigma * deviation, spread_floor) };

    view.residual = (x - view.centre) / view.spread;
    return view;
}

double
gauge_own_p(const Gauge *self, double residual, double windows_per_day)
{
    double seen = 0, days = self->windows / windows_per_day;

    for (int i = 0; i < GAUGE_TAIL && residual >= tail_from[i]; i++)
        seen = self->tail[i];
    return seen > 0 ? fmin(1, (seen + 1) / (days + 1)) : 0;
}

void
gauge_end_day(Gauge *self)
{
    for (int i = 0; i < GAUGE_TAIL; i++)
        if ((self->today >> i & 1) != 0 && self->tail[i] < UINT8_MAX)
            self->tail[i]++;
    self->today = 0;
}

void
gauge_shift(Gauge *self, double by)
{
    for (int i = 0; i < GAUGE_HOURS; i++)
        self->hour[i] = packed(self->hour[i] + by * unit);
}

static int16_t
moved(int16_t from, double to, double rate)
{
    return packed(from + rate * (to * unit - from));
}

static void
teach_centre(Gauge *self, uint32_t hour, double x, double windows_per_hour)
{
    double seen = self->windows / (double)GAUGE_HOURS; /* by this hour, about */
    double slowest = 1 / (slowest_days * windows_per_hour);
    double shift = is_weekend(hour) ? self->weekend / unit : 0;

    if (self->windows == 0)
        for (int i = 0; i < GAUGE_HOURS; i++)
            self->hour[i] = moved(0, x, 1);
    if (is_weekend(hour)) /* it has two days in seven to learn: most goes into the shift */
        self->weekend = moved(self->weekend, x - self->hour[hour % GAUGE_HOURS] / unit,
                              1 / (weekend_days * windows_per_hour));
    int16_t *centre = &self->hour[hour % GAUGE_HOURS];
    *centre = moved(*centre, x - shift, MAX(slowest, 1 / (seen + 1)));
}

void
gauge_teach(Gauge *self, uint32_t hour, double x, double residual, double prior_spread,
            double windows_per_hour)
{
    GaugeView view = gauge_look(self, hour, x, prior_spread);
    double reach = winsor * view.spread;

    if (self->windows >= GAUGE_LEAST)
        x = gauge_within(x, view.centre - reach, view.centre + reach);
    double off = self->windows == 0 ? prior_spread : fabs(x - view.centre);
    self->spread = moved(self->spread, off, MAX(1 / spread_windows, 1 / (self->windows + 1.0)));
    teach_centre(self, hour, x, windows_per_hour);
    for (int i = 0; i < GAUGE_TAIL && residual >= tail_from[i]; i++)
        self->today |= (uint8_t)(1u << i);
    if (self->windows < UINT16_MAX) {
        self->windows++;
        return;
    }
    self->windows /= 2; /* forgets by halves */
    for (int i = 0; i < GAUGE_TAIL; i++)
        self->tail[i] /= 2;
}
