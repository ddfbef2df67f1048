/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kind.c - see kind.h */
#include "scoring/kind.h"

#include <math.h>
#include <stddef.h>

/* How many events of the fleet weigh as much as what is known of the role; of an even spread, for the fleet.
 */
static const double fleet_trust = 10, even_trust = 1, most = 4000;

static double
sum_of(const float *counts, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += (double)counts[i];
    return sum;
}

double
kind_e(const float *role, const float *fleet, uint32_t n, uint32_t kind, double *p)
{
    double in_fleet = ((double)fleet[kind] + even_trust / n) / (sum_of(fleet, n) + even_trust);
    double chance = ((double)role[kind] + fleet_trust * in_fleet) / (sum_of(role, n) + fleet_trust);

    chance = fmax(chance, 1e-9);
    if (p != NULL)
        *p = fmin(1, chance);
    return 0.5 + 0.5 / (n * chance);
}

static void
add(float *counts, uint32_t n, uint32_t kind)
{
    counts[kind] += 1;
    if (sum_of(counts, n) <= most)
        return;
    for (uint32_t i = 0; i < n; i++)
        counts[i] /= 2;
}

void
kind_teach(float *role, float *fleet, uint32_t n, uint32_t kind)
{
    add(role, n, kind);
    add(fleet, n, kind);
}
