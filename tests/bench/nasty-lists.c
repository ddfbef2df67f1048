/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nasty-lists.c - nasty datagrams of IPFIX: lists, packets, events, sessions. See bench-worst-case.c */
#include "tests/bench/nasty.h"

enum { VARIABLE = 65535, LONG = 255, OUTER = 256, INNER = 257, EMPTY_FIELDS = 511 };

/* Sends templates OUTER and INNER of these fields. */
static void
send_templates(Nasty *self, const uint16_t *outer, uint16_t n_outer, const uint16_t *inner, uint16_t n_inner)
{
    begin_ipfix(self);
    size_t set = begin_set(self, 2);
    put_template(self, OUTER, outer, n_outer);
    if (n_inner > 0)
        put_template(self, INNER, inner, n_inner);
    end_set(self, set);
    send_it(self);
    begin_ipfix(self);
}

/* Begins a list of all records (semantic allOf) that takes all the room there is. */
static void
begin_list(Nasty *self)
{
    put(self, LONG, 1);
    put(self, room(self) - 2, 2);
    put(self, 3, 1);
}

/* One record with subTemplateLists in each other, @depth of them, that end in one of records of @inner. */
static double
lists(Nasty *self, uint16_t depth, const uint16_t *inner, uint16_t n_inner)
{
    static const uint16_t outer[] = { 292, VARIABLE };

    send_templates(self, outer, 1, inner, n_inner);
    size_t set = begin_set(self, OUTER);
    for (uint16_t i = 1; i <= depth; i++) {
        begin_list(self);
        put(self, i < depth ? OUTER : INNER, 2);
    }
    fill(self, 6);
    end_set(self, set);
    return send_it(self);
}

static const uint16_t one_byte[] = { 4, 1 };

static double
list_of_bytes(Nasty *self)
{
    return lists(self, 1, one_byte, 1);
}

static double
lists_in_lists(Nasty *self)
{
    return lists(self, 4, one_byte, 1);
}

/* A list whose records have one byte, and 511 fields without length. */
static double
list_without_length(Nasty *self)
{
    uint16_t inner[2 * (EMPTY_FIELDS + 1)] = { 4, 1 };

    for (int i = 1; i <= EMPTY_FIELDS; i++)
        inner[2 * i] = 210;
    return lists(self, 1, inner, EMPTY_FIELDS + 1);
}

/* Thousands of lists, each with one record. */
static double
many_lists(Nasty *self)
{
    static const uint16_t outer[] = { 292, VARIABLE };

    send_templates(self, outer, 1, one_byte, 1);
    size_t set = begin_set(self, OUTER);
    while (room(self) >= 5) {
        put(self, 4 << 8 | 3, 2);
        put(self, INNER, 2);
        put(self, 6, 1);
    }
    end_set(self, set);
    return send_it(self);
}

/* A basicList of single bytes. */
static double
list_of_values(Nasty *self)
{
    static const uint16_t outer[] = { 291, VARIABLE };

    send_templates(self, outer, 1, NULL, 0);
    size_t set = begin_set(self, OUTER);
    begin_list(self);
    put(self, 4 << 16 | 1, 4);
    fill(self, 6);
    end_set(self, set);
    return send_it(self);
}

/* Packets of one byte, and of the shortest that is one. */
static double
sections(Nasty *self, unsigned length)
{
    static const uint16_t outer[] = { 313, VARIABLE };

    send_templates(self, outer, 1, NULL, 0);
    size_t set = begin_set(self, OUTER);
    while (room(self) > length) {
        put(self, length, 1);
        put(self, 0x45, 1);
        for (unsigned i = 1; i < length; i++)
            put(self, 9, 1);
    }
    end_set(self, set);
    return send_it(self);
}

static double
short_sections(Nasty *self)
{
    return sections(self, 1);
}

static double
whole_sections(Nasty *self)
{
    return sections(self, 24);
}

/* Events, each of another connection. */
static double
events(Nasty *self)
{
    static const uint16_t outer[] = { 233, 1, 148, 3 };

    send_templates(self, outer, 2, NULL, 0);
    size_t set = begin_set(self, OUTER);
    for (uint32_t i = 0; room(self) >= 4; i++) {
        put(self, 1 + i % 5, 1);
        put(self, i * 7919 & 0xffffff, 3);
    }
    end_set(self, set);
    return send_it(self);
}

/* Records that each look for a sampler and for an interface, where there are thousands of both. */
static double
looked_up(Nasty *self)
{
    static const uint16_t outer[] = { 48, 2, 10, 2 };

    for (uint32_t part = 0; part < 4; part++)
        for (uint64_t is_interface = 0; is_interface <= 1; is_interface++) {
            begin_ipfix(self);
            size_t set = begin_set(self, 3);
            put(self, (uint64_t)INNER << 16 | 2, 4);
            put(self, 1, 2);
            put(self, (is_interface ? 10u : 302u) << 16 | 2, 4);
            put(self, 305 << 16 | 1, 4);
            end_set(self, set);
            set = begin_set(self, INNER);
            for (uint32_t i = 0; i < 400; i++) {
                put(self, part * 400 + i, 2);
                put(self, 1, 1);
            }
            end_set(self, set);
            send_it(self);
        }
    send_templates(self, outer, 2, NULL, 0);
    size_t set = begin_set(self, OUTER);
    for (uint32_t i = 0; room(self) >= 4; i++)
        put(self, i * 2654435761u, 4);
    end_set(self, set);
    return send_it(self);
}

/* Thirteen thousand sets of one record. */
static double
sets_of_one(Nasty *self)
{
    static const uint16_t outer[] = { 4, 1 };

    send_templates(self, outer, 1, NULL, 0);
    while (room(self) >= 5) {
        size_t set = begin_set(self, OUTER);
        put(self, 6, 1);
        end_set(self, set);
    }
    return send_it(self);
}

/* Elements that each get a type (RFC 5610). */
static double
types(Nasty *self)
{
    begin_ipfix(self);
    size_t set = begin_set(self, 3);
    put(self, OUTER << 16 | 4, 4);
    put(self, 2, 2);
    put(self, 346 << 16 | 4, 4);
    put(self, 303 << 16 | 2, 4);
    put(self, 339 << 16 | 1, 4);
    put(self, 341 << 16 | 2, 4);
    end_set(self, set);
    send_it(self);
    begin_ipfix(self);
    set = begin_set(self, OUTER);
    for (uint32_t i = 0; room(self) >= 9; i++) {
        put(self, 70000 + i, 4);
        put(self, i % 30000, 2);
        put(self, 13, 1);
        put(self, 0x6162, 2);
    }
    end_set(self, set);
    return send_it(self);
}

/* ---- sessions ---- */

static void
connect_session(Nasty *self)
{
    const SessionPeer peer = { .address = self->source, .port = 4739, .transport = TRANSPORT_TCP };
    Refusal why;

    self->session = decoder_begin_session(self->decoder, &peer, (WallTime){ INT64_C(1700000000000) }, &why);
}

static double
hang_up(Nasty *self, double took)
{
    decoder_end_session(self->decoder, self->session, 0, (WallTime){ INT64_C(1700000000000) });
    self->session = NULL;
    return took;
}

/* A thousand templates, without a message of their own. */
static void
put_thousand(Nasty *self)
{
    static const uint16_t one[] = { 8, 4 };
    size_t set = begin_set(self, 2);

    for (uint16_t id = 256; id < 1256; id++)
        put_template(self, id, one, 1);
    end_set(self, set);
}

static void
send_thousand(Nasty *self)
{
    begin_ipfix(self);
    put_thousand(self);
    send_it(self);
}

/* They are known, and come again and again. */
static double
known_templates(Nasty *self)
{
    send_thousand(self);
    send_thousand(self); /* all of them are known */
    begin_ipfix(self);
    while (room(self) >= 8004)
        put_thousand(self);
    return send_it(self);
}

/* All that are there are withdrawn, each by itself. */
static double
withdrawals(Nasty *self)
{
    connect_session(self);
    send_thousand(self);
    send_thousand(self);
    begin_ipfix(self);
    size_t set = begin_set(self, 2);
    for (uint32_t id = 256; room(self) >= 4; id = id == 1255 ? 256 : id + 1)
        put(self, (uint64_t)id << 16, 4);
    end_set(self, set);
    return hang_up(self, send_it(self));
}

/* All options templates are withdrawn, of which there are none, among a thousand others. */
static double
withdrawals_of_all(Nasty *self)
{
    connect_session(self);
    send_thousand(self);
    begin_ipfix(self);
    size_t set = begin_set(self, 3);
    while (room(self) >= 4)
        put(self, 3 << 16, 4);
    end_set(self, set);
    return hang_up(self, send_it(self));
}

const NastyCase nasty_lists[] = {
    { "a list of 65,000 records of one byte", list_of_bytes },
    { "the same, four lists deep", lists_in_lists },
    { "13,000 lists", many_lists },
    { "a list of 511 fields without length", list_without_length },
    { "a list of 65,000 values", list_of_values },
    { "32,000 packets of one byte", short_sections },
    { "2,600 packets of 24 bytes", whole_sections },
    { "16,000 events", events },
    { "16,000 records that look for their rate", looked_up },
    { "13,000 sets of one record", sets_of_one },
    { "7,000 types of elements", types },
    { "8,000 templates that are known", known_templates },
    { "16,000 withdrawals", withdrawals },
    { "16,000 withdrawals of all", withdrawals_of_all },
    { NULL, NULL },
};
