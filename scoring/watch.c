/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch.c - the row of watches, and what all of them share; see watch.h */
#include "scoring/watch.h"

#include <string.h>

/* One file each. The order is that of their states in a saved file. */
const Watch *const watches[] = {
    &watch_admin_edge,
    &watch_awakened,
    &watch_beacon,
    &watch_home_login,
    &watch_listed,
    &watch_new_service,
    &watch_relay,
    &watch_router_endpoint,
    &watch_scan,
    &watch_spray,
    &watch_tunnel,
    &watch_flood,
    &watch_volume_in,
    &watch_fan_in,
    &watch_fan_out,
    &watch_ratio,
    &watch_slow_exfiltration,
    &watch_hoarding,
    &watch_egress_change,
    &watch_exporter_change,
    &watch_standing,
    &watch_fast_beacon,
};
const uint32_t n_watches = G_N_ELEMENTS(watches);
G_STATIC_ASSERT(G_N_ELEMENTS(watches) <= MOST_WATCHES);

static uint32_t
table_room(const Scorer *self, const WatchTableSize *size)
{
    return size->is_per_pair ? MAX(1024, self->conf.max_pairs / size->most) : size->most;
}

void
watches_init(Scorer *self)
{
    for (uint32_t i = 0; i < n_watches; i++) {
        WatchState *state = &self->watch_states[i];
        state->said = g_array_new(FALSE, FALSE, sizeof(WatchSaid));
        state->notes = g_array_new(FALSE, FALSE, (guint)MAX(1, watches[i]->note));
        state->plain = watches[i]->plain > 0 ? g_malloc0(watches[i]->plain) : NULL;
        if (watches[i]->per_asset > 0) /* touched only as assets come */
            state->assets = keyed_items_new(self->conf.max_assets, watches[i]->per_asset);
        for (int t = 0; t < WATCH_TABLES; t++) {
            const WatchTableSize *size = &watches[i]->tables[t];
            if (size->most == 0)
                continue;
            g_assert(size->item <= WATCH_ITEM_MOST);
            key_table_init(&state->keys[t], table_room(self, size));
            if (size->item > 0)
                state->items[t] = keyed_items_new(key_table_slots(&state->keys[t]), size->item);
        }
    }
}

void
watches_clear(Scorer *self)
{
    for (uint32_t i = 0; i < n_watches; i++) {
        WatchState *state = &self->watch_states[i];
        g_array_unref(state->said);
        g_array_unref(state->notes);
        g_free(state->plain);
        g_aligned_free(state->assets);
        for (int t = 0; t < WATCH_TABLES; t++) {
            if (watches[i]->tables[t].most == 0)
                continue;
            key_table_clear(&state->keys[t]);
            g_aligned_free(state->items[t]);
        }
    }
}

void
watch_says(WatchState *state, const Opinion *opinion)
{
    WatchSaid said = { .opinion = *opinion };

    if (opinion->far != NULL)
        said.far = *opinion->far;
    if (opinion->third != NULL)
        said.third = *opinion->third;
    g_array_append_val(state->said, said);
}

void
watch_leaves(WatchState *state, const void *note)
{
    g_array_append_vals(state->notes, note, 1);
}

static void
settle_notes(const Scorer *self, const Watch *watch, WatchState *state)
{
    const char *notes = state->notes->data;

    for (int step = 0; watch->foresee != NULL && step < 2; step++)
        for (uint32_t i = 0; i < state->notes->len; i++)
            watch->foresee(self, state, notes + i * watch->note, step);
    for (uint32_t i = 0; i < state->notes->len; i++)
        watch->settle(self, state, notes + i * watch->note);
}

void
watch_settle(Scorer *self, uint32_t index)
{
    WatchState *state = &self->watch_states[index];

    settle_notes(self, watches[index], state);
    for (uint32_t i = 0; i < state->said->len; i++) {
        WatchSaid *said = &g_array_index(state->said, WatchSaid, i);
        said->opinion.far = said->opinion.far != NULL ? &said->far : NULL;
        said->opinion.third = said->opinion.third != NULL ? &said->third : NULL;
        case_take(self, &said->opinion);
    }
    g_array_set_size(state->notes, 0);
    g_array_set_size(state->said, 0);
}

void
watches_asset(Scorer *self, uint32_t asset, const WindowSums *sums, int64_t number)
{
    if ((double)self->moment.now_ms - (double)self->assets[asset].last_ms > 86400e3)
        return;
    for (uint32_t i = 0; i < n_watches; i++)
        if (watches[i]->asset != NULL)
            watches[i]->asset(self, &self->watch_states[i], asset, sums, number);
}

void
watches_window(Scorer *self, int64_t number)
{
    for (uint32_t i = 0; i < n_watches; i++)
        if (watches[i]->window != NULL)
            watches[i]->window(self, &self->watch_states[i], number);
}

uint32_t
watch_index(const Watch *watch)
{
    for (uint32_t i = 0; i < n_watches; i++)
        if (watches[i] == watch)
            return i;
    return NONE;
}

void *
watch_item(WatchState *state, int which, const Watch *watch, uint64_t key, uint8_t chance, bool *is_new)
{
    uint32_t slot;
    size_t size = watch->tables[which].item;
    KeyPut put = key_table_put(&state->keys[which], key, chance, &slot);
    void *item = (uint8_t *)state->items[which] + (size_t)slot * size;

    if (put != KEY_FOUND)
        memset(item, 0, watch_table_head(&watch->tables[which]));
    if (is_new != NULL)
        *is_new = put != KEY_FOUND;
    return item;
}

bool
watch_add(WatchState *state, int which, uint64_t key, uint8_t chance)
{
    uint32_t slot;

    return key_table_put(&state->keys[which], key, chance, &slot) != KEY_FOUND;
}

void *
watch_of_asset(const WatchState *state, const Watch *watch, uint32_t asset)
{
    return (uint8_t *)state->assets + (size_t)asset * watch->per_asset;
}

bool
watch_glimpsed_again(const Scorer *scorer, WatchState *state, int which, uint64_t key, const Call *call)
{
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    uint32_t day = 1 + (uint32_t)(call->begin_ms / 86400000);

    return watch_add(state, which, watch_key(scorer, low, high, day, NULL), 1) &&
           !watch_add(state, which, watch_key(scorer, low, high, 0, NULL), 1);
}

void *
watch_find(const WatchState *state, int which, const Watch *watch, uint64_t key)
{
    uint32_t slot = key_table_find(&state->keys[which], key);

    return slot == KEYED_NONE ? NULL
                              : (uint8_t *)state->items[which] + (size_t)slot * watch->tables[which].item;
}

uint64_t
watch_key(const Scorer *scorer, uint32_t a, uint32_t b, uint32_t c, const IpAddress *address)
{
    uint64_t hash = address != NULL ? scorer_address_hash(scorer, address) : 0;

    return keyed_key(keyed_mix(hash ^ c, (uint64_t)a << 32 | b, scorer->conf.hash_seed));
}

/* ---- kept over a restart ---- */

uint32_t
watches_layout(void)
{
    uint64_t layout = n_watches;

    for (uint32_t i = 0; i < n_watches; i++) {
        layout = keyed_mix(layout, (uint64_t)watches[i]->plain << 32 | watches[i]->per_asset, i);
        for (int t = 0; t < WATCH_TABLES; t++)
            layout = keyed_mix(layout, watches[i]->tables[t].item, watches[i]->tables[t].most);
    }
    return (uint32_t)layout;
}

void
watches_save(const Scorer *self, GByteArray *to)
{
    for (uint32_t i = 0; i < n_watches; i++) {
        const WatchState *state = &self->watch_states[i];
        if (watches[i]->plain > 0)
            g_byte_array_append(to, state->plain, (guint)watches[i]->plain);
        if (watches[i]->per_asset > 0)
            g_byte_array_append(to, state->assets, (guint)(self->n_assets * watches[i]->per_asset));
        for (int t = 0; t < WATCH_TABLES; t++)
            if (watches[i]->tables[t].most > 0)
                scorer_put_table(to, &state->keys[t], state->items[t], watches[i]->tables[t].item);
    }
}

bool
watches_restore(Scorer *self, Cursor *from)
{
    for (uint32_t i = 0; i < n_watches; i++) {
        WatchState *state = &self->watch_states[i];
        const uint8_t *plain = watches[i]->plain > 0 ? cursor_take(from, watches[i]->plain) : NULL;
        if (plain != NULL)
            memcpy(state->plain, plain, watches[i]->plain);
        size_t of_assets = self->n_assets * watches[i]->per_asset;
        const uint8_t *assets = of_assets > 0 ? cursor_take(from, of_assets) : NULL;
        if (assets != NULL)
            memcpy(state->assets, assets, of_assets);
        for (int t = 0; t < WATCH_TABLES; t++)
            if (watches[i]->tables[t].most > 0 &&
                !scorer_take_table(from, &state->keys[t], state->items[t], watches[i]->tables[t].item))
                return false;
    }
    return !from->failed;
}
