/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-spray.c - one short try each from many sources at one service, over days
 *
 * Passwords are tried from thousands of home lines, each once or twice a day, so that no single source stands
 * out (CovertNetwork-1658: four in five accounts see exactly one try a day). What stands out is the service:
 * in four hours it is visited by more sources that come, say little and go, and that never did more. A web
 * server has such visitors all day. So two null hypotheses must both fail. One is that there are as many of
 * them as in four hours of the past (negative binomial, its spread learned, since nights, weekends and moods
 * are in it); the other that their share of all newcomers is as ever (likewise), which a page that becomes
 * popular does not change. The greater of the two p-values counts: it is valid if either hypothesis holds.
 * Evidence of four hours after four hours adds up by an e-CUSUM (evidence.h), for days if need be. What is
 * short is the lowest quarter of the service's own sessions.
 *
 * Whoever sprayed before the first record is part of both pasts. But not of what other services see: so once
 * a day the share of tries among a service's newcomers is held against those of all others that strangers
 * visit (Student's t of the log odds, itself left out), as soon as there are eight of them. It is asked once
 * a day, so it may spend what the windows of a day would (daily_bonus). Cannot see: tries that are not
 * answered (watch-scan.c), or tell those that fail from short visits, if the service is visited shortly by
 * most; anything, when sampled.
 */
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/evidence.h"
#include "scoring/rate.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TCP = 6, UDP = 17, BIN_S = 4 * 3600, BINS_LEAST = 6, BINS_SKIPPED_MOST = 84, TRIES_LEAST = 6 };
enum { OTHERS_LEAST = 8, BINS_KNOWN = 18, BINS_A_DAY = 86400 / BIN_S };
enum { SMALL_FLOWS = 8, AGAIN_HOURS = 12, SHORT_SECONDS = 120 };
static const double small_octets = 65536, learn_step = 0.05, fast_bins = 20; /* 1/20 once so many were seen */
static const double prior_shape = 0.5, prior_bins = 6, prior_share = 0.25, prior_of = 30, prior_spread = 1.5;
static const double comers_most = 4, spread_most = 4;
static const double quarter_at_first = 13, known_step = 0.05, comer_step = 0.002, first_step = 4;
static const double share_keep = 0.98, worth_telling = 5;
static const double comers_known = 60, others_stake = 0.5;

typedef struct Service {
    float tries, comers,
        homes;          /* in this bin: sources with a short try; newcomers; home lines among the tries */
    float bins;         /* that have taught */
    float mean, square; /* of the tries in a bin */
    float share_tries, share_comers; /* fading sums */
    float spread;                    /* of the share: variance by that of a Poisson count */
    float quarter, sessions;         /* log2 of octets: a quarter of the sessions is shorter; how many told */
    float evidence;                  /* e-CUSUM of the bins that are over, decibans */
    float row;                       /* tries since it was nil */
    uint32_t bin;                    /* number of this bin */
    uint32_t asset;
    uint16_t port;
    uint8_t protocol, spare;
} Service;

/* A port that was silent till now has a past of no visits, as long as that of its asset; what is short there
 * is not known, and 8 KiB is. */
static Service
new_service(const Scorer *scorer, const Call *call, uint32_t bin)
{
    double bins = rate_days(scorer, call->asset) * 86400 / BIN_S;

    return (Service){ .asset = call->asset,
                      .port = call->asset_port,
                      .protocol = call->protocol,
                      .bin = bin,
                      .bins = (float)fmin(BINS_SKIPPED_MOST, floor(bins)),
                      .quarter = (float)quarter_at_first,
                      .spread = (float)prior_spread };
}

static double
octets_of(const Call *call)
{
    return call->octets_in + call->octets_out;
}

static double
share_of(const Service *self)
{
    return ((double)self->share_tries + prior_of * prior_share) / ((double)self->share_comers + prior_of);
}

/* Of the tries in this bin: the p-value against both hypotheses. */
static double
p_of(const Service *self)
{
    double mean = fmax(0.05, (double)self->mean), extra = (double)self->square - mean * mean - mean;
    double seen = extra > 0 ? fmin(50, mean * mean / extra) : 50;
    double bins = (double)self->bins, expected = (double)self->comers * share_of(self);
    double spread = (bins * (double)self->spread + prior_bins * prior_spread) / (bins + prior_bins);
    CountModel by_number = { .shape = (bins * seen + prior_bins * prior_shape) / (bins + prior_bins),
                             .mean = mean };
    CountModel by_share = { .shape = expected / fmax(0.1, spread - 1), .mean = expected };
    uint32_t tries = (uint32_t)fmin(1e6, (double)self->tries);

    if (self->bins < BINS_LEAST || tries < TRIES_LEAST || expected <= 0)
        return 1;
    return fmax(count_mid_p(&by_number, tries), count_mid_p(&by_share, tries));
}

/* A bin that stands out teaches as one that hardly does, and one with many newcomers no more than one with
 * ten: a spray must not become usual within a day. */
static void
learn(Service *self)
{
    double share = share_of(self), comers = fmin(comers_most, (double)self->comers);
    double expected = (double)self->comers * share;
    double tries = fmin((double)self->tries, 2 * (double)self->mean + 3);
    double step = 1 / fmin(fast_bins, (double)self->bins + 1);

    self->mean += (float)(step * (tries - (double)self->mean));
    self->square += (float)(step * (tries * tries - (double)self->square));
    if (expected >= 1) {
        double off = (double)self->tries - expected;
        self->spread +=
            (float)(learn_step * (fmin(spread_most, off * off / expected) - (double)self->spread));
    }
    double now = self->comers > 0 ? (double)(self->tries / self->comers) : 0;
    self->share_tries = (float)(share_keep * (double)self->share_tries + fmin(now, 2 * share) * comers);
    self->share_comers = (float)(share_keep * (double)self->share_comers + comers);
    self->bins += 1;
}

/* Bins that are over, the empty ones among them. What belongs to an alert does not teach. */
static void
roll(Service *self, uint32_t bin, bool is_alerted)
{
    uint32_t n = MIN(bin - self->bin, (uint32_t)BINS_SKIPPED_MOST);

    if (bin <= self->bin)
        return;
    for (uint32_t i = 0; i < n; i++) {
        double p = p_of(self);
        if (self->bins >= BINS_LEAST)
            self->evidence = (float)fmax(0, cusum_step((double)self->evidence, e_of_small_p(p)));
        if (self->evidence <= 0)
            self->row = 0;
        if (!is_alerted)
            learn(self);
        self->tries = self->comers = self->homes = 0;
    }
    self->bin = bin;
}

/* Somebody who comes, and never did more than try. */
static bool
is_comer(const Call *call)
{
    if (call->is_new_pair)
        return true;
    if (call->slept_hours < AGAIN_HOURS || call->peer == NONE)
        return false;
    return call->pair_flows <= SMALL_FLOWS && (double)call->pair_octets <= SMALL_FLOWS * small_octets;
}

static const Case *
case_of(const Scorer *scorer, const Call *call)
{
    return case_find(scorer, &watch_spray, call->asset, NULL, call->asset_port, call->protocol);
}

static bool
is_alerted(const Scorer *scorer, const Call *call)
{
    const Case *one = case_of(scorer, call);

    return one != NULL && one->alerted_until_ms > scorer->moment.now_ms;
}

/* Does the comparison with others say more? Then the words are its own. */
static bool
is_said(const Case *one, double decibans)
{
    return one != NULL && one->numbers[7] > 0 && (double)one->evidence > decibans;
}

static void
judge(const Scorer *scorer, WatchState *state, const Service *service, const Call *call)
{
    double p = p_of(service), decibans = cusum_step((double)service->evidence, e_of_small_p(p));

    /* A new span that has brought nothing odd yet adds nothing, and would explain nothing. */
    if (decibans < worth_telling || decibans <= (double)service->evidence ||
        is_said(case_of(scorer, call), decibans))
        return;
    Opinion opinion = { .watch = &watch_spray,
                        .asset = call->asset,
                        .service = call->asset_port,
                        .protocol = call->protocol,
                        .is_service = true,
                        .p = p,
                        .decibans = decibans,
                        .numbers = { (double)service->tries, (double)service->mean,
                                     (double)(service->tries / MAX(1, service->comers)), share_of(service),
                                     (double)service->row,
                                     (double)(service->homes / MAX(1, service->tries)) },
                        .call = call };
    watch_says(state, &opinion);
}

/* A quantile by small steps: of those who have been known for a day, fast; of newcomers, who may be the ones
 * looked for, hardly; of the second try of somebody, not at all. */
static void
learn_size(Service *self, const Call *call, float size, bool comes)
{
    bool is_known = call->peer != NONE && (double)seconds_of(call->begin_ms) - call->pair_first_s > 86400;
    double step = comes      ? comer_step
                  : is_known ? fmax(known_step, first_step / (first_step + (double)self->sessions))
                             : 0;

    self->quarter += (float)(step * (size < self->quarter ? -0.75 : 0.25));
    self->sessions += is_known;
}

/* Strangers call a port that serves. */
static bool
is_visit(const Call *call)
{
    return call->far_asset == NONE && !call->is_sampled && !call->is_half_seen &&
           (call->protocol == TCP || call->protocol == UDP) &&
           (direction_is_service_port(call->protocol, call->asset_port) || call->is_served);
}

/* An eighth of those who come again is enough to know how long sessions are. */
static bool
is_of_interest(const Call *call, bool comes)
{
    return (comes || (call->begin_ms & 7) == 0) && is_visit(call);
}

static uint64_t
service_key(const Scorer *scorer, const Call *call)
{
    return watch_key(scorer, call->asset, (uint32_t)call->protocol << 16 | call->asset_port, 0, NULL);
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    (void)state;
    if (is_of_interest(call, is_comer(call)))
        want(list, 0, service_key(scorer, call));
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    bool is_new, comes = is_comer(call);

    if (!is_of_interest(call, comes))
        return;
    Service *service = watch_item(state, 0, &watch_spray, service_key(scorer, call), 1, &is_new);
    float size = (float)log2(1 + octets_of(call));
    uint32_t bin = seconds_of(call->end_ms) / BIN_S;
    if (is_new)
        *service = new_service(scorer, call, bin);
    bool alerted = is_alerted(scorer, call);
    roll(service, bin, alerted);
    bool is_short = comes && size <= service->quarter && octets_of(call) <= small_octets &&
                    call->end_ms - call->begin_ms <= SHORT_SECONDS * 1000;
    if (!alerted)
        learn_size(service, call, size, comes);
    service->comers += comes;
    if (!is_short)
        return;
    service->tries += 1;
    service->homes += call->is_home;
    service->row += 1;
    judge(scorer, state, service, call);
}

/* ---- beside other services ---- */

typedef struct Visited {
    const Service *service;
    double odds; /* of a try among the newcomers, logarithm */
} Visited;

/* So that nothing depends on the hash seed. */
static int
by_name(const void *a, const void *b)
{
    const Service *x = ((const Visited *)a)->service, *y = ((const Visited *)b)->service;

    if (x->asset != y->asset)
        return x->asset < y->asset ? -1 : 1;
    if (x->port != y->port)
        return x->port < y->port ? -1 : 1;
    return (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

static bool
is_known(const Scorer *scorer, const Service *service)
{
    uint32_t now = (uint32_t)(scorer->moment.now_ms / 1000 / BIN_S);

    return service->asset < scorer->n_assets && service->bins >= BINS_KNOWN &&
           (double)service->share_comers >= comers_known && service->bin + BINS_A_DAY >= now &&
           share_of(service) > 0 && share_of(service) < 1;
}

/* Those that strangers visit; returns how many. */
static uint32_t
take_visited(const Scorer *scorer, const WatchState *state, Visited *out)
{
    const Service *services = state->items[0];
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < key_table_slots(&state->keys[0]); slot++) {
        if (!key_table_has(&state->keys[0], slot) || !is_known(scorer, &services[slot]))
            continue;
        double share = share_of(&services[slot]);
        out[n++] = (Visited){ &services[slot], log(share / (1 - share)) };
    }
    qsort(out, n, sizeof *out, by_name);
    return n;
}

/* Upper tail of Student's t, by the normal distribution (Wallace, Annals of Mathematical Statistics 30,
 * 1959). */
static double
student_p(double t, double freedom)
{
    double z = sqrt(freedom * log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);

    return fmax(1e-12, 0.5 * erfc((t > 0 ? z : -z) / M_SQRT2));
}

static void
compare(Scorer *scorer, const Visited *one, double n, double mean, double variance)
{
    const Service *service = one->service;
    double p = student_p((one->odds - mean) / sqrt(fmax(1e-4, variance) * (1 + 1 / n)), n - 1);
    double decibans = decibans_of(others_stake * e_of_rare_p(p)) + daily_bonus(scorer);
    Opinion opinion = { .watch = &watch_spray,
                        .asset = service->asset,
                        .service = service->port,
                        .protocol = service->protocol,
                        .is_service = true,
                        .p = p,
                        .decibans = decibans,
                        .overlap = daily_bonus(scorer),
                        .numbers = { 0, (double)service->mean, share_of(service), 1 / (1 + exp(-mean)), 0, 0,
                                     (double)service->bins / BINS_A_DAY, n },
                        .at_ms = scorer->moment.now_ms };

    if (decibans >= daily_bonus(scorer) + worth_telling)
        case_take(scorer, &opinion);
    else
        pvalues_note(scorer->pvalues, watch_spray.name, service->asset, p, 1);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    double sum = 0, squares = 0;

    if (!daily_ends(scorer, number))
        return;
    g_autofree Visited *visited = g_new(Visited, key_table_slots(&state->keys[0]));
    uint32_t n = take_visited(scorer, state, visited);
    for (uint32_t i = 0; i < n; i++) {
        sum += visited[i].odds;
        squares += visited[i].odds * visited[i].odds;
    }
    for (uint32_t i = 0; n > OTHERS_LEAST && i < n; i++) {
        double others = n - 1, odds = visited[i].odds, mean = (sum - odds) / others;
        compare(scorer, &visited[i], others, mean,
                (squares - odds * odds - others * mean * mean) / (others - 1));
    }
}

/* ---- in words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    if (one->numbers[7] > 0) {
        g_snprintf(
            out, room,
            "%.0f %% of the newcomers at port %u/%s of %s come for one short try and never do more, for "
            "%.0f days now; at the %.0f other services that strangers visit it is %.0f %%",
            100 * (double)one->numbers[2], one->service, one->protocol == TCP ? "tcp" : "udp", name,
            (double)one->numbers[6], (double)one->numbers[7], 100 * (double)one->numbers[3]);
        return;
    }
    g_snprintf(
        out, room,
        "%.0f sources that never did more came to port %u/%s of %s for one short try within four hours; "
        "%.1f are usual; they are %.0f %% of the newcomers, usually %.0f %%; %.0f %% of them are home "
        "lines; %.0f tries since this began",
        (double)one->numbers[0], one->service, one->protocol == TCP ? "tcp" : "udp", name,
        (double)one->numbers[1], 100 * (double)one->numbers[2], 100 * (double)one->numbers[3],
        100 * (double)one->numbers[5], (double)one->numbers[4]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    if (one->numbers[7] > 0)
        g_snprintf(out, room, "about %.0f %% of such newcomers", 100 * (double)one->numbers[3]);
    else
        g_snprintf(out, room, "about %.0f such sources in four hours", (double)one->numbers[1] + 1);
}

const Watch watch_spray = { .name = "spray",
                            .needs = CALL_IN | CALL_ANSWERED,
                            .memory_days = 2,
                            .tables = { { .item = sizeof(Service), .most = 1 << 14 } },
                            .wants = wants,
                            .ended = ended,
                            .window = window,
                            .explain = explain,
                            .instead = instead };
