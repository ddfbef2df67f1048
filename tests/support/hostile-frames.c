/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-frames.c - sFlow samples whose packet headers are cut, contradict themselves, or never end
 *
 * A sampled header is cut by nature, so none of this makes the sample a bad one: it is one frame of 1500
 * bytes, of which as much is known as is there.
 */
#include "tests/support/hostile-private.h"

enum { HEADER_ETHERNET = 1, HEADER_IPV4 = 11, HEADER_IPV6 = 12, HEADER_MPLS = 13 };
enum { MACS = 12, SRC_PORT = 0x1234, DST_PORT = 443 };

/* The bytes of the frame in work stand in @self->out; this puts the sample around them, and sends it. */
static void
send_frame(Hostile *self, uint32_t header_protocol, uint32_t claimed)
{
    g_autofree uint8_t *frame = g_memdup2(self->out->data, self->out->len);
    uint32_t length = self->out->len, padded = (length + 3) / 4 * 4;

    sflow_open(self, 1);
    sflow_sample(self, 24 + padded, 1);
    sflow_header(self, header_protocol, claimed, padded);
    g_byte_array_append(self->out, frame, length);
    put(self, 0, padded - length);
    expect_records(self, 1);
    expect(self, "last.octets", 1500);
    message_close(self);
    case_end(self);
}

static void
frame_begin(Hostile *self, uint32_t ethertype)
{
    g_byte_array_set_size(self->out, 0);
    put_fill(self, MACS);
    put(self, ethertype, 2);
}

static void
put_ipv4(Hostile *self, uint32_t header_words, uint8_t protocol)
{
    put(self, 0x40 | header_words, 1);
    put(self, 0, 1);
    put(self, 1482, 2);
    put(self, 0x12340000, 4);
    put(self, 61, 1);
    put(self, protocol, 1);
    put(self, 0, 2);
    put(self, 0xc0000201, 4);
    put(self, 0xc6336402, 4);
}

static void
put_ipv6(Hostile *self, uint8_t next)
{
    put(self, 0x60000000, 4);
    put(self, 1442, 2);
    put(self, next, 1);
    put(self, 61, 1);
    for (int i = 0; i < 2; i++) {
        put(self, UINT64_C(0x20010db800000000), 8);
        put(self, 1u + (uint32_t)i, 8);
    }
}

static void
put_tcp(Hostile *self)
{
    put(self, SRC_PORT, 2);
    put(self, DST_PORT, 2);
    put(self, UINT64_C(0x1122334455667788), 8);
    put(self, 0x5018, 2);
    put(self, 0x0400, 2);
    put(self, 0, 4);
}

static void
expect_family(Hostile *self, uint8_t family)
{
    expect(self, "last.family", family);
}

static void
expect_ports(Hostile *self, bool are_there)
{
    expect(self, "last.src_port", are_there ? SRC_PORT : 0);
    expect(self, "last.dst_port", are_there ? DST_PORT : 0);
}

/* Ethernet, a VLAN tag, IPv4 and TCP, cut everywhere. */
static void
cut_ipv4(Hostile *self)
{
    size_t ip = MACS + 2 + 4, length = 1;

    for (size_t cut = 0; cut <= length; cut++) {
        case_begin(self, PROTOCOL_SFLOW, "ipv4-behind-a-tag-after-%02zu-bytes", cut);
        frame_begin(self, 0x8100);
        put(self, 0x00640800, 4);
        put_ipv4(self, 5, 6);
        put_tcp(self);
        length = self->out->len;
        g_byte_array_set_size(self->out, (guint)cut);
        expect_family(self, cut >= ip + 20 ? 4 : 0);
        expect_ports(self, cut >= ip + 20 + 4);
        send_frame(self, HEADER_ETHERNET, (uint32_t)cut);
    }
}

/* Ethernet, IPv6, hop-by-hop options, a routing header and TCP, cut everywhere. */
static void
cut_ipv6(Hostile *self)
{
    size_t ip = MACS + 2, length = 1;

    for (size_t cut = 0; cut <= length; cut++) {
        case_begin(self, PROTOCOL_SFLOW, "ipv6-with-extensions-after-%03zu-bytes", cut);
        frame_begin(self, 0x86dd);
        put_ipv6(self, 0);
        put(self, UINT64_C(0x2b00010400000000), 8); /* next: 43 */
        put(self, UINT64_C(0x0601000000000000), 8); /* next: 6, sixteen bytes */
        put(self, 0, 8);
        put_tcp(self);
        length = self->out->len;
        g_byte_array_set_size(self->out, (guint)cut);
        expect_family(self, cut >= ip + 40 ? 6 : 0);
        expect_ports(self, cut >= ip + 40 + 24 + 4);
        send_frame(self, HEADER_ETHERNET, (uint32_t)cut);
    }
}

/* RFC 791: a header has at least five words; options of up to ten more stand before the ports. */
static void
header_words(Hostile *self)
{
    for (uint32_t words = 0; words <= 15; words++) {
        case_begin(self, PROTOCOL_SFLOW, "ipv4-header-of-%02u-words", words);
        frame_begin(self, 0x0800);
        put_ipv4(self, words, 6);
        put_fill(self, words > 5 ? (words - 5) * 4 : 0);
        put_tcp(self);
        expect_family(self, words >= 5 ? 4 : 0);
        expect_ports(self, words >= 5);
        send_frame(self, HEADER_ETHERNET, self->out->len);
    }
}

/* The half byte in front says another version than the type before it. */
static void
versions(Hostile *self)
{
    for (uint32_t version = 0; version <= 15; version++)
        for (int is_v6 = 0; is_v6 <= 1; is_v6++) {
            case_begin(self, PROTOCOL_SFLOW, "version-%02u-as-ipv%c", version, is_v6 ? '6' : '4');
            frame_begin(self, is_v6 ? 0x86dd : 0x0800);
            size_t at = self->out->len;
            if (is_v6)
                put_ipv6(self, 6);
            else
                put_ipv4(self, 5, 6);
            put_tcp(self);
            self->out->data[at] = (uint8_t)(version << 4 | (is_v6 ? 0 : 5));
            expect_family(self, is_v6 ? (version == 6 ? 6 : 0) : (version == 4 ? 4 : 0));
            send_frame(self, HEADER_ETHERNET, self->out->len);
        }
}

/* A fragment that is not the first has no ports. */
static void
fragments(Hostile *self)
{
    static const uint16_t words[] = { 0, 1, 0x1fff, 0x2000, 0x2001, 0x4000, 0x8000, 0xffff };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        case_begin(self, PROTOCOL_SFLOW, "ipv4-fragment-%04x", words[i]);
        frame_begin(self, 0x0800);
        put_ipv4(self, 5, 6);
        put_tcp(self);
        patch(self, MACS + 2 + 6, words[i], 2);
        expect_family(self, 4);
        expect_ports(self, (words[i] & 0x1fff) == 0);
        send_frame(self, HEADER_ETHERNET, self->out->len);
    }
}

/* Extension headers behind each other, of which nobody needs many; each of eight bytes. */
static void
chains(Hostile *self)
{
    static const uint8_t kinds[] = { 0, 43, 60 };

    for (uint32_t n = 0; n <= 12; n += n < 4 ? 1 : 4) {
        case_begin(self, PROTOCOL_SFLOW, "ipv6-with-%02u-extensions", n);
        frame_begin(self, 0x86dd);
        put_ipv6(self, n == 0 ? 6 : 60);
        for (uint32_t i = 0; i < n; i++) {
            put(self, i + 1 == n ? 6 : kinds[i % 3], 1);
            put(self, 0, 7);
        }
        put_tcp(self);
        expect_family(self, 6);
        if (n <= 4)
            expect_ports(self, true);
        send_frame(self, HEADER_ETHERNET, self->out->len);
    }
    for (uint32_t size = 0; size <= 255; size += 51) { /* one that says it goes on beyond the header */
        case_begin(self, PROTOCOL_SFLOW, "ipv6-extension-of-%03u-units", size);
        frame_begin(self, 0x86dd);
        put_ipv6(self, 0);
        put(self, 6u << 8 | size, 2);
        put(self, 0, 6);
        put_tcp(self);
        expect_family(self, 6);
        expect_ports(self, size == 0);
        send_frame(self, HEADER_ETHERNET, self->out->len);
    }
}

/* Tags and labels: two tags (QinQ) and a stack of eight labels are what is met; there may be any number. */
static void
stacks(Hostile *self)
{
    for (uint32_t n = 0; n <= 24; n += n < 4 ? 1 : 4) {
        case_begin(self, PROTOCOL_SFLOW, "%02u-tags", n);
        frame_begin(self, n == 0 ? 0x0800 : 0x8100);
        for (uint32_t i = 0; i < n; i++)
            put(self, 0x00640000u | (i + 1 == n ? 0x0800 : 0x8100), 4);
        put_ipv4(self, 5, 6);
        put_tcp(self);
        if (n <= 2)
            expect_family(self, 4);
        send_frame(self, HEADER_ETHERNET, self->out->len);

        case_begin(self, PROTOCOL_SFLOW, "%02u-labels", n);
        g_byte_array_set_size(self->out, 0);
        for (uint32_t i = 0; i < n; i++)
            put(self, 0x00010040u | (i + 1 == n ? 0x100 : 0), 4);
        put_ipv4(self, 5, 6);
        put_tcp(self);
        if (n >= 1 && n <= 8)
            expect_family(self, 4);
        send_frame(self, HEADER_MPLS, self->out->len);
    }
    case_begin(self, PROTOCOL_SFLOW, "labels-without-a-last-one");
    g_byte_array_set_size(self->out, 0);
    for (uint32_t i = 0; i < 32; i++)
        put(self, 0x00010040, 4);
    expect_family(self, 0);
    send_frame(self, HEADER_MPLS, self->out->len);
}

/* What the record says of the header's length and kind, against what is there. */
static void
claims(Hostile *self)
{
    static const uint32_t kinds[] = { 0, 2, 3, 4, 5, 10, 14, 17, 0x7fffffff, 0xffffffff };
    static const uint32_t lengths[] = {
        0, 1, 13, 14, 33, 34, 54, 55, 60, 0x7fffffff, 0x80000000, 0xffffffff
    };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        case_begin(self, PROTOCOL_SFLOW, "header-of-kind-%u", kinds[i]);
        g_byte_array_set_size(self->out, 0);
        put_fill(self, 60);
        expect_family(self, 0);
        send_frame(self, kinds[i], 60);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        case_begin(self, PROTOCOL_SFLOW, "header-of-54-bytes-says-%u", lengths[i]);
        frame_begin(self, 0x0800);
        put_ipv4(self, 5, 6);
        put_tcp(self);
        expect_family(self, lengths[i] >= 34 ? 4 : 0);
        expect_ports(self, lengths[i] >= 38);
        send_frame(self, HEADER_ETHERNET, lengths[i]);
    }
}

void
hostile_frames(Hostile *self)
{
    cut_ipv4(self);
    cut_ipv6(self);
    header_words(self);
    versions(self);
    fragments(self);
    chains(self);
    stacks(self);
    claims(self);
}
