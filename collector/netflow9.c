/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netflow9.c - NetFlow v9 (RFC 3954): header, template FlowSets, data FlowSets
 *
 * The header's count is not used, but to tell who does not keep to it: exporters disagree on what it counts.
 * FlowSets are walked to the end of the datagram; zeros behind the last one are padding, of any size.
 */
#include "collector/wire.h"

enum { SET_TEMPLATES = 0, SET_OPTIONS_TEMPLATES = 1, SET_FIRST_DATA = 256 };

static void
templates(Wire *self, Cursor set, bool is_options)
{
    TemplateResult result;

    do {
        result = is_options ? template_parse_v9_options(&set, &self->definition)
                            : template_parse_v9(&set, &self->definition);
        if (!wire_template(self, result))
            return;
    } while (cursor_left(&set) > 0);
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
    while (cursor_left(&cur) >= 4 && !cursor_is_zero(&cur)) {
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
    else if (cursor_left(&cur) >= 4) /* less brings the last set to a whole number of words */
        sight(&self->exporter->quirks.seen[QUIRK_PADDING], 1, self->received_ms);
}

Refusal
netflow9_decode(Wire *self, Cursor cur)
{
    uint32_t count = cursor_u32(&cur) & UINT16_MAX; /* behind the version */
    uint32_t uptime = cursor_u32(&cur);
    int64_t export_ms = (int64_t)cursor_u32(&cur) * 1000;
    uint32_t sequence = cursor_u32(&cur), source_id = cursor_u32(&cur);

    if (cur.failed)
        return REFUSED_TOO_SHORT;
    if (!wire_open(self, PROTOCOL_NETFLOW9, source_id, export_ms))
        return REFUSED_DOMAIN_QUOTA;
    wire_note_uptime(self, uptime);
    sets(self, cur);
    wire_note_count(self, count);
    wire_note_sequence(self, sequence);
    return N_REFUSALS;
}
