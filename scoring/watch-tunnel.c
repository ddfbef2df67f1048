/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-tunnel.c - one conversation that an asset opened goes on for hours and says next to nothing
 *
 * A reverse proxy (FRP, Earthworm, ssh -R) holds one connection from inside to a server of the intruder's, so
 * that he can come in by it whenever he likes. In flows that is a stitched conversation of hours, opened by
 * the asset, with a keep-alive now and then (FRP's multiplexer: every 30 s) and little else. Push services,
 * chat clients and VPNs look the same. So it is a habit (habit.h): how often does this asset, or its role,
 * take up one with a network it had none with, and who else has one there? (Where it had one to another host
 * at the same port, the host has moved, mostly; that is counted apart.) Two further questions are asked of
 * the conversation itself, each against the role's other quiet long conversations: what share of them lasted
 * as long (a p-value that only falls as it goes on, so looking at every doubling costs nothing), and what
 * share was as even from hour to hour, asked once, after five hours, for an idle keep-alive is evener than a
 * client that somebody uses.
 *
 * Where the keep-alive is slower than the two minutes after which a conversation begins anew (call.h), one
 * that begins within an hour with the same two ports (Call.is_again) is the same connection: a client's port
 * is not drawn twice so soon (28,000 to one). Where it is not drawn but fixed by the protocol, on both sides
 * (time, IKE) or below 1024, it says nothing, and each conversation stands for itself.
 *
 * Not seen: a tunnel that is busy from the first hour on (that is for the volume), one through a proxy that
 * everybody uses, and one that is re-opened with another port more often than every two hours (that is for
 * the beacon).
 */
#include "scoring/detector.h"
#include "scoring/habit.h"

#include <math.h>
#include <stdio.h>

enum { FROM_HOURS = 2, STEADY_HOURS = 5, CHANCE_LONG = 2 };
static const double quiet_octets = 36e6; /* an hour; as in detector-quiet-long.c */
static const int64_t hour_ms = 3600000, new_ms = 7 * (int64_t)86400000;

typedef struct Line {
    int64_t begin_ms, end_ms, piece_ms; /* of the connection; of its latest piece, the beginning */
    int64_t told_ms;                    /* when it was first found long; 0: not yet */
    double before;                      /* octets of its earlier pieces */
    double octets;                      /* up to end_ms */
    float n, mean, squares;             /* octets a second of each hour */
    float rate_decibans, rate_p, own, days;
    float steady_decibans, steady_p;
    uint16_t asset_port, far_port;
    uint8_t step;
    uint8_t is_open; /* the ladder of durations knows of it */
} Line;

typedef struct Plain {
    Habits habits;
    Ladder durations, steadiness;
} Plain;

/* Did the caller draw its port, so that the same one again is the same connection? */
static bool
is_drawn(const Call *call)
{
    return call->asset_port >= 1024 && call->asset_port != call->far_port;
}

/* The connection that @call is, or is a further piece of. */
static void
follow(Line *line, const Call *call)
{
    bool is_same = line->asset_port == call->asset_port && line->far_port == call->far_port;

    if (line->piece_ms == call->begin_ms && is_same)
        return;
    if (is_same && is_drawn(call) && call->begin_ms >= line->piece_ms &&
        call->begin_ms < line->end_ms + hour_ms) {
        line->piece_ms = call->begin_ms;
        return;
    }
    Line fresh = { .begin_ms = call->begin_ms,
                   .end_ms = call->begin_ms,
                   .piece_ms = call->begin_ms,
                   .told_ms = line->told_ms,
                   .rate_decibans = line->rate_decibans,
                   .rate_p = line->rate_p,
                   .own = line->own,
                   .days = line->days,
                   .asset_port = call->asset_port,
                   .far_port = call->far_port,
                   .step = LADDER_STEPS };
    *line = fresh;
}

/* What came since it was looked at last; a mean and squares after Welford. */
static void
add_hour(Line *line, const Call *call)
{
    double octets = line->before + call->octets_out + call->octets_in;
    double seconds = (double)(call->end_ms - line->end_ms) / 1000;

    if (seconds < 600)
        return; /* no slice has come since */
    double rate = fmax(0, octets - line->octets) / seconds, off = rate - (double)line->mean;
    line->n += 1;
    line->mean += (float)(off / (double)line->n);
    line->squares += (float)(off * (rate - (double)line->mean));
    line->octets = octets;
    line->end_ms = call->end_ms;
}

static double
hours_of(const Line *line)
{
    return (double)(line->end_ms - line->begin_ms) / 3600e3;
}

static double
unevenness(const Line *line)
{
    return sqrt(fmax(0, (double)line->squares) / fmax(1, (double)line->n - 1)) /
           fmax(1e-3, (double)line->mean);
}

/* Steps of a factor of two: below 1 %, 2 %, 4 % ... */
static int
steady_step(double unevenness)
{
    return (int)fmin(LADDER_STEPS - 1, fmax(0, ceil(log2(fmax(unevenness, 1e-3) / 0.01))));
}

/* The longer the lower: 2, 4, 8 ... 256 hours. */
static int
duration_step(double hours)
{
    return LADDER_STEPS - 1 - (int)fmin(LADDER_STEPS - 1, fmax(0, log2(hours / FROM_HOURS)));
}

static void
ask_steadiness(const HabitBook *book, Plain *plain, Line *line, uint32_t asset)
{
    if (line->steady_p > 0 || line->n < STEADY_HOURS)
        return;
    int step = steady_step(unevenness(line));
    line->steady_p = (float)ladder_mid_p(&plain->steadiness, book->scorer, asset, step);
    line->steady_decibans = (float)decibans_of(e_hedged((double)line->steady_p));
    if (habit_may_teach(book, asset))
        ladder_teach(&plain->steadiness, book->scorer, asset, step);
}

/* The first time only: afterwards it is known. */
static void
ask_rate(Line *line, const HabitView *view, int64_t now_ms)
{
    if (line->told_ms > 0 && line->told_ms <= now_ms)
        return;
    line->told_ms = now_ms;
    line->rate_decibans = (float)view->rate_decibans;
    line->rate_p = (float)view->rate_p;
    line->own = (float)view->own;
    line->days = (float)view->days;
}

/* What share lasted so long, this one left out while it goes on: it must not vouch for itself. */
static double
ask_duration(const HabitBook *book, Plain *plain, Line *line, uint32_t asset)
{
    int step = duration_step(hours_of(line));

    if (!line->is_open && habit_may_teach(book, asset)) {
        ladder_teach(&plain->durations, book->scorer, asset, LADDER_STEPS - 1);
        line->is_open = true;
        line->step = LADDER_STEPS - 1;
    }
    double p = ladder_p(&plain->durations, book->scorer, asset, step);
    for (int i = (int)line->step - 1; line->is_open && i >= step; i--)
        ladder_descend(&plain->durations, book->scorer, asset, i);
    line->step = (uint8_t)MIN(line->step, step);
    return p;
}

/* Did the asset hold a line to another host at this port before? Then the host has moved, mostly. */
static bool
has_moved(const HabitBook *book, const Call *call)
{
    uint32_t far = (uint32_t)scorer_address_hash(book->scorer, &call->far) | 1;
    uint64_t key = watch_key(book->scorer, call->asset, call->service, call->protocol, NULL);
    uint32_t *first = watch_item(book->state, 2, &watch_tunnel, key, CHANCE_LONG, NULL);

    if (*first == 0)
        *first = far;
    return *first != far;
}

static void
judge(HabitBook *book, Line *line, const Call *call)
{
    const Scorer *scorer = book->scorer;
    Plain *plain = book->state->plain;

    book->variant = has_moved(book, call);
    HabitView view = habit_look(book, call, line->begin_ms);

    ask_rate(line, &view, scorer->moment.now_ms);
    bool is_new = scorer->moment.now_ms - line->told_ms < new_ms;
    ask_steadiness(book, plain, line, call->asset);
    double p = ask_duration(book, plain, line, call->asset);
    double rate = is_new ? (double)line->rate_decibans : 0;
    double decibans = rate + view.crowd.decibans + (double)line->steady_decibans + decibans_of(e_hedged(p));
    Opinion opinion = { .watch = &watch_tunnel,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = fmin(1, 3 * fmin(fmin(is_new ? (double)line->rate_p : 1, p), view.crowd.p)),
                        .decibans = decibans,
                        .overlap = rate,
                        .numbers = { hours_of(line), line->octets / fmax(1, hours_of(line)) / 1000,
                                     view.others_as, view.others_block, (double)line->own, p },
                        .call = call };

    watch_says(book->state, &opinion);
    if (!case_is_alerted(scorer, &watch_tunnel, call->asset, &call->far))
        habit_keep(book, call, &view);
}

static void
look(const Scorer *scorer, WatchState *state, const Call *call, bool has_ended)
{
    HabitBook book = { scorer, state, &watch_tunnel, 1, &((Plain *)state->plain)->habits, 0, 0 };
    uint64_t key = watch_key(scorer, call->asset, call->service, call->protocol, &call->far);
    Line *line = watch_item(state, 0, &watch_tunnel, key, CHANCE_LONG, NULL);

    follow(line, call);
    add_hour(line, call);
    line->before += has_ended ? call->octets_out + call->octets_in : 0;
    double hours = hours_of(line);
    if (!(hours >= FROM_HOURS * 0.95) || line->octets > quiet_octets * hours)
        return;
    /* At every doubling, and when the sixth hour tells how even it is. */
    if (duration_step(hours) < line->step || (line->steady_p <= 0 && line->n >= STEADY_HOURS))
        judge(&book, line, call);
}

static void
lasts(const Scorer *scorer, WatchState *state, const Call *call)
{
    look(scorer, state, call, false);
}

/* A slow keep-alive comes as one short conversation after the other. */
static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    bool is_piece = call->is_again && is_drawn(call);

    if (call->end_ms - call->begin_ms >= hour_ms || is_piece)
        look(scorer, state, call, true);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    habit_window(&plain->habits, scorer);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    uint32_t asn = place_table_find(scorer->places, &one->far)->asn;
    char name[80], far[IP_TEXT], crowd[120], share[16];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    habit_crowd_words(asn, (double)one->numbers[2], (double)one->numbers[3], crowd, sizeof crowd);
    detector_share_words((double)one->numbers[5], share);
    g_snprintf(out, room,
               "%s has held one quiet conversation with %s port %u for %.0f hours, %.1f kB an hour; %s of "
               "its role's quiet ones last so long, it had begun %.0f with new networks before, and %s",
               name, far, one->service, (double)one->numbers[0], (double)one->numbers[1], share,
               (double)one->numbers[4], crowd);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "other assets that hold such conversations with the same network", room);
}

const Watch watch_tunnel = { .name = "tunnel",
                             .needs = CALL_MAYBE_OUT | CALL_STRANGER | CALL_ANSWERED,
                             .memory_days = 7,
                             .plain = sizeof(Plain),
                             .tables = { { .item = sizeof(Line), .most = 32, .is_per_pair = true },
                                         { .item = sizeof(HabitItem), .most = 16, .is_per_pair = true },
                                         { .item = sizeof(uint32_t), .most = 64, .is_per_pair = true } },
                             .lasts = lasts,
                             .ended = ended,
                             .window = window,
                             .explain = explain,
                             .instead = instead };
