/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sampling.c - see sampling.h */
#include "collector/sampling.h"
#include "collector/plan.h"

#define XXH_INLINE_ALL /* eight bytes, looked up for each record */
#include <xxhash.h>

bool
timed_rate_note(TimedRate *self, uint32_t rate, int64_t at_ms)
{
    bool is_earlier = at_ms < self->since_ms && self->since_ms - at_ms < SAMPLING_OVERTAKEN_MS;

    if (rate == 0)
        return false;
    if (rate == self->rate) {
        self->since_ms = MIN(self->since_ms, at_ms); /* it held then already */
        return false;
    }
    if (is_earlier && self->rate != 0) { /* overtaken on the way: what held before the change */
        self->before = rate;
        return false;
    }
    *self = (TimedRate){ .rate = rate, .before = self->rate, .since_ms = at_ms };
    return true;
}

static uint32_t
slot_of(const RateMap *self, uint64_t key)
{
    uint32_t at = (uint32_t)XXH3_64bits_withSeed(&key, sizeof key, self->seed) & (self->n_slots - 1);

    while (self->rates[at].rate != 0 && self->keys[at] != key)
        at = (at + 1) & (self->n_slots - 1);
    return at;
}

static void
rebuild(RateMap *self, uint32_t n_slots)
{
    RateMap old = *self;

    self->n_slots = n_slots;
    self->keys = g_new0(uint64_t, n_slots);
    self->rates = g_new0(TimedRate, n_slots);
    for (uint32_t i = 0; i < old.n_slots; i++)
        if (old.rates[i].rate != 0) {
            uint32_t at = slot_of(self, old.keys[i]);

            self->keys[at] = old.keys[i];
            self->rates[at] = old.rates[i];
        }
    g_free(old.keys);
    g_free(old.rates);
}

size_t
rate_map_growth(const RateMap *self)
{
    if ((self->n + 1) * 2 <= self->n_slots || self->n >= RATE_MAP_MOST)
        return 0;
    return MAX(8u, self->n_slots) * (sizeof self->keys[0] + sizeof self->rates[0]);
}

bool
rate_map_has(const RateMap *self, uint64_t key)
{
    return self->n != 0 && self->rates[slot_of(self, key)].rate != 0;
}

uint32_t
rate_map_at(const RateMap *self, uint64_t key, int64_t at_ms)
{
    return self->n == 0 ? 0 : timed_rate_at(&self->rates[slot_of(self, key)], at_ms);
}

/* The slot of @key, made when there is room; NULL: there is none. */
static TimedRate *
find_or_make(RateMap *self, uint64_t key)
{
    if (rate_map_growth(self) > 0 && !rate_map_has(self, key))
        rebuild(self, self->n_slots == 0 ? 8 : self->n_slots * 2);
    uint32_t at = slot_of(self, key);
    if (self->rates[at].rate == 0) {
        if (self->n >= RATE_MAP_MOST)
            return NULL;
        self->n++;
    }
    self->keys[at] = key;
    return &self->rates[at];
}

bool
rate_map_note(RateMap *self, uint64_t key, uint32_t rate, int64_t at_ms, uint32_t *before)
{
    TimedRate *slot = rate == 0 ? NULL : find_or_make(self, key);

    if (slot == NULL)
        return false;
    if (before != NULL)
        *before = slot->rate;
    return timed_rate_note(slot, rate, at_ms);
}

void
rate_map_restore(RateMap *self, uint64_t key, const TimedRate *rate)
{
    TimedRate *slot = rate->rate == 0 ? NULL : find_or_make(self, key);

    if (slot != NULL)
        *slot = *rate;
}

void
rate_map_clear(RateMap *self)
{
    g_clear_pointer(&self->keys, g_free);
    g_clear_pointer(&self->rates, g_free);
    self->n = self->n_slots = 0;
}

void
sampling_init(Sampling *self, uint64_t seed)
{
    *self = (Sampling){ .samplers.seed = seed, .interfaces.seed = seed };
}

void
sampling_clear(Sampling *self)
{
    rate_map_clear(&self->samplers);
    rate_map_clear(&self->interfaces);
    self->domain = (TimedRate){ 0 };
}

/* One in how many, rounded; 0 where it is no share. */
static uint32_t
rate_of_share(double share)
{
    if (!(share > 1e-9 && share <= 1))
        return 0;
    return (uint32_t)(1 / share + 0.5);
}

/* RFC 5475 section 6.2.2: those are taken whose hash lies in the selected range of the output range. */
static uint32_t
hash_rate(const Selector *self)
{
    double selected = (double)self->selected_most - (double)self->selected_least + 1;
    double output = (double)self->output_most - (double)self->output_least + 1;

    return self->has_output && self->has_selected ? rate_of_share(selected / output) : 0;
}

/* Numbers of the registry that RFC 5477 section 10.1 begins ("PSAMP parameters"). */
enum { ALGORITHM_N_OF_N = 3, ALGORITHM_FILTER = 5, ALGORITHM_HASH_FIRST = 6, ALGORITHM_HASH_LAST = 8 };

uint32_t
selector_rate(const Selector *self, bool *is_swapped)
{
    /*
     * Cisco IOS XR sends samplingPacketInterval = 1 besides size and population, and in some releases alone:
     * how many packets are passed over it does not say, so that this is not a rate.
     */
    bool has_run = self->has_packet_space && self->algorithm != ALGORITHM_N_OF_N;
    const PlanExtra counts = { .interval = self->interval,
                               .packet_interval = has_run ? self->packet_interval : 0,
                               .packet_space = has_run ? self->packet_space : 0,
                               .size = self->size,
                               .population = self->population };

    *is_swapped = false;
    if (self->algorithm == ALGORITHM_FILTER)
        return 0;
    if (self->algorithm >= ALGORITHM_HASH_FIRST && self->algorithm <= ALGORITHM_HASH_LAST)
        return hash_rate(self);
    uint32_t rate = plan_extra_rate(&counts);
    *is_swapped = plan_is_swapped_rate(&counts);
    if (rate == 0)
        rate = rate_of_share(self->probability);
    if (rate == 0 && self->time_interval != 0) /* of an even stream, that share of the packets */
        rate = rate_of_share((double)self->time_interval /
                             ((double)self->time_interval + (double)self->time_space));
    return rate != 0 ? rate : hash_rate(self);
}

void
sampling_history_add(SamplingHistory *self, const SamplingChange *change)
{
    self->changes[self->n++ % SAMPLING_HISTORY] = *change;
}

const SamplingChange *
sampling_history_get(const SamplingHistory *self, uint32_t back)
{
    if (back >= self->n || back >= SAMPLING_HISTORY)
        return NULL;
    return &self->changes[(self->n - 1 - back) % SAMPLING_HISTORY];
}
