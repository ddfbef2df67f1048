/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-fast-beacon.c - an asset calls a far end by the clock, and so often that it needs no past to be odd
 *
 * Whoever was there before the first record, or comes while little is known yet, changes nothing that has
 * been learned, and in a network of a few assets there is no crowd to stand out from. But calls by the clock
 * more often than each two minutes, for hundreds of beats on end, are rare whatever the network: each is a
 * TCP connection made anew, which costs the far end, so programs that want to be quick keep one open, and
 * those that poll do it each five minutes, each quarter of an hour, or more seldom. Who waits for orders has
 * no such reason.
 *
 * How rare: the share of the far networks (/24 or /48) that are called again and again in which one is called
 * so, in this network and in public captures, which stand for it before it has shown anything. The share is
 * multiplied by the number of such far ends that the asset has, for a monitor polls all that it watches, and
 * by the number of assets that know the network, for sharing tells a service from a secret. All is staked on
 * a pair that is as rare as that (e = 1/p: among n pairs that are alike the first has a share of 1/n). While
 * a pair goes on it is the same question, whose answer hardly changes, so it may spend what the windows of
 * its day would have (daily_bonus).
 *
 * Not seen: slower beacons, which need a past (watch-beacon.c) or a crowd (watch-standing.c), and those that
 * do not open connections, for keep-alives and clocks (NTP) tick everywhere.
 */
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OFTEN = 8, BEATS_FROM = 64, BEATS_KNOWN = 256, BEATS_TOLD = 512, ASK_EVERY = 32, TCP = 6 };
/* What is counted once; also for how long it is remembered (keyed.h). */
typedef enum Counted { OFTEN_NETWORK = 1, FAST_NETWORK, FAST_PAIR } Counted;
static const double period_least_s = 2, period_most_s = 120;
static const double even_least = 0.75, begins_anew = 0.5,
                    even_gaps = 64; /* of about so many gaps; 0.35 of those of chance */
static const double at_once_s = 1;  /* a page opens several connections */
/* Pairs with OFTEN calls in comfoo, ctu50-008, ctu50-010 (a day each) and missing_host (two days): 117, of
 * which one is so, an implant. */
static const double public_often = 117, public_fast = 1;

typedef struct Plain {
    double often, fast; /* far networks: called again and again; called so */
} Plain;

/* Of an asset. */
typedef struct Own {
    uint32_t fast; /* far ends */
} Own;

/* Of a pair that is called so often. */
typedef struct Beats {
    uint32_t last_ms; /* of the latest start; the lower half */
    uint32_t n;       /* gaps that were even, since they mostly are */
    float log_median,
        even; /* of the gaps: seconds; the share from half of the median to its one and a half */
} Beats;

static bool
is_of_interest(const Call *call)
{
    return call->protocol == TCP && call->access != ACCESS_PRIVATE && call->peer != NONE && !call->is_again &&
           call->pair_flows >= OFTEN;
}

/* On the average, so that most pairs need not be looked up. */
static bool
is_fast(const Call *call)
{
    double lasts_s = seconds_of(call->begin_ms) - (double)call->pair_first_s;

    return call->pair_flows >= BEATS_FROM && lasts_s > period_least_s * call->pair_flows &&
           lasts_s < period_most_s * call->pair_flows;
}

static uint64_t
beats_key(const Scorer *scorer, const Call *call)
{
    return watch_key(scorer, call->asset, call->service, 0, &call->far);
}

/* Its network is counted the first few times; most have been by then. */
static bool
may_be_new(const Call *call)
{
    return call->pair_flows < 2 * OFTEN;
}

/* Of a far network whoever calls it, or of an asset's far end. */
static uint64_t
counted_key(const Scorer *scorer, const Call *call, Counted what)
{
    bool is_pair = what == FAST_PAIR;
    IpAddress far = { { 0 } };

    memcpy(far.bytes, call->far.bytes, is_pair ? 16 : ip_is_v4(&call->far) ? 15 : 6);
    return watch_key(scorer, is_pair ? call->asset : NONE, what, 0, &far);
}

static bool
is_first(const Scorer *scorer, WatchState *state, const Call *call, Counted what)
{
    return watch_add(state, 1, counted_key(scorer, call, what), (uint8_t)what);
}

/*
 * The median follows the gaps by small steps, in logarithms; how many lie near it tells a clock from chance
 * (of exponential gaps 35 % do), and takes jitter of half of the period, and beats that were not seen. Where
 * most do not, it begins anew. False: no further even one.
 */
static bool
add_beat(Beats *beats, const Call *call, bool is_new)
{
    uint32_t now_ms = (uint32_t)call->begin_ms;
    int32_t gap_ms = (int32_t)(now_ms - beats->last_ms);
    double gap_s = fabs((double)gap_ms) / 1000;

    if (gap_s < at_once_s && !is_new)
        return false;
    beats->last_ms = now_ms;
    if (is_new)
        return false;
    if (!((double)beats->even >= begins_anew)) {
        *beats = (Beats){ .last_ms = now_ms, .log_median = (float)log(gap_s), .even = 1 };
        return false;
    }
    double off = log(gap_s) - (double)beats->log_median;
    bool is_even = off > log(0.5) && off < log(1.5);
    beats->log_median += off > 0 ? 0.02F : -0.02F;
    beats->even += (float)((is_even - (double)beats->even) / even_gaps);
    beats->n = (double)beats->even < even_least ? 0 : beats->n + is_even;
    return is_even;
}

static void
ask(const Scorer *scorer, WatchState *state, const Own *own, const Call *call, const Beats *beats)
{
    const Plain *plain = state->plain;
    FleetView fleet = fleet_look(scorer, call->asset, call->asn, &call->far);
    /* Read from a file, they may be anything. */
    double share = (fmax(0, plain->fast) + public_fast) / (fmax(0, plain->often) + public_often + 1);
    double p = fmin(1, share * fmax(1, own->fast) * (1 + fleet.others_block));
    Opinion opinion = { .watch = &watch_fast_beacon,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = p,
                        .decibans = decibans_of(1 / p) + daily_bonus(scorer),
                        .numbers = { beats->n, exp((double)beats->log_median), plain->fast, plain->often,
                                     fleet.others_block, own->fast },
                        .call = call };

    watch_says(state, &opinion);
}

static void
count_fast(const Scorer *scorer, WatchState *state, Own *own, const Call *call)
{
    Plain *plain = state->plain;

    plain->often += is_first(scorer, state, call, OFTEN_NETWORK); /* it came too fast to be counted before */
    plain->fast += is_first(scorer, state, call, FAST_NETWORK);
    own->fast += is_first(scorer, state, call, FAST_PAIR);
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    (void)state;
    if (!is_of_interest(call))
        return;
    if (may_be_new(call))
        want(list, 1, counted_key(scorer, call, OFTEN_NETWORK));
    if (is_fast(call))
        want(list, 0, beats_key(scorer, call));
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;

    if (!is_of_interest(call))
        return;
    if (may_be_new(call))
        plain->often += is_first(scorer, state, call, OFTEN_NETWORK);
    if (!is_fast(call))
        return;
    bool is_new;
    Beats *beats = watch_item(state, 0, &watch_fast_beacon, beats_key(scorer, call), 1, &is_new);
    double period_s = exp((double)beats->log_median);
    if (!add_beat(beats, call, is_new) || beats->n < BEATS_KNOWN || beats->n % ASK_EVERY != 0 ||
        !(period_s > period_least_s && period_s < period_most_s))
        return;
    Own *own = watch_of_asset(state, &watch_fast_beacon, call->asset);
    count_fast(scorer, state, own, call);
    if (beats->n >= BEATS_TOLD)
        ask(scorer, state, own, call, beats);
}

/* ---- in words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], others[64] = "no other asset knows that network";

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    if (one->numbers[4] >= 1)
        g_snprintf(others, sizeof others, "%.0f other assets know that network", (double)one->numbers[4]);
    g_snprintf(
        out, room,
        "%s calls %s port %u by the clock, about every %.3g s, %.0f times in a row; of %.0f far networks "
        "here that are called again and again, %.0f: by the clock and so often (in public captures one of "
        "117, an implant), and %s",
        name, far, one->service, (double)one->numbers[1], (double)one->numbers[0], (double)one->numbers[3],
        (double)one->numbers[2], others);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "more far networks that are called by the clock each two minutes", room);
}

const Watch watch_fast_beacon = { .name = "fast_beacon",
                                  .needs = CALL_OUT | CALL_STRANGER,
                                  .memory_days = 2,
                                  .needs_no_past = true,
                                  .plain = sizeof(Plain),
                                  .per_asset = sizeof(Own),
                                  .tables = { { .item = sizeof(Beats), .most = 32, .is_per_pair = true },
                                              { .item = 0, .most = 32, .is_per_pair = true } },
                                  .wants = wants,
                                  .ended = ended,
                                  .explain = explain,
                                  .instead = instead };
