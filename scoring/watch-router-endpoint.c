/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-router-endpoint.c - network equipment as an end point: something new to or from its own addresses
 *
 * A router passes on what others say and says little itself: polls, logs, time, who may log in, its
 * neighbours' routes. Whoever holds it makes it speak: tunnels that copy packets out (GRE, ESP),
 * configurations sent away (TFTP, FTP), a second shell on a high port, log-ins decided by another TACACS+
 * server (AA25-239A, "Salt Typhoon"). So anything new counts here: a far end, or a service with a known one.
 * The null hypothesis is that new things happen to equipment as often, in such rows (episode.h) and of such
 * kinds (kind.h) as they did: by direction, inside or outside, what the far end is to the other equipment,
 * and service. Network equipment is what the inventory, or what was learned, calls network, router, switch or
 * firewall; exporters' own addresses are among it. What it did not answer is noise; ICMP, which answers to
 * everybody, is left out; so is what a station that manages it for days begins to ask as well, unless it is
 * of the kinds named above; and so is a further server of time or names where it has asked another one for
 * days: who asks does not choose them, for a name stands for a pool whose addresses turn round (RFC 8633,
 * section 3.2), and which router is given the next one first is an accident. Cannot see: what came from such
 * a station, was there on the first day, or is carried in what looks like time and names.
 */
#include "scoring/crowd.h"
#include "scoring/detector.h"
#include "scoring/episode.h"
#include "scoring/kind.h"
#include "scoring/watch.h"

#include <stdio.h>
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ESP = 50, ICMP6 = 58, BOTH = 0 };
enum {
    PAST = 0,
    EDGES = 1,
    FAR_ENDS = 2,
    SERVICES = 20,
    GRAVE = 10,
    DIRECTIONS = 3,
    FAR_KINDS = 5,
    POOL = 99
};
enum { KINDS = SERVICES * DIRECTIONS * FAR_KINDS, TIME = 13, NAMES, LOW_PORT = 17, HIGH_PORT, OTHER };
static const double quiet_days = 1, managed_days = 2, managed_least = 2;

/* What equipment does; below GRAVE, what it seldom should do anew. Without a port: by protocol alone. */
static const struct {
    uint16_t port;
    uint8_t protocol, service;
    const char *name;
} services[] = {
    { 0, GRE, 0, "GRE" },
    { 0, 4, 0, "IP in IP" },
    { 0, ESP, 1, "ESP" },
    { 500, UDP, 1, "IKE" },
    { 4500, UDP, 1, "IPsec" },
    { 69, UDP, 2, "TFTP" },
    { 20, TCP, 3, "FTP" },
    { 21, TCP, 3, "FTP" },
    { 49, BOTH, 4, "TACACS+" },
    { 1812, UDP, 5, "RADIUS" },
    { 1813, UDP, 5, "RADIUS" },
    { 1645, UDP, 5, "RADIUS" },
    { 1646, UDP, 5, "RADIUS" },
    { 23, TCP, 6, "Telnet" },
    { 4786, TCP, 7, "Smart Install" },
    { 80, TCP, 8, "HTTP" },
    { 443, BOTH, 9, "HTTPS" },
    { 22, TCP, 10, "SSH" },
    { 161, UDP, 11, "SNMP" },
    { 162, UDP, 11, "SNMP" },
    { 830, TCP, 11, "NETCONF" },
    { 514, BOTH, 12, "syslog" },
    { 6514, TCP, 12, "syslog" },
    { 123, UDP, TIME, "NTP" },
    { 53, BOTH, NAMES, "DNS" },
    { 179, TCP, 15, "BGP" },
    { 646, BOTH, 15, "LDP" },
    { 3784, UDP, 15, "BFD" },
    { 0, 89, 15, "OSPF" },
    { 0, 103, 15, "PIM" },
    { 0, 112, 15, "VRRP" },
    { 2055, UDP, 16, "flow export" },
    { 4739, BOTH, 16, "flow export" },
    { 6343, UDP, 16, "flow export" },
    { 9995, UDP, 16, "flow export" },
    { 9996, UDP, 16, "flow export" },
};

typedef struct Past {
    Episode episode;
    uint32_t asked; /* services whose rarity was asked for in this episode, as bits */
} Past;
typedef struct Edge {
    uint32_t first_s;
} Edge;
typedef struct Plain {
    EpisodePools pools;
    float kinds[MOST_ROLES][KINDS], fleet_kinds[KINDS];
    uint8_t is_equipment[MOST_ROLES];
} Plain;

static bool
is_equipment_name(const char *role)
{
    static const char *const words[] = { "network", "router", "switch", "firewall" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcasestr(role, words[i]) != NULL)
            return true;
    return false;
}

static bool
has_ports(uint8_t protocol)
{
    return protocol == TCP || protocol == UDP;
}

/* An Initiator; protocols without ports have nobody who calls. */
static uint32_t
way_of(const Call *call)
{
    return has_ports(call->protocol) ? MIN(call->initiator, DIRECTIONS - 1) : (uint32_t)INITIATOR_UNKNOWN;
}

static uint32_t
service_of(uint16_t port, uint8_t protocol, const char **name)
{
    for (uint32_t i = 0; i < G_N_ELEMENTS(services); i++)
        if (services[i].port == port &&
            (services[i].protocol == protocol || (services[i].protocol == BOTH && has_ports(protocol)))) {
            *name = services[i].name;
            return services[i].service;
        }
    *name = NULL;
    if (!has_ports(protocol))
        return OTHER;
    return port < 1024 ? LOW_PORT : HIGH_PORT;
}

/* The far end is outside, unknown to other equipment or known; inside, likewise; or known to this one. */
static uint32_t
far_kind(const Call *call, double others, bool is_known)
{
    bool is_inside = call->far_asset != NONE;

    return is_known ? 4u : (is_inside ? 2u : 0u) + (others >= 1);
}

static void
judge(const Scorer *scorer, WatchState *state, const Call *call, uint32_t service, double others,
      bool is_known)
{
    Plain *plain = state->plain;
    uint32_t role = scorer->assets[call->asset].role;
    Past *past =
        watch_item(state, PAST, &watch_router_endpoint, watch_key(scorer, call->asset, 0, 0, NULL), 2, NULL);
    bool is_alerted = case_is_alerted(scorer, &watch_router_endpoint, call->asset, &call->far);
    uint32_t kind = (service * DIRECTIONS + way_of(call)) * FAR_KINDS + far_kind(call, others, is_known);
    double p_kind, e_kind = kind_e(plain->kinds[role], plain->fleet_kinds, KINDS, kind, &p_kind);

    if (episode_is_over(&past->episode, call->begin_ms, quiet_days)) {
        episode_begin(&past->episode, &plain->pools, scorer, call->asset, 1, is_alerted, call->begin_ms);
        past->asked = 0;
    } else {
        episode_go_on(&past->episode, &plain->pools, scorer, call->asset, is_alerted, call->begin_ms);
    }
    if ((past->asked >> service & 1) == 0)
        episode_weigh(&past->episode, e_kind, p_kind);
    past->asked |= 1u << service;
    if (past->episode.teaches)
        kind_teach(plain->kinds[role], plain->fleet_kinds, KINDS, kind);
    Opinion opinion = { .watch = &watch_router_endpoint,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = episode_p(&past->episode),
                        .decibans = episode_decibans(&past->episode, scorer, rate_days(scorer, call->asset)),
                        .numbers = { (double)past->episode.events, (double)past->episode.before,
                                     rate_days(scorer, call->asset), way_of(call), others, is_known },
                        .call = call };
    watch_says(state, &opinion);
}

/* A station that looks after this equipment, and after other, for days. */
static bool
is_manager(const Call *call, const Edge *known, double others)
{
    return call->far_asset != NONE && others >= managed_least && known->first_s > 0 &&
           (double)seconds_of(call->begin_ms) - known->first_s > managed_days * 86400;
}

/* On the first day all is new that was always there, and what began then may be told of only when it ends. */
static bool
was_there(const Scorer *scorer, const Call *call)
{
    return call->begin_ms - scorer->assets[call->asset].first_ms < 86400000;
}

/* Does it ask another server of the pool, having asked one for days? The pool stands with the edges, as the
 * far end that nobody is. */
static bool
is_pool(const Scorer *scorer, WatchState *state, const Call *call, uint32_t service)
{
    bool is_first;

    if ((service != TIME && service != NAMES) || way_of(call) == INITIATOR_FAR || call->far_asset != NONE)
        return false;
    Edge *pool = watch_item(state, EDGES, &watch_router_endpoint,
                            watch_key(scorer, call->asset, service, POOL, NULL), 2, &is_first);
    pool->first_s = is_first ? seconds_of(call->begin_ms) : pool->first_s;
    return !is_first && (double)seconds_of(call->begin_ms) - pool->first_s > managed_days * 86400;
}

static void
look(const Scorer *scorer, WatchState *state, const Call *call)
{
    const Plain *plain = state->plain;
    uint32_t role = scorer->assets[call->asset].role;

    if (!plain->is_equipment[role] || call->packets_out == 0 || call->protocol == ICMP ||
        call->protocol == ICMP6 || call->far_asset == call->asset)
        return;
    if (call->protocol == TCP && call->initiator != INITIATOR_ASSET && !call_is_session(call))
        return;
    bool has_calls = has_ports(call->protocol);
    uint32_t what = (uint32_t)call->protocol << 16 | (has_calls ? call->service : 0);
    bool is_new, is_first;
    Edge *edge = watch_item(state, EDGES, &watch_router_endpoint,
                            watch_key(scorer, call->asset, what, 1u + way_of(call), &call->far), 2, &is_new);
    edge->first_s = is_new ? seconds_of(call->begin_ms) : edge->first_s;
    if (!is_new)
        return;
    Edge *known = watch_item(state, EDGES, &watch_router_endpoint,
                             watch_key(scorer, call->asset, 0, 0, &call->far), 2, &is_first);
    known->first_s = is_first ? seconds_of(call->begin_ms) : known->first_s;
    Crowd *crowd = watch_item(state, FAR_ENDS, &watch_router_endpoint,
                              watch_key(scorer, what, 0, 0, &call->far), 2, NULL);
    double others = (double)crowd->members;
    const char *name;
    uint32_t service = service_of(has_calls ? call->service : 0, call->protocol, &name);
    bool is_news = crowd_join(crowd, scorer->roles[role].assets, seconds_of(call->begin_ms));
    bool is_of_pool = is_pool(scorer, state, call, service);
    if (was_there(scorer, call) || !is_news || is_of_pool ||
        (service >= GRAVE && is_manager(call, known, others)))
        return;
    judge(scorer, state, call, service, others, !is_first);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    episode_window(&plain->pools, scorer);
    for (uint32_t i = 0; i < scorer->n_roles; i++)
        plain->is_equipment[i] = is_equipment_name(scorer->roles[i].name);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT], service[40];
    const char *words;
    bool is_port = has_ports(one->protocol);

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    service_of(is_port ? one->service : 0, one->protocol, &words);
    if (words != NULL)
        g_strlcpy(service, words, sizeof service);
    else
        g_snprintf(service, sizeof service, is_port ? "port %u" : "protocol %u",
                   is_port ? one->service : one->protocol);
    const char *verb = one->numbers[3] == INITIATOR_FAR     ? "answers"
                       : one->numbers[3] == INITIATOR_ASSET ? "calls"
                                                            : "speaks with";
    g_snprintf(
        out, room,
        "network equipment %s %s %s by %s, as it never did (%.0f others of its role do; the two %s): number "
        "%.0f of a row of new things; that began %.0f times before in %.1f days",
        name, verb, far, service, (double)one->numbers[4],
        one->numbers[5] > 0 ? "knew each other" : "did not know each other", (double)one->numbers[0],
        (double)one->numbers[1], (double)one->numbers[2]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a far end that other network equipment deals with by the same service", room);
}

const Watch watch_router_endpoint = { .name = "router_endpoint",
                                      .is_pivot = true,
                                      .memory_days = 1,
                                      .plain = sizeof(Plain),
                                      .tables = { { .item = sizeof(Past), .most = 1 << 13 },
                                                  { .item = sizeof(Edge), .most = 1 << 16 },
                                                  { .item = sizeof(Crowd), .most = 1 << 15 } },
                                      .began = look,
                                      .lasts = look,
                                      .ended = look,
                                      .window = window,
                                      .explain = explain,
                                      .instead = instead };
