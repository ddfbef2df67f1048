/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keyed.h - a bounded table of 64-bit keyed hashes: key -> slot number
 *
 * The owner keeps an array of its own items beside it, one per slot; slots never move. Eight keys share a
 * cache line, every key may stand in one of two lines, so a look-up touches one or two lines and the table
 * fills to nine tenths before anything has to go. When both lines are full, the entry with the least chance
 * left goes (second chance, with a weight that the owner sets), and it is counted. Keys come from keyed_hash
 * with a secret seed, so a sender cannot choose who meets whom. One thread.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define XXH_INLINE_ALL /* the length is known where it is called: a few instructions */
#include <xxhash.h>

enum { KEYED_NONE = 0xffffffffu, KEYED_WAYS = 8 };

typedef struct KeyTable {
    uint64_t *keys;   /* 0: free */
    uint8_t *chances; /* how often an entry may still be passed over */
    uint32_t line_mask;
    uint32_t used;
    uint64_t evictions;
} KeyTable;

typedef enum KeyPut { KEY_FOUND, KEY_ADDED, KEY_REPLACED } KeyPut;

/* Room for about @most entries; memory is touched only as it fills. */
void key_table_init(KeyTable *self, uint32_t most);
void key_table_clear(KeyTable *self);
/* Number of slots: the size of the owner's array. */
static inline uint32_t
key_table_slots(const KeyTable *self)
{
    return (self->line_mask + 1) * KEYED_WAYS;
}

/* Finds @key or makes room for it. After KEY_REPLACED the owner's item still holds the old entry. */
KeyPut key_table_put(KeyTable *self, uint64_t key, uint8_t chance, uint32_t *slot);
void key_table_remove(KeyTable *self, uint32_t slot);

/* Never 0. */
static inline uint64_t
keyed_hash(const void *bytes, size_t length, uint64_t seed)
{
    uint64_t hash = XXH3_64bits_withSeed(bytes, length, seed);

    return hash != 0 ? hash : 1;
}

static inline uint32_t
key_table_line(const KeyTable *self, uint64_t key)
{
    return (uint32_t)key & self->line_mask;
}

static inline uint32_t
key_table_other_line(const KeyTable *self, uint64_t key)
{
    return (uint32_t)(key >> 32) & self->line_mask;
}

static inline void
key_table_prefetch(const KeyTable *self, uint64_t key)
{
    __builtin_prefetch(&self->keys[(size_t)key_table_line(self, key) * KEYED_WAYS]);
}

static inline uint32_t
key_table_in_line(const KeyTable *self, uint32_t line, uint64_t key)
{
    const uint64_t *at = &self->keys[(size_t)line * KEYED_WAYS];

    for (uint32_t i = 0; i < KEYED_WAYS; i++)
        if (at[i] == key)
            return line * KEYED_WAYS + i;
    return KEYED_NONE;
}

static inline uint32_t
key_table_find(const KeyTable *self, uint64_t key)
{
    uint32_t slot = key_table_in_line(self, key_table_line(self, key), key);

    return slot != KEYED_NONE ? slot : key_table_in_line(self, key_table_other_line(self, key), key);
}

/* @n zeroed items of @size bytes, on whole cache lines and, where the kernel can, on huge pages: the tables
 * are looked up at random, and with small pages every look-up would also miss the TLB. Free with
 * g_aligned_free. */
void *keyed_items_new(size_t n, size_t size);
