/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nasty.h - a datagram in work that is made to be slow, and the decoder that it is for. See
 * bench-worst-case.c */
#pragma once
#include "collector/decoder.h"

#include <string.h>
#include <time.h>

enum { MOST_BYTES = 65507, BATCHES = 64 };

typedef struct Nasty {
    Decoder *decoder;
    FlowBatch *batches[BATCHES]; /* in turn, as in the daemon: none of it is in the first cache */
    uint32_t n_batches, sequence;
    uint8_t *bytes; /* the datagram in work */
    size_t n;
    IpAddress source;
    Session *session; /* NULL: over UDP */
} Nasty;

/* What stands before (templates, held data, domains), then the datagram: what that took, in nanoseconds. */
typedef struct NastyCase {
    const char *name;
    double (*make)(Nasty *self);
} NastyCase;
extern const NastyCase nasty_lists[]; /* ends with an empty one */

static inline size_t
room(const Nasty *self)
{
    return MOST_BYTES - self->n;
}

static inline void
put(Nasty *self, uint64_t value, unsigned length)
{
    for (unsigned i = length; i-- > 0; value >>= 8)
        self->bytes[self->n + i] = (uint8_t)value;
    self->n += length;
}

static inline void
begin_v9(Nasty *self, uint32_t domain)
{
    self->n = 0;
    put(self, 9, 2);
    put(self, 1, 2);
    put(self, 1000000, 4);
    put(self, 1700000000, 4);
    put(self, self->sequence++, 4);
    put(self, domain, 4);
}

static inline void
begin_ipfix(Nasty *self)
{
    self->n = 0;
    put(self, 10, 2);
    put(self, 0, 2);
    put(self, 1700000000, 4);
    put(self, self->sequence++, 4);
    put(self, 1, 4);
}

/* The only field of a template, or another one; ids and lengths as pairs. */
static inline void
put_template(Nasty *self, uint16_t id, const uint16_t *pairs, uint16_t n)
{
    put(self, (uint64_t)id << 16 | n, 4);
    for (uint16_t i = 0; i < 2 * n; i++)
        put(self, pairs[i], 2);
}

static inline size_t
begin_set(Nasty *self, uint16_t id)
{
    put(self, id, 2);
    put(self, 0, 2);
    return self->n - 4;
}

static inline void
end_set(Nasty *self, size_t at)
{
    size_t length = self->n - at;

    self->bytes[at + 2] = (uint8_t)(length >> 8);
    self->bytes[at + 3] = (uint8_t)length;
}

static inline void
fill(Nasty *self, uint8_t value)
{
    memset(self->bytes + self->n, value, room(self));
    self->n = MOST_BYTES;
}

static inline double
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline double
send_it(Nasty *self)
{
    Datagram datagram = { .bytes = self->bytes,
                          .length = self->n,
                          .source = self->source,
                          .source_port = 2055,
                          .received = { INT64_C(1700000000000) },
                          .session = self->session };

    if (self->bytes[1] == 10) {
        self->bytes[2] = (uint8_t)(self->n >> 8);
        self->bytes[3] = (uint8_t)self->n;
    }
    double from = now_ns();
    decoder_datagram(self->decoder, &datagram);
    return now_ns() - from;
}
