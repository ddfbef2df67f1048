/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sighting.h - how often something was seen, first and last; the times are our clock */
#pragma once
#include <stdint.h>

typedef struct Sighting {
    uint64_t count;
    int64_t first_ms, last_ms;
} Sighting;

static inline void
sight(Sighting *self, uint64_t n, int64_t now_ms)
{
    if (self->count == 0)
        self->first_ms = now_ms;
    self->count += n;
    self->last_ms = now_ms;
}
