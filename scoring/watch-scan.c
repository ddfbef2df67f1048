/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-scan.c - one who probes many: an asset of ours, a stranger, or a herd of strangers that share a
 * source port
 *
 * The sequential test of Jung, Paxson, Berger and Balakrishnan, "Fast portscan detection using sequential
 * hypothesis testing" (IEEE S&P 2004), on first contacts (a far end and port never tried before; who answered
 * there once and does not now has fallen silent, or whoever told of his answers has): each failure (no
 * answer, or refused) and each success moves a random walk by its likelihood ratio. Under the null hypothesis
 * first contacts fail as often as those of this asset and its role did (at least a fifth: the paper's 0.8 of
 * success), under the other one four in five fail. The walk fades by half in four days instead of ending with
 * a window, so a probe every few hours is seen as well as a thousand a second. At the upper bound (10,000 to
 * 1: seven failures and no success) somebody is a scanner; that alone says little, for monitors and crawlers
 * are, and strangers scan whatever the Internet reaches. So this is an event of an episode (episode.h), odd
 * as far as the asset and its role have seldom had one, or for a stranger the network as a whole, and further
 * targets are its steps. Many assets that fail at the same time have one cause that is none of theirs (an
 * outage): then no bets are taken. With sampling, no answer is no failure. A herd: strangers' failed probes
 * from one source port, more sources than chance would bring together on it. Cannot see: probes that are
 * answered; targets that are no asset, of strangers.
 */
#include "scoring/detector.h"
#include "scoring/episode.h"
#include "scoring/kind.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

enum { TCP = 6, UDP = 17, REFUSED_PACKETS = 3, PROBERS = 0, TRIED = 1, HERDS = 2, TARGETS_LEAST = 7 };
enum { SHAPES = 3, KINDS = SHAPES * 2 * 2, EPHEMERAL_PORTS = 28232, HERD_LEAST = 5 };
static const double quiet_days = 3, half_life_s = 4 * 86400;
static const double scanner_fails = 0.8, usual_least = 0.2, usual_most = 0.7, bound_decibans = 40;
static const double role_trust = 20, fleet_trust = 20, own_most = 500, run_most = 200, worth_telling = 10;
static const double common_times = 3, common_least = 5;
static const uint32_t common_s = 2 * 3600;
static const double network_shape = 1, network_days = 0.5, network_half_life_days = 30;
static const double herd_half_life_s = 86400, herd_chance = 1e-3;

/* Who probes: an asset, inside or outside, or a far end. */
typedef struct Prober {
    Episode episode;
    float failed, of;         /* first contacts before this walk, fading; of an asset */
    float run_failed, run_of; /* in this walk */
    float walk;               /* decibans */
    float targets;            /* failed in this walk */
    uint32_t walk_s;          /* when it last moved */
    uint32_t asset;           /* of a far end: the first that it probed */
    uint32_t window;          /* in which it last failed; low bits */
    uint32_t day;             /* on which it last taught others */
    uint16_t caller_port;     /* of all failed ones; 0: several */
    uint64_t fars, ports;     /* of failed ones: one bit each, by hash */
} Prober;
typedef struct Herd {
    Episode episode;
    float sources; /* far ends that failed from this port, fading by half in a day */
    float usual;   /* the same, fading by half in thirty days */
    uint32_t last_s, asset;
} Herd;
typedef struct Plain {
    EpisodePools ours, strangers, herds;
    Share fails[2][MOST_ROLES], fleet_fails[2]; /* inside, outside */
    Share stranger_fails;
    float kinds[MOST_ROLES][KINDS], fleet_kinds[KINDS];
    double scans, scan_windows;    /* strangers who scanned this network; of the windows it was watched */
    double failing, usual_failing; /* assets with a failed first contact in this window; usually */
    double probes;                 /* of strangers, failed; fading by half in a day */
    uint32_t probes_s, common_until_s;
} Plain;

/* A probe is tried again a few times (a SYN six times by Linux, a datagram ten times by nmap); who sends more
 * without an answer floods, and does not ask whether somebody is there. */
enum { PROBE_PACKETS = 16 };

static bool
is_failed(const Call *call, bool is_ours)
{
    uint32_t from_caller = is_ours ? call->packets_out : call->packets_in,
             from_called = is_ours ? call->packets_in : call->packets_out;
    bool is_refused = call->protocol == TCP && call->is_reset && from_called < REFUSED_PACKETS;

    return from_caller > 0 && from_caller <= PROBE_PACKETS &&
           (is_refused || (from_called == 0 && !call->is_sampled && !call->is_half_seen));
}

/* Exporters lost records of late: what was answered may look as if it was not. */
static bool
is_lossy(const Scorer *scorer)
{
    uint64_t lossy = 0;

    for (int i = 0; i < WINDOWS_OPEN; i++)
        lossy |= scorer->lossy[i];
    return lossy != 0;
}

static double
share_of(const Share *share, double prior, double trust)
{
    return ((double)share->with + trust * prior) / ((double)share->of + trust);
}

/* Does the asset stay inside? There first contacts are few, and an end that is not there is rarer than
 * outside. */
static bool
is_outside(const Call *call)
{
    return call->access != ACCESS_OWN;
}

/* Chance that the next first contact fails, if all is as before. */
static double
usual_failure(const Plain *plain, const Scorer *scorer, const Prober *prober, const Call *call, bool is_ours)
{
    const Share *fleet_share = is_ours ? &plain->fleet_fails[is_outside(call)] : &plain->stranger_fails;
    double fleet = share_of(fleet_share, usual_least, fleet_trust);

    if (!is_ours)
        return fmax(usual_least, fleet);
    const Share *in_role = &plain->fails[is_outside(call)][scorer->assets[call->asset].role];
    double role = share_of(in_role, fleet, fleet_trust);
    return fmax(usual_least,
                ((double)prober->failed + role_trust * role) / ((double)prober->of + role_trust));
}

/* What happened in a walk is learned when that is over, or long, unless somebody is being told of it: a scan
 * must not become usual as it goes on. */
static void
remember(Prober *prober)
{
    prober->failed += prober->run_failed;
    prober->of += prober->run_of;
    prober->run_failed = prober->run_of = 0;
    if ((double)prober->of < own_most)
        return;
    prober->of /= 2;
    prober->failed /= 2;
}

/* One outcome moves the walk. */
static void
step(Prober *prober, double usual, bool failed, uint32_t now_s)
{
    double after_s = fmax(0, (double)now_s - prober->walk_s);
    double ratio = failed ? scanner_fails / usual : (1 - scanner_fails) / (1 - usual);

    prober->walk = (float)fmax(0, (double)prober->walk * exp2(-after_s / half_life_s) + decibans_of(ratio));
    prober->walk_s = MAX(prober->walk_s, now_s);
    if (prober->walk > 0)
        return;
    prober->targets = 0;
    prober->fars = prober->ports = 0;
    remember(prober);
}

/* Outcomes teach: an asset its own share, and with its first of a day that of its role. */
static void
teach(Plain *plain, const Scorer *scorer, Prober *prober, const Call *call, bool is_ours, bool failed)
{
    uint32_t day = seconds_of(call->end_ms) / 86400;

    if (!is_ours) {
        share_teach(&plain->stranger_fails, failed);
        return;
    }
    prober->run_of += 1;
    prober->run_failed += failed;
    if ((double)prober->run_of >= run_most && !case_is_alerted(scorer, &watch_scan, call->asset, NULL))
        remember(prober);
    if (prober->day == day)
        return;
    prober->day = day;
    share_teach(&plain->fails[is_outside(call)][scorer->assets[call->asset].role], failed);
    share_teach(&plain->fleet_fails[is_outside(call)], failed);
}

/* How many set so many of 64 bits (linear counting; Whang et al., ACM TODS 1990). */
static double
count_of(uint64_t bits)
{
    int zero = 64 - __builtin_popcountll(bits);

    return -64 * log(fmax(0.5, zero) / 64);
}

/* Many hosts, many ports of few, both; from one source port or several; inside or outside. */
static uint32_t
kind_of(const Prober *prober, const Call *call)
{
    double fars = count_of(prober->fars), ports = count_of(prober->ports);
    uint32_t shape = fars > 2 * ports ? 0 : ports > 2 * fars ? 1 : 2;

    return (shape * 2 + (prober->caller_port != 0)) * 2 + (call->access == ACCESS_OWN);
}

static void
tell(const Scorer *scorer, WatchState *state, const Prober *prober, const Call *call, bool is_ours,
     double usual)
{
    const Episode *episode = &prober->episode;
    double decibans = episode_decibans(episode, scorer, rate_days(scorer, prober->asset));
    Opinion opinion = { .watch = &watch_scan,
                        .asset = prober->asset,
                        .far = is_ours ? NULL : &call->far,
                        .p = episode_p(episode),
                        .decibans = decibans,
                        .numbers = { (double)prober->targets, (double)episode->before, count_of(prober->fars),
                                     count_of(prober->ports), usual, prober->caller_port },
                        .call = call->asset == prober->asset ? call : NULL,
                        .at_ms = call->end_ms };

    if (decibans >= worth_telling)
        watch_says(state, &opinion);
}

/* Does a herd speak for this stranger? */
static bool
is_of_herd(const Scorer *scorer, const WatchState *state, const Call *call)
{
    const Herd *herd =
        watch_find(state, HERDS, &watch_scan, watch_key(scorer, call->far_port, call->protocol, 0, NULL));

    return herd != NULL && !episode_is_over(&herd->episode, call->end_ms, quiet_days);
}

/*
 * Strangers scan networks, not assets: which of ours one meets first, and which do not answer him, says
 * nothing of that asset. So the next stranger is expected as often as this network has had them, with two a
 * day before any was seen (whatever the Internet reaches is tried on many ports by those who survey it, each
 * few days), and how far he goes is held against how far others went.
 */
static CountModel
strangers_model(const Plain *plain, const Scorer *scorer)
{
    CountModel model = { .shape = network_shape + plain->scans };

    model.mean = model.shape / (network_days * scorer->windows_per_day + plain->scan_windows);
    return model;
}

static void
begin_stranger(const Scorer *scorer, Plain *plain, Prober *prober, bool is_alerted, int64_t at_ms)
{
    CountModel model = strangers_model(plain, scorer);

    episode_begin_under(&prober->episode, &plain->strangers, scorer, prober->asset, &model, is_alerted,
                        at_ms);
    plain->scans += !is_alerted;
}

static void
begin_ours(const Scorer *scorer, Plain *plain, Prober *prober, const Call *call, bool is_alerted)
{
    uint32_t role = scorer->assets[prober->asset].role, kind = kind_of(prober, call);
    double p, e = kind_e(plain->kinds[role], plain->fleet_kinds, KINDS, kind, &p);

    episode_begin(&prober->episode, &plain->ours, scorer, prober->asset, 1, is_alerted, call->end_ms);
    episode_weigh(&prober->episode, e, p);
    if (!is_alerted)
        kind_teach(plain->kinds[role], plain->fleet_kinds, KINDS, kind);
}

/* The walk is beyond its bound: an event, and each further failure another one. */
static void
judge(const Scorer *scorer, WatchState *state, Prober *prober, const Call *call, bool is_ours, double usual)
{
    Plain *plain = state->plain;
    uint32_t asset = prober->asset;
    bool is_alerted = case_is_alerted(scorer, &watch_scan, asset, is_ours ? NULL : &call->far);

    if (!episode_is_over(&prober->episode, call->end_ms, quiet_days))
        episode_go_on(&prober->episode, is_ours ? &plain->ours : &plain->strangers, scorer, asset, is_alerted,
                      call->end_ms);
    else if (is_ours)
        begin_ours(scorer, plain, prober, call, is_alerted);
    else
        begin_stranger(scorer, plain, prober, is_alerted, call->end_ms);
    if (is_ours || !is_of_herd(scorer, state, call))
        tell(scorer, state, prober, call, is_ours, usual);
}

static void
note_target(const Scorer *scorer, Prober *prober, const Call *call, bool is_ours)
{
    const IpAddress *target = is_ours ? &call->far : &scorer->assets[call->asset].address;
    uint16_t caller_port = is_ours ? call->asset_port : call->far_port;
    uint16_t port = is_ours ? call->far_port : call->asset_port;

    if (prober->targets <= 0) {
        prober->caller_port = caller_port;
        prober->asset = call->asset;
    }
    if (prober->caller_port != caller_port)
        prober->caller_port = 0;
    prober->targets += 1;
    prober->fars |= 1ull << (scorer_address_hash(scorer, target) >> 40 & 63);
    prober->ports |= 1ull << (keyed_mix(port, 0, scorer->conf.hash_seed) >> 40 & 63);
}

/* ---- herds ---- */

/* Among so many probes, how many sources would chance bring to this port? What it had before counts. */
static CountModel
herd_model(const Plain *plain, const Herd *herd)
{
    double usual = (double)herd->usual / 30;
    CountModel model = { .shape = 1 + usual, .mean = plain->probes / EPHEMERAL_PORTS + usual };

    return model;
}

static void
fade(double *count, uint32_t *last_s, uint32_t now_s, double half_life)
{
    *count *= exp2(-fmax(0, (double)now_s - *last_s) / half_life);
    *last_s = MAX(*last_s, now_s);
}

static void
add_to_herd(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    bool is_new;
    uint32_t now_s = seconds_of(call->end_ms);
    Herd *herd = watch_item(state, HERDS, &watch_scan,
                            watch_key(scorer, call->far_port, call->protocol, 0, NULL), 1, &is_new);

    fade(&plain->probes, &plain->probes_s, now_s, herd_half_life_s);
    plain->probes += 1;
    if (!watch_add(state, TRIED, watch_key(scorer, call->far_port, call->protocol, 3, &call->far), 1))
        return;
    double sources = (double)herd->sources, after_s = fmax(0, (double)now_s - herd->last_s);
    fade(&sources, &herd->last_s, now_s, herd_half_life_s);
    herd->usual = (float)((double)herd->usual * exp2(-after_s / (30 * herd_half_life_s)) + 1);
    herd->sources = (float)sources + 1;
    if (sources < 0.5 && herd->episode.step == 0)
        herd->asset = call->asset;
    CountModel model = herd_model(plain, herd);
    if ((double)herd->sources < HERD_LEAST ||
        count_mid_p(&model, (uint32_t)herd->sources) * EPHEMERAL_PORTS > herd_chance)
        return;
    herd->asset = MIN(herd->asset, scorer->n_assets - 1);
    const Case *one = case_find(scorer, &watch_scan, herd->asset, NULL, call->far_port, call->protocol);
    bool is_alerted = one != NULL && one->alerted_until_ms > scorer->moment.now_ms;
    if (episode_is_over(&herd->episode, call->end_ms, quiet_days)) {
        herd->asset = call->asset;
        episode_begin(&herd->episode, &plain->herds, scorer, herd->asset, 1, is_alerted, call->end_ms);
    } else {
        episode_go_on(&herd->episode, &plain->herds, scorer, herd->asset, is_alerted, call->end_ms);
    }
    Opinion opinion = { .watch = &watch_scan,
                        .asset = herd->asset,
                        .service = call->far_port,
                        .protocol = call->protocol,
                        .is_service = true,
                        .p = episode_p(&herd->episode),
                        .decibans = episode_decibans(&herd->episode, scorer, rate_days(scorer, herd->asset)),
                        .numbers = { (double)herd->sources, (double)herd->episode.before, model.mean },
                        .call = call->asset == herd->asset ? call : NULL,
                        .at_ms = call->end_ms };
    watch_says(state, &opinion);
}

/* ---- */

/* Do many assets fail at the same time? Then, and for some hours, nothing is made of it. */
static bool
is_common(Plain *plain, const Scorer *scorer, Prober *prober, const Call *call, bool is_failure)
{
    uint32_t window = (uint32_t)scorer->grid.first + 1, now_s = seconds_of(call->end_ms);

    if (is_failure && prober->window != window) {
        prober->window = window;
        plain->failing += 1;
    }
    if (plain->failing > common_times * plain->usual_failing + common_least)
        plain->common_until_s = now_s + common_s;
    return plain->common_until_s > now_s;
}

static uint64_t
try_key(const Scorer *scorer, const Call *call, bool is_ours)
{
    uint32_t port = is_ours ? call->far_port : call->asset_port;

    return watch_key(scorer, call->asset, (uint32_t)call->protocol << 16 | port, 1u + is_ours, &call->far);
}

/* Has this very contact failed before? */
static bool
is_tried(const Scorer *scorer, WatchState *state, const Call *call, bool is_ours)
{
    return !watch_add(state, TRIED, try_key(scorer, call, is_ours), 1);
}

static uint64_t
prober_key(const Scorer *scorer, const Call *call, bool is_ours)
{
    return is_ours ? watch_key(scorer, call->asset, 1, is_outside(call), NULL)
                   : watch_key(scorer, 0, 2, 0, &call->far);
}

/* False: it tells nothing of who probes. */
static bool
is_of_interest(const Call *call, bool is_ours, bool failed)
{
    if (call->initiator == INITIATOR_UNKNOWN || (call->protocol != TCP && call->protocol != UDP))
        return false;
    if (!is_ours && call->far_asset != NONE) /* the caller's view tells of it */
        return false;
    if (failed) /* an end that used to answer has failed itself, or nobody told of its answer */
        return !call->is_known_service;
    return call->is_new_pair && call->is_answered;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    bool is_ours = call->initiator == INITIATOR_ASSET, failed = is_failed(call, is_ours);

    (void)state;
    if (!is_of_interest(call, is_ours, failed))
        return;
    want(list, PROBERS, prober_key(scorer, call, is_ours));
    if (failed)
        want(list, TRIED, try_key(scorer, call, is_ours));
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    bool is_ours = call->initiator == INITIATOR_ASSET, failed = is_failed(call, is_ours);

    if (!is_of_interest(call, is_ours, failed))
        return;
    if (failed && (is_lossy(scorer) || is_tried(scorer, state, call, is_ours)))
        return;
    uint64_t key = prober_key(scorer, call, is_ours);
    Prober *prober = failed || is_ours ? watch_item(state, PROBERS, &watch_scan, key, is_ours ? 3 : 0, NULL)
                                       : watch_find(state, PROBERS, &watch_scan, key);
    if (prober == NULL) {
        share_teach(&plain->stranger_fails, false);
        return;
    }
    double usual = usual_failure(plain, scorer, prober, call, is_ours);
    bool is_bet = usual < usual_most && !is_common(plain, scorer, prober, call, is_ours && failed);
    teach(plain, scorer, prober, call, is_ours, failed);
    if (failed && !is_ours)
        add_to_herd(scorer, state, call);
    if (failed && is_bet)
        note_target(scorer, prober, call, is_ours);
    if (is_bet)
        step(prober, usual, failed, seconds_of(call->end_ms));
    if (failed && is_bet && (double)prober->walk >= bound_decibans &&
        (double)prober->targets >= TARGETS_LEAST && prober->asset < scorer->n_assets &&
        rate_days(scorer, prober->asset) >= 1)
        judge(scorer, state, prober, call, is_ours, usual);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    episode_window(&plain->ours, scorer);
    episode_window(&plain->herds, scorer);
    plain->usual_failing += (plain->failing - plain->usual_failing) / scorer->windows_per_day;
    plain->failing = 0;
    double keep = exp2(-1 / (network_half_life_days * scorer->windows_per_day));
    plain->scans *= keep;
    plain->scan_windows = plain->scan_windows * keep + 1;
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], from[60] = "";
    const float *numbers = one->numbers;

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    if (one->is_service) {
        g_snprintf(
            out, room,
            "%.0f strangers probe with the same source port %u, %s among others, and are not answered; "
            "chance would bring %.2g to one port in a day; that port had %.0f such herds before",
            (double)numbers[0], one->service, name, (double)numbers[2], (double)numbers[1]);
        return;
    }
    if (numbers[5] > 0)
        g_snprintf(from, sizeof from, ", all from source port %.0f", (double)numbers[5]);
    if (!ip_is_zero(&one->far))
        g_strlcpy(name, ip_text(&one->far, far), sizeof name);
    g_snprintf(out, room,
               "%s tried %.0f first contacts that were not answered or refused: about %.0f hosts and %.0f "
               "ports%s; of such contacts %.0f %% usually fail; it was a scanner %.0f times before",
               name, (double)numbers[0], fmax(1, (double)numbers[2]), fmax(1, (double)numbers[3]), from,
               100 * (double)numbers[4], (double)numbers[1]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    g_strlcpy(out, one->is_service ? "source ports that differ" : "answers from four of five that it tried",
              room);
}

const Watch watch_scan = { .name = "scan",
                           .memory_days = 3,
                           .plain = sizeof(Plain),
                           .tables = { { .item = sizeof(Prober), .most = 1 << 16 },
                                       { .most = 4, .is_per_pair = true },
                                       { .item = sizeof(Herd), .most = 1 << 14 } },
                           .wants = wants,
                           .ended = ended,
                           .window = window,
                           .explain = explain,
                           .instead = instead };
