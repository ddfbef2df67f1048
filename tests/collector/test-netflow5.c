/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-netflow5.c - NetFlow v5 and its kin: records, uptimes, gaps */
#include "tests/collector/fixture.h"

static void
pen_v5(Pen *pen, uint16_t count, uint32_t uptime, uint32_t seconds, uint32_t sequence, uint16_t sampling)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 5, 2);
    pen_put(pen, count, 2);
    pen_put(pen, uptime, 4);
    pen_put(pen, seconds, 4);
    pen_put(pen, 250000000, 4); /* nanoseconds: a quarter of a second */
    pen_put(pen, sequence, 4);
    pen_put(pen, 0x0102, 2); /* engine type 1, id 2 */
    pen_put(pen, sampling, 2);
}

static void
pen_v5_record(Pen *pen, uint32_t first, uint32_t last, uint16_t dst_port, uint8_t protocol)
{
    pen_ip(pen, "198.51.100.1");
    pen_ip(pen, "203.0.113.2");
    pen_ip(pen, "192.0.2.254");
    pen_put(pen, 3, 2); /* in */
    pen_put(pen, 4, 2); /* out */
    pen_put(pen, 10, 4);
    pen_put(pen, 840, 4);
    pen_put(pen, first, 4);
    pen_put(pen, last, 4);
    pen_put(pen, 40000, 2);
    pen_put(pen, dst_port, 2);
    pen_put(pen, 0, 1);
    pen_put(pen, 0x1b, 1);
    pen_put(pen, protocol, 1);
    pen_put(pen, 0xb8, 1);
    pen_put(pen, 64500, 2);
    pen_put(pen, 64501, 2);
    pen_put(pen, 24, 1);
    pen_put(pen, 16, 1);
    pen_put(pen, 0, 2);
}

static void
test_a_record_is_decoded_whole(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 1, 60000, 1700000000, 0, 0x4000 | 100);
    pen_v5_record(&pen, 10000, 20000, 443, 6);
    g_assert_true(fixture_send(&self, &pen));
    const FlowRecord *flow = fixture_flow(&self, 0);
    assert_ip(&flow->src, "198.51.100.1");
    assert_ip(&flow->dst, "203.0.113.2");
    assert_ip(&flow->next_hop, "192.0.2.254");
    g_assert_cmpuint(flow->family, ==, 4);
    g_assert_cmpuint(flow->in_if, ==, 3);
    g_assert_cmpuint(flow->out_if, ==, 4);
    g_assert_cmpuint(flow->packets, ==, 10);
    g_assert_cmpuint(flow->octets, ==, 840);
    g_assert_cmpuint(flow->src_port, ==, 40000);
    g_assert_cmpuint(flow->dst_port, ==, 443);
    g_assert_cmphex(flow->tcp_flags, ==, 0x1b);
    g_assert_cmpuint(flow->protocol, ==, 6);
    g_assert_cmphex(flow->tos, ==, 0xb8);
    g_assert_cmpuint(flow->src_as, ==, 64500);
    g_assert_cmpuint(flow->dst_as, ==, 64501);
    g_assert_cmpuint(flow->src_mask, ==, 24);
    g_assert_cmpuint(flow->dst_mask, ==, 16);
    g_assert_cmpint(flow->export_ms, ==, INT64_C(1700000000250));
    g_assert_cmpint(flow->start_ms, ==, INT64_C(1700000000250) - 50000);
    g_assert_cmpint(flow->end_ms, ==, INT64_C(1700000000250) - 40000);
    g_assert_cmpuint(flow->sampling, ==, 100);
    g_assert_cmpuint(flow->sampling_source, ==, SAMPLING_HEADER);
    g_assert_cmphex(flow->domain, ==, 0x0102);
    g_assert_cmpuint(flow->direction, ==, 255);
    g_assert_cmpuint(flow->kind, ==, FLOW_KIND_FLOW);
    assert_has(self.lines->pdata[0], "\"protocol\":\"netflow5\"");
    assert_has(self.lines->pdata[0], "\"flowStartSysUpTime\":10000");
    assert_has(self.lines->pdata[0], "\"flowStartMilliseconds\":\"2023-11-14T22:12:30.250Z\"");
}

static void
test_more_records_announced_than_there_are_is_counted(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 55582, 60000, 1700000000, 0, 0);
    pen_v5_record(&pen, 1, 2, 443, 6);
    pen_v5_record(&pen, 1, 2, 443, 6);
    pen_put(&pen, 0, 6);
    g_assert_true(fixture_send(&self, &pen));
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.records, ==, 2);
    g_assert_cmpuint(books.malformed[REFUSED_HEADER_COUNT], ==, 1);
}

static void
test_bytes_behind_the_last_record_are_not_read(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 1, 60000, 1700000000, 0, 0);
    pen_v5_record(&pen, 1, 2, 443, 6);
    pen_v5_record(&pen, 1, 2, 443, 6);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).records, ==, 1);
}

static void
test_a_start_later_than_the_end_makes_no_negative_flow(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 2, 60000, 1700000000, 0, 0);
    pen_v5_record(&pen, 0xffffffff, 30000, 443, 6); /* began one millisecond before the boot */
    pen_v5_record(&pen, 30000, 20000, 443, 6);
    fixture_send(&self, &pen);
    g_assert_cmpint(fixture_flow(&self, 0)->end_ms - fixture_flow(&self, 0)->start_ms, ==, 30001);
    g_assert_cmpint(fixture_flow(&self, 1)->end_ms - fixture_flow(&self, 1)->start_ms, ==, 0);
}

static void
test_the_uptime_may_wrap_between_flow_and_export(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 1, 5000, 1700000000, 0, 0);              /* 5 s after the wrap */
    pen_v5_record(&pen, UINT32_MAX - 9999, 1000, 443, 6); /* 10 s before it */
    fixture_send(&self, &pen);
    g_assert_cmpint(fixture_flow(&self, 0)->start_ms, ==, INT64_C(1700000000250) - 15000);
    g_assert_cmpint(fixture_flow(&self, 0)->end_ms, ==, INT64_C(1700000000250) - 4000);
}

static void
test_icmp_is_taken_out_of_the_port(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 1, 60000, 1700000000, 0, 0);
    pen_v5_record(&pen, 1, 2, 0x0801, 1);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->icmp_type, ==, 8);
    g_assert_cmpuint(fixture_flow(&self, 0)->icmp_code, ==, 1);
    g_assert_cmpuint(fixture_flow(&self, 0)->dst_port, ==, 0);
    assert_has(self.lines->pdata[0], "\"destinationTransportPort\":2049"); /* decode shows what was sent */
}

static void
test_a_gap_counts_records_and_reaches_the_scoring(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t sequence = 0; sequence < 200; sequence += sequence == 1 ? 30 : 1) {
        pen_v5(&pen, 1, 60000, 1700000000, sequence, 0);
        pen_v5_record(&pen, 1, 2, 443, 6);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 29);
    g_assert_cmpuint(self.losses->len, ==, 1);
    g_assert_cmpuint(g_array_index(self.losses, FlowLoss, 0).records, ==, 29);
}

static void
test_a_gap_at_the_end_is_handed_over_when_nothing_comes_any_more(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t sequence = 0; sequence < 20; sequence += 10) {
        pen_v5(&pen, 1, 60000, 1700000000, sequence, 0);
        pen_v5_record(&pen, 1, 2, 443, 6);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(self.losses->len, ==, 0);
    decoder_flush(self.decoder, (WallTime){ self.now_ms + 3000 });
    g_assert_cmpuint(self.losses->len, ==, 1);
}

static void
test_a_reboot_is_no_loss(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 1, 86400000, 1700000000, 500000, 0);
    pen_v5_record(&pen, 1, 2, 443, 6);
    fixture_send(&self, &pen);
    pen_v5(&pen, 1, 30000, 1700000100, 0, 0);
    pen_v5_record(&pen, 1, 2, 443, 6);
    fixture_send(&self, &pen);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.sequence_lost, ==, 0);
    g_assert_cmpuint(books.sequence_duplicates, ==, 0);
    g_assert_cmpuint(books.sequence_resets, ==, 1);
}

/* There is no options data in it to be asked for. */
static void
test_the_operator_is_asked_for_what_it_cannot_tell(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v5(&pen, 1, 60000, 1700000000, 0, 0);
    pen_v5_record(&pen, 10000, 20000, 443, 6);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpstr(text_of(finding(exporter, "sampling_unknown"), "fix"), ==,
                    "Say it with sampling= in its section [exporter.NAME]: 1 where it sees every packet.");
    g_assert_cmpstr(text_of(finding(exporter, "interfaces_unnamed"), "fix"), ==,
                    "Name them in a file (interfaces=).");
    json_decref(exporter);
}

static void
test_versions_1_and_7_have_their_own_layout(void)
{
    g_auto(Fixture) self;
    Pen pen = { 0 };

    fixture_init(&self);
    pen_put(&pen, 1, 2);
    pen_put(&pen, 1, 2);
    pen_put(&pen, 60000, 4);
    pen_put(&pen, 1700000000, 4);
    pen_put(&pen, 0, 4);
    pen_ip(&pen, "198.51.100.1");
    pen_ip(&pen, "203.0.113.2");
    pen_put(&pen, 0, 8);
    pen_put(&pen, 7, 4);
    pen_put(&pen, 700, 4);
    pen_put(&pen, 1000, 4);
    pen_put(&pen, 2000, 4);
    pen_put(&pen, 53, 2);
    pen_put(&pen, 1024, 2);
    pen_put(&pen, 0, 2);
    pen_put(&pen, 17, 1);
    pen_put(&pen, 0, 1 + 1 + 3);
    pen_put(&pen, 0, 4);
    g_assert_true(fixture_send(&self, &pen));

    pen = (Pen){ 0 };
    pen_put(&pen, 7, 2);
    pen_put(&pen, 1, 2);
    pen_put(&pen, 60000, 4);
    pen_put(&pen, 1700000000, 4);
    pen_put(&pen, 0, 8);
    pen_put(&pen, 0, 4);
    pen_v5_record(&pen, 1, 2, 25, 6);
    pen_ip(&pen, "192.0.2.77"); /* the router that was bypassed */
    g_assert_true(fixture_send(&self, &pen));
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 700);
    g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 17);
    g_assert_cmpuint(fixture_flow(&self, 1)->dst_port, ==, 25);
    assert_has(self.lines->pdata[0], "\"protocol\":\"netflow1\"");
    assert_has(self.lines->pdata[1], "\"ipv4RouterSc\":\"192.0.2.77\"");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/netflow5/a-record-is-decoded-whole", test_a_record_is_decoded_whole);
    g_test_add_func("/collector/netflow5/more-records-announced-than-there-are-is-counted",
                    test_more_records_announced_than_there_are_is_counted);
    g_test_add_func("/collector/netflow5/bytes-behind-the-last-record-are-not-read",
                    test_bytes_behind_the_last_record_are_not_read);
    g_test_add_func("/collector/netflow5/a-start-later-than-the-end-makes-no-negative-flow",
                    test_a_start_later_than_the_end_makes_no_negative_flow);
    g_test_add_func("/collector/netflow5/the-uptime-may-wrap-between-flow-and-export",
                    test_the_uptime_may_wrap_between_flow_and_export);
    g_test_add_func("/collector/netflow5/icmp-is-taken-out-of-the-port", test_icmp_is_taken_out_of_the_port);
    g_test_add_func("/collector/netflow5/a-gap-counts-records-and-reaches-the-scoring",
                    test_a_gap_counts_records_and_reaches_the_scoring);
    g_test_add_func("/collector/netflow5/a-gap-at-the-end-is-handed-over-when-nothing-comes-any-more",
                    test_a_gap_at_the_end_is_handed_over_when_nothing_comes_any_more);
    g_test_add_func("/collector/netflow5/a-reboot-is-no-loss", test_a_reboot_is_no_loss);
    g_test_add_func("/collector/netflow5/the-operator-is-asked-for-what-it-cannot-tell",
                    test_the_operator_is_asked_for_what_it_cannot_tell);
    g_test_add_func("/collector/netflow5/versions-1-and-7-have-their-own-layout",
                    test_versions_1_and_7_have_their_own_layout);
    return g_test_run();
}
