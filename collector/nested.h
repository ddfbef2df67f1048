/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nested.h - which fields of a template hold more than a value: lists, and the first bytes of packets
 *
 * What lies in them fills a FlowRecord only where the template's own fields do not. Which members those fill
 * is found by letting the plan do it, so that nothing here knows how plans work.
 */
#pragma once
#include "collector/plan.h"

typedef struct Nested {
    uint16_t n_lists;
    uint16_t section;        /* field with a packet's first bytes; NESTED_NONE: there is none */
    uint32_t section_starts; /* FRAME_... */
    uint16_t frame_size;     /* fields beside it, or NESTED_NONE: how long the frame was, */
    uint16_t section_offset; /* where in it the section begins, */
    uint16_t section_length; /* how much of the section is the packet's (v9's have one length for all), */
    uint16_t section_type;   /* and which link layer it is */
    uint8_t covered[sizeof(FlowRecord) / 8]; /* a bit for each byte that the plan fills */
    uint16_t lists[];                        /* the fields that hold lists */
} Nested;
enum { NESTED_NONE = 65535 };

/* NULL when the fields hold nothing but values. The caller owns it, free with g_free. */
Nested *nested_new(const DecodePlan *plan, const FieldSpec *fields, uint32_t n_fields);
static inline bool
nested_covers(const uint8_t *covered, size_t offset)
{
    return (covered[offset / 8] >> (offset % 8) & 1) != 0;
}
