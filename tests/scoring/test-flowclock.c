/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-flowclock.c - flow time follows the exporters, and no single one far ahead */
#include "scoring/flowclock.h"

#include <glib.h>

static const int64_t noon = 1767614400000, minute = 60000, hour = 3600000;

static void
test_time_follows_the_exporters(void)
{
    FlowClock clock = { 0 };

    for (int i = 0; i < 100; i++)
        g_assert_cmpint(flow_clock_see(&clock, (uint32_t)i % 3, noon + i * minute), ==, CLOCK_GOOD);
    g_assert_cmpint(clock.now_ms, ==, noon + 99 * minute);
    flow_clock_see(&clock, 1, noon);
    g_assert_cmpint(clock.now_ms, ==, noon + 99 * minute); /* late records do not turn it back */
}

static void
test_one_clock_far_ahead_moves_nothing_while_others_speak(void)
{
    FlowClock clock = { 0 };

    flow_clock_see(&clock, 0, noon);
    for (int i = 1; i < 200; i++) {
        g_assert_cmpint(flow_clock_see(&clock, 0, noon + i * minute), ==, CLOCK_GOOD);
        g_assert_cmpint(flow_clock_see(&clock, 1, noon + 400 * 24 * hour + i * minute), ==, CLOCK_FUTURE);
    }
    g_assert_cmpint(clock.now_ms, ==, noon + 199 * minute);
    g_assert_cmpuint(clock.future_records, ==, 199);
}

static void
test_two_exporters_together_jump(void)
{
    FlowClock clock = { 0 };

    flow_clock_see(&clock, 0, noon);
    g_assert_cmpint(flow_clock_see(&clock, 0, noon + 10 * hour), ==, CLOCK_FUTURE);
    g_assert_cmpint(flow_clock_see(&clock, 1, noon + 10 * hour), ==, CLOCK_GOOD);
    g_assert_cmpint(clock.now_ms, ==, noon + 10 * hour);
}

static void
test_a_lone_exporter_goes_on_after_a_night_off(void)
{
    FlowClock clock = { 0 };
    int refused = 0;

    flow_clock_see(&clock, 0, noon);
    for (int i = 0; i < 20; i++)
        refused += flow_clock_see(&clock, 0, noon + 12 * hour + i * minute) == CLOCK_FUTURE;
    g_assert_cmpint(refused, ==, FLOW_CLOCK_VOTES - 1);
    g_assert_cmpint(clock.now_ms, ==, noon + 12 * hour + 19 * minute);
}

static void
test_a_wrong_first_exporter_is_outvoted(void)
{
    FlowClock clock = { 0 };

    flow_clock_see(&clock, 0, noon + 90 * 24 * hour);
    g_assert_cmpint(flow_clock_see(&clock, 1, noon), ==, CLOCK_GOOD);
    g_assert_cmpint(flow_clock_see(&clock, 2, noon + minute), ==, CLOCK_BACK);
    g_assert_cmpint(clock.now_ms, ==, noon + minute);
    g_assert_cmpint(flow_clock_see(&clock, 0, noon + 90 * 24 * hour), ==, CLOCK_FUTURE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/flowclock/time-follows-the-exporters", test_time_follows_the_exporters);
    g_test_add_func("/scoring/flowclock/one-clock-far-ahead-moves-nothing-while-others-speak",
                    test_one_clock_far_ahead_moves_nothing_while_others_speak);
    g_test_add_func("/scoring/flowclock/two-exporters-together-jump", test_two_exporters_together_jump);
    g_test_add_func("/scoring/flowclock/a-lone-exporter-goes-on-after-a-night-off",
                    test_a_lone_exporter_goes_on_after_a_night_off);
    g_test_add_func("/scoring/flowclock/a-wrong-first-exporter-is-outvoted",
                    test_a_wrong_first_exporter_is_outvoted);
    return g_test_run();
}
