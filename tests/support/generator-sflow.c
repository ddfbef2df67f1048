/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator-sflow.c - sFlow v5: flow samples with the first bytes of a packet, counter samples between them
 */
#include "tests/support/generator-private.h"

#include <string.h>

enum { HEADER_MOST = 128, SAMPLES_A_DATAGRAM = 5 };

static void
put_bytes(GByteArray *out, const uint8_t *bytes, size_t length)
{
    g_byte_array_append(out, bytes, (guint)length);
    put_zeros(out, (4 - length % 4) % 4);
}

static void
patch_length(GByteArray *out, guint at)
{
    uint32_t length = GUINT32_TO_BE(out->len - at - 4);

    memcpy(out->data + at, &length, sizeof length);
}

/* Ethernet, an 802.1Q tag now and then, IP, and the beginning of TCP, UDP or ICMP. */
static GByteArray *
make_frame(const FlowRecord *flow, bool is_tagged)
{
    GByteArray *out = g_byte_array_new();
    size_t link = is_tagged ? 18 : 14, ip = flow->family == 4 ? 20 : 40;
    size_t payload = flow->octets - link - ip;

    g_byte_array_append(out, flow->dst_mac, 6);
    g_byte_array_append(out, flow->src_mac, 6);
    if (is_tagged) {
        put_number(out, 0x8100, 2);
        put_number(out, flow->vlan, 2);
    }
    put_number(out, flow->family == 4 ? 0x0800 : 0x86dd, 2);
    if (flow->family == 4) {
        put_number(out, 0x45, 1);
        put_number(out, flow->tos, 1);
        put_number(out, payload + ip, 2);
        put_number(out, 0x12340000, 4);
        put_number(out, 61, 1);
        put_number(out, flow->protocol, 1);
        put_zeros(out, 2);
        g_byte_array_append(out, flow->src.bytes + 12, 4);
        g_byte_array_append(out, flow->dst.bytes + 12, 4);
    } else {
        put_number(out, 0x60000000u | (uint32_t)flow->tos << 20, 4);
        put_number(out, payload, 2);
        put_number(out, flow->protocol, 1);
        put_number(out, 61, 1);
        g_byte_array_append(out, flow->src.bytes, 16);
        g_byte_array_append(out, flow->dst.bytes, 16);
    }
    if (flow->protocol == 1 || flow->protocol == 58) {
        put_number(out, flow->icmp_type, 1);
        put_number(out, flow->icmp_code, 1);
        put_zeros(out, 6);
    } else {
        put_number(out, flow->src_port, 2);
        put_number(out, flow->dst_port, 2);
        if (flow->protocol == 6) {
            put_number(out, 0x1122334455667788u, 8);
            put_number(out, 0x5000u | flow->tcp_flags, 2);
            put_zeros(out, 6);
        } else {
            put_number(out, payload, 2);
            put_zeros(out, 2);
        }
    }
    return out;
}

static void
put_raw_header(GByteArray *out, const FlowRecord *flow, bool is_tagged)
{
    g_autoptr(GByteArray) frame = make_frame(flow, is_tagged);

    put_number(out, 1, 4); /* enterprise 0, format 1 */
    guint at = out->len;
    put_zeros(out, 4);
    put_number(out, 1, 4); /* Ethernet */
    put_number(out, flow->octets, 4);
    put_number(out, 4, 4); /* stripped: the checksum */
    put_number(out, MIN(frame->len, (guint)HEADER_MOST), 4);
    put_bytes(out, frame->data, MIN(frame->len, (guint)HEADER_MOST));
    patch_length(out, at);
}

static void
put_router(GByteArray *out, const FlowRecord *flow)
{
    size_t length = flow->family == 4 ? 4 : 16;

    put_number(out, 1002, 4);
    put_number(out, 4 + length + 8, 4);
    put_number(out, flow->family == 4 ? 1 : 2, 4);
    g_byte_array_append(out, flow->next_hop.bytes + 16 - length, (guint)length);
    put_number(out, flow->src_mask, 4);
    put_number(out, flow->dst_mask, 4);
}

static void
put_flow_sample(const Shape *shape, GByteArray *out, const FlowRecord *flow, uint32_t sequence,
                bool is_tagged)
{
    bool is_expanded = g_str_has_suffix(shape->name, "-expanded");

    put_number(out, is_expanded ? 3 : 1, 4);
    guint at = out->len;
    put_zeros(out, 4);
    put_number(out, sequence, 4);
    put_number(out, is_expanded ? 0 : flow->in_if, 4); /* source id: class 0 and the interface's index */
    if (is_expanded)
        put_number(out, flow->in_if, 4);
    put_number(out, shape->sampling, 4);
    put_number(out, (uint64_t)sequence * shape->sampling, 4);
    put_zeros(out, 4); /* drops */
    if (is_expanded)
        put_zeros(out, 4); /* format 0: one interface */
    put_number(out, flow->in_if, 4);
    if (is_expanded)
        put_zeros(out, 4);
    put_number(out, flow->out_if, 4);
    put_number(out, 2, 4);
    put_raw_header(out, flow, is_tagged);
    put_router(out, flow);
    patch_length(out, at);
}

static void
put_counter_sample(GByteArray *out, uint32_t sequence)
{
    put_number(out, 2, 4);
    guint at = out->len;
    put_zeros(out, 4);
    put_number(out, sequence, 4);
    put_number(out, 1, 4); /* interface 1 */
    put_number(out, 1, 4);
    put_number(out, 1, 4); /* generic interface counters */
    put_number(out, 88, 4);
    put_zeros(out, 88);
    patch_length(out, at);
}

static void
note(GeneratedSession *session, const Shape *shape, const FlowRecord *flow)
{
    static const char *const known[] = { "src",       "dst",       "octets",   "packets",  "in_if",
                                         "out_if",    "src_port",  "dst_port", "protocol", "tos",
                                         "tcp_flags", "src_mask",  "dst_mask", "next_hop", "src_mac",
                                         "dst_mac",   "sampling",  "family",   "domain",   "kind",
                                         "vlan",      "icmp_type", "icmp_code" };
    GeneratedRecord *record = session_add_record(session, 0, false);
    uint8_t frame_size[4] = { 0, 0, (uint8_t)(flow->octets >> 8), (uint8_t)flow->octets };
    bool is_v4 = flow->family == 4;

    record->flow = *flow;
    record->flow.sampling = shape->sampling;
    record->flow.domain = shape->domain;
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        record->members |= member_bit(known[i]);
    session_add_field(session, record, 0, 312, frame_size, 4);
    session_add_field(session, record, 0, 56, flow->src_mac, 6);
    session_add_field(session, record, 0, is_v4 ? 8 : 27, flow->src.bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
    session_add_field(session, record, 0, is_v4 ? 12 : 28, flow->dst.bytes + (is_v4 ? 12 : 0),
                      is_v4 ? 4 : 16);
}

GeneratedSession *
make_sflow(const Shape *shape, uint64_t seed, uint32_t records)
{
    GeneratedSession *session = session_new(shape, 6343);
    uint32_t sequence = 0;

    for (uint32_t done = 0; done < records; sequence++) {
        uint32_t count = MIN(records - done, (uint32_t)SAMPLES_A_DATAGRAM);
        bool has_counters = sequence % 4 == 3;
        GByteArray *out = g_byte_array_new();
        put_number(out, 5, 4);
        put_number(out, 1, 4); /* the agent's address is IPv4 */
        put_number(out, 0xc0000201, 4);
        put_number(out, shape->domain, 4);
        put_number(out, sequence + 1, 4);
        put_number(out, GENERATOR_UPTIME_MS + sequence * 1000u, 4);
        put_number(out, count + has_counters, 4);
        if (has_counters)
            put_counter_sample(out, sequence / 4);
        for (uint32_t i = 0; i < count; i++, done++) {
            uint64_t draw = generator_random(&seed);
            FlowRecord flow = random_flow(&seed, draw % 4 == 0 ? 6 : 4, 0);
            bool is_tagged = draw % 3 == 0;
            flow.packets = 1;
            flow.octets = 90 + draw % 1400;
            flow.vlan = is_tagged ? flow.vlan : 0;
            put_flow_sample(shape, out, &flow, done + 1, is_tagged);
            note(session, shape, &flow);
        }
        session_add_datagram(session, out);
    }
    return session;
}
