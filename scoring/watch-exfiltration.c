/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-exfiltration.c - data that leaves for a destination that few others use, at once or over days; and
 * data that is fetched from inside before it leaves
 *
 * slow_exfiltration: for each pair the octets sent less those received, fading with a half-life of a week.
 * The destination's prevalence (how many other assets call into its network, fleet.c) decides with what it is
 * compared: each asset's largest such sum of a day, by prevalence, is ranked among those of all assets of the
 * role (calibrate.h). So a burst and a trickle are one question, multiple pairs of an asset are no multiple
 * tests, and uploads to a network that many use are compared with such uploads. hoarding: likewise what an
 * asset fetched from other assets, fading with a half-life of a day. Null hypothesis: as much as on other
 * days of this asset and others of its role. On how many days an asset has had as much is counted (as in
 * gauge.h), which makes backups dull after their first days. Not seen: a conversation that has not ended yet,
 * what stays below what the role does daily, and an exfiltration in small parts to many destinations, which
 * is for volume_out.
 */
#include "scoring/detector.h"
#include "scoring/watch-volume.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 12, KINDS = PREVALENCE_BINS + 1, HOARD = PREVALENCE_BINS };
static const double net_least = 10000, pair_days = 7, hoard_days = 1, odd_p = 2e-3, pool_days = 30;
static const double unit = 1e5;                     /* octets: x = log(1 + sum / unit) */
static const double role_trust = 300, grown = 0.35; /* a pair must have grown by a third beyond its past */

/* A pair's balance. */
typedef struct Balance {
    float sum, most; /* octets, fading; the largest x of days that are over */
    float today;     /* largest x of today */
    uint32_t day;
    uint32_t last_s, first_s;
} Balance;

/* What is kept of an asset, by prevalence and for hoarding. */
typedef struct AssetPast {
    float today[KINDS];         /* largest x of today */
    uint8_t seen[KINDS][STEPS]; /* days with x of 1 and more, 2 and more, ... */
    uint16_t days;
    float fetched;               /* octets from inside, fading */
    uint32_t fetched_s, sources; /* when last; from how many today */
} AssetPast;

typedef struct Plain {
    ResidualSketch role[MOST_ROLES][KINDS], fleet[KINDS];
} Plain;

static double
scale(double octets)
{
    return log1p(fmax(0, octets) / unit);
}

static double
faded(double sum, uint32_t from_s, uint32_t to_s, double half_life_days)
{
    return to_s > from_s ? sum * exp2(-(double)(to_s - from_s) / (half_life_days * 86400)) : sum;
}

/* Chance of as much within a day. */
static double
chance(const Plain *plain, const Scorer *scorer, const AssetPast *past, uint32_t asset, int kind, double x)
{
    const ResidualSketch *role = &plain->role[scorer->assets[asset].role][kind];
    double weight = (double)role->n / ((double)role->n + role_trust);
    double p = weight * sketch_tempered_p(role, x) + (1 - weight) * sketch_tempered_p(&plain->fleet[kind], x);
    int step = (int)fmin(STEPS, x);
    double own = step > 0 ? past->seen[kind][step - 1] : 0;

    return own > 0 ? fmax(p, fmin(1, (own + 1) / (past->days + 1.0))) : p;
}

/*
 * The threshold counts windows, each of them a test of every asset (budget.h). Here is one test a day, which
 * may stake what the day's windows may together, and the promise is kept; half of that (in decibans), for
 * cases lend their evidence to others.
 */
static double
day_bonus(const Scorer *scorer)
{
    return decibans_of(sqrt(fmax(1, scorer->windows_per_day)));
}

static void
take(Scorer *scorer, const Watch *watch, const Call *call, double p, const double numbers[CASE_NUMBERS])
{
    double days = scorer->assets[call->asset].octets_out.n / scorer->windows_per_day;
    double trust = fmin(1, days / fmax(1, scorer->conf.learn_days));
    Opinion opinion = { .watch = watch,
                        .asset = call->asset,
                        .far = watch == &watch_slow_exfiltration ? &call->far : NULL,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = p,
                        .decibans = decibans_of(trust * e_of_p(p) + 1 - trust) + day_bonus(scorer),
                        .call = call };

    memcpy(opinion.numbers, numbers, sizeof opinion.numbers);
    if (watch == &watch_hoarding) {
        opinion.is_service = true;
        opinion.service = 0;
        opinion.protocol = VOLUME_ALONE;
    }
    case_take(scorer, &opinion);
}

static void
end_pair_day(Balance *balance, uint32_t day)
{
    if (balance->day == day)
        return;
    balance->most = fmaxf(balance->most * 0.99f, balance->today);
    balance->today = 0;
    balance->day = day;
}

static uint64_t
balance_key(const Scorer *scorer, const Call *call)
{
    return watch_key(scorer, call->asset, 0, 0, &call->far);
}

static void
add_out(Scorer *scorer, WatchState *state, const Call *call, double net)
{
    uint64_t key = balance_key(scorer, call);
    uint32_t now_s = seconds_of(call->end_ms);
    Balance *balance = net > 0 ? watch_item(state, 0, &watch_slow_exfiltration, key, 1, NULL)
                               : watch_find(state, 0, &watch_slow_exfiltration, key);

    if (balance == NULL)
        return;
    balance->first_s = balance->first_s == 0 ? seconds_of(call->begin_ms) : balance->first_s;
    balance->sum = (float)fmax(0, faded((double)balance->sum, balance->last_s, now_s, pair_days) + net);
    balance->last_s = MAX(balance->last_s, now_s);
    end_pair_day(balance, now_s / 86400);
    double x = scale((double)balance->sum);
    balance->today = fmaxf(balance->today, (float)x);
    if (net <= 0 || x < 1)
        return;
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);
    uint32_t others = fleet_look(scorer, call->asset, call->asn, &call->far).others_as;
    int kind = fleet_prevalence_bin(others);
    if (!case_is_alerted(scorer, &watch_slow_exfiltration, call->asset, &call->far))
        past->today[kind] = fmaxf(past->today[kind], (float)x);
    if (x < (double)balance->most + grown)
        return;
    double p = chance(state->plain, scorer, past, call->asset, kind, x);
    const double numbers[CASE_NUMBERS] = { (double)balance->sum, (now_s - (double)balance->first_s) / 86400,
                                           others, unit * expm1((double)balance->most), past->days };
    if (p < odd_p)
        take(scorer, &watch_slow_exfiltration, call, p, numbers);
}

static void
add_fetched(Scorer *scorer, WatchState *state, const Call *call)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);
    uint32_t now_s = seconds_of(call->end_ms);

    past->fetched =
        (float)(faded((double)past->fetched, past->fetched_s, now_s, hoard_days) + call->octets_in);
    past->fetched_s = MAX(past->fetched_s, now_s);
    double x = scale((double)past->fetched), before = (double)past->today[HOARD];
    if (!volume_is_alerted(scorer, &watch_hoarding, call->asset))
        past->today[HOARD] = fmaxf(past->today[HOARD], (float)x);
    if (x < before + 0.01) /* it was asked already */
        return;
    double p = chance(state->plain, scorer, past, call->asset, HOARD, x);
    int most = STEPS;
    while (most > 0 && past->seen[HOARD][most - 1] == 0)
        most--;
    const double numbers[CASE_NUMBERS] = { (double)past->fetched, unit * expm1(most), past->days };
    if (p < odd_p)
        take(scorer, &watch_hoarding, call, p, numbers);
}

static bool
moves_out(const Call *call, double net)
{
    return call->far_asset == NONE && fabs(net) >= net_least && call->access != ACCESS_OWN &&
           call->access != ACCESS_PRIVATE;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, uint64_t keys[WATCH_TABLES])
{
    (void)state;
    if (moves_out(call, call->octets_out - call->octets_in))
        keys[0] = balance_key(scorer, call);
}

static void
ended(Scorer *scorer, WatchState *state, const Call *call)
{
    double net = call->octets_out - call->octets_in;

    if (moves_out(call, net))
        add_out(scorer, state, call, net);
    else if (call->far_asset != NONE && call->octets_in >= net_least && call->initiator == INITIATOR_ASSET)
        add_fetched(scorer, state, call);
}

/* At the end of a day each asset's largest sums are learned; nothing is a sum too. */
static void
asset(Scorer *scorer, WatchState *state, uint32_t index, const WindowSums *sums, int64_t number)
{
    Plain *plain = state->plain;
    int64_t length = scorer->grid.length_ms;

    (void)sums;
    if ((number + 1) * length / 86400000 == number * length / 86400000)
        return;
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, index);
    for (int kind = 0; kind < KINDS; kind++) {
        sketch_count(&plain->role[scorer->assets[index].role][kind], (double)past->today[kind]);
        sketch_count(&plain->fleet[kind], (double)past->today[kind]);
        for (int step = 0; step < STEPS && (double)past->today[kind] >= step + 1; step++)
            if (past->seen[kind][step] < UINT8_MAX)
                past->seen[kind][step]++;
        past->today[kind] = 0;
    }
    if (past->days < UINT16_MAX)
        past->days++;
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;
    double keep = exp2(-1 / pool_days);

    if ((number + 1) * scorer->grid.length_ms / 86400000 == number * scorer->grid.length_ms / 86400000)
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        for (uint32_t r = 0; r < scorer->n_roles; r++)
            sketch_fade(&plain->role[r][kind], keep);
        sketch_fade(&plain->fleet[kind], keep);
    }
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], sum[32], before[32];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    detector_octets_words((double)one->numbers[0], sum);
    detector_octets_words((double)one->numbers[3], before);
    g_snprintf(
        out, room,
        "%s sent %s more to %s (port %u) than it got from there, within %.1f days and with what is old "
        "counting less; %.0f other assets use that network; the most before was %s, and so much is one day "
        "in "
        "%.0f of assets of its role",
        name, sum, ip_text(&one->far, far), one->service, (double)one->numbers[1], (double)one->numbers[2],
        before, 1 / fmax((double)one->p, 1e-12));
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a destination that others of its role send as much to", room);
}

static void
explain_hoarding(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], sum[32], usual[32];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    detector_octets_words((double)one->numbers[0], sum);
    detector_octets_words((double)one->numbers[1], usual);
    g_snprintf(
        out, room,
        "%s fetched %s from other assets within about a day; in %.0f days before it never fetched much more "
        "than %s, and so much is one day in %.0f of assets of its role",
        name, sum, (double)one->numbers[2], usual, 1 / fmax((double)one->p, 1e-12));
}

static void
instead_hoarding(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "as much fetched from inside as on other days", room);
}

const Watch watch_slow_exfiltration = {
    .name = "slow_exfiltration",
    .memory_days = 7,
    .plain = sizeof(Plain),
    .per_asset = sizeof(AssetPast),
    .tables = { { .item = sizeof(Balance), .most = 4, .is_per_pair = true } },
    .wants = wants,
    .ended = ended,
    .asset = asset,
    .window = window,
    .explain = explain,
    .instead = instead
};
const Watch watch_hoarding = {
    .name = "hoarding", .memory_days = 1, .explain = explain_hoarding, .instead = instead_hoarding
};
