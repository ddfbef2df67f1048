/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-exfiltration.c - data that leaves for one far end, at once or over days; and data that is fetched
 * from inside before it leaves
 *
 * slow_exfiltration: for each pair the octets sent less those received, fading with a half-life of a week; of
 * a day the largest such sum of an asset, for far ends that it has known for long, and for those that are new
 * to it by how many others call into their /24. So a burst and a trickle are one question, many pairs of an
 * asset are not many tests, and an upload to where all go is compared with such uploads. hoarding: likewise
 * what an asset fetched from other assets, fading with a half-life of a day. On a logarithmic scale two
 * things are asked of it: how far it lies above all that the asset had on other days (its record), ranked
 * among how far assets of the role, and all, surpass theirs in a day; and how it ranks among their amounts.
 * The first finds what is much for this asset alone, even where another one of its role makes larger
 * backups every night; the second finds who has done so from the first day on. Ranks are conformal with a
 * Pareto tail (calibrate.h); the e-values of the two are averaged, for they are asked of the same (Vovk and
 * Wang 2021, evidence.h). Null hypothesis: a day like other days of this asset, or of others of its role. On
 * how many days it has had as much is counted, which makes backups dull after their first ones. A
 * conversation that lasts is looked at once an hour. Not seen: what stays below the asset's own record and
 * what its role does daily, and what leaves in small parts for many destinations or without any answer, which
 * is for volume_out.
 */
#include "scoring/detector.h"
#include "scoring/watch-volume.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is compared with what. */
typedef enum SumKind { TO_NEW_ALONE = 0, TO_NEW_FEW, TO_NEW_MANY, TO_OLD, FETCHED, KINDS } SumKind;
enum { STEPS = 12, FEW = 3 /* others */ };
static const double net_least = 10000, pair_days = 7, hoard_days = 1, odd_p = 2e-3, pool_days = 30;
static const double unit = 1e5;   /* octets: x = log(1 + sum / unit) */
static const double grown = 0.35; /* a pair must have grown by a third beyond its past */
static const double record_least = 1, record_keep = 0.99; /* a record fades by 1 % a day */
static const uint32_t new_s = 7 * 86400, day_s = 86400;
static const double grown_up = 14; /* days; on the first ones everything is a record */
enum { RECORD_DAYS = 3 };

/* A pair's balance. */
typedef struct Balance {
    float sum, most; /* octets, fading; the largest x of days that are over */
    float today;     /* largest x of today */
    uint32_t day;
    uint32_t last_s, first_s;
    float record; /* of the asset for such ends when it first sent there: what it has added itself is not held
                     for it */
    uint32_t talk_s; /* the conversation that ended last: when it began, and what it has added */
    float talk_net;
    uint16_t talk_port;
    bool is_answered; /* ever: what is sent to nobody's hand is a flood, or lost */
} Balance;

/* What is kept of an asset, by kind. */
typedef struct AssetPast {
    float today[KINDS];         /* largest x of today */
    float most[KINDS];          /* of the days before, fading: the record */
    float over[KINDS];          /* by how much it was surpassed today */
    uint8_t seen[KINDS][STEPS]; /* days with x of 1 and more, 2 and more, ... */
    uint16_t days;
    uint8_t alerted; /* kinds (bits) of which something is in an alert today */
    float rise;      /* the largest of today that its like have in common, log scale */
    float fetched;   /* octets from inside, fading */
    uint32_t fetched_s;
} AssetPast;

typedef struct SumPool {
    ResidualSketch amount[KINDS], record[KINDS];
} SumPool;
typedef struct Plain {
    SumPool role[MOST_ROLES], fleet;
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

/* A sum as it is asked about. */
typedef struct Sum {
    SumKind kind;
    double x, record, over; /* @record: what it should not surpass */
    double days;            /* for which it has counted among the asset's past itself */
} Sum;
typedef struct Odds {
    double p, decibans;
} Odds;

/*
 * Where days are alike, the next one is a record with a chance of 1/(days + 1) (Renyi, "Theorie des elements
 * saillants d'une suite d'observations", 1962): what is learned from records of the young is more than others
 * will show. The share of it that an asset of two weeks would have had.
 */
static double
share_of_age(const AssetPast *past)
{
    return fmin(1, (past->days + 1) / grown_up);
}

/* Chances of as much within a day, and what the two bets come to. */
static Odds
odds(const Plain *plain, const Scorer *scorer, const AssetPast *past, uint32_t asset, const Sum *sum)
{
    const SumPool *role = &plain->role[scorer->assets[asset].role], *fleet = &plain->fleet;
    double days = scorer->assets[asset].octets_out.n / scorer->windows_per_day;
    double trust = fmin(1, days / fmax(1, scorer->conf.learn_days));
    int step = (int)fmin(STEPS, sum->x), kind = (int)sum->kind;
    double own = step > 0 ? fmax(0, past->seen[kind][step - 1] - sum->days) : 0;
    double own_p = own > 0 ? fmin(1, (own + 1) / (past->days + 1.0)) : 0;
    double record_p =
        sketch_amount_p(&role->record[kind], &fleet->record[kind], sum->over) / share_of_age(past);
    double amount_p = fmax(own_p, sketch_amount_p(&role->amount[kind], &fleet->amount[kind], sum->x));
    record_p = fmax(own_p, fmin(1, record_p));
    double e = (e_of_rare_p(record_p) + e_of_rare_p(amount_p)) / 2;

    return (Odds){ .p = fmin(1, 2 * fmin(record_p, amount_p)),
                   .decibans = decibans_of(trust * e + 1 - trust) };
}

/*
 * The threshold counts windows, each of them a test of every asset (budget.h). Here is one test a day, which
 * may stake what the day's windows may together, and the promise is kept. That is between this watch and the
 * budget: it is no part of what is lent to other cases (Opinion.overlap).
 */
static double
day_bonus(const Scorer *scorer)
{
    return decibans_of(fmax(1, scorer->windows_per_day));
}

static void
take(Scorer *scorer, const Watch *watch, const Call *call, const Odds *odds,
     const double numbers[CASE_NUMBERS])
{
    Opinion opinion = { .watch = watch,
                        .asset = call->asset,
                        .far = watch == &watch_slow_exfiltration ? &call->far : NULL,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = odds->p,
                        .decibans = odds->decibans + day_bonus(scorer),
                        .overlap = day_bonus(scorer),
                        .call = call };

    memcpy(opinion.numbers, numbers, sizeof opinion.numbers);
    if (watch == &watch_hoarding) {
        opinion.is_service = true;
        opinion.service = 0;
        opinion.protocol = VOLUME_ALONE;
    }
    case_take(scorer, &opinion);
}

/* ---- to one far end ---- */

static void
end_pair_day(Balance *balance, uint32_t day)
{
    if (balance->day == day)
        return;
    balance->most = fmaxf(balance->most * (float)record_keep, balance->today);
    balance->today = 0;
    balance->day = day;
}

static uint64_t
balance_key(const Scorer *scorer, const Call *call)
{
    return watch_key(scorer, call->asset, 0, 0, &call->far);
}

/* New to the asset, and not because the asset itself is. */
static bool
is_new_to_it(const Scorer *scorer, const Call *call, uint32_t now_s)
{
    uint32_t first_s = scorer->peers[call->peer].first_s;
    uint32_t born_s = seconds_of(scorer->assets[call->asset].first_ms);

    return first_s >= born_s + day_s && now_s < first_s + new_s;
}

static SumKind
kind_of(const Scorer *scorer, const Call *call, uint32_t now_s, uint32_t *others)
{
    *others = fleet_look(scorer, call->asset, call->asn, &call->far).others_block;
    if (!is_new_to_it(scorer, call, now_s))
        return TO_OLD;
    return *others == 0 ? TO_NEW_ALONE : *others <= FEW ? TO_NEW_FEW : TO_NEW_MANY;
}

/* On a day on which all its like send ten times as much, so much of that is nobody's own. */
static double
less_common(const AssetPast *past, double octets)
{
    return scale(octets * exp(-fmax(0, (double)past->rise)));
}

/* The pair's sum as it is compared. A new far end is held against what was before it. */
static Sum
sum_out(AssetPast *past, Balance *balance, SumKind kind, double x, uint32_t now_s)
{
    bool is_old = kind == TO_OLD;
    double days = is_old ? 0 : ceil((now_s - (double)balance->first_s) / day_s);
    double record = is_old ? (double)past->most[kind] : (double)balance->record;
    Sum sum = { .kind = kind, .x = x, .record = record, .days = days };

    sum.over = fmax(0, x - fmax(record_least, record));
    past->over[kind] = fmaxf(past->over[kind], (float)sum.over);
    return sum;
}

/* The pair has sent @octets more than it got, fading: is it odd? */
static void
ask_out(Scorer *scorer, WatchState *state, const Call *call, Balance *balance, double octets)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);
    uint32_t now_s = seconds_of(call->end_ms), others;
    double x = scale(octets);

    balance->today = fmaxf(balance->today, (float)x);
    if (x < record_least || !balance->is_answered)
        return;
    SumKind kind = kind_of(scorer, call, now_s, &others);
    if (balance->record <= 0)
        balance->record = fmaxf((float)record_least, past->most[kind]);
    past->today[kind] = fmaxf(past->today[kind], (float)less_common(past, octets));
    if (case_is_alerted(scorer, &watch_slow_exfiltration, call->asset, &call->far))
        past->alerted |= (uint8_t)(1u << kind);
    if (x < (double)balance->most + grown)
        return;
    Sum sum = sum_out(past, balance, kind, less_common(past, octets), now_s);
    Odds found = odds(state->plain, scorer, past, call->asset, &sum);
    const double numbers[CASE_NUMBERS] = { octets,     (now_s - (double)balance->first_s) / day_s,
                                           others,     unit * expm1(sum.record),
                                           past->days, kind };
    if (found.p < odd_p)
        take(scorer, &watch_slow_exfiltration, call, &found, numbers);
}

/* A conversation that was told as ended and went on is told with the same octets again. */
static double
not_added_yet(Balance *balance, const Call *call, double net)
{
    uint32_t begin_s = seconds_of(call->begin_ms);
    bool is_same = balance->talk_s == begin_s && balance->talk_port == call->asset_port;
    double fresh = is_same ? net - (double)balance->talk_net : net;

    balance->talk_s = begin_s;
    balance->talk_port = call->asset_port;
    balance->talk_net = (float)net;
    return fresh;
}

static void
add_out(Scorer *scorer, WatchState *state, const Call *call, double net, bool lasts)
{
    uint64_t key = balance_key(scorer, call);
    uint32_t now_s = seconds_of(call->end_ms);
    Balance *balance = net > 0 ? watch_item(state, 0, &watch_slow_exfiltration, key, 1, NULL)
                               : watch_find(state, 0, &watch_slow_exfiltration, key);

    if (balance == NULL)
        return;
    balance->first_s = balance->first_s == 0 ? seconds_of(call->begin_ms) : balance->first_s;
    balance->is_answered |= call->is_answered;
    end_pair_day(balance, now_s / 86400);
    double sum = faded((double)balance->sum, balance->last_s, now_s, pair_days);
    if (lasts) { /* it is added when it has ended */
        if (net > 0)
            ask_out(scorer, state, call, balance, sum + net);
        return;
    }
    balance->sum = (float)fmax(0, sum + not_added_yet(balance, call, net));
    balance->last_s = MAX(balance->last_s, now_s);
    if (net > 0)
        ask_out(scorer, state, call, balance, (double)balance->sum);
}

/* ---- from inside ---- */

/* Is more traffic of the asset part of an alert already? */
static bool
is_loud(const Scorer *scorer, uint32_t asset)
{
    return scorer->assets[asset].quarantine != 0 || volume_is_alerted(scorer, &watch_hoarding, asset) ||
           volume_is_alerted(scorer, &watch_volume_in, asset);
}

static void
add_fetched(Scorer *scorer, WatchState *state, const Call *call, bool lasts)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);
    uint32_t now_s = seconds_of(call->end_ms);
    double sum = faded((double)past->fetched, past->fetched_s, now_s, hoard_days) + call->octets_in;

    if (!lasts) {
        past->fetched = (float)sum;
        past->fetched_s = MAX(past->fetched_s, now_s);
    }
    double x = less_common(past, sum), before = (double)past->today[FETCHED],
           record = (double)past->most[FETCHED];
    past->today[FETCHED] = fmaxf(past->today[FETCHED], (float)x);
    if (is_loud(scorer, call->asset))
        past->alerted |= 1u << FETCHED;
    if (x < before + 0.01) /* it was asked already */
        return;
    Sum asked = {
        .kind = FETCHED, .x = x, .record = record, .over = fmax(0, x - fmax(record_least, record))
    };
    past->over[FETCHED] = fmaxf(past->over[FETCHED], (float)asked.over);
    Odds found = odds(state->plain, scorer, past, call->asset, &asked);
    const double numbers[CASE_NUMBERS] = { sum, unit * expm1(record), past->days };
    if (found.p < odd_p)
        take(scorer, &watch_hoarding, call, &found, numbers);
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
look_at(Scorer *scorer, WatchState *state, const Call *call, bool lasts)
{
    double net = call->octets_out - call->octets_in;

    if (moves_out(call, net))
        add_out(scorer, state, call, net, lasts);
    else if (call->far_asset != NONE && call->octets_in >= net_least && call->initiator == INITIATOR_ASSET)
        add_fetched(scorer, state, call, lasts);
}

static void
lasts(Scorer *scorer, WatchState *state, const Call *call)
{
    look_at(scorer, state, call, true);
}

static void
ended(Scorer *scorer, WatchState *state, const Call *call)
{
    look_at(scorer, state, call, false);
}

/* ---- the day's end ---- */

static void
teach_kind(Plain *plain, uint32_t role, AssetPast *past, int kind)
{
    SumPool *both[] = { &plain->role[role], &plain->fleet };
    double x = (double)past->today[kind], part = share_of_age(past);

    for (int i = 0; i < 2; i++) {
        sketch_count(&both[i]->amount[kind], x);
        if (past->days < RECORD_DAYS)
            continue;
        sketch_count_part(&both[i]->record[kind], (double)past->over[kind], part);
        sketch_count_part(&both[i]->record[kind], 0, 1 - part);
    }
    for (int step = 0; step < STEPS && x >= step + 1; step++)
        if (past->seen[kind][step] < UINT8_MAX)
            past->seen[kind][step]++;
    past->most[kind] = fmaxf(past->most[kind] * (float)record_keep, past->today[kind]);
}

static bool
ends_day(const Scorer *scorer, int64_t number)
{
    int64_t length = scorer->grid.length_ms;

    return (number + 1) * length / 86400000 != number * length / 86400000;
}

/* At the end of a day each asset's largest sums are learned; nothing is a sum too. */
static void
asset(Scorer *scorer, WatchState *state, uint32_t index, const WindowSums *sums, int64_t number)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, index);

    (void)sums;
    past->rise = fmaxf(past->rise, scorer->assets[index].rise);
    if (!ends_day(scorer, number))
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        if ((past->alerted >> kind & 1) == 0)
            teach_kind(state->plain, scorer->assets[index].role, past, kind);
        past->today[kind] = past->over[kind] = 0;
    }
    past->alerted = 0;
    past->rise = 0;
    if (past->days < UINT16_MAX)
        past->days++;
}

static void
fade_pool(SumPool *pool, double keep)
{
    for (int kind = 0; kind < KINDS; kind++) {
        sketch_fade(&pool->amount[kind], keep);
        sketch_fade(&pool->record[kind], keep);
    }
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;
    double keep = exp2(-1 / pool_days);

    if (!ends_day(scorer, number))
        return;
    for (uint32_t r = 0; r < scorer->n_roles; r++)
        fade_pool(&plain->role[r], keep);
    fade_pool(&plain->fleet, keep);
}

/* ---- words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], sum[32], before[32];
    bool is_old = (int)one->numbers[5] == TO_OLD;

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    detector_octets_words((double)one->numbers[0], sum);
    detector_octets_words((double)one->numbers[3], before);
    g_snprintf(
        out, room,
        "%s sent %s more to %s (port %u) than it got from there, within %.1f days and with what is old "
        "counting less; %.0f other assets call into that /%d. The most that it had sent to one far end %s "
        "was %s, and so much more is one day in %.0f of assets of its role",
        name, sum, ip_text(&one->far, far), one->service, (double)one->numbers[1], (double)one->numbers[2],
        ip_is_v4(&one->far) ? 24 : 48, is_old ? "that it has long known" : "that was as new to it", before,
        1 / fmax((double)one->p, 1e-12));
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char before[32];

    (void)scorer;
    detector_octets_words((double)one->numbers[3], before);
    g_snprintf(out, room, "no more than about %s to that far end, as to others before", before);
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
        "%s fetched %s from other assets within about a day; the most of a day was %s in the %.0f days "
        "before, and so much more is one day in %.0f of assets of its role",
        name, sum, usual, (double)one->numbers[2], 1 / fmax((double)one->p, 1e-12));
}

static void
instead_hoarding(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char usual[32];

    (void)scorer;
    detector_octets_words((double)one->numbers[1], usual);
    g_snprintf(out, room, "no more than about %s fetched from inside, as on other days", usual);
}

const Watch watch_slow_exfiltration = {
    .name = "slow_exfiltration",
    .memory_days = 7,
    .plain = sizeof(Plain),
    .per_asset = sizeof(AssetPast),
    .tables = { { .item = sizeof(Balance), .most = 4, .is_per_pair = true } },
    .wants = wants,
    .lasts = lasts,
    .ended = ended,
    .asset = asset,
    .window = window,
    .explain = explain,
    .instead = instead
};
const Watch watch_hoarding = {
    .name = "hoarding", .memory_days = 1, .explain = explain_hoarding, .instead = instead_hoarding
};
