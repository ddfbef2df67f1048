/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-path.c - by which ways an asset's traffic leaves
 *
 * A path is exporter, egress interface, next hop or next AS, and the access class and AS of the far end. When
 * one is new, the way out by itself (exporter, interface, next hop) is looked up as well and remembered with
 * its first use, so that nobody has to go through the paths of an asset to know whether it ever left that
 * way. Bounded by the table; ways out stay longest.
 */
#include "scoring/scorer-internal.h"

enum { CHANCE_PATH = 1, CHANCE_EGRESS = 200 };

enum { EGRESS_KEY = 255 }; /* where the access class stands in a path's key */

static uint64_t
egress_key(const Scorer *self, const PathUse *path)
{
    PathKey key = { .next_hop = path->next_hop,
                    .asset = path->asset,
                    .exporter = path->exporter,
                    .out_if = path->out_if,
                    .access = EGRESS_KEY };

    return scorer_path_hash(self, &key);
}

/* Where it stands among the last ways out; WAYS: not there. */
static uint32_t
way_of(const ScoredAsset *asset, uint64_t key)
{
    uint32_t i = 0;

    while (i < WAYS && asset->ways_out[i] != (uint32_t)(key >> 32))
        i++;
    return i;
}

uint64_t
scorer_new_egress_key(const Scorer *self, uint32_t asset, const FlowRecord *flow)
{
    PathUse path = {
        .next_hop = flow->next_hop, .asset = asset, .exporter = flow->exporter, .out_if = flow->out_if
    };
    uint64_t key = egress_key(self, &path);

    return way_of(&self->assets[asset], key) == WAYS ? key : 0;
}

uint32_t
scorer_way(const Scorer *self, const PathUse *path)
{
    enum { WAY_KEY = 3 };
    uint64_t hash = scorer_address_hash(self, &path->next_hop);
    uint64_t way = (uint64_t)path->exporter << 32 | path->out_if;

    return (uint32_t)(keyed_mix(hash ^ WAY_KEY, way, self->conf.hash_seed) >> 32) | 1;
}

uint32_t
scorer_egress_first_s(const Scorer *self, const PathUse *path)
{
    uint32_t slot = key_table_find(&self->path_keys, egress_key(self, path));

    return slot == KEYED_NONE ? 0 : self->paths[slot].first_s;
}

void
scorer_egress_fetch(const Scorer *self, const PathUse *path, bool has_key)
{
    if (path == NULL)
        return;
    uint64_t key = egress_key(self, path);
    if (has_key)
        key_table_find_early(&self->path_keys, key, self->paths, sizeof *self->paths);
    else
        key_table_prefetch(&self->path_keys, key);
}

uint32_t
scorer_next_path(const Scorer *self, uint32_t asset, uint32_t slot)
{
    for (; slot < key_table_slots(&self->path_keys); slot++)
        if (key_table_has(&self->path_keys, slot) && self->paths[slot].asset == asset &&
            !self->paths[slot].is_egress)
            return slot;
    return NONE;
}

static uint32_t
put_path(Scorer *self, uint64_t key, const PathUse *path)
{
    ScoredAsset *asset = &self->assets[path->asset];
    uint32_t slot;
    KeyPut put = asset->new_paths < PATHS_SHARE ? key_table_put(&self->path_keys, key, CHANCE_PATH, &slot)
                                                : key_table_put_meekly(&self->path_keys, key, &slot);

    if (asset->new_paths < PATHS_SHARE)
        asset->new_paths++;
    self->counters.paths_evicted += put == KEY_REPLACED;
    self->paths[slot] = *path;
    return slot;
}

static void
note_egress(Scorer *self, const PathUse *path)
{
    ScoredAsset *asset = &self->assets[path->asset];
    uint64_t key = egress_key(self, path);
    uint32_t at = way_of(asset, key), slot;
    PathUse way = *path;

    for (uint32_t i = MIN(at, WAYS - 1); i > 0; i--)
        asset->ways_out[i] = asset->ways_out[i - 1];
    asset->ways_out[0] = (uint32_t)(key >> 32);
    if (at < WAYS)
        return;
    way.is_egress = true;
    if (key_table_put(&self->path_keys, key, CHANCE_EGRESS, &slot) != KEY_FOUND)
        self->paths[slot] = way;
}

bool
scorer_is_path(const Scorer *self, uint32_t slot, const PathKey *key)
{
    const PathUse *path = slot == NONE ? NULL : &self->paths[slot];

    return path != NULL && path->asset == key->asset && path->exporter == key->exporter &&
           path->out_if == key->out_if && path->next_as == key->next_as && path->access == key->access &&
           path->asn == key->asn && !path->is_egress && ip_equal(&path->next_hop, &key->next_hop);
}

uint32_t
scorer_path(Scorer *self, const PathKey *key, const FlowRecord *flow, uint32_t hint)
{
    if (scorer_is_path(self, hint, key))
        return hint;
    uint64_t hash = scorer_path_hash(self, key);
    uint32_t slot = key_table_find(&self->path_keys, hash);
    if (slot != KEYED_NONE)
        return slot;
    PathUse path = { .next_hop = key->next_hop,
                     .asset = key->asset,
                     .exporter = key->exporter,
                     .out_if = key->out_if,
                     .next_as = key->next_as,
                     .asn = key->asn,
                     .access = (uint8_t)key->access,
                     .first_s = seconds_of(flow->start_ms > 0 ? flow->start_ms : flow->end_ms),
                     .last_s = seconds_of(flow->end_ms) };
    slot = put_path(self, hash, &path);
    note_egress(self, &path);
    return slot;
}
