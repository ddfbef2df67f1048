/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keyed.h - a bounded table of 56-bit keyed hashes: key -> slot number
 *
 * The owner keeps an array of its own items beside it, one per slot; slots never move and never become free
 * again. Eight keys share a cache line. A key stands in its first line, or, if that was full when it came, in
 * its other one; so where the first line has a free slot, there is nothing to look for in the other. When
 * both are full, the entry with the least chance left goes (second chance, with a weight that the owner
 * sets), and it is counted. The chance stands in the
 * low byte of the key's own word: whoever finds a key has its chance in the same cache line, at the price of
 * eight bits of the hash, and two of a million entries are still confused less than once in 10^10 look-ups.
 * Keys come from keyed_hash with a secret seed, so a sender cannot choose who meets whom. One thread.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#define XXH_INLINE_ALL /* the length is known where it is called: a few instructions */
#include <xxhash.h>

enum { KEYED_NONE = 0xffffffffu, KEYED_WAYS = 8, KEYED_CHANCE_BITS = 8, KEYED_CHANCE_MOST = 255 };

typedef struct KeyTable {
    uint64_t *words; /* key in the high 56 bits, chance in the low 8; 0: free */
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
/* The same for a key that is not there, of somebody who has had more than his share: it comes without a
 * chance, and costs none to those whom it passes over. */
KeyPut key_table_put_meekly(KeyTable *self, uint64_t key, uint32_t *slot);

/* A hash as a key: its low byte is 0 and the rest is not. */
static inline uint64_t
keyed_key(uint64_t hash)
{
    uint64_t key = hash & ~(uint64_t)KEYED_CHANCE_MOST;

    return key != 0 ? key : (uint64_t)1 << 63;
}

static inline uint64_t
keyed_hash(const void *bytes, size_t length, uint64_t seed)
{
    return keyed_key(XXH3_64bits_withSeed(bytes, length, seed));
}

/*
 * Two words become one: both halves of their product, folded (the step of wyhash, by Wang Yi). Each factor is
 * hidden by the secret seed. For the keys of every record, of which it costs a tenth of keyed_hash.
 */
static inline uint64_t
keyed_mix(uint64_t a, uint64_t b, uint64_t seed)
{
    __extension__ unsigned __int128 product = (unsigned __int128)(a ^ seed ^ 0x2d358dccaa6c78a5u) *
                                              (b ^ (seed << 32 | seed >> 32) ^ 0x8bb84b93962eacc9u);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t
key_table_line(const KeyTable *self, uint64_t key)
{
    return (uint32_t)(key >> KEYED_CHANCE_BITS) & self->line_mask;
}

static inline uint32_t
key_table_other_line(const KeyTable *self, uint64_t key)
{
    return (uint32_t)(key >> 36) & self->line_mask;
}

static inline bool
key_table_has(const KeyTable *self, uint32_t slot)
{
    return self->words[slot] != 0;
}

/* The key that stands in @slot, which is in use. */
static inline uint64_t
key_table_key(const KeyTable *self, uint32_t slot)
{
    return self->words[slot] & ~(uint64_t)KEYED_CHANCE_MOST;
}

static inline uint8_t
key_table_chance(const KeyTable *self, uint32_t slot)
{
    return (uint8_t)self->words[slot];
}

static inline void
key_table_set_chance(KeyTable *self, uint32_t slot, uint8_t chance)
{
    self->words[slot] = key_table_key(self, slot) | chance;
}

/* Where somebody had to go before, most lines are full, and it will have to be looked in both. Always inline,
 * as is all that only fetches: to gcc a function that does nothing else has no effect, and it drops the calls
 * of those that it does not inline. */
G_ALWAYS_INLINE static inline void
key_table_prefetch(const KeyTable *self, uint64_t key)
{
    __builtin_prefetch(&self->words[(size_t)key_table_line(self, key) * KEYED_WAYS], 1);
    if (self->evictions > 0)
        __builtin_prefetch(&self->words[(size_t)key_table_other_line(self, key) * KEYED_WAYS], 1);
}

/* Which of a line's slots hold @key, whatever their chance; without a branch, for which one it is cannot be
 * foretold. */
static inline uint32_t
key_table_match(const KeyTable *self, uint32_t line, uint64_t key)
{
    const uint64_t *at = &self->words[(size_t)line * KEYED_WAYS];
#ifdef __SSE2__
    const __m128i *words = (const __m128i *)at, wanted = _mm_set1_epi64x((int64_t)key),
                  zero = _mm_setzero_si128();
    __m128i equal[4]; /* of each half of a word */

    for (int i = 0; i < 4; i++)
        equal[i] = _mm_cmpeq_epi32(_mm_srli_epi64(_mm_xor_si128(words[i], wanted), KEYED_CHANCE_BITS), zero);
    uint32_t halves = (uint32_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3])));
    return halves & halves >> 1 & 0x5555; /* bit 2 * i of slot i */
#else
    uint32_t found = 0;

    for (uint32_t i = 0; i < KEYED_WAYS; i++)
        found |= (uint32_t)((at[i] ^ key) <= KEYED_CHANCE_MOST) << 2 * i;
    return found;
#endif
}

/* A line fills from its first slot to its last. */
static inline bool
key_table_is_full(const KeyTable *self, uint32_t line)
{
    return self->words[(size_t)line * KEYED_WAYS + KEYED_WAYS - 1] != 0;
}

/* The first free one of a line that is not full. How many are in use cannot be foretold: halving takes no
 * branch. */
static inline uint32_t
key_table_free_in(const KeyTable *self, uint32_t line)
{
    uint32_t slot = line * KEYED_WAYS;

    slot += self->words[slot + 3] != 0 ? 4 : 0;
    slot += self->words[slot + 1] != 0 ? 2 : 0;
    return slot + (self->words[slot] != 0);
}
G_STATIC_ASSERT(KEYED_WAYS == 8);

/* What a look-up found out. */
typedef struct KeySpot {
    uint32_t slot; /* where the key stands; KEYED_NONE: nowhere */
    uint32_t free; /* else a slot where it may be put; KEYED_NONE: somebody must go */
} KeySpot;

static inline KeySpot
key_table_spot(const KeyTable *self, uint64_t key)
{
    uint32_t line = key_table_line(self, key);

    for (int i = 0; i < 2; i++) {
        uint32_t found = key_table_match(self, line, key);
        if (found != 0)
            return (KeySpot){ line * KEYED_WAYS + (uint32_t)__builtin_ctz(found) / 2, KEYED_NONE };
        if (!key_table_is_full(self, line))
            return (KeySpot){ KEYED_NONE, key_table_free_in(self, line) };
        line = key_table_other_line(self, key);
    }
    return (KeySpot){ KEYED_NONE, KEYED_NONE };
}

static inline uint32_t
key_table_find(const KeyTable *self, uint64_t key)
{
    return key_table_spot(self, key).slot;
}

/* @slot, where @key was found a moment ago, if it still stands there; else looks again. */
static inline uint32_t
key_table_find_at(const KeyTable *self, uint64_t key, uint32_t slot)
{
    if (slot != KEYED_NONE && (self->words[slot] ^ key) <= KEYED_CHANCE_MOST)
        return slot;
    return key_table_find(self, key);
}

#ifdef __SSE2__
/* The chances of a line's slots, in words of 16 bits. */
static inline __m128i
key_table_chances(const KeyTable *self, uint32_t line)
{
    const __m128i *words = (const __m128i *)&self->words[(size_t)line * KEYED_WAYS],
                  low = _mm_set1_epi32(KEYED_CHANCE_MOST);
    __m128i halves[2]; /* of four slots each, in words of 32 bits */

    for (int i = 0; i < 2; i++) {
        __m128 first = _mm_castsi128_ps(words[2 * i]), second = _mm_castsi128_ps(words[2 * i + 1]);
        halves[i] = _mm_and_si128(_mm_castps_si128(_mm_shuffle_ps(first, second, 0x88)), low);
    }
    return _mm_packs_epi32(halves[0], halves[1]);
}
#endif

/* Which of the slots of two lines has the least chance, the first of several. Without a branch. */
static inline uint32_t
key_table_least(const KeyTable *self, const uint32_t lines[2])
{
#ifdef __SSE2__
    __m128i chances = _mm_packus_epi16(key_table_chances(self, lines[0]), key_table_chances(self, lines[1]));
    __m128i least = _mm_min_epu8(chances, _mm_srli_si128(chances, 8)); /* the lowest byte is that of all */

    least = _mm_min_epu8(least, _mm_srli_si128(least, 4));
    least = _mm_min_epu8(least, _mm_srli_si128(least, 2));
    least = _mm_min_epu8(least, _mm_srli_si128(least, 1));
    __m128i wanted = _mm_set1_epi8((char)_mm_cvtsi128_si32(least));
    return (uint32_t)__builtin_ctz((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(chances, wanted)));
#else
    uint32_t least = UINT32_MAX;

    for (uint32_t i = 0; i < 2 * KEYED_WAYS; i++) {
        uint32_t chance = key_table_chance(self, lines[i / KEYED_WAYS] * KEYED_WAYS + i % KEYED_WAYS);
        least = MIN(least, chance << 8 | i);
    }
    return least & 0xff;
#endif
}

/* The slot of the least chance in both lines of @key: who would have to go for it. */
static inline uint32_t
key_table_victim(const KeyTable *self, uint64_t key)
{
    uint32_t lines[2] = { key_table_line(self, key), key_table_other_line(self, key) };
    uint32_t at = key_table_least(self, lines);

    return lines[at / KEYED_WAYS] * KEYED_WAYS + at % KEYED_WAYS;
}

/* Fetches the cache lines of the first @head bytes of an item; those of other sizes than whole lines end in
 * one more. */
G_ALWAYS_INLINE static inline void
key_table_fetch(const void *items, size_t size, size_t head, uint32_t slot)
{
    const uint8_t *from = (const uint8_t *)items + (size_t)slot * size, *end = from + head;

    for (const uint8_t *line = from - ((uintptr_t)from & 63); line < end; line += 64)
        __builtin_prefetch(line, 1);
}

/* Where @key stands, or would be put if it came now. */
static inline uint32_t
key_table_place(const KeyTable *self, uint64_t key, KeySpot spot)
{
    return spot.slot != KEYED_NONE   ? spot.slot
           : spot.free != KEYED_NONE ? spot.free
                                     : key_table_victim(self, key);
}

/* Finds @key and fetches its item, or the place where it would be put if it came now. */
G_ALWAYS_INLINE static inline uint32_t
key_table_find_early(const KeyTable *self, uint64_t key, const void *items, size_t size)
{
    KeySpot spot = key_table_spot(self, key);

    if (size > 0)
        key_table_fetch(items, size, size, key_table_place(self, key, spot));
    return spot.slot;
}

/* @n zeroed items of @size bytes, on whole cache lines and, where the kernel can, on huge pages: the tables
 * are looked up at random, and with small pages every look-up would also miss the TLB. Free with
 * g_aligned_free. */
void *keyed_items_new(size_t n, size_t size);
