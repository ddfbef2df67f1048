/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-window.c - every byte of a flow lands in a window of its time */
#include "scoring/window.h"

#include <glib.h>
#include <math.h>

static void
test_windows_are_numbered_from_1970_wherever_time_stands(void)
{
    const int64_t lengths[] = { 10000, 300000, 3600000, 86400000 };

    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++)
        for (int64_t first = 0; first <= 20000; first += 5000) {
            WindowGrid grid = { .length_ms = lengths[i], .first = first };
            int64_t open = first * lengths[i];
            const int64_t times[] = { 0,
                                      open,
                                      open + 1,
                                      open + lengths[i] - 1,
                                      open / 2,
                                      open + (int64_t)UINT32_MAX,
                                      open + (int64_t)UINT32_MAX + 1,
                                      open * 3 + 7 };
            for (guint t = 0; t < G_N_ELEMENTS(times); t++)
                g_assert_cmpint(window_number(&grid, times[t]), ==, times[t] / lengths[i]);
        }
}

static void
test_every_byte_of_a_long_flow_lands_in_an_open_window(void)
{
    WindowGrid grid = { .length_ms = 300000, .first = 1000 };
    WindowSpread spread;
    int64_t open = grid.first * grid.length_ms;

    g_assert_false(window_spread(&grid, open - 600000, open - 1, &spread)); /* over before */
    g_assert_true(window_spread(&grid, open - 7200000, open + 450000, &spread));
    g_assert_cmpint(spread.from, ==, 1000);
    g_assert_cmpint(spread.to, ==, 1001);
    g_assert_cmpfloat(fabs(spread.share[0] + spread.share[1] - 1), <, 1e-12);
    g_assert_cmpfloat(fabs(spread.share[0] - 2.0 / 3), <, 1e-12);
    g_assert_true(window_spread(&grid, open + 5, open + 5, &spread));
    g_assert_cmpfloat(spread.share[0], ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/window/windows-are-numbered-from-1970-wherever-time-stands",
                    test_windows_are_numbered_from_1970_wherever_time_stands);
    g_test_add_func("/scoring/window/every-byte-of-a-long-flow-lands-in-an-open-window",
                    test_every_byte_of_a_long_flow_lands_in_an_open_window);
    return g_test_run();
}
