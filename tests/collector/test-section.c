/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-section.c - packets that exporters send whole become flows (sections of frames and of IP) */
#include "tests/collector/fixture.h"

#define SECONDS UINT32_C(1700000000)
enum { V = 65535 };

/* Ethernet, IPv4, TCP from 192.0.2.1:443 to 198.51.100.2:50000. */
static const uint8_t frame[] = { 2,    0,    0,    0,    0,    1,    2,  0, 0, 0, 0,   2, 8, 0, 0x45, 0xb8,
                                 0x05, 0xdc, 0,    1,    0,    0,    61, 6, 0, 0, 192, 0, 2, 1, 198,  51,
                                 100,  2,    0x01, 0xbb, 0xc3, 0x50, 0,  0, 0, 0, 0,   0, 0, 0, 0x50, 0x12 };
enum { IP = 14 };

static size_t
begin(Pen *pen, const uint16_t *pairs)
{
    pen_ipfix(pen, SECONDS, 0, 5);
    pen_template_set(pen, 300, pairs);
    return pen_set(pen, 300);
}

static void
test_a_sampled_frame_is_a_flow_of_one_packet(void)
{
    static const uint16_t pairs[] = { 10, 4, 14, 4, 312, 2, 315, V, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 5, 4);
    pen_put(&pen, 6, 4);
    pen_put(&pen, 1514, 2);
    pen_put(&pen, sizeof frame, 1);
    pen_bytes(&pen, frame, sizeof frame);
    fixture_end(&self, &pen, set);
    const FlowRecord *flow = fixture_flow(&self, 0);
    assert_ip(&flow->src, "192.0.2.1");
    assert_ip(&flow->dst, "198.51.100.2");
    g_assert_cmpuint(flow->family, ==, 4);
    g_assert_cmpuint(flow->src_port, ==, 443);
    g_assert_cmpuint(flow->dst_port, ==, 50000);
    g_assert_cmpuint(flow->protocol, ==, 6);
    g_assert_cmphex(flow->tcp_flags, ==, 0x12);
    g_assert_cmphex(flow->tos, ==, 0xb8);
    g_assert_cmpuint(flow->octets, ==, 1514);
    g_assert_cmpuint(flow->packets, ==, 1);
    g_assert_cmpuint(flow->in_if, ==, 5);
    assert_has(self.lines->pdata[0], "\"dataLinkFrameSection\":\"0200");
    assert_has(self.lines->pdata[0], "\"frame\":{\"destinationMacAddress\":\"02:00:00:00:00:01\","
                                     "\"sourceMacAddress\":\"02:00:00:00:00:02\"");
    assert_has(self.lines->pdata[0], "\"sourceTransportPort\":443,\"destinationTransportPort\":50000,"
                                     "\"tcpControlBits\":18}}");
}

static void
test_the_records_own_fields_come_first(void)
{
    static const uint16_t pairs[] = { 8, 4, 12, 4, 7, 2, 1, 4, 2, 4, 315, V, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    for (int i = 0; i < 2; i++) { /* of the frame's flow, then of another one */
        pen_ip(&pen, i == 0 ? "192.0.2.1" : "192.0.2.99");
        pen_ip(&pen, "198.51.100.2");
        pen_put(&pen, 4000, 2);
        pen_put(&pen, 9000, 4);
        pen_put(&pen, 9, 4);
        pen_put(&pen, sizeof frame, 1);
        pen_bytes(&pen, frame, sizeof frame);
    }
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(fixture_flow(&self, 0)->src_port, ==, 4000);
    g_assert_cmpuint(fixture_flow(&self, 0)->dst_port, ==, 50000);
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 9000);
    g_assert_cmpuint(fixture_flow(&self, 0)->packets, ==, 9);
    g_assert_cmpuint(fixture_flow(&self, 1)->dst_port, ==, 0);
}

static void
test_every_kind_of_section_is_read(void)
{
    static const struct {
        uint16_t element, from;
    } cases[] = { { 315, 0 }, { 104, 0 }, { 313, IP }, { 317, IP } };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const uint16_t pairs[] = { cases[i].element, V, 0 };
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, pairs);
        pen_put(&pen, sizeof frame - cases[i].from, 1);
        pen_bytes(&pen, frame + cases[i].from, sizeof frame - cases[i].from);
        fixture_end(&self, &pen, set);
        g_assert_cmpuint(fixture_flow(&self, 0)->dst_port, ==, 50000);
        g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 1500); /* of the packet's own header */
    }
}

/* Cisco's v9: a section of one length for all records, of which only a part is the packet's. */
static void
test_a_section_ends_where_its_length_says(void)
{
    static const uint16_t pairs[] = { 102, 2, 103, 2, 104, 64, 0 };

    for (size_t length = 0; length <= sizeof frame; length++) {
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        pen_v9(&pen, 60000, SECONDS, 1, 0);
        pen_template_set(&pen, 300, pairs);
        size_t set = pen_set(&pen, 300);
        pen_put(&pen, 0, 2);
        pen_put(&pen, length, 2);
        pen_bytes(&pen, frame, sizeof frame);
        pen_put(&pen, 0, 64 - sizeof frame);
        pen_end(&pen, set);
        fixture_send(&self, &pen);
        g_assert_cmpuint(fixture_flow(&self, 0)->family, ==, length >= IP + 20 ? 4 : 0);
        g_assert_cmpuint(fixture_flow(&self, 0)->dst_port, ==, length >= IP + 24 ? 50000 : 0);
    }
}

static void
test_what_is_no_beginning_of_a_frame_is_left(void)
{
    static const uint16_t pairs[] = { 409, 2, 408, 2, 315, V, 4, 1, 0 };
    static const struct {
        uint16_t offset, type, length;
        bool is_read;
    } cases[] = {
        { 0, 1, sizeof frame, true },
        { 14, 1, sizeof frame, false }, /* begins in the middle */
        { 0, 2, sizeof frame, false },  /* 802.11 */
        { 0, 1, 0, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, pairs);
        pen_put(&pen, cases[i].offset, 2);
        pen_put(&pen, cases[i].type, 2);
        pen_put(&pen, cases[i].length, 1);
        pen_bytes(&pen, frame, cases[i].length);
        pen_put(&pen, 17, 1);
        fixture_end(&self, &pen, set);
        g_assert_cmpuint(fixture_flow(&self, 0)->dst_port, ==, cases[i].is_read ? 50000 : 0);
        g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 17);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/section/a-sampled-frame-is-a-flow-of-one-packet",
                    test_a_sampled_frame_is_a_flow_of_one_packet);
    g_test_add_func("/collector/section/the-records-own-fields-come-first",
                    test_the_records_own_fields_come_first);
    g_test_add_func("/collector/section/every-kind-of-section-is-read", test_every_kind_of_section_is_read);
    g_test_add_func("/collector/section/a-section-ends-where-its-length-says",
                    test_a_section_ends_where_its_length_says);
    g_test_add_func("/collector/section/what-is-no-beginning-of-a-frame-is-left",
                    test_what_is_no_beginning_of_a_frame_is_left);
    return g_test_run();
}
