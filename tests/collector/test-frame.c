/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-frame.c - headers of a packet are walked through links, tunnels, extensions and fragments */
#include "collector/frame-record.h"

#include <glib.h>
#include <string.h>

enum { BYTES_MOST = 512 };

typedef struct Bytes {
    uint8_t at[BYTES_MOST];
    size_t n;
} Bytes;

/* Hex digits; blanks are for the reader. */
static void
put(Bytes *self, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        g_assert_true(g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]));
        self->at[self->n++] = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        hex++;
    }
}

static Frame
parse(uint32_t protocol, const Bytes *bytes)
{
    Frame frame;

    frame_parse(&frame, protocol, cursor_over(bytes->at, bytes->n));
    return frame;
}

#define MACS "020000000001 020000000002 "
/* 192.0.2.1 to 198.51.100.2, 60 bytes; the protocol's number goes between the halves */
#define IP4_HEAD       "4500003c 00010000 40"
#define IP4_TAIL       "0000 c0000201 c6336402 "
#define UDP_TO(port)   "c350" port "00280000 "
#define INNER_IP4      "45000028 00020000 3f 06 0000 0a000001 0a000002 0050c000 0000000000000000 5012"
#define INNER_ETHERNET "020000000003 020000000004 0800 " INNER_IP4

static void
assert_inner_tcp(const Frame *outer, FrameTunnel tunnel, uint32_t id)
{
    Frame inner;

    g_assert_cmpstr(frame_tunnel_name(outer->tunnel), ==, frame_tunnel_name(tunnel));
    g_assert_cmpuint(outer->tunnel_id, ==, id);
    frame_parse(&inner, outer->inner_protocol, outer->inner);
    g_assert_cmpuint(inner.version, ==, 4);
    g_assert_cmpuint(inner.protocol, ==, 6);
    g_assert_nonnull(inner.tcp_flags);
    g_assert_cmphex(*inner.tcp_flags, ==, 0x12);
}

typedef struct TunnelCase {
    const char *name;
    const char *headers; /* behind Ethernet */
    FrameTunnel tunnel;
    uint32_t id;
} TunnelCase;

static const TunnelCase tunnel_cases[] = {
    { "IP in IP", "0800" IP4_HEAD "04" IP4_TAIL INNER_IP4, TUNNEL_IP, 0 },
    { "GRE", "0800" IP4_HEAD "2f" IP4_TAIL "0000 0800" INNER_IP4, TUNNEL_GRE, 0 },
    { "GRE with all that it may have",
      "0800" IP4_HEAD "2f" IP4_TAIL "b080 0800 11111111 0000002a 22222222 33333333" INNER_IP4, TUNNEL_GRE,
      42 },
    { "GRE that bridges", "0800" IP4_HEAD "2f" IP4_TAIL "0000 6558" INNER_ETHERNET, TUNNEL_GRE, 0 },
    { "PPTP", "0800" IP4_HEAD "2f" IP4_TAIL "2001 880b 00000007 ff03 0021" INNER_IP4, TUNNEL_GRE, 7 },
    { "GRE with MPLS", "0800" IP4_HEAD "2f" IP4_TAIL "0000 8847 00010140" INNER_IP4, TUNNEL_GRE, 0 },
    { "ERSPAN I", "0800" IP4_HEAD "2f" IP4_TAIL "0000 88be" INNER_ETHERNET, TUNNEL_ERSPAN, 0 },
    { "ERSPAN II", "0800" IP4_HEAD "2f" IP4_TAIL "1000 88be 00000001 1001020300000000" INNER_ETHERNET,
      TUNNEL_ERSPAN, 0 },
    { "ERSPAN III",
      "0800" IP4_HEAD "2f" IP4_TAIL "1000 22eb 00000001 200102030000000000000000" INNER_ETHERNET,
      TUNNEL_ERSPAN, 0 },
    { "ERSPAN III with its subheader",
      "0800" IP4_HEAD "2f" IP4_TAIL
      "1000 22eb 00000001 200102030000000000000001 0000000000000000" INNER_ETHERNET,
      TUNNEL_ERSPAN, 0 },
    { "EtherIP", "0800" IP4_HEAD "61" IP4_TAIL "3000" INNER_ETHERNET, TUNNEL_ETHERIP, 0 },
    { "Ethernet behind segment routing", "0800" IP4_HEAD "8f" IP4_TAIL INNER_ETHERNET, TUNNEL_IP, 0 },
    { "MPLS in IP", "0800" IP4_HEAD "89" IP4_TAIL "00010140" INNER_IP4, TUNNEL_MPLS, 0 },
    { "MPLS in UDP", "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("19eb") "00010140" INNER_IP4, TUNNEL_MPLS, 0 },
    { "GRE in UDP", "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("1292") "0000 0800" INNER_IP4, TUNNEL_GRE, 0 },
    { "VXLAN", "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("12b5") "08000000 00123400" INNER_ETHERNET, TUNNEL_VXLAN,
      0x1234 },
    { "VXLAN on Linux' own port",
      "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("2118") "08000000 00123400" INNER_ETHERNET, TUNNEL_VXLAN, 0x1234 },
    { "VXLAN-GPE", "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("12b6") "0c000001 00123400" INNER_IP4, TUNNEL_VXLAN,
      0x1234 },
    { "Geneve with options",
      "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("17c1") "02006558 00123400 0102800100000000" INNER_ETHERNET,
      TUNNEL_GENEVE, 0x1234 },
    { "GTP-U", "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("0868") "30ff0028 00000007" INNER_IP4, TUNNEL_GTPU, 7 },
    { "GTP-U with extension headers",
      "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("0868") "34ff0028 00000007 000000 85 01100985 020000000000 00"
                                                   "00" INNER_IP4,
      TUNNEL_GTPU, 7 },
    { "a pseudowire", "8847 00010140 00000000" INNER_ETHERNET, TUNNEL_PSEUDOWIRE, 0 },
};

static void
test_what_a_tunnel_carries_is_found(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tunnel_cases); i++) {
        const TunnelCase *each = &tunnel_cases[i];
        Bytes bytes = { 0 };

        g_test_message("%s", each->name);
        put(&bytes, MACS);
        put(&bytes, each->headers);
        Frame frame = parse(FRAME_ETHERNET, &bytes);
        assert_inner_tcp(&frame, each->tunnel, each->id);
        if (each->tunnel != TUNNEL_PSEUDOWIRE) /* the outer header stays what it is */
            g_assert_cmphex(frame.src[0], ==, 0xc0);
    }
}

static void
test_a_tunnel_may_carry_ipv6(void)
{
    static const char *const cases[] = {
        "0800" IP4_HEAD "29" IP4_TAIL,                                /* 6in4: RFC 4213 */
        "0800" IP4_HEAD "2f" IP4_TAIL "0000 86dd",                    /* GRE */
        "0800" IP4_HEAD "2f" IP4_TAIL "2001 880b 00000007 ff03 0057", /* PPTP */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes bytes = { 0 };
        Frame inner;

        put(&bytes, MACS);
        put(&bytes, cases[i]);
        put(&bytes, "60000000 0000 3b40");
        put(&bytes, "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002");
        Frame frame = parse(FRAME_ETHERNET, &bytes);
        frame_parse(&inner, frame.inner_protocol, frame.inner);
        g_assert_cmpuint(inner.version, ==, 6);
    }
}

static void
test_what_is_no_tunnel_is_none(void)
{
    static const char *const cases[] = {
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("12b5") "00000000 00123400" INNER_ETHERNET, /* no VNI */
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("17c1") "42006558 00123400" INNER_ETHERNET, /* Geneve 1 */
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("0868") "30010000 00000007" INNER_IP4,      /* GTP echo */
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("0868") "34ff0028 00000007 000000 85 00" INNER_IP4,
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("0035") "0000",
        "0800" IP4_HEAD "2f" IP4_TAIL "4000 0800" INNER_IP4, /* source routes */
        "0800" IP4_HEAD "2f" IP4_TAIL "2000 0800 00",        /* cut within the key */
        "0800" IP4_HEAD "32" IP4_TAIL "0000",                /* ESP */
        "8847 00010140 f0",                                  /* MPLS with something else */
        "8847 00010140",                                     /* or cut there */
        "8847 0001",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes bytes = { 0 };

        put(&bytes, MACS);
        put(&bytes, cases[i]);
        Frame frame = parse(FRAME_ETHERNET, &bytes);
        g_assert_cmpint(frame.tunnel, ==, TUNNEL_NONE);
    }
}

static void
test_a_tunnel_of_something_unknown_shows_that(void)
{
    static const char *const cases[] = {
        "0800" IP4_HEAD "2f" IP4_TAIL "0000 9999 00",
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("12b6") "0c000004 00123400 00",
        "0800" IP4_HEAD "11" IP4_TAIL UDP_TO("12b6") "0c000077 00123400 00",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes bytes = { 0 };
        Frame inner;

        put(&bytes, MACS);
        put(&bytes, cases[i]);
        Frame frame = parse(FRAME_ETHERNET, &bytes);
        g_assert_cmpint(frame.tunnel, !=, TUNNEL_NONE);
        frame_parse(&inner, frame.inner_protocol, frame.inner);
        g_assert_cmpuint(inner.version, ==, 0);
    }
}

/* Six link layers, one packet. */
static void
test_every_link_layer_leads_to_the_packet(void)
{
    static const struct {
        uint32_t protocol;
        const char *bytes;
    } cases[] = {
        { FRAME_ETHERNET, MACS "0800" INNER_IP4 },
        { FRAME_ETHERNET, MACS "8100 0064 0800" INNER_IP4 },
        { FRAME_ETHERNET, MACS "88a8 0064 9100 0065 8100 0066 0800" INNER_IP4 },
        { FRAME_ETHERNET, MACS "0040 aaaa03 000000 0800" INNER_IP4 },
        { FRAME_ETHERNET, MACS "8864 1100 0001 0030 0021" INNER_IP4 },
        { FRAME_PPP, "0021" INNER_IP4 },
        { FRAME_PPP, "0281 00010140" INNER_IP4 },
        { FRAME_POS, "ff03 0021" INNER_IP4 },
        { FRAME_MPLS, "00010040 00010140" INNER_IP4 },
        { FRAME_IPV4, INNER_IP4 },
        { FRAME_IP, INNER_IP4 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes bytes = { 0 };

        put(&bytes, cases[i].bytes);
        Frame frame = parse(cases[i].protocol, &bytes);
        g_assert_cmpuint(frame.version, ==, 4);
        g_assert_cmphex(frame.src[0], ==, 0x0a);
        g_assert_nonnull(frame.tcp_flags);
    }
}

static void
test_what_carries_no_ip_has_none(void)
{
    static const struct {
        uint32_t protocol;
        const char *bytes;
    } cases[] = {
        { FRAME_ETHERNET, MACS "0806 0001" },        /* ARP */
        { FRAME_ETHERNET, MACS "0026 424203 0000" }, /* spanning tree */
        { FRAME_ETHERNET, MACS "0040 aaaa" },        /* cut in SNAP */
        { FRAME_ETHERNET, MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800" INNER_IP4 },
        { FRAME_ETHERNET, MACS "8864 1100 0001 0030 c021 01" },                         /* LCP */
        { FRAME_ETHERNET, MACS "0800 35" },                                             /* no IPv4 */
        { FRAME_ETHERNET, MACS "0800 44000028 00020000 3f 06 0000 0a000001 0a000002" }, /* length 16 */
        { FRAME_ETHERNET, MACS "86dd 50000000" },
        { FRAME_IP, "" },
        { FRAME_MPLS, "0001 0040" },
        { FRAME_MPLS, "00010040 00010040 00010040 00010040 00010040 00010040 00010040 00010040 00010040 "
                      "00010040 00010040 00010040 00010040 00010040 00010040 00010040 00010140" INNER_IP4 },
        { 6, INNER_IP4 }, /* X.25 */
        { FRAME_NONE, INNER_IP4 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes bytes = { 0 };

        put(&bytes, cases[i].bytes);
        Frame frame = parse(cases[i].protocol, &bytes);
        g_assert_cmpuint(frame.version, ==, 0);
        g_assert_cmpuint(frame_ip_octets(&frame), ==, 0);
    }
}

#define IP6_HEAD "60000000 0020"
#define IP6_TAIL "40 20010db8000000000000000000000001 20010db8000000000000000000000002 "

static void
test_extension_headers_are_stepped_over(void)
{
    Bytes bytes = { 0 };

    /* hop by hop, authentication of three words, destination options, UDP */
    put(&bytes, IP6_HEAD "00" IP6_TAIL "3300000000000000 3c01000000000000 00000000 1100000000000000");
    put(&bytes, "0035c350 00000000");
    Frame frame = parse(FRAME_IPV6, &bytes);
    g_assert_cmpuint(frame.protocol, ==, 17);
    g_assert_nonnull(frame.ports);
    g_assert_cmpuint(frame.ports[1], ==, 53);
    g_assert_cmpuint(frame_ip_octets(&frame), ==, 72);
}

static void
test_a_fragment_of_ipv6_has_ports_in_its_first_part_only(void)
{
    Bytes bytes = { 0 };

    put(&bytes, IP6_HEAD "2c" IP6_TAIL "1100 0001 00000007 0035c350 00000000"); /* offset 0, more follow */
    Frame frame = parse(FRAME_IPV6, &bytes);
    g_assert_false(frame.is_fragment);
    g_assert_true(frame.has_more);
    g_assert_nonnull(frame.ports);
    bytes.at[43] = 0x08; /* offset 1 */
    frame = parse(FRAME_IPV6, &bytes);
    g_assert_true(frame.is_fragment);
    g_assert_cmpuint(frame.protocol, ==, 17);
    g_assert_null(frame.ports);
}

static void
test_extension_headers_that_are_cut_end_it(void)
{
    static const char *const cases[] = {
        IP6_HEAD "00" IP6_TAIL "11",
        IP6_HEAD "00" IP6_TAIL "1101 00000000",
        IP6_HEAD "2c" IP6_TAIL "1100 0001",
        IP6_HEAD "33" IP6_TAIL "11",
        IP6_HEAD "33" IP6_TAIL "1104 0000",
        IP6_HEAD "00" IP6_TAIL "0000000000000000 0000000000000000 0000000000000000 0000000000000000 "
                 "0000000000000000 0000000000000000 0000000000000000 1100000000000000 "
                 "0035c35000000000",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes bytes = { 0 };

        put(&bytes, cases[i]);
        Frame frame = parse(FRAME_IPV6, &bytes);
        g_assert_cmpuint(frame.version, ==, 6);
        g_assert_null(frame.ports);
    }
}

static void
test_every_prefix_of_a_frame_is_harmless(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tunnel_cases); i++) {
        Bytes bytes = { 0 };

        put(&bytes, MACS);
        put(&bytes, tunnel_cases[i].headers);
        for (size_t n = 0; n <= bytes.n; n++) {
            g_autofree uint8_t *copy = g_memdup2(bytes.at, n); /* just as long: the sanitizer sees more */
            FlowRecord record = { 0 };
            Frame frame;

            frame_parse(&frame, FRAME_ETHERNET, cursor_over(copy, n));
            frame_fill(&frame, &record);
            while (frame.tunnel != TUNNEL_NONE) {
                Frame inner;
                frame_parse(&inner, frame.inner_protocol, frame.inner);
                frame = inner;
            }
            g_assert_cmpuint(record.family, <=, 6);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/frame/what-a-tunnel-carries-is-found", test_what_a_tunnel_carries_is_found);
    g_test_add_func("/collector/frame/what-is-no-tunnel-is-none", test_what_is_no_tunnel_is_none);
    g_test_add_func("/collector/frame/a-tunnel-of-something-unknown-shows-that",
                    test_a_tunnel_of_something_unknown_shows_that);
    g_test_add_func("/collector/frame/every-link-layer-leads-to-the-packet",
                    test_every_link_layer_leads_to_the_packet);
    g_test_add_func("/collector/frame/what-carries-no-ip-has-none", test_what_carries_no_ip_has_none);
    g_test_add_func("/collector/frame/extension-headers-are-stepped-over",
                    test_extension_headers_are_stepped_over);
    g_test_add_func("/collector/frame/a-fragment-of-ipv6-has-ports-in-its-first-part-only",
                    test_a_fragment_of_ipv6_has_ports_in_its_first_part_only);
    g_test_add_func("/collector/frame/extension-headers-that-are-cut-end-it",
                    test_extension_headers_that_are_cut_end_it);
    g_test_add_func("/collector/frame/every-prefix-of-a-frame-is-harmless",
                    test_every_prefix_of_a_frame_is_harmless);
    g_test_add_func("/collector/frame/a-tunnel-may-carry-ipv6", test_a_tunnel_may_carry_ipv6);
    return g_test_run();
}
