/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-exfiltration.c - data that leaves for one far end, at once or over days; and data that is fetched
 * from inside before it leaves
 *
 * slow_exfiltration: for each pair the octets sent less those received, fading with a half-life of a week;
 * of a day the largest such sum of an asset (daily.h), for far ends that are new to it by how many others
 * call into their /24, and for those that it has known for long. These kinds are a ladder: of a far end as
 * little known as this, or less, is asked, so that who sends much to strangers every day is not odd when he
 * sends as much to somebody known. What far ends have asked for is a ladder of its own: how much a server's
 * visitors fetch from it says nothing of what it sends to somebody whom it calls itself. A burst and a
 * trickle are one question, many pairs of an asset are not many tests, and an upload to where all go is
 * compared with such uploads. hoarding: likewise what an asset fetched from other assets, fading with a
 * half-life of a day; the octets of a conversation are spread over its life.
 *
 * Sizes of transfers have heavy tails (Crovella and Bestavros, "Self-similarity in World Wide Web traffic",
 * IEEE/ACM ToN 1997), and a sum of such is large because one of them is (the principle of a single big jump;
 * Foss, Korshunov and Zachary, "An Introduction to Heavy-Tailed and Subexponential Distributions", 2011,
 * ch. 3). A single large copy is what happens by itself now and then; a large sum without its largest part
 * hardly ever. So each sum is asked about twice, as a whole and without its largest conversation, and the
 * e-values are averaged (Vovk and Wang 2021, evidence.h): the lone copy loses half its stake.
 *
 * What remains is a matter of direction: data that leaves goes one way, while calls, tunnels and remote
 * desktops send much because much comes back. Given that a sum is large at all, its ratio of out to in is
 * ranked among those of such sums of the same service, of the role first. Null hypothesis: a day like other
 * days of this asset, or of others of its role, in both. A conversation that lasts is looked at once an hour.
 * Not seen: what stays below the asset's own record and what its role does daily, and what leaves in small
 * parts for many destinations or without any answer, which is for volume_out.
 */
#include "scoring/crowd.h"
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/one-way.h"
#include "scoring/watch-volume.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is compared with what: the ladder, the same for what the far ends asked for, and what was fetched. */
typedef enum SumKind {
    TO_NEW_ALONE = 0,
    TO_NEW_FEW,
    TO_NEW_MANY,
    TO_OLD,
    LADDER,
    FETCHED = 2 * LADDER,
    KINDS
} SumKind;
/* The whole of a sum, and what is left without its largest conversation. */
typedef enum SumPart { WHOLE = 0, REST, PARTS } SumPart;
enum { FEW = 3 /* others */, LADDERS = 2 /* each asked once a day */ };
enum { CROWDS = 2, JOINED, CROWDS_MOST = 1 << 12, JOINED_MOST = 1 << 14 };
static const double net_least = 10000, pair_days = 7, hoard_days = 1, odd_p = 2e-3;
static const double unit = 1e5;         /* octets: x = log(1 + sum / unit) */
static const double grown = 0.35;       /* a pair must have grown by a third beyond its past */
static const double record_least = 1;   /* x */
static const double record_keep = 0.99; /* a pair's record fades by 1 % a day */
static const uint32_t new_s = 7 * 86400, day_s = 86400, joined_days = 7;

/* A pair's balance. */
typedef struct Balance {
    float sum, most[PARTS]; /* octets, fading; the largest x of days that are over */
    float today[PARTS];     /* largest x of today */
    float largest;          /* of its conversations, octets, fading likewise */
    float out;              /* octets sent, fading likewise */
    uint32_t day;
    uint32_t last_s, first_s;
    float record[PARTS]; /* of the asset for such ends when it first sent there: what it has added itself is
                            not held for it */
    uint32_t talk_s;     /* the conversation that ended last: when it began, and what it has added */
    float talk_net, talk_out;
    uint16_t talk_port;
    bool is_answered; /* ever: what is sent to nobody's hand is a flood, or lost */
} Balance;

/* Of an asset and a far network: that it began to send oddly much there. */
typedef struct Joined {
    uint32_t day;    /* the last one on which it did, and one */
    bool is_the_way; /* others had begun to, days before at most */
} Joined;

/* What is kept of an asset. */
typedef struct AssetPast {
    Daily daily[KINDS][PARTS];
    uint16_t days;
    uint16_t alerted; /* kinds (bits) of which something is in an alert today */
    float rise;       /* the largest of today that its like have in common, log scale */
    float fetched;    /* octets from inside, fading */
    float largest;    /* of those, in one conversation, fading likewise */
    uint32_t fetched_s;
    uint32_t hour;    /* of flow time */
    float lasting[2]; /* octets from inside of conversations that go on, of this hour and the one before, in
                         each of which all are told of once */
} AssetPast;

typedef struct Plain {
    DailyPools pools[KINDS][PARTS];
} Plain;

static double
scale(double octets)
{
    return log1p(fmax(0, octets) / unit);
}

/* What is left of a sum meanwhile, as a share. */
static double
left_after(uint32_t from_s, uint32_t to_s, double half_life_days)
{
    return to_s > from_s ? exp2(-(double)(to_s - from_s) / (half_life_days * 86400)) : 1;
}

/* A sum as it is asked about. */
typedef struct Sum {
    SumKind kind;
    double x[PARTS], record[PARTS]; /* @record: what it should not surpass */
    double days;                    /* for which it has counted among the asset's past itself */
} Sum;
typedef struct Odds {
    double p, decibans;
} Odds;

static bool
is_to_old(SumKind kind)
{
    return kind != FETCHED && kind % LADDER == TO_OLD;
}

/* The oddest of the kinds that are compared with this one. */
static int
first_of(SumKind kind)
{
    return (int)kind / LADDER * LADDER;
}

/* What was more than any day before counts among today's, of its kind and of those that are less odd. */
static void
note_sum(AssetPast *past, const Sum *sum)
{
    int last = sum->kind == FETCHED ? FETCHED : first_of(sum->kind) + TO_OLD;

    for (int kind = (int)sum->kind; kind <= last; kind++)
        for (int part = 0; part < PARTS; part++) {
            Daily *daily = &past->daily[kind][part];
            double record =
                fmax(fmax(record_least, sum->record[part]), kind > (int)sum->kind ? (double)daily->most : 0);
            daily->today = fmaxf(daily->today, (float)sum->x[part]);
            daily->over = fmaxf(daily->over, (float)fmax(0, sum->x[part] - record));
        }
}

/* The asset's record for such far ends, and for those that are odder. */
static double
record_of(const AssetPast *past, SumKind kind, SumPart part)
{
    double record = 0;

    for (int one = first_of(kind); one <= (int)kind; one++)
        record = fmax(record, (double)past->daily[one][part].most);
    return record;
}

/* Chances of as much within a day, and what the bets come to. @direction: e-value of its ratio. */
static Odds
odds(Plain *plain, const Scorer *scorer, AssetPast *past, uint32_t asset, const Sum *sum, double direction)
{
    double days = scorer->assets[asset].octets_out.n / scorer->windows_per_day;
    double trust = fmin(1, days / fmax(1, scorer->conf.learn_days)), e = 0, p = 1;

    for (int part = 0; part < PARTS; part++) {
        DailyAsk ask = { .asset = &scorer->assets[asset],
                         .days = past->days,
                         .own = sum->days,
                         .x = sum->x[part],
                         .over = fmax(0, sum->x[part] - fmax(record_least, sum->record[part])) };
        DailyOdds one = daily_odds(&plain->pools[sum->kind][part], &past->daily[sum->kind][part], &ask);
        e += one.e / PARTS;
        p = fmin(p, PARTS * one.p);
    }
    return (Odds){ .p = p, .decibans = decibans_of(trust * e * direction + 1 - trust) };
}

static void
take(const Scorer *scorer, WatchState *state, const Watch *watch, const Call *call, const Odds *odds,
     const double numbers[CASE_NUMBERS])
{
    Opinion opinion = { .watch = watch,
                        .asset = call->asset,
                        .far = watch == &watch_slow_exfiltration ? &call->far : NULL,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = odds->p,
                        .is_noted = true,
                        .decibans = odds->decibans + daily_bonus(scorer),
                        .overlap = daily_bonus(scorer),
                        .call = call };

    memcpy(opinion.numbers, numbers, sizeof opinion.numbers);
    if (watch == &watch_hoarding) {
        opinion.is_service = true;
        opinion.service = 0;
        opinion.protocol = VOLUME_ALONE;
    }
    watch_says(state, &opinion);
}

/* ---- to one far end ---- */

static void
end_pair_day(Balance *balance, uint32_t day)
{
    if (balance->day == day)
        return;
    for (int part = 0; part < PARTS; part++) {
        balance->most[part] = fmaxf(balance->most[part] * (float)record_keep, balance->today[part]);
        balance->today[part] = 0;
    }
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
    uint32_t first_s = call->pair_first_s;
    uint32_t born_s = seconds_of(scorer->assets[call->asset].first_ms);

    return first_s >= born_s + day_s && now_s < first_s + new_s;
}

/* How many others call there. That lies in memory which nothing else touches: only for who is new, or odd. */
static uint32_t
others_there(const Scorer *scorer, const Call *call)
{
    return fleet_look(scorer, call->asset, call->asn, &call->far).others_block;
}

/* Of those that it called itself. Where nobody knows who called, as for those that ask. */
static SumKind
kind_of(const Scorer *scorer, const Call *call, uint32_t now_s)
{
    int asked = call->initiator == INITIATOR_ASSET ? 0 : LADDER;

    if (!is_new_to_it(scorer, call, now_s))
        return (SumKind)(asked + TO_OLD);
    uint32_t others = others_there(scorer, call);
    return (SumKind)(asked + (others == 0 ? TO_NEW_ALONE : others <= FEW ? TO_NEW_FEW : TO_NEW_MANY));
}

/* On a day on which all its like send ten times as much, so much of that is nobody's own. */
static double
less_common(const AssetPast *past, double octets)
{
    return scale(past->rise > 0 ? octets * exp(-(double)past->rise) : octets);
}

/* The pair's sum as it is compared. A new far end is held against what was before it, an old one also
 * against what went there while it was new. */
static Sum
sum_out(const AssetPast *past, Balance *balance, SumKind kind, double octets, double rest, uint32_t now_s)
{
    bool is_old = is_to_old(kind);
    Sum sum = { .kind = kind,
                .x = { less_common(past, octets), less_common(past, rest) },
                .days = is_old ? 0 : ceil((now_s - (double)balance->first_s) / day_s) };

    for (int part = 0; part < PARTS; part++) {
        double record = record_of(past, kind, (SumPart)part);
        if (balance->record[part] <= 0)
            balance->record[part] = fmaxf((float)record_least, (float)record);
        sum.record[part] = is_old ? fmax(record, (double)balance->most[part]) : (double)balance->record[part];
    }
    return sum;
}

/* More than on any day before, by a third? The rest may have grown where the whole has not. */
static bool
has_grown(const Balance *balance, double x, double x_rest)
{
    return x >= (double)balance->most[WHOLE] + grown ||
           (x_rest >= record_least && x_rest >= (double)balance->most[REST] + grown);
}

/* Of an asset, or NONE, and a far network: its AS, or where that is not known its /24 or /48. */
static uint64_t
network_key(const Scorer *scorer, uint32_t asset, const Call *call)
{
    IpAddress block = { { 0 } };

    if (call->asn == 0)
        memcpy(block.bytes, call->far.bytes, ip_is_v4(&call->far) ? 15 : 6);
    return watch_key(scorer, asset, call->asn, 0, &block);
}

/* The house moves to another provider: servers and desks by the dozen begin to send there within days, and
 * only the first of them tell anything. */
static bool
is_the_way(const Scorer *scorer, WatchState *state, const Call *call, uint32_t now_s)
{
    Joined *joined =
        watch_item(state, JOINED, &watch_slow_exfiltration, network_key(scorer, call->asset, call), 1, NULL);
    uint32_t day = now_s / day_s + 1;

    if (joined->day == 0 || day > joined->day + joined_days) {
        Crowd *crowd =
            watch_item(state, CROWDS, &watch_slow_exfiltration, network_key(scorer, NONE, call), 2, NULL);
        joined->is_the_way = !crowd_join(crowd, HUGE_VAL, now_s);
    }
    joined->day = MAX(joined->day, day);
    return joined->is_the_way;
}

/* The pair has sent @octets more than it got, fading, @rest of them without the largest conversation, and
 * @sent in all: is it odd? */
static void
ask_out(const Scorer *scorer, WatchState *state, const Call *call, Balance *balance, double octets,
        double rest, double sent)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);
    uint32_t now_s = seconds_of(call->end_ms);
    double x = scale(octets), x_rest = scale(rest);
    bool is_first = x >= record_least && balance->today[WHOLE] < (float)record_least;

    balance->today[WHOLE] = fmaxf(balance->today[WHOLE], (float)x);
    balance->today[REST] = fmaxf(balance->today[REST], (float)x_rest);
    if (x < record_least || !balance->is_answered)
        return;
    SumKind kind = kind_of(scorer, call, now_s);
    Sum sum = sum_out(past, balance, kind, octets, rest, now_s);
    bool is_alerted = case_is_alerted(scorer, &watch_slow_exfiltration, call->asset, &call->far);
    note_sum(past, &sum);
    if (is_alerted)
        past->alerted |= (uint16_t)(1u << kind);
    bool asks = has_grown(balance, x, x_rest); /* before this one teaches */
    double direction =
        asks ? one_way_look(scorer, state, &watch_slow_exfiltration, call, sent, sent - octets) : 1;
    if (is_first && !is_alerted)
        one_way_teach(scorer, state, &watch_slow_exfiltration, call, sent, sent - octets);
    if (!asks)
        return;
    Odds found = odds(state->plain, scorer, past, call->asset, &sum, direction);
    pvalues_note(scorer->pvalues, watch_slow_exfiltration.name, call->asset, found.p, LADDERS);
    if (!(found.p < odd_p) || is_the_way(scorer, state, call, now_s))
        return;
    const double numbers[CASE_NUMBERS] = { octets,
                                           (now_s - (double)balance->first_s) / day_s,
                                           others_there(scorer, call),
                                           unit * expm1(sum.record[WHOLE]),
                                           past->days,
                                           kind,
                                           rest,
                                           sent / fmax(1, sent - octets) };
    take(scorer, state, &watch_slow_exfiltration, call, &found, numbers);
}

/* A conversation that was told as ended and went on is told with the same octets again. */
static bool
is_told_again(const Balance *balance, const Call *call)
{
    return balance->talk_s == seconds_of(call->begin_ms) && balance->talk_port == call->asset_port;
}

static void
add_talk(Balance *balance, const Call *call, double net, uint32_t now_s)
{
    bool is_again = is_told_again(balance, call);
    double fresh = is_again ? net - (double)balance->talk_net : net;
    double sent = is_again ? call->octets_out - (double)balance->talk_out : call->octets_out;
    double left = left_after(balance->last_s, now_s, pair_days);

    balance->sum = (float)fmax(0, (double)balance->sum * left + fresh);
    balance->out = (float)fmax((double)balance->sum, (double)balance->out * left + fmax(0, sent));
    balance->largest = (float)fmax((double)balance->largest * left, net);
    balance->talk_s = seconds_of(call->begin_ms);
    balance->talk_port = call->asset_port;
    balance->talk_net = (float)net;
    balance->talk_out = (float)call->octets_out;
    balance->last_s = MAX(balance->last_s, now_s);
}

static void
add_out(const Scorer *scorer, WatchState *state, const Call *call, double net, bool lasts)
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
    if (lasts) { /* it is added when it has ended */
        double left = left_after(balance->last_s, now_s, pair_days);
        double sum = (double)balance->sum * left + net;
        double out = (double)balance->out * left + call->octets_out;
        double largest = (double)balance->largest * left;
        if (net > 0)
            ask_out(scorer, state, call, balance, sum, sum - fmax(largest, net), fmax(out, sum));
        return;
    }
    add_talk(balance, call, net, now_s);
    double sum = (double)balance->sum;
    if (net > 0)
        ask_out(scorer, state, call, balance, sum, sum - (double)balance->largest, (double)balance->out);
}

/* ---- from inside ---- */

/* Is more traffic of the asset part of an alert already? */
static bool
is_loud(const Scorer *scorer, uint32_t asset)
{
    return scorer->assets[asset].quarantine != 0 || volume_is_alerted(scorer, &watch_hoarding, asset) ||
           volume_is_alerted(scorer, &watch_volume_in, asset);
}

/*
 * What is left of a conversation's octets when it ends, spread evenly over its life: sums fade by half in a
 * day, and those of a connection that is kept up for weeks have faded as well.
 */
static double
left_of_life(const Call *call, double half_life_days)
{
    double half_lives = (double)(call->end_ms - call->begin_ms) / 86400000 / half_life_days;

    return half_lives < 0.01 ? 1 : (1 - exp2(-half_lives)) / (half_lives * G_LN2);
}

/* Conversations that go on are part of what is fetched. Adds this one of @octets, or takes it away when it
 * has ended; returns what all together come to. */
static double
note_lasting(AssetPast *past, const Call *call, double octets, bool lasts)
{
    enum { HOUR_S = 3600 };
    uint32_t hour = seconds_of(call->end_ms) / HOUR_S;

    if (hour > past->hour) {
        past->lasting[1] = hour == past->hour + 1 ? past->lasting[0] : 0;
        past->lasting[0] = 0;
        past->hour = hour;
    }
    if (lasts)
        past->lasting[0] += (float)octets;
    else if (call->end_ms - call->begin_ms >= HOUR_S * 1000)
        for (int i = 0; i < 2; i++)
            past->lasting[i] = fmaxf(0, past->lasting[i] - (float)octets);
    return (double)fmaxf(past->lasting[0], past->lasting[1]);
}

static void
add_fetched(const Scorer *scorer, WatchState *state, const Call *call, bool lasts)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);
    uint32_t now_s = seconds_of(call->end_ms);
    double left = left_after(past->fetched_s, now_s, hoard_days);
    double octets = call->octets_in * left_of_life(call, hoard_days);
    double lasting = note_lasting(past, call, octets, lasts);
    double sum = (double)past->fetched * left + (lasts ? 0 : octets);
    double largest = fmax((double)past->largest * left, octets);

    if (!lasts) {
        past->fetched = (float)sum;
        past->largest = (float)largest;
        past->fetched_s = MAX(past->fetched_s, now_s);
    }
    sum += lasting;
    Sum asked = { .kind = FETCHED,
                  .x = { less_common(past, sum), less_common(past, sum - largest) },
                  .record = { record_of(past, FETCHED, WHOLE), record_of(past, FETCHED, REST) } };
    bool is_more = asked.x[WHOLE] >= (double)past->daily[FETCHED][WHOLE].today + 0.01 ||
                   asked.x[REST] >= (double)past->daily[FETCHED][REST].today + 0.01;
    note_sum(past, &asked);
    if (is_loud(scorer, call->asset))
        past->alerted |= 1u << FETCHED;
    if (!is_more) /* it was asked already */
        return;
    Odds found = odds(state->plain, scorer, past, call->asset, &asked, 1);
    pvalues_note(scorer->pvalues, watch_hoarding.name, call->asset, found.p, 1);
    const double numbers[CASE_NUMBERS] = { sum, unit * expm1(asked.record[WHOLE]), past->days,
                                           sum - largest };
    if (found.p < odd_p)
        take(scorer, state, &watch_hoarding, call, &found, numbers);
}

static bool
moves_out(const Call *call, double net)
{
    return call->far_asset == NONE && fabs(net) >= net_least && call->access != ACCESS_OWN &&
           call->access != ACCESS_PRIVATE;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    const AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, call->asset);

    if (!moves_out(call, call->octets_out - call->octets_in))
        return;
    want(list, 0, balance_key(scorer, call));
    __builtin_prefetch(past->daily[call->initiator == INITIATOR_ASSET ? TO_OLD : LADDER + TO_OLD], 1);
    __builtin_prefetch(&past->rise);
}

static void
look_at(const Scorer *scorer, WatchState *state, const Call *call, bool lasts)
{
    double net = call->octets_out - call->octets_in;

    if (moves_out(call, net))
        add_out(scorer, state, call, net, lasts);
    else if (call->far_asset != NONE && call->octets_in >= net_least && call->initiator == INITIATOR_ASSET)
        add_fetched(scorer, state, call, lasts);
}

static void
lasts(const Scorer *scorer, WatchState *state, const Call *call)
{
    look_at(scorer, state, call, true);
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    look_at(scorer, state, call, false);
}

/* ---- the day's end ---- */

/* Each asset's largest sums are learned; nothing is a sum too. */
static void
asset(Scorer *scorer, WatchState *state, uint32_t index, const WindowSums *sums, int64_t number)
{
    AssetPast *past = watch_of_asset(state, &watch_slow_exfiltration, index);
    Plain *plain = state->plain;
    bool is_alerted = false;

    (void)sums;
    past->rise = fmaxf(past->rise, scorer->assets[index].rise);
    if (!daily_ends(scorer, number))
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        bool is_first = first_of((SumKind)kind) == kind;
        is_alerted = (is_alerted && !is_first) || (past->alerted >> kind & 1) != 0;
        for (int part = 0; part < PARTS; part++)
            daily_end(&plain->pools[kind][part], &past->daily[kind][part], scorer->assets[index].role,
                      past->days, is_alerted);
    }
    past->alerted = 0;
    past->rise = 0;
    if (past->days < UINT16_MAX)
        past->days++;
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    if (!daily_ends(scorer, number))
        return;
    for (int kind = 0; kind < KINDS; kind++)
        for (int part = 0; part < PARTS; part++)
            daily_fade(&plain->pools[kind][part], scorer->n_roles);
}

/* ---- words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], sum[32], rest[32], before[32];
    bool is_old = is_to_old((SumKind)one->numbers[5]);

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    detector_octets_words((double)one->numbers[0], sum);
    detector_octets_words((double)one->numbers[6], rest);
    detector_octets_words((double)one->numbers[3], before);
    g_snprintf(
        out, room,
        "%s sent %s more to %s (port %u) than it got from there (%.3g times as much; %s without the largest "
        "conversation), within %.1f days and with what is old counting less; %.0f other assets call into "
        "that /%d. The most that it had sent to one far end %s was %s, and so much more is one day in %.0f "
        "of assets of its role",
        name, sum, ip_text(&one->far, far), one->service, (double)one->numbers[7], rest,
        (double)one->numbers[1], (double)one->numbers[2], ip_is_v4(&one->far) ? 24 : 48,
        is_old ? "that it has long known" : "that was as new to it", before, 1 / fmax((double)one->p, 1e-12));
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
    char name[80], sum[32], rest[32], usual[32];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    detector_octets_words((double)one->numbers[0], sum);
    detector_octets_words((double)one->numbers[3], rest);
    detector_octets_words((double)one->numbers[1], usual);
    g_snprintf(
        out, room,
        "%s fetched %s from other assets within about a day (%s without the largest conversation); the most "
        "of a day was %s in the %.0f days before, and so much more is one day in %.0f of assets of its role",
        name, sum, rest, usual, (double)one->numbers[2], 1 / fmax((double)one->p, 1e-12));
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
    .weighs_octets = true,
    .plain = sizeof(Plain),
    .per_asset = sizeof(AssetPast),
    .tables = { { .item = sizeof(Balance), .most = 4, .is_per_pair = true },
                [ONE_WAY_TABLE] = { .item = sizeof(OneWay), .most = ONE_WAY_SERVICES },
                [CROWDS] = { .item = sizeof(Crowd), .most = CROWDS_MOST },
                [JOINED] = { .item = sizeof(Joined), .most = JOINED_MOST } },
    .wants = wants,
    .lasts = lasts,
    .ended = ended,
    .asset = asset,
    .window = window,
    .explain = explain,
    .instead = instead
};
const Watch watch_hoarding = { .name = "hoarding",
                               .is_pivot = true,
                               .memory_days = 1,
                               .explain = explain_hoarding,
                               .instead = instead_hoarding };
