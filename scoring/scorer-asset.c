/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scorer-asset.c - assets and roles of the scoring thread: found by address, numbered by first appearance */
#include "scoring/telling.h"

#include <math.h>
#include <string.h>

uint32_t
scorer_find_asset(const Scorer *self, const IpAddress *address)
{
    uint32_t slot = key_table_find(&self->asset_keys, scorer_asset_key(self, address));

    return slot == KEYED_NONE ? NONE : self->asset_slots[slot];
}

/* Roles beyond the bound share the first one, which is that of assets without a role. */
uint32_t
scorer_role(Scorer *self, const char *name)
{
    char cut[sizeof self->roles[0].name];

    g_strlcpy(cut, name != NULL ? name : "", sizeof cut);
    for (uint32_t i = 0; i < self->n_roles; i++)
        if (strcmp(self->roles[i].name, cut) == 0)
            return i;
    if (self->n_roles == MOST_ROLES)
        return 0;
    Role *role = &self->roles[self->n_roles];
    g_strlcpy(role->name, cut, sizeof role->name);
    role->spread = 1;
    return self->n_roles++;
}

void
scorer_assets_room(Scorer *self, uint32_t n)
{
    uint32_t room = MAX(64, self->asset_room);

    if (n <= self->asset_room)
        return;
    while (room < n)
        room *= 2;
    room = MIN(room, MAX(n, self->conf.max_assets));
    ScoredAsset *more = keyed_items_new(room, sizeof *more);
    if (self->n_assets > 0)
        memcpy(more, self->assets, self->n_assets * sizeof *more);
    g_aligned_free(self->assets);
    self->assets = more;
    self->asset_room = room;
}

uint32_t
scorer_asset(Scorer *self, const IpAddress *address, int64_t now_ms)
{
    uint32_t slot;

    if (self->n_assets >= self->conf.max_assets) {
        self->counters.assets_refused++;
        return NONE;
    }
    telling_rest(self); /* watches count assets */
    KeyPut put = key_table_put(&self->asset_keys, scorer_asset_key(self, address), 255, &slot);
    if (put == KEY_FOUND)
        return self->asset_slots[slot];
    if (put == KEY_REPLACED)
        self->counters.assets_refused++; /* the table has twice the room: practically never */
    scorer_assets_room(self, self->n_assets + 1);
    uint32_t index = self->n_assets++;
    ScoredAsset *asset = &self->assets[index];
    *asset = (ScoredAsset){ .address = *address, .first_ms = now_ms, .last_ms = now_ms };
    asset->born_window = MAX(self->born_window, window_number(&self->grid, now_ms));
    asset->entry = asset_table_find(self->inventory, address);
    asset->role = (uint16_t)scorer_role(self, asset->entry != NULL ? asset->entry->role : "");
    asset->pinned = asset->entry != NULL && asset->entry->is_pinned;
    asset->recent = asset->carrier = NONE;
    if (self->n_recent < MOST_RECENT) {
        asset->recent = self->n_recent++;
        self->recent =
            g_realloc_n(self->recent, (size_t)self->n_recent * RECENT_WINDOWS, sizeof *self->recent);
        memset(self->recent + (size_t)asset->recent * RECENT_WINDOWS, 0,
               RECENT_WINDOWS * sizeof *self->recent);
    }
    self->roles[asset->role].assets++;
    self->asset_slots[slot] = index;
    budget_assets(&self->budget, self->n_assets);
    return index;
}

/* Half by days, half by hours of the week that have been seen. */
double
scorer_maturity(const Scorer *self, const ScoredAsset *asset)
{
    double need = fmax(1, self->conf.learn_days);
    double days = asset->octets_out.n / self->windows_per_day;
    double per_hour = self->windows_per_day / 24;
    double hours = baseline_hours_covered(&asset->octets_out, (uint32_t)fmax(1, per_hour / 2));

    return 0.5 * fmin(1, days / need) + 0.5 * fmin(1, hours / fmin(BASELINE_CELLS, 24 * need));
}
