/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of an exporter that has trouble: how grave, since when, how often, and what to do. */
#include "collector/exporter-private.h"
#include "tests/collector/fixture.h"

enum { NOON = 1700000000 }; /* seconds; the fixture's clock begins there */

static void
pen_template_260(Pen *pen)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 10, 4, 0 };

    pen_template_set(pen, 260, layout);
}

static void
pen_data_260(Pen *pen)
{
    size_t set = pen_set(pen, 260);

    pen_ip(pen, "198.51.100.1");
    pen_put(pen, 1000, 4);
    pen_put(pen, 17, 4);
    pen_end(pen, set);
}

/* A v9 datagram a second: one flow, with its template or not. */
static void
send_flow(Fixture *self, uint32_t sequence, bool with_template)
{
    Pen pen;

    pen_v9(&pen, (uint32_t)(self->now_ms - INT64_C(1000) * NOON) + 86400000, (uint32_t)(self->now_ms / 1000),
           sequence, 1);
    if (with_template)
        pen_template_260(&pen);
    pen_data_260(&pen);
    fixture_send(self, &pen);
    self->now_ms += 1000;
}

static json_int_t
count_of(const json_t *finding)
{
    return json_integer_value(json_object_get(finding, "count"));
}

static void
test_held_data_is_told_with_its_age_and_number(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 30; i++)
        send_flow(&self, i, false);
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *missing = finding(exporter, "no_template");
    g_assert_cmpstr(text_of(missing, "severity"), ==, "error");
    g_assert_cmpstr(text_of(missing, "text"), ==,
                    "30 data sets of domain 1 are held: the template has not come yet, for 30 s.");
    g_assert_cmpint(count_of(missing), ==, 30);
    g_assert_cmpstr(text_of(missing, "since"), ==, "2023-11-14T22:13:20.000Z");
    g_assert_cmpstr(text_of(missing, "last"), ==, "2023-11-14T22:13:49.000Z");
    g_assert_nonnull(text_of(missing, "fix"));
    json_decref(exporter);
}

static void
test_the_gravest_comes_first(void)
{
    static const char *const order[] = { "error", "warning", "info", "ok" };
    g_auto(Fixture) self;
    size_t i, place = 0;
    json_t *each;

    fixture_init(&self);
    fixture_send_bytes(&self, "\0\6garbage", 9);
    for (uint32_t n = 0; n < 10; n++)
        send_flow(&self, n * 2, true);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "diagnosis")), >, 3);
    json_array_foreach(json_object_get(exporter, "diagnosis"), i, each)
    {
        while (place < G_N_ELEMENTS(order) && strcmp(order[place], text_of(each, "severity")) != 0)
            place++;
        g_assert_cmpuint(place, <, G_N_ELEMENTS(order));
    }
    g_assert_cmpstr(text_of(json_array_get(json_object_get(exporter, "diagnosis"), 0), "code"), ==, "loss");
    json_decref(exporter);
}

static void
test_old_trouble_is_worth_a_word_and_no_warning(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    fixture_send_bytes(&self, "\0\6garbage", 9);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpstr(text_of(finding(exporter, "unknown_version"), "severity"), ==, "warning");
    assert_has(text_of(finding(exporter, "unknown_version"), "fix"), "NetFlow 8");
    json_decref(exporter);
    for (uint32_t i = 0; i < 120; i++) {
        send_flow(&self, i, i == 0);
        self.now_ms += 59 * 1000;
    }
    exporter = fixture_exporter(&self, 0);
    const json_t *old = finding(exporter, "unknown_version");
    g_assert_cmpstr(text_of(old, "severity"), ==, "info");
    g_assert_cmpstr(text_of(old, "last"), ==, "2023-11-14T22:13:20.000Z");
    g_assert_cmpint(count_of(old), ==, 1);
    g_assert_cmpstr(text_of(exporter, "state"), ==, "ok");
    g_assert_nonnull(finding(exporter, "template_refresh"));
    json_decref(exporter);
}

static void
test_loss_is_placed_where_it_was(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 30; i++)
        send_flow(&self, i < 20 ? i : i + 5, i == 0);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(strstr(text_of(finding(exporter, "loss"), "fix"), "lost on the way"));
    json_decref(exporter);

    self.drops = 40;
    for (uint32_t i = 0; i < 10; i++)
        send_flow(&self, i + 75, i == 0);
    exporter = fixture_exporter(&self, 0);
    const json_t *loss = finding(exporter, "loss");
    assert_has(text_of(loss, "text"), "Most of it was while this machine's kernel dropped datagrams.");
    assert_has(text_of(loss, "fix"), "receive buffer");
    g_assert_cmpint(count_of(loss), ==, 45);
    json_decref(exporter);
}

static void
test_loss_long_ago_is_not_grave_now(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 20; i++)
        send_flow(&self, i < 10 ? i : i + 10, i == 0);
    for (uint32_t i = 0; i < 900; i++)
        send_flow(&self, i + 30, i % 60 == 0);
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *loss = finding(exporter, "loss");
    g_assert_cmpstr(text_of(loss, "severity"), ==, "info");
    assert_has(text_of(loss, "text"), "0 (0.00 %) of them lately");
    json_decref(exporter);
}

static void
test_templates_without_flows_are_told(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 30; i++) {
        pen_v9(&pen, 86400000 + i * 1000, NOON + i, i, 1);
        pen_template_260(&pen);
        fixture_send(&self, &pen);
        self.now_ms += 1000;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpstr(text_of(finding(exporter, "no_flows"), "severity"), ==, "warning");
    json_decref(exporter);
}

static void
test_rare_templates_are_told(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 60; i++) {
        send_flow(&self, i, i % 30 == 0);
        self.now_ms += 59 * 1000;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    assert_has(text_of(finding(exporter, "template_refresh"), "text"), "only each 30 min");
    json_decref(exporter);
}

static void
test_templates_that_change_often_are_told(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 9; i++) {
        const uint16_t layout[] = { 8, 4, (uint16_t)(1 + i % 2), 4, 0 };

        pen_v9(&pen, 86400000 + i * 1000, NOON + i, i, 1);
        pen_template_set(&pen, 260, layout);
        fixture_send(&self, &pen);
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpint(count_of(finding(exporter, "templates_change")), ==, 8);
    json_decref(exporter);
}

static void
test_a_clock_off_by_a_time_zone_is_called_so(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 20; i++) {
        pen_v9(&pen, 86400000 + i * 1000, NOON + i - 7200, i, 1);
        pen_template_260(&pen);
        fixture_send(&self, &pen);
        self.now_ms += 1000;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *clock = finding(exporter, "clock");
    g_assert_cmpstr(text_of(clock, "text"), ==, "Its clock is 2 h behind ours.");
    assert_has(text_of(clock, "fix"), "local time");
    json_decref(exporter);
}

static void
test_large_datagrams_are_told(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 86400000, NOON, 0, 1);
    pen_template_260(&pen);
    for (int i = 0; i < 100; i++)
        pen_data_260(&pen);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpint(count_of(finding(exporter, "fragmented")), ==, 1);
    json_decref(exporter);
}

static void
test_what_the_queue_could_not_take_is_told(void)
{
    g_auto(Fixture) self;
    g_autoptr(FlowBatch) dropped = flow_batch_new();

    fixture_init(&self);
    send_flow(&self, 0, true);
    dropped->n = 7;
    for (int i = 0; i < 7; i++)
        dropped->records[i] = (FlowRecord){ .exporter = 0 };
    decoder_count_queue_full(self.decoder, dropped);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpint(count_of(finding(exporter, "queue_full")), ==, 7);
    g_assert_cmpstr(text_of(finding(exporter, "queue_full"), "severity"), ==, "error");
    json_decref(exporter);
}

/* Sampler 1 samples one in 500; whether records name it is in @layout. */
static const json_t *
sampler_case(Fixture *self, const uint16_t *layout, const char *code, json_t **exporter)
{
    Pen pen;

    fixture_init(self);
    pen_ipfix(&pen, NOON, 0, 1);
    pen_options_template_set(&pen, 256, 1, (const uint16_t[]){ 302, 4, 50, 4, 0 });
    size_t set = pen_set(&pen, 256);
    pen_put(&pen, 1, 4);
    pen_put(&pen, 500, 4);
    pen_end(&pen, set);
    pen_template_set(&pen, 300, layout);
    set = pen_set(&pen, 300);
    pen_ip(&pen, "198.51.100.1");
    pen_put(&pen, 9, 4); /* octets, or a sampler that is not in the table */
    pen_end(&pen, set);
    fixture_send(self, &pen);
    *exporter = fixture_exporter(self, 0);
    return finding(*exporter, code);
}

static void
test_samplers_that_do_not_fit_are_told(void)
{
    static const uint16_t without[] = { 8, 4, 1, 4, 0 }, with[] = { 8, 4, 302, 4, 0 };
    g_auto(Fixture) self, other;
    json_t *exporter;

    g_assert_cmpstr(text_of(sampler_case(&self, without, "sampler_not_named", &exporter), "severity"), ==,
                    "warning");
    json_decref(exporter);
    g_assert_nonnull(sampler_case(&other, with, "sampler_unknown", &exporter));
    json_decref(exporter);
}

static void
test_what_it_lost_itself_is_told(void)
{
    static const uint16_t layout[] = { 144, 4, 166, 8, 0 }; /* notSentFlowTotalCount */
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, NOON, 0, 1);
    pen_options_template_set(&pen, 256, 1, layout);
    size_t set = pen_set(&pen, 256);
    pen_put(&pen, 1, 4);
    pen_put(&pen, 4711, 8);
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpint(count_of(finding(exporter, "not_sent")), ==, 4711);
    json_decref(exporter);
}

static void
test_a_reboot_is_told(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    send_flow(&self, 900, true);
    self.now_ms += 300 * 1000;
    pen_v9(&pen, 60000, (uint32_t)(self.now_ms / 1000), 0, 1);
    pen_template_260(&pen);
    fixture_send(&self, &pen);
    self.now_ms += 7200 * 1000;
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpstr(text_of(finding(exporter, "rebooted"), "text"), ==,
                    "It was started anew 2 h ago (seen 1 time in all).");
    json_decref(exporter);
}

/* Counters say a megabyte a second for a minute, samples say @sampled_per_s. */
static bool
is_contradicted(Fixture *self, uint64_t sampled_per_s)
{
    FlowRecord record = { .octets = sampled_per_s * 60, .sampling = 1, .in_if = 17 };

    fixture_init(self);
    send_flow(self, 0, true);
    Exporter *exporter = (Exporter *)exporter_table_get(decoder_exporters(self->decoder), 0);
    for (uint64_t minute = 0; minute < 2; minute++) {
        exporter_count_interface(exporter, 17, &(InterfaceCounters){ .in_octets = minute * 60000000 },
                                 self->now_ms);
        exporter_sample_interfaces(exporter, &record);
        self->now_ms += 60000;
    }
    json_t *json = fixture_exporter(self, 0);
    const json_t *found = finding(json, "sampling_contradicted");
    bool is_found = found != NULL && strcmp(text_of(found, "severity"), "warning") == 0;
    json_decref(json);
    return is_found;
}

static void
test_counters_that_contradict_the_samples_are_told(void)
{
    g_auto(Fixture) same, a_bit_more, tenfold, tenth;

    g_assert_false(is_contradicted(&same, 1000000));
    g_assert_false(is_contradicted(&a_bit_more, 1500000));
    g_assert_true(is_contradicted(&tenfold, 10000000));
    g_assert_true(is_contradicted(&tenth, 100000));
}

/* Both count on from @apart to each other, 100 datagrams in ten seconds, for @minutes. */
static json_t *
play_two(Fixture *self, uint32_t boots_apart_ms, uint32_t apart, uint32_t minutes)
{
    const IpAddress addresses[2] = { ip_from_v4(0xc0000201), ip_from_v4(0xc0000202) };
    Pen pen;

    fixture_init(self);
    for (uint32_t i = 0; i < minutes * 60 * 10; i++) {
        for (uint32_t who = 0; who < 2; who++) {
            pen_v9(&pen, 86400000 + i * 100 - who * boots_apart_ms, (uint32_t)(self->now_ms / 1000),
                   1000 + i + who * apart, 7);
            if (i % 600 == 0)
                pen_template_260(&pen);
            pen_data_260(&pen);
            self->source = addresses[who];
            fixture_send(self, &pen);
        }
        self->now_ms += 100;
    }
    return fixture_exporter(self, 0);
}

static void
test_one_router_under_two_addresses_is_told(void)
{
    g_auto(Fixture) same, later, elsewhere;
    json_t *exporter = play_two(&same, 0, 1, 7);

    assert_has(text_of(finding(exporter, "same_router"), "text"), "the same router as 192.0.2.2:");
    json_decref(exporter);
    exporter = play_two(&later, 60000, 1, 7); /* started a minute later */
    g_assert_null(finding(exporter, "same_router"));
    json_decref(exporter);
    exporter = play_two(&elsewhere, 0, 5000, 7); /* switched on together, and busy in different ways */
    g_assert_null(finding(exporter, "same_router"));
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/diagnosis/held-data-is-told-with-its-age-and-number",
                    test_held_data_is_told_with_its_age_and_number);
    g_test_add_func("/collector/diagnosis/the-gravest-comes-first", test_the_gravest_comes_first);
    g_test_add_func("/collector/diagnosis/old-trouble-is-worth-a-word-and-no-warning",
                    test_old_trouble_is_worth_a_word_and_no_warning);
    g_test_add_func("/collector/diagnosis/loss-is-placed-where-it-was", test_loss_is_placed_where_it_was);
    g_test_add_func("/collector/diagnosis/loss-long-ago-is-not-grave-now",
                    test_loss_long_ago_is_not_grave_now);
    g_test_add_func("/collector/diagnosis/templates-without-flows-are-told",
                    test_templates_without_flows_are_told);
    g_test_add_func("/collector/diagnosis/rare-templates-are-told", test_rare_templates_are_told);
    g_test_add_func("/collector/diagnosis/templates-that-change-often-are-told",
                    test_templates_that_change_often_are_told);
    g_test_add_func("/collector/diagnosis/a-clock-off-by-a-time-zone-is-called-so",
                    test_a_clock_off_by_a_time_zone_is_called_so);
    g_test_add_func("/collector/diagnosis/large-datagrams-are-told", test_large_datagrams_are_told);
    g_test_add_func("/collector/diagnosis/what-the-queue-could-not-take-is-told",
                    test_what_the_queue_could_not_take_is_told);
    g_test_add_func("/collector/diagnosis/samplers-that-do-not-fit-are-told",
                    test_samplers_that_do_not_fit_are_told);
    g_test_add_func("/collector/diagnosis/what-it-lost-itself-is-told", test_what_it_lost_itself_is_told);
    g_test_add_func("/collector/diagnosis/a-reboot-is-told", test_a_reboot_is_told);
    g_test_add_func("/collector/diagnosis/one-router-under-two-addresses-is-told",
                    test_one_router_under_two_addresses_is_told);
    g_test_add_func("/collector/diagnosis/counters-that-contradict-the-samples-are-told",
                    test_counters_that_contradict_the_samples_are_told);
    return g_test_run();
}
