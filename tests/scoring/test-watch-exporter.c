/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-exporter.c - an exporter that falls silent, tells less, or tells otherwise; quiet nights are
 * nothing */
#include "tests/scoring/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double window = 300.0 / 86400;

typedef struct Fault {
    uint32_t exporter;
    double from, to;
    double keeps;   /* of its records; 1: all, but without next hops */
    bool has_moved; /* the other exporters tell what it does not */
} Fault;

static IpAddress
router(void *user, uint32_t index)
{
    return ip_from_v4(0x0a010200 + 1 + index);
}

static Stage *
new_stage(void)
{
    Stage *stage = stage_new();

    scorer_set_exporters(stage_scorer(stage), router, NULL);
    return stage;
}

/* Three routers, busy by day. */
static void
play_days(Stage *stage, double from, double to, double load, const Fault *fault)
{
    for (double day = from + window; day < to + 1e-9; day += window) {
        double hour = 24 * (day - window - floor(day - window)) + 1e-6;
        double busy = load * (hour >= 8 && hour < 18 ? 60 : 25);
        stage_until(stage, day);
        for (uint32_t exporter = 0; exporter < 3; exporter++)
            for (double n = busy * (0.8 + 0.4 * stage_uniform(stage)); n > 0; n--) {
                char own[32], far[32];
                bool is_faulty =
                    fault != NULL && fault->exporter == exporter && day > fault->from && day <= fault->to;
                bool is_left_off = is_faulty && stage_uniform(stage) >= fault->keeps;
                if (is_left_off && !fault->has_moved)
                    continue;
                g_snprintf(own, sizeof own, "10.1.0.%d", 1 + (int)(stage_uniform(stage) * 12));
                g_snprintf(far, sizeof far, "50.%u.0.%d", exporter, 1 + (int)(stage_uniform(stage) * 9));
                stage_talk(stage, &(Talk){ .day = day - window * 0.9 * stage_uniform(stage),
                                           .seconds = 1,
                                           .caller = own,
                                           .callee = far,
                                           .port = 443,
                                           .sent = 2000,
                                           .exporter = is_left_off ? (exporter + 1) % 3 : exporter,
                                           .out_if = is_faulty && fault->keeps >= 1 ? 0 : 3 });
            }
    }
}

static const AlertContribution *
told(const Stage *stage, const char *address)
{
    const Alert *alert = stage_find(stage, "exporter_change", address, NULL);

    return alert != NULL ? stage_part(alert, "exporter_change") : NULL;
}

static void
check(const Fault *fault, const char *words, bool restarts)
{
    g_autoptr(Stage) stage = new_stage();

    play_days(stage, 0, fault->from, 1, NULL);
    if (restarts) {
        stage_restart(stage);
        scorer_set_exporters(stage_scorer(stage), router, NULL);
    }
    play_days(stage, fault->from, fault->to + 0.02, 1, fault);
    const AlertContribution *part = told(stage, "10.1.2.2");
    g_assert_nonnull(part);
    assert_has(part->reason, words);
    g_assert_null(told(stage, "10.1.2.1"));
    g_assert_null(told(stage, "10.1.2.3"));
}

static void
test_a_silent_exporter_is_told(void)
{
    check(&(Fault){ 1, 10.5, 10.6, 0, false }, "told nothing, where", false);
}

/* Others were silent for minutes. */
static void
test_the_longer_it_lasts_the_odder_it_is(void)
{
    g_autoptr(Stage) stage = new_stage();
    const Fault fault = { 1, 10.5, 10.8, 0, false };

    play_days(stage, 0, 10.5, 1, NULL);
    play_days(stage, 10.5, 10.52, 1, &fault);
    g_assert_nonnull(told(stage, "10.1.2.2"));
    double begins = told(stage, "10.1.2.2")->decibans;
    play_days(stage, 10.52, 10.75, 1, &fault);
    const AlertContribution *part = told(stage, "10.1.2.2");
    g_test_message("%.1f dB, then %.1f dB: %s", begins, part->decibans, part->reason);
    g_assert_cmpfloat(part->decibans, >, begins + 1);
    assert_has(part->reason, "; it has lasted for 4 hours; that happened to it 0 times before");
}

static void
test_a_thinned_exporter_is_told_over_a_restart(void)
{
    check(&(Fault){ 1, 10.5, 10.8, 0.2, false }, "others told as many as ever", true);
}

static void
test_missing_fields_are_told(void)
{
    check(&(Fault){ 1, 10.5, 10.6, 1, false }, "no longer egress interface", false);
}

/* Routers tell no next hop of what stays inside; on the eleventh evening nobody leaves the house for hours.
 */
static void
test_ways_out_that_nobody_takes_are_not_missing(void)
{
    g_autoptr(Stage) stage = new_stage();

    for (double day = window; day < 10.6; day += window) {
        bool is_quiet_evening = day > 10.5;
        stage_until(stage, day);
        for (int n = 0; n < 60; n++) {
            char own[32], far[32];
            bool goes_out = !is_quiet_evening && n % 2 == 0;
            g_snprintf(own, sizeof own, "10.1.0.%d", 1 + n % 12);
            g_snprintf(far, sizeof far, goes_out ? "50.1.0.%d" : "10.1.1.%d", 1 + n % 9);
            stage_talk(stage, &(Talk){ .day = day - window * 0.9 * stage_uniform(stage),
                                       .seconds = 1,
                                       .caller = own,
                                       .callee = far,
                                       .port = 443,
                                       .sent = 2000,
                                       .next_hop = goes_out ? "192.0.2.7" : NULL,
                                       .out_if = 3 });
        }
    }
    g_assert_null(told(stage, "10.1.2.1"));
}

/* Alerts of an outage after which the exporter comes back late in a window, and of one that begins at
 * @second. */
static uint32_t
told_of_two_outages(double second)
{
    g_autoptr(Stage) stage = new_stage();
    uint32_t told_of = 0;

    play_days(stage, 0, 10.5, 1, NULL);
    play_days(stage, 10.5, 10.6, 1, &(Fault){ 1, 10.5, 10.6, 0, false });
    play_days(stage, 10.6, 10.6 + window, 1, &(Fault){ 1, 10.6, 10.6 + window, 0.2, false });
    play_days(stage, 10.6 + window, second, 1, NULL);
    play_days(stage, second, second + 0.2, 1, &(Fault){ 1, second, second + 0.1, 0, false });
    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        told_of += stage_part(stage_alert(stage, i), "exporter_change") != NULL;
    return told_of;
}

static void
test_a_second_outage_is_an_alert_of_its_own(void)
{
    g_assert_cmpuint(told_of_two_outages(13.5), ==, 2);
}

static void
test_a_second_outage_on_the_same_day_is_too(void)
{
    g_assert_cmpuint(told_of_two_outages(10.75), ==, 2);
}

static void
test_what_others_tell_instead_is_nothing(void)
{
    g_autoptr(Stage) stage = new_stage();

    play_days(stage, 0, 10.5, 1, NULL);
    play_days(stage, 10.5, 10.7, 1, &(Fault){ 1, 10.5, 10.6, 0, true });
    play_days(stage, 10.7, 12, 1, NULL);
    const AlertContribution *part = told(stage, "10.1.2.2");
    if (part != NULL)
        g_error("%s", part->reason);
}

/* Then more is missing than on other days, and more of it comes by the others. */
static void
test_what_others_tell_instead_on_a_busy_day_is_nothing(void)
{
    g_autoptr(Stage) stage = new_stage();

    play_days(stage, 0, 10.4, 1, NULL);
    play_days(stage, 10.4, 10.55, 4, NULL);
    play_days(stage, 10.55, 10.7, 4, &(Fault){ 1, 10.55, 10.65, 0, true });
    play_days(stage, 10.7, 11, 1, NULL);
    const AlertContribution *part = told(stage, "10.1.2.2");
    if (part != NULL)
        g_error("%s", part->reason);
}

/* An exporter that is silent says nothing of what answered. */
static void
test_other_alerts_tell_that_an_exporter_is_silent(void)
{
    g_autoptr(Stage) stage = new_stage();
    Fault fault = { 1, 10.5, 10.8, 0, false };

    play_days(stage, 0, 10.6, 1, &fault);
    stage_talk(stage, &(Talk){ .day = 10.6,
                               .seconds = 60,
                               .caller = "10.1.0.3",
                               .callee = "45.9.0.1",
                               .port = 8443,
                               .sent = 40000,
                               .got = 20000,
                               .out_if = 3 });
    play_days(stage, 10.6, 10.8, 1, &fault);
    const Alert *alert = stage_told(stage, "residential_path", "10.1.0.3", "45.9.0.1");
    g_test_message("%s", alert->summary);
    assert_has(alert->summary, "an exporter that sees it is silent");
}

static void
test_a_quiet_day_of_all_is_nothing(void)
{
    g_autoptr(Stage) stage = new_stage();

    play_days(stage, 0, 10, 1, NULL);
    play_days(stage, 10, 11, 0.3, NULL); /* a holiday */
    play_days(stage, 11, 14, 1, NULL);
    for (int i = 1; i <= 3; i++) {
        char address[32];
        g_snprintf(address, sizeof address, "10.1.2.%d", i);
        const AlertContribution *part = told(stage, address);
        if (part != NULL)
            g_error("%s", part->reason);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-exporter/a-silent-exporter-is-told", test_a_silent_exporter_is_told);
    g_test_add_func("/scoring/watch-exporter/the-longer-it-lasts-the-odder-it-is",
                    test_the_longer_it_lasts_the_odder_it_is);
    g_test_add_func("/scoring/watch-exporter/a-thinned-exporter-is-told-over-a-restart",
                    test_a_thinned_exporter_is_told_over_a_restart);
    g_test_add_func("/scoring/watch-exporter/missing-fields-are-told", test_missing_fields_are_told);
    g_test_add_func("/scoring/watch-exporter/ways-out-that-nobody-takes-are-not-missing",
                    test_ways_out_that_nobody_takes_are_not_missing);
    g_test_add_func("/scoring/watch-exporter/a-second-outage-is-an-alert-of-its-own",
                    test_a_second_outage_is_an_alert_of_its_own);
    g_test_add_func("/scoring/watch-exporter/a-second-outage-on-the-same-day-is-too",
                    test_a_second_outage_on_the_same_day_is_too);
    g_test_add_func("/scoring/watch-exporter/what-others-tell-instead-is-nothing",
                    test_what_others_tell_instead_is_nothing);
    g_test_add_func("/scoring/watch-exporter/what-others-tell-instead-on-a-busy-day-is-nothing",
                    test_what_others_tell_instead_on_a_busy_day_is_nothing);
    g_test_add_func("/scoring/watch-exporter/other-alerts-tell-that-an-exporter-is-silent",
                    test_other_alerts_tell_that_an_exporter_is_silent);
    g_test_add_func("/scoring/watch-exporter/a-quiet-day-of-all-is-nothing",
                    test_a_quiet_day_of_all_is_nothing);
    return g_test_run();
}
