/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keyed.c - see keyed.h */
#include "scoring/keyed.h"

#include <string.h>
#include <sys/mman.h>

void *
keyed_items_new(size_t n, size_t size)
{
    const size_t huge = 2 << 20;
    size_t bytes = n * size;

    if (bytes < 2 * huge)
        return g_aligned_alloc0(n, size, 64);
    void *items = g_aligned_alloc(n, size, huge);
    madvise(items, bytes, MADV_HUGEPAGE); /* a wish: without it everything works, slower */
    /* Zeroed by the kernel, and only as it is touched. */
    if (madvise(items, bytes & ~(huge - 1), MADV_DONTNEED) != 0)
        return memset(items, 0, bytes);
    memset((uint8_t *)items + (bytes & ~(huge - 1)), 0, bytes & (huge - 1));
    return items;
}

void
key_table_init(KeyTable *self, uint32_t most)
{
    uint64_t lines = 1;

    while (lines * KEYED_WAYS < (uint64_t)most + most / 8)
        lines *= 2;
    *self = (KeyTable){ .line_mask = (uint32_t)(lines - 1) };
    self->words = keyed_items_new(lines * KEYED_WAYS, sizeof(uint64_t));
}

void
key_table_clear(KeyTable *self)
{
    g_aligned_free(self->words);
    *self = (KeyTable){ 0 };
}

/* Whoever is passed over when somebody has to go for @key loses one of the chances. */
static void
charge(KeyTable *self, uint64_t key)
{
    uint32_t lines[2] = { key_table_line(self, key), key_table_other_line(self, key) };

    for (int half = 0; half < 2; half++) {
        uint64_t *words = &self->words[(size_t)lines[half] * KEYED_WAYS];
        for (uint32_t i = 0; i < KEYED_WAYS; i++)
            words[i] -= (words[i] & KEYED_CHANCE_MOST) != 0;
    }
}

static KeyPut
add(KeyTable *self, uint64_t key, uint32_t free_slot, uint8_t chance, bool is_meek, uint32_t *slot)
{
    *slot = free_slot;
    if (free_slot != KEYED_NONE) {
        self->used++;
    } else {
        *slot = key_table_victim(self, key);
        if (!is_meek)
            charge(self, key);
        self->evictions++;
    }
    self->words[*slot] = key | chance;
    return free_slot != KEYED_NONE ? KEY_ADDED : KEY_REPLACED;
}

KeyPut
key_table_put(KeyTable *self, uint64_t key, uint8_t chance, uint32_t *slot)
{
    KeySpot spot = key_table_spot(self, key);

    if (spot.slot == KEYED_NONE)
        return add(self, key, spot.free, chance, false, slot);
    *slot = spot.slot;
    if (key_table_chance(self, *slot) < chance)
        key_table_set_chance(self, *slot, chance);
    return KEY_FOUND;
}

KeyPut
key_table_put_meekly(KeyTable *self, uint64_t key, uint32_t *slot)
{
    return add(self, key, key_table_spot(self, key).free, 0, true, slot);
}
