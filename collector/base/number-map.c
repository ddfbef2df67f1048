/* SPDX-License-Identifier: GPL-3.0-or-later */
/* number-map.c - see number-map.h */
#include "collector/base/number-map.h"

#include <xxhash.h>

void
number_map_init(NumberMap *self, uint64_t seed)
{
    *self = (NumberMap){ .seed = seed };
}

void
number_map_clear(NumberMap *self)
{
    g_clear_pointer(&self->numbers, g_free);
    g_clear_pointer(&self->values, g_free);
    self->n = self->n_slots = 0;
}

static uint32_t
home_of(const NumberMap *self, uint64_t number)
{
    return (uint32_t)XXH3_64bits_withSeed(&number, sizeof number, self->seed) & (self->n_slots - 1);
}

static uint32_t
slot_of(const NumberMap *self, uint64_t number)
{
    uint32_t at = home_of(self, number);

    while (self->values[at] != NULL && self->numbers[at] != number)
        at = (at + 1) & (self->n_slots - 1);
    return at;
}

static void
grow(NumberMap *self)
{
    NumberMap old = *self;

    self->n_slots = MAX(8u, old.n_slots * 2);
    self->numbers = g_new0(uint64_t, self->n_slots);
    self->values = g_new0(void *, self->n_slots);
    for (uint32_t i = 0; i < old.n_slots; i++)
        if (old.values[i] != NULL) {
            uint32_t at = slot_of(self, old.numbers[i]);

            self->numbers[at] = old.numbers[i];
            self->values[at] = old.values[i];
        }
    g_free(old.numbers);
    g_free(old.values);
}

void *
number_map_find(const NumberMap *self, uint64_t number)
{
    return self->n == 0 ? NULL : self->values[slot_of(self, number)];
}

void
number_map_put(NumberMap *self, uint64_t number, void *value)
{
    g_assert(value != NULL);
    if ((self->n + 1) * 2 > self->n_slots)
        grow(self);
    uint32_t at = slot_of(self, number);
    if (self->values[at] == NULL)
        self->n++;
    self->numbers[at] = number;
    self->values[at] = value;
}

/* Those behind the hole that would be found no more move up into it. */
void *
number_map_remove(NumberMap *self, uint64_t number)
{
    uint32_t mask = self->n_slots - 1, hole = self->n == 0 ? 0 : slot_of(self, number);
    void *value = self->n == 0 ? NULL : self->values[hole];

    if (value == NULL)
        return NULL;
    self->n--;
    for (uint32_t at = (hole + 1) & mask; self->values[at] != NULL; at = (at + 1) & mask) {
        uint32_t from_home = (at - home_of(self, self->numbers[at])) & mask;

        if (from_home < ((at - hole) & mask)) /* its home lies behind the hole */
            continue;
        self->numbers[hole] = self->numbers[at];
        self->values[hole] = self->values[at];
        hole = at;
    }
    self->values[hole] = NULL;
    return value;
}
