/* SPDX-License-Identifier: GPL-3.0-or-later */
/* one-way.c - see one-way.h */
#include "scoring/one-way.h"

#include <math.h>

static const double unit = 1000;      /* octets that say nothing: handshakes */
static const double group_trust = 20; /* ratios that weigh as much as what the larger group tells */
enum { GROUPS = 3 };

/* All services, this one, and this one as the asset's role uses it; who called is always the asset itself, or
 * always somebody else. */
static void
keys_of(const Scorer *scorer, const Call *call, uint64_t keys[GROUPS])
{
    uint32_t service = (uint32_t)call->protocol << 16 | call->service;
    uint8_t asked = call->initiator == INITIATOR_ASSET ? 0 : GROUPS;

    keys[0] = watch_key(scorer, 0, 0, 1 + asked, NULL);
    keys[1] = watch_key(scorer, 0, service, 2 + asked, NULL);
    keys[2] = watch_key(scorer, scorer->assets[call->asset].role, service, 3 + asked, NULL);
}

static int
step_of(double sent, double got)
{
    double ratio = (fmax(0, sent) + unit) / (fmax(0, got) + unit);

    return (int)fmin(ONE_WAY_STEPS - 1, fmax(0, log2(ratio)));
}

double
one_way_look(const Scorer *scorer, const WatchState *state, const Watch *watch, const Call *call, double sent,
             double got)
{
    int step = step_of(sent, got);
    uint64_t keys[GROUPS];
    double p = 1;

    keys_of(scorer, call, keys);
    for (int group = 0; group < GROUPS; group++) {
        const OneWay *one = watch_find(state, ONE_WAY_TABLE, watch, keys[group]);
        double all = 0, above = 0;
        for (int i = 0; one != NULL && i < ONE_WAY_STEPS; i++) {
            all += one->count[i];
            above += i >= step ? one->count[i] : 0;
        }
        double weight = all / (all + group_trust);
        p = weight * (above + 1) / (all + 1) + (1 - weight) * p;
    }
    return e_hedged(p);
}

static void
count(OneWay *one, int step)
{
    if (++one->count[step] < UINT16_MAX)
        return;
    for (int i = 0; i < ONE_WAY_STEPS; i++)
        one->count[i] /= 2;
}

void
one_way_teach(const Scorer *scorer, WatchState *state, const Watch *watch, const Call *call, double sent,
              double got)
{
    uint64_t keys[GROUPS];

    keys_of(scorer, call, keys);
    for (int group = 0; group < GROUPS; group++)
        count(watch_item(state, ONE_WAY_TABLE, watch, keys[group], 2, NULL), step_of(sent, got));
}
