/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-peer.c - whom an asset knows
 *
 * One table for all assets, bounded. Peers that the asset itself called stay longest, since to forget them
 * makes them new again; those that only came in go first. An asset that already has more than its share gets
 * no chances for further ones, so a scan from one address cannot push out what the others know. There is no
 * list of an asset's peers: to keep one would cost three cold cache lines for every new peer, and only a
 * person who looks at the asset's page wants it.
 */
#include "scoring/scorer-internal.h"

enum { CHANCE_CALLED_US = 0 };

bool
scorer_is_home(const Place *place)
{
    return place->access == ACCESS_RESIDENTIAL || place->access == ACCESS_MOBILE ||
           place->access == ACCESS_SATELLITE || place->anonymity == ANONYMITY_RESIDENTIAL_PROXY;
}

uint32_t
scorer_find_peer(const Scorer *self, uint32_t asset, const IpAddress *far)
{
    return key_table_find(&self->peer_keys, scorer_peer_key(self, asset, scorer_address_hash(self, far)));
}

uint32_t
scorer_next_peer(const Scorer *self, uint32_t asset, uint32_t slot)
{
    for (; slot < key_table_slots(&self->peer_keys); slot++)
        if (key_table_has(&self->peer_keys, slot) && self->peers[slot].asset == asset)
            return slot;
    return NONE;
}

/* The slot alone tells, without its key: none becomes free again. */
bool
scorer_is_peer(const Scorer *self, uint32_t slot, uint32_t asset, const IpAddress *far)
{
    const Peer *peer = slot == NONE ? NULL : &self->peers[slot];

    return peer != NULL && peer->asset == asset && ip_equal(&peer->address, far);
}

/* Lets go of what watched it. */
static void
forget_peer(Scorer *self, uint32_t slot)
{
    Peer *peer = &self->peers[slot];

    if (peer->contact != NONE)
        contact_release(self, peer->contact);
    self->assets[peer->asset].n_peers--;
    self->counters.peers_evicted++;
}

uint32_t
scorer_peer(Scorer *self, uint32_t asset_index, const IpAddress *far, uint64_t key, uint32_t hint,
            int64_t now_ms, bool *is_new)
{
    ScoredAsset *asset = &self->assets[asset_index];
    uint32_t slot =
        scorer_is_peer(self, hint, asset_index, far) ? hint : key_table_find(&self->peer_keys, key);

    *is_new = slot == KEYED_NONE;
    if (slot != KEYED_NONE)
        return slot;
    KeyPut put = asset->n_peers < self->conf.max_peers_per_asset
                     ? key_table_put(&self->peer_keys, key, CHANCE_CALLED_US, &slot)
                     : key_table_put_meekly(&self->peer_keys, key, &slot);
    if (put == KEY_REPLACED)
        forget_peer(self, slot);
    const Place *place = place_table_find(self->places, far);
    self->peers[slot] = (Peer){ .address = *far,
                                .asset = asset_index,
                                .contact = NONE,
                                .asn = place->asn,
                                .access = (unsigned)place->access & 31u,
                                .flags = scorer_is_home(place) ? PEER_HOME : 0,
                                .first_s = seconds_of(now_ms),
                                .last_s = seconds_of(now_ms) };
    asset->n_peers++;
    return slot;
}
