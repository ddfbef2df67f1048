/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mutator.c - changes sessions of datagrams so that what comes out still gets deep
 *
 * libFuzzer's own mutations break lengths, and a datagram whose lengths are wrong is refused at its door.
 * Here one datagram of the session is changed at a time; then its lengths are put right, most of the time:
 * that of the session, of the IPFIX message, of the last set. Datagrams are doubled, dropped and swapped, and
 * sets with templates are put in. For libFuzzer's build only.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/support/generator.h"

#include <string.h>

enum { HEAD = 3, DATAGRAMS_MOST = 64 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

typedef struct Session {
    uint8_t *data;
    size_t size, most;
    size_t at[DATAGRAMS_MOST + 1]; /* where each datagram's head is, and the end */
    unsigned n;
} Session;

static unsigned
read_u16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void
write_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static size_t
read_u32(const uint8_t *at)
{
    return (size_t)read_u16(at) << 16 | read_u16(at + 2);
}

static void
write_u32(uint8_t *at, size_t value)
{
    write_u16(at, value >> 16);
    write_u16(at + 2, value);
}

/* As fuzz_decoder_session reads it. */
static void
split(Session *self)
{
    size_t at = 0;

    self->n = 0;
    while (at + HEAD <= self->size && self->n < DATAGRAMS_MOST) {
        self->at[self->n++] = at;
        at += HEAD + MIN((size_t)read_u16(self->data + at + 1), self->size - at - HEAD);
    }
    self->at[self->n] = at;
    self->size = at;
}

/* Gives the datagram @i room for @length bytes; false when there is none. */
static bool
resize(Session *self, unsigned i, size_t length)
{
    size_t from = self->at[i + 1], to = self->at[i] + HEAD + length, rest = self->size - from;

    if (to + rest > self->most || length > UINT16_MAX)
        return false;
    memmove(self->data + to, self->data + from, rest);
    self->size = to + rest;
    write_u16(self->data + self->at[i] + 1, length);
    return true;
}

/* Header, where the sets begin: 0 for a protocol without sets. */
static size_t
sets_begin(const uint8_t *at, size_t length)
{
    unsigned version = length >= 4 ? read_u16(at) : 0;

    return version == 9 && length >= 20 ? 20 : version == 10 && length >= 16 ? 16 : 0;
}

/* sFlow: of the items in [@from, @length), each behind its tag and its length, the last one gets the rest.
 * Where it begins; @length if there is none. */
static size_t
fit_last(uint8_t *at, size_t from, size_t length)
{
    for (size_t next; from + 8 <= length; from = next) {
        next = from + 8 + read_u32(at + from + 4);
        if (next + 8 > length) {
            write_u32(at + from + 4, length - from - 8);
            return from;
        }
    }
    return length;
}

/* The last sample, and the last structure in it. */
static void
repair_sflow(uint8_t *at, size_t length)
{
    static const uint8_t heads[] = { 0, 32, 12, 44, 16 }; /* flow, counters; the same expanded */
    size_t begin = length >= 8 && read_u32(at + 4) == 2 ? 40 : 28;

    if (length < begin + 8)
        return;
    size_t sample = fit_last(at, begin, length);
    if (sample < length && at[sample + 3] < G_N_ELEMENTS(heads))
        fit_last(at, sample + 8 + heads[at[sample + 3]], length);
}

/* Puts the lengths of the message and of the set that runs past it right. */
static void
repair(uint8_t *at, size_t length)
{
    size_t set = sets_begin(at, length), next;

    if (length >= 4 && read_u32(at) == 5)
        repair_sflow(at, length);
    if (set == 16)
        write_u16(at + 2, length);
    if (set == 0)
        return;
    for (; set + 4 <= length; set = next) {
        next = set + read_u16(at + set + 2);
        if (next <= set + 3 || next > length || next + 4 > length) {
            write_u16(at + set + 2, length - set);
            return;
        }
    }
}

static void
mutate_one(Session *self, unsigned i, uint64_t draw)
{
    size_t length = self->at[i + 1] - self->at[i] - HEAD, room = self->most - self->size;
    size_t most = MIN(length + MIN(room, (size_t)64 + draw % 192), (size_t)UINT16_MAX);
    g_autofree uint8_t *copy = g_malloc(most + 1);

    memcpy(copy, self->data + self->at[i] + HEAD, length);
    size_t now = LLVMFuzzerMutate(copy, length, MAX(most, (size_t)1));
    if (draw >> 32 & 7)
        repair(copy, now);
    if (resize(self, i, now))
        memcpy(self->data + self->at[i] + HEAD, copy, now);
}

/* Elements that a FlowRecord, options data or a list makes something of. */
static const uint16_t elements[] = { 1,   2,   4,   5,   6,   7,   8,   10,  11,  12,  14,  21,  22,  27,
                                     28,  34,  48,  56,  58,  61,  82,  85,  95,  136, 149, 150, 152, 153,
                                     154, 157, 158, 160, 225, 231, 233, 234, 236, 239, 291, 292, 293, 302,
                                     303, 305, 306, 309, 310, 311, 315, 323, 339, 346, 352 };
static const uint16_t lengths[] = { 1, 2, 4, 8, 4, 8, 16, 6, 65535, 65535, 3, 0, 20 };

/* A template set and a data set of that template, of a few random fields. */
static size_t
write_template(uint8_t *at, bool is_ipfix, uint64_t *random)
{
    uint64_t draw = generator_random(random);
    bool is_options = draw % 4 == 0;
    unsigned n = 1 + (unsigned)(draw >> 8) % 6, id = 256 + (unsigned)(draw >> 16) % 4;
    size_t end = 8;

    write_u16(at, (is_ipfix ? 2u : 0u) + is_options);
    write_u16(at + 4, id);
    write_u16(at + 6, is_options && !is_ipfix ? 4 : n);
    if (is_options) {
        write_u16(at + 8, is_ipfix ? 1 : (n - 1) * 4);
        end += 2;
    }
    for (unsigned i = 0; i < n; i++, end += 4) {
        uint64_t each = generator_random(random);

        write_u16(at + end, elements[each % G_N_ELEMENTS(elements)]);
        write_u16(at + end + 2, lengths[(each >> 16) % (is_ipfix ? G_N_ELEMENTS(lengths) : 8)]);
    }
    write_u16(at + 2, end);
    size_t body = (draw >> 24) % 64;
    write_u16(at + end, id);
    write_u16(at + end + 2, 4 + body);
    for (size_t i = 0; i < body; i++)
        at[end + 4 + i] = (uint8_t)(generator_random(random) >> 20 & (i % 3 == 0 ? 0x07 : 0xff));
    return end + 4 + body;
}

static void
add_sets(Session *self, unsigned i, uint64_t *random)
{
    const uint8_t *datagram = self->data + self->at[i] + HEAD;
    size_t length = self->at[i + 1] - self->at[i] - HEAD, begin = sets_begin(datagram, length);
    uint8_t sets[256];

    if (begin == 0)
        return;
    size_t size = write_template(sets, begin == 16, random);
    if (!resize(self, i, length + size))
        return;
    uint8_t *at = self->data + self->at[i] + HEAD;
    if (generator_random(random) % 2 == 0) { /* before what is there */
        memmove(at + begin + size, at + begin, length - begin);
        memcpy(at + begin, sets, size);
    } else {
        memcpy(at + length, sets, size);
    }
    if (begin == 16)
        write_u16(at + 2, length + size);
}

/* Puts a copy of datagram @i at the end. */
static void
double_one(Session *self, unsigned i)
{
    size_t length = self->at[i + 1] - self->at[i];

    if (self->size + length <= self->most) {
        memcpy(self->data + self->size, self->data + self->at[i], length);
        self->size += length;
    }
}

static void
drop_one(Session *self, unsigned i)
{
    size_t length = self->at[i + 1] - self->at[i];

    if (self->n < 2)
        return;
    memmove(self->data + self->at[i], self->data + self->at[i + 1], self->size - self->at[i + 1]);
    self->size -= length;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    uint64_t random = seed, draw = generator_random(&random);
    Session self = { .data = data, .size = size, .most = max_size };

    split(&self);
    if (self.n == 0 || draw % 8 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    unsigned i = (unsigned)(draw >> 8) % self.n;
    switch (draw >> 40 & 15) {
    case 0:
        double_one(&self, i);
        break;
    case 1:
        drop_one(&self, i);
        break;
    case 2: /* another exporter, another time */
        data[self.at[i]] = (uint8_t)(draw >> 48);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        add_sets(&self, i, &random);
        break;
    default:
        mutate_one(&self, i, draw);
    }
    return self.size;
}
