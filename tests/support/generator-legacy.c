/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator-legacy.c - NetFlow v1, v5 and v7: fixed records behind a fixed header */
#include "tests/support/generator-private.h"

typedef enum LegacyMember { NOT_THERE, ADDRESS, NUMBER, UPTIME } LegacyMember;

/* One row per field of a record. @id is the information element of the same meaning; 0: padding. */
typedef struct LegacyField {
    uint8_t length;
    uint16_t id;
    LegacyMember kind;
    const char *member;
} LegacyField;

static const LegacyField v1_fields[] = {
    { 4, 8, ADDRESS, "src" },     { 4, 12, ADDRESS, "dst" },     { 4, 15, ADDRESS, "next_hop" },
    { 2, 10, NUMBER, "in_if" },   { 2, 14, NUMBER, "out_if" },   { 4, 2, NUMBER, "packets" },
    { 4, 1, NUMBER, "octets" },   { 4, 22, UPTIME, "start_ms" }, { 4, 21, UPTIME, "end_ms" },
    { 2, 7, NUMBER, "src_port" }, { 2, 11, NUMBER, "dst_port" }, { 2, 0, NOT_THERE, NULL },
    { 1, 4, NUMBER, "protocol" }, { 1, 5, NUMBER, "tos" },       { 1, 6, NUMBER, "tcp_flags" },
    { 7, 0, NOT_THERE, NULL }, /* to 48 bytes, as devices send it */
};
static const LegacyField v5_v7_fields[] = {
    { 4, 8, ADDRESS, "src" },       { 4, 12, ADDRESS, "dst" },
    { 4, 15, ADDRESS, "next_hop" }, { 2, 10, NUMBER, "in_if" },
    { 2, 14, NUMBER, "out_if" },    { 4, 2, NUMBER, "packets" },
    { 4, 1, NUMBER, "octets" },     { 4, 22, UPTIME, "start_ms" },
    { 4, 21, UPTIME, "end_ms" },    { 2, 7, NUMBER, "src_port" },
    { 2, 11, NUMBER, "dst_port" },  { 1, 0, NOT_THERE, NULL },
    { 1, 6, NUMBER, "tcp_flags" },  { 1, 4, NUMBER, "protocol" },
    { 1, 5, NUMBER, "tos" },        { 2, 16, NUMBER, "src_as" },
    { 2, 17, NUMBER, "dst_as" },    { 1, 9, NUMBER, "src_mask" },
    { 1, 13, NUMBER, "dst_mask" },  { 2, 0, NOT_THERE, NULL },
    { 4, 0, NOT_THERE, NULL }, /* the router that the switch acted for: v7 only */
};

typedef struct Legacy {
    Protocol protocol;
    uint16_t version;
    uint16_t most; /* records a datagram */
    const LegacyField *fields;
    size_t n_fields;
} Legacy;
static const Legacy legacies[] = {
    { PROTOCOL_NETFLOW1, 1, 24, v1_fields, G_N_ELEMENTS(v1_fields) },
    { PROTOCOL_NETFLOW5, 5, 30, v5_v7_fields, G_N_ELEMENTS(v5_v7_fields) - 1 },
    { PROTOCOL_NETFLOW7, 7, 27, v5_v7_fields, G_N_ELEMENTS(v5_v7_fields) },
};

static void
put_header(const Shape *shape, const Legacy *legacy, GByteArray *out, uint32_t count, uint32_t sequence,
           int64_t export_ms)
{
    int64_t uptime = GENERATOR_UPTIME_MS + export_ms - (int64_t)GENERATOR_EXPORT_S * 1000;

    put_number(out, legacy->version, 2);
    put_number(out, count, 2);
    put_number(out, (uint64_t)uptime, 4);
    put_number(out, (uint64_t)(export_ms / 1000), 4);
    put_number(out, (uint64_t)(export_ms % 1000) * 1000000, 4);
    if (legacy->version == 1)
        return;
    put_number(out, sequence, 4);
    if (legacy->version == 7)
        put_zeros(out, 4);
    else { /* engine type and id; two bits of sampling mode, fourteen of interval */
        put_number(out, shape->domain, 2);
        put_number(out, shape->sampling == 0 ? 0 : 0x4000u | shape->sampling, 2);
    }
}

static void
put_record(GeneratedSession *session, const Shape *shape, const Legacy *legacy, GByteArray *out,
           FlowRecord *flow)
{
    GeneratedRecord *record = session_add_record(session, 0, false);
    int64_t boot_ms = (int64_t)GENERATOR_EXPORT_S * 1000 - GENERATOR_UPTIME_MS;

    record->flow = *flow;
    record->members = member_bit("family") | member_bit("export_ms") | member_bit("kind");
    if (legacy->version == 5) {
        record->members |= member_bit("sampling") | member_bit("domain");
        record->flow.sampling = shape->sampling;
        record->flow.domain = shape->domain;
    }
    for (size_t i = 0; i < legacy->n_fields; i++) {
        const LegacyField *field = &legacy->fields[i];
        guint at = out->len;
        uint16_t size;
        if (field->kind == NOT_THERE)
            put_zeros(out, field->length);
        else if (field->kind == ADDRESS)
            g_byte_array_append(out, member_of(flow, field->member, &size) + 12, 4);
        else
            put_number(out,
                       member_number(flow, field->member) - (field->kind == UPTIME ? (uint64_t)boot_ms : 0),
                       field->length);
        if (field->kind == NOT_THERE)
            continue;
        record->members |= member_bit(field->member);
        session_add_field(session, record, 0, field->id, out->data + at, field->length);
    }
}

GeneratedSession *
make_legacy(const Shape *shape, uint64_t seed, uint32_t records)
{
    const Legacy *legacy = &legacies[shape->protocol == PROTOCOL_NETFLOW1   ? 0
                                     : shape->protocol == PROTOCOL_NETFLOW5 ? 1
                                                                            : 2];
    GeneratedSession *session = session_new(shape, 2055);
    int64_t export_ms = (int64_t)GENERATOR_EXPORT_S * 1000;

    for (uint32_t done = 0; done < records;) {
        uint32_t count = MIN(records - done, (uint32_t)legacy->most);
        GByteArray *out = g_byte_array_new();
        put_header(shape, legacy, out, count, done, export_ms);
        for (uint32_t i = 0; i < count; i++) {
            FlowRecord flow = random_flow(&seed, 4, export_ms);
            put_record(session, shape, legacy, out, &flow);
        }
        session_add_datagram(session, out);
        done += count;
        export_ms += 1250;
    }
    return session;
}
