/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prefix-set.c - see prefix-set.h */
#include "collector/prefix-set.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 Number; /* an address as a number, so that ranges compare */

typedef struct Range {
    Number first, last;
} Range;

struct PrefixSet {
    size_t n;
    Range ranges[];
};

static Number
number_of(const IpAddress *ip)
{
    uint64_t high, low;

    memcpy(&high, ip->bytes, 8);
    memcpy(&low, ip->bytes + 8, 8);
    return (Number)__builtin_bswap64(high) << 64 | __builtin_bswap64(low);
}

static int
by_first(const void *a, const void *b)
{
    Number x = ((const Range *)a)->first, y = ((const Range *)b)->first;

    return (x > y) - (x < y);
}

PrefixSet *
prefix_set_new(const IpPrefix *prefixes, size_t n)
{
    PrefixSet *self = g_malloc0(sizeof *self + n * sizeof self->ranges[0]);

    for (size_t i = 0; i < n; i++) {
        Number first = number_of(&prefixes[i].address);
        Number rest = prefixes[i].length == 0 ? ~(Number)0 : ((Number)1 << (128 - prefixes[i].length)) - 1;

        self->ranges[i] = (Range){ first, first | rest };
    }
    if (n > 0)
        qsort(self->ranges, n, sizeof self->ranges[0], by_first);
    for (size_t i = 0; i < n; i++) { /* prefixes nest or lie apart: the outer one comes first */
        if (self->n > 0 && self->ranges[i].first <= self->ranges[self->n - 1].last)
            self->ranges[self->n - 1].last = MAX(self->ranges[self->n - 1].last, self->ranges[i].last);
        else
            self->ranges[self->n++] = self->ranges[i];
    }
    return self;
}

void
prefix_set_free(PrefixSet *self)
{
    g_free(self);
}

bool
prefix_set_has(const PrefixSet *self, const IpAddress *ip)
{
    Number number = number_of(ip);
    size_t low = 0, high = self->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (self->ranges[middle].first <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && number <= self->ranges[low - 1].last;
}
