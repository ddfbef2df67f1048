/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ipfix.c - IPFIX messages (RFC 7011): header, template sets, options template sets, data sets
 *
 * A withdrawal counts in a session over TCP or TLS only (sections 8.1 and 8.4). The sequence counts data
 * records, options included.
 */
#include "collector/wire.h"

enum { HEADER = 16, SET_TEMPLATES = 2, SET_OPTIONS_TEMPLATES = 3, SET_FIRST_DATA = 256 };

static void
templates(Wire *self, Cursor set, bool is_options)
{
    bool goes_on;

    do {
        TemplateResult result = template_parse_ipfix(&set, is_options, &self->definition);

        goes_on = result == TEMPLATE_WITHDRAWN ? wire_withdraw(self) : wire_template(self, result);
    } while (goes_on && cursor_left(&set) > 0);
}

static void
one_set(Wire *self, uint16_t id, Cursor set)
{
    if (id == SET_TEMPLATES || id == SET_OPTIONS_TEMPLATES)
        templates(self, set, id == SET_OPTIONS_TEMPLATES);
    else if (id >= SET_FIRST_DATA)
        wire_data_set(self, id, set);
    else
        wire_malformed(self, REFUSED_SET_ID);
}

static void
give_up(Wire *self)
{
    self->is_whole = false;
    wire_malformed(self, REFUSED_SET_LENGTH);
}

static void
sets(Wire *self, Cursor cur)
{
    while (cursor_left(&cur) >= 4) {
        uint16_t id = cursor_u16(&cur), length = cursor_u16(&cur);

        if (!wire_may(self, WORK_SET))
            return;
        if (length < 4) {
            give_up(self);
            return;
        }
        if (length - 4u > cursor_left(&cur)) {
            give_up(self);
            if (id < SET_FIRST_DATA) /* what is whole of a template set that was cut is still good */
                one_set(self, id, cur);
            return;
        }
        one_set(self, id, cursor_sub(&cur, length - 4u));
    }
    if (!cursor_is_zero(&cur)) /* of a set's header, the rest is missing */
        give_up(self);
}

Refusal
ipfix_decode(Wire *self, Cursor cur)
{
    size_t there = cursor_left(&cur);

    cursor_u16(&cur);
    size_t length = cursor_u16(&cur);
    int64_t export_ms = (int64_t)cursor_u32(&cur) * 1000;
    uint32_t sequence = cursor_u32(&cur), domain = cursor_u32(&cur);

    if (cur.failed)
        return REFUSED_TOO_SHORT;
    if (length < HEADER)
        return REFUSED_HEADER_LENGTH;
    if (!wire_open(self, PROTOCOL_IPFIX, domain, export_ms))
        return REFUSED_DOMAIN_QUOTA;
    if (length != there) {
        wire_malformed(self, REFUSED_HEADER_LENGTH);
        self->is_whole = false;
    }
    if (length < there)
        cur = cursor_sub(&cur, length - HEADER);
    sets(self, cur);
    wire_note_sequence(self, sequence);
    return N_REFUSALS;
}
