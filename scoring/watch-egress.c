/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-egress.c - what an asset has long sent to a network leaves by another way than before, and nobody
 * else's does
 *
 * A router that was taken over can send one host's traffic by way of somebody who listens (AA25-239A tells of
 * such tunnels and of changed routes at telecoms). A way is exporter, interface and next hop. That ways
 * change is normal: routing changes for a network as a whole, so a change waits for some windows, and when
 * others reach the same network by the same way, at that time or before, it is dull (common mode). What is
 * left is asked how often such a change befell the asset and its role (gamma-Poisson, rate.h), and given
 * that, in which share of such changes so few others used the new way for anything (share, novelty.h). Null
 * hypothesis: routing as before. Not seen: a change inside of networks that export nothing, one that keeps
 * interface and next hop, and one of a whole network at once.
 */
#include "scoring/detector.h"
#include "scoring/rate.h"
#include "scoring/story-internal.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WAYS_KNOWN = 3, MOST_PENDING = 256, PATIENCE = 3, DAY_S = 86400 };

/* What an asset sends to a network. */
typedef struct Route {
    uint32_t ways[WAYS_KNOWN]; /* hashes, the latest first */
    uint32_t first_s, since_s; /* of the first way, of the latest */
    float changes;             /* of all of the asset's routes, in the item with network 0 */
} Route;
/* Who uses a way, for a network or for anything. */
typedef struct WayUse {
    uint32_t assets;
} WayUse;
typedef struct Change {
    Call call;
    int64_t window;
    uint32_t way, since_s;
} Change;
typedef struct Plain {
    RatePools pools;
    Share shares[PREVALENCE_BINS];
    Change pending[MOST_PENDING];
    uint32_t n_pending;
} Plain;

static uint32_t
network_of(const Scorer *scorer, const Call *call)
{
    IpAddress block = call->far;

    if (call->asn != 0)
        return call->asn;
    memset(block.bytes + (ip_is_v4(&block) ? 15 : 6), 0, ip_is_v4(&block) ? 1 : 10);
    return (uint32_t)(scorer_address_hash(scorer, &block) >> 32) | 1;
}

static Route *
route_of(Scorer *scorer, WatchState *state, uint32_t asset, uint32_t network, bool *is_new)
{
    return watch_item(state, 0, &watch_egress_change, watch_key(scorer, asset, network, 1, NULL), 1, is_new);
}

/* @network 0: for anything. */
static WayUse *
way_use(Scorer *scorer, WatchState *state, uint32_t way, uint32_t network)
{
    return watch_item(state, 1, &watch_egress_change, watch_key(scorer, way, network, 2, NULL), 2, NULL);
}

static bool
knows_way(const Route *route, uint32_t way)
{
    for (int i = 0; i < WAYS_KNOWN; i++)
        if (route->ways[i] == way)
            return true;
    return false;
}

static void
note_change(Plain *plain, const Scorer *scorer, const Route *route, const Call *call, uint32_t way)
{
    if (plain->n_pending >= MOST_PENDING) /* so many at once are a change of routing */
        return;
    plain->pending[plain->n_pending++] =
        (Change){ .call = *call, .window = scorer->grid.first, .way = way, .since_s = route->first_s };
}

static void
began(Scorer *scorer, WatchState *state, const Call *call)
{
    const PathUse *path = call->path == NONE ? NULL : &scorer->paths[call->path];
    uint32_t begin_s = seconds_of(call->begin_ms);
    bool is_new;

    /* A way that the asset has used for this network before is no news; nearly all end here. */
    if (path == NULL || path->first_s < begin_s || path->asset != call->asset || path->is_egress ||
        call->far_asset != NONE || call->access == ACCESS_OWN ||
        (path->out_if == 0 && ip_is_zero(&path->next_hop)))
        return;
    uint32_t network = network_of(scorer, call);
    uint32_t way = (uint32_t)(watch_key(scorer, path->exporter, path->out_if, 3, &path->next_hop) >> 32) | 1;
    Route *route = route_of(scorer, state, call->asset, network, &is_new);
    if (knows_way(route, way))
        return;
    way_use(scorer, state, way, network)->assets++;
    if (scorer_egress_first_s(scorer, path) >= begin_s)
        way_use(scorer, state, way, 0)->assets++;
    if (is_new)
        route->first_s = begin_s;
    else if (begin_s - route->first_s >= DAY_S)
        note_change(state->plain, scorer, route, call, way);
    memmove(&route->ways[1], &route->ways[0], (WAYS_KNOWN - 1) * sizeof route->ways[0]);
    route->ways[0] = way;
    route->since_s = begin_s;
}

static void
judge(Scorer *scorer, WatchState *state, const Change *change)
{
    Plain *plain = state->plain;
    const Call *call = &change->call;
    uint32_t network = network_of(scorer, call);
    uint32_t same = way_use(scorer, state, change->way, network)->assets;
    uint32_t users = way_use(scorer, state, change->way, 0)->assets;
    int bin = fleet_prevalence_bin(users > 0 ? users - 1 : 0);
    Route *all = route_of(scorer, state, call->asset, 0, NULL);
    double own = (double)all->changes,
           others = fleet_look(scorer, call->asset, call->asn, &call->far).others_as;

    if (same > 1) /* others go there by it as well */
        return;
    CountModel model = rate_model(&plain->pools, scorer, call->asset, own, 1);
    double share = share_p(&plain->shares[bin], &plain->shares[bin]);
    double decibans =
        decibans_of(count_e(&model, 1, scorer->windows_per_day, BET_NOW)) + decibans_of(e_hedged(share));
    const PathUse *path = &scorer->paths[call->path];
    Opinion opinion = { .watch = &watch_egress_change,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = fmin(rate_day_p(&model, scorer, 1), 1),
                        .decibans = decibans,
                        .numbers = { path->out_if, path->exporter, others, own,
                                     (seconds_of(call->begin_ms) - (double)change->since_s) / DAY_S,
                                     users > 0 ? users - 1 : 0 },
                        .call = call };

    case_take(scorer, &opinion);
    rate_teach(&plain->pools, scorer, call->asset, own);
    for (int i = 0; i < PREVALENCE_BINS; i++)
        share_teach(&plain->shares[i], bin <= i);
    all->changes += 1;
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;
    uint32_t kept = 0;

    rate_window(&plain->pools, scorer);
    for (uint32_t i = 0; i < MIN(plain->n_pending, MOST_PENDING); i++) {
        const Change *change = &plain->pending[i];
        if (change->call.asset >= scorer->n_assets ||
            change->call.path >= key_table_slots(&scorer->path_keys))
            continue;
        if (number < change->window + PATIENCE)
            plain->pending[kept++] = *change;
        else
            judge(scorer, state, change);
    }
    plain->n_pending = kept;
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], router[IP_TEXT], hop[IP_TEXT] = "not known";
    IpAddress exporter = story_exporter(scorer, (uint32_t)one->numbers[1]);

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    if (one->path != NONE && !ip_is_zero(&scorer->paths[one->path].next_hop))
        ip_text(&scorer->paths[one->path].next_hop, hop);
    g_snprintf(out, room,
               "what %s sends to the network of %s left by exporter %s, interface %.0f, next hop %s, after "
               "%.1f days "
               "by other ways; none of the %.0f other assets that use that network goes there by it, %.0f "
               "use it for "
               "anything; such changes befell this asset %.0f times",
               name, ip_text(&one->far, far), ip_text(&exporter, router), (double)one->numbers[0], hop,
               (double)one->numbers[4], (double)one->numbers[2], (double)one->numbers[5],
               (double)one->numbers[3]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a way that other assets take to that network as well", room);
}

const Watch watch_egress_change = { .name = "egress_change",
                                    .memory_days = 1,
                                    .plain = sizeof(Plain),
                                    .tables = { { .item = sizeof(Route), .most = 4, .is_per_pair = true },
                                                { .item = sizeof(WayUse), .most = 8, .is_per_pair = true } },
                                    .began = began,
                                    .window = window,
                                    .explain = explain,
                                    .instead = instead };
