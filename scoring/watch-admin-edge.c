/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-admin-edge.c - an asset of ours opens an administration or plant protocol to another one, for the
 * first time
 *
 * Whoever has one host and wants the next one logs in there: by SSH, RDP, SMB, WinRM, RPC; in a plant by the
 * protocols of its controllers. Administrators do the same all day, so new alone says nothing. The null
 * hypothesis is that assets begin such rounds, and go on with them, as they and those of their role did
 * (episode.h), and that the services and ends are those that the role chooses (kind.h): jump hosts and our
 * own scanners are dull by their past, a desk that calls controllers is not. First contacts of a day are
 * taken in sequence, as in Jung, Paxson, Berger and Balakrishnan, "Fast portscan detection using sequential
 * hypothesis testing" (IEEE S&P 2004), but ask what was reached, not what failed. Only what was answered
 * counts; tries into the void are watch-scan.c's. Cannot see: who uses the ways that an administrator uses.
 */
#include "scoring/detector.h"
#include "scoring/episode.h"
#include "scoring/kind.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

enum { TCP = 6, UDP = 17, BOTH = 0, MOST_SERVICES = 32, CROWDS = 4, PAST = 0, EDGES = 1, TARGETS = 2 };
enum { REFUSED_PACKETS = 3 };
static const double quiet_days = 1, lately_days = 2, crowd_lately = 2.5, crowd_share = 0.25;

/* Sorted by port; those of one service have the same name. */
static const struct {
    uint16_t port;
    uint8_t protocol, service;
    const char *name;
} services[] = {
    { 22, TCP, 0, "SSH" },
    { 23, TCP, 1, "Telnet" },
    { 49, TCP, 2, "TACACS+" },
    { 102, TCP, 3, "S7 / MMS" },
    { 135, TCP, 4, "RPC" },
    { 139, TCP, 5, "SMB" },
    { 161, UDP, 6, "SNMP" },
    { 162, UDP, 6, "SNMP traps" },
    { 445, TCP, 5, "SMB" },
    { 502, TCP, 7, "Modbus" },
    { 512, TCP, 8, "rexec" },
    { 513, TCP, 8, "rlogin" },
    { 514, TCP, 8, "rsh" },
    { 623, UDP, 9, "IPMI" },
    { 789, TCP, 10, "Red Lion" },
    { 830, TCP, 11, "NETCONF" },
    { 1911, TCP, 12, "Fox" },
    { 2222, UDP, 13, "EtherNet/IP I/O" },
    { 2323, TCP, 1, "Telnet" },
    { 2404, TCP, 14, "IEC 60870-5-104" },
    { 3389, BOTH, 15, "RDP" },
    { 4786, TCP, 16, "Smart Install" },
    { 4840, TCP, 17, "OPC UA" },
    { 4911, TCP, 12, "Fox" },
    { 5007, TCP, 18, "MELSEC" },
    { 5900, TCP, 19, "VNC" },
    { 5901, TCP, 19, "VNC" },
    { 5985, TCP, 20, "WinRM" },
    { 5986, TCP, 20, "WinRM" },
    { 8291, TCP, 21, "Winbox" },
    { 9600, BOTH, 22, "FINS" },
    { 18245, TCP, 23, "SRTP" },
    { 20000, BOTH, 24, "DNP3" },
    { 34962, BOTH, 25, "PROFINET" },
    { 34963, BOTH, 25, "PROFINET" },
    { 34964, BOTH, 25, "PROFINET" },
    { 44818, BOTH, 13, "EtherNet/IP" },
    { 47808, UDP, 26, "BACnet" },
};

typedef struct Past {
    Episode episode;
    uint32_t asked; /* services whose rarity was asked for in this episode, as bits */
} Past;
typedef struct Target {
    float callers; /* assets of one role that ever opened this service there */
    float lately;  /* the same, fading by half in two days */
    uint32_t last_s;
} Target;
typedef struct Plain {
    EpisodePools pools;
    float kinds[MOST_ROLES][MOST_SERVICES * CROWDS], fleet_kinds[MOST_SERVICES * CROWDS];
    float ends[MOST_ROLES][MOST_ROLES], fleet_ends[MOST_ROLES]; /* by the callers' role */
} Plain;

/* Row of the table, or its end. */
static uint32_t
find_service(uint16_t port, uint8_t protocol)
{
    uint32_t low = 0, high = G_N_ELEMENTS(services);

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (services[middle].port < port)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < G_N_ELEMENTS(services) && services[low].port == port &&
        (services[low].protocol == protocol || services[low].protocol == BOTH))
        return low;
    return G_N_ELEMENTS(services);
}

/* One more caller. Was it no news, since a good part of the role calls there, or several have begun to within
 * days (the service has moved there)? The first ones of a crowd are news. */
static bool
join(Target *target, const Scorer *scorer, const Call *call)
{
    uint32_t now_s = seconds_of(call->begin_ms);
    double days = fmax(0, (double)now_s - target->last_s) / 86400;
    double role = scorer->roles[scorer->assets[call->asset].role].assets;

    target->lately *= (float)exp2(-days / lately_days);
    bool is_crowd = (double)target->lately >= crowd_lately ||
                    (double)target->callers >= fmax(crowd_lately, crowd_share * role);
    target->lately += 1;
    target->callers += 1;
    target->last_s = MAX(target->last_s, now_s);
    return is_crowd;
}

static uint32_t
crowd_of(double callers)
{
    return callers < 1 ? 0 : callers < 3 ? 1 : callers < 10 ? 2 : 3;
}

/* The service and how many others use it there; then the role at the other end. Each service once in an
 * episode, for the second shot at it is no news. Returns the chance of the end. */
static double
weigh_kind(Plain *plain, const Scorer *scorer, const Call *call, Past *past, uint32_t row, double callers,
           bool teaches)
{
    uint32_t role = scorer->assets[call->asset].role, end = scorer->assets[call->far_asset].role;
    uint32_t service = services[row].service, kind = service * CROWDS + crowd_of(callers);
    double p_kind, p_end;
    double e_kind = kind_e(plain->kinds[role], plain->fleet_kinds, MOST_SERVICES * CROWDS, kind, &p_kind);
    double e_end = kind_e(plain->ends[role], plain->fleet_ends, scorer->n_roles, end, &p_end);

    if ((past->asked >> service & 1) == 0) {
        episode_weigh(&past->episode, e_kind, p_kind);
        episode_weigh(&past->episode, e_end, p_end);
    }
    past->asked |= 1u << service;
    if (teaches) {
        kind_teach(plain->kinds[role], plain->fleet_kinds, MOST_SERVICES * CROWDS, kind);
        kind_teach(plain->ends[role], plain->fleet_ends, scorer->n_roles, end);
    }
    return p_end;
}

static void
judge(Scorer *scorer, WatchState *state, const Call *call, uint32_t row, double callers)
{
    Plain *plain = state->plain;
    Past *past =
        watch_item(state, PAST, &watch_admin_edge, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    bool is_alerted = case_is_alerted(scorer, &watch_admin_edge, call->asset, NULL);

    if (episode_is_over(&past->episode, call->begin_ms, quiet_days)) {
        episode_begin(&past->episode, &plain->pools, scorer, call->asset, 1, is_alerted, call->begin_ms);
        past->asked = 0;
    } else {
        episode_go_on(&past->episode, &plain->pools, scorer, call->asset, is_alerted, call->begin_ms);
    }
    double p_end = weigh_kind(plain, scorer, call, past, row, callers, past->episode.teaches);
    Opinion opinion = { .watch = &watch_admin_edge,
                        .asset = call->asset,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = (double)past->episode.p,
                        .decibans = episode_decibans(&past->episode, scorer, call->asset),
                        .numbers = { (double)past->episode.events, (double)past->episode.before,
                                     rate_days(scorer, call->asset), row, p_end, callers },
                        .call = call };
    case_take(scorer, &opinion);
}

static void
look(Scorer *scorer, WatchState *state, const Call *call)
{
    if (call->far_asset == NONE || call->initiator != INITIATOR_ASSET || !call->is_answered ||
        call->far_asset == call->asset)
        return;
    uint32_t row = find_service(call->far_port, call->protocol);
    if (row == G_N_ELEMENTS(services) || (call->is_reset && call->packets_in < REFUSED_PACKETS))
        return;
    bool is_new;
    uint32_t service = services[row].service;
    watch_item(state, EDGES, &watch_admin_edge,
               watch_key(scorer, call->asset, call->far_asset, service + 1, NULL), 1, &is_new);
    if (!is_new)
        return;
    uint32_t role = scorer->assets[call->asset].role;
    Target *target = watch_item(state, TARGETS, &watch_admin_edge,
                                watch_key(scorer, call->far_asset, service, role, NULL), 2, NULL);
    double callers = (double)target->callers;
    bool is_crowd = join(target, scorer, call);
    /* On an asset's first day all is new that was always there. */
    if (rate_days(scorer, call->asset) >= 1 && !is_crowd)
        judge(scorer, state, call, row, callers);
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
    char name[80], far[IP_TEXT] = "another asset";
    uint32_t row = (uint32_t)CLAMP(one->numbers[3], 0, G_N_ELEMENTS(services) - 1);
    const ScoredAsset *asset = &scorer->assets[one->asset];

    detector_asset_words(asset, name, sizeof name);
    if (one->flows != NONE)
        ip_text(&scorer->evidence[one->flows].flow.dst, far);
    g_snprintf(
        out, room,
        "%s opened %s to %s, as it never had (%.0f others of its role had), number %.0f of a round of new "
        "log-ins and the like; it began such a round %.0f times before in %.1f days; of those of role "
        "\"%s\" %.1f %% go to such a host",
        name, services[row].name, far, (double)one->numbers[5], (double)one->numbers[0],
        (double)one->numbers[1], (double)one->numbers[2], scorer->roles[asset->role].name,
        100 * (double)one->numbers[4]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "log-ins to hosts that it, or many of its role, logged in to before", room);
}

const Watch watch_admin_edge = { .name = "admin_edge",
                                 .memory_days = 1,
                                 .plain = sizeof(Plain),
                                 .tables = { { .item = sizeof(Past), .most = 1 << 15 },
                                             { .item = sizeof(uint32_t), .most = 8, .is_per_pair = true },
                                             { .item = sizeof(Target), .most = 1 << 16 } },
                                 .began = look,
                                 .ended = look,
                                 .window = window,
                                 .explain = explain,
                                 .instead = instead };
