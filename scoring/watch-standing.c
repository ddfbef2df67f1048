/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-standing.c - what an asset keeps up with a far end for days, and none of its like keeps up
 *
 * All other watches look for change, and to whom was there before the first record nothing changes: his way
 * in is part of what is usual. What he cannot be is like the others. So once a day a census is taken of all
 * that is standing: pairs with a far end outside that have spoken for three days and more, and lately. Each
 * has traits: who called, what the far network is for, how few other assets have to do with it, how few of
 * the role use such a port, how often a day the two speak; and the manner of it: how much more is sent there
 * a day than comes back, whether a conversation went on for an hour. (How strictly by the clock is asked by
 * watch-beacon.c and watch-fast-beacon.c, whose evidence is added: the same is not asked twice.) Each trait
 * has a share: of the assets of this role, leaning on all assets, that have any pair in this direction, how
 * many keep up one that has it, or a rarer grade of it? The product of the shares (of the manners the rarest
 * alone, times their number), times the number of pairs that the asset keeps up (it has so many chances), is
 * how odd a pair is. The traits hang together, so the product promises nothing by itself: it is ranked among
 * those of all other assets (peer group analysis: Bolton and Hand, "Unsupervised profiling methods for fraud
 * detection", 2001; calibrate.h for the rank and its tail), the asset itself left out. Of each asset the
 * oddest pair that nobody has been told of is asked, once a day.
 *
 * It is asked once a day, so it may spend what the windows of a day would have spent (daily_bonus); what it
 * lends to others is without that. Among two hundred assets a rank alone is worth little more than two
 * hundred to one, so few lead here: those far out in the tail, and those of whom another watch has something
 * to say.
 *
 * Bounded: eight times a day the table of peers is read for an eighth of the assets, so that all have had
 * their turn after a day. Not seen: what half of a role has taken in, pairs within the house, and networks of
 * fewer than a hundred assets, where a rank says too little.
 */
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OUT = 0, IN, DIRECTIONS };
enum { CALLED = 0, CALLED_BY, SPOKEN_WITH };
/* What a far network is for: a home's line, a machine for rent, somebody's copies, an organisation's own. */
enum { KIND_UNKNOWN = 0, KIND_HOME, KIND_HOSTING, KIND_CDN, KIND_ORGANISATION, KINDS };
/* Who the far end is and how much the two have to do with each other; then in which manner. */
typedef enum Trait {
    TRAIT_ANY = 0,
    TRAIT_CLASS,
    TRAIT_CROWD,
    TRAIT_PORT,
    TRAIT_CALLS,
    TRAIT_VOLUME,
    TRAIT_LONG,
    N_TRAITS,
    FIRST_MANNER = TRAIT_VOLUME
} Trait;
/* Grades of each; but for the class the first is the rarest, and who has one has those behind it. */
static const uint8_t grades[N_TRAITS] = { 1, KINDS, 5, 6, 6, 7, 2 };
enum { GRADES = 1 + KINDS + 5 + 6 + 6 + 7 + 2 };
G_STATIC_ASSERT(GRADES <= 64);
enum { ASSETS_LEAST = 100, PORTS_MOST = 4, PARTS = 8 };
static const int64_t day_s = 86400;
static const uint32_t stood_s = 3 * 86400, lately_s = 36 * 3600, flows_least = 6, callers_few = 4,
                      quiet_censuses = 7;
static const int64_t quiet_ms = 6 * (int64_t)86400000; /* and the day of the alert */
static const double fleet_weight = 4; /* assets of the role that the fleet's share stands for */
static const double small_p = 0.02, kappa = 2.0 / 3, audit_days = 14;

typedef struct Pair {
    IpAddress far;
    float surprise; /* nats, less the logarithm of the chances */
    uint16_t port;
    uint8_t caller, others, beats_log2; /* @caller: as in the words */
    uint8_t is_there;
    float share_class, share_port, share_crowd;
    float days, flows;
} Pair;

/* Of an asset. */
typedef struct Standing {
    /* A bit for each grade that one of its pairs has: in this census, in the last. */
    uint64_t now[DIRECTIONS], before[DIRECTIONS];
    uint32_t pairs_now[DIRECTIONS], pairs_before[DIRECTIONS];
    Pair oddest;
} Standing;

/* How many assets keep up a pair at this port, of a role, or of all; or how many far ends call an asset
 * there. */
typedef struct PortUse {
    uint32_t census, now, before;
    uint32_t told; /* of an asset's: the census after which it was told of one */
} PortUse;

typedef struct Plain {
    float assets[MOST_ROLES], all; /* that keep up anything, in the last census */
    float with[MOST_ROLES][DIRECTIONS][GRADES], all_with[DIRECTIONS][GRADES];
    ResidualSketch surprises; /* of the oddest pairs, one for each asset, in the census being judged */
    uint32_t part, census;    /* the next part to read; number of the census */
    uint32_t windows;         /* since the last part was read */
} Plain;

static uint32_t
bit_of(Trait trait, uint32_t grade)
{
    uint32_t bit = 0;

    for (int i = 0; i < (int)trait; i++)
        bit += grades[i];
    return bit + grade;
}

/* Bits of @grade and of those behind it. */
static uint64_t
bits_of(Trait trait, uint32_t grade)
{
    uint64_t bits = 0;

    for (uint32_t i = grade; i < (trait == TRAIT_CLASS ? grade + 1 : grades[trait]); i++)
        bits |= (uint64_t)1 << bit_of(trait, i);
    return bits;
}

/* ---- shares ---- */

/* Of @n assets of the role and @all, how many; the asset itself left out of all four where @is_one. */
static double
share_of(double role, double n, double fleet, double all, bool is_one)
{
    double rarest = fmax(0, fleet - is_one) + 0.5, of = fmax(1, all - 1) + 1;

    return (fmax(0, role - is_one) + fleet_weight * rarest / of) / (fmax(0, n - 1) + fleet_weight);
}

/* @whose: a role, NONE for all, or MOST_ROLES and an asset's index. */
static PortUse *
port_use(const Scorer *scorer, WatchState *state, uint32_t whose, uint32_t direction, uint16_t port,
         bool is_made)
{
    const Plain *plain = state->plain;
    uint64_t key = watch_key(scorer, whose, direction, port, NULL);
    PortUse *use = is_made ? watch_item(state, 0, &watch_standing, key, 1, NULL)
                           : watch_find(state, 0, &watch_standing, key);

    if (use != NULL && use->census != plain->census) {
        use->before = use->census + 1 == plain->census ? use->now : 0;
        use->now = 0;
        use->census = plain->census;
    }
    return use;
}

static uint64_t
port_key(const Scorer *scorer, uint32_t asset, uint32_t direction, uint16_t port, uint32_t census)
{
    return watch_key(scorer, asset, direction << 16 | port, census, NULL);
}

static void
count_port(const Scorer *scorer, WatchState *state, uint32_t asset, uint32_t direction, uint16_t port)
{
    const Plain *plain = state->plain;

    port_use(scorer, state, MOST_ROLES + asset, direction, port, true)->now++;
    if (!watch_add(state, 1, port_key(scorer, asset, direction, port, plain->census), 1))
        return;
    port_use(scorer, state, scorer->assets[asset].role, direction, port, true)->now++;
    port_use(scorer, state, NONE, direction, port, true)->now++;
}

static double
port_share(const Scorer *scorer, WatchState *state, uint32_t asset, uint32_t direction, uint16_t port)
{
    const Plain *plain = state->plain;
    uint32_t role = scorer->assets[asset].role;
    const PortUse *of_role = port_use(scorer, state, role, direction, port, false),
                  *of_all = port_use(scorer, state, NONE, direction, port, false);
    uint64_t own = port_key(scorer, asset, direction, port, plain->census - 1);
    bool is_one = key_table_find(&state->keys[1], own) != KEYED_NONE;

    return share_of(of_role != NULL ? of_role->before : 0, (double)plain->assets[role],
                    of_all != NULL ? of_all->before : 0, (double)plain->all, is_one);
}

/* Of those of the role with any pair of that direction; or, whether they have any, of all of them. */
static double
share_in_role(const Plain *plain, uint32_t role, bool is_own, uint32_t direction, uint32_t bit, bool has_it)
{
    const float *with = plain->with[role][direction], *all_with = plain->all_with[direction];
    bool is_any = bit == bit_of(TRAIT_ANY, 0);
    double n = (double)(is_any ? plain->assets[role] : with[0]), self = is_own ? 0 : 1;

    return share_of((double)with[bit] + has_it * self, n + self, (double)all_with[bit],
                    (double)(is_any ? plain->all : all_with[0]), has_it);
}

/* Of whom nobody knows yet what it is, any role may be its own. */
static double
trait_share(const Scorer *scorer, const Plain *plain, uint32_t asset, const Standing *standing,
            uint32_t direction, Trait trait, uint32_t grade)
{
    uint32_t role = scorer->assets[asset].role, bit = bit_of(trait, grade);
    bool has_it = (standing->before[direction] >> bit & 1) != 0;
    double share = share_in_role(plain, role, true, direction, bit, has_it);

    for (uint32_t i = 0; i < scorer->n_roles && scorer->roles[role].name[0] == '\0'; i++)
        share = fmax(share, share_in_role(plain, i, i == role, direction, bit, has_it));
    return share;
}

/* ---- the census ---- */

static uint32_t
grade_of_crowd(uint32_t others)
{
    return others == 0 ? 0 : others == 1 ? 1 : others < 4 ? 2 : others < 10 ? 3 : 4;
}

static uint32_t
kind_of(uint8_t access)
{
    switch (access) {
    case ACCESS_UNKNOWN:
        return KIND_UNKNOWN;
    case ACCESS_RESIDENTIAL:
    case ACCESS_MOBILE:
    case ACCESS_SATELLITE:
        return KIND_HOME;
    case ACCESS_HOSTING:
        return KIND_HOSTING;
    case ACCESS_CDN:
        return KIND_CDN;
    default:
        return KIND_ORGANISATION;
    }
}

/* By the share of the role that has a pair at such a port. That one port is seen nowhere else says little
 * where many keep up one of their own (Good, "The population frequencies of species", Biometrika 1953). */
static uint32_t
grade_of_port(double share)
{
    static const double most[] = { 0.003, 0.01, 0.03, 0.1, 0.3 };
    uint32_t grade = 0;

    while (grade < G_N_ELEMENTS(most) && share > most[grade])
        grade++;
    return grade;
}

/* Three hundred a day and more, a hundred, thirty, ten, three; fewer. */
static uint32_t
grade_of_calls(double a_day)
{
    static const double least[] = { 300, 100, 30, 10, 3 };
    uint32_t grade = 0;

    while (grade < G_N_ELEMENTS(least) && a_day < least[grade])
        grade++;
    return grade;
}

/* Beyond what came back: a gigabyte a day and more, and down by factors of ten to less than ten kilobytes. */
static uint32_t
grade_of_volume(double octets_a_day)
{
    return (uint32_t)fmin(6, fmax(0, ceil(9 - log10(fmax(1, octets_a_day)))));
}

static uint32_t
beats_of(const Scorer *scorer, const Peer *peer)
{
    uint32_t most = 0;

    for (int i = 0; i < PORTS_MOST && peer->services[i] != 0; i++)
        for (uint8_t protocol = 6; protocol <= 17; protocol += 11)
            most = MAX(most, beacon_beats(scorer, peer->asset, &peer->address, peer->services[i], protocol));
    return most;
}

static bool
is_standing(const Scorer *scorer, const Peer *peer, uint32_t now_s)
{
    return peer->asset < scorer->n_assets && peer->access != ACCESS_OWN && peer->access != ACCESS_PRIVATE &&
           peer->access < N_ACCESS_CLASSES && peer->flows >= flows_least && peer->services[0] != 0 &&
           peer->last_s >= peer->first_s + stood_s && peer->last_s + lately_s >= now_s &&
           scorer_find_asset(scorer, &peer->address) == NONE;
}

/* Told within the week, or called harmless: the next one is the oddest then. */
static bool
is_told(const Scorer *scorer, const Peer *peer)
{
    const Case *one = case_find(scorer, &watch_standing, peer->asset, &peer->address, 0, 0);
    int64_t now_ms = scorer->clock.now_ms;

    return one != NULL && (one->forgiven_until_ms > now_ms || one->alerted_until_ms + quiet_ms > now_ms);
}

/*
 * Whoever offers something to many is called by all sorts, and did not choose them; and what an asset does at
 * one port (a monitor's polls, a gateway's guests) has one reason mostly, and is told of once a week.
 */
static bool
has_one_reason(const Scorer *scorer, WatchState *state, const Peer *peer, uint32_t direction, uint16_t port)
{
    const Plain *plain = state->plain;
    const PortUse *use = port_use(scorer, state, MOST_ROLES + peer->asset, direction, port, false);

    return use != NULL && ((direction == IN && use->before > callers_few) ||
                           (use->told > 0 && use->told + quiet_censuses > plain->census));
}

/* Of equals that of the lower address, so that the order of reading does not matter. */
static bool
is_odder(const Pair *self, const Pair *other)
{
    if (!other->is_there || self->surprise != other->surprise)
        return !other->is_there || self->surprise > other->surprise;
    return memcmp(self->far.bytes, other->far.bytes, sizeof self->far.bytes) < 0;
}

/* The rarest of an asset's ports with a peer. */
static double
rarest_port(const Scorer *scorer, WatchState *state, const Peer *peer, uint32_t direction, uint16_t *port)
{
    double rarest = 2;

    for (int i = 0; i < PORTS_MOST && peer->services[i] != 0; i++) {
        double share = port_share(scorer, state, peer->asset, direction, peer->services[i]);
        if (share >= rarest)
            continue;
        rarest = share;
        *port = peer->services[i];
    }
    return rarest;
}

/*
 * In nats. Who it is and how often, is one question after the other. In which manner is one in several forms
 * (a long conversation carries more as well), so the oddest speaks for all, and pays for the choice.
 */
static double
surprise_of(const double shares[N_TRAITS], double pairs)
{
    double surprise = -log(fmax(1, pairs)), least = 1;

    for (int i = 0; i < FIRST_MANNER; i++)
        surprise -= log(shares[i]);
    for (int i = FIRST_MANNER; i < N_TRAITS; i++)
        least = fmin(least, shares[i] * (N_TRAITS - FIRST_MANNER));
    return surprise - log(least);
}

static void
judge(const Scorer *scorer, WatchState *state, const Peer *peer, const uint32_t grade[N_TRAITS],
      uint32_t direction, const Pair *facts)
{
    const Plain *plain = state->plain;
    Standing *standing = watch_of_asset(state, &watch_standing, peer->asset);
    double shares[N_TRAITS];
    Pair pair = *facts;

    for (int i = 0; i < N_TRAITS; i++)
        shares[i] = trait_share(scorer, plain, peer->asset, standing, direction, (Trait)i, grade[i]);
    pair.surprise = (float)surprise_of(shares, standing->pairs_before[direction]);
    if (!isfinite(pair.surprise) || !is_odder(&pair, &standing->oddest) ||
        has_one_reason(scorer, state, peer, direction, pair.port) || is_told(scorer, peer))
        return;
    pair.share_class = (float)shares[TRAIT_CLASS];
    pair.share_port = (float)shares[TRAIT_PORT];
    pair.share_crowd = (float)shares[TRAIT_CROWD];
    standing->oddest = pair;
}

static void
take_peer(const Scorer *scorer, WatchState *state, const Peer *peer)
{
    const Plain *plain = state->plain;
    Standing *standing = watch_of_asset(state, &watch_standing, peer->asset);
    bool has_called = (peer->flags & PEER_CALLED) != 0,
         is_in = !has_called && (peer->flags & PEER_CALLS_US) != 0;
    uint32_t direction = is_in ? IN : OUT, beats = beats_of(scorer, peer);
    double given = fmax(0, (double)peer->octets_out - (double)peer->octets_in);
    double days = ((double)peer->last_s - (double)peer->first_s) / (double)day_s;
    FleetView fleet = fleet_look(scorer, peer->asset, peer->asn, &peer->address);
    Pair facts = { .far = peer->address,
                   .caller = is_in        ? CALLED_BY
                             : has_called ? CALLED
                                          : SPOKEN_WITH,
                   .others = (uint8_t)MIN(255, fleet.others_block),
                   .beats_log2 = (uint8_t)(beats > 0 ? 1 + log2(beats) : 0),
                   .is_there = 1,
                   .days = (float)days,
                   .flows = (float)peer->flows };
    const uint32_t grade[N_TRAITS] = { 0,
                                       kind_of(peer->access),
                                       grade_of_crowd(fleet.others_block),
                                       grade_of_port(
                                           rarest_port(scorer, state, peer, direction, &facts.port)),
                                       grade_of_calls(peer->flows / days),
                                       grade_of_volume(given / days),
                                       !peer->is_long };

    standing->pairs_now[direction]++;
    for (int i = 0; i < N_TRAITS; i++)
        standing->now[direction] |= bits_of((Trait)i, grade[i]);
    for (int i = 0; i < PORTS_MOST && peer->services[i] != 0; i++)
        count_port(scorer, state, peer->asset, direction, peer->services[i]);
    if (plain->all >= ASSETS_LEAST)
        judge(scorer, state, peer, grade, direction, &facts);
}

/* ---- a day is over ---- */

/*
 * A bet on small p-values alone, for larger ones would be told of nobody: one of the calibrators k p^(k-1),
 * which are worth 1 on the average (Vovk and Wang 2021, evidence.h), drawn together to what is smaller than
 * one in fifty. It is a flat one, since what lies beyond the ranks is a formula's. It does not look at the
 * threshold: what is just odd lends weight to what others find, and what is odder still is told of. As weeks
 * pass the bet gets smaller: what was there from the start has been asked by then.
 */
static double
bet_of(const Scorer *scorer, double p)
{
    double days = (double)(scorer->clock.now_ms - scorer->clock.first_ms) / 86400e3;

    if (p >= small_p)
        return 0;
    return fmin(1, audit_days / fmax(1, days)) * kappa / small_p * pow(p / small_p, kappa - 1);
}

/* The asset has one such question a day, and not one in each window. */
static void
tell(Scorer *scorer, WatchState *state, uint32_t asset, const Pair *pair)
{
    Plain *plain = state->plain;

    sketch_count_part(&plain->surprises, (double)pair->surprise, -1);
    double p = sketch_tempered_p(&plain->surprises, (double)pair->surprise);
    sketch_count_part(&plain->surprises, (double)pair->surprise, 1);
    double e = bet_of(scorer, p);
    Opinion opinion = { .watch = &watch_standing,
                        .asset = asset,
                        .far = &pair->far,
                        .service = pair->port,
                        .protocol = 6,
                        .p = p,
                        .decibans = decibans_of(e) + daily_bonus(scorer),
                        .overlap = daily_bonus(scorer),
                        .numbers = { (double)pair->days, (double)pair->flows, (double)pair->share_class,
                                     (double)pair->share_port, (double)pair->share_crowd, pair->others,
                                     pair->beats_log2, pair->caller },
                        .at_ms = scorer->clock.now_ms };

    if (e <= 0) {
        pvalues_note(scorer->pvalues, watch_standing.name, asset, p, 1);
        return;
    }
    case_take(scorer, &opinion);
    port_use(scorer, state, MOST_ROLES + asset, pair->caller == CALLED_BY ? IN : OUT, pair->port, true)
        ->told = plain->census;
}

static void
tell_oddest(Scorer *scorer, WatchState *state)
{
    Plain *plain = state->plain;

    plain->surprises = (ResidualSketch){ .n = 0 };
    for (int round = 0; round < 2; round++) /* all are known before the first is ranked */
        for (uint32_t i = 0; i < scorer->n_assets; i++) {
            const Standing *standing = watch_of_asset(state, &watch_standing, i);
            if (!standing->oddest.is_there)
                continue;
            if (round == 0)
                sketch_count(&plain->surprises, (double)standing->oddest.surprise);
            else
                tell(scorer, state, i, &standing->oddest);
        }
}

static void
count_traits(Plain *plain, const Standing *standing, uint32_t role)
{
    plain->assets[role] += 1;
    plain->all += 1;
    for (uint32_t i = 0; i < DIRECTIONS * GRADES; i++) {
        uint32_t direction = i / GRADES, bit = i % GRADES;
        bool has = (standing->now[direction] >> bit & 1) != 0;
        plain->with[role][direction][bit] += (float)has;
        plain->all_with[direction][bit] += (float)has;
    }
}

static void
end_census(Scorer *scorer, WatchState *state)
{
    Plain *plain = state->plain;

    tell_oddest(scorer, state);
    memset(plain->assets, 0, sizeof plain->assets);
    memset(plain->with, 0, sizeof plain->with);
    memset(plain->all_with, 0, sizeof plain->all_with);
    plain->all = 0;
    for (uint32_t i = 0; i < scorer->n_assets; i++) {
        Standing *standing = watch_of_asset(state, &watch_standing, i);
        if (standing->pairs_now[OUT] + standing->pairs_now[IN] > 0)
            count_traits(plain, standing, scorer->assets[i].role);
        *standing = (Standing){ .before = { standing->now[OUT], standing->now[IN] },
                                .pairs_before = { standing->pairs_now[OUT], standing->pairs_now[IN] } };
    }
    plain->census++;
    plain->part = 0;
}

/* It has gone on for an hour. */
static void
lasts(Scorer *scorer, WatchState *state, const Call *call)
{
    (void)state;
    if (call->peer != NONE)
        scorer->peers[call->peer].is_long = 1;
}

/* By assets, since they have numbers that do not depend on the hash seed. */
static void
read_part(Scorer *scorer, WatchState *state, uint32_t part)
{
    uint32_t slots = key_table_slots(&scorer->peer_keys), now_s = seconds_of(scorer->clock.now_ms);

    for (uint32_t slot = 0; slot < slots; slot++) {
        const Peer *peer = &scorer->peers[slot];
        if (!key_table_has(&scorer->peer_keys, slot) || peer->asset % PARTS != part)
            continue;
        if (is_standing(scorer, peer, now_s))
            take_peer(scorer, state, peer);
    }
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    if (++plain->windows < scorer->windows_per_day / PARTS)
        return;
    plain->windows = 0;
    read_part(scorer, state, plain->part++ % PARTS);
    if (plain->part >= PARTS)
        end_census(scorer, state);
}

/* ---- in words ---- */

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    static const char *const callers[] = { "has called", "has been called by", "has spoken with" };
    const Place *place = place_table_find(scorer->places, &one->far);
    const ScoredAsset *asset = &scorer->assets[one->asset];
    char name[80], far[IP_TEXT], beats[60] = "";

    detector_asset_words(asset, name, sizeof name);
    ip_text(&one->far, far);
    if (one->numbers[6] >= 1)
        g_snprintf(beats, sizeof beats, ", %.0f and more of them by the clock",
                   exp2((double)one->numbers[6] - 1));
    g_snprintf(
        out, room,
        "%s %s %s (AS %u, %s) on port %u for %.0f days, in %.0f conversations%s; of those of its role that "
        "do so with anybody, %.0f %% keep up something with that class of network, %.0f %% on a port that is "
        "as rare, %.0f %% with a network of which so few others (%.0f) know; all in all it is odder than "
        "what "
        "%.4g %% of the assets keep up",
        name, callers[(int)fmin(SPOKEN_WITH, fmax(0, (double)one->numbers[7]))], far, place->asn,
        access_class_name((AccessClass)place->access), one->service, (double)one->numbers[0],
        (double)one->numbers[1], beats, 100 * (double)one->numbers[2], 100 * (double)one->numbers[3],
        100 * (double)one->numbers[4], (double)one->numbers[5], fmin(99.99, 100 * (1 - (double)one->p)));
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "others of its role that keep up the like", room);
}

const Watch watch_standing = { .name = "standing",
                               .memory_days = 3,
                               .plain = sizeof(Plain),
                               .per_asset = sizeof(Standing),
                               .tables = { { .item = sizeof(PortUse), .most = 32, .is_per_pair = true },
                                           { .item = 0, .most = 32, .is_per_pair = true } },
                               .lasts = lasts,
                               .window = window,
                               .explain = explain,
                               .instead = instead };
