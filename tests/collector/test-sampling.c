/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sampling.c - which rate holds for a record: of its time, its selector, its sampler */
#include "collector/sampling.h"
#include "tests/collector/fixture.h"

enum { NOON = 1700000000 }; /* seconds; the fixture's clock begins there */

static void
test_a_changed_rate_holds_from_its_time_on(void)
{
    TimedRate rate = { 0 };

    g_assert_true(timed_rate_note(&rate, 1000, 50000));
    g_assert_cmpuint(timed_rate_at(&rate, 10000), ==, 1000); /* nothing else is known of that time */
    g_assert_true(timed_rate_note(&rate, 100, 90000));
    g_assert_cmpuint(timed_rate_at(&rate, 89999), ==, 1000);
    g_assert_cmpuint(timed_rate_at(&rate, 90000), ==, 100);
    g_assert_false(timed_rate_note(&rate, 100, 120000)); /* repeated */
    g_assert_cmpuint(timed_rate_at(&rate, 90000), ==, 100);
    g_assert_false(timed_rate_note(&rate, 0, 120000)); /* says nothing */
    g_assert_cmpuint(timed_rate_at(&rate, 120000), ==, 100);
}

static void
test_options_data_that_was_overtaken_changes_nothing(void)
{
    TimedRate rate = { 0 };

    timed_rate_note(&rate, 1000, 50000);
    timed_rate_note(&rate, 100, 90000);
    g_assert_false(timed_rate_note(&rate, 1000, 80000));
    g_assert_cmpuint(timed_rate_at(&rate, 95000), ==, 100);
    g_assert_cmpuint(timed_rate_at(&rate, 85000), ==, 1000);
    g_assert_false(timed_rate_note(&rate, 100, 70000)); /* said again as of earlier: it held then already */
    g_assert_cmpuint(timed_rate_at(&rate, 75000), ==, 100);
}

static void
test_a_clock_that_was_set_back_does_not_freeze_the_rate(void)
{
    TimedRate rate = { 0 };

    timed_rate_note(&rate, 1000, INT64_C(1700000000000));
    timed_rate_note(&rate, 100, INT64_C(1800000000000)); /* a clock that is years ahead, then is mended */
    g_assert_cmpuint(timed_rate_at(&rate, INT64_C(1700000100000)), ==, 100);
    g_assert_true(timed_rate_note(&rate, 500, INT64_C(1700000100000)));
    g_assert_cmpuint(timed_rate_at(&rate, INT64_C(1700000100000)), ==, 500);
}

static void
test_a_map_of_rates_is_bounded(void)
{
    RateMap map = { 0 };
    uint32_t before;

    for (uint32_t key = 1; key <= RATE_MAP_MOST; key++)
        g_assert_true(rate_map_note(&map, key, key, 0, &before));
    g_assert_false(rate_map_note(&map, 1u << 20, 7, 0, NULL));
    g_assert_cmpuint(rate_map_at(&map, 1u << 20, 0), ==, 0);
    for (uint32_t key = 1; key <= RATE_MAP_MOST; key++)
        g_assert_cmpuint(rate_map_at(&map, key, 0), ==, key);
    g_assert_true(rate_map_note(&map, 5, 99, 1, &before)); /* those that are there still change */
    g_assert_cmpuint(before, ==, 5);
    rate_map_clear(&map);
}

/* Every way in which RFC 5477 and the vendors say one in a hundred, and what says nothing. */
static void
test_every_kind_of_selector_gives_its_rate(void)
{
    static const struct {
        const char *what;
        Selector selector;
        uint32_t rate;
    } cases[] = {
        { "samplingInterval", { .interval = 100 }, 100 },
        { "byte-swapped", { .interval = 0x64000000 }, 100 },
        { "count-based",
          { .algorithm = 1, .packet_interval = 1, .packet_space = 99, .has_packet_space = true },
          100 },
        { "count-based, in bursts",
          { .algorithm = 1, .packet_interval = 10, .packet_space = 990, .has_packet_space = true },
          100 },
        { "time-based", { .algorithm = 2, .time_interval = 1000, .time_space = 99000 }, 100 },
        { "n out of N", { .algorithm = 3, .size = 5, .population = 500 }, 100 },
        { "probability", { .algorithm = 4, .probability = 0.01 }, 100 },
        { "not a probability", { .algorithm = 4, .probability = 1.5 }, 0 },
        { "a filter", { .algorithm = 5, .interval = 100 }, 0 },
        { "hash",
          { .algorithm = 6,
            .output_most = 9999,
            .selected_least = 500,
            .selected_most = 599,
            .has_output = true,
            .has_selected = true },
          100 },
        { "hash of the whole 64 bits",
          { .algorithm = 8,
            .output_most = UINT64_MAX,
            .selected_most = UINT64_MAX / 100,
            .has_output = true,
            .has_selected = true },
          100 },
        { "hash that selects nothing",
          { .algorithm = 7, .output_most = 9, .selected_least = 5, .has_output = true, .has_selected = true },
          0 },
        { "hash without its output range", { .algorithm = 6, .selected_most = 9, .has_selected = true }, 0 },
        { "every packet", { .algorithm = 1, .packet_interval = 1, .has_packet_space = true }, 1 },
        { "IOS XR", { .algorithm = 3, .packet_interval = 1, .size = 1, .population = 100 }, 100 },
        { "IOS XR that does not say it", { .algorithm = 3, .packet_interval = 1 }, 0 },
        { "nothing at all", { 0 }, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool is_swapped;
        uint32_t rate = selector_rate(&cases[i].selector, &is_swapped);

        if (rate != cases[i].rate)
            g_error("%s: one in %u, not one in %u", cases[i].what, rate, cases[i].rate);
        g_assert_cmpint(is_swapped, ==, strcmp(cases[i].what, "byte-swapped") == 0);
    }
}

/* The rest of the way: from options data on the wire to the rate of a record. */

static void
pen_rate(Pen *pen, uint32_t rate)
{
    static const uint16_t options[] = { 304, 4, 305, 4, 306, 4, 0 }; /* scope algorithm; interval, space */

    pen_options_template_set(pen, 256, 1, options);
    size_t set = pen_set(pen, 256);
    pen_put(pen, 1, 4);
    pen_put(pen, 1, 4);
    pen_put(pen, rate - 1, 4);
    pen_end(pen, set);
}

static void
pen_flow(Pen *pen)
{
    size_t set = pen_set(pen, 300);

    pen_ip(pen, "198.51.100.1");
    pen_put(pen, 1000, 4);
    pen_end(pen, set);
}

static void
pen_flow_template(Pen *pen)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 0 };

    pen_template_set(pen, 300, layout);
}

static void
test_what_was_held_gets_the_rate_of_its_time(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, NOON, 0, 1);
    pen_rate(&pen, 1000);
    pen_flow(&pen); /* its template comes later */
    fixture_send(&self, &pen);
    self.now_ms += 120 * 1000;
    pen_ipfix(&pen, NOON + 120, 2, 1);
    pen_rate(&pen, 50);
    pen_flow_template(&pen);
    pen_flow(&pen);
    fixture_send(&self, &pen);
    pen_ipfix(&pen, NOON + 110, 4, 1); /* was overtaken */
    pen_flow(&pen);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 1000); /* late */
    g_assert_cmpuint(fixture_flow(&self, 1)->sampling, ==, 50);
    g_assert_cmpuint(fixture_flow(&self, 2)->sampling, ==, 1000);
    g_assert_cmpuint(fixture_books(&self).late_records, ==, 1);
}

static const json_t *
history(const json_t *exporter)
{
    return json_object_get(json_object_get(exporter, "sampling"), "history");
}

static json_int_t
number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void
test_the_last_sixteen_changes_are_told_with_time_and_source(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 20; i++) {
        pen_ipfix(&pen, NOON + i * 120, i, 1);
        pen_rate(&pen, 100 + i);
        fixture_send(&self, &pen);
        fixture_send(&self, &pen); /* repeated: no change */
    }
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *changes = history(exporter), *newest = json_array_get(changes, 0);
    g_assert_cmpuint(json_array_size(changes), ==, SAMPLING_HISTORY);
    g_assert_cmpint(number_of(newest, "rate"), ==, 119);
    g_assert_cmpint(number_of(newest, "before"), ==, 118);
    g_assert_cmpint(number_of(newest, "domain"), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(newest, "source")), ==, "domain");
    g_assert_cmpstr(json_string_value(json_object_get(newest, "time")), ==, "2023-11-14T22:51:20.000Z");
    json_decref(exporter);
}

static void
test_rates_and_their_history_survive_a_restart(void)
{
    g_auto(Fixture) before, after;
    Pen pen;

    fixture_init(&before);
    fixture_init(&after);
    pen_ipfix(&pen, NOON, 0, 1);
    pen_rate(&pen, 1000);
    pen_flow_template(&pen);
    fixture_send(&before, &pen);
    pen_ipfix(&pen, NOON + 120, 1, 1);
    pen_rate(&pen, 50);
    fixture_send(&before, &pen);
    g_autoptr(GBytes) state = decoder_save(before.decoder);
    g_assert_true(decoder_restore(after.decoder, state, NULL));
    pen_ipfix(&pen, NOON + 60, 2, 1);
    pen_flow(&pen);
    fixture_send(&after, &pen);
    g_assert_cmpuint(fixture_flow(&after, 0)->sampling, ==, 1000);
    json_t *exporter = fixture_exporter(&after, 0);
    g_assert_cmpuint(json_array_size(history(exporter)), ==, 2);
    g_assert_cmpint(number_of(json_array_get(history(exporter), 0), "rate"), ==, 50);
    json_decref(exporter);
}

static void
test_a_header_that_changes_its_rate_is_in_the_history(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 40; i++) { /* NetFlow v5, one record each */
        pen = (Pen){ 0 };
        pen_put(&pen, 5, 2);
        pen_put(&pen, 1, 2);
        pen_put(&pen, 1000 * i, 4);
        pen_put(&pen, NOON + i, 4);
        pen_put(&pen, 0, 4);
        pen_put(&pen, i, 4);
        pen_put(&pen, 0, 2);
        pen_put(&pen, i < 20 ? 0x4000 | 100 : 0x4000 | 400, 2);
        pen.n += 48;
        fixture_send(&self, &pen);
        self.now_ms += 1000;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *newest = json_array_get(history(exporter), 0);
    g_assert_cmpuint(json_array_size(history(exporter)), ==, 2);
    g_assert_cmpint(number_of(newest, "rate"), ==, 400);
    g_assert_cmpint(number_of(newest, "before"), ==, 100);
    g_assert_cmpstr(json_string_value(json_object_get(newest, "source")), ==, "header");
    g_assert_null(finding(exporter, "sampling_mixed")); /* a change is no mixture */
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/sampling/a-changed-rate-holds-from-its-time-on",
                    test_a_changed_rate_holds_from_its_time_on);
    g_test_add_func("/collector/sampling/options-data-that-was-overtaken-changes-nothing",
                    test_options_data_that_was_overtaken_changes_nothing);
    g_test_add_func("/collector/sampling/a-clock-that-was-set-back-does-not-freeze-the-rate",
                    test_a_clock_that_was_set_back_does_not_freeze_the_rate);
    g_test_add_func("/collector/sampling/a-map-of-rates-is-bounded", test_a_map_of_rates_is_bounded);
    g_test_add_func("/collector/sampling/every-kind-of-selector-gives-its-rate",
                    test_every_kind_of_selector_gives_its_rate);
    g_test_add_func("/collector/sampling/what-was-held-gets-the-rate-of-its-time",
                    test_what_was_held_gets_the_rate_of_its_time);
    g_test_add_func("/collector/sampling/the-last-sixteen-changes-are-told-with-time-and-source",
                    test_the_last_sixteen_changes_are_told_with_time_and_source);
    g_test_add_func("/collector/sampling/rates-and-their-history-survive-a-restart",
                    test_rates_and_their_history_survive_a_restart);
    g_test_add_func("/collector/sampling/a-header-that-changes-its-rate-is-in-the-history",
                    test_a_header_that_changes_its_rate_is_in_the_history);
    return g_test_run();
}
