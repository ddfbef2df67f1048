/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-role.c - what an asset is, learned from what it does, where the inventory says nothing
 *
 * Peer groups carry what is known of the young, so an asset without a role must not be alone. Every hour it
 * is looked at who calls whom: an asset that is called much more than it calls is a server, one that only
 * calls is a client, one that is called on a controller's port is OT, and one that has an exporter's address,
 * or speaks with another asset by a protocol of routers, is network equipment. It takes two looks with the
 * same answer, so that an hour's odd traffic changes nothing, and an asset that somebody holds something
 * against keeps its role: an intruder who makes a desk serve must not make it a server first. What the
 * inventory says is never overruled.
 */
#include "scoring/scorer-internal.h"

#include <string.h>

typedef enum LearnedRole { ROLE_UNKNOWN = 0, ROLE_CLIENT, ROLE_SERVER, ROLE_OT, ROLE_NETWORK } LearnedRole;
static const char *const names[] = { "", "client", "server", "ot", "network" };
static const float calls_least = 30, much_more = 3;

/* Modbus, S7, IEC 104, DNP3, EtherNet/IP (two), BACnet, OPC UA */
static const uint16_t controller_ports[] = { 502, 102, 2404, 20000, 44818, 2222, 47808, 4840 };

static bool
is_controller(const ScoredAsset *asset)
{
    for (int i = 0; i < SERVICE_PORTS; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(controller_ports); j++)
            if (asset->services[i].count > 0 && asset->services[i].port == controller_ports[j])
                return true;
    return false;
}

static LearnedRole
judge(const ScoredAsset *asset)
{
    float made = asset->calls_made, taken = asset->calls_taken;

    if (asset->is_exporter || asset->is_router)
        return ROLE_NETWORK;
    if (made + taken < calls_least)
        return ROLE_UNKNOWN;
    if (taken > much_more * made)
        return is_controller(asset) ? ROLE_OT : ROLE_SERVER;
    return made > much_more * taken ? ROLE_CLIENT : ROLE_UNKNOWN;
}

/* The asset and what it has taught about new contacts go to another peer group. */
static void
change(Scorer *self, ScoredAsset *asset, uint32_t to)
{
    NoveltyPool *pools[2] = { &self->roles[asset->role].novelty, &self->roles[to].novelty };
    bool has_taught = asset->novelty.windows > 0;

    self->roles[asset->role].assets--;
    self->roles[to].assets++;
    pools[0]->assets -= has_taught && pools[0]->assets > 0;
    pools[1]->assets += has_taught;
    for (int g = 0; g < N_NOVELTY_GROUPS; g++) {
        bool has_met = asset->novelty.events[g] > 0;
        pools[0]->assets_with[g] -= has_met && pools[0]->assets_with[g] > 0;
        pools[1]->assets_with[g] += has_met;
    }
    asset->role = (uint16_t)to;
}

/* An exporter's own address may say nothing for weeks. It is there all the same, and its silence is known:
 * the first thing that it says is no newcomer's. */
static void
mark_exporters(Scorer *self)
{
    for (uint32_t i = 0; i < self->n_exporters && self->exporter_address != NULL; i++) {
        IpAddress address = self->exporter_address(self->exporter_user, i);
        if (!self->exporters[i].is_seen || !asset_table_has(self->inventory, &address))
            continue;
        uint32_t asset = scorer_find_asset(self, &address);
        if (asset == NONE)
            asset = scorer_asset(self, &address, self->moment.now_ms);
        if (asset != NONE)
            self->assets[asset].is_exporter = true;
    }
}

void
scorer_learn_roles(Scorer *self)
{
    mark_exporters(self);
    for (uint32_t i = 0; i < self->n_assets; i++) {
        ScoredAsset *asset = &self->assets[i];
        bool is_told = asset->entry != NULL && asset->entry->role != NULL && asset->entry->role[0] != '\0';
        if (is_told)
            continue;
        LearnedRole now = judge(asset);
        bool is_sure = now != ROLE_UNKNOWN && now == asset->seems;
        asset->seems = (uint8_t)now;
        asset->calls_made *= 0.99f; /* half of it is gone after three days */
        asset->calls_taken *= 0.99f;
        if (!is_sure || asset->score > 0)
            continue;
        uint32_t to = scorer_role(self, names[now]);
        if (to != asset->role && to != 0)
            change(self, asset, to);
    }
}

bool
scorer_role_is_learned(const Scorer *self, const ScoredAsset *asset)
{
    bool is_told = asset->entry != NULL && asset->entry->role != NULL && asset->entry->role[0] != '\0';

    return !is_told && self->roles[asset->role].name[0] != '\0';
}
