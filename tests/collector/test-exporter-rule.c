/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-exporter-rule.c - the operator's word about rates, names and clocks beats the exporter's */
#include "tests/collector/fixture.h"

enum { NOON = 1700000000 }; /* seconds; the fixture's clock begins there */

static void
add_rule(ExporterRules *rules, const char *name, const char *prefix, ExporterRule rule)
{
    rule.section = g_strdup_printf("exporter.%s", name);
    rule.name = g_strdup(name);
    rule.prefixes = g_new(IpPrefix, 1);
    rule.prefixes[0] = prefix_of(prefix);
    rule.n_prefixes = 1;
    exporter_rules_add(rules, &rule);
}

static void
add_interface(ExporterRules *rules, const char *prefix, uint32_t index, const char *name, uint32_t sampling)
{
    exporter_rules_add_interface(rules, &(InterfaceRule){ .exporter = prefix_of(prefix),
                                                          .index = index,
                                                          .name = g_strdup(name),
                                                          .speed = 1000000000,
                                                          .sampling = sampling });
}

/* An IPFIX message with a rate of its domain (one in 1000), a name of interface 7, and a flow that came in by
 * 7 and one that came in by 8. */
static void
pen_message(Pen *pen, uint32_t seconds, uint32_t sequence)
{
    static const uint16_t flow[] = { 8, 4, 1, 4, 10, 4, 152, 8, 153, 8, 0 };

    pen_ipfix(pen, seconds, sequence, 1);
    pen_template_set(pen, 300, flow);
    pen_options_template_set(pen, 256, 1, (const uint16_t[]){ 10, 4, 82, 8, 0 });
    pen_options_template_set(pen, 257, 1, (const uint16_t[]){ 149, 4, 34, 4, 0 });
    size_t set = pen_set(pen, 256);
    pen_put(pen, 7, 4);
    pen_bytes(pen, "xe-0/0/0", 8);
    pen_end(pen, set);
    set = pen_set(pen, 257);
    pen_put(pen, 1, 4);
    pen_put(pen, 1000, 4);
    pen_end(pen, set);
    set = pen_set(pen, 300);
    for (uint32_t interface = 7; interface <= 8; interface++) {
        pen_ip(pen, "198.51.100.1");
        pen_put(pen, 1000, 4);
        pen_put(pen, interface, 4);
        pen_put(pen, (uint64_t)seconds * 1000 - 5000, 8);
        pen_put(pen, (uint64_t)seconds * 1000 - 1000, 8);
    }
    pen_end(pen, set);
}

static void
init_with_rules(Fixture *self, const ExporterRules *rules)
{
    const DecoderConf conf = { .allow_all = true, .rules = rules };

    fixture_init_with(self, &conf);
}

static void
test_the_operators_rate_beats_all_others(void)
{
    g_autoptr(ExporterRules) rules = exporter_rules_new();
    g_auto(Fixture) self;
    Pen pen;

    add_rule(rules, "all", "192.0.2.0/24", (ExporterRule){ .sampling = 7 });
    add_rule(rules, "core", "192.0.2.1", (ExporterRule){ .sampling = 64 });
    add_rule(rules, "other", "192.0.2.2", (ExporterRule){ .sampling = 9 });
    add_interface(rules, "192.0.2.1", 8, NULL, 512);
    exporter_rules_seal(rules);
    init_with_rules(&self, rules);
    pen_message(&pen, NOON, 0);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 64); /* the longest prefix */
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling_source, ==, SAMPLING_OPERATOR);
    g_assert_cmpuint(fixture_flow(&self, 1)->sampling, ==, 512); /* the interface before the exporter */
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *word = json_object_get(json_object_get(exporter, "sampling"), "operator");
    g_assert_cmpstr(text_of(exporter, "name"), ==, "core");
    g_assert_cmpstr(text_of(word, "section"), ==, "exporter.core");
    g_assert_cmpint(json_integer_value(json_object_get(word, "rate")), ==, 64);
    json_decref(exporter);
}

static void
test_a_rate_of_one_interface_leaves_the_others_to_the_exporter(void)
{
    g_autoptr(ExporterRules) rules = exporter_rules_new();
    g_auto(Fixture) self;
    Pen pen;

    add_interface(rules, "192.0.2.0/24", 8, NULL, 512);
    exporter_rules_seal(rules);
    init_with_rules(&self, rules);
    pen_message(&pen, NOON, 0);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 1000);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling_source, ==, SAMPLING_DOMAIN);
    g_assert_cmpuint(fixture_flow(&self, 1)->sampling, ==, 512);
    g_assert_cmpuint(fixture_flow(&self, 1)->sampling_source, ==, SAMPLING_OPERATOR);
}

static void
test_the_operators_names_beat_those_of_options_data(void)
{
    g_autoptr(ExporterRules) rules = exporter_rules_new();
    g_auto(Fixture) self;
    Pen pen;

    add_interface(rules, "192.0.2.0/24", 7, "wrong: a longer prefix follows", 0);
    add_interface(rules, "192.0.2.1", 7, "to transit", 0);
    add_interface(rules, "192.0.2.1", 9, "never seen", 0);
    add_interface(rules, "198.51.100.0/24", 11, "of another one", 0);
    exporter_rules_seal(rules);
    init_with_rules(&self, rules);
    pen_message(&pen, NOON, 0);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *list = json_object_get(exporter, "interfaces");
    g_assert_cmpuint(json_array_size(list), ==, 2);
    g_assert_cmpstr(text_of(json_array_get(list, 0), "name"), ==, "to transit");
    g_assert_cmpstr(text_of(json_array_get(list, 0), "toldBy"), ==, "operator");
    g_assert_cmpint(json_integer_value(json_object_get(json_array_get(list, 0), "speed")), ==, 1000000000);
    g_assert_cmpstr(text_of(json_array_get(list, 1), "name"), ==, "never seen");
    json_decref(exporter);
}

/* Its clock is two hours ahead. */
static void
send_from_the_future(Fixture *self)
{
    Pen pen;

    for (uint32_t i = 0; i < 20; i++) {
        pen_message(&pen, NOON + 7200 + i, 4 * i);
        fixture_send(self, &pen);
        self->now_ms += 1000;
    }
}

static void
test_a_wrong_clock_is_corrected_only_when_asked(void)
{
    g_autoptr(ExporterRules) rules = exporter_rules_new();
    g_auto(Fixture) trusting, correcting;
    const int64_t start_ms = (int64_t)NOON * 1000;

    add_rule(rules, "ahead", "192.0.2.1", (ExporterRule){ .clock = CLOCK_CORRECT });
    exporter_rules_seal(rules);
    fixture_init(&trusting);
    send_from_the_future(&trusting);
    init_with_rules(&correcting, rules);
    send_from_the_future(&correcting);
    g_assert_cmpint(fixture_flow(&trusting, 20)->end_ms, ==, start_ms + 7200000 + 10000 - 1000);
    g_assert_cmpint(fixture_flow(&trusting, 20)->export_ms, ==, start_ms + 7200000 + 10000);
    for (guint i = 0; i < 40; i++) { /* from the first datagram on */
        const FlowRecord *flow = fixture_flow(&correcting, i);

        g_assert_cmpint(flow->end_ms, ==, start_ms + (int64_t)(i / 2) * 1000 - 1000);
        g_assert_cmpint(flow->start_ms, ==, flow->end_ms - 4000);
        g_assert_cmpint(flow->export_ms, ==, start_ms + (int64_t)(i / 2) * 1000);
    }
    json_t *exporter = fixture_exporter(&correcting, 0);
    g_assert_cmpfloat(json_real_value(json_object_get(exporter, "clockSkewSeconds")), ==, 7200);
    g_assert_cmpfloat(json_real_value(json_object_get(exporter, "clockCorrectedSeconds")), ==, 7200);
    json_decref(exporter);
}

static void
test_a_clock_that_is_right_is_not_touched(void)
{
    g_autoptr(ExporterRules) rules = exporter_rules_new();
    g_auto(Fixture) self;
    Pen pen;

    add_rule(rules, "right", "192.0.2.1", (ExporterRule){ .clock = CLOCK_CORRECT });
    exporter_rules_seal(rules);
    init_with_rules(&self, rules);
    for (uint32_t i = 0; i < 40; i++) {
        pen_message(&pen, NOON + i, 4 * i);
        fixture_send(&self, &pen);
        self.now_ms += 1000 + (i % 3 == 0 ? 700 : -350); /* the network's jitter */
    }
    for (guint i = 0; i < self.records->len; i++)
        g_assert_cmpint(fixture_flow(&self, i)->export_ms, ==, (int64_t)(NOON + i / 2) * 1000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/exporter-rule/the-operators-rate-beats-all-others",
                    test_the_operators_rate_beats_all_others);
    g_test_add_func("/collector/exporter-rule/a-rate-of-one-interface-leaves-the-others-to-the-exporter",
                    test_a_rate_of_one_interface_leaves_the_others_to_the_exporter);
    g_test_add_func("/collector/exporter-rule/the-operators-names-beat-those-of-options-data",
                    test_the_operators_names_beat_those_of_options_data);
    g_test_add_func("/collector/exporter-rule/a-wrong-clock-is-corrected-only-when-asked",
                    test_a_wrong_clock_is_corrected_only_when_asked);
    g_test_add_func("/collector/exporter-rule/a-clock-that-is-right-is-not-touched",
                    test_a_clock_that_is_right_is_not_touched);
    return g_test_run();
}
