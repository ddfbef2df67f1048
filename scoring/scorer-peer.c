/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-peer.c - whom an asset knows, and by which ways its traffic leaves
 *
 * Both tables are shared by all assets and bounded; each asset has its own bound as well, so that a scan of
 * one address cannot push out what the others know. Peers that the asset itself called stay longest, since to
 * forget them makes them new again; those that only came in go first.
 */
#include "scoring/scorer-internal.h"

#include <string.h>

enum { CHANCE_CALLED_US = 0, CHANCE_CALLED = 3, HAND_STEPS = 24 };

typedef struct PeerKey {
    IpAddress far;
    uint32_t asset;
} PeerKey;

uint64_t
scorer_peer_key(const Scorer *self, uint32_t asset, const IpAddress *far)
{
    PeerKey key = { .far = *far, .asset = asset };

    return keyed_hash(&key, sizeof key, self->conf.hash_seed);
}

bool
scorer_is_home(const Place *place)
{
    return place->access == ACCESS_RESIDENTIAL || place->access == ACCESS_MOBILE ||
           place->access == ACCESS_SATELLITE || place->anonymity == ANONYMITY_RESIDENTIAL_PROXY;
}

uint32_t
scorer_find_peer(const Scorer *self, uint32_t asset, const IpAddress *far)
{
    uint32_t slot = key_table_find(&self->peer_keys, scorer_peer_key(self, asset, far));

    return slot == KEYED_NONE ? NONE : slot;
}

/* Takes a peer out of its asset's ring and lets go of what watched it. */
static void
forget_peer(Scorer *self, uint32_t slot)
{
    Peer *peer = &self->peers[slot];
    ScoredAsset *asset = &self->assets[peer->asset];

    if (peer->contact != NONE)
        contact_release(self, peer->contact);
    if (peer->next == slot) {
        asset->peers = NONE;
    } else {
        self->peers[peer->previous].next = peer->next;
        self->peers[peer->next].previous = peer->previous;
        if (asset->peers == slot)
            asset->peers = peer->next;
    }
    asset->n_peers--;
    self->counters.peers_evicted++;
}

/* The hand goes round the asset's peers; who has no chance left goes. */
static void
evict_one_of(Scorer *self, ScoredAsset *asset)
{
    uint32_t victim = asset->peers, at = asset->peers;

    for (int i = 0; i < HAND_STEPS; i++, at = self->peers[at].next) {
        uint8_t *chance = &self->peer_keys.chances[at];
        if ((self->peers[at].flags & PEER_PINNED) != 0)
            continue;
        victim = at;
        if (*chance == 0)
            break;
        (*chance)--;
    }
    asset->peers = self->peers[victim].next;
    forget_peer(self, victim);
    key_table_remove(&self->peer_keys, victim);
    self->peer_keys.evictions++;
}

static void
link_peer(Scorer *self, ScoredAsset *asset, uint32_t slot)
{
    Peer *peer = &self->peers[slot];

    if (asset->peers == NONE) {
        asset->peers = peer->next = peer->previous = slot;
    } else {
        Peer *hand = &self->peers[asset->peers];
        peer->next = asset->peers;
        peer->previous = hand->previous;
        self->peers[hand->previous].next = slot;
        hand->previous = slot;
    }
    asset->n_peers++;
}

uint32_t
scorer_peer(Scorer *self, uint32_t asset_index, const IpAddress *far, uint64_t key, int64_t now_ms,
            bool *is_new)
{
    ScoredAsset *asset = &self->assets[asset_index];
    uint32_t slot = key_table_find(&self->peer_keys, key);

    *is_new = slot == KEYED_NONE;
    if (slot != KEYED_NONE)
        return slot;
    if (asset->n_peers >= self->conf.max_peers_per_asset)
        evict_one_of(self, asset);
    if (key_table_put(&self->peer_keys, key, CHANCE_CALLED_US, &slot) == KEY_REPLACED)
        forget_peer(self, slot);
    const Place *place = place_table_find(self->places, far);
    self->peers[slot] = (Peer){ .address = *far,
                                .asset = asset_index,
                                .contact = NONE,
                                .asn = place->asn,
                                .access = place->access,
                                .first_s = seconds_of(now_ms),
                                .last_s = seconds_of(now_ms) };
    link_peer(self, asset, slot);
    return slot;
}

typedef struct PathKey {
    IpAddress next_hop;
    uint32_t asset, exporter, out_if, next_as, asn, access;
} PathKey;

static void
unlink_path(Scorer *self, uint32_t slot)
{
    ScoredAsset *asset = &self->assets[self->paths[slot].asset];
    uint32_t *from = &asset->paths;

    while (*from != NONE && *from != slot)
        from = &self->paths[*from].next;
    if (*from == slot) {
        *from = self->paths[slot].next;
        asset->n_paths--;
    }
}

/* The asset's path that was used least lately makes way; one that it called over itself only if all are such.
 */
static void
evict_path_of(Scorer *self, ScoredAsset *asset)
{
    uint32_t victim = NONE;

    for (uint32_t at = asset->paths; at != NONE; at = self->paths[at].next) {
        const PathUse *path = &self->paths[at], *worst = victim == NONE ? NULL : &self->paths[victim];
        if (worst == NULL || path->initiated < worst->initiated ||
            (path->initiated == worst->initiated && path->last_s < worst->last_s))
            victim = at;
    }
    if (victim == NONE)
        return;
    unlink_path(self, victim);
    key_table_remove(&self->path_keys, victim);
    self->path_keys.evictions++;
}

uint32_t
scorer_path(Scorer *self, uint32_t asset_index, const FlowRecord *flow, const Peer *peer, int64_t now_ms)
{
    ScoredAsset *asset = &self->assets[asset_index];
    uint32_t asn = peer->asn != 0 ? peer->asn : flow->dst_as, slot;
    PathKey key = { .next_hop = flow->next_hop,
                    .asset = asset_index,
                    .exporter = flow->exporter,
                    .out_if = flow->out_if,
                    .next_as = flow->dst_as,
                    .asn = asn,
                    .access = peer->access };
    uint64_t hash = keyed_hash(&key, sizeof key, self->conf.hash_seed);

    slot = key_table_find(&self->path_keys, hash);
    if (slot != KEYED_NONE)
        return slot;
    if (asset->n_paths >= MOST_PATHS_PER_ASSET)
        evict_path_of(self, asset);
    KeyPut put = key_table_put(&self->path_keys, hash, 1, &slot);
    if (put == KEY_REPLACED)
        unlink_path(self, slot);
    self->paths[slot] = (PathUse){ .next_hop = flow->next_hop,
                                   .asset = asset_index,
                                   .next = asset->paths,
                                   .exporter = flow->exporter,
                                   .out_if = flow->out_if,
                                   .next_as = flow->dst_as,
                                   .asn = asn,
                                   .access = peer->access,
                                   .first_s = seconds_of(now_ms),
                                   .last_s = seconds_of(now_ms) };
    asset->paths = slot;
    asset->n_paths++;
    return slot;
}
