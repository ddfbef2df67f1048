/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-uptime.c - wraps, reboots and clocks that are set are told from each other */
#include "collector/uptime.h"
#include "tests/collector/fixture.h"

#define NOON INT64_C(1700000000000) /* the fixture's clock begins there */

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

/* One datagram after another: how long it has taken by the exporter's clock and by ours, and what the counter
 * says. */
typedef struct Step {
    int64_t exported_ms, received_ms;
    uint32_t uptime;
    UptimeNews news;
} Step;

static Uptime
play(const Step *steps, size_t n)
{
    Uptime uptime = { 0 };
    int64_t export_ms = NOON, received_ms = NOON;

    for (size_t i = 0; i < n; i++) {
        export_ms += steps[i].exported_ms;
        received_ms += steps[i].received_ms;
        UptimeNews news = uptime_note(&uptime, steps[i].uptime, export_ms, received_ms);
        if (news != steps[i].news)
            g_error("step %zu is %d, not %d", i, (int)news, (int)steps[i].news);
    }
    return uptime;
}

static void
test_a_wrap_is_no_reboot(void)
{
    static const Step steps[] = {
        { 0, 0, UINT32_MAX - 999, UPTIME_RUNS },
        { 2000, 2000, 1000, UPTIME_WRAPPED },
        { 1000, 1000, 2000, UPTIME_RUNS },
    };
    Uptime uptime = play(steps, G_N_ELEMENTS(steps));

    g_assert_cmpuint(uptime.wraps, ==, 1);
    g_assert_cmpint(uptime_boot_ms(&uptime), ==, NOON - UINT32_MAX + 999); /* it has run all the while */
}

static void
test_a_wrap_during_a_long_silence_is_no_reboot(void)
{
    static const Step steps[] = {
        { 0, 0, UINT32_MAX - 3 * HOUR, UPTIME_RUNS },
        { 8 * HOUR, 8 * HOUR, 5 * HOUR - 1, UPTIME_WRAPPED },
    };

    play(steps, G_N_ELEMENTS(steps));
}

static void
test_a_wrap_is_seen_while_a_clock_is_set(void)
{
    static const Step steps[] = {
        { 0, 0, UINT32_MAX - 3 * HOUR, UPTIME_RUNS },
        { 100 * (int64_t)HOUR, 4 * HOUR, HOUR, UPTIME_WRAPPED }, /* NTP has come at last */
        { 24 * (int64_t)HOUR, 10, 25 * HOUR, UPTIME_RUNS },      /* a capture that is played fast */
    };

    play(steps, G_N_ELEMENTS(steps));
}

static void
test_begun_anew_is_a_reboot(void)
{
    static const Step steps[] = {
        { 0, 0, 30u * 24 * HOUR, UPTIME_RUNS },
        { 4 * MINUTE, 4 * MINUTE, 20 * 1000, UPTIME_REBOOTED },
        { 10 * 1000, 10 * 1000, 30 * 1000, UPTIME_RUNS },
        { 25 * 1000, 25 * 1000, 5 * 1000, UPTIME_REBOOTED }, /* again, at once */
    };
    Uptime uptime = play(steps, G_N_ELEMENTS(steps));

    g_assert_cmpint(uptime_boot_ms(&uptime), ==, NOON + 4 * MINUTE + 30 * 1000);
}

static void
test_a_reboot_is_seen_though_the_counter_has_grown(void)
{
    static const Step steps[] = {
        { 0, 0, 10 * MINUTE, UPTIME_RUNS },
        { 60 * MINUTE, 60 * MINUTE, 40 * MINUTE, UPTIME_REBOOTED },
    };

    play(steps, G_N_ELEMENTS(steps));
}

static void
test_a_reboot_just_before_the_wrap_is_told_from_it(void)
{
    static const Step steps[] = {
        { 0, 0, UINT32_MAX - 10 * HOUR, UPTIME_RUNS },
        { 5 * MINUTE, 5 * MINUTE, MINUTE, UPTIME_REBOOTED },
    };

    play(steps, G_N_ELEMENTS(steps));
}

static void
test_a_datagram_that_was_overtaken_changes_nothing(void)
{
    static const Step steps[] = {
        { 0, 0, HOUR, UPTIME_RUNS },
        { 2000, 2000, HOUR + 2000, UPTIME_RUNS },
        { -1000, 10, HOUR + 1000, UPTIME_OVERTAKEN },
        { 2000, 1000, HOUR + 3000, UPTIME_RUNS },
    };

    play(steps, G_N_ELEMENTS(steps));
}

static void
test_a_clock_that_is_set_is_no_reboot(void)
{
    static const Step steps[] = {
        { 0, 0, 100 * HOUR, UPTIME_RUNS },
        { 3600 * 1000, 1000, 100 * HOUR + 1000, UPTIME_RUNS },
        { -7200 * 1000, 1000, 100 * HOUR + 2000, UPTIME_RUNS },
    };

    play(steps, G_N_ELEMENTS(steps));
}

/* Both clocks were set while nothing came; but that a reboot falls into just this hour of 49.7 days is less
 * likely. */
static void
test_begun_anew_next_to_the_wrap_is_a_wrap(void)
{
    static const Step steps[] = {
        { 0, 0, UINT32_MAX - 30 * MINUTE, UPTIME_RUNS },
        { 10 * HOUR, 20 * HOUR, 20 * MINUTE, UPTIME_WRAPPED },
    };

    play(steps, G_N_ELEMENTS(steps));
}

/* A v9 datagram with a flow that began @began_ms and ended @ended_ms before the export. */
static void
send_flow(Fixture *self, uint32_t uptime, uint32_t sequence, uint32_t began_ms, uint32_t ended_ms)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 22, 4, 21, 4, 0 };
    Pen pen;

    pen_v9(&pen, uptime, (uint32_t)(self->now_ms / 1000), sequence, 1);
    pen_template_set(&pen, 260, layout);
    size_t set = pen_set(&pen, 260);
    pen_ip(&pen, "198.51.100.1");
    pen_put(&pen, 1000, 4);
    pen_put(&pen, uptime - began_ms, 4);
    pen_put(&pen, uptime - ended_ms, 4);
    pen_end(&pen, set);
    fixture_send(self, &pen);
}

static void
test_flows_keep_their_times_over_the_wrap(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 100; i++) { /* from 100 s before the wrap to 100 s behind it */
        int64_t start_ms = self.now_ms - 60000, end_ms = self.now_ms - 1000;

        send_flow(&self, UINT32_MAX - 100000 + i * 2000, i, 60000, 1000);
        g_assert_cmpint(fixture_flow(&self, i)->start_ms, ==, start_ms);
        g_assert_cmpint(fixture_flow(&self, i)->end_ms, ==, end_ms);
        self.now_ms += 2000;
    }
    g_assert_cmpuint(fixture_books(&self).sequence_resets, ==, 0);
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 0);
    json_t *exporter = fixture_exporter(&self, 0);
    /* Its start does not jump by 49.7 days. */
    g_assert_cmpstr(json_string_value(json_object_get(exporter, "bootTime")), ==, "2023-09-26T05:12:12.705Z");
    json_decref(exporter);
}

static void
test_a_rebooted_exporter_counts_anew_without_loss(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 5; i++) {
        send_flow(&self, 40u * 24 * HOUR + i * 1000, 5000 + i, 60000, 1000);
        self.now_ms += 1000;
    }
    self.now_ms += 3 * MINUTE;
    for (uint32_t i = 0; i < 5; i++) {
        send_flow(&self, 60000 + i * 1000, i, 20000, 1000);
        self.now_ms += 1000;
    }
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 0);
    g_assert_cmpuint(fixture_books(&self).sequence_duplicates, ==, 0);
    g_assert_cmpint(fixture_flow(&self, 9)->start_ms, ==, self.now_ms - 1000 - 20000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/uptime/begun-anew-next-to-the-wrap-is-a-wrap",
                    test_begun_anew_next_to_the_wrap_is_a_wrap);
    g_test_add_func("/collector/uptime/a-wrap-is-no-reboot", test_a_wrap_is_no_reboot);
    g_test_add_func("/collector/uptime/a-wrap-during-a-long-silence-is-no-reboot",
                    test_a_wrap_during_a_long_silence_is_no_reboot);
    g_test_add_func("/collector/uptime/a-wrap-is-seen-while-a-clock-is-set",
                    test_a_wrap_is_seen_while_a_clock_is_set);
    g_test_add_func("/collector/uptime/begun-anew-is-a-reboot", test_begun_anew_is_a_reboot);
    g_test_add_func("/collector/uptime/a-reboot-is-seen-though-the-counter-has-grown",
                    test_a_reboot_is_seen_though_the_counter_has_grown);
    g_test_add_func("/collector/uptime/a-reboot-just-before-the-wrap-is-told-from-it",
                    test_a_reboot_just_before_the_wrap_is_told_from_it);
    g_test_add_func("/collector/uptime/a-datagram-that-was-overtaken-changes-nothing",
                    test_a_datagram_that_was_overtaken_changes_nothing);
    g_test_add_func("/collector/uptime/a-clock-that-is-set-is-no-reboot",
                    test_a_clock_that_is_set_is_no_reboot);
    g_test_add_func("/collector/uptime/flows-keep-their-times-over-the-wrap",
                    test_flows_keep_their_times_over_the_wrap);
    g_test_add_func("/collector/uptime/a-rebooted-exporter-counts-anew-without-loss",
                    test_a_rebooted_exporter_counts_anew_without_loss);
    return g_test_run();
}
