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

/* The address of whoever has @ip in its network: locally administered. */
typedef struct Mac {
    uint8_t bytes[6];
} Mac;
static Mac
mac_of(const IpAddress *ip)
{
    Mac mac = { { 2 } };

    memcpy(mac.bytes + 2, ip->bytes + 12, 4);
    return mac;
}

/* Ethernet, an 802.1Q tag now and then, IP, and the beginning of TCP, UDP or ICMP. */
static GByteArray *
make_frame(const FlowRecord *flow, bool is_tagged)
{
    GByteArray *out = g_byte_array_new();
    size_t link = is_tagged ? 18 : 14, ip = flow->family == 4 ? 20 : 40;
    size_t payload = flow->octets - link - ip;
    Mac src = mac_of(&flow->src), dst = mac_of(&flow->dst);

    g_byte_array_append(out, dst.bytes, 6);
    g_byte_array_append(out, src.bytes, 6);
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

/* Headers of tunnels up to the packet that they carry, which is Ethernet, or IPv4 where @is_ip. */
typedef struct Tunnel {
    uint8_t protocol;
    uint16_t port; /* 0: straight on IP */
    bool is_ip;
    uint8_t length;
    uint8_t bytes[16];
} Tunnel;

static const Tunnel tunnels[] = {
    { 17, 4789, false, 8, { 0x08, 0, 0, 0, 0, 0x12, 0x34, 0 } },                          /* VXLAN */
    { 17, 4790, true, 8, { 0x0c, 0, 0, 1, 0, 0x12, 0x34, 0 } },                           /* VXLAN-GPE */
    { 17, 6081, false, 12, { 1, 0, 0x65, 0x58, 0, 0x12, 0x34, 0, 1, 2, 0x80, 0 } },       /* Geneve */
    { 17, 2152, true, 16, { 0x34, 0xff, 0, 99, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0 } }, /* GTP-U */
    { 47, 0, true, 8, { 0x20, 0, 8, 0, 0, 0, 0, 42 } },                                   /* GRE with a key */
    { 47, 0, false, 16, { 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 2, 3 } },             /* ERSPAN II */
    { 4, 0, true, 0, { 0 } },                                                             /* IP in IP */
    { 97, 0, false, 2, { 0x30, 0 } },                                                     /* EtherIP */
};

/* A packet of @outer's addresses that carries another one of its own. */
static GByteArray *
make_tunnel_frame(FlowRecord *outer, uint64_t draw)
{
    const Tunnel *tunnel = &tunnels[draw % G_N_ELEMENTS(tunnels)];
    uint64_t seed = draw;
    FlowRecord within = random_flow(&seed, 4, 0);
    const guint link = 14, ports = outer->family == 4 ? 34 : 54;

    within.octets = 100;
    outer->protocol = tunnel->protocol;
    outer->src_port = tunnel->port == 0 ? 0 : 50000;
    outer->dst_port = tunnel->port;
    outer->tcp_flags = 0;
    outer->icmp_type = outer->icmp_code = 0;
    GByteArray *out = make_frame(outer, false);
    g_byte_array_set_size(out, ports + (tunnel->port == 0 ? 0 : 8));
    g_byte_array_append(out, tunnel->bytes, tunnel->length);
    g_autoptr(GByteArray) inner = make_frame(&within, false);
    g_byte_array_append(out, inner->data + (tunnel->is_ip ? link : 0),
                        inner->len - (tunnel->is_ip ? link : 0));
    return out;
}

static void
put_raw_header(GByteArray *out, const FlowRecord *flow, GByteArray *frame)
{

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

/* What an agent may tell beside the packet: user, URL, MPLS, NAT and the queue, in that order. */
static void
put_beside(GByteArray *out)
{
    static const uint8_t records[] = {
        0,   0,    3,    0xec, 0,   0,   0,    24, /* 1004 */
        0,   0,    0,    106,  0,   0,   0,    3,    'a', 'n', 'n',  0,    0,   0, 0,    106,
        0,   0,    0,    2,    'b', 'o', 0,    0,    0,   0,   3,    0xed, 0,   0, 0,    20, /* 1005 */
        0,   0,    0,    1,    0,   0,   0,    2,    '/', 'x', 0,    0,    0,   0, 0,    1,
        'h', 0,    0,    0,    0,   0,   3,    0xee, 0,   0,   0,    24, /* 1006 */
        0,   0,    0,    1,    192, 0,   2,    7,    0,   0,   0,    1,    0,   3, 0xe8, 0x40,
        0,   0,    0,    1,    0,   3,   0xe9, 0x40, 0,   0,   3,    0xef, 0,   0, 0,    16,
        0,   0,    0,    1,    192, 0,   2,    8,    0,   0,   0,    1,    192, 0, 2,    9, /* 1007 */
        0,   0,    3,    0xfc, 0,   0,   0,    8,    0,   0,   0x10, 1,    0,   0, 0x10, 2, /* 1020 */
        0,   0,    4,    0x0c, 0,   0,   0,    4,    0,   0,   0,    3,                     /* 1036 */
        1,   0x13, 0xd0, 1,    0,   0,   0,    4,    1,   2,   3,    4,                     /* a vendor's */
    };

    g_byte_array_append(out, records, sizeof records);
}

static void
put_flow_sample(const Shape *shape, GByteArray *out, const FlowRecord *flow, uint32_t sequence,
                GByteArray *frame)
{
    bool tells_more = g_str_has_suffix(shape->name, "-tunnels");
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
    put_number(out, tells_more ? 9 : 2, 4);
    put_raw_header(out, flow, frame);
    put_router(out, flow);
    if (tells_more)
        put_beside(out);
    patch_length(out, at);
}

static void
put_counter_sample(GByteArray *out, uint64_t sequence)
{
    put_number(out, 2, 4);
    guint at = out->len;
    put_zeros(out, 4);
    put_number(out, sequence, 4);
    put_number(out, 1, 4); /* interface 1 */
    put_number(out, 3, 4);
    put_number(out, 1, 4); /* generic interface counters */
    put_number(out, 88, 4);
    put_number(out, 1, 4);
    put_number(out, 6, 4);            /* Ethernet */
    put_number(out, 10000000000u, 8); /* speed */
    put_number(out, 1, 4);            /* full duplex */
    put_number(out, 3, 4);            /* up */
    put_number(out, sequence * 1000, 8);
    put_zeros(out, 6 * 4);
    put_number(out, sequence * 2000, 8);
    put_zeros(out, 6 * 4);
    put_number(out, 1005, 4); /* its name */
    put_number(out, 8, 4);
    put_number(out, 4, 4);
    g_byte_array_append(out, (const uint8_t *)"et-1", 4);
    put_number(out, 2001, 4); /* a host's adapters: lists in a list */
    put_number(out, 20, 4);
    put_number(out, 1, 4);
    put_number(out, 1, 4);
    put_number(out, 1, 4);
    put_number(out, 0x020000000001, 6);
    put_zeros(out, 2);
    patch_length(out, at);
}

static void
note(GeneratedSession *session, const Shape *shape, const FlowRecord *flow)
{
    static const char *const known[] = { "src",       "dst",      "octets",   "packets",  "in_if",
                                         "out_if",    "src_port", "dst_port", "protocol", "tos",
                                         "tcp_flags", "src_mask", "dst_mask", "next_hop", "sampling",
                                         "family",    "domain",   "kind",     "vlan",     "icmp_type",
                                         "icmp_code" };
    GeneratedRecord *record = session_add_record(session, 0, false);
    uint8_t frame_size[4] = { 0, 0, (uint8_t)(flow->octets >> 8), (uint8_t)flow->octets };
    bool is_v4 = flow->family == 4;
    Mac src = mac_of(&flow->src), dst = mac_of(&flow->dst);

    record->flow = *flow;
    record->flow.sampling = shape->sampling;
    record->flow.domain = shape->domain;
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        record->members |= member_bit(known[i]);
    session_add_field(session, record, 0, 312, frame_size, 4);
    session_add_field(session, record, 0, 80, dst.bytes, 6);
    session_add_field(session, record, 0, 56, src.bytes, 6);
    session_add_field(session, record, 0, is_v4 ? 8 : 27, flow->src.bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
    session_add_field(session, record, 0, is_v4 ? 12 : 28, flow->dst.bytes + (is_v4 ? 12 : 0),
                      is_v4 ? 4 : 16);
}

GeneratedSession *
make_sflow(const Shape *shape, uint64_t seed, uint32_t records)
{
    GeneratedSession *session = session_new(shape, 6343);
    bool is_tunnel = g_str_has_suffix(shape->name, "-tunnels");
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
            bool is_tagged = draw % 3 == 0 && !is_tunnel;
            flow.packets = 1;
            flow.octets = 300 + draw % 1200;
            flow.vlan = is_tagged ? flow.vlan : 0;
            g_autoptr(GByteArray) frame =
                is_tunnel ? make_tunnel_frame(&flow, draw >> 8) : make_frame(&flow, is_tagged);
            put_flow_sample(shape, out, &flow, done + 1, frame);
            note(session, shape, &flow);
        }
        session_add_datagram(session, out);
    }
    return session;
}
