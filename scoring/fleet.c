/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fleet.c - how common a far network is among all assets, and what new contacts are usually like
 *
 * Only calls that assets made themselves count. The first call of an asset into an AS (where none is known:
 * into a /24 or /48) is remembered once, so the counts of distinct assets are exact as long as nothing is
 * evicted, and evictions are counted. What the others do is evidence from the first hour on, and on a
 * baseline that was poisoned before it began. Shares ("of the new contacts of this role, how many met a
 * network that so few others use") make it a p-value.
 */
#include "scoring/scorer-internal.h"

#include <math.h>
#include <string.h>

enum { GROUP_AS = 1, GROUP_BLOCK };

typedef struct GroupKey {
    uint8_t block[16];
    uint32_t kind, asn, role; /* role 0: all, else index + 1 */
} GroupKey;

/* The network that a far end stands for. */
static GroupKey
group_of_block(const IpAddress *far)
{
    GroupKey key = { .kind = GROUP_BLOCK };

    memcpy(key.block, far->bytes, ip_is_v4(far) ? 15 : 6);
    return key;
}

static GroupKey
group_of(uint32_t asn, const IpAddress *far)
{
    if (asn == 0)
        return group_of_block(far);
    return (GroupKey){ .kind = GROUP_AS, .asn = asn };
}

static uint64_t
hash_group(const Scorer *self, GroupKey key, uint32_t role)
{
    key.role = role;
    return keyed_hash(&key, sizeof key, self->conf.hash_seed);
}

static uint64_t
hash_affinity(const Scorer *self, uint64_t group, uint32_t asset)
{
    uint64_t words[2] = { group, asset };

    return keyed_hash(words, sizeof words, self->conf.hash_seed);
}

static uint32_t
count_assets(const Scorer *self, uint64_t hash)
{
    uint32_t slot = key_table_find(&self->group_keys, hash);

    return slot == KEYED_NONE ? 0 : self->groups[slot].assets;
}

void
fleet_fetch(const Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far, bool has_keys)
{
    const GroupKey groups[] = { group_of(asn, far), group_of_block(far) };

    for (size_t i = 0; i < (asn != 0 ? G_N_ELEMENTS(groups) : 1); i++) {
        uint64_t all = hash_group(self, groups[i], 0), affinity = hash_affinity(self, all, asset),
                 same = hash_group(self, groups[i], self->assets[asset].role + 1);
        if (has_keys) {
            key_table_find_early(&self->group_keys, all, self->groups, sizeof *self->groups);
            key_table_find_early(&self->group_keys, same, self->groups, sizeof *self->groups);
            key_table_find_early(&self->affinity_keys, affinity, self->affinities, sizeof *self->affinities);
        } else {
            key_table_prefetch(&self->group_keys, all);
            key_table_prefetch(&self->group_keys, same);
            key_table_prefetch(&self->affinity_keys, affinity);
        }
    }
}

FleetView
fleet_look(const Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far)
{
    GroupKey group = group_of(asn, far), block = group_of_block(far);
    uint32_t role = self->assets[asset].role + 1;
    uint64_t all = hash_group(self, group, 0), blocks = hash_group(self, block, 0);
    bool known = key_table_find(&self->affinity_keys, hash_affinity(self, all, asset)) != KEYED_NONE;
    bool known_block = key_table_find(&self->affinity_keys, hash_affinity(self, blocks, asset)) != KEYED_NONE;
    FleetView view = { .is_new_as = !known };

    view.others_as = count_assets(self, all);
    view.others_role = count_assets(self, hash_group(self, group, role));
    view.others_block = count_assets(self, blocks);
    view.others_as -= known && view.others_as > 0;
    view.others_role -= known && view.others_role > 0;
    view.others_block -= known_block && view.others_block > 0;
    return view;
}

static FleetGroup *
put_group(Scorer *self, uint64_t hash)
{
    uint32_t slot;

    if (key_table_put(&self->group_keys, hash, 1, &slot) != KEY_FOUND)
        self->groups[slot] = (FleetGroup){ 0 };
    return &self->groups[slot];
}

static void
teach_group(Scorer *self, uint32_t asset, GroupKey key)
{
    uint64_t all = hash_group(self, key, 0);
    uint32_t slot;
    bool is_new = key_table_put(&self->affinity_keys, hash_affinity(self, all, asset), 2, &slot) != KEY_FOUND;

    if (is_new)
        self->affinities[slot] = (Affinity){ .asset = asset };
    self->affinities[slot].contacts++;
    FleetGroup *every = put_group(self, all);
    every->contacts++;
    every->assets += is_new;
    FleetGroup *same = put_group(self, hash_group(self, key, self->assets[asset].role + 1));
    same->contacts++;
    same->assets += is_new;
}

void
fleet_teach(Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far)
{
    teach_group(self, asset, group_of_block(far));
    if (asn != 0)
        teach_group(self, asset, group_of(asn, far));
}

/* 0, 1, 2-3, 4-7, 8 and more others. */
int
fleet_prevalence_bin(uint32_t others)
{
    int bin = 0;

    while (bin < PREVALENCE_BINS - 1 && others >= (1u << bin))
        bin++;
    return bin;
}

double
fleet_prevalence_share(const Scorer *self, const Role *role, bool is_home, int bin)
{
    return bin < 0 ? 0 : share_p(&role->prevalence[is_home][bin], &self->fleet.prevalence[is_home][bin]);
}

/* Counts a port in a table of the most frequent ones (Misra and Gries, 1982). */
static void
teach_port(PortTable *table, uint32_t port)
{
    int least = 0;

    table->total += 1;
    for (int i = 0; i < ROLE_PORTS; i++) {
        if (table->port[i] == port && table->n[i] > 0) {
            table->n[i] += 1;
            return;
        }
        if (table->n[i] < table->n[least])
            least = i;
    }
    if (table->n[least] < 1) {
        table->port[least] = port;
        table->n[least] = 1;
        return;
    }
    for (int i = 0; i < ROLE_PORTS; i++)
        table->n[i] -= 1;
}

static void
teach_role(Role *role, const Contact *contact)
{
    teach_port(&role->ports[contact->is_home], (uint32_t)contact->protocol << 16 | contact->service);
    if (contact->is_early)
        return;
    for (int bin = 0; bin < PREVALENCE_BINS; bin++)
        share_teach(&role->prevalence[contact->is_home][bin],
                    fleet_prevalence_bin(contact->others_as) <= bin);
    if (contact->knows_egress)
        share_teach(&role->egress, contact->is_new_egress);
    for (int bin = 0; bin < DURATION_BINS && contact->counts; bin++)
        share_teach(&role->duration[contact->is_home][bin], bin <= contact->duration_bin);
}

static void
teach_own(ScoredAsset *asset, const Contact *contact)
{
    bool is_full = asset->home_lasted[0] == UINT8_MAX;

    for (int bin = 0; bin < DURATION_BINS; bin++) {
        int before = asset->home_lasted[bin] >> is_full;
        asset->home_lasted[bin] = (uint8_t)(before + (bin <= contact->duration_bin));
    }
}

void
fleet_teach_contact(Scorer *self, ScoredAsset *asset, const Contact *contact)
{
    teach_role(&self->roles[asset->role], contact);
    teach_role(&self->fleet, contact);
    if (contact->is_home && contact->counts)
        teach_own(asset, contact);
}

void
fleet_lasts(Scorer *self, const Contact *contact)
{
    ScoredAsset *asset = &self->assets[contact->asset];
    Role *levels[] = { &self->roles[asset->role], &self->fleet };
    uint32_t bin = contact->duration_bin;

    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        levels[i]->duration[contact->is_home][bin].with += 1;
    if (contact->is_home && asset->home_lasted[bin] < asset->home_lasted[0])
        asset->home_lasted[bin]++;
}

/*
 * Share of new contacts that went to a port no more usual than this one. A port never seen is as likely as
 * those seen once together (Good and Turing), hence "at most one more". @own of those to this port are the
 * asker's, who must not vouch for itself.
 */
static double
port_share(const PortTable *table, uint32_t port, float own)
{
    float here = 0, rarer = 0, tracked = 0, total = table->total - own;

    for (int i = 0; i < ROLE_PORTS; i++) {
        tracked += table->n[i];
        if (table->port[i] == port && table->n[i] > 0)
            here = fmaxf(0, table->n[i] - own);
    }
    for (int i = 0; i < ROLE_PORTS; i++)
        if (table->port[i] != port && table->n[i] <= here + 1)
            rarer += table->n[i];
    return (double)(rarer + here + fmaxf(0, table->total - tracked) + 1) / ((double)total + 2);
}

/* The role's answer for contacts of this kind; the fleet's where it has seen few; that for all kinds behind
 * it. */
double
fleet_port_p(const Scorer *self, const Role *role, const Contact *contact)
{
    const PortTable *levels[] = { &self->fleet.ports[0], &self->fleet.ports[contact->is_home],
                                  &role->ports[contact->is_home] };
    uint32_t port = (uint32_t)contact->protocol << 16 | contact->service;
    double p = 1;

    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        bool is_taught = contact->is_taught && (i > 0 || !contact->is_home);
        float own = is_taught && levels[i]->total >= 1 ? 1 : 0;
        double weight = (double)levels[i]->total / ((double)levels[i]->total + 10);
        p = weight * port_share(levels[i], port, own) + (1 - weight) * p;
    }
    return p;
}

/* With home lines the asset's own answer, with others the role's for contacts of this kind; where it has seen
 * few the fleet's, and that for all kinds behind. */
double
fleet_duration_p(const Scorer *self, const Role *role, const Contact *contact)
{
    uint32_t bin = contact->duration_bin;
    const ScoredAsset *asset = &self->assets[contact->asset];
    const Share(*fleet)[DURATION_BINS] = self->fleet.duration;
    Share share = role->duration[contact->is_home][bin], kind = fleet[contact->is_home][bin],
          all = { .with = fleet[0][bin].with + fleet[1][bin].with,
                  .of = fleet[0][bin].of + fleet[1][bin].of },
          own = { 0 };
    if (contact->is_home)
        own = (Share){ .with = asset->home_lasted[bin], .of = asset->home_lasted[0] };
    Share *levels[] = { &all, &kind, &share, &own };
    bool is_counted = contact->counts && contact->story == NONE;

    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
        levels[i]->with = fmaxf(0, levels[i]->with - (float)is_counted); /* it must not vouch for itself */
    return share_lean(&own, share_lean(&share, share_p(&kind, &all)));
}
