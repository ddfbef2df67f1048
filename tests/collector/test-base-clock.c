/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-base-clock.c - times are written and read as RFC 3339 has them; a clock that is turned by hand */
#include "collector/base/clock.h"

static void
test_times_are_written_as_rfc_3339(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = { { 0, "1970-01-01T00:00:00.000Z" },
                  { 1767225600123, "2026-01-01T00:00:00.123Z" },
                  { -1, "1969-12-31T23:59:59.999Z" },
                  { 951782400000, "2000-02-29T00:00:00.000Z" },
                  { 253402300799999, "9999-12-31T23:59:59.999Z" },
                  { INT64_MAX, "0000-00-00T00:00:00.000Z" }, /* beyond what can be written */
                  { INT64_MIN, "0000-00-00T00:00:00.000Z" } };
    char text[WALL_TIME_TEXT];

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        g_assert_cmpstr(wall_time_text((WallTime){ times[i].ms }, text), ==, times[i].text);
}

static void
test_times_are_read_with_any_offset(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } times[] = { { "2026-01-01T00:00:00Z", 1767225600000 },
                  { "2026-01-01T00:00:00.5Z", 1767225600500 },
                  { "2026-01-01T10:00:00.123+10:00", 1767225600123 },
                  { "2025-12-31T19:00:00-05:00", 1767225600000 } };
    WallTime time;

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        g_assert_true(wall_time_parse(times[i].text, &time));
        g_assert_cmpint(time.ms, ==, times[i].ms);
    }
}

static void
test_nonsense_is_no_time(void)
{
    static const char *const texts[] = {
        "", "now", "2026", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00Zx"
    };
    WallTime time;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(wall_time_parse(texts[i], &time));
}

static void
test_a_manual_clock_stands_still_until_it_is_turned(void)
{
    ManualClock clock;

    manual_clock_init(&clock, (WallTime){ 1767225600000 });
    MonoTime before = clock_mono(&clock.clock);
    g_assert_cmpint(clock_wall(&clock.clock).ms, ==, 1767225600000);
    manual_clock_turn(&clock, 1500);
    g_assert_cmpint(clock_wall(&clock.clock).ms, ==, 1767225601500);
    g_assert_cmpint(clock_mono(&clock.clock).ns - before.ns, ==, 1500000000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/clock/times-are-written-as-rfc-3339", test_times_are_written_as_rfc_3339);
    g_test_add_func("/base/clock/times-are-read-with-any-offset", test_times_are_read_with_any_offset);
    g_test_add_func("/base/clock/nonsense-is-no-time", test_nonsense_is_no_time);
    g_test_add_func("/base/clock/a-manual-clock-stands-still-until-it-is-turned",
                    test_a_manual_clock_stands_still_until_it_is_turned);
    return g_test_run();
}
