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
 * counts; tries into the void are watch-scan.c's.
 *
 * On an asset's first day all is new that was always there, so it is not asked about. But who comes to a
 * network that is known (a guest of the VPN who got the next address of its pool, a box that somebody plugged
 * in) has no past either, and is what he does on that day. For him the null hypothesis is that newcomers do
 * as newcomers did: in a network where some come every day and log in to servers that is dull, and where many
 * come at once (an exporter was added) it is as dull as they are many. What a few of any role do there is no
 * news, and the first host that a newcomer logs in to is what he came for; from the second on they count.
 * Cannot see: who uses the ways that an administrator uses.
 */
#include "scoring/admin-port.h"
#include "scoring/crowd.h"
#include "scoring/detector.h"
#include "scoring/episode.h"
#include "scoring/kind.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

enum { PAST = 0, EDGES = 1, TARGETS = 2, ANY_ROLE = MOST_ROLES };
static const double quiet_days = 1, newcomer_days = 1;
static const double worth_saying = 0.5; /* of a role: that most do as much explains nothing */
static const double newcomer_shape = 0.5, newcomer_trust = 2, half_life_days = 30;

typedef struct Past {
    Episode episode;
    uint32_t asked; /* services whose rarity was asked for in this episode, as bits */
    uint32_t first; /* of a newcomer: the first host that he logged in to, and one */
    bool is_new;    /* the episode is that of a newcomer */
} Past;
/* Assets that were first seen when the network was known; all fade by half in thirty days but @today. */
typedef struct Newcomers {
    double windows, seen, rounds; /* of watching; how many came; how many of them began a round */
    double today;                 /* came, fading with a day */
    uint32_t assets;              /* how many there were in the window before */
} Newcomers;
typedef struct Plain {
    EpisodePools pools, new_pools; /* the latter: how far newcomers go, who are no model for others */
    Newcomers newcomers;
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

/* Of how many rounds that newcomers begin in a window: as many as ever did, or as many of those who came
 * today as usually do. */
static CountModel
newcomer_model(const Newcomers *self, const Scorer *scorer)
{
    double share = (self->rounds + newcomer_shape) / (self->seen + newcomer_trust);
    double a_day = fmax(1, self->today) * fmin(1, share);
    CountModel model = { .shape = newcomer_shape + self->rounds };

    model.mean =
        fmax(model.shape / (scorer->windows_per_day + self->windows), a_day / scorer->windows_per_day);
    return model;
}

static double
network_days(const Newcomers *self, const Scorer *scorer)
{
    return self->windows / scorer->windows_per_day;
}

static void
begin(Plain *plain, const Scorer *scorer, const Call *call, Past *past, bool is_alerted)
{
    past->is_new = rate_days(scorer, call->asset) < newcomer_days;
    past->asked = 0;
    if (!past->is_new) {
        episode_begin(&past->episode, &plain->pools, scorer, call->asset, 1, is_alerted, call->begin_ms);
        return;
    }
    CountModel model = newcomer_model(&plain->newcomers, scorer);
    episode_begin_under(&past->episode, &plain->new_pools, scorer, call->asset, &model, is_alerted,
                        call->begin_ms);
    plain->newcomers.rounds += !is_alerted;
}

static void
judge(const Scorer *scorer, WatchState *state, const Call *call, Past *past, uint32_t row, double callers)
{
    Plain *plain = state->plain;
    bool is_alerted = case_is_alerted(scorer, &watch_admin_edge, call->asset, NULL);

    if (episode_is_over(&past->episode, call->begin_ms, quiet_days))
        begin(plain, scorer, call, past, is_alerted);
    else
        episode_go_on(&past->episode, past->is_new ? &plain->new_pools : &plain->pools, scorer, call->asset,
                      is_alerted, call->begin_ms);
    double days = rate_days(scorer, call->asset);
    double p_end = weigh_kind(plain, scorer, call, past, row, past->episode.teaches && !past->is_new);
    Opinion opinion = { .watch = &watch_admin_edge,
                        .asset = call->asset,
                        .p = episode_p(&past->episode),
                        .decibans =
                            episode_decibans(&past->episode, scorer,
                                             past->is_new ? network_days(&plain->newcomers, scorer) : days),
                        .numbers = { (double)past->episode.events, (double)past->episode.before, days, row,
                                     p_end, callers, past->is_new, plain->newcomers.seen },
                        .call = call };
    watch_says(state, &opinion);
}

/* Does it count what a newcomer does there? The first host is what he came for. */
static bool
counts(const Scorer *scorer, const Plain *plain, const Call *call, Past *past)
{
    if (network_days(&plain->newcomers, scorer) < newcomer_days)
        return false;
    if (past->first == 0)
        past->first = call->far_asset + 1;
    return past->first != call->far_asset + 1 || past->episode.step > 0;
}

/* Is it news that one more of a role calls this service there? *@callers: how many of them did before. */
static bool
join(const Scorer *scorer, WatchState *state, const Call *call, uint32_t service, uint32_t role,
     double *callers)
{
    uint64_t key = watch_key(scorer, call->far_asset, service, role, NULL);
    Crowd *crowd = watch_item(state, TARGETS, &watch_admin_edge, key, 2, NULL);
    double all = role == ANY_ROLE ? scorer->n_assets : scorer->roles[role].assets;

    *callers = (double)crowd->members;
    return crowd_join(crowd, all, seconds_of(call->begin_ms));
}

/* Where packets are sampled, what goes on all day is seen whole days later for the first time. So what was
 * glimpsed on two days is known, and not told. */
static void
look(const Scorer *scorer, WatchState *state, const Call *call)
{
    uint32_t row = admin_port_find(call->far_port, call->protocol);
    if (row == ADMIN_PORT_NONE)
        return;
    uint32_t service = admin_port_service(row);
    uint64_t edge = watch_key(scorer, call->asset, call->far_asset, service + 1, NULL);
    bool is_whole = call_is_session(call);
    if (!is_whole && !watch_glimpsed_again(scorer, state, EDGES, edge, call))
        return;
    if (!watch_add(state, EDGES, edge, 1))
        return;
    double callers, all;
    bool is_news = join(scorer, state, call, service, scorer->assets[call->asset].role, &callers);
    bool is_news_to_all = join(scorer, state, call, service, ANY_ROLE, &all);
    bool is_new = rate_days(scorer, call->asset) < newcomer_days;
    if (!is_whole || !(is_new ? is_news_to_all : is_news))
        return;
    Past *past =
        watch_item(state, PAST, &watch_admin_edge, watch_key(scorer, call->asset, 0, 0, NULL), 1, NULL);
    if (!is_new || counts(scorer, state->plain, call, past))
        judge(scorer, state, call, past, row, is_new ? all : callers);
}

/* Who comes while the network is not known yet was there before. */
static void
count_newcomers(Newcomers *self, const Scorer *scorer)
{
    double keep = exp2(-1 / (half_life_days * scorer->windows_per_day));
    uint32_t came = scorer->n_assets - MIN(self->assets, scorer->n_assets);

    if (network_days(self, scorer) < newcomer_days)
        came = 0;
    self->windows = self->windows * keep + 1;
    self->seen = self->seen * keep + came;
    self->rounds *= keep;
    self->today = self->today * exp(-1 / scorer->windows_per_day) + came;
    self->assets = scorer->n_assets;
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    episode_window(&plain->pools, scorer);
    count_newcomers(&plain->newcomers, scorer);
}

/* How seldom it does such a thing; as its past, or for want of one that of those who came as it did. */
static void
past_words(const Case *one, char *out, size_t room)
{
    if (one->numbers[6] > 0)
        g_snprintf(out, room, "it was first seen within a day before it began, as %.0f others were lately",
                   fmax(0, (double)one->numbers[7] - 1));
    else
        g_snprintf(out, room, "it began such a round %.0f times before in %.1f days", (double)one->numbers[1],
                   (double)one->numbers[2]);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], far[IP_TEXT] = "another asset", past[120], role[48], share[16], rarer[120] = "";
    uint32_t row = (uint32_t)CLAMP(one->numbers[3], 0, 1000);
    const ScoredAsset *asset = &scorer->assets[one->asset];

    detector_asset_words(asset, name, sizeof name);
    if (one->flows != NONE)
        ip_text(&scorer->evidence[one->flows].flow.dst, far);
    past_words(one, past, sizeof past);
    detector_role_words(scorer, asset, role, sizeof role);
    detector_share_words((double)one->numbers[4], share);
    if (one->numbers[4] < worth_saying)
        g_snprintf(rarer, sizeof rarer, "; of those of %s %s go to such a host or a rarer one", role, share);
    g_snprintf(out, room,
               "%s opened %s to %s, as it never had (%.0f others%s had), number %.0f of a round of new "
               "log-ins and the like; %s%s",
               name, admin_port_name(row), far, (double)one->numbers[5],
               one->numbers[6] > 0 ? "" : " of its role", (double)one->numbers[0], past, rarer);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "log-ins to hosts that it, or many of its role, logged in to before", room);
}

const Watch watch_admin_edge = { .name = "admin_edge",
                                 .is_pivot = true,
                                 .needs = CALL_OUT | CALL_INSIDE | CALL_SIGN,
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
