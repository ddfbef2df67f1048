/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ipfix.c - IPFIX messages (RFC 7011): header, template sets, options template sets, data sets
 *
 * A withdrawal counts in a session over TCP or TLS only (sections 8.1 and 8.4). The sequence counts data
 * records, options included.
 */
#include "collector/wire.h"

enum { HEADER = 16 };

static void
templates(Wire *self, Cursor set, bool is_options)
{
    bool goes_on;

    do {
        TemplateResult result = template_parse_ipfix(&set, is_options, &self->definition);

        goes_on = result == TEMPLATE_WITHDRAWN ? wire_withdraw(self) : wire_template(self, result);
    } while (goes_on && cursor_left(&set) > 0);
}

static const SetRules set_rules = { .templates = 2, .options_templates = 3, .read_templates = templates };

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
    wire_sets(self, cur, &set_rules);
    wire_note_sequence(self, sequence);
    return N_REFUSALS;
}
