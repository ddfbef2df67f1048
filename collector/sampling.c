/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sampling.c - see sampling.h */
#include "collector/sampling.h"

static uint32_t
slot_of(const RateMap *self, uint64_t key)
{
    uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) & (self->n_slots - 1);

    while (self->rates[at] != 0 && self->keys[at] != key)
        at = (at + 1) & (self->n_slots - 1);
    return at;
}

static void
rebuild(RateMap *self, uint32_t n_slots)
{
    RateMap old = *self;

    self->n_slots = n_slots;
    self->keys = g_new0(uint64_t, n_slots);
    self->rates = g_new0(uint32_t, n_slots);
    for (uint32_t i = 0; i < old.n_slots; i++)
        if (old.rates[i] != 0) {
            uint32_t at = slot_of(self, old.keys[i]);

            self->keys[at] = old.keys[i];
            self->rates[at] = old.rates[i];
        }
    g_free(old.keys);
    g_free(old.rates);
}

uint32_t
rate_map_find(const RateMap *self, uint64_t key)
{
    return self->n == 0 ? 0 : self->rates[slot_of(self, key)];
}

bool
rate_map_put(RateMap *self, uint64_t key, uint32_t rate)
{
    if (rate == 0)
        return true;
    if ((self->n + 1) * 2 > self->n_slots && self->n < RATE_MAP_MOST)
        rebuild(self, self->n_slots == 0 ? 8 : self->n_slots * 2);
    uint32_t at = slot_of(self, key);
    if (self->rates[at] == 0) {
        if (self->n >= RATE_MAP_MOST)
            return false;
        self->n++;
    }
    self->keys[at] = key;
    self->rates[at] = rate;
    return true;
}

void
rate_map_clear(RateMap *self)
{
    g_clear_pointer(&self->keys, g_free);
    g_clear_pointer(&self->rates, g_free);
    self->n = self->n_slots = 0;
}

void
sampling_clear(Sampling *self)
{
    rate_map_clear(&self->samplers);
    rate_map_clear(&self->interfaces);
    self->domain = 0;
}
