/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-new-service.c - an asset begins to accept calls on a port that it never served
 *
 * A port proxy, a back door, a shell on a high port: something listens that did not. Servers are given new
 * ports by their owners too, so the null hypothesis is that an asset takes up new ports as often, in such
 * rows (episode.h) and of such kinds (kind.h: port, who calls from where) as it and its role did; a desk that
 * begins to serve is odd, a port that others of the role took up within days is not (crowd.h), and one that
 * any asset serves is less so than one that stands open nowhere else. A port of which only the house had made
 * use, and that strangers now come to, has been opened, which is as new. The mark of a proxy is a leg behind
 * it: while the call is open the asset has one of its own that begins and ends with it and moves the same
 * octets. Whether a young service has one is a sequential test (Wald, "Sequential Analysis", 1947) of matched
 * calls against what chance would match; how many young services have one, and to which ports, is learned,
 * for in front of an application that is how things are. What was not answered, or was refused, is no
 * service; nor is a high port whose side may be the caller's, until the same far end has called it from three
 * ports of its own and no other meanwhile (callers take another port for each call, RFC 6056: that two calls
 * have the same one by chance happens once in thirty thousand). Cannot see: a proxy on a port that was served
 * before, or that was there on the first day.
 */
#include "scoring/admin-port.h"
#include "scoring/crowd.h"
#include "scoring/detector.h"
#include "scoring/episode.h"
#include "scoring/kind.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TCP = 6, UDP = 17, EPHEMERAL_FROM = 32768, DYNAMIC_FROM = 49152 };
enum {
    PAST = 0,
    SERVICES = 1,
    CROWDS = 2,
    DOORS = 3,
    DOOR_CALLS = 3,
    SPANS = 4,
    PORT_KINDS = 4,
    FAR_KINDS = 3,
    LEGS = 3
};
enum { ALONE = 0, SHARED, SHARES };
enum { KINDS = PORT_KINDS * 2 * FAR_KINDS, MARKS = 1 << 16 };
enum { NO_LEG = 0, LEG, LEG_ADMIN };
static const double quiet_days = 1, young_days = 7;
/* Of the test for a leg: calls with one, if there is one; it is when the odds are twenty to one. */
static const double with_leg = 0.8, leg_decibans = 13, chance_least = 0.01, chance_most = 0.5;
/* Of intruders' ports, those that some other asset of ours serves as well; and of the stake, what is kept. */
static const double secret_shared = 0.1, kept_back = 0.1;
static const double alike = 0.5; /* octets: the lesser by the greater */

/* A call that has ended, with what is compared. */
typedef struct Span {
    uint32_t begin, end;               /* milliseconds, the low bits */
    float octets_forward, octets_back; /* from the caller, to it */
    uint16_t port;                     /* called; 0: no span */
    uint8_t is_matched;
} Span;
typedef struct Past {
    Episode episode;
    uint32_t young_from_s;
    uint16_t port; /* the latest new one */
    uint16_t leg_port;
    uint8_t protocol, leg, next_in, next_out;
    float walk, calls_out; /* decibans for a leg; own calls since it is young */
    float members, others; /* who had taken up the port before: of the role, of all */
    bool is_opened;        /* the house has called it before, strangers had not */
    IpAddress caller;      /* the latest that was told of */
    Span in[SPANS], out[SPANS];
} Past;
/* Of an asset and a far end: a high port that was called, and from which ports. */
typedef struct Door {
    uint16_t port, callers[DOOR_CALLS];
    uint8_t n;
} Door;
typedef struct Plain {
    EpisodePools pools;
    float kinds[MOST_ROLES][KINDS], fleet_kinds[KINDS];
    float legs[MOST_ROLES][LEGS], fleet_legs[LEGS];
    float shares[SHARES]; /* new ports that no other asset served, that some did */
    uint64_t
        young[MARKS / 64]; /* assets that have taken up a port lately, by index; to ask no table for others */
} Plain;

static void
mark(Plain *plain, uint32_t asset)
{
    plain->young[asset % MARKS / 64] |= 1ull << asset % 64;
}

static bool
is_marked(const Plain *plain, uint32_t asset)
{
    return (plain->young[asset % MARKS / 64] >> asset % 64 & 1) != 0;
}

static uint32_t
kind_of(const Call *call)
{
    uint16_t port = call->asset_port;
    uint32_t port_kind = port < 1024                                       ? 0
                         : direction_is_service_port(call->protocol, port) ? 1
                         : port < EPHEMERAL_FROM                           ? 2
                                                                           : 3;
    uint32_t far_kind = call->far_asset != NONE ? 0 : call->is_home ? 1 : 2;

    return (port_kind * 2 + (call->protocol == UDP)) * FAR_KINDS + far_kind;
}

static void
tell(const Scorer *scorer, WatchState *state, Past *past, const Call *call)
{
    if (call->initiator == INITIATOR_FAR)
        past->caller = call->far;
    Opinion opinion = { .watch = &watch_new_service,
                        .asset = call->asset,
                        .third = &past->caller,
                        .protocol = past->protocol,
                        .p = episode_p(&past->episode),
                        .decibans = episode_decibans(&past->episode, scorer, rate_days(scorer, call->asset)),
                        .numbers = { (double)past->episode.events, (double)past->episode.before,
                                     rate_days(scorer, call->asset), (double)past->members, past->port,
                                     past->leg_port, (double)past->others, past->is_opened },
                        .call = call };

    watch_says(state, &opinion);
}

/*
 * Does any other asset, of whatever role, serve this port? A database that is moved, a second mail server, an
 * application that is rolled out: then it is one more of a service that the house has. A door that an
 * intruder opens is seldom one that stands open elsewhere, so the bet is on that; what it wins where nobody
 * else serves the port it loses where somebody does, by how often either was so with new ports so far.
 */
static void
weigh_share(Plain *plain, Past *past, double others)
{
    uint32_t which = others > 0 ? SHARED : ALONE;
    double chance = ((double)plain->shares[which] + 1) /
                    ((double)plain->shares[ALONE] + (double)plain->shares[SHARED] + 2);
    double secret = which == SHARED ? secret_shared : 1 - secret_shared;

    episode_weigh(&past->episode, kept_back + (1 - kept_back) * secret / chance,
                  which == SHARED ? 1 : chance);
    if (past->episode.teaches)
        plain->shares[which] += 1;
}

/* A port that an asset has taken up, and who had before. */
typedef struct News {
    double members, others; /* of its role, of all */
    bool is_opened;         /* to strangers */
} News;

static void
take_up(const Scorer *scorer, WatchState *state, const Call *call, const News *news)
{
    Plain *plain = state->plain;
    uint32_t role = scorer->assets[call->asset].role, kind = kind_of(call);
    Past *past =
        watch_item(state, PAST, &watch_new_service, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    bool is_alerted = case_is_alerted(scorer, &watch_new_service, call->asset, NULL);
    bool begins = episode_is_over(&past->episode, call->begin_ms, quiet_days);
    double p_kind, e_kind = kind_e(plain->kinds[role], plain->fleet_kinds, KINDS, kind, &p_kind);

    if (begins)
        episode_begin(&past->episode, &plain->pools, scorer, call->asset, 1, is_alerted, call->begin_ms);
    else
        episode_go_on(&past->episode, &plain->pools, scorer, call->asset, is_alerted, call->begin_ms);
    if (begins) {
        episode_weigh(&past->episode, e_kind, p_kind);
        weigh_share(plain, past, news->others);
    }
    if (past->episode.teaches) {
        kind_teach(plain->kinds[role], plain->fleet_kinds, KINDS, kind);
        if (begins)
            kind_teach(plain->legs[role], plain->fleet_legs, LEGS, NO_LEG); /* until one is found */
    }
    Episode episode = past->episode;
    *past = (Past){ .episode = episode,
                    .young_from_s = seconds_of(call->begin_ms),
                    .port = call->asset_port,
                    .protocol = call->protocol,
                    .members = (float)news->members,
                    .others = (float)news->others,
                    .is_opened = news->is_opened };
    mark(plain, call->asset);
    tell(scorer, state, past, call);
}

static bool
is_asked(const Call *call)
{
    return call->initiator == INITIATOR_FAR && call->asset_port != 0 && call->far_asset != call->asset &&
           (call->protocol == TCP || call->protocol == UDP);
}

/* The asset was called, and by evidence that also holds for a port of which nothing is known yet. */
static bool
is_served(const Call *call)
{
    return is_asked(call) && ((call->protocol == TCP && call->certainty == CERTAINTY_SURE) ||
                              (call->asset_port < EPHEMERAL_FROM && call->far_port > call->asset_port));
}

static bool
may_be_door(const Call *call)
{
    return is_asked(call) && call->protocol == TCP && call->asset_port >= EPHEMERAL_FROM &&
           call->far_port >= 1024;
}

/* Has the far end called it from so many ports of its own, and no other port of the asset's meanwhile? */
static bool
is_door(const Scorer *scorer, WatchState *state, const Call *call)
{
    Door *door = watch_item(state, DOORS, &watch_new_service,
                            watch_key(scorer, call->asset, 0, 0, &call->far), 1, NULL);

    if (door->port != call->asset_port || door->n > DOOR_CALLS)
        *door = (Door){ .port = call->asset_port };
    for (int i = 0; i < door->n; i++)
        if (door->callers[i] == call->far_port)
            return door->n == DOOR_CALLS;
    if (door->n < DOOR_CALLS)
        door->callers[door->n++] = call->far_port;
    return door->n == DOOR_CALLS;
}

/* Within the house, ports that are handed out anew at each start (RPC) are one. */
static uint32_t
service_of(const Call *call)
{
    uint16_t port = call->far_asset != NONE && call->asset_port >= DYNAMIC_FROM ? 0 : call->asset_port;

    return (uint32_t)call->protocol << 16 | port;
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    (void)state;
    if (is_served(call))
        want(list, SERVICES, watch_key(scorer, call->asset, service_of(call), 0, NULL));
    else if (may_be_door(call))
        want(list, DOORS, watch_key(scorer, call->asset, 0, 0, &call->far));
}

/* How many assets of any role have served it, or opened it, before this one. */
static double
serve_already(WatchState *state, const Scorer *scorer, uint32_t what, bool is_opened)
{
    Crowd *all = watch_item(state, CROWDS, &watch_new_service, watch_key(scorer, NONE, what, is_opened, NULL),
                            2, NULL);

    return (double)all->members++;
}

/* Is it new that the asset serves it, or else that strangers come to it (*@is_opened)? */
static bool
is_new_service(const Scorer *scorer, WatchState *state, const Call *call, uint32_t what, bool *is_opened)
{
    bool is_stranger = call->far_asset == NONE && call->access != ACCESS_OWN;
    bool is_new = watch_add(state, SERVICES, watch_key(scorer, call->asset, what, 0, NULL), 2);
    bool is_new_outside =
        is_stranger && watch_add(state, SERVICES, watch_key(scorer, call->asset, what, 1, NULL), 2);

    *is_opened = is_new_outside && !is_new;
    return is_new || is_new_outside;
}

/* What was glimpsed on two days is known, as in watch-admin-edge.c. */
static void
look(const Scorer *scorer, WatchState *state, const Call *call)
{
    if (!is_served(call) && (!may_be_door(call) || !is_door(scorer, state, call)))
        return;
    uint32_t role = scorer->assets[call->asset].role, what = service_of(call);
    News news;
    bool is_whole = call_is_session(call);
    uint64_t served = watch_key(scorer, call->asset, what, 2, NULL);
    if (!is_whole && !watch_glimpsed_again(scorer, state, SERVICES, served, call))
        return;
    if (!is_new_service(scorer, state, call, what, &news.is_opened))
        return;
    Crowd *crowd = watch_item(state, CROWDS, &watch_new_service,
                              watch_key(scorer, role, what, news.is_opened, NULL), 2, NULL);
    news.members = (double)crowd->members;
    news.others = serve_already(state, scorer, what, news.is_opened);
    bool is_news = crowd_join(crowd, scorer->roles[role].assets, seconds_of(call->begin_ms));
    if (is_news && is_whole && rate_days(scorer, call->asset) >= 1)
        take_up(scorer, state, call, &news);
}

/* ---- a leg behind it ---- */

static bool
is_alike(float a, float b)
{
    return (double)MIN(a, b) >= alike * (double)MAX(a, b);
}

static bool
belongs(const Span *in, const Span *out)
{
    int32_t begins = (int32_t)(out->begin - in->begin), ends = (int32_t)(out->end - in->end);
    int32_t slack = 2000 + (int32_t)MIN(60000, (in->end - in->begin) / 20);

    return in->port != 0 && out->port != 0 && abs(begins) <= 2000 && abs(ends) <= slack &&
           is_alike(in->octets_forward, out->octets_forward) && is_alike(in->octets_back, out->octets_back);
}

/* Of a call of the young service: has it a leg? */
static void
weigh_leg(Past *past, bool has_leg, const Call *call)
{
    double seconds = fmax(0, (double)seconds_of(call->end_ms) - past->young_from_s) + 3600;
    double chance = fmin(chance_most, fmax(chance_least, 4 * ((double)past->calls_out + 1) / seconds));

    past->walk += (float)decibans_of(has_leg ? with_leg / chance : (1 - with_leg) / (1 - chance));
    past->walk = MAX(past->walk, 0);
}

static void
find_leg(const Scorer *scorer, WatchState *state, Past *past, uint16_t leg_port, const Call *call)
{
    Plain *plain = state->plain;
    uint32_t role = scorer->assets[call->asset].role;

    weigh_leg(past, true, call);
    if ((double)past->walk < leg_decibans || past->leg != NO_LEG)
        return;
    past->leg = admin_port_find(leg_port, TCP) != ADMIN_PORT_NONE ? LEG_ADMIN : LEG;
    past->leg_port = leg_port;
    double p, e = kind_e(plain->legs[role], plain->fleet_legs, LEGS, past->leg, &p);
    episode_weigh(&past->episode, e, p);
    if (past->episode.teaches)
        kind_teach(plain->legs[role], plain->fleet_legs, LEGS, past->leg);
    tell(scorer, state, past, call);
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;

    look(scorer, state, call);
    if (!call_is_session(call) || !is_marked(plain, call->asset) || call->initiator == INITIATOR_UNKNOWN ||
        call->far_asset == call->asset)
        return;
    Past *past = watch_find(state, PAST, &watch_new_service, watch_key(scorer, call->asset, 0, 0, NULL));
    if (past == NULL || past->leg != NO_LEG ||
        (double)seconds_of(call->end_ms) - past->young_from_s > young_days * 86400)
        return;
    bool is_in = call->initiator == INITIATOR_FAR;
    if (is_in && (call->asset_port != past->port || call->protocol != past->protocol))
        return;
    past->next_in %= SPANS;
    past->next_out %= SPANS;
    Span span = { .begin = (uint32_t)call->begin_ms,
                  .end = (uint32_t)call->end_ms,
                  .octets_forward = (float)(is_in ? call->octets_in : call->octets_out),
                  .octets_back = (float)(is_in ? call->octets_out : call->octets_in),
                  .port = is_in ? call->asset_port : call->far_port };
    Span *others = is_in ? past->out : past->in,
         *mine = is_in ? &past->in[past->next_in++] : &past->out[past->next_out++];
    past->calls_out += !is_in;
    if (is_in && mine->port != 0 && !mine->is_matched)
        weigh_leg(past, false, call);
    *mine = span;
    for (int i = 0; i < SPANS; i++) {
        const Span *in = is_in ? mine : &others[i], *out = is_in ? &others[i] : mine;
        if (others[i].is_matched || !belongs(in, out))
            continue;
        mine->is_matched = others[i].is_matched = 1;
        find_leg(scorer, state, past, out->port, call);
        break;
    }
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    episode_window(&plain->pools, scorer);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT] = "elsewhere", leg[60] = "", role[48];
    const ScoredAsset *asset = &scorer->assets[one->asset];

    detector_asset_words(asset, name, sizeof name);
    detector_role_words(scorer, asset, role, sizeof role);
    if (!ip_is_zero(&one->third))
        ip_text(&one->third, far);
    if (one->numbers[5] > 0)
        g_snprintf(leg, sizeof leg, "; behind it a leg of its own goes to port %.0f",
                   (double)one->numbers[5]);
    g_snprintf(out, room,
               "%s accepts calls%s on port %.0f/%s, as it never did (%.0f others of %s do), from "
               "%s%s; of all "
               "assets %.0f served that port before; new ports in a row: %.0f; it took up new ports %.0f "
               "times before "
               "in %.1f days",
               name, one->numbers[7] > 0 ? " of strangers" : "", (double)one->numbers[4],
               one->protocol == TCP ? "tcp" : "udp", (double)one->numbers[3], role, far, leg,
               (double)one->numbers[6], (double)one->numbers[0], (double)one->numbers[1],
               (double)one->numbers[2]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a port that it, or three of its role within days, served", room);
}

const Watch watch_new_service = { .name = "new_service",
                                  .is_pivot = true,
                                  .needs = CALL_SIGN,
                                  .memory_days = 1,
                                  .names_caller = true,
                                  .plain = sizeof(Plain),
                                  .tables = { { .item = sizeof(Past), .most = 1 << 14 },
                                              { .most = 8, .is_per_pair = true },
                                              { .item = sizeof(Crowd), .most = 1 << 15 },
                                              { .item = sizeof(Door), .most = 1 << 14 } },
                                  .wants = wants,
                                  .began = look,
                                  .ended = ended,
                                  .window = window,
                                  .explain = explain,
                                  .instead = instead };
