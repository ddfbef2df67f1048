/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-baseline.c - what is normal in an hour of the week is learned, and not from one flood */
#include "scoring/baseline.h"

#include <glib.h>
#include <math.h>

static void
test_the_week_begins_on_monday(void)
{
    g_assert_cmpuint(baseline_hour_of_week(1767571200000), ==, 0);       /* Mon 2026-01-05 00:00 */
    g_assert_cmpuint(baseline_hour_of_week(1767571200000 - 1), ==, 167); /* Sunday, 23:59:59.999 */
    g_assert_cmpuint(baseline_hour_of_week(1767571200000 + 3600000 * (24 * 5 + 13)), ==, 133);
}

static double
office(uint32_t hour)
{
    return hour < 120 && hour % 24 >= 8 && hour % 24 < 17 ? 12 : 6;
}

static void
test_office_hours_are_learned_in_two_weeks(void)
{
    g_autofree Baseline *base = g_new0(Baseline, 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(3);

    for (uint32_t w = 0; w < 2 * 2016; w++)
        baseline_teach(base, w / 12 % 168, office(w / 12 % 168) + g_rand_double_range(random, -0.3, 0.3), 1);
    for (uint32_t hour = 0; hour < 168; hour++) {
        BaselineBand band = baseline_expect(base, hour, 1);
        g_assert_cmpfloat(fabs(band.centre - office(hour)), <, 1.5);
        g_assert_cmpfloat(band.low, <=, band.expected);
        g_assert_cmpfloat(band.high, >=, band.expected);
    }
    g_assert_cmpuint(baseline_hours_covered(base, 12), ==, 168);
}

static void
test_a_flood_of_one_hour_does_not_become_normal(void)
{
    g_autofree Baseline *base = g_new0(Baseline, 1);

    for (uint32_t w = 0; w < 2 * 2016; w++)
        baseline_teach(base, w / 12 % 168, 8 + 0.1 * (w % 3), 1);
    for (int w = 0; w < 12; w++)
        baseline_teach(base, 40, 20, 1);
    g_assert_cmpfloat(baseline_expect(base, 40, 1).centre, <, 9);
    g_assert_cmpfloat(baseline_expect(base, 41, 1).centre, <, 8.5);
}

/* A cell has 16 bits, and what it is taught comes a little at a time. */
static void
test_a_cell_comes_as_near_as_it_says(void)
{
    g_autofree Baseline *base = g_new0(Baseline, 1);

    for (int step = 0; step < 3; step++)
        for (int w = 0; w < 1000; w++)
            baseline_teach(base, 30, 9 + 0.05 * step, 0.2);
    g_assert_cmpfloat(fabs(base->cell[30] / 2048.0 - 9.1), <, 0.012);
    for (int w = 0; w < 3000; w++)
        baseline_teach(base, 31, 45, 1); /* 8e22 octets */
    g_assert_cmpuint(base->cell[31], ==, UINT16_MAX);
    g_assert_cmpuint(base->cell[29], ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/baseline/the-week-begins-on-monday", test_the_week_begins_on_monday);
    g_test_add_func("/scoring/baseline/office-hours-are-learned-in-two-weeks",
                    test_office_hours_are_learned_in_two_weeks);
    g_test_add_func("/scoring/baseline/a-flood-of-one-hour-does-not-become-normal",
                    test_a_flood_of_one_hour_does_not_become_normal);
    g_test_add_func("/scoring/baseline/a-cell-comes-as-near-as-it-says",
                    test_a_cell_comes_as_near_as_it_says);
    return g_test_run();
}
