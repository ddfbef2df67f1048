/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-standing.c - what an asset keeps up with a far end for days, and none of its like keeps up
 *
 * All other watches look for change, and to whom was there before the first record nothing changes: his way
 * in is part of what is usual. What he cannot be is like the others. So once a day a census is taken of all
 * that is standing: pairs with a far end outside that have spoken for three days and more, and lately. Which
 * sort a pair is of, is asked first: who called, whether the far end is a home line, and whether few other
 * assets have to do with its network (prevalence tells a service from a secret). Then, among pairs of this
 * sort: how few others know it, how few of the role use such a port, how often a day the two speak; and the
 * manner of it: how much more is sent there a day than comes back, for how long a conversation went on. (How
 * strictly by the clock is asked by watch-beacon.c and watch-fast-beacon.c, whose evidence is added: the same
 * is not asked twice.) Each answer has a share: of the assets of this role,
 * leaning on all assets, that keep up a pair of this sort, how many keep up one that has this trait, or a
 * rarer grade of it? For each question is asked given the answer before: that servers call home lines, and
 * that servers speak with somebody all day, does not make it usual that one speaks with a home line all day.
 * The product of the shares (of the manners the rarest alone, times their number), times the number of pairs
 * that the asset keeps up (it has so many chances), is how odd a pair is. The traits hang together, so the
 * product promises nothing by itself: it is ranked among those of all other assets (peer group analysis:
 * Bolton and Hand, "Unsupervised profiling methods for fraud detection", 2001; calibrate.h for the rank and
 * its tail), the asset itself left out. Of each asset the oddest pair that nobody has been told of is asked,
 * once a day; and who has been told of goes on being asked.
 *
 * It is asked once a day, so it may spend what the windows of a day would have spent (daily_bonus); what the
 * bets of many days win is added up (tell). What it lends to others is their average over the days since the
 * first, and without that. Among two hundred assets a rank alone is worth little more than two hundred to
 * one, so those lead here that are among the oddest day after day, those far out in the tail, and those of
 * whom another watch has something to say. A pair with a far end that stands on a list (list.h) is asked
 * another question: how many of all pairs are with one?
 *
 * Bounded: eight times a day the table of peers is read for an eighth of the assets, so that all have had
 * their turn after a day. Not seen: what half of a role has taken in, pairs within the house, and networks of
 * fewer than a hundred assets, where a rank says too little.
 */
#include "scoring/daily.h"
#include "scoring/evidence.h"
#include "scoring/standing.h"
#include "scoring/watch.h"

#include <math.h>
#include <string.h>

enum { OUT = 0, IN, DIRECTIONS };
enum { TCP = 6, UDP = 17 };
/* Grades of each: the first is the rarest, and who has one has those behind it. */
static const uint8_t grades[N_TRAITS] = { 5, 6, 6, 7, 4 };
/* Of each asset bits are kept: whether it keeps up any pair; one of each sort; one of a sort, and one of any,
 * with a grade of a trait but the last, which all have. */
enum { BIT_ANY = 0, BIT_SORT, BIT_TRAITS = BIT_SORT + SORTS };
enum { SORT_GRADES = 4 + 5 + 5 + 6 + 3, BITS = BIT_TRAITS + (SORTS + 1) * SORT_GRADES };
enum { WORDS = (BITS + 63) / 64 };
enum { SECRET_OTHERS = 3, LONG_GRADES = 3 };
enum { ASSETS_LEAST = 100, PORTS_MOST = 4, PARTS = 8 };
static const int64_t day_s = 86400;
static const uint32_t stood_s = 3 * 86400, lately_s = 36 * 3600, flows_least = 6, callers_few = 4,
                      quiet_censuses = 7;
static const int64_t quiet_ms = 6 * (int64_t)86400000; /* and the day of the alert */
static const double fleet_weight = 4; /* assets of the role that the fleet's share stands for */
static const double small_p = 0.02, kappa = 2.0 / 3, audit_days = 14;
static const double stake = 0.5; /* the other half is for those that it was told of before */

typedef struct Pair {
    IpAddress far;
    float surprise; /* nats, less the logarithm of the chances */
    uint16_t port;
    uint8_t caller, others, beats_log2; /* @caller: as in the words */
    uint8_t is_there, protocol, sort;
    uint8_t rarest; /* trait, or LISTED */
    float share_sort, share_rarest;
    float days, flows;
} Pair;
typedef struct Bits {
    uint64_t words[WORDS];
} Bits;

/* Of an asset. */
typedef struct Standing {
    Bits now[DIRECTIONS], before[DIRECTIONS]; /* what one of its pairs is: in this census, in the last */
    uint32_t pairs_now[DIRECTIONS], pairs_before[DIRECTIONS];
    uint32_t listed_now, listed_before; /* pairs with a far end that stands on a list */
    Pair oddest;
} Standing;

/* How many assets keep up a pair at this port, of a role, or of all; or how many far ends call an asset
 * there. */
typedef struct PortUse {
    uint32_t census, now, before;
    uint32_t told; /* of an asset's: the census after which it was told of one */
    uint32_t far;  /* and whom it was about, by hash */
} PortUse;

typedef struct Plain {
    float assets[MOST_ROLES], all; /* that keep up anything, in the last census */
    float pairs, listed;           /* that they keep up; those with a far end that stands on a list */
    float with[MOST_ROLES][DIRECTIONS][BITS], all_with[DIRECTIONS][BITS];
    ResidualSketch surprises; /* of the oddest pairs, one for each asset, in the census being judged */
    uint32_t part, census;    /* the next part to read; number of the census */
    uint32_t windows;         /* since the last part was read */
} Plain;

/* SORTS: of any. */
static uint32_t
sort_bit(uint32_t sort)
{
    return sort == SORTS ? (uint32_t)BIT_ANY : BIT_SORT + sort;
}

static uint32_t
bit_of(uint32_t sort, Trait trait, uint32_t grade)
{
    uint32_t bit = BIT_TRAITS + sort * SORT_GRADES;

    if (grade + 1 >= grades[trait])
        return sort_bit(sort);
    for (int i = 0; i < (int)trait; i++)
        bit += grades[i] - 1u;
    return bit + grade;
}

static bool
has_bit(const Bits *bits, uint32_t bit)
{
    return (bits->words[bit / 64] >> bit % 64 & 1) != 0;
}

static void
set_bit(Bits *bits, uint32_t bit)
{
    bits->words[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* ---- shares ---- */

/* Of @n and one or none that is left out. */
static double
without(double n, bool is_one)
{
    return fmax(0, n - is_one);
}

/* Of @n assets of the role, leaning on @fleet, how many have it. */
static double
lean(double role, double n, double fleet)
{
    return (role + fleet_weight * fleet) / (n + fleet_weight);
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

    double fleet = (without(of_all != NULL ? of_all->before : 0, is_one) + 0.5) /
                   (without((double)plain->all, true) + 1);
    return lean(without(of_role != NULL ? of_role->before : 0, is_one),
                without((double)plain->assets[role], true), fleet);
}

/* Of all assets with bit @of, how many have @bit; leaning on @wider, if that is a share. */
static double
share_in_fleet(const Plain *plain, const Bits *own, uint32_t direction, uint32_t of, uint32_t bit,
               double wider)
{
    const float *with = plain->all_with[direction];
    double like = without((double)with[bit], has_bit(own, bit)),
           all = without((double)with[of], has_bit(own, of));

    return wider >= 0 ? lean(like, all, wider) : (like + 0.5) / (all + 1);
}

/* A question: of those with bit @of, who have @bit? Few of a sort say little of a trait, so that leans on
 * what it is among all pairs. */
typedef struct Question {
    uint32_t of, bit, wider; /* @wider: the trait's bit among all pairs, or @bit */
} Question;

static double
fleet_answer(const Plain *plain, const Bits *own, uint32_t direction, const Question *ask)
{
    double wider = -1;

    if (ask->wider != ask->bit)
        wider = share_in_fleet(plain, own, direction, BIT_ANY, ask->wider, -1);
    return share_in_fleet(plain, own, direction, ask->of, ask->bit, wider);
}

/* Of whom nobody knows yet what it is, any role may be its own. */
static double
answer(const Scorer *scorer, const Plain *plain, uint32_t asset, const Bits *own, uint32_t direction,
       const Question *ask)
{
    uint32_t role = scorer->assets[asset].role;
    double fleet = fleet_answer(plain, own, direction, ask), most = 0;

    for (uint32_t i = 0; i < scorer->n_roles; i++) {
        const float *with = plain->with[i][direction];
        bool is_own = i == role;
        if (!is_own && scorer->roles[role].name[0] != '\0')
            continue;
        double like = without((double)with[ask->bit], is_own && has_bit(own, ask->bit)),
               n = without((double)with[ask->of], is_own && has_bit(own, ask->of));
        most = fmax(most, lean(like, n, fleet));
    }
    return most;
}

/* Of all assets that keep up anything, how many do in this direction? */
static double
share_in_direction(const Scorer *scorer, const Plain *plain, uint32_t asset, const Bits *own,
                   uint32_t direction)
{
    uint32_t role = scorer->assets[asset].role;
    bool has_it = has_bit(own, BIT_ANY);
    double fleet = (without((double)plain->all_with[direction][BIT_ANY], has_it) + 0.5) /
                   (without((double)plain->all, true) + 1);

    return lean(without((double)plain->with[role][direction][BIT_ANY], has_it),
                without((double)plain->assets[role], true), fleet);
}

/* ---- the census ---- */

static uint32_t
sort_of(const Peer *peer, uint32_t others)
{
    return ((peer->flags & PEER_HOME) != 0 ? SORT_HOME : 0) | (others <= SECRET_OTHERS ? SORT_SECRET : 0);
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

static uint32_t
beats_of(const Scorer *scorer, const Peer *peer)
{
    uint32_t most = 0;

    for (int i = 0; i < PORTS_MOST && peer->services[i] != 0; i++) {
        uint16_t service = peer->services[i];
        most = MAX(most, beacon_beats(scorer, peer->asset, &peer->address, service, TCP));
        most = MAX(most, beacon_beats(scorer, peer->asset, &peer->address, service, UDP));
    }
    return most;
}

static bool
is_standing(const Scorer *scorer, const Peer *peer, uint32_t now_s)
{
    return peer->asset < scorer->n_assets && peer->access != ACCESS_OWN && peer->access != ACCESS_PRIVATE &&
           peer->access < N_ACCESS_CLASSES && (peer->flows >= flows_least || peer->longest > 0) &&
           peer->last_s >= peer->first_s + stood_s && peer->last_s + lately_s >= now_s &&
           scorer_find_asset(scorer, &peer->address) == NONE;
}

static uint32_t
far_hash(const Scorer *scorer, const IpAddress *far)
{
    return (uint32_t)scorer_address_hash(scorer, far);
}

static const Case *
case_of(const Scorer *scorer, uint32_t asset, const IpAddress *far)
{
    return case_find(scorer, &watch_standing, asset, far, 0, 0);
}

/*
 * Part of an alert within the week, or it would be if what was learned here could be believed already: it
 * goes on being asked, and the next one is the oddest then. So several that are odder than all others do not
 * hide each other (masking; Barnett and Lewis, "Outliers in Statistical Data", 1994, ch. 4).
 */
static bool
is_told(const Scorer *scorer, const Case *one)
{
    return one != NULL &&
           (one->alerted_until_ms + quiet_ms > scorer->moment.now_ms || case_would_alert(scorer, one));
}

static bool
is_forgiven(const Scorer *scorer, const Case *one)
{
    return one != NULL && one->forgiven_until_ms > scorer->moment.now_ms;
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
                           (use->told > 0 && use->told + quiet_censuses > plain->census &&
                            use->far != far_hash(scorer, &peer->address)));
}

/* Of equals that of the lower address, so that the order of reading does not matter. */
static bool
is_odder(const Pair *self, const Pair *other)
{
    if (!other->is_there || self->surprise != other->surprise)
        return !other->is_there || self->surprise > other->surprise;
    return memcmp(self->far.bytes, other->far.bytes, sizeof self->far.bytes) < 0;
}

/* The first is 0 where the two speak by a protocol without ports. */
static bool
has_port(const Peer *peer, int i)
{
    return i == 0 || peer->services[i] != 0;
}

/* The rarest of an asset's ports with a peer. */
static double
rarest_port(const Scorer *scorer, WatchState *state, const Peer *peer, uint32_t direction, uint16_t *port)
{
    double rarest = 2;

    for (int i = 0; i < PORTS_MOST && has_port(peer, i); i++) {
        double share = port_share(scorer, state, peer->asset, direction, peer->services[i]);
        if (share >= rarest)
            continue;
        rarest = share;
        *port = peer->services[i];
    }
    return rarest;
}

/*
 * In nats. Which sort it is of, how well known and how often, is one question after the other. In which
 * manner is one in several forms (a long conversation carries more as well), so the oddest speaks for all,
 * and pays for the choice.
 */
static double
surprise_of(double any, double sort, const double shares[N_TRAITS], double pairs)
{
    double surprise = -log(fmax(1, pairs)) - log(any) - log(sort), least = 1;

    for (int i = 0; i < FIRST_MANNER; i++)
        surprise -= log(shares[i]);
    for (int i = FIRST_MANNER; i < N_TRAITS; i++)
        least = fmin(least, shares[i] * (N_TRAITS - FIRST_MANNER));
    return surprise - log(least);
}

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
    double days = (double)(scorer->moment.now_ms - scorer->moment.first_ms) / 86400e3;

    if (p >= small_p)
        return 0;
    return fmin(1, audit_days / fmax(1, days)) * kappa / small_p * pow(p / small_p, kappa - 1);
}

/* The case about a pair that was among the oddest on an earlier day, or NULL. */
static const Case *
seen_before(const Scorer *scorer, uint32_t asset, const IpAddress *far)
{
    const Case *one = case_of(scorer, asset, far);
    int64_t memory_ms = (int64_t)(watch_standing.memory_days * 86400e3);

    return one == NULL || one->evidence <= 0 || one->last_ms + memory_ms < scorer->moment.now_ms ? NULL : one;
}

/*
 * The asset has one such question a day, and not one in each window. Its answers of several days hang
 * together, for what stands today stood yesterday: so they are no bets of which one follows the other and
 * whose e-values multiply, but bets side by side, each with the stake of its day, and what they win is added
 * (evidence.h: an average of e-values is one, whatever their dependence). What is the oddest on one day is an
 * accident more often than what is among the oddest on ten; so who is seen for the first time speaks for what
 * others have found and no more, and spends nothing of the day.
 */
static void
tell(Scorer *scorer, WatchState *state, uint32_t asset, const Pair *pair, double p)
{
    const Plain *plain = state->plain;
    const Case *one = seen_before(scorer, asset, &pair->far);
    double e = bet_of(scorer, p), bonus = one != NULL ? daily_bonus(scorer) : 0;
    double days = one != NULL ? 1 + (double)(scorer->moment.now_ms - one->first_ms) / 86400e3 : 1;
    double won = one == NULL ? e : e_of_decibans((double)one->evidence) + stake * e * e_of_decibans(bonus);
    Opinion opinion = { .watch = &watch_standing,
                        .asset = asset,
                        .far = &pair->far,
                        .service = pair->port,
                        .protocol = pair->protocol,
                        .p = p,
                        .decibans = decibans_of(won),
                        .overlap = bonus + decibans_of(one != NULL ? stake * days : 1),
                        .numbers = { (double)pair->days, (double)pair->flows, (double)pair->share_sort,
                                     (double)pair->share_rarest, pair->rarest + pair->sort * N_WORDS,
                                     pair->others, pair->beats_log2, pair->caller },
                        .at_ms = scorer->moment.now_ms };

    if (e <= 0) {
        pvalues_note(scorer->pvalues, watch_standing.name, asset, p, 1);
        return;
    }
    case_take(scorer, &opinion);
    PortUse *use =
        port_use(scorer, state, MOST_ROLES + asset, pair->caller == CALLED_BY ? IN : OUT, pair->port, true);
    use->told = plain->census;
    use->far = far_hash(scorer, &pair->far);
}

/* How many pairs of assets are as odd. @is_ranked: it is in the sketch. */
static double
rank(Plain *plain, const Pair *pair, bool is_ranked)
{
    sketch_count_part(&plain->surprises, (double)pair->surprise, -(double)is_ranked);
    double p = sketch_tempered_p(&plain->surprises, (double)pair->surprise);
    sketch_count_part(&plain->surprises, (double)pair->surprise, is_ranked);
    return p;
}

static bool
is_listed(const Scorer *scorer, const Peer *peer)
{
    const ListEntry *entry = list_table_find(scorer->lists, &peer->address);

    return entry != NULL && entry->until_ms > scorer->moment.now_ms;
}

/*
 * The list is somebody's word, and how often a pair is one with somebody on a list is asked for itself, not
 * among the traits: there it would be one rarity of many. Nothing where lists are so long that many are; and
 * the asset has as many chances as it has pairs.
 */
static double
listed_p(const Plain *plain, const Standing *standing, float *share)
{
    double own = (double)standing->pairs_before[OUT] + standing->pairs_before[IN];
    double listed = fmax(0, (double)plain->listed - standing->listed_before),
           pairs = fmax(0, (double)plain->pairs - own);

    *share = (float)fmin(1, (listed + 1) / (pairs + 1));
    return fmin(1, fmax(1, own) * (double)*share);
}

/* Fills in how odd a pair is; false: it is not asked, for somebody has called it harmless, or the asset's
 * others there speak for it. */
static bool
weigh(const Scorer *scorer, WatchState *state, const Peer *peer, const uint32_t grade[N_TRAITS],
      uint32_t direction, Pair *pair)
{
    const Plain *plain = state->plain;
    uint32_t asset = peer->asset, sort = sort_bit(pair->sort);
    const Standing *standing = watch_of_asset(state, &watch_standing, asset);
    const Bits *own = &standing->before[direction];
    const Question of_sort = { BIT_ANY, sort, sort };
    double any = share_in_direction(scorer, plain, asset, own, direction), shares[N_TRAITS];

    if (has_one_reason(scorer, state, peer, direction, pair->port) ||
        is_forgiven(scorer, case_of(scorer, asset, &peer->address)))
        return false;
    pair->share_sort = (float)answer(scorer, plain, asset, own, direction, &of_sort);
    for (int i = 0; i < N_TRAITS; i++) {
        Question of_trait = { sort, bit_of(pair->sort, (Trait)i, grade[i]),
                              bit_of(SORTS, (Trait)i, grade[i]) };
        shares[i] = answer(scorer, plain, asset, own, direction, &of_trait);
        if (i == 0 || shares[i] < shares[pair->rarest])
            pair->rarest = (uint8_t)i;
    }
    pair->share_rarest = (float)shares[pair->rarest];
    pair->surprise =
        (float)surprise_of(any, (double)pair->share_sort, shares, standing->pairs_before[direction]);
    return isfinite(pair->surprise);
}

static void
judge(Scorer *scorer, WatchState *state, const Peer *peer, const uint32_t grade[N_TRAITS], uint32_t direction,
      const Pair *facts)
{
    Standing *standing = watch_of_asset(state, &watch_standing, peer->asset);
    Pair pair = *facts;

    if (!weigh(scorer, state, peer, grade, direction, &pair))
        return;
    float share = 0;
    double p = is_listed(scorer, peer) ? listed_p(state->plain, standing, &share) : 1;
    if (p < small_p) {
        pair.share_rarest = share;
        pair.rarest = LISTED;
        tell(scorer, state, peer->asset, &pair, p);
    } else if (is_told(scorer, case_of(scorer, peer->asset, &peer->address)))
        tell(scorer, state, peer->asset, &pair, rank(state->plain, &pair, false));
    else if (is_odder(&pair, &standing->oddest))
        standing->oddest = pair;
}

static void
set_bits(Bits *bits, uint32_t sort, const uint32_t grade[N_TRAITS])
{
    set_bit(bits, BIT_ANY);
    set_bit(bits, sort_bit(sort));
    for (int i = 0; i < N_TRAITS; i++)
        for (uint32_t k = grade[i]; k < grades[i]; k++) {
            set_bit(bits, bit_of(sort, (Trait)i, k));
            set_bit(bits, bit_of(SORTS, (Trait)i, k));
        }
}

static void
take_peer(Scorer *scorer, WatchState *state, const Peer *peer)
{
    const Plain *plain = state->plain;
    Standing *standing = watch_of_asset(state, &watch_standing, peer->asset);
    bool has_called = (peer->flags & PEER_CALLED) != 0,
         is_in = !has_called && (peer->flags & PEER_CALLS_US) != 0;
    uint32_t direction = is_in ? IN : OUT, beats = beats_of(scorer, peer);
    double given = fmax(0, (double)peer->octets_out - (double)peer->octets_in);
    double days = ((double)peer->last_s - (double)peer->first_s) / (double)day_s;
    uint32_t others = fleet_look(scorer, peer->asset, peer->asn, &peer->address).others_block;
    Pair facts = { .far = peer->address,
                   .caller = is_in        ? CALLED_BY
                             : has_called ? CALLED
                                          : SPOKEN_WITH,
                   .others = (uint8_t)MIN(255, others),
                   .beats_log2 = (uint8_t)(beats > 0 ? 1 + log2(beats) : 0),
                   .is_there = 1,
                   .protocol = peer->services[0] == 0 ? 0
                               : peer->is_udp         ? UDP
                                                      : TCP,
                   .sort = (uint8_t)sort_of(peer, others),
                   .days = (float)days,
                   .flows = (float)peer->flows };
    double port_share = rarest_port(scorer, state, peer, direction, &facts.port);
    const uint32_t grade[N_TRAITS] = { standing_grade_of_crowd(others), grade_of_port(port_share),
                                       standing_grade_of_calls(peer->flows / days),
                                       standing_grade_of_volume(given / days), LONG_GRADES - peer->longest };

    standing->pairs_now[direction]++;
    standing->listed_now += is_listed(scorer, peer);
    set_bits(&standing->now[direction], facts.sort, grade);
    for (int i = 0; i < PORTS_MOST && has_port(peer, i); i++)
        count_port(scorer, state, peer->asset, direction, peer->services[i]);
    if (plain->all >= ASSETS_LEAST)
        judge(scorer, state, peer, grade, direction, &facts);
}

/* ---- a day is over ---- */

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
                tell(scorer, state, i, &standing->oddest, rank(plain, &standing->oddest, true));
        }
}

static void
count_traits(Plain *plain, const Standing *standing, uint32_t role)
{
    plain->assets[role] += 1;
    plain->all += 1;
    plain->pairs += (float)standing->pairs_now[OUT] + (float)standing->pairs_now[IN];
    plain->listed += (float)standing->listed_now;
    for (uint32_t i = 0; i < DIRECTIONS * BITS; i++) {
        uint32_t direction = i / BITS, bit = i % BITS;
        bool has = has_bit(&standing->now[direction], bit);
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
    plain->all = plain->pairs = plain->listed = 0;
    for (uint32_t i = 0; i < scorer->n_assets; i++) {
        Standing *standing = watch_of_asset(state, &watch_standing, i);
        if (standing->pairs_now[OUT] + standing->pairs_now[IN] > 0)
            count_traits(plain, standing, scorer->assets[i].role);
        *standing = (Standing){ .before = { standing->now[OUT], standing->now[IN] },
                                .pairs_before = { standing->pairs_now[OUT], standing->pairs_now[IN] },
                                .listed_before = standing->listed_now };
    }
    plain->census++;
    plain->part = 0;
}

/* By assets, since they have numbers that do not depend on the hash seed. */
static void
read_part(Scorer *scorer, WatchState *state, uint32_t part)
{
    uint32_t slots = key_table_slots(&scorer->peer_keys), now_s = seconds_of(scorer->moment.now_ms);

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

const Watch watch_standing = { .name = "standing",
                               .memory_days = 14,
                               .plain = sizeof(Plain),
                               .per_asset = sizeof(Standing),
                               .tables = { { .item = sizeof(PortUse), .most = 32, .is_per_pair = true },
                                           { .item = 0, .most = 32, .is_per_pair = true } },
                               .window = window,
                               .explain = standing_explain,
                               .instead = standing_instead };
