/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gauge.h - what is normal for one asset and one measure, in one cache line
 *
 * A small brother of baseline.h (which keeps 168 hours of the week for what an asset sends): a centre for
 * each hour of the day, a shift for the weekend, a spread, all on the scale of a logarithm; the same
 * winsorised updates, so that an hour of odd traffic does not become normal. Residuals hang together, so each
 * is taken less what the last one foretells (first-order autoregression; Box and Jenkins, "Time Series
 * Analysis", ch. 3), by a factor that the owner learns over many gauges. How often large residuals have come
 * is counted for each gauge: what has happened to an asset before is as rare as it was. Pure arithmetic.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { GAUGE_HOURS = 24, GAUGE_TAIL = 7, GAUGE_LEAST = 12 };

typedef struct Gauge {
    int16_t hour[GAUGE_HOURS]; /* centre, in 1/1024 */
    int16_t weekend;           /* added on Saturday and Sunday */
    int16_t spread;            /* mean absolute deviation, likewise */
    int16_t last;              /* residual of the last window, in 1/256 */
    uint16_t windows;          /* taught; stops at the largest value */
    uint8_t tail[GAUGE_TAIL];  /* days with residuals above 2, 4, 8, 16, 24, 32, 48 */
    uint8_t today;             /* bits of those that came today */
} Gauge;
_Static_assert(sizeof(Gauge) == 64, "one cache line");

/* fmin and fmax are calls, for the sake of NAN; here it becomes @low as well. */
static inline double
gauge_within(double x, double low, double high)
{
    double least = x > low ? x : low;

    return least < high ? least : high;
}

typedef struct GaugeView {
    double centre, spread; /* spread like a standard deviation */
    double residual;       /* of what came, before what the last one foretold */
} GaugeView;
/* @hour: of the week, 0 Monday 0 h UTC; @prior_spread for the young. */
GaugeView gauge_look(const Gauge *self, uint32_t hour, double x, double prior_spread);
double gauge_spread(const Gauge *self);
double gauge_last(const Gauge *self);
void gauge_set_last(Gauge *self, double residual);
/* On how many days a residual at least as large as @residual came, as a p-value; 0: on none before. */
double gauge_own_p(const Gauge *self, double residual, double windows_per_day);
/* Teaches a window: @x, and its residual. @windows_per_hour sets how fast hours learn. */
void gauge_teach(Gauge *self, uint32_t hour, double x, double residual, double prior_spread,
                 double windows_per_hour);
/* What came for long is what is usual from now on: every hour moves by @by. */
void gauge_shift(Gauge *self, double by);
/* The day is over. */
void gauge_end_day(Gauge *self);
