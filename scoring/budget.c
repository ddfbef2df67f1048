/* SPDX-License-Identifier: GPL-3.0-or-later */
/* budget.c - see budget.h */
#include "scoring/budget.h"

#include <math.h>
#include <stdbool.h>

/* Decibans over the threshold that count in full, that are left for all that is beyond, and how much of it
 * comes to two thirds of those. */
static const double certainty_most = 6, beyond_most = 6, beyond_scale = 40;
static const double threshold_least = 20; /* never alert below a hundred to one */
static const double fade = 0.9;
static const double e_value_tail = 4.343;            /* mean excess in dB when P(e >= x) = 1/x */
static const double tail_trust = 10, tail_want = 15; /* peaks */
static const double lower_after = 5, lower_share = 0.02, lower_most = 6;
static const double quiet_share = 0.1, quiet_trust = 1 /* day */, give_step = 3, take_step = 6, give_most = 8;
static const double share =
    0.05; /* of the budget, for each family; the rest is slack for what a tail does not tell */

void
budget_init(Budget *self, double per_day, double windows_per_day)
{
    *self = (Budget){ .per_day = fmax(per_day, 1e-3), .windows_per_day = windows_per_day };
    for (int i = 0; i < N_FAMILIES; i++)
        self->discount[i] = 1;
    budget_assets(self, 1);
}

void
budget_assets(Budget *self, uint32_t assets)
{
    double tests = fmax(1, assets) * self->windows_per_day;

    self->threshold =
        fmax(self->threshold, fmax(threshold_least, 10 * log10(tests / self->per_day) - self->relief));
}

void
budget_peak(Budget *self, EvidenceFamily family, double decibans)
{
    int bin = (int)fmin(BUDGET_BINS - 1, fmax(0, decibans));

    if (decibans >= 1)
        self->peaks[family][bin] += 1;
}

void
budget_alerts(Budget *self, int n)
{
    self->opened = fmax(0, self->opened + n);
}

/* The score that the family's clean tail passes @rate times a day, or 0 when too little is known. */
static double
tail_level(const float peaks[BUDGET_BINS], double days, double rate)
{
    double above = 0, excess = 0;
    int from = BUDGET_BINS - 1;

    for (; from > 0 && above < tail_want; from--)
        above += (double)peaks[from];
    if (above < tail_want)
        return 0;
    from++;
    for (int i = from; i < BUDGET_BINS; i++)
        excess += (double)peaks[i] * (i + 0.5 - from);
    double mean = (excess + tail_trust * e_value_tail) / (above + tail_trust);

    return from + mean * log(above / days / rate);
}

/*
 * e-values promise much less than they keep, and a day has fewer independent tests than windows. After some
 * days the tail that was seen may lower the threshold, by a little, and only to where a small part of the
 * budget goes. The two families that every asset feeds decide it: a watch that seldom speaks and then softly
 * must not lower the bar for all the others.
 */
static double
tail_relief(const Budget *self)
{
    double relief = 0;

    if (self->days < lower_after)
        return 0;
    for (int f = 0; f < FAMILY_WATCH; f++) {
        double level = tail_level(self->peaks[f], self->days, lower_share * self->per_day);
        if (level > 0)
            relief = fmax(relief, self->threshold - level);
    }
    return fmin(relief, lower_most);
}

/*
 * A small network or a young one has no tail yet, but it has a number of alerts. While that stays under a
 * tenth of what the operator has said he will bear, the threshold gives way, day by day; when it does not,
 * the threshold comes back twice as fast. The rate is gamma-Poisson's, a day of silence worth little.
 */
static void
give_way(Budget *self)
{
    double wanted = quiet_share * self->per_day;
    bool is_quiet = self->opened + quiet_trust * wanted < wanted * (self->days + quiet_trust);
    self->quiet_relief = fmin(give_most, fmax(0, self->quiet_relief + (is_quiet ? give_step : -take_step)));
}

void
budget_day(Budget *self, uint32_t assets)
{
    self->days = self->days * fade + 1;
    self->threshold = self->relief = 0;
    budget_assets(self, assets);
    give_way(self);
    self->opened *= fade;
    self->relief = fmax(tail_relief(self), self->quiet_relief);
    self->threshold = fmax(threshold_least, self->threshold - self->relief);
    for (int f = 0; f < N_FAMILIES; f++) {
        double level = tail_level(self->peaks[f], self->days, share * self->per_day);
        self->discount[f] = level > self->threshold ? self->threshold / level : 1;
        for (int i = 0; i < BUDGET_BINS; i++)
            self->peaks[f][i] *= (float)fade;
    }
}

double
budget_shown(const Budget *self, EvidenceFamily family, double decibans)
{
    double shown = decibans * self->discount[family],
           top = self->threshold + fmax(certainty_most, self->relief);

    return shown <= top ? shown : top + beyond_most * (1 - exp((top - shown) / beyond_scale));
}
