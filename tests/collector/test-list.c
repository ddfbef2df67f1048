/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-list.c - structured data (RFC 6313) fills the record around it, is printed, and is bounded */
#include "tests/collector/fixture.h"

#include "collector/list.h"

#define SECONDS UINT32_C(1700000000)
enum { OUTER = 300, INNER = 400, DEEPER = 401, V = 65535 };

/* A message with templates OUTER and INNER, and an open data set of OUTER. */
static size_t
begin(Pen *pen, const uint16_t *outer, const uint16_t *inner)
{
    pen_ipfix(pen, SECONDS, 0, 5);
    size_t set = pen_set(pen, 2);
    pen_template(pen, OUTER, outer);
    pen_template(pen, INNER, inner);
    pen_end(pen, set);
    return pen_set(pen, OUTER);
}

/* A field of variable length; field_end fills in how long it became. */
static size_t
field_begin(Pen *pen)
{
    pen_put(pen, 255, 1);
    pen_put(pen, 0, 2);
    return pen->n;
}

static void
field_end(Pen *pen, size_t at)
{
    pen->bytes[at - 2] = (uint8_t)((pen->n - at) >> 8);
    pen->bytes[at - 1] = (uint8_t)(pen->n - at);
}

static uint64_t
malformed(const Fixture *self, Refusal reason)
{
    return fixture_books(self).malformed[reason];
}

static const uint16_t addresses_and_list[] = { 8, 4, 12, 4, 292, V, 4, 1, 0 };

static void
test_a_record_in_a_list_fills_what_the_outer_one_lacks(void)
{
    static const uint16_t inner[] = { 7, 2, 11, 2, 1, 8, 4, 1, 152, 8, 153, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, addresses_and_list, inner);
    pen_ip(&pen, "192.0.2.1");
    pen_ip(&pen, "198.51.100.2");
    size_t list = field_begin(&pen);
    pen_put(&pen, 3, 1); /* allOf */
    pen_put(&pen, INNER, 2);
    for (uint16_t i = 0; i < 2; i++) {
        pen_put(&pen, 4000u + i, 2);
        pen_put(&pen, 443, 2);
        pen_put(&pen, 900u + i, 8);
        pen_put(&pen, 99, 1);
        pen_put(&pen, UINT64_C(1699999990000), 8);
        pen_put(&pen, UINT64_C(1699999999000), 8);
    }
    field_end(&pen, list);
    pen_put(&pen, 6, 1);
    fixture_end(&self, &pen, set);
    const FlowRecord *flow = fixture_flow(&self, 0);
    assert_ip(&flow->src, "192.0.2.1");
    g_assert_cmpuint(flow->family, ==, 4);
    g_assert_cmpuint(flow->src_port, ==, 4000); /* the first that fits */
    g_assert_cmpuint(flow->dst_port, ==, 443);
    g_assert_cmpuint(flow->octets, ==, 900);
    g_assert_cmpuint(flow->protocol, ==, 6); /* its own field, not the list's */
    g_assert_cmpint(flow->start_ms, ==, INT64_C(1699999990000));
    g_assert_cmpint(flow->end_ms, ==, INT64_C(1699999999000));
    assert_has(self.lines->pdata[0],
               "\"subTemplateList\":{\"semantic\":\"allOf\",\"records\":[{\"templateId\":400,"
               "\"sourceTransportPort\":4000,\"destinationTransportPort\":443,\"octetDeltaCount\":900,"
               "\"protocolIdentifier\":99,\"flowStartMilliseconds\":\"2023-11-14T22:13:10.000Z\","
               "\"flowEndMilliseconds\":\"2023-11-14T22:13:19.000Z\"},{\"templateId\":400,"
               "\"sourceTransportPort\":4001");
    g_assert_cmpuint(malformed(&self, REFUSED_LIST_SYNTAX), ==, 0);
}

/* The reverse direction lies in a list, as YAF may export it; and so do the addresses. */
static void
test_a_whole_flow_may_lie_in_a_list_of_several_templates(void)
{
    static const uint16_t outer[] = { 152, 8, 153, 8, 293, V, 0 }, inner[] = { 27, 16, 28, 16, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, outer, inner);
    pen.n = set;
    set = pen_set(&pen, 2); /* DEEPER: reverse counters */
    pen_put(&pen, DEEPER, 2);
    pen_put(&pen, 2, 2);
    for (uint16_t i = 1; i <= 2; i++) {
        pen_put(&pen, 0x8000u | i, 2);
        pen_put(&pen, 8, 2);
        pen_put(&pen, ELEMENT_PEN_REVERSE, 4);
    }
    pen_end(&pen, set);
    set = pen_set(&pen, OUTER);
    pen_put(&pen, UINT64_C(1699999990000), 8);
    pen_put(&pen, UINT64_C(1699999991000), 8);
    size_t list = field_begin(&pen);
    pen_put(&pen, 255, 1);
    pen_put(&pen, DEEPER, 2);
    pen_put(&pen, 20, 2);
    pen_put(&pen, 5000, 8);
    pen_put(&pen, 7, 8);
    pen_put(&pen, 999, 2); /* of which nobody has told: stepped over */
    pen_put(&pen, 6, 2);
    pen_put(&pen, 0xabcd, 2);
    pen_put(&pen, INNER, 2);
    pen_put(&pen, 4, 2); /* none of these, */
    pen_put(&pen, INNER, 2);
    pen_put(&pen, 36, 2); /* then one */
    pen_ip(&pen, "2001:db8::1");
    pen_ip(&pen, "2001:db8::2");
    field_end(&pen, list);
    fixture_end(&self, &pen, set);
    const FlowRecord *flow = fixture_flow(&self, 0);
    assert_ip(&flow->src, "2001:db8::1");
    assert_ip(&flow->dst, "2001:db8::2");
    g_assert_cmpuint(flow->family, ==, 6);
    g_assert_cmpuint(flow->reverse_octets, ==, 5000);
    g_assert_cmpuint(flow->reverse_packets, ==, 7);
    g_assert_true(flow->has_reverse);
    g_assert_cmpint(flow->start_ms, ==, INT64_C(1699999990000));
    assert_has(self.lines->pdata[0],
               "\"subTemplateMultiList\":{\"semantic\":\"undefined\",\"records\":["
               "{\"templateId\":401,\"reverseOctetDeltaCount\":5000,"
               "\"reversePacketDeltaCount\":7},{\"templateId\":999,\"unknown\":\"abcd\"},"
               "{\"templateId\":400,\"sourceIPv6Address\":\"2001:db8::1\"");
    g_assert_cmpuint(malformed(&self, REFUSED_LIST_TEMPLATE), ==, 1);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "list_template"));
    json_decref(exporter);
}

static void
test_a_list_about_another_flow_fills_nothing(void)
{
    static const uint16_t inner[] = { 8, 4, 12, 4, 7, 2, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, addresses_and_list, inner);
    for (int i = 0; i < 3; i++) {
        pen_ip(&pen, "192.0.2.1");
        pen_ip(&pen, "198.51.100.2");
        size_t list = field_begin(&pen);
        pen_put(&pen, i == 2 ? 0 : 3, 1); /* the last one: noneOf */
        pen_put(&pen, INNER, 2);
        pen_ip(&pen, i == 0 ? "10.0.0.1" : "192.0.2.1");
        pen_ip(&pen, "198.51.100.2");
        pen_put(&pen, 4000, 2);
        field_end(&pen, list);
        pen_put(&pen, 6, 1);
    }
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(fixture_flow(&self, 0)->src_port, ==, 0);
    g_assert_cmpuint(fixture_flow(&self, 1)->src_port, ==, 4000);
    g_assert_cmpuint(fixture_flow(&self, 2)->src_port, ==, 0);
    assert_has(self.lines->pdata[2], "\"semantic\":\"noneOf\"");
}

static void
test_a_basic_list_is_printed_value_by_value(void)
{
    static const struct {
        const char *bytes; /* behind its semantic, "ordered" */
        size_t length;
        const char *printed;
    } cases[] = {
        { "\x00\x52\xff\xff\x02hi\x03you", 11, "[{\"interfaceName\":\"hi\"},{\"interfaceName\":\"you\"}]" },
        { "\x00\x52\xff\xff\xff\x00\x01x", 8, "[{\"interfaceName\":\"x\"}]" },
        { "\x00\x08\x00\x04\xc0\x00\x02\x01\xc0\x00\x02\x02", 12,
          "[{\"sourceIPv4Address\":\"192.0.2.1\"},{\"sourceIPv4Address\":\"192.0.2.2\"}]" },
        { "\x80\x07\x00\x01\x00\x00\xff\xee\x05\x06", 10, "[{\"e65518id7\":\"05\"},{\"e65518id7\":\"06\"}]" },
        { "\x00\x08\x00\x04", 4, "[]" },
        { "\x00\x08\x00\x00", 4, "[]" },
    };
    static const uint16_t outer[] = { 291, V, 4, 1, 0 }, inner[] = { 7, 2, 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *want = g_strdup_printf(
            "\"basicList\":{\"semantic\":\"ordered\",\"records\":%s},\"protocolIdentifier\":6",
            cases[i].printed);
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, outer, inner), list = field_begin(&pen);
        pen_put(&pen, 4, 1);
        pen_bytes(&pen, cases[i].bytes, cases[i].length);
        field_end(&pen, list);
        pen_put(&pen, 6, 1);
        fixture_end(&self, &pen, set);
        assert_has(self.lines->pdata[0], want);
        g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 6);
    }
}

static void
test_lists_that_contradict_themselves_are_counted_and_shown_in_hex(void)
{
    static const struct {
        uint16_t element;
        const char *bytes;
        size_t length;
    } cases[] = {
        { 291, "\x03", 1 },                             /* cut in its head */
        { 291, "\x03\x00\x08\x00", 4 },                 /* likewise */
        { 291, "\x03\x80\x08\x00\x04\x00", 6 },         /* in the enterprise number */
        { 291, "\x03\x00\x08\x00\x00\x01", 6 },         /* values without length */
        { 291, "\x03\x00\x08\x00\x04\x01\x02\x03", 8 }, /* the last value is cut */
        { 291,
          "\x03\x00\x52\xff\xff\x05"
          "a",
          7 }, /* of variable length, too */
        { 291, "\x03\x00\x52\xff\xff\xff\x00", 7 },
        { 292, "\x03\x01", 2 },
        { 292, "\x03\x01\x90\x00", 4 }, /* half a record */
        { 293, "\x03\x01", 2 },
        { 293, "\x03\x01\x90\x00\x03", 5 },     /* shorter than its own head */
        { 293, "\x03\x01\x90\x00\x09\x00", 6 }, /* longer than the list */
        { 293, "\x03\x01\x90\x00\x05\x00", 6 }, /* half a record */
    };
    static const uint16_t inner[] = { 7, 2, 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const uint16_t outer[] = { cases[i].element, V, 4, 1, 0 };
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, outer, inner), list = field_begin(&pen);
        pen_bytes(&pen, cases[i].bytes, cases[i].length);
        field_end(&pen, list);
        pen_put(&pen, 6, 1);
        fixture_end(&self, &pen, set);
        g_test_message("case %zu", i);
        g_assert_cmpuint(malformed(&self, REFUSED_LIST_SYNTAX), ==, 1);
        g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 6); /* the rest of the record is good */
        g_assert_cmpuint(fixture_books(&self).records, ==, 1);
        assert_has(self.lines->pdata[0], "ist\":\"03");
    }
}

/* subTemplateLists of INNER, which has one itself, one in the other. */
static void
nest(Pen *pen, unsigned levels)
{
    if (levels == 0) {
        pen_put(pen, 0, 1);
        return;
    }
    size_t at = field_begin(pen);
    pen_put(pen, 3, 1);
    pen_put(pen, INNER, 2);
    pen_put(pen, 4000 + levels, 2);
    nest(pen, levels - 1);
    field_end(pen, at);
}

static void
test_lists_nest_to_a_depth_and_no_deeper(void)
{
    static const uint16_t outer[] = { 292, V, 0 }, inner[] = { 7, 2, 292, V, 0 };

    for (unsigned levels = 1; levels <= LIST_DEPTH_MOST + 2; levels++) {
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, outer, inner);
        nest(&pen, levels);
        fixture_end(&self, &pen, set);
        g_assert_cmpuint(malformed(&self, REFUSED_LIST_SYNTAX), ==, levels > LIST_DEPTH_MOST ? 1 : 0);
        g_assert_cmpuint(fixture_flow(&self, 0)->src_port, ==, 4000 + levels); /* the outermost */
        assert_has(self.lines->pdata[0], levels > LIST_DEPTH_MOST ? "\"subTemplateList\":\"03" : "]}}");
    }
}

/* A template of many fields of which all but one have no length: each byte of a list costs a hundred fields.
 */
static void
test_a_list_may_not_cost_more_than_its_bytes_are_worth(void)
{
    enum { EMPTY = 600, RECORDS = 300 };
    uint16_t inner[2 * (EMPTY + 1) + 1] = { 0 };
    static const uint16_t outer[] = { 292, V, 4, 1, 0 };
    g_auto(Fixture) self;
    Pen pen;

    for (size_t i = 0; i < EMPTY; i++)
        inner[2 * i] = 210; /* paddingOctets */
    inner[2 * EMPTY] = 7;
    inner[2 * EMPTY + 1] = 1;
    fixture_init(&self);
    size_t set = begin(&pen, outer, inner);
    size_t list = field_begin(&pen);
    pen_put(&pen, 3, 1);
    pen_put(&pen, INNER, 2);
    for (size_t i = 0; i < RECORDS; i++)
        pen_put(&pen, 1, 1);
    field_end(&pen, list);
    pen_put(&pen, 6, 1);
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(malformed(&self, REFUSED_LIST_WORK), ==, 1);
    g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 6);
    g_assert_cmpuint(fixture_flow(&self, 0)->src_port, ==, 0);
}

/* Lists of fixed length, and in options data, where they fill nothing. */
static void
test_lists_of_options_data_are_checked(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    pen_options_template_set(&pen, OUTER, 1, (const uint16_t[]){ 10, 4, 291, 6, 0 });
    size_t set = pen_set(&pen, OUTER);
    pen_put(&pen, 7, 4);
    pen_bytes(&pen, "\x03\x00\x08\x00\x04\x01", 6);
    fixture_end(&self, &pen, set);
    g_assert_cmpuint(malformed(&self, REFUSED_LIST_SYNTAX), ==, 1);
    g_assert_cmpuint(fixture_books(&self).options_records, ==, 1);
}

static void
test_a_held_set_may_have_lists_too(void)
{
    static const uint16_t inner[] = { 7, 2, 0 };
    g_auto(Fixture) self;
    Pen pen, whole;

    fixture_init(&self);
    size_t set = begin(&whole, addresses_and_list, inner);
    pen_ip(&whole, "192.0.2.1");
    pen_ip(&whole, "198.51.100.2");
    size_t list = field_begin(&whole);
    pen_put(&whole, 3, 1);
    pen_put(&whole, INNER, 2);
    pen_put(&whole, 4000, 2);
    field_end(&whole, list);
    pen_put(&whole, 6, 1);
    pen_end(&whole, set);
    pen_ipfix(&pen, SECONDS, 0, 5); /* the data first, then the templates */
    pen_bytes(&pen, whole.bytes + set, whole.n - set);
    pen_length(&pen, 2, 0);
    fixture_send(&self, &pen);
    whole.n = set;
    pen_length(&whole, 2, 0);
    fixture_send(&self, &whole);
    g_assert_cmpuint(fixture_books(&self).late_records, ==, 1);
    /* Its template came before that of the list: what the list holds was not known yet. */
    g_assert_cmpuint(malformed(&self, REFUSED_LIST_TEMPLATE), ==, 1);
    g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 6);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/list/a-record-in-a-list-fills-what-the-outer-one-lacks",
                    test_a_record_in_a_list_fills_what_the_outer_one_lacks);
    g_test_add_func("/collector/list/a-whole-flow-may-lie-in-a-list-of-several-templates",
                    test_a_whole_flow_may_lie_in_a_list_of_several_templates);
    g_test_add_func("/collector/list/a-list-about-another-flow-fills-nothing",
                    test_a_list_about_another_flow_fills_nothing);
    g_test_add_func("/collector/list/a-basic-list-is-printed-value-by-value",
                    test_a_basic_list_is_printed_value_by_value);
    g_test_add_func("/collector/list/lists-that-contradict-themselves-are-counted-and-shown-in-hex",
                    test_lists_that_contradict_themselves_are_counted_and_shown_in_hex);
    g_test_add_func("/collector/list/lists-nest-to-a-depth-and-no-deeper",
                    test_lists_nest_to_a_depth_and_no_deeper);
    g_test_add_func("/collector/list/a-list-may-not-cost-more-than-its-bytes-are-worth",
                    test_a_list_may_not_cost_more_than_its_bytes_are_worth);
    g_test_add_func("/collector/list/lists-of-options-data-are-checked",
                    test_lists_of_options_data_are_checked);
    g_test_add_func("/collector/list/a-held-set-may-have-lists-too", test_a_held_set_may_have_lists_too);
    return g_test_run();
}
