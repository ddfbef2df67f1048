/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lpm.h - immutable longest-prefix match over both address families
 *
 * Nested prefixes are flattened once, at load, into ranges that do not overlap. The top 16 bits of an address
 * pick a block of ranges; a block with a single range carries its value in the index, so that most look-ups
 * touch one cache line. Within a block a binary search finds the range. Nothing here allocates after lpm_new;
 * any number of threads may look up. An IPv6 prefix never matches an IPv4 address, not even ::/0.
 */
#pragma once
#include "collector/flow.h"

typedef struct LpmEntry {
    IpPrefix prefix;
    uint32_t value; /* of the caller; not 0 */
} LpmEntry;

/* Gives the value of the range that lies inside all of @values: outermost first, those of one prefix by
 * rising value. NULL as callback means the last one. */
typedef uint32_t (*LpmMerge)(void *user, const uint32_t *values, size_t n);

typedef struct Lpm Lpm;
/* Sorts @entries in place (by address, length, value) and keeps nothing of them. */
Lpm *lpm_new(LpmEntry *entries, size_t n, LpmMerge merge, void *user);
void lpm_free(Lpm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lpm, lpm_free)

/* Hot path. 0 when no prefix has @ip. */
uint32_t lpm_find(const Lpm *self, const IpAddress *ip);
size_t lpm_bytes(const Lpm *self);

/* Calls @each for every entry whose prefix has @ip, outermost first. @entries as sorted by lpm_new. Not for
 * the hot path. */
void lpm_entries_over(const LpmEntry *entries, size_t n, const IpAddress *ip,
                      void (*each)(void *user, const LpmEntry *entry), void *user);
