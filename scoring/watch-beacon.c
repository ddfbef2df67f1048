/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-beacon.c - an asset calls a far end by the clock, and no other does
 *
 * Implants ask for orders every so often: every half minute, every hour with jitter, twice a day for years.
 * Much else calls by the clock: updates, time, push services, telemetry, polls. So a rhythm is a habit
 * (habit.h), and what is odd is one that an asset takes up with a network that few others have one with;
 * there is no list of harmless services.
 *
 * For each pair that an asset called more than once, the latest 32 starts are kept (rhythm.h says whether
 * they are a clock's), and asked again after every few further ones, so that a beacon of one call a day is
 * known after eight days, whatever the hours between. A pair counts as regular where chance would make it so
 * once in a million times; that alone says nothing yet. Then: how often do the asset and its role take up a
 * new one; who else has one there; and, averaged as they hang together, what share of the role's regular
 * pairs have talks of so even a size, and what share have kept it up for so many beats.
 *
 * Services move to other addresses. A new rhythm at the port and the pace of one that the asset had with
 * another host is counted apart from those at a pace of their own, so each has its own rarity.
 *
 * At most so many pairs are looked at in a window (a few milliseconds); what is due beyond waits for its next
 * start. A conversation with the ports of one shortly before (Call.is_again) is no start: a connection's slow
 * keep-alive is the tunnel's. Not seen: beats closer together than ten seconds, jitter of the whole period,
 * beats hidden among other calls to the same service of the same host, and one connection that never ends
 * (that is a tunnel).
 */
#include "scoring/detector.h"
#include "scoring/habit.h"
#include "scoring/rhythm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS_A_WINDOW = 512, CHANCE_PAIR = 1, CHANCE_REGULAR = 8, SIZES_MOST = 64 };
static const double regular_p = 1e-6;
static const int64_t new_ms = 14 * (int64_t)86400000;

/* A pair: asset, far end, service. */
typedef struct Beat {
    int64_t first_ms;                       /* of the first start ever kept */
    uint32_t after[RHYTHM_MOST];            /* ring of starts: tenths of a second after it */
    uint32_t n, looked, due;                /* starts so far; at the latest look; when the next one is due */
    uint32_t in_rhythm;                     /* starts for which it has been regular without a break */
    float n_sizes, size_mean, size_squares; /* log2 of the octets; fading */
    int64_t found_ms;                       /* when it was first found regular; 0: never */
    float rate_decibans, rate_p, own, days; /* as they were then */
    uint8_t kept_step; /* how far down the ladder of beats it was taught; 0: not at all */
} Beat;

typedef struct Plain {
    Habits habits;
    Ladder sizes, kept;
    uint32_t looks; /* left in this window */
    uint32_t spare;
} Plain;

/* ---- a start comes ---- */

static bool
is_of_interest(const Scorer *scorer, const Call *call)
{
    bool has_called = call->initiator == INITIATOR_ASSET ||
                      (call->initiator == INITIATOR_UNKNOWN && call->far_port < call->asset_port);

    return has_called && call->access != ACCESS_OWN && call->far_asset == NONE && call->peer != NONE &&
           !call->is_again && scorer->peers[call->peer].flows > 1;
}

/* A mean and squares after Welford, the past fading so that a change of habit shows. */
static void
add_size(Beat *beat, const Call *call)
{
    double size = log2(1 + fmax(0, call->octets_out + call->octets_in));
    double off = size - (double)beat->size_mean;

    if (beat->n_sizes >= RHYTHM_LEAST) /* an order among many empty answers is large */
        off = fmin(0.5, fmax(-0.5, off));
    if (beat->n_sizes >= SIZES_MOST) {
        beat->n_sizes /= 2;
        beat->size_squares /= 2;
    }
    beat->n_sizes += 1;
    beat->size_mean += (float)(off / fmax(1, (double)beat->n_sizes));
    beat->size_squares += (float)(off * off * (1 - 1 / fmax(1, (double)beat->n_sizes)));
}

static double
size_spread(const Beat *beat)
{
    return sqrt(fmax(0, (double)beat->size_squares) / fmax(1, (double)beat->n_sizes - 1));
}

/* False: it is part of the latest burst. Conversations are told of by their ends, so starts may be late. */
static bool
add_start(Beat *beat, int64_t begin_ms)
{
    const uint32_t dead = 10 * RHYTHM_DEAD_S;
    bool is_sane = beat->first_ms > 0 && beat->first_ms < (int64_t)1 << 50;

    if (beat->n == 0 || !is_sane)
        *beat = (Beat){ .first_ms = MAX(1, begin_ms), .due = RHYTHM_LEAST };
    uint32_t after = (uint32_t)MIN(UINT32_MAX, MAX(0, begin_ms - beat->first_ms) / 100);
    for (uint32_t i = 0; i < MIN(beat->n, 3); i++) {
        uint32_t other = beat->after[(beat->n - 1 - i) % RHYTHM_MOST];
        if ((after > other ? after - other : other - after) < dead)
            return false;
    }
    beat->after[beat->n++ % RHYTHM_MOST] = after;
    return true;
}

static int
earlier(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Fills @starts with the latest ones in seconds, ascending; returns how many. */
static uint32_t
starts_of(const Beat *beat, double starts[RHYTHM_MOST])
{
    uint32_t n = MIN(beat->n, RHYTHM_MOST);

    for (uint32_t i = 0; i < n; i++)
        starts[i] = beat->after[i] / 10.0;
    qsort(starts, n, sizeof *starts, earlier);
    return n;
}

/* ---- it is regular: how odd is that? ---- */

/* Steps of a factor of two, from 1.4 % of the size up. */
static int
size_step(double spread)
{
    return (int)fmin(LADDER_STEPS - 1, fmax(0, ceil(log2(fmax(spread, 1e-3) / 0.02))));
}

/* The longer the lower: 8, 16, 32 ... 1024 beats. */
static int
kept_step(uint32_t beats)
{
    return LADDER_STEPS - 1 - (int)fmin(LADDER_STEPS - 1, fmax(0, log2(beats / 8.0)));
}

static double
ask_kept(const HabitBook *book, Plain *plain, Beat *beat, uint32_t asset)
{
    int step = kept_step(beat->in_rhythm);

    if (beat->kept_step == 0 && habit_may_teach(book, asset)) {
        ladder_teach(&plain->kept, book->scorer, asset, LADDER_STEPS - 1);
        beat->kept_step = LADDER_STEPS; /* the last step, plus one */
    }
    double p = ladder_p(&plain->kept, book->scorer, asset, step);
    for (; beat->kept_step > step + 1;
         beat->kept_step--) /* it must not vouch for itself: after the question */
        ladder_descend(&plain->kept, book->scorer, asset, MIN(beat->kept_step, LADDER_STEPS) - 2);
    return p;
}

/* Two questions that hang together: their bets are averaged. */
static double
shape_decibans(const HabitBook *book, Plain *plain, Beat *beat, uint32_t asset)
{
    int step = size_step(size_spread(beat));
    double even = ladder_p(&plain->sizes, book->scorer, asset, step);
    double kept = ask_kept(book, plain, beat, asset);

    if (habit_may_teach(book, asset))
        ladder_teach(&plain->sizes, book->scorer, asset, step);
    return decibans_of(0.5 + 0.25 * e_of_p(even) + 0.25 * e_of_p(kept));
}

static void
ask_rate(Beat *beat, const HabitView *view, int64_t now_ms)
{
    if (beat->found_ms > 0 && beat->found_ms <= now_ms)
        return;
    beat->found_ms = now_ms;
    beat->rate_decibans = (float)view->rate_decibans;
    beat->rate_p = (float)view->rate_p;
    beat->own = (float)view->own;
    beat->days = (float)view->days;
}

/* Did the asset call another host at this port and pace (half octaves, and those beside) before? Then the
 * host has moved, mostly. */
static bool
has_moved(const HabitBook *book, const Call *call, double period_s)
{
    uint32_t far = (uint32_t)scorer_address_hash(book->scorer, &call->far) | 1;
    uint32_t service = (uint32_t)call->protocol << 16 | call->service;
    uint32_t pace = (uint32_t)(2 * log2(fmax(2, period_s)));

    for (uint32_t i = pace - 1; i <= pace + 1; i++) {
        const uint32_t *first =
            watch_find(book->state, 2, &watch_beacon, watch_key(book->scorer, call->asset, service, i, NULL));
        if (first != NULL && *first != far)
            return true;
    }
    uint64_t key = watch_key(book->scorer, call->asset, service, pace, NULL);
    *(uint32_t *)watch_item(book->state, 2, &watch_beacon, key, CHANCE_REGULAR, NULL) = far;
    return false;
}

static void
judge(HabitBook *book, Beat *beat, const Call *call, const Rhythm *rhythm, double oldest_s)
{
    Scorer *scorer = book->scorer;

    book->variant = has_moved(book, call, rhythm->period_s);
    HabitView view = habit_look(book, call, beat->first_ms + (int64_t)(1000 * oldest_s));

    ask_rate(beat, &view, scorer->clock.now_ms);
    bool is_new = scorer->clock.now_ms - beat->found_ms < new_ms;
    double rate = is_new ? (double)beat->rate_decibans : 0;
    double shape = shape_decibans(book, book->state->plain, beat, call->asset);
    Opinion opinion = { .watch = &watch_beacon,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = fmin(1, 2 * fmin(is_new ? (double)beat->rate_p : 1, view.crowd_p)),
                        .decibans = rate + view.crowd_decibans + shape,
                        .overlap = rate,
                        .numbers = { rhythm->period_s, rhythm->spread, view.others_as, view.others_block,
                                     (double)beat->own, beat->in_rhythm, size_spread(beat),
                                     (double)beat->days },
                        .call = call };

    case_take(scorer, &opinion);
    if (!case_is_alerted(scorer, &watch_beacon, call->asset, &call->far))
        habit_keep(book, call, &view);
}

static void
look(HabitBook *book, Beat *beat, const Call *call)
{
    double starts[RHYTHM_MOST];
    uint32_t n = starts_of(beat, starts), fresh = beat->n - beat->looked;
    Rhythm rhythm = rhythm_of(starts, n);

    beat->looked = beat->n;
    beat->due = beat->n + MAX(RHYTHM_LEAST / 2, n / 2); /* at 8, 12, 18, 27, 40, 56 ... */
    if (rhythm.p > regular_p) {
        beat->in_rhythm = 0;
        return;
    }
    beat->in_rhythm += beat->in_rhythm == 0 ? n : fresh;
    judge(book, beat, call, &rhythm, starts[0]);
}

static void
ended(Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    HabitBook book = { scorer, state, &watch_beacon, 1, &plain->habits, 0, 0 };

    if (!is_of_interest(scorer, call))
        return;
    uint64_t key = watch_key(scorer, call->asset, call->service, call->protocol, &call->far);
    Beat *beat = watch_item(state, 0, &watch_beacon, key, CHANCE_PAIR, NULL);
    if (!add_start(beat, call->begin_ms))
        return;
    add_size(beat, call);
    if (beat->n < beat->due || plain->looks == 0)
        return;
    plain->looks--;
    look(&book, beat, call);
    if (beat->in_rhythm > 0)
        watch_item(state, 0, &watch_beacon, key, CHANCE_REGULAR, NULL); /* its past is worth more */
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    plain->looks = TESTS_A_WINDOW;
    habit_window(&plain->habits, scorer);
}

/* ---- in words ---- */

static void
period_words(double seconds, char *out, size_t room)
{
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {
        { 2 * 86400, 86400, "days" }, { 2 * 3600, 3600, "hours" }, { 180, 60, "minutes" }, { 0, 1, "s" }
    };

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (seconds >= units[i].from) {
            g_snprintf(out, room, "%.3g %s", seconds / units[i].unit, units[i].name);
            return;
        }
    g_strlcpy(out, "?", room);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    uint32_t asn = place_table_find(scorer->places, &one->far)->asn;
    char name[80], far[IP_TEXT], crowd[120], period[40];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    habit_crowd_words(asn, (double)one->numbers[2], (double)one->numbers[3], crowd, sizeof crowd);
    period_words((double)one->numbers[0], period, sizeof period);
    g_snprintf(
        out, room,
        "%s calls %s port %u every %s, off by %.2g %%, %.0f times in a row, sizes within %.0f %%; it took "
        "up %.0f such rhythms with new networks in %.1f days, and %s",
        name, far, one->service, period, 100 * (double)one->numbers[1], (double)one->numbers[5],
        100 * (exp2((double)one->numbers[6]) - 1), (double)one->numbers[4], (double)one->numbers[7], crowd);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "other assets that call the same network by the clock", room);
}

const Watch watch_beacon = { .name = "beacon",
                             .memory_days = 14,
                             .plain = sizeof(Plain),
                             .tables = { { .item = sizeof(Beat), .most = 8, .is_per_pair = true },
                                         { .item = sizeof(HabitItem), .most = 16, .is_per_pair = true },
                                         { .item = sizeof(uint32_t), .most = 16, .is_per_pair = true } },
                             .ended = ended,
                             .window = window,
                             .explain = explain,
                             .instead = instead };
