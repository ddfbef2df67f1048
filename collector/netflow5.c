/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netflow5.c - NetFlow v1, v5 and v7: one fixed record each, decoded as a constant template
 *
 * The layouts are Cisco's; all numbers are big-endian. A header that announces more records than the datagram
 * holds is believed as far as there are bytes.
 */
#include "collector/wire.h"

typedef struct Format {
    uint16_t header, record;
    const FieldNumber *fields;
    uint32_t n_fields;
} Format;

/* element, length; 210 is padding */
static const FieldNumber v1_fields[] = {
    { 0, 8, 4 }, { 0, 12, 4 }, { 0, 15, 4 }, { 0, 10, 2 },  { 0, 14, 2 },  { 0, 2, 4 },
    { 0, 1, 4 }, { 0, 22, 4 }, { 0, 21, 4 }, { 0, 7, 2 },   { 0, 11, 2 },  { 0, 210, 2 },
    { 0, 4, 1 }, { 0, 5, 1 },  { 0, 6, 1 },  { 0, 210, 3 }, { 0, 210, 4 },
};
static const FieldNumber v5_fields[] = {
    { 0, 8, 4 },  { 0, 12, 4 }, { 0, 15, 4 }, { 0, 10, 2 }, { 0, 14, 2 },  { 0, 2, 4 },   { 0, 1, 4 },
    { 0, 22, 4 }, { 0, 21, 4 }, { 0, 7, 2 },  { 0, 11, 2 }, { 0, 210, 1 }, { 0, 6, 1 },   { 0, 4, 1 },
    { 0, 5, 1 },  { 0, 16, 2 }, { 0, 17, 2 }, { 0, 9, 1 },  { 0, 13, 1 },  { 0, 210, 2 },
};
/* v7 ends with the address of the router that the switch has bypassed. */
static const FieldNumber v7_fields[] = {
    { 0, 8, 4 },  { 0, 12, 4 }, { 0, 15, 4 }, { 0, 10, 2 }, { 0, 14, 2 },  { 0, 2, 4 },   { 0, 1, 4 },
    { 0, 22, 4 }, { 0, 21, 4 }, { 0, 7, 2 },  { 0, 11, 2 }, { 0, 210, 1 }, { 0, 6, 1 },   { 0, 4, 1 },
    { 0, 5, 1 },  { 0, 16, 2 }, { 0, 17, 2 }, { 0, 9, 1 },  { 0, 13, 1 },  { 0, 210, 2 }, { 0, 43, 4 },
};

static const Format formats[] = {
    [PROTOCOL_NETFLOW1] = { 16, 48, v1_fields, G_N_ELEMENTS(v1_fields) },
    [PROTOCOL_NETFLOW5] = { 24, 48, v5_fields, G_N_ELEMENTS(v5_fields) },
    [PROTOCOL_NETFLOW7] = { 24, 52, v7_fields, G_N_ELEMENTS(v7_fields) },
};

Template *
netflow5_template(const ElementModel *model, Protocol protocol)
{
    const Format *format = &formats[protocol];

    return template_new(model, 0, format->fields, format->n_fields, 0, false);
}

Refusal
netflow5_decode(Wire *self, Cursor cur)
{
    uint16_t version = cursor_u16(&cur);
    Protocol protocol = version == 1   ? PROTOCOL_NETFLOW1
                        : version == 7 ? PROTOCOL_NETFLOW7
                                       : PROTOCOL_NETFLOW5;
    const Format *format = &formats[protocol];
    uint32_t count = cursor_u16(&cur);
    uint32_t uptime = cursor_u32(&cur);
    int64_t export_ms = (int64_t)cursor_u32(&cur) * 1000;
    uint32_t sequence = 0, engine = 0, sampling = 0;

    export_ms += cursor_u32(&cur) / 1000000;
    if (version != 1)
        sequence = cursor_u32(&cur);
    if (version == 5) {
        engine = cursor_u16(&cur); /* type and id */
        sampling = cursor_u16(&cur);
    } else if (version == 7) {
        cursor_u32(&cur);
    }
    if (cur.failed)
        return REFUSED_TOO_SHORT;
    if (!wire_open(self, protocol, engine, export_ms))
        return REFUSED_DOMAIN_QUOTA;
    wire_note_uptime(self, uptime);
    /* The two high bits are the mode. Routers send a rate with mode 0 too, so it is not asked. */
    self->domain->header_rate = sampling & 0x3fff;

    uint32_t fits = (uint32_t)(cursor_left(&cur) / format->record);
    if (count > fits) {
        wire_malformed(self, REFUSED_HEADER_COUNT);
        count = fits;
    }
    Template *tmpl = self->fixed[protocol - PROTOCOL_NETFLOW1];
    Cursor records = cursor_sub(&cur, (size_t)count * format->record);
    wire_records(self, tmpl, &records);
    if (version != 1)
        wire_note_sequence(self, sequence);
    return N_REFUSALS;
}
