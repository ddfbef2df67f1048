/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-egress.c - what an asset sends to a network leaves by a way that nobody else takes there
 *
 * A router that was taken over can send one host's traffic by way of somebody who listens (AA25-239A tells of
 * such tunnels and of changed routes at telecoms). A way is exporter, interface and next hop. Routers forward
 * by destination (RFC 1812 section 5.2.4), so where one asset's packets to a network go, everybody's go; that
 * ways change, for an hour or for good, is normal, and then they change for all. So an asset that comes to a
 * network by a way new to it, be the network new to it or not, waits:
 *  - when others reach the network by that way as well, it is a change of routing and dull;
 *  - as soon as another asset has gone to the network by another way meanwhile, between two times that this
 *    one went by the new way, routing as a whole has not changed, and it is judged;
 *  - when nobody has within a day, a way that others use for anything is dull, and one of which nobody else
 *    knows is judged all the same.
 * Events are counted by how many others use the way for anything, and the rarer the way, the more of the
 * stake is on it: how often has the like befallen the asset and its role (gamma-Poisson, rate.h)? Null
 * hypothesis: destination-based routing, as before. Not seen: a change inside of networks that export
 * nothing, one that keeps interface and next hop, one of a whole network at once, one to a way by which
 * others go to the same network, and one to another exporter by a way that others use for anything.
 */
#include "scoring/detector.h"
#include "scoring/rate.h"
#include "scoring/story-internal.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WAYS_KNOWN = 3, MOST_PENDING = 256, PATIENCE = 3, DAY_S = 86400 };
enum { SEARCHES_MOST = 4 }; /* of the table of paths, in a window */
/* What an exporter still tells of the way before: its active time-out, half an hour at most by custom. */
enum { SLICE_S = 1800, CHANGING_S = 600 };
/* Of the stake, by how many others use the way (fleet_prevalence_bin) at most. */
static const double stakes[PREVALENCE_BINS] = { 0.5, 0.2, 0.1, 0.1, 0.1 };

/* What an asset sends to a network. */
typedef struct Route {
    uint32_t ways[WAYS_KNOWN]; /* hashes, the latest first */
    uint32_t first_s, since_s; /* of the first way, of the latest */
} Route;
/* Of an asset: changes of all of its routes, by how many used the new way at most. */
typedef struct Past {
    float changes[PREVALENCE_BINS];
} Past;
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
    RatePools pools[PREVALENCE_BINS]; /* of ways that so many others use at most */
    Change pending[MOST_PENDING];
    uint32_t n_pending;
} Plain;

/* The two families have their own routing tables, and often links of their own. */
static uint32_t
network_of(const Scorer *scorer, const Call *call)
{
    IpAddress block = call->far;

    if (call->asn != 0)
        return ip_is_v4(&block) ? call->asn : ~call->asn;
    memset(block.bytes + (ip_is_v4(&block) ? 15 : 6), 0, ip_is_v4(&block) ? 1 : 10);
    return (uint32_t)(scorer_address_hash(scorer, &block) >> 32) | 1;
}

static uint64_t
route_key(const Scorer *scorer, uint32_t asset, uint32_t network)
{
    return watch_key(scorer, asset, network, 1, NULL);
}

static Route *
route_of(const Scorer *scorer, WatchState *state, uint32_t asset, uint32_t network, bool *is_new)
{
    return watch_item(state, 0, &watch_egress_change, route_key(scorer, asset, network), 1, is_new);
}

/* @network 0: for anything. */
static uint64_t
way_key(const Scorer *scorer, uint32_t way, uint32_t network)
{
    return watch_key(scorer, way, network, 2, NULL);
}

static WayUse *
way_use(const Scorer *scorer, WatchState *state, uint32_t way, uint32_t network)
{
    return watch_item(state, 1, &watch_egress_change, way_key(scorer, way, network), 2, NULL);
}

/*
 * Counts one more who uses the way for anything. Not every template tells the next hop: a way of which it is
 * not known is used by all who leave by the interface.
 */
static void
note_user(const Scorer *scorer, WatchState *state, const Call *call)
{
    way_use(scorer, state, call->new_way, 0)->assets++;
    if (call->new_out_if != 0)
        way_use(scorer, state, call->new_out_if, 0)->assets++;
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
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    (void)state;
    if (call->new_way == 0) /* nearly always */
        return;
    uint32_t network = network_of(scorer, call);
    want(list, 0, route_key(scorer, call->asset, network));
    want(list, 1, way_key(scorer, call->new_way, network));
}

static void
began(const Scorer *scorer, WatchState *state, const Call *call)
{
    uint32_t begin_s = seconds_of(call->begin_ms), way = call->new_way;
    bool is_new;

    if (way == 0)
        return;
    uint32_t network = network_of(scorer, call);
    Route *route = route_of(scorer, state, call->asset, network, &is_new);
    if (knows_way(route, way))
        return;
    way_use(scorer, state, way, network)->assets++;
    if (call->is_first_use)
        note_user(scorer, state, call);
    /* Where the asset never was, a way that it or others know is no news. */
    bool is_alone = call->is_first_use && way_use(scorer, state, way, 0)->assets <= 1;
    if (is_new)
        route->first_s = begin_s;
    if (is_new ? is_alone && rate_days(scorer, call->asset) >= 1 : begin_s - route->first_s >= DAY_S)
        note_change(state->plain, scorer, route, call, way);
    memmove(&route->ways[1], &route->ways[0], (WAYS_KNOWN - 1) * sizeof route->ways[0]);
    route->ways[0] = way;
    route->since_s = begin_s;
}

/*
 * How many assets have gone to the network by other ways of the same exporter, after this one began to go by
 * the new way and before it last did. What was exported late, of slices that began before, says nothing of
 * it; nor does what came after, when routing may have changed back; nor what another exporter told, who may
 * stand further in or out on the same way.
 */
static uint32_t
others_meanwhile(const Scorer *scorer, const Change *change, int *searches)
{
    uint32_t since_s = seconds_of(change->call.begin_ms) + SLICE_S, n = 0;
    const PathUse *own = &scorer->paths[change->call.path];
    uint32_t until_s = own->last_s - CHANGING_S;
    bool is_v4 = ip_is_v4(&change->call.far);

    if (since_s > until_s)
        return 0;
    --*searches;
    for (uint32_t slot = 0; slot < key_table_slots(&scorer->path_keys); slot++) {
        const PathUse *path = &scorer->paths[slot];
        n += path->last_s >= since_s && path->last_s <= until_s && path->asn == change->call.asn &&
             path->exporter == own->exporter && path->asset != change->call.asset && !path->is_egress &&
             key_table_has(&scorer->path_keys, slot) &&
             ip_is_v4(&scorer->assets[path->asset].address) == is_v4 &&
             scorer_way(scorer, path) != change->way;
    }
    return n;
}

/* The average of the bets on ways that so many others use at most; what the past says of them. */
static double
bet_on_rarity(const Plain *plain, const Scorer *scorer, uint32_t asset, const Past *past, int bin, double *p)
{
    double e = 0;

    for (int i = bin; i < PREVALENCE_BINS; i++) {
        CountModel model = rate_model(&plain->pools[i], scorer, asset, (double)past->changes[i], 1);
        e += stakes[i] * count_e(&model, 1, scorer->windows_per_day, BET_ONE);
        if (i == bin)
            *p = fmin(1, rate_day_p(&model, scorer, 1));
    }
    return e;
}

static void
judge(Scorer *scorer, WatchState *state, const Change *change, uint32_t users, uint32_t elsewhere)
{
    Plain *plain = state->plain;
    const Call *call = &change->call;
    const PathUse *path = &scorer->paths[call->path];
    Past *past =
        watch_item(state, 2, &watch_egress_change, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    int bin = fleet_prevalence_bin(users);
    double p = 1;
    double e = bet_on_rarity(plain, scorer, call->asset, past, bin, &p);
    Opinion opinion = { .watch = &watch_egress_change,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = p,
                        .decibans = decibans_of(e),
                        .numbers = { path->out_if, path->exporter, elsewhere, (double)past->changes[bin],
                                     (seconds_of(call->begin_ms) - (double)change->since_s) / DAY_S, users,
                                     rate_days(scorer, call->asset) },
                        .call = call };

    case_take(scorer, &opinion);
    for (int i = bin; i < PREVALENCE_BINS; i++) {
        rate_teach(&plain->pools[i], scorer, call->asset, (double)past->changes[i]);
        past->changes[i] += 1;
    }
}

/* True: it must wait on. @searches: how many more may be made in this window. */
static bool
look_at(Scorer *scorer, WatchState *state, const Change *change, int64_t number, int *searches)
{
    uint32_t same = way_use(scorer, state, change->way, network_of(scorer, &change->call))->assets;
    uint32_t users = way_use(scorer, state, change->way, 0)->assets, elsewhere = 0;
    bool is_late = number >= change->window + (int64_t)scorer->windows_per_day;

    if (number < change->window + PATIENCE)
        return true;
    if (same > 1) /* others go there by it as well */
        return false;
    if (*searches == 0)
        return true;
    elsewhere = others_meanwhile(scorer, change, searches);
    if (elsewhere == 0 && (!is_late || users > 1))
        return !is_late;
    judge(scorer, state, change, users > 0 ? users - 1 : 0, elsewhere);
    return false;
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;
    uint32_t kept = 0;
    int searches = SEARCHES_MOST;

    for (int i = 0; i < PREVALENCE_BINS; i++)
        rate_window(&plain->pools[i], scorer);
    for (uint32_t i = 0; i < MIN(plain->n_pending, MOST_PENDING); i++) {
        const Change *change = &plain->pending[i];
        uint32_t slot = change->call.path;
        if (change->call.asset >= scorer->n_assets || slot >= key_table_slots(&scorer->path_keys) ||
            scorer->paths[slot].asset != change->call.asset)
            continue;
        /* Who usually tells of it is silent, and another one further in or out tells of his own way. */
        if ((scorer->assets[change->call.asset].exporters & scorer->ailing) != 0)
            continue;
        if (look_at(scorer, state, change, number, &searches))
            plain->pending[kept++] = *change;
    }
    plain->n_pending = kept;
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], router[IP_TEXT], hop[IP_TEXT] = "not known";
    char before[60] = "at its first call there";
    IpAddress exporter = story_exporter(scorer, (uint32_t)one->numbers[1]);

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    if (one->path != NONE && !ip_is_zero(&scorer->paths[one->path].next_hop))
        ip_text(&scorer->paths[one->path].next_hop, hop);
    if (one->numbers[4] >= 1)
        g_snprintf(before, sizeof before, "after %.1f days by other ways", (double)one->numbers[4]);
    g_snprintf(
        out, room,
        "what %s sends to the network of %s left by exporter %s, interface %.0f, next hop %s, %s; nobody "
        "else goes there by it, %.0f others have gone there by other ways meanwhile, and %.0f use it for "
        "anything; the like befell this asset %.0f times in %.1f days",
        name, ip_text(&one->far, far), ip_text(&exporter, router), (double)one->numbers[0], hop, before,
        (double)one->numbers[2], (double)one->numbers[5], (double)one->numbers[3], (double)one->numbers[6]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a way that other assets take to that network as well", room);
}

const Watch watch_egress_change = { .name = "egress_change",
                                    .needs = CALL_STRANGER,
                                    .memory_days = 1,
                                    .plain = sizeof(Plain),
                                    .tables = { { .item = sizeof(Route), .most = 4, .is_per_pair = true },
                                                { .item = sizeof(WayUse), .most = 8, .is_per_pair = true },
                                                { .item = sizeof(Past), .most = 1 << 16 } },
                                    .wants = wants,
                                    .began = began,
                                    .window = window,
                                    .explain = explain,
                                    .instead = instead };
