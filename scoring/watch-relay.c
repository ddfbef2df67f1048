/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-relay.c - what comes in from one end goes out to another: the asset passes on what is not its own
 *
 * A relay of an intruder (a port proxy, a SOCKS server on a router, a reverse proxy's inner leg) has two
 * legs: what comes in on one goes out on the other, and back; so octets cross over, and both begin and end
 * together. Load balancers, proxies and application tiers pass on all day. So three things are asked:
 *  - Can the match be chance? A server that is called often calls another one at once, so that both begin
 * together says nothing, and that both end together little. What counts is how close the octets come in both
 * directions, by how the role's sizes are spread (a histogram of both in octaves), times the number of
 * conversations that began about then. It is closeness that counts, not whether a tolerance is met: padding
 * of 30 % and clocks of a second weaken a match and no more. Each conversation with another near it is one
 * bet on the two ends, won by a match and lost by none, and the bets add up (an e-CUSUM, evidence.h); so what
 * matches now and then among a thousand, as of any busy server, comes to nothing, and what matches each time
 * does not.
 *  - Is it usual? A pair of networks for which the asset passes on is a habit (habit.h): how often do it and
 *    its role take up a new one? Proxies do by the hour, most others never. And how often does one grow? A
 *    mail server now and then sends on what it got from somebody, once; a relay does so forty times a day.
 *    Each time the matches of two ends have doubled is an event, counted by how many there were
 *    (gamma-Poisson, rate.h). A third of the stake is on the first match, the rest is spread evenly over the
 *    doublings, so that the sum over those that came is a bet as fair as each.
 *  - Who else passes on for the outer network?
 * What the asset passed on between in its first days it has not taken up, and how it grew is not known: for
 * all we know it was there before us. Within the house that is how applications are built. Else it may be a
 * proxy, or somebody who was faster than we. So the second question is put to its like instead, three days
 * later, when all have had the time: of the other assets of its role, leaning on all, how many have a pair of
 * ends whose matches have doubled as often? The stake is spread over the doublings as before; each comes
 * once, so the question may spend what the windows of a day may (daily_bonus), and lends nothing of that.
 * Either harmless answer explains it, so the evidence is the smaller of the first and of the others together.
 *
 * Not seen: a relay that mixes many streams into one leg, compresses, or keeps one leg open over many of the
 * other's sessions (that is a tunnel); legs of less than a few packets.
 */
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/habit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEGS = 7, BUCKET_MS = 8000, NEAR_MS = 3000, OCTAVES = 16, CHANCE_PAIR = 3, CHANCE_BUCKET = 1 };
enum { OUTSIDE = 0, INSIDE };                                 /* variants of habits: where the stranger is */
enum { DOUBLINGS = 8 };                                       /* from 2 matches to 256 */
enum { LEG_PACKETS = 5, LEG_OCTETS = 2000, OCTETS_FROM = 9 }; /* the first octave begins at 2^9 octets */
static const double bond_decibans = 30;                       /* of bets won, to be taken for a relay */
static const double most_octaves = 0.6; /* sizes apart by half as much again: padded by 30 %, and headers */
static const double least_octaves = 0.02, least_ms = 500, most_ms = 6000;
static const double late_share = 0.05; /* of its length, by which the other may end earlier or later */
static const double first_stake = 1.0 / 3;
static const int64_t settled_ms = 3 * (int64_t)86400000;
static const double fleet_weight = 4; /* assets of the role that the fleet's share stands for */
static const double ends_least = 0.1; /* that both end together is never worth more */

typedef struct Leg {
    int64_t begin_ms, end_ms;
    float in, out; /* octets to the asset and from it */
    uint32_t peer; /* slot; is the asset's, or the leg is void */
    uint16_t service;
    bool is_ours; /* the asset has called */
} Leg;

/* The same as it is kept: its times count from the bucket's beginning and its own. */
typedef struct KeptLeg {
    float in, out;
    uint32_t peer, lasted_ms;
    uint32_t service : 16, into_ms : 15, is_ours : 1;
} KeptLeg;
/* The latest of an asset's conversations that began within some seconds. */
typedef struct Bucket {
    uint32_t n; /* ever; the ring keeps the latest */
    KeptLeg legs[LEGS];
} Bucket;
G_STATIC_ASSERT(sizeof(Bucket) == 144 && BUCKET_MS < 1 << 15); /* three cache lines wherever it lies */

/* Two ends that the asset passes on between. */
typedef struct Bond {
    float decibans; /* of the matches so far, against chance */
    float rate_decibans, rate_p, own, days;
    float grown, grown_p; /* e-value and p-value of its doublings so far, under the past */
    uint16_t doublings;   /* that were counted */
    uint32_t matches;
    int64_t found_ms;
} Bond;

/* How often the matches between two ends of an asset have doubled, by how often they had before. */
typedef struct Growth {
    uint16_t events[HABIT_VARIANTS][DOUBLINGS];
} Growth;

typedef struct Sizes {
    float cell[OCTAVES][OCTAVES], total; /* by octaves to the asset and from it */
} Sizes;

typedef struct Plain {
    Habits habits; /* INSIDE is as common as it is dull */
    RatePools growth[HABIT_VARIANTS][DOUBLINGS];
    Sizes role[MOST_ROLES], fleet;
} Plain;

/* Table 0 holds buckets and table 1 habits and table 2 bonds. */

/* ---- how are sizes spread? ---- */

static int
octave(float octets)
{
    if (!(octets >= (float)(1u << OCTETS_FROM)))
        return 0;
    if (octets >= (float)(1u << (OCTETS_FROM + OCTAVES - 1)))
        return OCTAVES - 1;
    return 31 - __builtin_clz((uint32_t)octets) - OCTETS_FROM;
}

static void
teach_sizes(Sizes *sizes, const Leg *leg)
{
    sizes->cell[octave(leg->in)][octave(leg->out)] += 1;
    sizes->total += 1;
    if (sizes->total < 65536)
        return;
    for (int i = 0; i < OCTAVES; i++)
        for (int k = 0; k < OCTAVES; k++)
            sizes->cell[i][k] /= 2;
    sizes->total /= 2;
}

/* Share of conversations in this square octave; the role leans on the fleet, the fleet on all being alike. */
static double
density(const Plain *plain, uint32_t role, const Leg *leg)
{
    int in = octave(leg->in), out = octave(leg->out);
    const Sizes *own = &plain->role[role], *all = &plain->fleet;
    double fleet = ((double)all->cell[in][out] + 1) / ((double)all->total + 64);

    return fmin(1, fmax(0, ((double)own->cell[in][out] + 50 * fleet) / ((double)own->total + 50)));
}

/* ---- do two legs match? ---- */

/* How far apart, in octaves; @room: what cannot be told apart. */
static double
apart(float a, float b)
{
    return fabs(log2(fmax(1, (double)a) / fmax(1, (double)b)));
}

/* By more than most_octaves for sure, and that is nearly always: no logarithm is needed to know. */
static bool
is_far_apart(float a, float b)
{
    double larger = (double)MAX(1, MAX(a, b)), smaller = (double)MAX(1, MIN(a, b));

    return larger > 1.52 * smaller; /* most_octaves are a factor of 1.516 */
}

/* The chance that an unrelated conversation comes as close; 1: no match. Both legs' sizes are near. */
static double
chance_of(const Plain *plain, uint32_t role, const Leg *leg, const Leg *other)
{
    double end_ms = fabs((double)leg->end_ms - (double)other->end_ms);
    double lasted_ms = fmax(1000, (double)leg->end_ms - (double)leg->begin_ms);

    if (end_ms > most_ms + late_share * lasted_ms)
        return 1;
    double sizes[2] = { apart(leg->in, other->out), apart(leg->out, other->in) };
    if (sizes[0] > most_octaves || sizes[1] > most_octaves)
        return 1;
    double square = 2 * fmax(least_octaves, sizes[0]) * 2 * fmax(least_octaves, sizes[1]);
    double ends = fmax(least_ms, end_ms) / lasted_ms; /* as if lengths were spread over twice this one's */

    return fmin(1, square * density(plain, role, other)) * fmin(1, fmax(ends_least, ends));
}

typedef struct Match {
    bool has_leg;    /* false: nothing near */
    Leg leg;         /* the closest in size; where none is, in time */
    double p;        /* of so close a one, all candidates counted */
    double begin_ms; /* how far apart they began */
    uint32_t candidates;
} Match;
/* A call's leg with its match: what is left until the block is over. */
typedef struct Meeting {
    const Call *call;
    Leg leg;
    Match match;
} Meeting;

static void
keep_leg(Bucket *bucket, const Leg *leg)
{
    bucket->legs[bucket->n++ % LEGS] =
        (KeptLeg){ .in = leg->in,
                   .out = leg->out,
                   .peer = leg->peer,
                   .lasted_ms = (uint32_t)MIN(UINT32_MAX, MAX(0, leg->end_ms - leg->begin_ms)),
                   .service = leg->service,
                   .into_ms = (uint32_t)(leg->begin_ms % BUCKET_MS) & 0x7fff,
                   .is_ours = leg->is_ours };
}

static int64_t
kept_begin_ms(const KeptLeg *kept, int64_t number)
{
    return number * BUCKET_MS + kept->into_ms;
}

static Leg
kept_leg(const KeptLeg *kept, int64_t number)
{
    int64_t begin_ms = kept_begin_ms(kept, number);

    return (Leg){ .begin_ms = begin_ms,
                  .end_ms = begin_ms + kept->lasted_ms,
                  .in = kept->in,
                  .out = kept->out,
                  .peer = kept->peer,
                  .service = kept->service,
                  .is_ours = kept->is_ours };
}

/* In bucket @number; NULL: nothing began then. */
static void
search(const Plain *plain, uint32_t role, const Bucket *bucket, int64_t number, const Leg *leg, Match *best)
{
    for (uint32_t i = 0; bucket != NULL && i < MIN(bucket->n, LEGS); i++) {
        const KeptLeg *kept = &bucket->legs[i];
        double begin_ms = fabs((double)leg->begin_ms - (double)kept_begin_ms(kept, number)), p = 1;
        if (kept->peer == leg->peer || begin_ms > most_ms)
            continue;
        best->candidates++;
        bool is_near = !is_far_apart(leg->in, kept->out) && !is_far_apart(leg->out, kept->in);
        if (!is_near && (best->p < 1 || begin_ms >= best->begin_ms))
            continue;
        Leg other = kept_leg(kept, number);
        if (is_near)
            p = chance_of(plain, role, leg, &other);
        if (p > best->p || (p == best->p && begin_ms >= best->begin_ms))
            continue;
        best->has_leg = true;
        best->leg = other;
        best->p = p;
        best->begin_ms = begin_ms;
    }
}

/* ---- they do ---- */

/* The stranger's leg: outside before inside, then the one that called. */
static bool
is_outer(const Scorer *scorer, const Leg *leg, const Leg *other)
{
    bool is_own = scorer->peers[leg->peer].access == ACCESS_OWN;
    bool other_own = scorer->peers[other->peer].access == ACCESS_OWN;

    return is_own != other_own ? !is_own : !leg->is_ours;
}

/* Between the outer network and the inner address. */
static uint64_t
bond_key(const Scorer *scorer, uint32_t asset, const Peer *outer, const Peer *inner)
{
    IpAddress block = { { 0 } };
    uint32_t hash = (uint32_t)scorer_address_hash(scorer, &inner->address);

    if (outer->asn == 0)
        memcpy(block.bytes, outer->address.bytes, ip_is_v4(&outer->address) ? 15 : 6);
    return watch_key(scorer, asset, outer->asn, hash, &block);
}

/* NULL: not there, and not worth making. */
static Bond *
bond_of(const HabitBook *book, uint32_t asset, const Peer *outer, const Peer *inner, bool make)
{
    uint64_t key = bond_key(book->scorer, asset, outer, inner);

    return make ? watch_item(book->state, 2, &watch_relay, key, CHANCE_PAIR, NULL)
                : watch_find(book->state, 2, &watch_relay, key);
}

/* Two ends that the asset passed on between in its first days had done so before, for all we know. */
static bool
is_born(const Scorer *scorer, uint32_t asset, const Bond *bond)
{
    return bond->found_ms < scorer->assets[asset].first_ms + (int64_t)HABIT_BORN_DAYS * 86400000;
}

/* Its matches have doubled, perhaps. What is alerted does not teach. How those grow that were there is no
 * news, and teaches. */
static void
grow(const Scorer *scorer, WatchState *state, uint32_t asset, Bond *bond, uint32_t variant, bool teaches)
{
    Plain *plain = state->plain;
    Growth *own = watch_of_asset(state, &watch_relay, asset);

    while (bond->doublings < DOUBLINGS && bond->matches >= 2u << bond->doublings) {
        uint16_t *events = &own->events[variant][bond->doublings];
        RatePools *pools = &plain->growth[variant][bond->doublings++];
        CountModel model = rate_model(pools, scorer, asset, *events, 0);
        double e = count_e(&model, 1, scorer->windows_per_day, BET_ONE);
        if (!is_born(scorer, asset, bond)) {
            bond->grown += (float)fmin(1e12, e * (1 - first_stake) / DOUBLINGS);
            bond->grown_p = fminf(bond->grown_p, (float)(DOUBLINGS * rate_day_p(&model, scorer, 1)));
        }
        if (!teaches)
            continue;
        rate_teach(pools, scorer, asset, *events);
        if (*events < UINT16_MAX)
            ++*events;
    }
}

/* Of an asset's role, leaning on all, itself left out: which share has two ends whose matches have doubled so
 * often? *@others: how many of all. */
static double
share_with(const HabitBook *book, uint32_t asset, uint32_t doubling, double *others)
{
    const Scorer *scorer = book->scorer;
    const Plain *plain = book->state->plain;
    const Growth *own = watch_of_asset(book->state, &watch_relay, asset);
    const RatePools *pools = &plain->growth[book->variant][doubling];
    uint32_t role = scorer->assets[asset].role;
    bool is_one = own->events[book->variant][doubling] > 0;
    double fleet = (fmax(0, pools->fleet.assets_with - is_one) + 1) / MAX(1, scorer->n_assets);
    double in_role = fmax(0, pools->role[role].assets_with - is_one),
           n = fmax(0, (double)scorer->roles[role].assets - 1);

    *others = fmax(0, pools->fleet.assets_with - is_one);
    return fmin(1, (fmin(in_role, n) + fleet_weight * fleet) / (n + fleet_weight));
}

/* An asset that passes on for many has so many chances that one of them comes far. */
static double
chances(const HabitBook *book, uint32_t asset)
{
    const Growth *own = watch_of_asset(book->state, &watch_relay, asset);

    return MAX(1, own->events[book->variant][0]);
}

/* What is held against a pair of ends for how it is used, an e-value. */
typedef struct Use {
    double e, p, bonus; /* @bonus: decibans */
    double others;      /* assets with such a pair; of one that was there, and has settled */
    bool is_settled;
} Use;

static Use
use_of(const HabitBook *book, uint32_t asset, const Bond *bond)
{
    const Scorer *scorer = book->scorer;
    Use use = { .e = e_of_decibans((double)bond->rate_decibans) * first_stake + (double)bond->grown,
                .p = fmin((double)bond->rate_p, (double)bond->grown_p) };
    uint32_t doublings = MIN(bond->doublings, DOUBLINGS);

    if (book->variant != OUTSIDE || !is_born(scorer, asset, bond) || doublings == 0 ||
        scorer->moment.now_ms - bond->found_ms < settled_ms)
        return use;
    use = (Use){ .p = 1, .bonus = daily_bonus(scorer), .is_settled = true };
    for (uint32_t i = 0; i < doublings; i++) {
        double share = fmin(1, chances(book, asset) * share_with(book, asset, i, &use.others));
        use.e += 1 / share / DOUBLINGS;
        use.p = fmin(use.p, DOUBLINGS * share);
    }
    return use;
}

static void
give_opinion(const HabitBook *book, const Bond *bond, const HabitView *view, const Call *outer,
             const Match *match, const Call *call, const IpAddress *inner)
{
    Use use = use_of(book, call->asset, bond);
    double least_p = fmin(use.p, view->crowd.p), usual = decibans_of(use.e) + view->crowd.decibans;
    Opinion opinion = { .watch = &watch_relay,
                        .asset = call->asset,
                        .far = &outer->far,
                        .third = inner,
                        .service = outer->service,
                        .protocol = call->protocol,
                        .p = fmin(1, fmax(pow(10, -(double)bond->decibans / 10), 3 * least_p)),
                        .decibans = fmin((double)bond->decibans, usual) + use.bonus,
                        .overlap = (double)bond->rate_decibans + use.bonus,
                        .numbers = { bond->matches, match->p, view->others_as, view->others_block,
                                     (double)bond->own, (double)bond->days, use.is_settled, use.others },
                        .call = call };

    if (use.is_settled && usual <= 0)
        return;
    watch_says(book->state, &opinion);
}

static void
ask_rate(Bond *bond, const HabitView *view, int64_t now_ms)
{
    if (bond->found_ms > 0 && bond->found_ms <= now_ms)
        return;
    bond->found_ms = now_ms;
    bond->grown_p = 1;
    bond->rate_decibans = (float)view->rate_decibans;
    bond->rate_p = (float)view->rate_p;
    bond->own = (float)view->own;
    bond->days = (float)view->days;
}

static void
take_match(const Scorer *scorer, WatchState *state, const Leg *leg, const Match *match, const Call *call)
{
    Plain *plain = state->plain;
    bool is_first = is_outer(scorer, leg, &match->leg);
    const Leg *outer_leg = is_first ? leg : &match->leg, *inner_leg = is_first ? &match->leg : leg;
    const Peer *outer = &scorer->peers[outer_leg->peer], *inner = &scorer->peers[inner_leg->peer];
    uint32_t is_inside = outer->access == ACCESS_OWN ? INSIDE : OUTSIDE;
    HabitBook book = { scorer, state, &watch_relay, 1, &plain->habits, is_inside, 0 };
    Call stranger = { .asset = call->asset,
                      .peer = outer_leg->peer,
                      .far = outer->address,
                      .asn = outer->asn,
                      .service = outer_leg->service };
    double e = e_of_p(match->p);
    Bond *bond = bond_of(&book, call->asset, outer, inner, e > 1);

    if (bond == NULL)
        return;
    bond->decibans = (float)fmax(0, cusum_step((double)bond->decibans, e));
    if (e <= 1)
        return;
    bond->matches++;
    if (!((double)bond->decibans >= bond_decibans))
        return;
    HabitView view = habit_look(&book, &stranger, leg->begin_ms);
    bool teaches = !case_is_alerted(scorer, &watch_relay, call->asset, &stranger.far);
    ask_rate(bond, &view, scorer->moment.now_ms);
    grow(scorer, state, call->asset, bond, is_inside, teaches);
    give_opinion(&book, bond, &view, &stranger, match, call, &inner->address);
    if (teaches)
        habit_keep(&book, &stranger, &view);
}

/* ---- a conversation has ended ---- */

static bool
is_leg(const Call *call)
{
    return MIN(call->packets_in, call->packets_out) >= LEG_PACKETS && call->peer != NONE &&
           call->octets_in + call->octets_out >= LEG_OCTETS;
}

static uint64_t
bucket_key(const Scorer *scorer, uint32_t asset, int64_t number)
{
    return watch_key(scorer, asset, (uint32_t)number, 0, NULL);
}

static const Bucket *
bucket_at(const Scorer *scorer, const WatchState *state, uint32_t asset, int64_t number)
{
    return watch_find(state, 0, &watch_relay, bucket_key(scorer, asset, number));
}

/* By how many buckets the other one is away in which there may be something near; 0: there is none. */
static int
neighbour_of(int64_t begin_ms)
{
    int64_t into_ms = begin_ms % BUCKET_MS;

    return into_ms < NEAR_MS ? -1 : into_ms >= BUCKET_MS - NEAR_MS ? 1 : 0;
}

static Match
find_match(const Scorer *scorer, const WatchState *state, const Call *call, const Leg *leg,
           const Bucket *bucket)
{
    int64_t number = leg->begin_ms / BUCKET_MS;
    int aside = neighbour_of(leg->begin_ms);
    const Plain *plain = state->plain;
    uint32_t role = scorer->assets[call->asset].role;
    Match best = { .p = 1, .begin_ms = INFINITY };

    search(plain, role, bucket, number, leg, &best);
    if (aside != 0)
        search(plain, role, bucket_at(scorer, state, call->asset, number + aside), number + aside, leg,
               &best);
    best.p = fmin(1, best.p * best.candidates);
    return best;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    int64_t number = call->begin_ms / BUCKET_MS, other = number + neighbour_of(call->begin_ms);

    (void)state;
    if (!is_leg(call))
        return;
    want(list, 0, bucket_key(scorer, call->asset, number));
    if (other != number)
        want_if_there(list, 0, bucket_key(scorer, call->asset, other));
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;

    if (!is_leg(call))
        return;
    Leg leg = { .begin_ms = call->begin_ms,
                .end_ms = call->end_ms,
                .in = (float)call->octets_in,
                .out = (float)call->octets_out,
                .peer = call->peer,
                .service = call->service,
                .is_ours = call->initiator == INITIATOR_ASSET };
    uint64_t key = bucket_key(scorer, call->asset, leg.begin_ms / BUCKET_MS);
    Bucket *bucket = watch_item(state, 0, &watch_relay, key, CHANCE_BUCKET, NULL);
    Match match = find_match(scorer, state, call, &leg, bucket);
    if (match.has_leg)
        watch_leaves(state, &(Meeting){ .call = call, .leg = leg, .match = match });
    keep_leg(bucket, &leg);
    teach_sizes(&plain->role[scorer->assets[call->asset].role], &leg);
    teach_sizes(&plain->fleet, &leg);
}

/* Whose the legs are, stands in the table of peers. */
static bool
is_own_leg(const Scorer *scorer, const Meeting *meeting)
{
    uint32_t peer = meeting->match.leg.peer;

    return peer < key_table_slots(&scorer->peer_keys) && scorer->peers[peer].asset == meeting->call->asset;
}

static void
foresee(const Scorer *scorer, const WatchState *state, const void *note, int step)
{
    const Meeting *meeting = note;
    const Leg *leg = &meeting->leg, *other = &meeting->match.leg;

    if (step == 0) {
        __builtin_prefetch(&scorer->peers[leg->peer]);
        __builtin_prefetch(&scorer->peers[other->peer % key_table_slots(&scorer->peer_keys)]);
    } else if (is_own_leg(scorer, meeting)) {
        bool is_first = is_outer(scorer, leg, other);
        const Peer *peer = &scorer->peers[leg->peer], *far = &scorer->peers[other->peer];
        key_table_prefetch(&state->keys[2], bond_key(scorer, meeting->call->asset, is_first ? peer : far,
                                                     is_first ? far : peer));
    }
}

static void
settle(const Scorer *scorer, WatchState *state, const void *note)
{
    const Meeting *meeting = note;

    if (is_own_leg(scorer, meeting))
        take_match(scorer, state, &meeting->leg, &meeting->match, meeting->call);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    habit_window(&plain->habits, scorer);
    for (int i = 0; i < HABIT_VARIANTS * DOUBLINGS; i++)
        rate_window(&plain->growth[i / DOUBLINGS][i % DOUBLINGS], scorer);
}

/* ---- in words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    uint32_t asn = place_table_find(scorer->places, &one->far)->asn;
    char name[80], far[IP_TEXT], inner[IP_TEXT], crowd[120], since[100], closeness[40];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    ip_text(&one->third, inner);
    detector_rarity_words((double)one->numbers[1], closeness);
    habit_crowd_words(asn, (double)one->numbers[2], (double)one->numbers[3], crowd, sizeof crowd);
    if (one->numbers[6] > 0)
        g_snprintf(since, sizeof since, "it has from its first days on, %.0f of %u other assets so often",
                   (double)one->numbers[7], scorer->n_assets - 1);
    else
        g_snprintf(since, sizeof since, "it had begun to for %.0f networks in %.1f days",
                   (double)one->numbers[4], (double)one->numbers[5]);
    g_snprintf(
        out, room,
        "%s passes on between %s (port %u) and %s: %.0f pairs of conversations with crossed octets and the "
        "same times (so close by chance: %s); %s, and %s",
        name, far, one->service, inner, (double)one->numbers[0], closeness, since, crowd);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    g_strlcpy(out,
              one->numbers[6] > 0 ? "others of its role that pass on between two ends as often"
                                  : "an asset that passes on for many networks every day",
              room);
}

const Watch watch_relay = {
    .name = "relay",
    .needs = CALL_ANSWERED,
    .memory_days = 7,
    .plain = sizeof(Plain),
    .per_asset = sizeof(Growth),
    .tables = { { .item = sizeof(Bucket), .head = offsetof(Bucket, legs), .most = 32, .is_per_pair = true },
                { .item = sizeof(HabitItem), .most = 16, .is_per_pair = true },
                { .item = sizeof(Bond), .most = 32, .is_per_pair = true } },
    .wants = wants,
    .ended = ended,
    .note = sizeof(Meeting),
    .foresee = foresee,
    .settle = settle,
    .window = window,
    .explain = explain,
    .instead = instead
};
