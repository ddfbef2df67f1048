/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire-nested.c - lists and packets within a record fill what the record's own fields leave open
 *
 * The first that has something wins. A record in a list whose addresses are not those of the flow tells of
 * another flow (what a tunnel carries, the other end of a proxy) and fills nothing; so does a list that says
 * "none of these". A basicList fills nothing: it repeats what belongs to no member of a FlowRecord.
 */
#include "collector/frame-record.h"
#include "collector/wire.h"

#include <stddef.h>

typedef struct Member {
    uint16_t offset, size;
} Member;
#define MEMBER(name)                                                                                         \
    {                                                                                                        \
        offsetof(FlowRecord, name), sizeof(((FlowRecord *)0)->name)                                          \
    }

/* What may be taken. Not among them is what only the outer record knows: who exported it, when and how it was
 * sampled, and what kind it is. */
static const Member members[] = {
    /* the source first */
    MEMBER(src),
    MEMBER(dst),
    MEMBER(octets),
    MEMBER(packets),
    MEMBER(in_if),
    MEMBER(out_if),
    MEMBER(src_as),
    MEMBER(dst_as),
    MEMBER(src_port),
    MEMBER(dst_port),
    MEMBER(protocol),
    MEMBER(tos),
    MEMBER(tcp_flags),
    MEMBER(src_mask),
    MEMBER(dst_mask),
    MEMBER(icmp_type),
    MEMBER(icmp_code),
    MEMBER(end_reason),
    MEMBER(direction),
    MEMBER(vlan),
    MEMBER(in_vrf),
    MEMBER(out_vrf),
    MEMBER(next_hop),
    MEMBER(bgp_next_hop),
    MEMBER(reverse_octets),
    MEMBER(reverse_packets),
    MEMBER(application_id),
};
#undef MEMBER

/* A record being filled from within. */
typedef struct Filling {
    Wire *wire;
    FlowRecord *out; /* NULL: the lists are only checked */
    bool has_times;
    uint8_t covered[sizeof(FlowRecord) / 8];
} Filling;

/* Of an address of IPv4 the plan fills the last bytes, of a short number the first. */
static bool
is_covered(const Filling *self, const Member *member)
{
    for (size_t i = member->offset; i < (size_t)member->offset + member->size; i++)
        if (nested_covers(self->covered, i))
            return true;
    return false;
}

static void
cover(Filling *self, const Member *member)
{
    for (size_t i = member->offset; i < (size_t)member->offset + member->size; i++)
        self->covered[i / 8] |= (uint8_t)(1u << (i % 8));
}

/* Takes of @from what is in it and not yet in the record. @blank is what @from was before it was filled. */
static void
take(Filling *self, const FlowRecord *from, const FlowRecord *blank)
{
    bool had_src = is_covered(self, &members[0]);

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const Member *member = &members[i];
        const uint8_t *value = (const uint8_t *)from + member->offset;

        if (is_covered(self, member) ||
            memcmp(value, (const uint8_t *)blank + member->offset, member->size) == 0)
            continue;
        memcpy((uint8_t *)self->out + member->offset, value, member->size);
        cover(self, member);
    }
    if (!had_src && from->family != 0)
        self->out->family = from->family;
    self->out->has_reverse |= from->has_reverse;
    self->out->has_initiator |= from->has_initiator;
}

static bool
is_of_another_flow(const Filling *self, const FlowRecord *from)
{
    return is_covered(self, &members[0]) && from->family != 0 &&
           (!ip_equal(&from->src, &self->out->src) || !ip_equal(&from->dst, &self->out->dst));
}

static void
fill_from_record(Filling *self, const ListRecord *record)
{
    const DecodePlan *plan = &record->tmpl->plan;
    FlowRecord from;

    wire_inner_record(self->wire, record->tmpl, record->at, record->lengths, &from);
    if (is_of_another_flow(self, &from))
        return;
    take(self, &from, &plan->blank);
    if (!self->has_times && (plan->start != STAMP_NONE || plan->end != STAMP_NONE)) {
        self->out->start_ms = from.start_ms;
        self->out->end_ms = from.end_ms;
        self->has_times = true;
    }
}

static void walk_lists(Filling *self, const FieldSpec *fields, const uint8_t *const *at,
                       const uint16_t *lengths, uint32_t n_fields, unsigned depth, bool fills);

/* Opens a list for as much work as there is left, and pays for it: for checking it, and for walking it then.
 */
static ListStep
open_list(Filling *self, List *list, const ListScope *scope, const Element *element, const uint8_t *at,
          uint16_t length)
{
    Wire *wire = self->wire;
    uint32_t *budget = &scope->room->budget, before = *budget;
    int64_t payable = MAX(wire->work, 0) / WORK_LIST_FIELD;
    uint32_t most = (uint32_t)MIN((int64_t)before, payable);

    *budget = most;
    ListStep step = list_open(list, scope, element, at, length);
    uint32_t used = most - *budget;
    *budget = before - used;
    wire->work -= WORK_LIST + (int64_t)used * WORK_LIST_FIELD;
    return step;
}

static void
walk_list(Filling *self, const Element *element, const uint8_t *at, uint16_t length, unsigned depth,
          bool fills)
{
    ListScope scope = wire_list_scope(self->wire);
    ListRecord record;
    ListStep step;
    List list;

    step = depth > LIST_DEPTH_MOST ? LIST_SYNTAX : open_list(self, &list, &scope, element, at, length);
    if (step != LIST_RECORD) {
        wire_malformed(self->wire, step == LIST_WORK ? REFUSED_LIST_WORK : REFUSED_LIST_SYNTAX);
        return;
    }
    fills &= list.semantic != 0; /* noneOf */
    while ((step = list_next(&list, &record)) != LIST_END) {
        if (step == LIST_UNKNOWN) {
            wire_malformed(self->wire, REFUSED_LIST_TEMPLATE);
            continue;
        }
        if (fills && record.tmpl != NULL && !wire_may(self->wire, WORK_INNER_RECORD))
            return;
        list_enter(scope.room, &record);
        if (fills && record.tmpl != NULL)
            fill_from_record(self, &record);
        walk_lists(self, record.fields, record.at, record.lengths, record.n_fields, depth + 1, fills);
        list_leave(scope.room, &record);
    }
}

static void
walk_lists(Filling *self, const FieldSpec *fields, const uint8_t *const *at, const uint16_t *lengths,
           uint32_t n_fields, unsigned depth, bool fills)
{
    for (uint32_t i = 0; i < n_fields; i++)
        if (element_type_is_list(fields[i].element->type) && lengths[i] > 0)
            walk_list(self, fields[i].element, at[i], lengths[i], depth, fills);
}

/* The value of a field that may not be there. */
static uint64_t
number_of(uint16_t field, const uint8_t *const *at, const uint16_t *lengths, uint64_t otherwise)
{
    uint64_t value = 0;

    if (field == NESTED_NONE || lengths[field] == 0 || lengths[field] > 8)
        return otherwise;
    for (uint16_t i = 0; i < lengths[field]; i++)
        value = value << 8 | at[field][i];
    return value;
}

bool
wire_section(const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths, Frame *frame)
{
    const Nested *nested = tmpl->nested;

    if (nested == NULL || nested->section == NESTED_NONE || lengths[nested->section] == 0 ||
        number_of(nested->section_offset, at, lengths, 0) != 0) /* it begins in the middle */
        return false;
    uint64_t length = number_of(nested->section_length, at, lengths, UINT16_MAX);
    uint64_t type = number_of(nested->section_type, at, lengths, FRAME_ETHERNET);
    uint32_t starts = nested->section_starts;

    if (starts == FRAME_ETHERNET && type != FRAME_ETHERNET)
        return false;
    frame_parse(frame, starts, cursor_over(at[nested->section], MIN(lengths[nested->section], length)));
    return true;
}

/* One record, one packet: what it weighs stands beside the section, or in the packet's own header. */
static void
fill_from_packet(Filling *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths)
{
    static const FlowRecord blank = { .direction = 255 };
    FlowRecord from = blank;
    Frame frame;

    if (!wire_section(tmpl, at, lengths, &frame))
        return;
    self->wire->work -= WORK_SECTION;
    from.octets = number_of(tmpl->nested->frame_size, at, lengths, frame_ip_octets(&frame));
    from.packets = 1;
    frame_fill(&frame, &from);
    if (!is_of_another_flow(self, &from))
        take(self, &from, &blank);
}

ListScope
wire_list_scope(const Wire *self)
{
    return (ListScope){ .model = self->model,
                        .told = self->exporter->types,
                        .templates = &self->domain->templates,
                        .room = self->lists };
}

void
wire_nested(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths,
            FlowRecord *out)
{
    const Nested *nested = tmpl->nested;
    Filling filling = { .wire = self, .out = out };
    uint64_t before = out == NULL ? 0 : out->octets + out->reverse_octets;

    memcpy(filling.covered, nested->covered, sizeof filling.covered);
    filling.has_times = tmpl->plan.start != STAMP_NONE || tmpl->plan.end != STAMP_NONE;
    for (uint32_t i = 0; i < nested->n_lists; i++) {
        uint16_t field = nested->lists[i];

        if (lengths[field] > 0)
            walk_list(&filling, tmpl->fields[field].element, at[field], lengths[field], 1, out != NULL);
    }
    if (out == NULL)
        return;
    fill_from_packet(&filling, tmpl, at, lengths);
    if (out->kind == FLOW_KIND_FLOW)
        self->exporter->octets += out->octets + out->reverse_octets - before;
}
