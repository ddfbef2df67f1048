/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netflow9.c - NetFlow v9 (RFC 3954): header, template FlowSets, data FlowSets
 *
 * The header's count is not used, but to tell who does not keep to it: exporters disagree on what it counts.
 * FlowSets are walked to the end of the datagram; zeros behind the last one are padding, of any size.
 */
#include "collector/wire.h"

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

static const SetRules set_rules = {
    .templates = 0, .options_templates = 1, .zeros_end = true, .read_templates = templates
};

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
    Cursor padding = wire_sets(self, cur, &set_rules);
    if (cursor_left(&padding) >= 4) /* less brings the last set to a whole number of words */
        sight(&self->exporter->quirks.seen[QUIRK_PADDING], 1, self->received_ms);
    wire_note_count(self, count);
    wire_note_sequence(self, sequence);
    return N_REFUSALS;
}
