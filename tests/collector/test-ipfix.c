/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-ipfix.c - what IPFIX alone has: times, variable length, enterprises, biflows, withdrawals */
#include "tests/collector/fixture.h"

#define SECONDS UINT32_C(1700000000)
#define MS      INT64_C(1700000000000)

/* Starts a message with one template of @pairs and opens its data set; returns where that is. */
static size_t
begin(Pen *pen, const uint16_t *pairs)
{
    pen_ipfix(pen, SECONDS, 0, 5);
    pen_template_set(pen, 300, pairs);
    return pen_set(pen, 300);
}

/* The fields of @pairs, all of them @value, make a flow that begins and ends at @ms. */
static void
assert_times(const uint16_t *pairs, uint64_t value, int64_t ms)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    for (unsigned i = 0; i < pairs_count(pairs); i++)
        pen_put(&pen, value, pairs[1]);
    fixture_end(&self, &pen, set);
    const FlowRecord *flow = fixture_flow(&self, 0);
    g_test_message("element %u", pairs[0]);
    g_assert_cmpint(flow->start_ms, ==, ms);
    g_assert_cmpint(flow->end_ms, ==, ms);
}

static void
test_every_kind_of_time_becomes_milliseconds(void)
{
    /* start and end: seconds, milliseconds, microseconds, nanoseconds, microseconds before the export */
    static const struct {
        uint16_t pairs[5];
        uint64_t value;
        int64_t ms;
    } kinds[] = {
        { { 150, 4, 151, 4, 0 }, SECONDS - 9, MS - 9000 },
        { { 152, 8, 153, 8, 0 }, (uint64_t)MS - 1234, MS - 1234 },
        { { 154, 8, 155, 8, 0 }, (UINT64_C(2208988800) + SECONDS) << 32 | 0x80000000, MS + 500 },
        { { 156, 8, 157, 8, 0 }, (UINT64_C(2208988800) + SECONDS) << 32 | 0x40000000, MS + 250 },
        { { 158, 4, 159, 4, 0 }, 2500000, MS - 2500 },
        { { 152, 8, 153, 8, 0 }, 0, MS },                            /* 1970 is no answer */
        { { 152, 8, 153, 8, 0 }, UINT64_C(0xffffffffffffffff), MS }, /* nor is this */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        assert_times(kinds[i].pairs, kinds[i].value, kinds[i].ms);
}

/* Packets that were sampled (RFC 5477) and events have but one stamp. */
static void
test_every_kind_of_observation_is_both_ends_of_a_flow(void)
{
    static const struct {
        uint16_t pairs[3];
        uint64_t value;
        int64_t ms;
    } kinds[] = {
        { { 322, 4, 0 }, SECONDS - 9, MS - 9000 },
        { { 323, 8, 0 }, (uint64_t)MS - 1234, MS - 1234 },
        { { 324, 8, 0 }, (UINT64_C(2208988800) + SECONDS) << 32 | 0x80000000, MS + 500 },
        { { 325, 8, 0 }, (UINT64_C(2208988800) + SECONDS) << 32 | 0x40000000, MS + 250 },
        { { 322, 4, 0 }, 0, MS },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        assert_times(kinds[i].pairs, kinds[i].value, kinds[i].ms);
}

static void
test_ntp_times_go_on_after_2036(void)
{
    static const uint16_t pairs[] = { 154, 8, 155, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, UINT64_C(1) << 32, 8);
    pen_put(&pen, UINT64_C(0xffffffff) << 32, 8);
    fixture_end(&self, &pen, set);
    assert_has(self.lines->pdata[0], "\"flowStartMicroseconds\":\"2036-02-07T06:28:17.000000Z\"");
    assert_has(self.lines->pdata[0], "\"flowEndMicroseconds\":\"2036-02-07T06:28:15.000000Z\"");
}

static void
test_times_are_printed_with_the_digits_that_they_have(void)
{
    static const uint16_t pairs[] = { 150, 4, 152, 8, 154, 8, 156, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, SECONDS, 4);
    pen_put(&pen, (uint64_t)MS + 7, 8);
    pen_put(&pen, (UINT64_C(2208988800) + SECONDS) << 32 | 0x80000000, 8);
    pen_put(&pen, (UINT64_C(2208988800) + SECONDS) << 32 | 0x40000000, 8);
    fixture_end(&self, &pen, set);
    const char *line = self.lines->pdata[0];
    assert_has(line, "\"flowStartSeconds\":\"2023-11-14T22:13:20.000Z\"");
    assert_has(line, "\"flowStartMilliseconds\":\"2023-11-14T22:13:20.007Z\"");
    assert_has(line, "\"flowStartMicroseconds\":\"2023-11-14T22:13:20.500000Z\"");
    assert_has(line, "\"flowStartNanoseconds\":\"2023-11-14T22:13:20.250000000Z\"");
}

static void
test_uptime_stamps_need_the_init_time_from_options(void)
{
    static const uint16_t options[] = { 149, 4, 160, 8, 0 }; /* of a domain: systemInitTimeMilliseconds */
    static const uint16_t pairs[] = { 22, 4, 21, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    pen_options_template_set(&pen, 257, 1, options);
    size_t set = pen_set(&pen, 257);
    pen_put(&pen, 5, 4);
    pen_put(&pen, (uint64_t)MS - 100000, 8);
    pen_end(&pen, set);
    pen_template_set(&pen, 300, pairs);
    set = pen_set(&pen, 300);
    pen_put(&pen, 10000, 4);
    pen_put(&pen, 20000, 4);
    fixture_end(&self, &pen, set);
    g_assert_cmpint(fixture_flow(&self, 0)->start_ms, ==, MS - 90000);
    g_assert_cmpint(fixture_flow(&self, 0)->end_ms, ==, MS - 80000);
    assert_has(self.lines->pdata[1], "\"flowEndMilliseconds\":\"2023-11-14T22:12:00.000Z\"");
    /* The domain stands in the header and in the record; a key comes once. */
    const char *line = self.lines->pdata[0];
    assert_has(line, "\"observationDomainId\":5,");
    assert_lacks(strstr(line, "observationDomainId") + 1, "observationDomainId");
}

static void
test_without_an_init_time_the_newest_flow_ends_at_the_export(void)
{
    static const uint16_t pairs[] = { 22, 4, 21, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 500000, 4);
    pen_put(&pen, 510000, 4);
    pen_put(&pen, 480000, 4);
    pen_put(&pen, 520000, 4);
    fixture_end(&self, &pen, set);
    g_assert_cmpint(fixture_flow(&self, 1)->end_ms, ==, MS);
    g_assert_cmpint(fixture_flow(&self, 0)->start_ms, ==, MS - 20000);
    assert_lacks(self.lines->pdata[0], "flowStartMilliseconds"); /* a guess is not printed as a fact */
}

/* Cisco IOS XE tells the start of its uptime in each record. */
static void
test_the_init_time_may_stand_in_the_record(void)
{
    static const uint16_t pairs[] = { 22, 4, 21, 4, 160, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 10000, 4);
    pen_put(&pen, 20000, 4);
    pen_put(&pen, (uint64_t)MS - 100000, 8);
    fixture_end(&self, &pen, set);
    g_assert_cmpint(fixture_flow(&self, 0)->start_ms, ==, MS - 90000);
    assert_has(self.lines->pdata[0], "\"flowStartMilliseconds\":\"2023-11-14T22:11:50.000Z\"");
    assert_has(self.lines->pdata[0], "\"flowEndMilliseconds\":\"2023-11-14T22:12:00.000Z\"");
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_null(finding(exporter, "no_boot_time"));
    g_assert_cmpstr(text_of(exporter, "bootTime"), ==, "2023-11-14T22:11:40.000Z");
    json_decref(exporter);
}

/* What is told by distances and durations is printed as it is scored. */
static void
test_times_that_are_told_by_others_are_printed(void)
{
    static const struct {
        const uint16_t pairs[5];
        uint32_t first, second;
        const char *start, *end; /* NULL: none is printed */
    } cases[] = {
        { { 158, 4, 159, 4, 0 }, 5000000, 1000, "22:13:15.000", "22:13:19.999" }, /* microseconds before it */
        { { 150, 4, 161, 4, 0 }, SECONDS - 10, 2500, NULL, "22:13:12.500" },      /* a duration behind it */
        { { 151, 4, 161, 4, 0 }, SECONDS - 10, 2500, "22:13:07.500", NULL },
        { { 150, 4, 151, 4, 0 }, SECONDS - 10, SECONDS, NULL, NULL },
        { { 161, 4, 1, 4, 0 }, 2500, 1, NULL, NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *start =
            cases[i].start == NULL
                ? NULL
                : g_strdup_printf("\"flowStartMilliseconds\":\"2023-11-14T%sZ\"", cases[i].start);
        g_autofree char *end =
            cases[i].end == NULL
                ? NULL
                : g_strdup_printf("\"flowEndMilliseconds\":\"2023-11-14T%sZ\"", cases[i].end);
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, cases[i].pairs);
        pen_put(&pen, cases[i].first, 4);
        pen_put(&pen, cases[i].second, 4);
        fixture_end(&self, &pen, set);
        if (start != NULL)
            assert_has(self.lines->pdata[0], start);
        else
            assert_lacks(self.lines->pdata[0], "flowStartMilliseconds");
        if (end != NULL)
            assert_has(self.lines->pdata[0], end);
        else
            assert_lacks(self.lines->pdata[0], "flowEndMilliseconds");
    }
}

static void
test_variable_fields_are_found_and_printed(void)
{
    static const uint16_t pairs[] = { 82, 65535, 8, 4, 1, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 3, 1);
    pen_bytes(&pen, "eth", 3);
    pen_ip(&pen, "198.51.100.1");
    pen_put(&pen, 11, 8);
    pen_put(&pen, 255, 1); /* the long form of a length, for a short string with trailing zeros */
    pen_put(&pen, 5, 2);
    pen_bytes(&pen, "a\"b\0\0", 5);
    pen_ip(&pen, "198.51.100.2");
    pen_put(&pen, 22, 8);
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(self.records->len, ==, 2);
    assert_ip(&fixture_flow(&self, 1)->src, "198.51.100.2");
    g_assert_cmpuint(fixture_flow(&self, 1)->octets, ==, 22);
    assert_has(self.lines->pdata[0], "\"interfaceName\":\"eth\"");
    assert_has(self.lines->pdata[1], "\"interfaceName\":\"a\\\"b\"");
}

static void
test_a_variable_record_that_runs_past_its_set_is_counted(void)
{
    static const uint16_t pairs[] = { 82, 65535, 8, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 1, 1);
    pen_bytes(&pen, "x", 1);
    pen_ip(&pen, "198.51.100.1");
    pen_put(&pen, 200, 1); /* 200 bytes are not there */
    pen_put(&pen, 1, 8);
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(self.records->len, ==, 1);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_RECORD_LENGTH], ==, 1);
}

static void
test_enterprise_elements_and_lists_are_hex(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    size_t set = pen_set(&pen, 2);
    pen_put(&pen, 300, 2);
    pen_put(&pen, 3, 2);
    pen_put(&pen, 0x8000 | 180, 2);
    pen_put(&pen, 65535, 2);
    pen_put(&pen, 35632, 4);
    pen_put(&pen, 291, 2); /* basicList */
    pen_put(&pen, 65535, 2);
    pen_put(&pen, 8, 2);
    pen_put(&pen, 4, 2);
    pen_end(&pen, set);
    set = pen_set(&pen, 300);
    pen_put(&pen, 2, 1);
    pen_put(&pen, 0xbeef, 2);
    pen_put(&pen, 5, 1);
    pen_put(&pen, 0x0300520002, 5);
    pen_ip(&pen, "198.51.100.1");
    fixture_end(&self, &pen, set);
    assert_has(self.lines->pdata[0], "\"e35632id180\":\"beef\"");
    assert_has(self.lines->pdata[0], "\"basicList\":{\"semantic\":\"allOf\",\"records\":[]}");
    assert_has(self.lines->pdata[0], "\"sourceIPv4Address\":\"198.51.100.1\"");
}

static void
test_reverse_elements_make_a_biflow(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    size_t set = pen_set(&pen, 2);
    pen_put(&pen, 300, 2);
    pen_put(&pen, 3, 2);
    pen_put(&pen, 1, 2);
    pen_put(&pen, 8, 2);
    pen_put(&pen, 0x8001, 2);
    pen_put(&pen, 8, 2);
    pen_put(&pen, 29305, 4);
    pen_put(&pen, 239, 2); /* biflowDirection */
    pen_put(&pen, 1, 2);
    pen_end(&pen, set);
    set = pen_set(&pen, 300);
    pen_put(&pen, 100, 8);
    pen_put(&pen, 900, 8);
    pen_put(&pen, 1, 1); /* the source is the initiator */
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 100);
    g_assert_cmpuint(fixture_flow(&self, 0)->reverse_octets, ==, 900);
    g_assert_cmpuint(fixture_flow(&self, 0)->has_reverse, ==, 1);
    g_assert_cmpuint(fixture_flow(&self, 0)->has_initiator, ==, 1);
    assert_has(self.lines->pdata[0], "\"reverseOctetDeltaCount\":900");
}

static void
test_what_occurs_twice_is_printed_as_an_array(void)
{
    static const uint16_t pairs[] = { 7, 2, 8, 4, 7, 2, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 80, 2);
    pen_ip(&pen, "198.51.100.1");
    pen_put(&pen, 53, 2);
    fixture_end(&self, &pen, set);
    assert_has(self.lines->pdata[0], "\"sourceTransportPort\":[80,53],\"sourceIPv4Address\":");
    g_assert_cmpuint(fixture_flow(&self, 0)->src_port, ==, 80);
}

static void
test_a_withdrawal_over_udp_is_ignored_and_counted(void)
{
    static const uint16_t pairs[] = { 1, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 1, 8);
    fixture_end(&self, &pen, set);
    pen_ipfix(&pen, SECONDS, 1, 5);
    set = pen_set(&pen, 2);
    pen_put(&pen, 300, 2);
    pen_put(&pen, 0, 2);
    pen_end(&pen, set);
    set = pen_set(&pen, 300);
    pen_put(&pen, 2, 8);
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_WITHDRAWAL], ==, 1);
    g_assert_cmpuint(self.records->len, ==, 2);
}

static void
test_a_length_that_does_not_fit_is_counted_and_what_is_there_is_used(void)
{
    static const uint16_t pairs[] = { 1, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 1, 8);
    pen_end(&pen, set);
    pen.bytes[2] = 9; /* some 2,300 bytes are claimed */
    g_assert_true(fixture_send(&self, &pen));
    pen.bytes[2] = 0;
    pen.bytes[3] = 15; /* less than the header */
    g_assert_false(fixture_send(&self, &pen));
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.records, ==, 1);
    g_assert_cmpuint(books.malformed[REFUSED_HEADER_LENGTH], ==, 1);
    g_assert_cmpuint(books.refused[REFUSED_HEADER_LENGTH], ==, 1);
}

static void
test_the_sequence_counts_records_of_both_kinds(void)
{
    static const uint16_t pairs[] = { 1, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs); /* sequence 0, 3 records */
    pen_put(&pen, 1, 8);
    pen_put(&pen, 1, 8);
    pen_put(&pen, 1, 8);
    fixture_end(&self, &pen, set);
    for (uint32_t sequence = 3; sequence <= 9; sequence += 6) { /* the second one has lost five */
        pen_ipfix(&pen, SECONDS, sequence, 5);
        set = pen_set(&pen, 300);
        pen_put(&pen, 1, 8);
        fixture_end(&self, &pen, set);
    }
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 5);
}

static void
test_domains_have_their_own_templates(void)
{
    static const uint16_t pairs[] = { 1, 8, 0 }, others[] = { 2, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 77, 8);
    fixture_end(&self, &pen, set);
    pen_ipfix(&pen, SECONDS, 0, 6);
    pen_template_set(&pen, 300, others);
    set = pen_set(&pen, 300);
    pen_put(&pen, 3, 4);
    fixture_end(&self, &pen, set);
    pen_ipfix(&pen, SECONDS, 1, 5);
    set = pen_set(&pen, 300);
    pen_put(&pen, 78, 8);
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(fixture_flow(&self, 1)->packets, ==, 3);
    g_assert_cmpuint(fixture_flow(&self, 2)->octets, ==, 78);
}

static void
test_nat_logs_are_events(void)
{
    static const uint16_t pairs[] = { 230, 1, 8, 4, 225, 4, 7, 2, 227, 2, 323, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 4, 1); /* NAT44 session create */
    pen_ip(&pen, "192.168.0.7");
    pen_ip(&pen, "203.0.113.9");
    pen_put(&pen, 5000, 2);
    pen_put(&pen, 61000, 2);
    pen_put(&pen, (uint64_t)MS - 5, 8);
    fixture_end(&self, &pen, set);
    const FlowRecord *flow = fixture_flow(&self, 0);
    g_assert_cmpuint(flow->kind, ==, FLOW_KIND_EVENT);
    g_assert_cmpuint(flow->event, ==, 4);
    assert_has(self.lines->pdata[0], "\"postNATSourceIPv4Address\":\"203.0.113.9\"");
    assert_has(self.lines->pdata[0], "\"postNAPTSourceTransportPort\":61000");
    g_assert_cmpint(flow->start_ms, ==, MS - 5);
}

static void
test_a_template_id_as_an_element_stands_beside_the_head(void)
{
    static const uint16_t pairs[] = { 145, 2, 1, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, pairs);
    pen_put(&pen, 777, 2);
    pen_put(&pen, 1500, 4);
    pen_put(&pen, 300, 2); /* its own: the head says it */
    pen_put(&pen, 1500, 4);
    fixture_end(&self, &pen, set);
    assert_has(self.lines->pdata[0], "\"templateId\":[300,777],\"kind\"");
    assert_lacks(strstr(self.lines->pdata[0], "templateId") + 1, "templateId");
    assert_has(self.lines->pdata[1], "\"templateId\":300,\"kind\"");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/ipfix/the-init-time-may-stand-in-the-record",
                    test_the_init_time_may_stand_in_the_record);
    g_test_add_func("/collector/ipfix/times-that-are-told-by-others-are-printed",
                    test_times_that_are_told_by_others_are_printed);
    g_test_add_func("/collector/ipfix/every-kind-of-observation-is-both-ends-of-a-flow",
                    test_every_kind_of_observation_is_both_ends_of_a_flow);
    g_test_add_func("/collector/ipfix/ntp-times-go-on-after-2036", test_ntp_times_go_on_after_2036);
    g_test_add_func("/collector/ipfix/every-kind-of-time-becomes-milliseconds",
                    test_every_kind_of_time_becomes_milliseconds);
    g_test_add_func("/collector/ipfix/times-are-printed-with-the-digits-that-they-have",
                    test_times_are_printed_with_the_digits_that_they_have);
    g_test_add_func("/collector/ipfix/uptime-stamps-need-the-init-time-from-options",
                    test_uptime_stamps_need_the_init_time_from_options);
    g_test_add_func("/collector/ipfix/without-an-init-time-the-newest-flow-ends-at-the-export",
                    test_without_an_init_time_the_newest_flow_ends_at_the_export);
    g_test_add_func("/collector/ipfix/variable-fields-are-found-and-printed",
                    test_variable_fields_are_found_and_printed);
    g_test_add_func("/collector/ipfix/a-variable-record-that-runs-past-its-set-is-counted",
                    test_a_variable_record_that_runs_past_its_set_is_counted);
    g_test_add_func("/collector/ipfix/enterprise-elements-and-lists-are-hex",
                    test_enterprise_elements_and_lists_are_hex);
    g_test_add_func("/collector/ipfix/reverse-elements-make-a-biflow", test_reverse_elements_make_a_biflow);
    g_test_add_func("/collector/ipfix/what-occurs-twice-is-printed-as-an-array",
                    test_what_occurs_twice_is_printed_as_an_array);
    g_test_add_func("/collector/ipfix/a-withdrawal-over-udp-is-ignored-and-counted",
                    test_a_withdrawal_over_udp_is_ignored_and_counted);
    g_test_add_func("/collector/ipfix/a-length-that-does-not-fit-is-counted-and-what-is-there-is-used",
                    test_a_length_that_does_not_fit_is_counted_and_what_is_there_is_used);
    g_test_add_func("/collector/ipfix/the-sequence-counts-records-of-both-kinds",
                    test_the_sequence_counts_records_of_both_kinds);
    g_test_add_func("/collector/ipfix/domains-have-their-own-templates",
                    test_domains_have_their_own_templates);
    g_test_add_func("/collector/ipfix/nat-logs-are-events", test_nat_logs_are_events);
    g_test_add_func("/collector/ipfix/a-template-id-as-an-element-stands-beside-the-head",
                    test_a_template_id_as_an_element_stands_beside_the_head);
    return g_test_run();
}
