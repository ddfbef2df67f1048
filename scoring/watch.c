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

/* How much of an item is written when it is new. */
static size_t
head_of(const WatchTableSize *size)
{
    return size->head > 0 ? size->head : size->item;
}

void
watches_init(Scorer *self)
{
    for (uint32_t i = 0; i < n_watches; i++) {
        WatchState *state = &self->watch_states[i];
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

/* What there is to tell of a conversation, and what a watch wants to hear of: bits. */
enum { TELLS_BEGAN = 1, TELLS_LASTS = 2, TELLS_ENDED = 4 };

static uint32_t
heard_by(const Watch *watch)
{
    return (watch->began != NULL ? TELLS_BEGAN : 0u) | (watch->lasts != NULL ? TELLS_LASTS : 0u) |
           (watch->ended != NULL ? TELLS_ENDED : 0u);
}

/* Some of the calls of a block, one bit each. */
enum { SET_WORDS = TOLD_MOST / 64, NEWS_BITS = 3, TRAIT_BITS = 7 };
typedef struct CallSet {
    uint64_t words[SET_WORDS];
} CallSet;
/* What there is to tell of a block, and of whom: for each bit of TELLS_... and of CALL_... those that have
 * it. */
typedef struct BlockView {
    const CallTold *block;
    CallSet news[NEWS_BITS], traits[TRAIT_BITS];
} BlockView;
/* Which calls of a block a watch is told of: what is not for it, it does not look at. */
typedef struct Hearing {
    const CallTold *block;
    uint32_t n;
    uint8_t at[TOLD_MOST]; /* places in the block, in its order */
} Hearing;
G_STATIC_ASSERT(TOLD_MOST <= UINT8_MAX + 1 && TOLD_MOST % 64 == 0);
G_STATIC_ASSERT(TELLS_ENDED == 1 << (NEWS_BITS - 1) && CALL_SESSION == 1 << (TRAIT_BITS - 1));

static uint32_t
news_bits(const CallTold *told)
{
    return (told->has_begun ? TELLS_BEGAN : 0u) | (told->news == CALL_LASTS ? TELLS_LASTS : 0u) |
           (told->news == CALL_ENDED ? TELLS_ENDED : 0u);
}

static void
note_bits(CallSet *sets, uint32_t n_sets, uint32_t at, uint64_t bits)
{
    for (uint32_t i = 0; i < n_sets; i++)
        sets[i].words[at / 64] |= (bits >> i & 1) << at % 64;
}

static void
block_view_init(BlockView *self, const CallTold *block, uint32_t n)
{
    *self = (BlockView){ .block = block };
    for (uint32_t i = 0; i < n; i++) {
        note_bits(self->news, NEWS_BITS, i, news_bits(&block[i]));
        note_bits(self->traits, TRAIT_BITS, i, block[i].traits);
    }
}

/* Who has any of @heard and all of @needs. */
static uint64_t
wanted_of(const BlockView *view, uint32_t word, uint32_t heard, uint32_t needs)
{
    uint64_t wanted = 0;

    for (uint32_t i = 0; i < NEWS_BITS; i++)
        wanted |= (heard >> i & 1) != 0 ? view->news[i].words[word] : 0;
    for (uint32_t i = 0; i < TRAIT_BITS; i++)
        wanted &= (needs >> i & 1) != 0 ? view->traits[i].words[word] : UINT64_MAX;
    return wanted;
}

static void
hearing_of(Hearing *self, const Watch *watch, const BlockView *view)
{
    self->block = view->block;
    self->n = 0;
    for (uint32_t word = 0; word < SET_WORDS; word++)
        for (uint64_t wanted = wanted_of(view, word, heard_by(watch), watch->needs); wanted != 0;
             wanted &= wanted - 1)
            self->at[self->n++] = (uint8_t)(word * 64 + (uint32_t)__builtin_ctzll(wanted));
}

/*
 * What the watch will look up for the block comes into the cache, a step behind the other: the lines with the
 * keys of all calls, then the items. Each would be waited for otherwise, and that is most of what a watch
 * costs.
 */
static void
fetch_block(const Scorer *self, const Watch *watch, const WatchState *state, const Hearing *hearing)
{
    WantList list;

    list.n = 0; /* the rest is written as it comes */
    for (uint32_t i = 0; i < hearing->n; i++)
        watch->wants(self, state, &hearing->block[hearing->at[i]].call, &list);
    for (uint32_t i = 0; i < list.n; i++)
        key_table_prefetch(&state->keys[list.items[i].table], list.items[i].key);
    for (uint32_t i = 0; i < list.n; i++) {
        const Wanted *wanted = &list.items[i];
        const KeyTable *keys = &state->keys[wanted->table];
        const void *items = state->items[wanted->table];
        size_t size = watch->tables[wanted->table].item;
        KeySpot spot = key_table_spot(keys, wanted->key);
        if (spot.slot != KEYED_NONE)
            key_table_fetch(items, size, size, spot.slot);
        else if (wanted->is_made && size > 0)
            key_table_fetch(items, size, head_of(&watch->tables[wanted->table]),
                            key_table_place(keys, wanted->key, spot));
    }
}

static void
tell_one(Scorer *self, const Watch *watch, WatchState *state, const CallTold *told)
{
    bool has_ended = told->news == CALL_ENDED && watch->ended != NULL;

    if (told->has_begun && watch->began != NULL && !(has_ended && watch->began == watch->ended))
        watch->began(self, state, &told->call);
    if (told->news == CALL_LASTS && watch->lasts != NULL)
        watch->lasts(self, state, &told->call);
    if (has_ended)
        watch->ended(self, state, &told->call);
}

static void
tell_block(Scorer *self, const Watch *watch, WatchState *state, const Hearing *hearing)
{
    for (uint32_t i = 0; i < hearing->n; i++)
        tell_one(self, watch, state, &hearing->block[hearing->at[i]]);
}

void
watches_tell(Scorer *self, const CallTold *block, uint32_t n)
{
    BlockView view;
    Hearing hearing;

    block_view_init(&view, block, n);
    for (uint32_t i = 0; i < n_watches; i++) {
        const Watch *watch = watches[i];
        if (heard_by(watch) == 0)
            continue;
        hearing_of(&hearing, watch, &view);
        if (watch->wants != NULL)
            fetch_block(self, watch, &self->watch_states[i], &hearing);
        tell_block(self, watch, &self->watch_states[i], &hearing);
    }
}

void
watches_asset(Scorer *self, uint32_t asset, const WindowSums *sums, int64_t number)
{
    if ((double)self->clock.now_ms - (double)self->assets[asset].last_ms > 86400e3)
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
        memset(item, 0, head_of(&watch->tables[which]));
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
