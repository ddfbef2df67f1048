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
#include "scoring/admin-port.h"
#include "scoring/crowd.h"
#include "scoring/detector.h"
#include "scoring/episode.h"
#include "scoring/kind.h"
#include "scoring/watch.h"

#include <stdio.h>

enum { PAST = 0, EDGES = 1, TARGETS = 2 };
static const double quiet_days = 1;

typedef struct Past {
    Episode episode;
    uint32_t asked; /* services whose rarity was asked for in this episode, as bits */
} Past;
typedef struct Plain {
    EpisodePools pools;
    float kinds[MOST_ROLES][ADMIN_SERVICES], fleet_kinds[ADMIN_SERVICES];
    float ends[MOST_ROLES][MOST_ROLES], fleet_ends[MOST_ROLES]; /* by the callers' role */
} Plain;

/* The service, and the role at the other end. Each service once in an episode, for its second use is no news.
 * Returns the chance of such an end, or a rarer one. */
static double
weigh_kind(Plain *plain, const Scorer *scorer, const Call *call, Past *past, uint32_t row, bool teaches)
{
    uint32_t role = scorer->assets[call->asset].role, end = scorer->assets[call->far_asset].role;
    uint32_t service = admin_port_service(row);
    double p_kind, p_end;
    double e_kind = kind_e(plain->kinds[role], plain->fleet_kinds, ADMIN_SERVICES, service, &p_kind);
    double e_end = kind_e(plain->ends[role], plain->fleet_ends, scorer->n_roles, end, &p_end);

    if ((past->asked >> service & 1) == 0) {
        episode_weigh(&past->episode, e_kind, p_kind);
        episode_weigh(&past->episode, e_end, p_end);
    }
    past->asked |= 1u << service;
    if (teaches) {
        kind_teach(plain->kinds[role], plain->fleet_kinds, ADMIN_SERVICES, service);
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
    double p_end = weigh_kind(plain, scorer, call, past, row, past->episode.teaches);
    Opinion opinion = { .watch = &watch_admin_edge,
                        .asset = call->asset,
                        .p = episode_p(&past->episode),
                        .decibans = episode_decibans(&past->episode, scorer, call->asset),
                        .numbers = { (double)past->episode.events, (double)past->episode.before,
                                     rate_days(scorer, call->asset), row, p_end, callers },
                        .call = call };
    case_take(scorer, &opinion);
}

static void
look(Scorer *scorer, WatchState *state, const Call *call)
{
    uint32_t row = admin_port_find(call->far_port, call->protocol);
    if (row == ADMIN_PORT_NONE)
        return;
    uint32_t service = admin_port_service(row);
    if (!watch_add(state, EDGES, watch_key(scorer, call->asset, call->far_asset, service + 1, NULL), 1))
        return;
    uint32_t role = scorer->assets[call->asset].role;
    Crowd *crowd = watch_item(state, TARGETS, &watch_admin_edge,
                              watch_key(scorer, call->far_asset, service, role, NULL), 2, NULL);
    double callers = (double)crowd->members;
    bool is_news = crowd_join(crowd, scorer->roles[role].assets, seconds_of(call->begin_ms));
    /* On an asset's first day all is new that was always there. */
    if (rate_days(scorer, call->asset) >= 1 && is_news)
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
    uint32_t row = (uint32_t)CLAMP(one->numbers[3], 0, 1000);
    const ScoredAsset *asset = &scorer->assets[one->asset];

    detector_asset_words(asset, name, sizeof name);
    if (one->flows != NONE)
        ip_text(&scorer->evidence[one->flows].flow.dst, far);
    g_snprintf(
        out, room,
        "%s opened %s to %s, as it never had (%.0f others of its role had), number %.0f of a round of new "
        "log-ins and the like; it began such a round %.0f times before in %.1f days; of those of role "
        "\"%s\" %.1f %% go to such a host or a rarer one",
        name, admin_port_name(row), far, (double)one->numbers[5], (double)one->numbers[0],
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
                                 .needs = CALL_OUT | CALL_INSIDE | CALL_SESSION,
                                 .memory_days = 1,
                                 .plain = sizeof(Plain),
                                 .tables = { { .item = sizeof(Past), .most = 1 << 15 },
                                             { .most = 8, .is_per_pair = true },
                                             { .item = sizeof(Crowd), .most = 1 << 16 } },
                                 .began = look,
                                 .ended = look,
                                 .window = window,
                                 .explain = explain,
                                 .instead = instead };
