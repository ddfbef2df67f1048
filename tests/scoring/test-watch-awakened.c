/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-awakened.c - a pair that speaks again after weeks is told of; one that rests over the weekend is
 * not */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"

static void
test_a_pair_that_slept_for_a_month_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    stage_nightly(stage, 0, 3, "50.4.0.9");
    stage_nightly(stage, 3, 40, "50.5.0.9");
    stage_nightly(stage, 40, 41, "50.4.0.9");
    stage_until(stage, 41);
    const Alert *alert = stage_told(stage, "awakened", "10.1.0.3", "50.4.0.9");
    const AlertContribution *part = stage_part(alert, "awakened");
    assert_has(part->reason, "after 38 days of silence");
    g_assert_cmpfloat(part->p, <, 1e-2);
    assert_has(alert->counterfactual, "within the week before");
    g_assert_cmpuint(alert->n_flows, >, 0);
}

/* Five servers come back to somebody once in eight days. One does so again, and talks for @hours. */
static float
evidence_of_return(int hours)
{
    g_autoptr(Stage) stage = stage_new();
    char server[32], far[32];

    for (int day = 0; day < 60; day++)
        for (int i = 0; i < 5; i++) {
            g_snprintf(server, sizeof server, "10.1.0.%d", 3 + i);
            g_snprintf(far, sizeof far, "50.%d.0.9", 10 + 8 * i + day % 8);
            for (int hour = 0; hour < (day == 59 && i == 0 ? hours : 1); hour++) {
                double at = day + 0.1 + hour / 24.0 + i / 1e3;
                stage_update(stage, at, server, far);
            }
        }
    stage_until(stage, 60);
    const Case *one = stage_case(stage, &watch_awakened, "10.1.0.3", "50.13.0.9");
    g_assert_nonnull(one);
    g_test_message("%d hours: %.1f dB, p %.2g", hours, (double)one->evidence, (double)one->p);
    return one->evidence;
}

/* Most come back for once; a way that is used again is used for hours. */
static void
test_a_way_that_is_used_for_hours_is_odder(void)
{
    g_assert_cmpfloat(evidence_of_return(12), >, evidence_of_return(1) + 2);
}

static void
test_a_rest_over_the_weekend_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int week = 0; week < 6; week++)
        stage_nightly(stage, 7 * week, 7 * week + 5, "50.4.0.9");
    stage_until(stage, 42);
    g_assert_null(stage_find(stage, "awakened", "10.1.0.3", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-awakened/a-pair-that-slept-for-a-month-is-told-of",
                    test_a_pair_that_slept_for_a_month_is_told_of);
    g_test_add_func("/scoring/watch-awakened/a-way-that-is-used-for-hours-is-odder",
                    test_a_way_that_is_used_for_hours_is_odder);
    g_test_add_func("/scoring/watch-awakened/a-rest-over-the-weekend-is-nothing",
                    test_a_rest_over_the_weekend_is_nothing);
    return g_test_run();
}
