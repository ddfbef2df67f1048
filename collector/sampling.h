/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sampling.h - the sampling rates that options data has told, each with where it holds
 *
 * A ladder (see SamplingSource in flow.h): a rate of the sampler that a record names beats one of its
 * interface, which beats one of the whole domain. A rate holds for the records that come after it. Bounded:
 * see RATE_MAP_MOST.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "collector/flow.h"

enum { RATE_MAP_MOST = 2048 };

/* number -> rate, open addressing. */
typedef struct RateMap {
    uint64_t *keys;
    uint32_t *rates; /* 0: free slot */
    uint32_t n, n_slots;
} RateMap;
/* Rate 0 is not kept. False when it is full. */
bool rate_map_put(RateMap *self, uint64_t key, uint32_t rate);
uint32_t rate_map_find(const RateMap *self, uint64_t key); /* 0: not there */
void rate_map_clear(RateMap *self);

typedef struct Sampling {
    RateMap samplers, interfaces;
    uint32_t domain; /* 0: unknown */
} Sampling;
void sampling_clear(Sampling *self);
