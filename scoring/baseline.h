/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline.h - what is normal for one asset and one metric, by hour of the week
 *
 * Works on log(1 + octets / 1000) of the window's sum, where office hours and bursts look alike and a few
 * stray packets look like none. 168 cells, and behind them, for as long as a cell has seen little: hour of
 * day, then the asset as a whole (partial pooling). Updates are winsorised: a window moves a cell by at most
 * three spreads, so that an hour of odd traffic does not become normal. Pure arithmetic: no I/O, no clock, no
 * allocation.
 *
 * There is one for each asset, and cells are most of it, so they are kept in 16 bits, in 1/2048 of the scale:
 * an error of 0.03 % of the octets at most, and one that learns at its slowest comes to rest within 1.2 % of
 * what it is taught, a tenth of the least spread. What learns more slowly keeps all digits.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { BASELINE_CELLS = 168, BASELINE_HOURS = 24 };

typedef struct Baseline {
    uint16_t cell[BASELINE_CELLS]; /* centre, in 1/2048: up to 32, which no window reaches */
    uint16_t cell_n[BASELINE_CELLS];
    float hour[BASELINE_HOURS];
    float spread_hour[BASELINE_HOURS]; /* mean absolute deviation */
    uint16_t hour_n[BASELINE_HOURS];   /* these two stop at the largest value */
    float overall, spread;
    uint32_t n;
} Baseline;

/* From units of the metric to the scale of the baseline. */
double baseline_scale(double octets);
/* Hour of the week (0: Monday 00 h UTC) of a time. */
uint32_t baseline_hour_of_week(int64_t time_ms);

typedef struct BaselineBand {
    double centre, spread;      /* log1p scale; spread is like a standard deviation */
    double expected, low, high; /* in units of the metric */
} BaselineBand;
/* What a window in @hour of the week should look like; @prior_spread is the role's, for the young. */
BaselineBand baseline_expect(const Baseline *self, uint32_t hour, double prior_spread);
/* The same without what is in units of the metric, which is dear and of which most windows have no need. */
BaselineBand baseline_look(const Baseline *self, uint32_t hour, double prior_spread);
void baseline_fill(BaselineBand *band);
double baseline_expected(const BaselineBand *band);
/* Teaches one window whose value is @x on that scale. */
void baseline_teach(Baseline *self, uint32_t hour, double x, double prior_spread);
/* Cells that have seen at least one full hour's worth of windows (@per_hour). */
uint32_t baseline_hours_covered(const Baseline *self, uint32_t per_hour);
