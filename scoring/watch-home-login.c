/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-home-login.c - somebody logs in from a home line that this service never had, and what the asset then
 * does
 *
 * A stolen password is used through a home line near the victim, so that it looks like staff. In flows that
 * is a session (answered, and more than a handshake) which comes in from a residential network. Staff and
 * customers do the same all day, so it is a habit (habit.h) of the service, the asset's port: how often does
 * it meet a home network or a block of addresses it never had (web, mail and VPN servers do by the hour:
 * dull; the SSH port of a controller never did: not dull), and do other assets have log-ins from there at the
 * same port?
 *
 * What counts more is the half hour after: an intruder looks around. First contacts come in spells (a
 * restart, a new program), so two questions are asked: how often does the asset or its role begin a spell of
 * first contacts (gamma-Poisson, rate.h), where none was going on when the log-in came; and what share of the
 * role's spells had so many? Once for contacts with anybody, once for those with other assets; the two bets
 * are averaged and half of the stake is kept back, as most log-ins are followed by nothing. A log-in is often
 * known only when it is over, so the latest contacts are kept with their times.
 *
 * A gate makes first contacts after many a log-in, so there another comparison tells more: what follows the
 * visits of this guest, and what follows those of the others (visit.h)? New ways inside count, be it to a
 * host or by an administration protocol to a host that is known. It is asked of everybody whose line the
 * asset has known for a week at most, and visit after visit adds up, for who is at home there goes new ways
 * once and then knows them. The two questions, this one and that of spells, are asked about the same
 * contacts, so the average of the bets counts.
 *
 * Who comes in by a gate mostly goes on with an address of its pool, which is another asset. That one came
 * right after the other is no evidence (there, somebody has always just logged in), but who reads of a pivot
 * wants to know: so the latest strangers are kept in mind, and are named with it.
 *
 * The time between is not tested: contacts that a cause before the log-in brought about count as well. Not
 * seen: a home user who had been there before, and what is done over the session itself.
 */
#include "scoring/admin-port.h"
#include "scoring/detector.h"
#include "scoring/habit.h"
#include "scoring/visit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DOORS = 0, HABITS, GATES, GUESTS, EDGES };
enum { RECENT = 24, CHANCE_ASSET = 3, CHANCE_GUEST = 1 };
enum { ARRIVALS = 16 };
enum { SESSION_PACKETS = 8, SESSION_OCTETS = 3000 }; /* more than a handshake and a refusal */
static const int64_t lasting_ms = 60000, after_ms = 1800000;
static const int64_t stranger_ms = 7 * (int64_t)86400000, born_ms = 2 * (int64_t)86400000;
static const double busy_a_day = 20; /* a service with more new blocks a day is not kept in mind by address */

typedef enum Pivot { PIVOT_ANY = 0, PIVOT_INSIDE, N_PIVOTS } Pivot;

/* The first contacts of an asset. */
typedef struct Door {
    float spells[N_PIVOTS];                        /* of first contacts, ever counted */
    uint32_t last_s[N_PIVOTS], in_spell[N_PIVOTS]; /* the latest first contact; how many in its spell */
    uint32_t recent_s[RECENT]; /* the latest: flow time in even seconds, plus one if it was a way inside */
    uint32_t n_recent;
} Door;

/* Whose line has logged in to an asset. */
typedef struct Guest {
    IpAddress far;
    int64_t begin_ms; /* of the latest visit */
    uint16_t service;
    uint8_t protocol, news, is_stranger;
    float decibans, p; /* of his log-in, as a habit of the service's; 0 where it was none that is new */
    float own, days, others_as, others_block; /* see HabitView */
    float before, share; /* decibans of the visits that are over; of visits that come as far as the latest */
    uint32_t visits, edges; /* how many; new ways inside in those that are over */
    VisitTail taught;       /* what his visits are to the gate's past */
} Guest;

/* A stranger has logged in; the latest of all, whichever asset it was. */
typedef struct Arrival {
    IpAddress far;
    uint32_t asset, at_s;
    uint16_t service;
} Arrival;

typedef struct Plain {
    Habits habits;
    Arrival arrivals[ARRIVALS];
    uint32_t n_arrivals;
    RatePools pools[N_PIVOTS];
    Ladder sizes[N_PIVOTS]; /* of spells; the larger the lower */
    VisitTail visits[MOST_ROLES], fleet_visits;
} Plain;

/* ---- what the asset does afterwards ---- */

static Door *
door_of(const Scorer *scorer, WatchState *state, uint32_t asset)
{
    return watch_item(state, DOORS, &watch_home_login, watch_key(scorer, asset, 0, 0, NULL), CHANCE_ASSET,
                      NULL);
}

static bool
is_of(uint32_t recent_s, Pivot pivot)
{
    return recent_s != 0 && (recent_s & 1) == (pivot == PIVOT_INSIDE);
}

/* First contacts from the log-in until half an hour after. */
static uint32_t
count_contacts(const Door *door, Pivot pivot, int64_t login_ms)
{
    int64_t from = login_ms / 1000 - 1, until = from + after_ms / 1000;
    uint32_t n = 0;

    for (uint32_t i = 0; i < RECENT; i++) {
        int64_t at = door->recent_s[i] & ~1u;
        n += at >= from && at < until && is_of(door->recent_s[i], pivot);
    }
    return n;
}

/* 1, 2, 3 and 4, up to 8, 16, 32, 64, more. */
static int
size_step(uint32_t n)
{
    return LADDER_STEPS - 1 - (int)fmin(LADDER_STEPS - 1, ceil(log2(MAX(1, n))));
}

/* Was a contact made in the half hour before the log-in? Then the spell is none of its making. */
static bool
was_going_on(const Door *door, Pivot pivot, int64_t login_ms)
{
    int64_t login = login_ms / 1000 - 1;

    for (uint32_t i = 0; i < RECENT; i++) {
        int64_t at = door->recent_s[i] & ~1u;
        if (at < login && at >= login - after_ms / 1000 && is_of(door->recent_s[i], pivot))
            return true;
    }
    return false;
}

static double
bet(const Plain *plain, const Scorer *scorer, uint32_t asset, const Door *door, Pivot pivot, int64_t login_ms)
{
    uint32_t n = count_contacts(door, pivot, login_ms);

    if (n == 0)
        return 0;
    double own = fmin(1e6, fmax(0, (double)door->spells[pivot]));
    CountModel model = rate_model(&plain->pools[pivot], scorer, asset, own, 0);
    model.mean *= fmax(1, (double)after_ms / (double)scorer->grid.length_ms);
    double began =
        was_going_on(door, pivot, login_ms) ? 1 : count_e(&model, 1, scorer->windows_per_day, BET_ONE);
    return began * e_hedged(ladder_mid_p(&plain->sizes[pivot], scorer, asset, size_step(n)));
}

/* ---- the guests of a gate, and what follows their visits ---- */

static Gate *
gate_of(const Scorer *scorer, WatchState *state, uint32_t asset)
{
    return watch_item(state, GATES, &watch_home_login, watch_key(scorer, asset, 0, 0, NULL), CHANCE_ASSET,
                      NULL);
}

static uint64_t
guest_key(const Scorer *scorer, uint32_t asset, const IpAddress *far)
{
    return watch_key(scorer, asset, 0, 0, far);
}

static Guest *
find_guest(const WatchState *state, uint64_t key)
{
    return watch_find(state, GUESTS, &watch_home_login, key);
}

/* What a visit of his that began then is worth, an e-value: that it came to so many new ways, and that there
 * was a spell of first contacts. */
static double
worth_of(const Scorer *scorer, WatchState *state, uint32_t asset, const Visit *visit, Guest *guest)
{
    const Plain *plain = state->plain;
    const Door *door = door_of(scorer, state, asset);
    VisitQuestion question = { .gate = gate_of(scorer, state, asset),
                               .role = &plain->visits[scorer->assets[asset].role],
                               .fleet = &plain->fleet_visits,
                               .own = &guest->taught };
    double p, visits = visit_e(&question, visit->edges, &p);
    double spells = 0.4 + 0.2 * bet(plain, scorer, asset, door, PIVOT_ANY, guest->begin_ms) +
                    0.4 * bet(plain, scorer, asset, door, PIVOT_INSIDE, guest->begin_ms);

    if (visit->edges > 0)
        guest->share = (float)p;
    return 0.5 * spells + 0.5 * visits;
}

static Visit *
visit_of(Gate *gate, uint64_t guest)
{
    for (int i = 0; i < VISITS_OPEN; i++)
        if (gate->open[i].guest == guest)
            return &gate->open[i];
    return NULL;
}

static void
give_opinion(const Scorer *scorer, WatchState *state, uint32_t asset, Guest *guest, const Call *login)
{
    const Door *door = door_of(scorer, state, asset);
    const Visit *visit = visit_of(gate_of(scorer, state, asset), guest_key(scorer, asset, &guest->far));
    /* While it goes on, what has not come may still come. */
    double now = visit == NULL ? 1 : fmax(1, worth_of(scorer, state, asset, visit, guest));
    double pivot = fmin(DECIBANS_MOST, (double)guest->before) + decibans_of(now);
    Opinion opinion = {
        .watch = &watch_home_login,
        .asset = asset,
        .far = &guest->far,
        .service = guest->service,
        .protocol = guest->protocol,
        .p = (double)guest->p,
        .decibans = (double)guest->decibans + pivot,
        .overlap = (double)guest->decibans,
        .numbers = { (double)guest->own, (double)guest->days, (double)guest->others_as,
                     (double)guest->others_block, count_contacts(door, PIVOT_ANY, guest->begin_ms),
                     count_contacts(door, PIVOT_INSIDE, guest->begin_ms), guest->news, pivot },
        .at_ms = MAX(1, guest->begin_ms),
        .call = login
    };

    if (opinion.decibans > 0)
        watch_says(state, &opinion);
}

/* It becomes part of what is usual, and of what is held against the guest. */
static void
end_visit(const Scorer *scorer, WatchState *state, uint32_t asset, Gate *gate, const Visit *visit)
{
    Plain *plain = state->plain;
    const ScoredAsset *of = &scorer->assets[asset];
    Guest *guest = find_guest(state, visit->guest);
    bool must_not = scorer->moment.now_ms - of->first_ms < born_ms;

    if (guest != NULL) {
        double e = worth_of(scorer, state, asset, visit, guest);
        guest->before = (float)fmin(DECIBANS_MOST, fmax(0, (double)guest->before + decibans_of(e)));
        guest->edges += visit->edges;
        must_not |= case_is_alerted(scorer, &watch_home_login, asset, &guest->far);
    }
    if (!must_not)
        visit_teach(gate, visit, &plain->visits[of->role], &plain->fleet_visits,
                    guest != NULL ? &guest->taught : NULL);
}

/* By the time of what is told of, which may be minutes ago. */
static void
end_visits(const Scorer *scorer, WatchState *state, const Call *call, Gate *gate)
{
    for (int i = 0; i < VISITS_OPEN; i++) {
        Visit over = gate->open[i];
        if (!visit_is_over(&over, seconds_of(call->begin_ms)))
            continue;
        end_visit(scorer, state, call->asset, gate, &over);
        gate->open[i] = (Visit){ 0 };
    }
}

/* Was his line unknown a week ago, though the asset was known? */
static bool
is_unknown(const Scorer *scorer, const Call *call)
{
    int64_t met_ms = call->peer == NONE ? call->begin_ms : 1000 * (int64_t)call->pair_first_s;

    return call->begin_ms - met_ms < stranger_ms && met_ms - scorer->assets[call->asset].first_ms > born_ms;
}

/* Who has logged in; *@is_news: it begins a visit. */
static Guest *
note_guest(const Scorer *scorer, WatchState *state, const Call *call, bool *is_news)
{
    uint64_t key = guest_key(scorer, call->asset, &call->far);
    Guest *guest = watch_item(state, GUESTS, &watch_home_login, key, CHANCE_GUEST, NULL);
    bool is_known = guest->begin_ms > 0 && guest->begin_ms <= scorer->moment.now_ms;

    *is_news = !is_known || call->begin_ms >= guest->begin_ms + after_ms;
    if (!*is_news)
        return guest;
    Gate *gate = gate_of(scorer, state, call->asset);
    end_visits(scorer, state, call, gate);
    bool is_stranger = is_unknown(scorer, call);
    if (!is_known || !is_stranger)
        *guest = (Guest){ .far = call->far, .p = 1, .news = HABIT_KNOWN };
    guest->is_stranger = is_stranger;
    guest->begin_ms = call->begin_ms;
    guest->service = call->asset_port;
    guest->protocol = call->protocol;
    guest->visits++;
    visit_begin(gate, key, seconds_of(call->begin_ms),
                count_contacts(door_of(scorer, state, call->asset), PIVOT_INSIDE, call->begin_ms));
    return guest;
}

/* A spell that is over teaches how large spells are; a new one, how often they come. */
static void
add_to_spell(Plain *plain, const Scorer *scorer, uint32_t asset, Door *door, Pivot pivot, uint32_t at_s)
{
    bool goes_on = door->in_spell[pivot] > 0 && at_s < door->last_s[pivot] + after_ms / 1000;

    door->last_s[pivot] = MAX(goes_on ? door->last_s[pivot] : 0, at_s);
    if (goes_on) {
        door->in_spell[pivot]++;
        return;
    }
    if (door->in_spell[pivot] > 0)
        ladder_teach(&plain->sizes[pivot], scorer, asset, size_step(door->in_spell[pivot]));
    door->in_spell[pivot] = 1;
    rate_teach(&plain->pools[pivot], scorer, asset, (double)door->spells[pivot]);
    door->spells[pivot] += 1;
}

/* A first contact of the asset's own making, or a new way inside. Everybody who came lately may be the
 * reason. */
static void
add_contact(const Scorer *scorer, WatchState *state, const Call *call, Pivot pivot)
{
    Door *door = door_of(scorer, state, call->asset);
    Gate *gate = watch_find(state, GATES, &watch_home_login, watch_key(scorer, call->asset, 0, 0, NULL));
    bool is_alerted = false;

    door->recent_s[door->n_recent++ % RECENT] =
        (MAX(2, seconds_of(call->begin_ms)) & ~1u) | (pivot == PIVOT_INSIDE);
    if (gate != NULL)
        end_visits(scorer, state, call, gate);
    if (gate != NULL && pivot == PIVOT_INSIDE)
        visit_note_edge(gate, seconds_of(call->begin_ms));
    for (int i = 0; gate != NULL && i < VISITS_OPEN; i++) {
        Guest *guest = gate->open[i].guest != 0 ? find_guest(state, gate->open[i].guest) : NULL;
        if (guest == NULL || call->begin_ms < guest->begin_ms || call->begin_ms >= guest->begin_ms + after_ms)
            continue;
        if (guest->is_stranger > 0 || guest->news != HABIT_KNOWN)
            give_opinion(scorer, state, call->asset, guest, call);
        is_alerted |= case_is_alerted(scorer, &watch_home_login, call->asset, &guest->far);
    }
    if (!is_alerted) /* what the intruder does is not usual */
        add_to_spell(state->plain, scorer, call->asset, door, pivot, seconds_of(call->begin_ms));
}

/* ---- the log-in ---- */

static bool
is_session(const Call *call)
{
    bool is_long = call->end_ms - call->begin_ms >= lasting_ms;
    bool is_full = !call->is_slight && MIN(call->packets_out, call->packets_in) >= SESSION_PACKETS &&
                   call->octets_out + call->octets_in >= SESSION_OCTETS;

    return call->is_answered && (is_long || is_full);
}

/* A service that meets new blocks by the hour would fill the table, and nothing about it is odd. */
static bool
is_busy(const HabitBook *book, const Call *call)
{
    return habit_events(book, call->asset, HABIT_NEW_BLOCK) >
           busy_a_day * (2 + rate_days(book->scorer, call->asset));
}

/* What is odd about the log-in itself. */
static void
keep_news(Guest *guest, const HabitView *view)
{
    guest->news = (uint8_t)view->news;
    guest->decibans = (float)(view->rate_decibans + view->crowd.decibans);
    guest->p = (float)fmin(1, 2 * fmin(view->rate_p, view->crowd.mid_p));
    guest->own = (float)view->own;
    guest->days = (float)view->days;
    guest->others_as = (float)view->others_as;
    guest->others_block = (float)view->others_block;
}

static void
keep_arrival(Plain *plain, const Call *call)
{
    plain->arrivals[plain->n_arrivals++ % ARRIVALS] = (Arrival){ .far = call->far,
                                                                 .asset = call->asset,
                                                                 .at_s = seconds_of(call->begin_ms),
                                                                 .service = call->asset_port };
}

static void
add_login(const Scorer *scorer, WatchState *state, const Call *call)
{
    Plain *plain = state->plain;
    HabitBook book = { scorer,
                       state,
                       &watch_home_login,
                       HABITS,
                       &plain->habits,
                       0,
                       (uint32_t)call->protocol << 16 | call->asset_port };
    bool is_news;

    if (is_busy(&book, call)) {
        if (call->is_new_pair)
            habit_note(&book, call->asset, HABIT_NEW_BLOCK);
        return;
    }
    Guest *guest = note_guest(scorer, state, call, &is_news);
    HabitView view = habit_look(&book, call, call->begin_ms);
    if (view.news != HABIT_KNOWN)
        keep_news(guest, &view);
    if (is_news && (view.news != HABIT_KNOWN || guest->is_stranger > 0)) {
        keep_arrival(plain, call);
        give_opinion(scorer, state, call->asset, guest, call);
    }
    if (view.news != HABIT_KNOWN && !case_is_alerted(scorer, &watch_home_login, call->asset, &call->far))
        habit_keep(&book, call, &view);
}

static void
told(const Scorer *scorer, WatchState *state, const Call *call)
{
    if (call->is_home && call->initiator == INITIATOR_FAR && is_session(call))
        add_login(scorer, state, call);
}

static bool
is_first_contact(const Call *call)
{
    return call->is_new_pair && call->initiator == INITIATOR_ASSET;
}

/* Of a way inside; 0: none that is of interest. Hosts that know each other may be new to each other in an
 * administration protocol. */
static uint64_t
edge_key(const Scorer *scorer, const Call *call)
{
    uint32_t row = ADMIN_PORT_NONE;

    if (call->far_asset == NONE || call->initiator != INITIATOR_ASSET || call->far_asset == call->asset)
        return 0;
    row = admin_port_find(call->far_port, call->protocol);
    if (row == ADMIN_PORT_NONE && !call->is_new_pair)
        return 0;
    uint32_t service = row == ADMIN_PORT_NONE ? 0 : admin_port_service(row) + 1;
    return watch_key(scorer, call->asset, call->far_asset, service, NULL);
}

static void
wants(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list)
{
    (void)state;
    if (is_first_contact(call)) {
        want(list, DOORS, watch_key(scorer, call->asset, 0, 0, NULL));
        want_if_there(list, GATES, watch_key(scorer, call->asset, 0, 0, NULL));
    }
    uint64_t edge = edge_key(scorer, call);
    if (edge != 0)
        want(list, EDGES, edge);
}

static void
look_inside(const Scorer *scorer, WatchState *state, const Call *call)
{
    uint64_t key = edge_key(scorer, call);

    if (key != 0 && call_is_session(call) && watch_add(state, EDGES, key, 1))
        add_contact(scorer, state, call, PIVOT_INSIDE);
}

static void
began(const Scorer *scorer, WatchState *state, const Call *call)
{
    told(scorer, state, call);
    if (is_first_contact(call))
        add_contact(scorer, state, call, PIVOT_ANY);
    look_inside(scorer, state, call);
}

static void
ended(const Scorer *scorer, WatchState *state, const Call *call)
{
    told(scorer, state, call);
    look_inside(scorer, state, call);
}

static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;

    (void)number;
    habit_window(&plain->habits, scorer);
    for (int i = 0; i < N_PIVOTS; i++)
        rate_window(&plain->pools[i], scorer);
}

/* ---- in words ---- */

/* What followed his visits. */
static void
after_words(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    const WatchState *state = &scorer->watch_states[one->watch];
    const Guest *guest = find_guest(state, guest_key(scorer, one->asset, &one->far));
    const Gate *gate = watch_find(state, GATES, &watch_home_login, watch_key(scorer, one->asset, 0, 0, NULL));
    uint32_t edges = guest != NULL ? guest->edges : 0;

    for (int i = 0; guest != NULL && gate != NULL && i < VISITS_OPEN; i++)
        if (gate->open[i].guest == guest_key(scorer, one->asset, &one->far))
            edges += gate->open[i].edges;
    g_snprintf(out, room, "no first contacts followed");
    if (one->numbers[4] >= 1)
        g_snprintf(out, room, "%.0f%s first contacts of its own followed within half an hour",
                   (double)one->numbers[4], one->numbers[4] >= RECENT ? " or more" : "");
    if (edges == 0)
        return;
    size_t length = one->numbers[4] >= 1 ? strlen(out) : 0;
    g_snprintf(out + length, room - length,
               "%s%u visit%s from there, %u ways inside after them that it never took before; %.3g %% of its "
               "visits have as many as his latest with any",
               length > 0 ? "; " : "", guest->visits, guest->visits == 1 ? "" : "s", edges,
               100 * (double)guest->share);
}

void
home_login_words(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    const Plain *plain = scorer->watch_states[watch_index(&watch_home_login)].plain;
    uint32_t before_s = seconds_of(one->first_ms), n = 0;
    const Arrival *latest = NULL;
    char name[80], far[IP_TEXT], others[48] = "", ago[32] = "less than a minute";

    out[0] = '\0';
    for (uint32_t i = 0; i < ARRIVALS; i++) {
        const Arrival *guest = &plain->arrivals[i];
        if (guest->at_s == 0 || guest->at_s > before_s || before_s - guest->at_s >= VISIT_S ||
            guest->asset >= scorer->n_assets || ip_equal(&guest->far, &one->third))
            continue;
        n++;
        if (latest == NULL || guest->at_s > latest->at_s)
            latest = guest;
    }
    if (latest == NULL)
        return;
    uint32_t minutes = (before_s - latest->at_s) / 60;
    detector_asset_words(&scorer->assets[latest->asset], name, sizeof name);
    if (minutes > 0)
        g_snprintf(ago, sizeof ago, "%u minute%s", minutes, minutes == 1 ? "" : "s");
    if (n > 1)
        g_snprintf(others, sizeof others, " (and %s%u more in that half hour)",
                   n == ARRIVALS ? "at least " : "", n - 1);
    g_snprintf(out, room, "%s before, %s logged in to %s on port %u, from a home line unknown there%s", ago,
               ip_text(&latest->far, far), name, latest->service, others);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    static const char *const news[] = { "a home network it never had",
                                        "a block of home addresses it never had",
                                        "a home line it had not met a week before" };
    uint32_t asn = place_table_find(scorer->places, &one->far)->asn;
    char name[80], far[IP_TEXT], crowd[120] = "", after[240];
    int kind = (int)CLAMP(one->numbers[6], 0, HABIT_KNOWN);

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    after_words(scorer, one, after, sizeof after);
    if (kind == HABIT_KNOWN) {
        g_snprintf(out, room, "%s was logged in to on port %u from %s, %s; %s", name, one->service, far,
                   news[kind], after);
        return;
    }
    habit_crowd_words(asn, (double)one->numbers[2], (double)one->numbers[3], crowd, sizeof crowd);
    g_snprintf(
        out, room,
        "%s was logged in to on port %u from %s, %s; the port had met %.0f like it in %.1f days, and %s; %s",
        name, one->service, far, news[kind], (double)one->numbers[0], (double)one->numbers[1], crowd, after);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    g_strlcpy(out,
              one->numbers[7] > 3
                  ? "a log-in that the asset does not follow up with first contacts or new ways inside"
                  : "a home network that had logged in there before",
              room);
}

const Watch watch_home_login = { .name = "home_login",
                                 .memory_days = 1,
                                 .plain = sizeof(Plain),
                                 .tables = { { .item = sizeof(Door), .most = 64, .is_per_pair = true },
                                             { .item = sizeof(HabitItem), .most = 8, .is_per_pair = true },
                                             { .item = sizeof(Gate), .most = 64, .is_per_pair = true },
                                             { .item = sizeof(Guest), .most = 16, .is_per_pair = true },
                                             { .most = 8, .is_per_pair = true } },
                                 .wants = wants,
                                 .began = began,
                                 .lasts = told,
                                 .ended = ended,
                                 .window = window,
                                 .explain = explain,
                                 .instead = instead };
