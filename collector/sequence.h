/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sequence.h - what a stream's sequence numbers say about loss
 *
 * NetFlow v5 and IPFIX count records, NetFlow v9 and sFlow count datagrams: the caller says how many units a
 * datagram has. A gap is loss at once, but is remembered for a while, so that a datagram that was only late
 * takes its part back. One that is behind and fits no gap is a duplicate, until the next one follows on it:
 * then the exporter has begun to count anew. Pure arithmetic; fixed size.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { SEQUENCE_GAPS = 8, SEQUENCE_WINDOW = 64, SEQUENCE_HUGE_GAP = 10000000 };

typedef struct SequenceGap {
    uint32_t from, length;
    uint32_t noted_at; /* in datagrams of this stream */
    int64_t export_ms;
} SequenceGap;

typedef struct Sequence {
    uint32_t next; /* expected, if @known */
    bool known;
    bool behind_known; /* a datagram was behind; @behind_next would follow on it */
    uint32_t behind_next;
    uint32_t datagrams;
    uint32_t n_gaps;
    SequenceGap gaps[SEQUENCE_GAPS];
} Sequence;

/* What one datagram has changed. */
typedef struct SequenceNews {
    int64_t lost; /* negative: found again */
    bool reset, reordered, duplicate, not_duplicate;
    uint32_t confirmed; /* loss that is out of the window and final */
    int64_t confirmed_export_ms;
} SequenceNews;

/* Whether @first is what was expected, with nothing open before it; then sequence_step does what
 * sequence_note would. */
static inline bool
sequence_is_next(const Sequence *self, uint32_t first)
{
    return self->known && self->n_gaps == 0 && first == self->next;
}
static inline void
sequence_step(Sequence *self, uint32_t units)
{
    self->datagrams++;
    self->behind_known = false;
    self->next += units;
}

/* A datagram with @first as its sequence number and @units of the stream's unit; @units_known: false when
 * some sets could not be read, so that nobody knows what number comes next. */
SequenceNews sequence_note(Sequence *self, uint32_t first, uint32_t units, bool units_known,
                           int64_t export_ms);
/* The exporter has started anew: what comes next is no gap. Confirms what is still open. */
SequenceNews sequence_restart(Sequence *self);
/* Gives the open gaps, oldest first, as final; false when there is none. */
bool sequence_confirm(Sequence *self, SequenceGap *out);
