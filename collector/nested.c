/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nested.c - see nested.h */
#include "collector/nested.h"
#include "collector/frame.h"

#include <string.h>

/* Sections of packets (RFC 5477 section 8.5; 104 is Cisco's, of NetFlow v9), the best first. */
static const struct {
    uint16_t id;
    uint32_t starts;
} sections[] = {
    { 315, FRAME_ETHERNET }, { 104, FRAME_ETHERNET }, { 313, FRAME_IP },
    { 316, FRAME_MPLS },     { 317, FRAME_IP },
};

static uint16_t
find_field(const FieldSpec *fields, uint32_t n_fields, uint16_t id)
{
    for (uint32_t i = 0; i < n_fields; i++)
        if (fields[i].element->id == id && fields[i].element->pen == 0)
            return (uint16_t)i;
    return NESTED_NONE;
}

static void
find_section(Nested *self, const FieldSpec *fields, uint32_t n_fields)
{
    self->section = NESTED_NONE;
    for (size_t i = 0; i < G_N_ELEMENTS(sections) && self->section == NESTED_NONE; i++) {
        self->section = find_field(fields, n_fields, sections[i].id);
        self->section_starts = sections[i].starts;
    }
    self->frame_size = find_field(fields, n_fields, 312);     /* dataLinkFrameSize */
    self->section_type = find_field(fields, n_fields, 408);   /* dataLinkFrameType */
    self->section_offset = find_field(fields, n_fields, 409); /* sectionOffset */
    self->section_length = find_field(fields, n_fields, 410); /* sectionExportedOctets */
    if (self->section_offset == NESTED_NONE)
        self->section_offset = find_field(fields, n_fields, 102); /* layer2packetSectionOffset */
    if (self->section_length == NESTED_NONE)
        self->section_length = find_field(fields, n_fields, 103); /* layer2packetSectionSize */
}

/* Runs the plan over fields of a pattern that is in no blank record, and looks what has changed. */
static void
find_covered(Nested *self, const DecodePlan *plan, const FieldSpec *fields, uint32_t n_fields)
{
    static const uint8_t pattern[64] = { [0 ... 63] = 0x5a };
    g_autofree const uint8_t **at = g_new(const uint8_t *, n_fields);
    g_autofree uint16_t *lengths = g_new(uint16_t, n_fields);
    FlowRecord filled;

    for (uint32_t i = 0; i < n_fields; i++) {
        at[i] = pattern;
        lengths[i] = MIN(fields[i].length, (uint16_t)16);
    }
    plan_run_fields(plan, at, lengths, &plan->blank, &filled, NULL);
    const uint8_t *before = (const uint8_t *)&plan->blank, *after = (const uint8_t *)&filled;
    for (size_t i = 0; i < sizeof filled; i++)
        if (before[i] != after[i])
            self->covered[i / 8] |= (uint8_t)(1u << (i % 8));
}

Nested *
nested_new(const DecodePlan *plan, const FieldSpec *fields, uint32_t n_fields)
{
    uint16_t n_lists = 0;

    for (uint32_t i = 0; i < n_fields; i++)
        n_lists += element_type_is_list(fields[i].element->type);
    g_autofree Nested *self = g_malloc0(sizeof *self + n_lists * sizeof self->lists[0]);
    for (uint32_t i = 0; i < n_fields; i++)
        if (element_type_is_list(fields[i].element->type))
            self->lists[self->n_lists++] = (uint16_t)i;
    find_section(self, fields, n_fields);
    if (self->n_lists == 0 && self->section == NESTED_NONE)
        return NULL;
    find_covered(self, plan, fields, n_fields);
    return g_steal_pointer(&self);
}
