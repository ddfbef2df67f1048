/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contact.c - first calls of assets to far ends: opened by a record, judged when their window closes
 *
 * Who called can often be told only when both halves have been seen, so a contact waits as "pending" until
 * its window closes. What turns out to be the far end's call, or cannot be told, is dropped. A contact lives
 * until it has been quiet for as long as it had gone on, from half an hour (home lines: two hours) to a day
 * (a day, once it is in an alert), and its evidence grows with it. Bounded: when all places are taken a new
 * contact is counted and not watched.
 */
#include "scoring/case.h"
#include "scoring/detector.h"

#include <math.h>
#include <string.h>

enum { UDP = 17 };
enum {
    QUIET_WINDOWS = 6,
    QUIET_HOME = 24,
    PATIENCE = 1,
    COUNTED_A_DAY = 8, /* of an asset, among the durations */
    EVIDENCE_HEAD = 12,
    CHANCE_CALLED = 3
};

static const int64_t cluster_windows = 72;

bool
contact_has_room(const Scorer *self, const Peer *peer)
{
    bool is_home = peer->access == ACCESS_RESIDENTIAL || peer->access == ACCESS_MOBILE ||
                   peer->access == ACCESS_SATELLITE;

    return self->used_contacts < (is_home ? MOST_CONTACTS : MOST_CONTACTS - MOST_CONTACTS / 8);
}

static Contact *
take_contact(Scorer *self, uint32_t *index)
{
    if (self->free_contact != NONE) {
        *index = self->free_contact;
        self->free_contact = self->contacts[*index].next_free;
        return &self->contacts[*index];
    }
    if (self->n_contacts == MOST_CONTACTS)
        return NULL;
    *index = self->n_contacts++;
    return &self->contacts[*index];
}

uint32_t
contact_open(Scorer *self, uint32_t asset, uint32_t peer_slot, const FlowRecord *flow)
{
    Peer *peer = &self->peers[peer_slot];
    const Place *place = place_table_find(self->places, &peer->address);
    bool out = ip_equal(&flow->src, &self->assets[asset].address);
    uint32_t index;
    Contact *contact = take_contact(self, &index);

    if (contact == NULL) {
        self->counters.contacts_refused++;
        return NONE;
    }
    memset(contact, 0, sizeof *contact);
    contact->first = *flow;
    contact->asset = asset;
    contact->peer = peer_slot;
    contact->path = contact->evidence = contact->story = contact->next_free = NONE;
    contact->state = CONTACT_PENDING;
    contact->protocol = flow->protocol;
    contact->service = out ? flow->dst_port : flow->src_port;
    contact->access = place->access;
    contact->anonymity = place->anonymity;
    contact->is_home = scorer_is_home(place);
    contact->confidence =
        place->anonymity == ANONYMITY_RESIDENTIAL_PROXY && place->confidence < 80 ? 80 : place->confidence;
    contact->asn = place->asn != 0 ? place->asn : (out ? flow->dst_as : flow->src_as);
    contact->first_ms = flow->start_ms;
    contact->last_ms = flow->end_ms;
    contact->opened_window = contact->last_window =
        MAX(self->grid.first, window_number(&self->grid, flow->end_ms));
    peer->contact = index;
    self->used_contacts++;
    self->counters.contacts++;
    return index;
}

uint32_t
scorer_take_evidence(Scorer *self)
{
    uint32_t at = self->free_evidence;

    if (at != NONE) {
        self->free_evidence = self->evidence[at].next;
    } else if (self->n_evidence < MOST_EVIDENCE) {
        at = self->n_evidence++;
    } else {
        self->counters.evidence_refused++;
        return NONE;
    }
    self->evidence[at].next = NONE;
    return at;
}

void
scorer_free_evidence(Scorer *self, uint32_t chain)
{
    while (chain != NONE) {
        uint32_t next = self->evidence[chain].next;
        self->evidence[chain].next = self->free_evidence;
        self->free_evidence = chain;
        chain = next;
    }
}

/* Keeps the first flows and the latest ones, twenty in all. */
static void
keep_evidence(Scorer *self, Contact *contact, const FlowRecord *flow)
{
    uint32_t at;

    /* Of a contact with many flows, one in sixteen is enough to know how it went on. */
    if (contact->n_evidence >= ALERT_FLOWS && contact->flows++ % 16 != 0)
        return;
    if (contact->n_evidence >= ALERT_FLOWS) { /* the oldest behind the head goes to the end */
        uint32_t before = contact->evidence, last;
        for (int i = 1; i < EVIDENCE_HEAD; i++)
            before = self->evidence[before].next;
        at = self->evidence[before].next;
        self->evidence[before].next = self->evidence[at].next;
        for (last = before; self->evidence[last].next != NONE;)
            last = self->evidence[last].next;
        self->evidence[last].next = at;
    } else {
        at = scorer_take_evidence(self);
        if (at == NONE)
            return;
        uint32_t *end = &contact->evidence;
        while (*end != NONE)
            end = &self->evidence[*end].next;
        *end = at;
        contact->n_evidence++;
    }
    self->evidence[at].flow = *flow;
    self->evidence[at].next = NONE;
}

void
contact_add_flow(Scorer *self, Contact *contact, const FlowRecord *flow)
{
    const ScoredAsset *asset = &self->assets[contact->asset];
    double scale = flow->sampling > 1 ? flow->sampling : 1;
    int64_t number = window_number(&self->grid, flow->end_ms);

    if (ip_equal(&flow->src, &asset->address)) {
        contact->octets_out += (double)flow->octets * scale;
        contact->octets_in += (double)flow->reverse_octets * scale;
    } else {
        contact->octets_in += (double)flow->octets * scale;
        contact->octets_out += (double)flow->reverse_octets * scale;
    }
    contact->first_ms = MIN(contact->first_ms, flow->start_ms);
    contact->last_ms = MAX(contact->last_ms, flow->end_ms);
    if (number > contact->last_window || contact->active_windows == 0) {
        contact->last_window = MAX(number, contact->last_window);
        contact->active_windows++;
    }
    keep_evidence(self, contact, flow);
}

/* An answer about a contact only gets smaller, so its last one is the one that counts. A lead asks of each
 * window whether there was one at all; a support is asked once for each contact. */
static void
note_answers(Scorer *self, const Contact *contact)
{
    for (uint32_t i = 0; i < n_detectors && contact->is_judged && contact->state == CONTACT_LIVE; i++)
        if (contact->findings[i].has && detectors[i].kind != DETECTOR_WATCH)
            pvalues_note(self->pvalues, detectors[i].name, contact->asset, (double)contact->findings[i].p,
                         detectors[i].kind == DETECTOR_LEAD ? self->windows_per_day : 0);
}

void
contact_release(Scorer *self, uint32_t index)
{
    Contact *contact = &self->contacts[index];

    if (self->pvalues != NULL)
        note_answers(self, contact);
    scorer_free_evidence(self, contact->evidence);
    if (contact->peer != NONE && self->peers[contact->peer].contact == index)
        self->peers[contact->peer].contact = NONE;
    for (uint32_t i = 0; contact->story != NONE && i < self->n_stories; i++)
        if (self->stories[i]->contact == index)
            self->stories[i]->contact = NONE;
    contact->state = CONTACT_FREE;
    contact->evidence = NONE;
    contact->next_free = self->free_contact;
    self->free_contact = index;
    self->used_contacts--;
}

/* Has the asset left by this exporter, interface and next hop before the contact began? */
static void
look_at_egress(Scorer *self, Contact *contact)
{
    const PathUse *own = contact_path(self, contact);

    contact->knows_egress = own != NULL && (own->out_if != 0 || !ip_is_zero(&own->next_hop));
    contact->is_new_egress = false;
    if (contact->knows_egress) {
        uint32_t first_s = scorer_egress_first_s(self, own);
        contact->is_new_egress = first_s == 0 || first_s >= seconds_of(contact->first_ms);
    }
}

/* A pending contact turns out to be the asset's call. */
static void
confirm(Scorer *self, Contact *contact)
{
    ScoredAsset *asset = &self->assets[contact->asset];
    Peer *peer = &self->peers[contact->peer];
    FleetView fleet = fleet_look(self, contact->asset, contact->asn, &peer->address);

    contact->state = CONTACT_LIVE;
    contact->is_early = (double)asset->novelty.windows < self->windows_per_day;
    contact->is_new_as = fleet.is_new_as;
    contact->others_as = fleet.others_as;
    contact->others_role = fleet.others_role;
    contact->others_block = fleet.others_block;
    look_at_egress(self, contact);
    peer->flags |= PEER_CALLED;
    key_table_set_chance(&self->peer_keys, contact->peer, CHANCE_CALLED);
    asset->peer_new++;
    asset->home_new += contact->is_home;
    asset->as_new += contact->is_new_as;
}

/* Clusters again: several new ones in a window are taken for one. Half of the stake on this window alone,
 * half on what has added up. */
static double
lead_of(const Scorer *self, const CountModel *model, uint32_t count, float added_up)
{
    double now = count == 0 ? 1 : count_e(model, 1, self->windows_per_day, BET_NOW);

    return decibans_of(0.5 * now + 0.5 * e_of_decibans((double)added_up));
}

/* What the past says of the contacts of this window; the same for all of one asset and window. */
static void
set_leads(Scorer *self, Contact *contact)
{
    ScoredAsset *asset = &self->assets[contact->asset];
    const Role *role = &self->roles[asset->role];

    contact->own_home = (double)asset->novelty.events[NOVELTY_HOME];
    contact->own_as = (double)asset->novelty.events[NOVELTY_AS];
    contact->own_days = (double)asset->novelty.windows / self->windows_per_day;
    contact->p_home = contact->p_as = 1;
    contact->lead_home = contact->lead_as = 0;
    if (contact->is_home) { /* each model costs a microsecond: only where the question applies */
        CountModel home = novelty_model(&asset->novelty, &role->novelty, &self->fleet.novelty, NOVELTY_HOME,
                                        self->windows_per_day);
        contact->p_home = count_mid_p(&home, MIN(1, asset->home_new));
        contact->lead_home = lead_of(self, &home, asset->home_new, asset->home_evidence);
    }
    if (contact->is_new_as) {
        CountModel as = novelty_model(&asset->novelty, &role->novelty, &self->fleet.novelty, NOVELTY_AS,
                                      self->windows_per_day);
        contact->p_as = count_mid_p(&as, MIN(1, asset->as_new));
        contact->lead_as = lead_of(self, &as, asset->as_new, asset->as_evidence);
    }
}

/* One step of the e-CUSUMs of new contacts; assets without a new one lose a little. */
static void
step_evidence(Scorer *self, ScoredAsset *asset, int64_t number)
{
    const Role *role = &self->roles[asset->role];
    const double none = 0.9 * exp(-1 / self->windows_per_day) + 0.1 * exp(-24 / self->windows_per_day);
    struct {
        float *evidence;
        uint32_t count;
        NoveltyGroup group;
        int64_t *last;
    } kinds[] = { { &asset->home_evidence, asset->home_new, NOVELTY_HOME, &asset->home_last },
                  { &asset->as_evidence, asset->as_new, NOVELTY_AS, &asset->as_last } };

    for (int i = 0; i < 2; i++) {
        double e = none;
        if (kinds[i].count == 0 && *kinds[i].evidence <= 0)
            continue;
        /* News comes in clusters (a file shared, an outing): of a cluster only the first one counts. */
        if (kinds[i].count > 0 && number - *kinds[i].last > cluster_windows) {
            CountModel model = novelty_model(&asset->novelty, &role->novelty, &self->fleet.novelty,
                                             kinds[i].group, self->windows_per_day);
            e = count_e(&model, 1, self->windows_per_day, BET_SLOW);
            *kinds[i].last = number;
        }
        *kinds[i].evidence = (float)cusum_step((double)*kinds[i].evidence, e);
    }
}

void
contact_teach(Scorer *self, Contact *contact)
{
    if (contact->is_taught)
        return;
    contact->is_taught = true;
    ScoredAsset *asset = &self->assets[contact->asset];
    contact->counts = !contact->is_early && asset->contacts_today++ < COUNTED_A_DAY;
    Role *role = &self->roles[asset->role];
    const bool groups[N_NOVELTY_GROUPS] = { true, contact->is_new_as, contact->is_home };

    for (int g = 0; g < N_NOVELTY_GROUPS; g++)
        if (groups[g])
            novelty_teach_events(&asset->novelty, &role->novelty, &self->fleet.novelty, (NoveltyGroup)g, 1,
                                 self->windows_per_day);
    fleet_teach(self, contact->asset, contact->asn, &self->peers[contact->peer].address);
    fleet_teach_contact(self, asset, contact);
}

/* The duration bin grows with the contact; what it reaches is counted, unless it is under suspicion. */
static void
grow(Scorer *self, Contact *contact)
{
    uint32_t span = contact->active_windows;

    while (contact->duration_bin + 1 < DURATION_BINS && span >= 1u << (contact->duration_bin + 1)) {
        contact->duration_bin++;
        if (contact->counts && contact->story == NONE)
            fleet_lasts(self, contact);
    }
}

double
contact_volume_share(const Scorer *self, const Contact *contact, double said)
{
    const double most = 20; /* decibans, as of a case */
    double fair = (double)contact->carried.decibans;

    if (fair <= 0)
        return 0;
    double kept = 0.5 + 0.5 * e_of_decibans(fair * self->budget.discount[FAMILY_VOLUME]),
           full = budget_shown(&self->budget, FAMILY_VOLUME, fair);
    double share = fmax(fmin(most, decibans_of(kept)), full - fmax(0, said));
    return fmax(0, share - case_octets_support(self, contact->asset, &self->peers[contact->peer].address));
}

Contact *
contact_carrier(const Scorer *self, const ScoredAsset *asset)
{
    if (asset->carrier >= self->n_contacts)
        return NULL;
    Contact *contact = &self->contacts[asset->carrier];
    double spell = (double)(contact->last_window - asset->spell_since + 1),
           span = (double)(contact->last_window - contact->opened_window + 1);
    /* What it was sent before the spell is not known apart: as if all had been sent evenly. */
    double sent = contact->octets_out * fmin(1, spell / fmax(1, span));

    if (contact->state != CONTACT_LIVE || contact->is_early || &self->assets[contact->asset] != asset ||
        sent < (double)asset->spell_excess / 2)
        return NULL;
    return contact;
}

/* Of the contacts that carry most of it the one that was sent most. */
static void
note_carrier(const Scorer *self, ScoredAsset *asset, uint32_t index)
{
    uint32_t before = asset->carrier;
    const Contact *contact = &self->contacts[index];

    if (asset->volume_evidence <= 0 && asset->hour_e <= 0)
        return;
    const Contact *other = contact_carrier(self, asset);
    asset->carrier = index;
    if (contact_carrier(self, asset) == NULL || (other != NULL && other->octets_out >= contact->octets_out))
        asset->carrier = before;
}

static void
score(Scorer *self, Contact *contact, int64_t number)
{
    ScoredAsset *asset = &self->assets[contact->asset];
    double days = (double)(self->clock.now_ms - self->clock.first_ms) / 86400e3;
    double trust = fmin(1, days / fmax(1, self->conf.learn_days));
    DetectorView view = {
        .scorer = self, .asset = asset, .role = &self->roles[asset->role], .contact = contact
    };
    double raw = detectors_score_contact(&view, contact, trust);

    double said = raw * self->budget.discount[FAMILY_CONTACT];
    double volume = contact_volume_share(self, contact, said);
    contact->support =
        (float)(volume +
                case_shares(self, contact->asset, &self->peers[contact->peer].address, said + volume).sum);
    double shown = said + (double)contact->support;

    /* A contact that says nothing by itself leaves the word to the cases. */
    bool speaks = raw > 0 && shown >= self->budget.threshold;
    if (days >= 1 && (speaks || contact->story != NONE))
        story_contact(self, contact, (number + 1) * self->grid.length_ms);
    if (triage_contact_is_aside(self, contact))
        return;
    asset->peak[FAMILY_CONTACT] = (float)fmax((double)asset->peak[FAMILY_CONTACT], raw);
    asset->score = (float)fmax((double)asset->score, shown);
}

bool
contact_carries(Scorer *self, Contact *contact, const Carried *carried, int64_t number)
{
    if (carried->decibans > contact->carried.decibans)
        contact->carried = *carried;
    score(self, contact, number);
    if (contact->story == NONE)
        return false;
    story_takes_volume(self, contact, (number + 1) * self->grid.length_ms);
    return true;
}

/*
 * Reflected packets look like answers to a call of the asset's. Where it sent nothing and nothing surer than
 * ports and times says that it called (RFC 768 knows no handshake), who called is not known: a flood from a
 * thousand reflectors is not a thousand new contacts. Under sampling its own packets may have been missed.
 */
static bool
may_be_reflected(const Contact *contact)
{
    return contact->protocol == UDP && contact->certainty < CERTAINTY_SURE && contact->octets_out <= 0 &&
           contact->first.sampling <= 1;
}

/* Does it come to be known whose call it is? Of those that the next window has begun meanwhile, not yet. */
static bool
is_ripe(const Contact *contact, int64_t number)
{
    return contact->state == CONTACT_PENDING && contact->opened_window <= number;
}

/* Will it be compared with what others do; will it teach that? */
typedef enum FleetUse { COMPARED, TAUGHT } FleetUse;
static inline bool
asks_fleet(const Contact *contact, FleetUse use, int64_t number)
{
    return (use == COMPARED ? is_ripe(contact, number)
                            : contact->state == CONTACT_LIVE && !contact->is_taught) &&
           contact->peer != NONE;
}

/* There may be tens of thousands, and each lies somewhere else than the one before, as does what it tells of:
 * so it is fetched a few steps before its turn. */
enum { FAR_AHEAD = 64, AHEAD = 24, NEAR_AHEAD = 16, NEXT = 8 };

static void
fetch_ahead(const Scorer *self, uint32_t index, FleetUse use, int64_t number)
{
    if (index + FAR_AHEAD >= self->n_contacts)
        return;
    const Contact *middle = &self->contacts[index + AHEAD], *near = &self->contacts[index + NEAR_AHEAD],
                  *next = &self->contacts[index + NEXT];
    __builtin_prefetch(&self->contacts[index + FAR_AHEAD], 1);
    if (asks_fleet(middle, use, number)) {
        __builtin_prefetch(&self->peers[middle->peer], 1);
        if (middle->path != NONE)
            __builtin_prefetch(&self->paths[middle->path]);
    }
    if (asks_fleet(near, use, number))
        fleet_fetch(self, near->asset, near->asn, &self->peers[near->peer].address, false);
    if (asks_fleet(next, use, number)) {
        fleet_fetch(self, next->asset, next->asn, &self->peers[next->peer].address, true);
        scorer_egress_fetch(self, contact_path(self, next), true);
    }
}

/* Will it be scored? */
static bool
is_due(const Contact *contact, int64_t number)
{
    return contact->state == CONTACT_LIVE && (contact->last_window >= number || !contact->is_judged) &&
           !contact->is_early && contact->peer != NONE;
}

/* Likewise, before they are scored: all of the contact but its first record, and what is held against the
 * two. */
static void
fetch_due(const Scorer *self, uint32_t index, int64_t number)
{
    if (index + FAR_AHEAD >= self->n_contacts)
        return;
    const Contact *middle = &self->contacts[index + NEAR_AHEAD], *next = &self->contacts[index + NEXT];
    __builtin_prefetch(&self->contacts[index + FAR_AHEAD], 1);
    if (is_due(middle, number)) {
        __builtin_prefetch(&self->peers[middle->peer]);
        __builtin_prefetch(&self->assets[middle->asset].score, 1);
        for (size_t at = 64; at < offsetof(Contact, first); at += 64)
            __builtin_prefetch((const uint8_t *)middle + at, 1);
    }
    if (is_due(next, number))
        case_fetch(self, next->asset, &self->peers[next->peer].address);
}

static void
resolve_pending(Scorer *self, int64_t number)
{
    for (uint32_t i = 0; i < self->n_contacts; i++) {
        Contact *contact = &self->contacts[i];
        fetch_ahead(self, i, COMPARED, number);
        if (!is_ripe(contact, number))
            continue;
        bool is_call = contact->initiator == INITIATOR_ASSET && !may_be_reflected(contact);
        if (is_call) {
            confirm(self, contact);
        } else if (contact->initiator == INITIATOR_FAR || number - contact->opened_window >= PATIENCE) {
            self->counters.direction_unknown += contact->initiator != INITIATOR_FAR;
            self->counters.contacts_dropped++;
            contact_release(self, i);
        }
    }
}

/*
 * How many windows it may be quiet before it is over. Calls at chance times, one in a quarter of an hour on
 * average, leave half an hour without one after every seventh: so what has gone on for long may pause for as
 * long, up to a day. Home lines are waited for from the first call on, for they are few. With little room
 * left nobody is, nor when there are so many that the pool of evidence may run dry.
 */
static int64_t
patience(const Scorer *self, const Contact *contact)
{
    int64_t least = contact->is_home ? QUIET_HOME : QUIET_WINDOWS, most = (int64_t)self->windows_per_day,
            span = contact->last_window - contact->opened_window + 1;
    bool has_room = self->used_contacts < MOST_EVIDENCE / 4;

    if (contact->story != NONE)
        return most;
    return has_room ? CLAMP(span, least, MAX(least, most)) : QUIET_WINDOWS;
}

void
contact_close_window(Scorer *self, int64_t number)
{
    resolve_pending(self, number);
    for (uint32_t i = 0; i < self->n_assets; i++) {
        __builtin_prefetch(&self->assets[MIN(i + NEXT, self->n_assets - 1)].score, 1);
        step_evidence(self, &self->assets[i], number);
    }
    for (uint32_t i = 0; i < self->n_contacts; i++) {
        Contact *contact = &self->contacts[i];
        fetch_due(self, i, number);
        bool is_fresh = !contact->is_judged;
        if (contact->state != CONTACT_LIVE)
            continue;
        contact->is_judged = true;
        if (is_fresh)
            set_leads(self, contact);
        if (contact->last_window >= number || is_fresh) {
            grow(self, contact);
            /* What an asset does on its first day it has always done, for all we know. */
            if (!contact->is_early) {
                score(self, contact, number);
                note_carrier(self, &self->assets[contact->asset], i);
            }
        }
    }
    /* Only now: what is learned must not depend on the order within the window. */
    for (uint32_t i = 0; i < self->n_contacts; i++) {
        Contact *contact = &self->contacts[i];
        fetch_ahead(self, i, TAUGHT, number);
        if (contact->state != CONTACT_LIVE)
            continue;
        bool is_aside = triage_contact_is_aside(self, contact);
        if (contact->story == NONE) /* else when it, or the story, ends without an attack */
            contact_teach(self, contact);
        if (number - contact->last_window <= patience(self, contact))
            continue;
        if (is_aside)
            contact_forget(self, contact);
        else
            contact_teach(self, contact);
        contact_release(self, i);
    }
    for (uint32_t i = 0; i < self->n_assets; i++) {
        __builtin_prefetch(&self->assets[MIN(i + NEXT, self->n_assets - 1)], 1);
        self->assets[i].home_new = self->assets[i].as_new = self->assets[i].peer_new =
            self->assets[i].new_paths = 0;
    }
}
