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
    return memset(items, 0, bytes);
}

void
key_table_init(KeyTable *self, uint32_t most)
{
    uint64_t lines = 1;

    while (lines * KEYED_WAYS < (uint64_t)most + most / 8)
        lines *= 2;
    *self = (KeyTable){ .line_mask = (uint32_t)(lines - 1) };
    self->keys = keyed_items_new(lines * KEYED_WAYS, sizeof(uint64_t));
    self->chances = g_malloc0(lines * KEYED_WAYS);
}

void
key_table_clear(KeyTable *self)
{
    g_aligned_free(self->keys);
    g_free(self->chances);
    *self = (KeyTable){ 0 };
}

static uint32_t
count_line(const KeyTable *self, uint32_t line)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < KEYED_WAYS; i++)
        n += self->keys[line * KEYED_WAYS + i] != 0;
    return n;
}

/* The slot of the least chance in both lines; every other one there loses one chance. */
static uint32_t
pick_victim(KeyTable *self, uint32_t line, uint32_t other)
{
    uint32_t victim = line * KEYED_WAYS;

    for (uint32_t i = 0; i < 2 * KEYED_WAYS; i++) {
        uint32_t slot = (i < KEYED_WAYS ? line : other) * KEYED_WAYS + i % KEYED_WAYS;
        if (self->chances[slot] < self->chances[victim])
            victim = slot;
    }
    for (uint32_t i = 0; i < 2 * KEYED_WAYS; i++) {
        uint32_t slot = (i < KEYED_WAYS ? line : other) * KEYED_WAYS + i % KEYED_WAYS;
        if (self->chances[slot] > 0)
            self->chances[slot]--;
    }
    return victim;
}

KeyPut
key_table_put(KeyTable *self, uint64_t key, uint8_t chance, uint32_t *slot)
{
    uint32_t line = key_table_line(self, key), other = key_table_other_line(self, key);
    uint32_t free_slot;

    *slot = key_table_find(self, key);
    if (*slot != KEYED_NONE) {
        if (self->chances[*slot] < chance)
            self->chances[*slot] = chance;
        return KEY_FOUND;
    }
    free_slot = key_table_in_line(self, count_line(self, line) <= count_line(self, other) ? line : other, 0);
    if (free_slot != KEYED_NONE) {
        self->used++;
    } else {
        free_slot = pick_victim(self, line, other);
        self->evictions++;
    }
    *slot = free_slot;
    bool replaced = self->keys[free_slot] != 0;
    self->keys[free_slot] = key;
    self->chances[free_slot] = chance;
    return replaced ? KEY_REPLACED : KEY_ADDED;
}

void
key_table_remove(KeyTable *self, uint32_t slot)
{
    if (self->keys[slot] == 0)
        return;
    self->keys[slot] = 0;
    self->chances[slot] = 0;
    self->used--;
}
