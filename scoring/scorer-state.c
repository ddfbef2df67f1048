/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-state.c - everything the scoring thread knows, as bytes, and back
 *
 * The state is a row of sections, each an array of structs as they lie in memory: a file of one machine for
 * the same program, whose layout is checked first. The hash seed is part of it (the file is as secret as the
 * process), so every item goes back to its slot and a replay cut in two gives the same alerts as one in one
 * piece. The bytes are not trusted: they are read through a Cursor, and every index, list and number is
 * checked before it is used. What does not hold together is refused as a whole, and the scorer stays as new.
 */
#include "scoring/detector.h"
#include "scoring/telling.h"
#include "scoring/watch.h"
#include "collector/base/cursor.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

enum { LAYOUT = 9, KEEP_CONVERSATIONS_MS = 65 * 60000 };
static const int64_t latest_ms = (int64_t)1 << 50;

/* ---- writing ---- */

static void
put(GByteArray *to, const void *bytes, size_t length)
{
    g_byte_array_append(to, bytes, (guint)length);
}

static void
put_u32(GByteArray *to, uint32_t value)
{
    put(to, &value, sizeof value);
}

/* What must be the same for the rest to be readable. */
static void
put_layout(GByteArray *to, const Scorer *self)
{
    const uint32_t words[] = { LAYOUT,
                               (uint32_t)sizeof(ScoredAsset),
                               (uint32_t)sizeof(Role),
                               (uint32_t)sizeof(Peer),
                               (uint32_t)sizeof(PathUse),
                               (uint32_t)sizeof(Contact),
                               (uint32_t)sizeof(Story),
                               (uint32_t)sizeof(Budget),
                               (uint32_t)sizeof(ScorerCounters),
                               (uint32_t)sizeof(Conversation),
                               (uint32_t)sizeof(Case),
                               watches_layout(),
                               n_detectors,
                               self->conf.window_s,
                               self->conf.max_pairs };

    put(to, words, sizeof words);
}

/* The used slots of a table: slot, key with its chance, item (@size 0: there are keys alone). @wants may
 * leave some out. */
static void
put_table(GByteArray *to, const KeyTable *keys, const void *items, size_t size,
          bool (*wants)(const void *item, int64_t now_ms), int64_t now_ms)
{
    uint32_t n = 0;
    guint count_at = to->len;

    put_u32(to, 0);
    for (uint32_t slot = 0; slot < key_table_slots(keys); slot++) {
        const uint8_t *item = size == 0 ? NULL : (const uint8_t *)items + (size_t)slot * size;
        if (!key_table_has(keys, slot) || (wants != NULL && !wants(item, now_ms)))
            continue;
        put_u32(to, slot);
        put(to, &keys->words[slot], sizeof(uint64_t));
        put(to, item, size);
        n++;
    }
    memcpy(to->data + count_at, &n, sizeof n);
}

static bool
is_recent(const void *item, int64_t now_ms)
{
    const Conversation *talk = item;

    return conversation_end_ms(talk) > now_ms - KEEP_CONVERSATIONS_MS;
}

void
scorer_put_table(GByteArray *to, const KeyTable *keys, const void *items, size_t size)
{
    put_table(to, keys, items, size, NULL, 0);
}

static void
put_stories(GByteArray *to, const Scorer *self)
{
    put_u32(to, self->n_stories);
    for (uint32_t i = 0; i < self->n_stories; i++) {
        const Story *story = self->stories[i];
        put(to, story, sizeof *story);
        for (uint32_t j = 0; j < ALERT_CONTRIBUTIONS; j++)
            put_u32(to, j < story->alert.n_contributions
                            ? detector_index(story->alert.contributions[j].detector)
                            : 0);
    }
}

GBytes *
scorer_save(Scorer *self)
{
    GByteArray *to = g_byte_array_new();

    telling_settle(self);
    put_layout(to, self);
    put(to, &self->conf.hash_seed, sizeof self->conf.hash_seed);
    put(to, &self->clock, sizeof self->clock);
    put(to, &self->grid.first, sizeof self->grid.first);
    put(to, &self->born_window, sizeof self->born_window);
    put(to, &self->day, sizeof self->day);
    put(to, &self->budget, sizeof self->budget);
    put(to, &self->counters, sizeof self->counters);
    put(to, self->lossy, sizeof self->lossy);
    put_u32(to, self->n_roles);
    put(to, self->roles, self->n_roles * sizeof *self->roles);
    put(to, &self->fleet, sizeof self->fleet);
    put_u32(to, self->n_recent);
    put(to, self->recent, (size_t)self->n_recent * RECENT_WINDOWS * sizeof *self->recent);
    put_u32(to, self->n_assets);
    put(to, self->assets, self->n_assets * sizeof *self->assets);
    put_table(to, &self->conversation_keys, self->conversations, sizeof *self->conversations, is_recent,
              self->clock.now_ms);
    put_table(to, &self->peer_keys, self->peers, sizeof *self->peers, NULL, 0);
    put_table(to, &self->path_keys, self->paths, sizeof *self->paths, NULL, 0);
    put_table(to, &self->affinity_keys, self->affinities, sizeof *self->affinities, NULL, 0);
    put_table(to, &self->group_keys, self->groups, sizeof *self->groups, NULL, 0);
    put_u32(to, self->n_interfaces);
    put(to, self->interfaces, self->n_interfaces * sizeof *self->interfaces);
    put_u32(to, self->n_exporters);
    put(to, self->exporters, self->n_exporters * sizeof *self->exporters);
    put_u32(to, self->n_contacts);
    put_u32(to, self->free_contact);
    put(to, self->contacts, self->n_contacts * sizeof *self->contacts);
    put_u32(to, self->n_evidence);
    put_u32(to, self->free_evidence);
    put(to, self->evidence, self->n_evidence * sizeof *self->evidence);
    case_save(self, to);
    put_stories(to, self);
    put_u32(to, self->next_large);
    put(to, self->large, MOST_LARGE * sizeof *self->large);
    watches_save(self, to);
    call_save(self, to);
    return g_byte_array_free_to_bytes(to);
}

/* ---- reading ---- */

static bool
take(Cursor *from, void *to, size_t length)
{
    const uint8_t *at = cursor_take(from, length);

    if (at != NULL && length > 0)
        memcpy(to, at, length);
    return at != NULL;
}

static uint32_t
take_u32(Cursor *from)
{
    uint32_t value = 0;

    take(from, &value, sizeof value);
    return value;
}

/* A count of items of @size; 0, and failed, if it is over @most or more than there are bytes for. */
static uint32_t
take_count(Cursor *from, uint32_t most, size_t size)
{
    uint32_t n = take_u32(from);

    if (n > most || (uint64_t)n * size > cursor_left(from)) {
        from->failed = true;
        return 0;
    }
    return n;
}

static bool
are_finite(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]) || fabsf(values[i]) > 1e30f)
            return false;
    return true;
}

static bool
are_finite_doubles(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]) || fabs(values[i]) > 1e30)
            return false;
    return true;
}

static bool
is_time(int64_t ms)
{
    return ms >= 0 && ms < latest_ms;
}

/* A bool that holds anything but 0 and 1 must not be read as one. */
static void
tame(bool *flag)
{
    uint8_t byte;

    memcpy(&byte, flag, 1);
    byte &= 1;
    memcpy(flag, &byte, 1);
}

static bool
take_layout(Cursor *from, const Scorer *self)
{
    g_autoptr(GByteArray) wanted = g_byte_array_new();

    put_layout(wanted, self);
    const uint8_t *there = cursor_take(from, wanted->len);
    return there != NULL && memcmp(there, wanted->data, wanted->len) == 0;
}

static bool
is_sane_share(const Share *share)
{
    return are_finite(&share->with, 1) && are_finite(&share->of, 1) && share->with >= 0 && share->of >= 0;
}

static bool
is_sane_number(float n)
{
    return n >= 0 && n < 1e9f;
}

static bool
is_sane_sketch(const ResidualSketch *sketch)
{
    for (int i = 0; i < SKETCH_BINS; i++)
        if (!is_sane_number(sketch->count[i]))
            return false;
    return is_sane_number(sketch->n);
}

static bool
is_sane_role(Role *role)
{
    bool sane =
        are_finite(&role->spread, 1) && are_finite(role->excess, 2) && are_finite(&role->spell_excess, 1) &&
        role->spread >= 0 && is_sane_sketch(&role->residuals[0]) && is_sane_sketch(&role->residuals[1]) &&
        are_finite(role->ports[0].n, ROLE_PORTS + 1) && are_finite(role->ports[1].n, ROLE_PORTS + 1) &&
        role->ports[0].total >= 0 && role->ports[1].total >= 0 && is_sane_share(&role->egress) &&
        are_finite_doubles(&role->shift_sum, 1) && are_finite_doubles(&role->shift, 1);

    role->name[sizeof role->name - 1] = '\0';
    for (int i = 0; i < DURATION_BINS; i++)
        sane = sane && is_sane_share(&role->duration[0][i]) && is_sane_share(&role->duration[1][i]);
    for (int i = 0; i < PREVALENCE_BINS; i++)
        sane = sane && is_sane_share(&role->prevalence[0][i]) && is_sane_share(&role->prevalence[1][i]);
    for (int age = 0; age < NOVELTY_AGES; age++)
        sane = sane && are_finite_doubles(role->novelty.events[age], N_NOVELTY_GROUPS) &&
               are_finite_doubles(&role->novelty.windows[age], 1) && role->novelty.windows[age] >= 0;
    return sane;
}

static bool
take_head(Cursor *from, Scorer *self)
{
    take(from, &self->conf.hash_seed, sizeof self->conf.hash_seed);
    take(from, &self->clock, sizeof self->clock);
    take(from, &self->grid.first, sizeof self->grid.first);
    take(from, &self->born_window, sizeof self->born_window);
    take(from, &self->day, sizeof self->day);
    Budget saved = { 0 };
    take(from, &saved, sizeof saved);
    saved.per_day = self->budget.per_day; /* the configuration's */
    self->budget = saved;
    take(from, &self->counters, sizeof self->counters);
    take(from, self->lossy, sizeof self->lossy);
    self->n_roles = take_count(from, MOST_ROLES, sizeof *self->roles);
    take(from, self->roles, self->n_roles * sizeof *self->roles);
    take(from, &self->fleet, sizeof self->fleet);
    bool sane =
        !from->failed && self->n_roles > 0 && is_sane_role(&self->fleet) && is_time(self->clock.now_ms) &&
        is_time(self->clock.first_ms) && is_time(self->clock.ahead.last_ms) &&
        is_time(self->clock.behind.last_ms) && is_time(self->grid.first) && is_time(self->born_window) &&
        is_time(self->day) && is_time(self->grid.first * self->grid.length_ms) &&
        are_finite(self->budget.peaks[0], N_FAMILIES * BUDGET_BINS) &&
        are_finite_doubles(&self->budget.windows_per_day, 1) && are_finite_doubles(&self->budget.days, 1) &&
        are_finite_doubles(self->budget.discount, N_FAMILIES) &&
        are_finite_doubles(&self->budget.threshold, 1) && self->budget.threshold > 0 &&
        are_finite_doubles(&self->budget.opened, 1) && are_finite_doubles(&self->budget.relief, 1) &&
        are_finite_doubles(&self->budget.quiet_relief, 1);
    for (uint32_t i = 0; i < self->n_roles; i++)
        sane = sane && is_sane_role(&self->roles[i]);
    return sane;
}

static bool
is_sane_asset(const Scorer *self, ScoredAsset *asset)
{
    const Baseline *base = &asset->octets_out;

    tame(&asset->in_series);
    tame(&asset->is_exporter);
    tame(&asset->is_router);
    tame(&asset->pinned);
    for (int i = 0; i < WINDOWS_OPEN; i++)
        if (!are_finite_doubles(&asset->open[i].octets_in, 2) || !are_finite(&asset->open[i].packets_in, 3))
            return false;
    const float *numbers[] = { &asset->octets_rate,     &asset->excess,        &asset->worth,
                               &asset->others_worth,    &asset->volume_doubt,  &asset->calls_made,
                               &asset->calls_taken,     &asset->score,         &asset->volume_evidence,
                               &asset->hour_p,          &asset->hour_e,        &asset->spell_excess,
                               &asset->home_evidence,   &asset->as_evidence,   &asset->level,
                               &asset->level_products,  &asset->level_squares, &asset->rise,
                               &asset->novelty.windows, &base->overall,        &base->spread };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (!are_finite(numbers[i], 1))
            return false;
    return asset->role < self->n_roles && is_time(asset->first_ms) && is_time(asset->last_ms) &&
           is_time(asset->born_window) && is_time(asset->spell_since) && is_time(asset->home_last) &&
           is_time(asset->as_last) && (asset->recent == NONE || asset->recent < self->n_recent) &&
           are_finite(asset->peak, N_FAMILIES) && are_finite(asset->told, BUDGET_WATCHES) &&
           are_finite(asset->novelty.events, N_NOVELTY_GROUPS) && asset->novelty.windows >= 0 &&
           are_finite(base->hour, BASELINE_HOURS) && are_finite(base->spread_hour, BASELINE_HOURS) &&
           base->spread >= 0 && is_sane_number(asset->residuals[0].n) &&
           is_sane_number(asset->residuals[1].n);
}

static bool
take_assets(Cursor *from, Scorer *self)
{
    self->n_recent = take_count(from, MOST_RECENT, RECENT_WINDOWS * sizeof *self->recent);
    self->recent =
        g_realloc_n(self->recent, (size_t)MAX(1, self->n_recent) * RECENT_WINDOWS, sizeof *self->recent);
    take(from, self->recent, (size_t)self->n_recent * RECENT_WINDOWS * sizeof *self->recent);
    uint32_t n = take_count(from, self->conf.max_assets, sizeof *self->assets);
    scorer_assets_room(self, n);
    if (!take(from, self->assets, n * sizeof *self->assets))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        ScoredAsset *asset = &self->assets[i];
        uint32_t slot;
        asset->entry = asset_table_find(self->inventory, &asset->address);
        if (!is_sane_asset(self, asset) ||
            key_table_put(&self->asset_keys, scorer_asset_key(self, &asset->address), KEYED_CHANCE_MOST,
                          &slot) == KEY_FOUND)
            return false;
        self->asset_slots[slot] = i;
    }
    self->n_assets = n;
    return true;
}

static bool
take_table(Cursor *from, KeyTable *keys, void *items, size_t size)
{
    uint32_t n = take_count(from, key_table_slots(keys), size + 12);

    for (uint32_t i = 0; i < n && !from->failed; i++) {
        uint32_t slot = take_u32(from), line = slot / KEYED_WAYS;
        uint64_t word = 0, key;
        take(from, &word, sizeof word);
        key = word & ~(uint64_t)KEYED_CHANCE_MOST;
        if (slot >= key_table_slots(keys) || key == 0 || key_table_has(keys, slot) ||
            (line != key_table_line(keys, key) && line != key_table_other_line(keys, key)))
            return false;
        keys->words[slot] = word;
        keys->used++;
        if (size > 0)
            take(from, (uint8_t *)items + (size_t)slot * size, size);
    }
    return !from->failed;
}

bool
scorer_take_table(Cursor *from, KeyTable *keys, void *items, size_t size)
{
    return take_table(from, keys, items, size);
}

static bool
is_slot(const KeyTable *keys, uint32_t slot)
{
    return slot < key_table_slots(keys) && key_table_has(keys, slot);
}

/* Every peer is one of an asset that there is, and each asset has as many as it says. */
static bool
take_peers(Scorer *self)
{
    g_autofree uint32_t *n = g_new0(uint32_t, self->n_assets + 1u);

    for (uint32_t i = 0; i < key_table_slots(&self->peer_keys); i++) {
        const Peer *peer = &self->peers[i];
        if (!key_table_has(&self->peer_keys, i))
            continue;
        if (peer->asset >= self->n_assets || peer->access >= N_ACCESS_CLASSES ||
            !are_finite(&peer->octets_out, 2))
            return false;
        n[peer->asset]++;
    }
    for (uint32_t i = 0; i < self->n_assets; i++)
        if (n[i] != self->assets[i].n_peers)
            return false;
    return true;
}

static bool
take_paths(Scorer *self)
{
    for (uint32_t i = 0; i < key_table_slots(&self->path_keys); i++) {
        PathUse *path = &self->paths[i];
        if (!key_table_has(&self->path_keys, i))
            continue;
        tame(&path->is_egress);
        if (path->asset >= self->n_assets || path->access >= N_ACCESS_CLASSES ||
            !are_finite_doubles(&path->octets, 1))
            return false;
    }
    return true;
}

static bool
take_tables(Cursor *from, Scorer *self)
{
    if (!take_table(from, &self->conversation_keys, self->conversations, sizeof *self->conversations) ||
        !take_table(from, &self->peer_keys, self->peers, sizeof *self->peers) ||
        !take_table(from, &self->path_keys, self->paths, sizeof *self->paths) ||
        !take_table(from, &self->affinity_keys, self->affinities, sizeof *self->affinities) ||
        !take_table(from, &self->group_keys, self->groups, sizeof *self->groups))
        return false;
    for (uint32_t i = 0; i < key_table_slots(&self->conversation_keys); i++)
        if (key_table_has(&self->conversation_keys, i) && !call_mend(self, &self->conversations[i]))
            return false;
    return take_peers(self) && take_paths(self);
}

static bool
take_traffic(Cursor *from, Scorer *self)
{
    uint32_t n = take_count(from, MOST_INTERFACES, sizeof *self->interfaces);
    uint32_t room = 1;

    while (room < n)
        room *= 2;
    self->interfaces = g_realloc_n(self->interfaces, room, sizeof *self->interfaces);
    take(from, self->interfaces, n * sizeof *self->interfaces);
    for (uint32_t i = 0; i < n && !from->failed; i++) {
        const Interface *one = &self->interfaces[i];
        uint32_t words[2] = { one->exporter, one->if_index }, slot;
        uint64_t key = keyed_hash(words, sizeof words, self->conf.hash_seed);
        if (!is_time(one->last_window) || !are_finite_doubles(&one->open[0].octets_in, 7 * WINDOWS_OPEN) ||
            key_table_put(&self->interface_keys, key, 255, &slot) == KEY_FOUND)
            return false;
        self->interface_slots[slot] = i;
    }
    self->n_interfaces = n;
    n = take_count(from, MOST_EXPORTERS, sizeof *self->exporters);
    self->exporters = g_realloc_n(self->exporters, MAX(1, n), sizeof *self->exporters);
    take(from, self->exporters, n * sizeof *self->exporters);
    for (uint32_t i = 0; i < n && !from->failed; i++) {
        tame(&self->exporters[i].is_seen);
        if (!are_finite_doubles(&self->exporters[i].rate, 1) || !is_time(self->exporters[i].last_window) ||
            !are_finite_doubles(&self->exporters[i].open[0].octets_in, 7 * WINDOWS_OPEN))
            return false;
    }
    self->n_exporters = n;
    return !from->failed;
}

/* The chain of evidence from @at: at most @most long, no piece taken twice. */
static bool
is_chain(const Scorer *self, uint32_t at, uint32_t most, uint8_t *used)
{
    uint32_t n = 0;

    for (; at != NONE; at = self->evidence[at].next, n++) {
        if (at >= self->n_evidence || used[at] || n >= most)
            return false;
        used[at] = 1;
    }
    return true;
}

static bool
is_sane_contact(const Scorer *self, Contact *contact, uint32_t index)
{
    bool *flags[] = { &contact->is_home,      &contact->is_new_as, &contact->is_new_egress,
                      &contact->knows_egress, &contact->is_judged, &contact->is_taught,
                      &contact->is_early,     &contact->counts };

    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        tame(flags[i]);
    for (int i = 0; i < MOST_DETECTORS; i++) {
        tame(&contact->findings[i].has);
        if (!are_finite(&contact->findings[i].p, 1) || !are_finite(&contact->findings[i].decibans, 1))
            return false;
    }
    if (contact->state == CONTACT_FREE)
        return contact->evidence == NONE;
    const double numbers[] = { contact->octets_out,   contact->octets_in, contact->own_home,
                               contact->own_as,       contact->own_days,  contact->p_home,
                               contact->p_as,         contact->lead_home, contact->lead_as,
                               (double)contact->score };
    if (!are_finite(&contact->carried.decibans, sizeof contact->carried / sizeof(float)))
        return false;
    return contact->state <= CONTACT_DROPPED && contact->asset < self->n_assets &&
           is_slot(&self->peer_keys, contact->peer) && self->peers[contact->peer].contact == index &&
           self->peers[contact->peer].asset == contact->asset && contact->duration_bin < DURATION_BINS &&
           contact->access < N_ACCESS_CLASSES && contact->anonymity < N_ANONYMITIES &&
           is_time(contact->first_ms) && is_time(contact->last_ms) && is_time(contact->opened_window) &&
           is_time(contact->last_window) && contact->n_evidence <= ALERT_FLOWS &&
           are_finite_doubles(numbers, G_N_ELEMENTS(numbers)) &&
           (contact->story == NONE || contact->story < MOST_STORIES);
}

static bool
take_contacts(Cursor *from, Scorer *self)
{
    uint32_t n = take_count(from, MOST_CONTACTS, sizeof *self->contacts);
    uint32_t steps = 0;

    self->free_contact = take_u32(from);
    take(from, self->contacts, n * sizeof *self->contacts);
    self->n_contacts = n;
    n = take_count(from, MOST_EVIDENCE, sizeof *self->evidence);
    self->free_evidence = take_u32(from);
    take(from, self->evidence, n * sizeof *self->evidence);
    self->n_evidence = n;
    if (from->failed || !case_restore(self, from))
        return false;
    g_autofree uint8_t *used = g_malloc0(MAX(1, n));
    for (uint32_t i = 0; i < self->n_contacts; i++)
        if (!is_sane_contact(self, &self->contacts[i], i) ||
            !is_chain(self, self->contacts[i].evidence, ALERT_FLOWS, used))
            return false;
    for (uint32_t i = 0; i < key_table_slots(&self->case_keys); i++)
        if (key_table_has(&self->case_keys, i) && !is_chain(self, self->cases[i].flows, CASE_FLOWS, used))
            return false;
    for (uint32_t at = self->free_contact; at != NONE; at = self->contacts[at].next_free)
        if (at >= self->n_contacts || self->contacts[at].state != CONTACT_FREE || steps++ > self->n_contacts)
            return false;
    for (uint32_t i = 0; i < self->n_contacts; i++)
        self->used_contacts += self->contacts[i].state != CONTACT_FREE;
    for (uint32_t i = 0; i < self->n_contacts; i++)
        if (self->contacts[i].path != NONE && !is_slot(&self->path_keys, self->contacts[i].path))
            self->contacts[i].path = NONE;
    for (uint32_t i = 0; i < key_table_slots(&self->peer_keys); i++) {
        uint32_t contact = key_table_has(&self->peer_keys, i) ? self->peers[i].contact : NONE;
        if (contact != NONE &&
            (contact >= self->n_contacts || self->contacts[contact].state == CONTACT_FREE ||
             self->contacts[contact].peer != i))
            return false;
    }
    return is_chain(self, self->free_evidence, MOST_EVIDENCE, used);
}

static bool
mend_alert(Alert *alert, const char *kind)
{
    struct {
        char *text;
        size_t room;
    } texts[] = { { alert->id, sizeof alert->id },
                  { alert->group, sizeof alert->group },
                  { alert->suppression, sizeof alert->suppression },
                  { alert->asset_name, sizeof alert->asset_name },
                  { alert->asset_role, sizeof alert->asset_role },
                  { alert->peer_class, sizeof alert->peer_class },
                  { alert->peer_country, sizeof alert->peer_country },
                  { alert->peer_as_name, sizeof alert->peer_as_name },
                  { alert->peer_source, sizeof alert->peer_source },
                  { alert->path_usual, sizeof alert->path_usual },
                  { alert->summary, sizeof alert->summary },
                  { alert->counterfactual, sizeof alert->counterfactual } };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        texts[i].text[texts[i].room - 1] = '\0';
    tame(&alert->has_peer);
    tame(&alert->has_path);
    tame(&alert->is_demo);
    alert->kind = kind;
    uint32_t state, verdict;
    memcpy(&state, &alert->state, sizeof state);
    memcpy(&verdict, &alert->verdict, sizeof verdict);
    return alert->n_contributions <= ALERT_CONTRIBUTIONS && alert->n_flows <= ALERT_FLOWS &&
           state < N_ALERT_STATES && verdict < N_ALERT_VERDICTS && is_time(alert->first_seen_ms) &&
           is_time(alert->last_seen_ms) && is_time(alert->time_ms);
}

static bool
take_story(Cursor *from, Scorer *self)
{
    Story *story = g_new0(Story, 1);

    self->stories[self->n_stories++] = story;
    if (!take(from, story, sizeof *story) || story->detector >= n_detectors ||
        story->asset >= self->n_assets || (story->contact != NONE && story->contact >= self->n_contacts) ||
        !is_time(story->opened_ms) || !is_time(story->last_ms) ||
        !mend_alert(&story->alert, detectors[story->detector].name))
        return false;
    tame(&story->in_use);
    tame(&story->taught);
    tame(&story->is_counted);
    if (!are_finite(&story->volume, 1))
        return false;
    for (uint32_t j = 0; j < ALERT_CONTRIBUTIONS; j++) {
        uint32_t index = take_u32(from);
        AlertContribution *part = &story->alert.contributions[j];
        if (index >= n_detectors)
            return false;
        part->detector = detectors[index].name;
        part->reason[sizeof part->reason - 1] = '\0';
    }
    return !from->failed;
}

static bool
take_stories(Cursor *from, Scorer *self)
{
    uint32_t n = take_count(from, MOST_STORIES, sizeof(Story));

    for (uint32_t i = 0; i < n; i++)
        if (!take_story(from, self))
            return false;
    for (uint32_t i = 0; i < self->n_contacts; i++)
        if (self->contacts[i].state != CONTACT_FREE && self->contacts[i].story != NONE &&
            self->contacts[i].story >= self->n_stories)
            return false;
    for (uint32_t i = 0; i < self->n_stories; i++)
        if (self->stories[i]->contact != NONE &&
            self->contacts[self->stories[i]->contact].state == CONTACT_FREE)
            return false;
    self->next_large = take_u32(from);
    take(from, self->large, MOST_LARGE * sizeof *self->large);
    return !from->failed && self->next_large < MOST_LARGE;
}

bool
scorer_restore(Scorer *self, GBytes *state, GError **error)
{
    gsize length;
    const void *bytes = g_bytes_get_data(state, &length);
    Cursor from = cursor_over(bytes, length);
    const char *why = NULL;

    telling_settle(self);
    if (!take_layout(&from, self)) {
        g_set_error_literal(
            error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
            "what was learned was kept by another version, or with another window or max-pairs");
        return false;
    }
    if (!take_head(&from, self))
        why = "its head";
    else if (!take_assets(&from, self))
        why = "its assets";
    else if (!take_tables(&from, self))
        why = "its tables of peers and paths";
    else if (!take_traffic(&from, self))
        why = "its interfaces";
    else if (!take_contacts(&from, self))
        why = "its contacts";
    else if (!take_stories(&from, self))
        why = "its open alerts";
    else if (!watches_restore(self, &from))
        why = "what its watches have learned";
    else if (!call_restore(self, &from) || cursor_left(&from) != 0)
        why = "its conversations";
    telling_settle(self); /* it is now */
    if (why == NULL)
        return true;
    scorer_reset(self);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "what was learned does not hold together (%s)",
                why);
    return false;
}
