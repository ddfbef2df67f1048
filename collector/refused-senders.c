/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refused-senders.c - see refused-senders.h */
#include "collector/refused-senders.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum { REGISTER_BITS = 10 };
G_STATIC_ASSERT(REFUSED_REGISTERS == 1 << REGISTER_BITS);

void
refused_senders_init(RefusedSenders *self, uint64_t seed)
{
    *self = (RefusedSenders){ .seed = seed };
}

/* HyperLogLog: the longest run of zeros seen among the hashes that meet in a register. */
static void
note_different(RefusedSenders *self, uint64_t hash)
{
    uint8_t *most = &self->registers[hash & (REFUSED_REGISTERS - 1)];
    uint8_t zeros = (uint8_t)(__builtin_clzll(hash | (REFUSED_REGISTERS - 1)) + 1);

    if (zeros > *most)
        *most = zeros;
}

static uint32_t
find(const RefusedSenders *self, uint64_t hash, const IpAddress *sender)
{
    for (uint32_t i = 0; i < self->n; i++)
        if (self->hashes[i] == hash && ip_equal(&self->addresses[i], sender))
            return i;
    return self->n;
}

static uint32_t
lightest(const RefusedSenders *self)
{
    uint32_t at = 0;

    for (uint32_t i = 1; i < self->n; i++)
        if (self->counts[i] < self->counts[at])
            at = i;
    return at;
}

void
refused_senders_note(RefusedSenders *self, const IpAddress *sender, Refusal reason)
{
    uint32_t at = self->last;

    if (self->n == 0 || !ip_equal(&self->addresses[at], sender)) {
        uint64_t hash = XXH3_64bits_withSeed(sender, sizeof *sender, self->seed);

        note_different(self, hash);
        at = find(self, hash, sender);
        if (at == REFUSED_SENDERS_MOST) {
            at = lightest(self);
            self->errors[at] = self->counts[at];
        } else if (at == self->n) {
            self->n++;
        }
        self->hashes[at] = hash;
        self->addresses[at] = *sender;
        self->last = at;
    }
    self->counts[at]++;
    self->reasons[at] = (uint8_t)reason;
}

uint32_t
refused_senders_count(const RefusedSenders *self)
{
    const double m = REFUSED_REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
    double sum = 0;
    uint32_t empty = 0;

    if (self->n < REFUSED_SENDERS_MOST)
        return self->n;
    for (uint32_t i = 0; i < REFUSED_REGISTERS; i++) {
        sum += ldexp(1, -self->registers[i]);
        empty += self->registers[i] == 0;
    }
    double estimate = alpha * m * m / sum;
    if (estimate <= 2.5 * m && empty > 0) /* few: the empty registers tell better */
        estimate = m * log(m / empty);
    return (uint32_t)MIN(MAX(estimate, (double)REFUSED_SENDERS_MOST), (double)UINT32_MAX);
}

static int
heavier_first(const void *a, const void *b)
{
    uint64_t x = ((const RefusedSender *)a)->datagrams, y = ((const RefusedSender *)b)->datagrams;

    return (x < y) - (x > y);
}

uint32_t
refused_senders_list(const RefusedSenders *self, RefusedSender out[REFUSED_SENDERS_MOST])
{
    for (uint32_t i = 0; i < self->n; i++)
        out[i] = (RefusedSender){ .address = self->addresses[i],
                                  .reason = (Refusal)self->reasons[i],
                                  .datagrams = self->counts[i] - self->errors[i] };
    qsort(out, self->n, sizeof out[0], heavier_first);
    return self->n;
}
