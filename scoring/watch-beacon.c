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
 * new one; whether its rhythms go to such a port; who else has one there; and, averaged as they hang
 * together, what share of the role's regular pairs are so exact, have talks of so even a size, and have kept
 * it up for so many beats.
 *
 * Services move to other addresses. A new rhythm at the port and the pace of one that the asset had with
 * another host, and that fell silent as the new one began, is counted apart from all others, so each has its
 * own rarity. That it is new is asked once; what is asked again while it lasts is who else has it.
 *
 * At most so many pairs are looked at in a window (a few milliseconds); what is due beyond waits for its next
 * start. A conversation with the ports of one shortly before (Call.is_again) is no start: a connection's slow
 * keep-alive is the tunnel's. Not seen: beats closer together than ten seconds, jitter of the whole period,
 * beats hidden among other calls to the same service of the same host, and one connection that never ends
 * (that is a tunnel).
 */
#include "scoring/detector.h"
#include "scoring/habit.h"
#include "scoring/kind.h"
#include "scoring/rhythm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS_A_WINDOW = 512, CHANCE_PAIR = 1, CHANCE_REGULAR = 8, SIZES_MOST = 64, SEEMS_EVEN = 6 };
static const double regular_p = 1e-6, even_spread = 0.35;
static const int64_t new_ms = 14 * (int64_t)86400000;
static const double overlap_beats = 3; /* a host and its successor may both be called for a while */
static const double lost_s = 3 * 86400, lost_beats = 8; /* who is silent for so long holds its pace no more */

/* A pair: asset, far end, service. Three cache lines; pairs that hardly speak need the first one alone. */
typedef struct Beat {
    int64_t first_ms;                       /* of the first start ever kept */
    uint32_t n, looked, due;                /* starts so far; at the latest look; when the next one is due */
    uint32_t in_rhythm;                     /* starts for which it has been regular without a break */
    float n_sizes, size_mean, size_squares; /* log2 of the octets; fading */
    uint8_t kept_step;           /* how far down the ladder of beats it was taught; 0: not at all */
    uint8_t pace;                /* half octaves of seconds, when it was last found regular; 0: never */
    uint8_t has_moved;           /* it took the place of another host's when it was found */
    uint32_t after[RHYTHM_MOST]; /* ring of starts: tenths of a second after the first */
    int64_t found_ms;            /* when it was first found regular; unset while @pace is 0 */
    float rate_decibans, rate_p, own, days; /* as they were then */
} Beat;
G_STATIC_ASSERT(sizeof(Beat) == 192);

/* Of an asset, a service and a pace: who has a rhythm there. */
typedef struct Holder {
    uint32_t far;    /* hash; 0: nobody */
    uint32_t last_s; /* of its latest beat */
} Holder;
/* Of a service of a block of addresses: how many assets have called it evenly for a while, more or less. */
typedef struct Callers {
    uint32_t assets, latest; /* index of the latest one, plus one */
} Callers;
typedef union Note {
    Holder holder;
    Callers callers;
} Note;

typedef struct Plain {
    Habits habits;
    Ladder exact, sizes, kept;
    ServiceKinds services[MOST_ROLES], fleet_services;
    uint32_t looks; /* left in this window */
    uint32_t spare;
} Plain;

/* ---- a start comes ---- */

static bool
is_of_interest(const Call *call)
{
    return call->peer != NONE && !call->is_again && call->pair_flows > 1;
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

    if (beat->n > 0 && !is_sane)
        *beat = (Beat){ .n = 0 };
    if (beat->n == 0) {
        beat->first_ms = MAX(1, begin_ms);
        beat->due = RHYTHM_LEAST;
    }
    uint32_t after = (uint32_t)MIN(UINT32_MAX, MAX(0, begin_ms - beat->first_ms) / 100);
    for (uint32_t i = 0; i < MIN(beat->n, 3); i++) {
        uint32_t other = beat->after[(beat->n - 1 - i) % RHYTHM_MOST];
        if ((after > other ? after - other : other - after) < dead)
            return false;
    }
    beat->after[beat->n++ % RHYTHM_MOST] = after;
    return true;
}

/* The first call of a pair has no place here, for most pairs speak once; the second one brings it along. */
static void
add_first(Beat *beat, const Call *call)
{
    bool is_second = call->pair_flows == 2 && call->is_only_service;

    if (beat->n == 0 && is_second && call->pair_first_s + RHYTHM_DEAD_S < seconds_of(call->begin_ms))
        add_start(beat, 1000 * (int64_t)call->pair_first_s);
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

/*
 * Six starts are too few for a test. Where the shorter four of their gaps are alike (of chance's gaps some
 * are in twenty times), it may become a rhythm, and who else has come so far tells a program that is being
 * rolled out from a secret.
 */
static bool
seems_even(const Beat *beat)
{
    double starts[RHYTHM_MOST], gaps[SEEMS_EVEN - 1], sum = 0, squares = 0;

    if (starts_of(beat, starts) != SEEMS_EVEN)
        return false;
    for (int i = 0; i < SEEMS_EVEN - 1; i++)
        gaps[i] = starts[i + 1] - starts[i];
    qsort(gaps, SEEMS_EVEN - 1, sizeof *gaps, earlier);
    for (int i = 0; i < SEEMS_EVEN - 2; i++) {
        sum += gaps[i];
        squares += gaps[i] * gaps[i];
    }
    double mean = sum / (SEEMS_EVEN - 2);
    return squares / (SEEMS_EVEN - 2) - mean * mean < even_spread * even_spread * mean * mean;
}

static Callers *
callers_of(const HabitBook *book, const Call *call, bool is_made)
{
    uint32_t service = (uint32_t)call->protocol << 16 | call->service;
    IpAddress block = { { 0 } };

    memcpy(block.bytes, call->far.bytes, ip_is_v4(&call->far) ? 15 : 6);
    uint64_t key = watch_key(book->scorer, NONE, service, 0, &block);
    Note *note = is_made ? watch_item(book->state, 2, &watch_beacon, key, CHANCE_PAIR, NULL)
                         : watch_find(book->state, 2, &watch_beacon, key);
    return note == NULL ? NULL : &note->callers;
}

/* An asset that calls one host after the other is counted once, unless others come between. */
static void
join_callers(const HabitBook *book, const Call *call)
{
    Callers *callers = callers_of(book, call, true);

    if (callers->latest == call->asset + 1)
        return;
    callers->latest = call->asset + 1;
    callers->assets++;
}

/* This one left out. */
static uint32_t
other_callers(const HabitBook *book, const Call *call)
{
    const Callers *callers = callers_of(book, call, false);

    return callers == NULL || callers->assets == 0 ? 0 : callers->assets - 1;
}

/* ---- it is regular: how odd is that? ---- */

/* Steps of a factor of two, from 1.4 % of the size up. */
static int
size_step(double spread)
{
    return (int)fmin(LADDER_STEPS - 1, fmax(0, ceil(log2(fmax(spread, 1e-3) / 0.02))));
}

/* Steps of a factor of two, from half a percent of the period up. */
static int
exact_step(double spread)
{
    return (int)fmin(LADDER_STEPS - 1, fmax(0, ceil(log2(fmax(spread, 1e-4) / 0.005))));
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
    double p = ladder_mid_p(&plain->kept, book->scorer, asset, step);
    for (; beat->kept_step > step + 1;
         beat->kept_step--) /* it must not vouch for itself: after the question */
        ladder_descend(&plain->kept, book->scorer, asset, MIN(beat->kept_step, LADDER_STEPS) - 2);
    return p;
}

static double
ask_ladder(const HabitBook *book, Ladder *ladder, uint32_t asset, int step, bool teaches)
{
    double p = ladder_mid_p(ladder, book->scorer, asset, step);

    if (teaches)
        ladder_teach(ladder, book->scorer, asset, step);
    return p;
}

/* Three questions that hang together: their bets are averaged. */
static double
shape_decibans(const HabitBook *book, Plain *plain, Beat *beat, uint32_t asset, const Rhythm *rhythm)
{
    double kept = ask_kept(book, plain, beat, asset);
    bool teaches = habit_may_teach(book, asset);
    double even = ask_ladder(book, &plain->sizes, asset, size_step(size_spread(beat)), teaches);
    double exact = ask_ladder(book, &plain->exact, asset, exact_step(rhythm->spread), teaches);

    return decibans_of(0.4 + 0.2 * e_of_p(even) + 0.2 * e_of_p(kept) + 0.2 * e_of_p(exact));
}

static Holder *
holder_of(const HabitBook *book, const Call *call, uint32_t pace, bool is_made)
{
    uint32_t service = (uint32_t)call->protocol << 16 | call->service;
    uint64_t key = watch_key(book->scorer, call->asset, service, pace, NULL);

    Note *note = is_made ? watch_item(book->state, 2, &watch_beacon, key, CHANCE_REGULAR, NULL)
                         : watch_find(book->state, 2, &watch_beacon, key);
    return note == NULL ? NULL : &note->holder;
}

static uint32_t
far_hash(const HabitBook *book, const Call *call)
{
    return (uint32_t)scorer_address_hash(book->scorer, &call->far) | 1;
}

/* So that whoever comes at the same pace is known to be one more, and no successor. */
static void
hold(const HabitBook *book, const Beat *beat, const Call *call)
{
    Holder *holder = holder_of(book, call, beat->pace, true);
    uint32_t far = far_hash(book, call), now_s = seconds_of(call->begin_ms);
    double silent_s = (double)now_s - holder->last_s;

    if (holder->far != far && silent_s < lost_s + lost_beats * exp2(beat->pace / 2.0))
        return;
    holder->far = far;
    holder->last_s = now_s;
}

/*
 * Did another host have this port and pace (half octaves, and those beside) until this one came? Then it has
 * moved, mostly. @since_ms: the oldest start that is kept.
 */
static bool
is_successor(const HabitBook *book, const Call *call, uint32_t pace, double period_s, int64_t since_ms)
{
    uint32_t far = far_hash(book, call);

    for (uint32_t i = pace - 1; i <= pace + 1; i++) {
        const Holder *holder = holder_of(book, call, i, false);
        if (holder != NULL && holder->far != 0 && holder->far != far &&
            holder->last_s <= seconds_of(since_ms) + overlap_beats * period_s)
            return true;
    }
    return false;
}

/* The first time only: afterwards it is known. What is new in the time of learning, when all that comes once
 * a week is, is worth what was known then (episode.h), though it be looked at again when more is known. */
static void
note_rate(const HabitBook *book, Beat *beat, const Call *call, const HabitView *view)
{
    Plain *plain = book->state->plain;
    ServiceKinds *services = &plain->services[book->scorer->assets[call->asset].role];
    double p, e = kind_service_e(services, &plain->fleet_services, call->protocol, call->service, &p);
    bool is_asked = view->news != HABIT_KNOWN && !view->is_born;

    if (habit_may_teach(book, call->asset))
        kind_service_teach(services, &plain->fleet_services, call->protocol, call->service);
    beat->found_ms = book->scorer->moment.now_ms;
    beat->has_moved = book->variant > 0;
    double learned = fmin(1, view->days / fmax(1, book->scorer->conf.learn_days));
    beat->rate_decibans = (float)(learned * (view->rate_decibans + (is_asked ? decibans_of(e) : 0)));
    beat->rate_p = is_asked ? (float)fmin(1, 2 * fmin(view->rate_p, p)) : 1;
    beat->own = (float)view->own;
    beat->days = (float)view->days;
}

static void
judge(HabitBook *book, Beat *beat, const Call *call, const Rhythm *rhythm, double oldest_s)
{
    const Scorer *scorer = book->scorer;
    int64_t now_ms = scorer->moment.now_ms, since_ms = beat->first_ms + (int64_t)(1000 * oldest_s);
    bool is_first = beat->pace == 0 || beat->found_ms <= 0 || beat->found_ms > now_ms;

    beat->pace = (uint8_t)(2 * log2(fmax(2, rhythm->period_s)));
    book->callers = other_callers(book, call);
    book->variant =
        is_first ? is_successor(book, call, beat->pace, rhythm->period_s, since_ms) : beat->has_moved > 0;
    HabitView view = habit_look(book, call, since_ms);
    if (is_first)
        note_rate(book, beat, call, &view);
    bool is_new = now_ms - beat->found_ms < new_ms;
    double rate = is_new ? (double)beat->rate_decibans : 0;
    double shape = shape_decibans(book, book->state->plain, beat, call->asset, rhythm);
    Opinion opinion = {
        .watch = &watch_beacon,
        .asset = call->asset,
        .far = &call->far,
        .service = call->service,
        .protocol = call->protocol,
        .p = is_first ? fmin(1, 2 * fmin((double)beat->rate_p, view.crowd.mid_p)) : view.crowd.mid_p,
        .decibans = rate + view.crowd.decibans + shape,
        .overlap = rate,
        .numbers = { rhythm->period_s, rhythm->spread, view.others_as, view.others_block, (double)beat->own,
                     beat->in_rhythm, size_spread(beat), (double)beat->days },
        .call = call
    };

    watch_says(book->state, &opinion);
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

static uint64_t
beat_key(const Scorer *scorer, const Call *call)
{
    return watch_key(scorer, call->asset, call->service, call->protocol, &call->far);
}

uint32_t
beacon_beats(const Scorer *scorer, uint32_t asset, const IpAddress *far, uint16_t service, uint8_t protocol)
{
    const WatchState *state = &scorer->watch_states[watch_index(&watch_beacon)];
    const Beat *beat = watch_find(state, 0, &watch_beacon, watch_key(scorer, asset, service, protocol, far));

    return beat != NULL ? beat->in_rhythm : 0;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    (void)state;
    if (is_of_interest(call))
        want(list, 0, beat_key(scorer, call));
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    HabitBook book = { scorer, state, &watch_beacon, 1, &plain->habits, 0, 0, 0 };

    if (!is_of_interest(call))
        return;
    uint64_t key = beat_key(scorer, call);
    Beat *beat = watch_item(state, 0, &watch_beacon, key, CHANCE_PAIR, NULL);
    add_first(beat, call);
    if (!add_start(beat, call->begin_ms))
        return;
    add_size(beat, call);
    if (beat->n == SEEMS_EVEN && seems_even(beat))
        join_callers(&book, call);
    if (beat->pace > 0)
        hold(&book, beat, call);
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

const Watch watch_beacon = {
    .name = "beacon",
    .needs = CALL_MAYBE_OUT | CALL_STRANGER,
    .memory_days = 14,
    .plain = sizeof(Plain),
    .tables = { { .item = sizeof(Beat), .head = offsetof(Beat, after), .most = 8, .is_per_pair = true },
                { .item = sizeof(HabitItem), .most = 16, .is_per_pair = true },
                { .item = sizeof(Note), .most = 16, .is_per_pair = true } },
    .wants = wants,
    .ended = ended,
    .window = window,
    .explain = explain,
    .instead = instead
};
