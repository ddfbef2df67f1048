/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kind.c - see kind.h */
#include "scoring/kind.h"

#include <math.h>
#include <stddef.h>

#include "scoring/keyed.h"

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
    double all = sum_of(fleet, n) + even_trust, like = sum_of(role, n) + fleet_trust, rarer = 0;
    double own = ((double)role[kind] + fleet_trust * ((double)fleet[kind] + even_trust / n) / all) / like;

    own = fmax(own, 1e-9);
    for (uint32_t i = 0; p != NULL && i < n; i++) {
        double chance = ((double)role[i] + fleet_trust * ((double)fleet[i] + even_trust / n) / all) / like;
        rarer += chance <= own * (1 + 1e-9) ? chance : 0;
    }
    if (p != NULL)
        *p = fmin(1, fmax(rarer, own));
    return 0.5 + 0.5 / (n * own);
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

static uint32_t
kind_of_service(uint8_t protocol, uint16_t port)
{
    return (uint32_t)(keyed_mix((uint64_t)protocol << 16 | port, 0, 0) % SERVICE_KINDS);
}

double
kind_service_e(const ServiceKinds *role, const ServiceKinds *fleet, uint8_t protocol, uint16_t port,
               double *p)
{
    const double stake = 0.4; /* of which half is kept back by kind_e */

    return 1 - stake + stake * kind_e(role->n, fleet->n, SERVICE_KINDS, kind_of_service(protocol, port), p);
}

void
kind_service_teach(ServiceKinds *role, ServiceKinds *fleet, uint8_t protocol, uint16_t port)
{
    kind_teach(role->n, fleet->n, SERVICE_KINDS, kind_of_service(protocol, port));
}
