/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-flood.c - a volumetric attack, on an asset or by one
 *
 * Two things are asked.
 *
 * The rate: more in volume (octets, packets) and in breadth (conversations, far ends never met) at once, each
 * against the asset's own season (pace.h); the geometric mean of both residuals is ranked among those of all
 * assets of the role. That a flood shows in several channels at once, and that their residuals are combined
 * before the test, is from Tartakovsky, Rozovskii, Blazek and Kim, "A novel approach to detection of
 * intrusions in computer networks via adaptive sequential and batch-sequential change-point detection
 * methods", IEEE Trans. Signal Processing 2006. Null hypothesis: the asset is as loud as its hour, what went
 * just before and its whole role make it. Each window is a test of its own and the best one counts, since the
 * windows of one flood hang together; the budget's threshold counts the windows.
 *
 * The answers: busy assets are loud because they are talked with, and a flood is not answered: neither side
 * of a backup, a roll-out or a flash crowd is silent, while a victim has nothing to say to most of what
 * comes, and what a bot sends reaches nobody who wants it (Gil and Poletto, "MULTOPS: a data-structure for
 * bandwidth attack detection", USENIX Security 2001; Mirkovic, Prier and Reiher, "Attacking DDoS at the
 * source", ICNP 2002, compare both directions likewise). So in a window that is loud at all, the octets and
 * the conversations that nobody answered are counted, and the geometric mean of their logarithms is the size
 * of what was wasted: a scan is many conversations and no octets, a one-way feed much in one conversation. It
 * is ranked among those of all windows whose rate was odd, which is fair given that this one's is, so both
 * e-values multiply. The largest of a day is also held against the asset's own days and its role's (daily.h),
 * one test a day, for victims that are busy anyway; half of the stake goes there. Where packets are sampled,
 * an answer may be there and not be seen; how many such there are is told by those that are (unseen_answers).
 * Conversations half of which an exporter did not see do not count.
 *
 * A backup is loud in volume but meets
 * nobody; what comes from one source alone is left to volume_in. A flash crowd is loud in both, and is told
 * from an attack by the words alone: amplifying source ports, SYN without answers, size of packets. What is
 * sent to monitored addresses that never answer is not seen here, for they are no assets.
 */
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/pace.h"
#include "scoring/watch-volume.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HOTS = 1024, HOT_PORTS = 4, AMPLIFIED = 1 << 24 };
static const double odd_p = 1e-3, hot_factor = 4, hot_least = 20000;
static const double wasted_unit = 1e6; /* octets within a window that would trouble nobody */
static const double odd_days = 30;     /* half-life */

/* What goes to or comes from an asset that is louder than usual in this window; by direction, 0 is in. */
typedef struct Hot {
    uint32_t asset; /* + 1; 0: nobody */
    int64_t window;
    float hold; /* packets of its own, less those of others who hash here */
    float packets[2], amplified[2], unanswered[2];
    float wasted[2];   /* octets that were not answered; less than 0: not even as many as chance would have */
    float n_wasted[2]; /* their conversations, likewise */
    struct {
        uint32_t key; /* protocol and port, or AMPLIFIED and the source port */
        float packets;
    } ports[2][HOT_PORTS];
    Call largest[2];
} Hot;
typedef struct Plain {
    PacePools pools;
    Hot hot[HOTS];
    DailyPools wasted[2];
    ResidualSketch wasted_when_odd[2]; /* sizes, of windows whose rate was odd */
} Plain;
/* What is kept of an asset. */
typedef struct FloodPast {
    Pace pace;
    Daily wasted[2];
    uint16_t days;
    uint8_t alerted; /* today */
} FloodPast;

/* UDP services that answer with much more than they were asked for (US-CERT alert TA14-017A). */
static bool
is_amplifier(uint8_t protocol, uint16_t port)
{
    static const uint16_t ports[] = { 17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 11211 };

    for (size_t i = 0; protocol == 17 && i < G_N_ELEMENTS(ports); i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* Is the asset louder than it uses to be, in the window in which the call began? */
static bool
is_hot(const Scorer *scorer, const Call *call)
{
    return call->window_octets > hot_least &&
           call->window_octets > hot_factor * (double)scorer->assets[call->asset].octets_rate;
}

static uint32_t
hot_slot(uint32_t asset, int64_t number)
{
    return (uint32_t)(keyed_mix(asset, (uint64_t)number, 1) % HOTS);
}

/* Of two that hash to one place while their windows are open, the one with more packets holds it: a vote
 * (Boyer and Moore, "MJRTY - a fast majority vote algorithm", 1991), so that a trickle does not take a
 * flood's place. False: the place is another's. */
static bool
hold(Hot *hot, uint32_t asset, int64_t number, float packets)
{
    if (hot->asset != asset + 1 || hot->window != number) {
        if (hot->asset != 0 && hot->window > number - WINDOWS_OPEN && hot->hold >= packets) {
            hot->hold -= packets;
            return false;
        }
        *hot = (Hot){ .asset = asset + 1, .window = number };
    }
    hot->hold += packets;
    return true;
}

/* The table forgets the smallest (space saving; Metwally, Agrawal and El Abbadi, 2005). */
static void
add_port(Hot *hot, int way, uint32_t key, float packets)
{
    int least = 0, at = 0;

    while (at < HOT_PORTS && hot->ports[way][at].key != key) {
        if (hot->ports[way][at].packets < hot->ports[way][least].packets)
            least = at;
        at++;
    }
    if (at == HOT_PORTS)
        at = least;
    hot->ports[way][at].key = key;
    hot->ports[way][at].packets += packets;
}

/*
 * Of conversations with @seen packets one way that are answered, and as TCP does by one packet for two at
 * least (RFC 1122, 4.2.3.2), a share of exp(-@seen / 2) has no answer among the sampled packets. So for each
 * that was seen to be answered there are 1 / (exp(@seen / 2) - 1) that only seem not to be.
 */
static double
unseen_answers(double seen)
{
    return 1 / expm1(fmax(1, seen) / 2);
}

/* What had no answer, as far as that can be known. */
static void
note_wasted(Hot *hot, const Call *call, double sampling)
{
    const double octets[] = { call->octets_in, call->octets_out };
    const uint32_t packets[] = { call->packets_in, call->packets_out };

    for (int way = 0; way < 2; way++) {
        double share = 1;
        if (packets[way] == 0 || (call->is_answered && sampling <= 1))
            continue;
        if (call->is_answered)
            share = -unseen_answers(packets[way] / sampling);
        hot->wasted[way] += (float)(share * octets[way]);
        hot->n_wasted[way] += (float)share;
    }
}

/* Most of it comes in (0), or goes out. */
static int
way_of(const Call *call)
{
    return call->packets_in >= call->packets_out ? 0 : 1;
}

static void
note_hot(Plain *plain, const Call *call, int64_t number)
{
    Hot *hot = &plain->hot[hot_slot(call->asset, number)];
    int way = way_of(call);
    float packets = (float)(way == 0 ? call->packets_in : call->packets_out);
    uint16_t from = way == 0 ? call->far_port : call->asset_port,
             to = way == 0 ? call->asset_port : call->far_port;
    bool amplified = is_amplifier(call->protocol, from);

    if (!hold(hot, call->asset, number, packets))
        return;
    hot->packets[way] += packets;
    hot->amplified[way] += amplified ? packets : 0;
    hot->unanswered[way] += call->is_answered ? 0 : packets;
    if (!call->is_half_seen)
        note_wasted(hot, call, (double)call->sampling);
    add_port(hot, way, amplified ? AMPLIFIED | from : (uint32_t)call->protocol << 16 | to, packets);
    const Call *largest = &hot->largest[way];
    if (call->octets_in + call->octets_out > largest->octets_in + largest->octets_out)
        hot->largest[way] = *call;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    const FloodPast *past = watch_of_asset(state, &watch_flood, call->asset);
    const Plain *plain = state->plain;

    (void)list;
    if (call->is_new_pair)
        __builtin_prefetch(&past->pace.new_in, 1);
    if (!is_hot(scorer, call))
        return;
    const Hot *hot = &plain->hot[hot_slot(call->asset, window_number(&scorer->grid, call->begin_ms))];
    __builtin_prefetch(hot, 1);
    __builtin_prefetch(hot->ports[0], 1);
    __builtin_prefetch(hot->ports[1], 1);
    __builtin_prefetch(&hot->largest[way_of(call)].octets_out);
}

static void
began(const Scorer *scorer, WatchState *state, const Call *call)
{
    if (call->is_new_pair && call->access != ACCESS_OWN) {
        FloodPast *past = watch_of_asset(state, &watch_flood, call->asset);
        /* Reflected packets look like answers: without an answer whoever sends counts as the caller. Of a
         * sampled conversation the answer alone may have been seen. */
        bool is_judged = call->is_answered || (call->is_sampled && call->packets_in == 0);
        bool is_in = is_judged ? call->initiator == INITIATOR_FAR : call->packets_in > 0;
        *(is_in ? &past->pace.new_in : &past->pace.new_out) += 1;
    }
    if (is_hot(scorer, call))
        note_hot(state->plain, call, window_number(&scorer->grid, call->begin_ms));
}

static void
asset(Scorer *scorer, WatchState *state, uint32_t index, const WindowSums *sums, int64_t number)
{
    FloodPast *past = watch_of_asset(state, &watch_flood, index);
    Plain *plain = state->plain;

    pace_measure(&plain->pools, scorer, &past->pace, index, sums, number);
}

/* What most of it was, as a number that a float keeps: share in 32nds, kind, port. */
static double
pack_kind(const Hot *hot, int way)
{
    uint32_t key = 0;
    float most = 0;

    if (hot == NULL)
        return 0;
    for (int i = 0; i < HOT_PORTS; i++)
        if (hot->ports[way][i].packets > most) {
            most = hot->ports[way][i].packets;
            key = hot->ports[way][i].key;
        }
    double all = fmax(1, (double)hot->packets[way]);
    uint32_t share = (uint32_t)fmin(31, 32 * (double)most / all);
    bool unanswered = (double)hot->unanswered[way] > 0.8 * all;
    uint32_t protocol = key >> 16 & 0xff;
    uint32_t kind = (key & AMPLIFIED) != 0 ? 1 : protocol == 6 ? 2 : protocol == 17 ? 3 : 0;
    return share << 19 | (uint32_t)unanswered << 18 | kind << 16 | (key & 0xffff);
}

/* What is kept of the asset's window; NULL: it was not loud. */
static const Hot *
hot_of(const Plain *plain, uint32_t index, int64_t number)
{
    const Hot *hot = &plain->hot[hot_slot(index, number)];

    return hot->asset == index + 1 && hot->window == number ? hot : NULL;
}

/* One conversation alone is no flood. */
static bool
is_wasteful(const Hot *hot, int way)
{
    return hot != NULL && hot->n_wasted[way] >= 2 && hot->wasted[way] > 0;
}

/* The size of what was wasted in the window. */
static double
wasted_size(const Hot *hot, int way)
{
    if (!is_wasteful(hot, way))
        return 0;
    return sqrt(log1p((double)hot->wasted[way] / wasted_unit) * log((double)hot->n_wasted[way]));
}

/* Given that the rate is odd, so is @x of waste: the e-value. */
static double
ask_when_odd(Plain *plain, int way, double x, bool teaches)
{
    ResidualSketch *sizes = &plain->wasted_when_odd[way];
    double e = e_hedged(sketch_amount_p(sizes, sizes, x));

    if (teaches)
        sketch_count(sizes, x);
    return e;
}

/* How odd @x of waste is for a day; e is nil when it was asked already. */
static DailyOdds
ask_for_day(const Scorer *scorer, Plain *plain, FloodPast *past, uint32_t index, int way, double x)
{
    Daily *daily = &past->wasted[way];
    double over = fmax(0, x - (double)daily->most);

    if (x <= (double)daily->today)
        return (DailyOdds){ .p = 1, .e = 0 };
    daily->today = (float)x;
    daily->over = (float)over;
    DailyAsk ask = { .asset = &scorer->assets[index], .days = past->days, .x = x, .over = over };
    return daily_odds(&plain->wasted[way], daily, &ask);
}

static void
take_flood(Scorer *scorer, Plain *plain, FloodPast *past, uint32_t index, int way, double trust)
{
    const Pace *pace = &past->pace;
    const Hot *hot = hot_of(plain, index, pace->window);
    double p = pace_p(&plain->pools, scorer, pace, index, PACE_FLOOD_IN + way);
    bool has_waste = is_wasteful(hot, way);
    double x = wasted_size(hot, way), when_odd = 1;
    DailyOdds wasted = ask_for_day(scorer, plain, past, index, way, x);
    int octets = way == 0 ? PACE_OCTETS_IN : PACE_OCTETS_OUT;
    int packets = way == 0 ? PACE_PACKETS_IN : PACE_PACKETS_OUT;
    int fresh = way == 0 ? PACE_NEW_IN : PACE_NEW_OUT;

    pvalues_note(scorer->pvalues, watch_flood.name, index, p, 0);
    if (wasted.e > 0) /* either way */
        pvalues_note(scorer->pvalues, watch_flood.name, index, wasted.p, 2);
    if (p > odd_p && wasted.p > odd_p)
        return;
    if (p <= odd_p)
        when_odd = ask_when_odd(plain, way, x, past->alerted == 0);
    double e = (e_of_p(p) * when_odd + wasted.e * e_of_decibans(daily_bonus(scorer))) / 2;
    Opinion opinion = {
        .watch = &watch_flood,
        .asset = index,
        .is_service = true,
        .is_noted = true,
        .protocol = VOLUME_ALONE, /* alone: volumes look at the same octets, and would count them twice */
        .p = p <= odd_p ? p : wasted.p,
        .decibans = decibans_of(trust * e + 1 - trust),
        .at_ms = (pace->window + 1) * scorer->grid.length_ms - 1,
        .numbers = { way, (double)pace->value[octets], (double)pace->value[packets],
                     (double)pace->value[fresh], pace_usual(scorer, pace, octets), pack_kind(hot, way),
                     has_waste ? (double)hot->n_wasted[way] : 0, has_waste ? (double)hot->wasted[way] : 0 },
        .call = hot != NULL && hot->largest[way].asset == index && hot->packets[way] > 0 ? &hot->largest[way]
                                                                                         : NULL
    };

    case_take(scorer, &opinion);
}

static void
end_day(Plain *plain, const Scorer *scorer, FloodPast *past, uint32_t index)
{
    for (int way = 0; way < 2; way++)
        daily_end(&plain->wasted[way], &past->wasted[way], scorer->assets[index].role, past->days,
                  past->alerted != 0);
    past->alerted = 0;
    if (past->days < UINT16_MAX)
        past->days++;
}

static void
judge(Scorer *scorer, Plain *plain, FloodPast *past, uint32_t index, int64_t number)
{
    Pace *pace = &past->pace;
    bool is_held = (scorer->assets[index].exporters & scorer->untaught) != 0;

    if (pace_judge(&plain->pools, scorer, pace, index)) {
        double days = pace->gauges[0].windows / scorer->windows_per_day;
        double trust = fmin(1, days / fmax(1, scorer->conf.learn_days));
        for (int way = 0; way < 2; way++)
            take_flood(scorer, plain, past, index, way, trust);
        if (!is_held)
            volume_judge(scorer, &plain->pools, pace, index, trust);
    }
    if (!is_held && number > scorer->assets[index].born_window)
        pace_teach(&plain->pools, scorer, pace, index, number, volume_alerted(scorer, pace, index));
    past->alerted |= volume_is_alerted(scorer, &watch_flood, index);
    if (daily_ends(scorer, number))
        end_day(plain, scorer, past, index);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    pace_share_out(&plain->pools, scorer);
    for (uint32_t i = 0; i < scorer->n_assets; i++) {
        FloodPast *past = watch_of_asset(state, &watch_flood, i);
        if (past->pace.window == number)
            judge(scorer, plain, past, i, number);
    }
    pace_begin(&plain->pools, scorer);
    for (int way = 0; way < 2 && daily_ends(scorer, number); way++) {
        daily_fade(&plain->wasted[way], scorer->n_roles);
        sketch_fade(&plain->wasted_when_odd[way], exp2(-1 / odd_days));
    }
}

static void
kind_words(uint32_t packed, int way, char *out, size_t room)
{
    static const char *const kinds[] = { "of other protocols, number", "from UDP source port", "to port tcp/",
                                         "to port udp/" };
    uint32_t kind = packed >> 16 & 3;

    out[0] = '\0';
    if (packed == 0)
        return;
    g_snprintf(out, room, "; %.0f %% of the packets %s%s%u%s%s", 100.0 * ((packed >> 19) + 1) / 32,
               kinds[kind], kind < 2 ? " " : "", packed & 0xffff, kind == 1 ? " (amplification)" : "",
               (packed >> 18 & 1) != 0
                   ? (kind == 2 && way == 0 ? ", without an answer (SYN)" : ", without an answer")
                   : "");
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], octets[32], usual[32], kind[120], wasted[32];
    int way = one->numbers[0] > 0;
    double packets = fmax(1, (double)one->numbers[2]);

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    detector_octets_words((double)one->numbers[1], octets);
    detector_octets_words((double)one->numbers[4], usual);
    detector_octets_words((double)one->numbers[7], wasted);
    kind_words((uint32_t)one->numbers[5], way, kind, sizeof kind);
    g_snprintf(
        out, room,
        "%s %s %s in %.0f packets of %.0f octets within %u s, where %s is usual at this hour; with %.0f "
        "far ends never met before; %.0f conversations with %s in them had no answer%s",
        name, way == 0 ? "received" : "sent", octets, packets, (double)one->numbers[1] / packets,
        scorer->conf.window_s, usual, (double)one->numbers[3], (double)one->numbers[6], wasted, kind);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char usual[32];

    (void)scorer;
    detector_octets_words((double)one->numbers[4], usual);
    g_snprintf(out, room, "about %s in the window from far ends that are known", usual);
}

const Watch watch_flood = { .name = "flood",
                            .memory_days = 1,
                            .plain = sizeof(Plain),
                            .per_asset = sizeof(FloodPast),
                            .wants = wants,
                            .began = began,
                            .asset = asset,
                            .window = window,
                            .explain = explain,
                            .instead = instead };
