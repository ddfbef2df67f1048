/* SPDX-License-Identifier: GPL-3.0-or-later */
/* damage.c - see damage.h */
#include "tests/fuzz/damage.h"
#include "tests/support/generator.h"

#include <string.h>

/* mutator.c, for targets whose input is a session; it calls back for bytes that have no form. */
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                                                     unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* It has no argument for that. */
static uint64_t *
state(void)
{
    static uint64_t random;

    return &random;
}

/* What lengths, counts, ids and masks go wrong at. */
static const uint32_t edges[] = { 0,       1,       2,          3,          4,         5,      7,
                                  8,       9,       10,         16,         0x7f,      0x80,   0xfe,
                                  0xff,    0x100,   0x101,      0x7fff,     0x8000,    0xfffe, 0xffff,
                                  255 * 4, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff };

typedef struct Bytes {
    uint8_t *at;
    size_t length, most;
} Bytes;

/* 1, 2 or 4 octets at @from, as the network has them; less at the end. */
static void
write_number(Bytes *self, size_t from, unsigned octets, uint32_t value)
{
    for (unsigned i = octets; i-- > 0; value >>= 8)
        if (from + i < self->length)
            self->at[from + i] = (uint8_t)value;
}

static void
add_to_number(Bytes *self, size_t from, unsigned octets, uint64_t draw)
{
    uint32_t value = 0, by = 1 + (draw & 31);

    for (unsigned i = 0; i < octets && from + i < self->length; i++)
        value = value << 8 | self->at[from + i];
    write_number(self, from, octets, draw & 32 ? value + by : value - by);
}

/* A length that fits, or nearly: all octets behind it, less a few that may be behind what it is of. */
static void
write_length(Bytes *self, size_t from, unsigned octets, uint64_t draw)
{
    size_t behind = self->length - from - MIN((size_t)octets, self->length - from);

    write_number(self, from, octets,
                 (uint32_t)(behind - (draw & 1 ? 0 : MIN(behind, (size_t)(draw >> 8) % 16))));
}

static void
copy_part(Bytes *self, size_t from, uint64_t draw)
{
    size_t to = (size_t)draw % self->length, n = 1 + (size_t)(draw >> 32) % 16;

    memmove(self->at + to, self->at + from, MIN(n, self->length - MAX(to, from)));
}

/* A part once more behind itself, which moves all that comes behind. */
static void
double_part(Bytes *self, size_t from, uint64_t draw)
{
    size_t n = MIN(1 + (size_t)draw % 32, MIN(self->length - from, self->most - self->length));

    memmove(self->at + from + n, self->at + from, self->length - from);
    self->length += n;
}

static void
drop_part(Bytes *self, size_t from, uint64_t draw)
{
    size_t n = MIN(1 + (size_t)draw % 32, self->length - from);

    if (n == self->length)
        return;
    memmove(self->at + from, self->at + from + n, self->length - from - n);
    self->length -= n;
}

static void
change(Bytes *self, uint64_t kind, uint64_t draw)
{
    size_t from = (size_t)(kind >> 8) % self->length;
    unsigned octets = 1u << (kind >> 48) % 3;

    switch (kind & 7) {
    case 0:
        self->at[from] ^= (uint8_t)(1u << (draw & 7));
        break;
    case 1:
        self->at[from] = (uint8_t)draw;
        break;
    case 2:
        write_length(self, from, octets, draw);
        break;
    case 3:
        write_number(self, from, octets, edges[draw % G_N_ELEMENTS(edges)]);
        break;
    case 4:
        add_to_number(self, from, octets, draw);
        break;
    case 5:
        copy_part(self, from, draw);
        break;
    case 6:
        double_part(self, from, draw);
        break;
    default:
        if ((draw >> 40 & 3) == 0)
            self->length = from + 1;
        else
            drop_part(self, from, draw);
    }
}

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    uint64_t *random = state();
    unsigned changes = 1 + (unsigned)(generator_random(random) % 3);
    Bytes self = { .at = data, .length = MIN(size, max_size), .most = max_size };

    if (self.length == 0)
        self.at[self.length++] = (uint8_t)generator_random(random);
    for (unsigned i = 0; i < changes; i++) {
        uint64_t kind = generator_random(random);
        change(&self, kind, generator_random(random));
    }
    return self.length;
}

size_t
damage(uint64_t *random, uint8_t *bytes, size_t length, size_t most)
{
    *state() = generator_random(random);
    if (LLVMFuzzerCustomMutator != NULL)
        return LLVMFuzzerCustomMutator(bytes, length, most, (unsigned)generator_random(random));
    return LLVMFuzzerMutate(bytes, length, most);
}
