/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-flood.c - floods in and out are told within two windows; backups and busy days are not floods */
#include "scoring/scorer-internal.h"
#include "tests/scoring/stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double window = 300.0 / 86400;

/* Updates and the like. */
static void
call_out(Stage *stage, double day, const char *own)
{
    char far[32];

    g_snprintf(far, sizeof far, "50.30.0.%d", 1 + (int)(stage_uniform(stage) * 8));
    for (double n = 3 * stage_uniform(stage) - 1; n > 0; n--)
        stage_talk(stage, &(Talk){ .day = day - window * 0.5 * stage_uniform(stage),
                                   .seconds = 2,
                                   .caller = own,
                                   .callee = far,
                                   .port = 443,
                                   .sent = exp(6 + 3 * stage_uniform(stage)),
                                   .got = 20000,
                                   .out_if = 3 });
}

/* Twelve servers that are called by day more than by night, by some that are known and some that are not. */
static void
play_days(Stage *stage, double from, double to, double load)
{
    for (double day = from + window; day < to + 1e-9; day += window) {
        double hour = 24 * (day - window - floor(day - window)) + 1e-6;
        double busy = load * (1 + 3 * (hour >= 8 && hour < 18));
        stage_until(stage, day);
        for (int server = 1; server <= 12; server++) {
            char own[32];
            g_snprintf(own, sizeof own, "10.1.0.%d", server);
            call_out(stage, day, own);
            for (double n = busy * (1 + stage_uniform(stage) * 2); n > 0; n--) {
                char far[32];
                double size = exp(8 + 4 * stage_uniform(stage));
                g_snprintf(far, sizeof far, "45.%d.%d.%d", (int)(stage_uniform(stage) * 20),
                           stage_uniform(stage) < 0.05 ? (int)(stage_uniform(stage) * 250) : 0,
                           1 + (int)(stage_uniform(stage) * 20));
                stage_talk(stage, &(Talk){ .day = day - window * 0.9 * stage_uniform(stage),
                                           .seconds = 2,
                                           .caller = far,
                                           .callee = own,
                                           .port = 443,
                                           .sent = 1500,
                                           .got = size,
                                           .out_if = 3 });
            }
        }
    }
}

/* @n conversations like @talk with as many far ends, within two windows. */
static void
play_crowd(Stage *stage, double day, int n, Talk talk)
{
    stage_until(stage, day);
    for (int i = 0; i < n; i++) {
        char far[32];
        g_snprintf(far, sizeof far, "50.%d.%d.9", i % 200, i / 200);
        talk.day = day + 2 * window * i / n;
        talk.caller = far;
        stage_talk(stage, &talk);
    }
}

/* @n answers of time servers. */
static void
play_amplified(Stage *stage, double day, const char *victim, int n)
{
    play_crowd(stage, day, n,
               (Talk){ .seconds = 1,
                       .callee = victim,
                       .caller_port = 123,
                       .port = 40000,
                       .protocol = 17,
                       .sent = 48000,
                       .out_if = 3 });
}

static void
test_amplification_is_told_within_two_windows(gconstpointer restarts)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 9.5, 1);
    if (restarts != NULL)
        stage_restart(stage);
    play_amplified(stage, 9.5, "10.1.0.5", 2000);
    stage_until(stage, 9.5 + 3.2 * window); /* the second window closes one window later */
    const Alert *alert = stage_told(stage, "flood", "10.1.0.5", NULL);
    const AlertContribution *part = stage_part(alert, "flood");
    g_assert_cmpstr(alert->kind, ==, "flood");
    assert_has(part->reason, "UDP source port 123 (amplification)");
    assert_has(part->reason, "received");
    assert_has(part->reason, "had no answer");
    assert_has(alert->counterfactual, "far ends that are known");
    g_assert_cmpuint(alert->n_flows, >, 0);
    for (uint32_t i = 0; i < stage_alerts(stage); i++) /* nobody else is under attack */
        if (stage_part(stage_alert(stage, i), "flood") != NULL)
            g_assert_true(stage_alert(stage, i) == alert);
}

/* Answers that nobody asked for are no calls of the victim, though they come from a service's port. */
static void
test_reflectors_are_not_called(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Scorer *scorer = stage_scorer(stage);

    play_days(stage, 0, 9.5, 1);
    uint64_t dropped = scorer->counters.contacts_dropped;
    play_amplified(stage, 9.5, "10.1.0.5", 2000);
    stage_until(stage, 9.5 + 6 * window);
    g_assert_cmpuint(scorer->counters.contacts_dropped, >=, dropped + 2000);
    g_assert_null(stage_find(stage, "new_peer", "10.1.0.5", NULL));
}

/* The same days and a flood, of which routers see one packet in a hundred. */
static void
play_sampled_days(Stage *stage, double from, double to)
{
    for (double day = from + window; day < to + 1e-9; day += window) {
        stage_until(stage, day);
        for (int server = 1; server <= 12; server++) {
            char own[32], far[32];
            g_snprintf(own, sizeof own, "10.1.0.%d", server);
            for (int n = 0; n < 8; n++) {
                g_snprintf(far, sizeof far, "45.%d.0.%d", (int)(stage_uniform(stage) * 20),
                           1 + (int)(stage_uniform(stage) * 20));
                stage_talk(stage, &(Talk){ .day = day - window * 0.9 * stage_uniform(stage),
                                           .seconds = 2,
                                           .caller = far,
                                           .callee = own,
                                           .port = 443,
                                           .sent = 20000,
                                           .got = exp(9 + 3 * stage_uniform(stage)),
                                           .out_if = 3,
                                           .sampling = 100 });
            }
        }
    }
}

/* @got: 0 for a flood, as much back for a crowd. */
static void
play_sampled_crowd(Stage *stage, double day, const char *victim, double got)
{
    play_crowd(stage, day, 6000,
               (Talk){ .seconds = 1,
                       .callee = victim,
                       .port = 443,
                       .protocol = 17,
                       .sent = 30000,
                       .got = got,
                       .out_if = 3,
                       .sampling = 100 });
}

/* How many conversations without an answer the alert about @asset tells of; 0: there is none. */
static uint32_t
unanswered_by(const Stage *stage, const char *asset)
{
    const Alert *alert = stage_find(stage, "flood", asset, NULL);
    const char *reason = alert == NULL ? NULL : stage_part(alert, "flood")->reason,
               *before = "never met before; ";

    if (reason == NULL)
        return 0;
    g_test_message("%s", reason);
    return (uint32_t)strtoul(strstr(reason, before) + strlen(before), NULL, 10);
}

/* Of the crowd, too, about half of what is seen is seen without its answer. */
static void
test_under_sampling_a_flood_is_told_from_a_crowd(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_sampled_days(stage, 0, 9.5);
    play_sampled_crowd(stage, 9.5, "10.1.0.4", 20000);
    play_sampled_crowd(stage, 9.5 + 4 * window, "10.1.0.5", 0);
    stage_until(stage, 9.5 + 8 * window);
    g_assert_cmpuint(unanswered_by(stage, "10.1.0.5"), >, 1000);
    g_assert_cmpuint(unanswered_by(stage, "10.1.0.4"), <, 100);
}

static void
test_an_asset_that_floods_others_is_told(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 9.5, 1);
    for (int i = 0; i < 3000; i++) {
        char far[32];
        g_snprintf(far, sizeof far, "50.9.%d.%d", i % 4, 1 + i / 4 % 250);
        stage_talk(stage, &(Talk){ .day = 9.5 + 2 * window * i / 3000,
                                   .seconds = 1,
                                   .caller = "10.1.0.7",
                                   .callee = far,
                                   .port = 80,
                                   .sent = 30000,
                                   .out_if = 3 });
    }
    stage_until(stage, 9.5 + 3.2 * window);
    const Alert *alert = stage_told(stage, "flood", "10.1.0.7", NULL);
    const AlertContribution *part = stage_part(alert, "flood");
    assert_has(part->reason, "sent");
    assert_has(part->reason, "to port tcp/80");
}

/* Every night four servers draw backups from one that they know; one day all are four times as busy as ever.
 */
static void
test_backups_and_busy_days_are_no_floods(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 14; day++) {
        play_days(stage, day, day + 0.125, 1);
        for (int i = 0; i < 4; i++) {
            char own[32];
            g_snprintf(own, sizeof own, "10.1.0.%d", 1 + (day * 4 + i) % 12);
            stage_until(stage, day + 0.125 + i * window);
            stage_talk(stage, &(Talk){ .day = day + 0.125 + i * window,
                                       .seconds = 250,
                                       .caller = own,
                                       .callee = "10.1.0.20",
                                       .port = 873,
                                       .sent = 2e6,
                                       .got = 2e9,
                                       .out_if = 2 });
        }
        play_days(stage, day + 0.125 + 3 * window, day + 1, day == 10 ? 4 : 1);
    }
    for (uint32_t i = 0; i < stage_alerts(stage); i++) {
        const AlertContribution *part = stage_part(stage_alert(stage, i), "flood");
        if (part != NULL)
            g_error("day %.2f, p %.2g: %s",
                    (double)(stage_alert(stage, i)->last_seen_ms - 1767571200000) / 86400e3, part->p,
                    part->reason);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/scoring/watch-flood/amplification-is-told-within-two-windows", NULL,
                         test_amplification_is_told_within_two_windows);
    g_test_add_data_func("/scoring/watch-flood/after-a-restart-too", "restart",
                         test_amplification_is_told_within_two_windows);
    g_test_add_func("/scoring/watch-flood/reflectors-are-not-called", test_reflectors_are_not_called);
    g_test_add_func("/scoring/watch-flood/under-sampling-a-flood-is-told-from-a-crowd",
                    test_under_sampling_a_flood_is_told_from_a_crowd);
    g_test_add_func("/scoring/watch-flood/an-asset-that-floods-others-is-told",
                    test_an_asset_that_floods_others_is_told);
    g_test_add_func("/scoring/watch-flood/backups-and-busy-days-are-no-floods",
                    test_backups_and_busy_days_are_no_floods);
    return g_test_run();
}
