/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sampling.h - the sampling rates that options data has told, each with where and since when it holds
 *
 * A ladder (see SamplingSource in flow.h): a rate of the sampler that a record names beats one of its
 * interface, which beats one of the whole domain. A changed rate holds from its time on: a record that was
 * made earlier and comes late has the rate of its own time. Times here are the exporter's clock. Bounded: see
 * RATE_MAP_MOST and SAMPLING_HISTORY.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "collector/flow.h"

enum {
    RATE_MAP_MOST = 2048,
    SAMPLING_HISTORY = 16,
    SAMPLING_LATE_MS = 3600 * 1000,    /* data is held for less than that */
    SAMPLING_OVERTAKEN_MS = 60 * 1000, /* options data that is older than the last is not so old */
};

/* One in how many packets. */
typedef struct TimedRate {
    uint32_t rate;    /* 0: unknown */
    uint32_t before;  /* what held until @since_ms; 0: nothing was known */
    int64_t since_ms; /* as far as we know */
} TimedRate;

/* The rate of a record that was exported at @at_ms. Nothing known of that time: the one known now. */
static inline uint32_t
timed_rate_at(const TimedRate *self, int64_t at_ms)
{
    bool is_earlier = at_ms < self->since_ms && self->since_ms - at_ms < SAMPLING_LATE_MS;

    return is_earlier && self->before != 0 ? self->before : self->rate;
}
/* The exporter has said at @at_ms that @rate holds. True when that is news. Rate 0 says nothing. */
bool timed_rate_note(TimedRate *self, uint32_t rate, int64_t at_ms);

/* number -> rate, open addressing. */
typedef struct RateMap {
    uint64_t seed; /* keys the hash, so that nobody can choose numbers that meet */
    uint64_t *keys;
    TimedRate *rates; /* rate 0: free slot */
    uint32_t n, n_slots;
} RateMap;
/* As timed_rate_note. Fills @before (may be NULL) with what held until now. False too when it is full. */
bool rate_map_note(RateMap *self, uint64_t key, uint32_t rate, int64_t at_ms, uint32_t *before);
/* Puts back what was saved; rate 0 is not kept. */
void rate_map_restore(RateMap *self, uint64_t key, const TimedRate *rate);
/* Bytes that the next number put will make it grow by. */
size_t rate_map_growth(const RateMap *self);
bool rate_map_has(const RateMap *self, uint64_t key);
uint32_t rate_map_at(const RateMap *self, uint64_t key, int64_t at_ms); /* 0: not there */
void rate_map_clear(RateMap *self);

typedef struct Sampling {
    RateMap samplers, interfaces;
    TimedRate domain;
} Sampling;
void sampling_init(Sampling *self, uint64_t seed);
void sampling_clear(Sampling *self);

/* What an options record says of one selector (RFC 5477 section 8; samplingInterval and Cisco's sampler
 * table). */
typedef struct Selector {
    uint64_t algorithm;                     /* selectorAlgorithm; 0: not said */
    uint64_t interval;                      /* samplingInterval, samplerRandomInterval */
    uint64_t packet_interval, packet_space; /* sampled, then passed over */
    uint64_t time_interval, time_space;     /* the same in microseconds */
    uint64_t size, population;              /* n out of N */
    double probability;
    uint64_t output_least, output_most, selected_least, selected_most; /* hash ranges, ends included */
    bool has_packet_space, has_output, has_selected;
} Selector;
/* One in how many; 0 when it says nothing, or selects by content (a filter takes no share that could be
 * told). */
uint32_t selector_rate(const Selector *self, bool *is_swapped);

/* The last changes, whatever they hold for. */
typedef struct SamplingChange {
    int64_t at_ms;         /* the exporter's clock; our own for the operator's word */
    uint64_t of;           /* the sampler or interface; 0 for the others */
    uint32_t domain;       /* observation domain */
    uint32_t rate, before; /* before 0: it was not known */
    uint8_t source;        /* SamplingSource */
} SamplingChange;
typedef struct SamplingHistory {
    SamplingChange changes[SAMPLING_HISTORY]; /* a ring: the newest is at (n - 1) % SAMPLING_HISTORY */
    uint32_t n;                               /* all there ever were */
} SamplingHistory;
void sampling_history_add(SamplingHistory *self, const SamplingChange *change);
/* Lends the change @back places before the newest; NULL: there is none, or no longer. */
const SamplingChange *sampling_history_get(const SamplingHistory *self, uint32_t back);
