/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-packet.c - UDP is found in captured packets, and fragments are put together */
#include "collector/packet.h"

#include <pcap/dlt.h>
#include <string.h>

/* An IPv6 header with @length bytes of payload said, and @next behind it. */
static size_t
put_ipv6(uint8_t *at, uint16_t length, uint8_t next)
{
    memset(at, 0, 40);
    at[0] = 0x60;
    at[4] = (uint8_t)(length >> 8);
    at[5] = (uint8_t)length;
    at[6] = next;
    at[7] = 64;
    at[23] = 1;
    at[39] = 2;
    return 40;
}

static const uint8_t udp[12] = { 0xc3, 0x50, 8, 7, 0, 12, 0, 0, 'a', 'b', 'c', 'd' };

static void
test_fragments_of_ipv6_are_put_together(void)
{
    g_autoptr(PacketReader) reader = packet_reader_new(DLT_RAW);
    uint8_t frame[64];
    UdpPacket out;

    size_t n = put_ipv6(frame, 16, 44);
    memcpy(frame + n, (const uint8_t[]){ 17, 0, 0, 1, 0, 0, 0, 9 }, 8); /* first, more to come, id 9 */
    memcpy(frame + n + 8, udp, 8);
    g_assert_cmpint(packet_read(reader, frame, n + 16, &out), ==, PACKET_FRAGMENT);
    g_assert_cmpuint(packet_reader_unfinished(reader), ==, 1);
    n = put_ipv6(frame, 12, 44);
    memcpy(frame + n, (const uint8_t[]){ 17, 0, 0, 8, 0, 0, 0, 9 }, 8); /* at byte 8, the last */
    memcpy(frame + n + 8, udp + 8, 4);
    g_assert_cmpint(packet_read(reader, frame, n + 12, &out), ==, PACKET_UDP);
    g_assert_cmpuint(out.length, ==, 4);
    g_assert_cmpint(memcmp(out.payload, "abcd", 4), ==, 0);
    g_assert_cmpuint(packet_reader_unfinished(reader), ==, 0);
}

static void
test_the_oldest_unfinished_fragment_gives_way(void)
{
    g_autoptr(PacketReader) reader = packet_reader_new(DLT_RAW);
    uint8_t frame[64];
    UdpPacket out;

    for (uint8_t id = 0; id < 40; id++) {
        size_t n = put_ipv6(frame, 16, 44);
        memcpy(frame + n, (const uint8_t[]){ 17, 0, 0, 1, 0, 0, 0, id }, 8);
        memcpy(frame + n + 8, udp, 8);
        g_assert_cmpint(packet_read(reader, frame, n + 16, &out), ==, PACKET_FRAGMENT);
    }
    g_assert_cmpuint(packet_reader_unfinished(reader), ==, 40);
}

static void
test_extension_headers_are_stepped_over(void)
{
    g_autoptr(PacketReader) reader = packet_reader_new(DLT_RAW);
    uint8_t frame[160];
    UdpPacket out;

    for (unsigned count = 0; count <= 10; count++) {
        size_t n =
            put_ipv6(frame, 0, count == 0 ? 17 : 60); /* no length: the network card was to fill it in */
        for (unsigned i = 0; i < count; i++, n += 8) {
            memset(frame + n, 0, 8);
            frame[n] = i + 1 == count ? 17 : 60;
        }
        memcpy(frame + n, udp, sizeof udp);
        g_assert_cmpint(packet_read(reader, frame, n + sizeof udp, &out), ==,
                        count < 8 ? PACKET_UDP : PACKET_OTHER);
    }
    size_t n = put_ipv6(frame, 20, 0);
    memset(frame + n, 0, 20);
    frame[n + 1] = 5; /* 48 bytes, of which 20 are there */
    g_assert_cmpint(packet_read(reader, frame, n + 20, &out), ==, PACKET_OTHER);
}

static void
test_what_is_no_whole_udp_header_is_none(void)
{
    g_autoptr(PacketReader) reader = packet_reader_new(DLT_RAW);
    uint8_t frame[64];
    UdpPacket out;

    size_t n = put_ipv6(frame, 7, 17);
    memcpy(frame + n, udp, 7);
    g_assert_cmpint(packet_read(reader, frame, n + 7, &out), ==, PACKET_OTHER);
    frame[0] = 0x70; /* neither 4 nor 6 */
    g_assert_cmpint(packet_read(reader, frame, n + 7, &out), ==, PACKET_OTHER);
    g_assert_null(packet_reader_new(DLT_IEEE802_11));
    packet_reader_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/packet/fragments-of-ipv6-are-put-together",
                    test_fragments_of_ipv6_are_put_together);
    g_test_add_func("/collector/packet/the-oldest-unfinished-fragment-gives-way",
                    test_the_oldest_unfinished_fragment_gives_way);
    g_test_add_func("/collector/packet/extension-headers-are-stepped-over",
                    test_extension_headers_are_stepped_over);
    g_test_add_func("/collector/packet/what-is-no-whole-udp-header-is-none",
                    test_what_is_no_whole_udp_header_is_none);
    return g_test_run();
}
