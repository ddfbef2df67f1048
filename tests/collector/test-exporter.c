/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-exporter.c - an exporter as the API shows it: state, clock, loss, refusals, rates */
#include "tests/collector/fixture.h"

static void
pen_flow(Pen *pen, uint32_t sequence, uint32_t seconds)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 10, 4, 0 };

    pen_v9(pen, 86400000, seconds, sequence, 1);
    pen_template_set(pen, 260, layout);
    size_t set = pen_set(pen, 260);
    pen_ip(pen, "198.51.100.1");
    pen_put(pen, 1000, 4);
    pen_put(pen, 17, 4);
    pen_end(pen, set);
}

static void
test_a_sound_exporter_is_called_so(void)
{
    static const char *const keys[] = { "index",     "address",  "name",    "protocol",   "state",
                                        "firstSeen", "lastSeen", "domains", "sampling",   "clockSkewSeconds",
                                        "bootTime",  "rates",    "books",   "interfaces", "diagnosis" };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_flow(&pen, 0, 1700000000);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        g_assert_nonnull(json_object_get(exporter, keys[i]));
    g_assert_cmpstr(text_of(exporter, "address"), ==, "192.0.2.1");
    g_assert_cmpstr(text_of(exporter, "protocol"), ==, "netflow9");
    g_assert_cmpstr(text_of(exporter, "state"), ==, "ok");
    g_assert_cmpstr(text_of(exporter, "bootTime"), ==, "2023-11-13T22:13:20.000Z");
    g_assert_nonnull(finding(exporter, "ok"));
    g_assert_nonnull(finding(exporter, "sampling_unknown")); /* it is said, not guessed */
    g_assert_true(json_is_null(json_object_get(json_object_get(exporter, "sampling"), "rate")));
    const json_t *domain = json_array_get(json_object_get(exporter, "domains"), 0);
    g_assert_cmpint(json_integer_value(json_object_get(domain, "templates")), ==, 1);
    json_decref(exporter);
}

static void
test_a_wrong_clock_is_measured_in_the_middle(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 7; i++) {
        pen_flow(&pen, i, i == 3 ? 1600000000 : 1700000000 - 90); /* one datagram is far off: not the clock */
        fixture_send(&self, &pen);
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpfloat(json_real_value(json_object_get(exporter, "clockSkewSeconds")), ==, -90.0);
    g_assert_cmpstr(text_of(finding(exporter, "clock"), "text"), ==, "Its clock is 90 s behind ours.");
    g_assert_cmpstr(text_of(exporter, "state"), ==, "warning");
    json_decref(exporter);
}

static void
test_loss_is_told_with_its_share(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 9; i++) {
        pen_flow(&pen, i == 8 ? 9 : i, 1700000000);
        fixture_send(&self, &pen);
    }
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *loss = finding(exporter, "loss");
    g_assert_nonnull(loss);
    g_assert_nonnull(strstr(text_of(loss, "text"), "1 datagram did not arrive (10.00 %)"));
    g_assert_cmpstr(text_of(loss, "severity"), ==, "error");
    json_decref(exporter);
}

static void
test_silence_is_told(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_flow(&pen, 0, 1700000000);
    fixture_send(&self, &pen);
    self.now_ms += 10 * 60 * 1000;
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpstr(text_of(exporter, "state"), ==, "silent");
    g_assert_cmpstr(text_of(finding(exporter, "silent"), "text"), ==, "Nothing has come from it for 10 min.");
    json_decref(exporter);
}

static void
test_what_is_refused_is_told_with_its_reason(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    fixture_send_bytes(&self, "\0\6garbage", 9);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "unknown_version"));
    const json_t *books = json_object_get(exporter, "books");
    g_assert_cmpint(json_integer_value(json_object_get(books, "difference")), ==, 0);
    g_assert_cmpint(
        json_integer_value(json_object_get(json_object_get(books, "refusedBy"), "unknown_version")), ==, 1);
    json_decref(exporter);
}

static void
test_rates_are_those_of_the_last_seconds(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i <= 20; i++) {
        pen_flow(&pen, i, 1700000000);
        fixture_send(&self, &pen);
        self.now_ms += 1000;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *rates = json_object_get(exporter, "rates");
    g_assert_cmpfloat(json_real_value(json_object_get(rates, "datagramsPerSecond")), ==, 1.0);
    g_assert_cmpfloat(json_real_value(json_object_get(rates, "octetsPerSecond")), ==, 1000.0);
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/exporter/a-sound-exporter-is-called-so", test_a_sound_exporter_is_called_so);
    g_test_add_func("/collector/exporter/a-wrong-clock-is-measured-in-the-middle",
                    test_a_wrong_clock_is_measured_in_the_middle);
    g_test_add_func("/collector/exporter/loss-is-told-with-its-share", test_loss_is_told_with_its_share);
    g_test_add_func("/collector/exporter/silence-is-told", test_silence_is_told);
    g_test_add_func("/collector/exporter/what-is-refused-is-told-with-its-reason",
                    test_what_is_refused_is_told_with_its_reason);
    g_test_add_func("/collector/exporter/rates-are-those-of-the-last-seconds",
                    test_rates_are_those_of_the_last_seconds);
    return g_test_run();
}
