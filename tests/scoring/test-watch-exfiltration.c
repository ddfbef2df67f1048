/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-exfiltration.c - a trickle of days, a burst, and a hoard are told; uploads that all make are not
 */
#include "tests/scoring/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void
send_out(Stage *stage, double day, const char *own, const char *far, double octets)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 30,
                               .caller = own,
                               .callee = far,
                               .port = 443,
                               .sent = octets,
                               .got = octets / 50 + 500,
                               .out_if = 3 });
}

static void
fetch_from(Stage *stage, double day, const char *caller, const char *server, double octets)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 20,
                               .caller = caller,
                               .callee = server,
                               .port = 445,
                               .sent = octets / 50,
                               .got = octets,
                               .out_if = 2 });
}

static void
fetch(Stage *stage, double day, const char *desk, double octets)
{
    fetch_from(stage, day, desk, "10.1.0.2", octets);
}

/* Forty desks send a little here and there, and much to one network that all use; they fetch files. */
static void
play_days(Stage *stage, double from, double to)
{
    for (double day = from; day < to - 1e-9; day += 1.0 / 24) {
        stage_until(stage, day);
        for (int i = 1; i <= 40; i++) {
            char desk[32], far[32];
            g_snprintf(desk, sizeof desk, "10.1.1.%d", i);
            if (stage_uniform(stage) < 0.15) {
                g_snprintf(far, sizeof far, "50.%d.0.%d", 10 + (int)(stage_uniform(stage) * 200), i);
                send_out(stage, day, desk, far, exp(9 + 4 * stage_uniform(stage)));
            }
            if (stage_uniform(stage) < 0.15)
                send_out(stage, day, desk, "50.1.0.7", exp(14 + 4 * stage_uniform(stage)));
            if (stage_uniform(stage) < 0.3)
                fetch(stage, day, desk, exp(11 + 5 * stage_uniform(stage)));
        }
    }
}

static void
test_a_trickle_over_days_is_told(gconstpointer restarts)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 14);
    for (int hour = 0; hour < 96; hour++) {
        play_days(stage, 14 + hour / 24.0, 14 + (hour + 1) / 24.0);
        send_out(stage, 14 + hour / 24.0, "10.1.1.9", "50.240.0.9", 6e6);
        if (hour == 30 && restarts != NULL)
            stage_restart(stage);
    }
    stage_until(stage, 18.1);
    const Alert *alert = stage_told(stage, "slow_exfiltration", "10.1.1.9", "50.240.0.9");
    const AlertContribution *part = stage_part(alert, "slow_exfiltration");
    assert_has(part->reason, "50.240.0.9");
    assert_has(part->reason, "0 other assets call into that /24");
    g_assert_cmpfloat(part->p, <, 1e-3);
    g_assert_cmpfloat(part->decibans, >, 3);
}

static void
test_a_hoard_is_told(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 21);
    for (int hour = 0; hour < 12; hour++) {
        play_days(stage, 21 + hour / 24.0, 21 + (hour + 1) / 24.0);
        fetch(stage, 21 + hour / 24.0, "10.1.1.4", 4e9);
    }
    stage_until(stage, 21.6);
    const Alert *alert = stage_told(stage, "hoarding", "10.1.1.4", NULL);
    const AlertContribution *part = stage_part(alert, "hoarding");
    assert_has(part->reason, "from other assets");
    g_assert_cmpfloat(part->p, <, 1e-3);
}

/* One conversation of six hours, told of in slices: it is known before it ends, with its far end. What one
 * desk sends to a vault every night hides nobody else. */
static void
test_a_burst_is_told_while_it_lasts(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 14; day++) {
        play_days(stage, day, day + 0.125);
        send_out(stage, day + 0.125, "10.1.1.7", "50.250.0.1", 2e9);
        play_days(stage, day + 0.125, day + 1);
    }
    for (int slice = 0; slice < 12; slice++) {
        double day = 14.4 + slice / 48.0;
        stage_until(stage, day);
        stage_talk(stage, &(Talk){ .day = day,
                                   .seconds = 1790,
                                   .caller = "10.1.1.9",
                                   .caller_port = 50000,
                                   .callee = "50.240.0.9",
                                   .port = 443,
                                   .sent = 2e8,
                                   .got = 1e6,
                                   .flags = 16 + (slice == 0 ? 2 : 0),
                                   .out_if = 3 });
    }
    stage_until(stage, 14.64); /* the last slice is going on */
    const Alert *alert = stage_told(stage, "slow_exfiltration", "10.1.1.9", "50.240.0.9");
    const AlertContribution *part = stage_part(alert, "slow_exfiltration");
    g_assert_cmpfloat(part->decibans, >, 10);
    assert_has(part->reason, "that was as new to it");
    assert_has(alert->counterfactual, "to that far end");
}

/* The house moves to another provider: server after server sends gigabytes to one of its hosts, and the first
 * of them are told. */
static void
test_of_a_move_to_another_provider_the_first_are_told(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 14);
    for (int i = 0; i < 6; i++) {
        char server[32], far[32];
        g_snprintf(server, sizeof server, "10.1.0.%d", 11 + i);
        g_snprintf(far, sizeof far, "50.230.%d.9", i);
        play_days(stage, 14 + i / 12.0, 14 + (i + 1) / 12.0);
        send_out(stage, 14 + (i + 1) / 12.0, server, far, 4e9);
    }
    stage_until(stage, 14.8);
    stage_told(stage, "slow_exfiltration", "10.1.0.11", "50.230.0.9");
    g_assert_null(stage_find(stage, "slow_exfiltration", "10.1.0.14", NULL));
    g_assert_null(stage_find(stage, "slow_exfiltration", "10.1.0.15", NULL));
}

/* Much to where all send much, and every night to a vault that nobody else uses. */
static void
test_uploads_and_backups_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 28; day++) {
        play_days(stage, day, day + 0.125);
        send_out(stage, day + 0.125, "10.1.1.7", "50.250.0.1", 2e9 * (0.8 + 0.4 * stage_uniform(stage)));
        play_days(stage, day + 0.125, day + 1);
        if (day == 25)
            send_out(stage, day + 1, "10.1.1.8", "50.1.0.7", 1e9);
    }
    stage_until(stage, 28.1);
    for (uint32_t i = 0; i < stage_alerts(stage); i++) {
        const Alert *alert = stage_alert(stage, i);
        const AlertContribution *part = stage_part(alert, "slow_exfiltration");
        if (part == NULL)
            part = stage_part(alert, "hoarding");
        if (part != NULL && part->decibans > 3)
            g_error("%.1f dB: %s", part->decibans, part->reason);
    }
}

/* What a watch says about a desk on a stage, in decibans; 0: it is told of nowhere. */
static double
said(Stage *stage, const char *kind, const char *desk)
{
    const Alert *alert = stage_find(stage, kind, desk, NULL);
    const AlertContribution *part = alert != NULL ? stage_part(alert, kind) : NULL;

    if (part != NULL)
        g_test_message("%.1f dB: %s", part->decibans, part->reason);
    return part != NULL ? part->decibans : 0;
}

static void
call_home(Stage *stage, double day, const char *desk, const char *far, double sent, double got)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 500,
                               .caller = desk,
                               .callee = far,
                               .port = 3478,
                               .sent = sent,
                               .got = got,
                               .out_if = 3 });
}

/* As much more sent than got, once in a call as many have them, and once in an upload. */
static void
test_a_call_is_no_upload(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int hour = 0; hour < 14 * 24; hour++) {
        char desk[32], far[32];
        play_days(stage, hour / 24.0, (hour + 1) / 24.0);
        g_snprintf(desk, sizeof desk, "10.1.1.%d", 20 + hour % 20);
        g_snprintf(far, sizeof far, "50.%d.7.%d", 10 + (int)(stage_uniform(stage) * 200), 1 + hour % 200);
        double got = exp(14 + 4 * stage_uniform(stage));
        call_home(stage, (hour + 0.5) / 24.0, desk, far, got * exp(2 * stage_uniform(stage) - 0.6), got);
    }
    call_home(stage, 14.01, "10.1.1.5", "50.241.0.5", 6e8, 2e8);
    for (int part = 0; part < 3; part++)
        send_out(stage, 14.02 + part / 100.0, "10.1.1.9", "50.240.0.9", 4e8 / 3 * 50 / 49);
    stage_until(stage, 14.2);
    double call = said(stage, "slow_exfiltration", "10.1.1.5");
    double upload = said(stage, "slow_exfiltration", "10.1.1.9");
    g_assert_cmpfloat(upload, >, 0);
    g_assert_cmpfloat(upload, >, call + 6);
}

/* Strangers fetch much from servers every day; that a server calls a stranger itself and sends him as much is
 * odd, and one more visitor is not. */
static void
test_what_is_sent_is_not_what_is_asked_for(void)
{
    g_autoptr(Stage) stage = stage_new();
    char server[32], far[32];

    for (int hour = 0; hour < 14 * 24; hour++) {
        play_days(stage, hour / 24.0, (hour + 1) / 24.0);
        g_snprintf(server, sizeof server, "10.1.0.%d", 20 + hour % 10);
        g_snprintf(far, sizeof far, "60.%d.%d.9", 10 + hour % 200, hour / 24);
        for (int part = 0; part < 3; part++)
            fetch_from(stage, (hour + part / 4.0) / 24.0, far, server, exp(17 + 4 * stage_uniform(stage)));
    }
    for (int part = 0; part < 3; part++) {
        fetch_from(stage, 14.01 + part / 100.0, "60.240.0.5", "10.1.0.25", 4e8);
        send_out(stage, 14.01 + part / 100.0, "10.1.0.29", "60.241.0.9", 4e8);
    }
    stage_until(stage, 14.2);
    double asked = said(stage, "slow_exfiltration", "10.1.0.25");
    double sent = said(stage, "slow_exfiltration", "10.1.0.29");
    g_assert_cmpfloat(sent, >, 0);
    g_assert_cmpfloat(sent, >, asked + 6);
}

/* It is told when the first parts have left; what left within the hour after that is told when that is over,
 * though nothing more comes. */
static void
test_the_last_word_tells_of_all(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 14);
    for (int part = 0; part < 4; part++)
        send_out(stage, 14.01 + part / 150.0, "10.1.1.9", "50.1.9.9", 2e7 * pow(6, part));
    stage_until(stage, 14.12);
    const Alert *alert = stage_told(stage, "slow_exfiltration", "10.1.1.9", "50.1.9.9");
    g_test_message("%.1f dB, told %.1f hours after: %s", alert->score,
                   (double)(alert->time_ms - alert->last_seen_ms) / 3600e3, alert->summary);
    assert_has(stage_part(alert, "slow_exfiltration")->reason, "sent 5.1 GB more");
}

/* One desk copies something large for once; another one takes as much in many pieces. */
static void
test_a_large_copy_is_no_hoard(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 21);
    fetch(stage, 21.01, "10.1.1.5", 1.2e8);
    for (int part = 0; part < 20; part++)
        fetch(stage, 21.01 + part / 100.0, "10.1.1.4", 6e6);
    stage_until(stage, 21.4);
    double copy = said(stage, "hoarding", "10.1.1.5"), hoard = said(stage, "hoarding", "10.1.1.4");
    g_assert_cmpfloat(hoard, >, 0);
    g_assert_cmpfloat(hoard, >, copy + 1);
}

/* A desk keeps eight connections up for weeks and fetches as much by each of them every hour. When they end
 * together, what they moved in all that time is not the fetch of a day. */
static void
test_old_connections_that_end_are_no_hoard(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int hour = 0; hour < 20 * 24; hour++) {
        play_days(stage, hour / 24.0, (hour + 1) / 24.0);
        for (int i = 0; i < 8; i++) {
            char server[32];
            g_snprintf(server, sizeof server, "10.1.0.%d", 3 + i);
            stage_talk(stage, &(Talk){ .day = hour / 24.0,
                                       .seconds = 3590,
                                       .caller = "10.1.1.4",
                                       .callee = server,
                                       .port = 445,
                                       .caller_port = (uint16_t)(40001 + i),
                                       .sent = 1e5,
                                       .got = 4e6,
                                       .flags = 0x18 });
        }
    }
    play_days(stage, 20, 20.5);
    const Alert *alert = stage_find(stage, "hoarding", "10.1.1.4", NULL);
    g_assert_null(alert);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/scoring/watch-exfiltration/a-trickle-over-days-is-told", NULL,
                         test_a_trickle_over_days_is_told);
    g_test_add_data_func("/scoring/watch-exfiltration/over-a-restart-too", "restart",
                         test_a_trickle_over_days_is_told);
    g_test_add_func("/scoring/watch-exfiltration/a-burst-is-told-while-it-lasts",
                    test_a_burst_is_told_while_it_lasts);
    g_test_add_func("/scoring/watch-exfiltration/a-hoard-is-told", test_a_hoard_is_told);
    g_test_add_func("/scoring/watch-exfiltration/a-call-is-no-upload", test_a_call_is_no_upload);
    g_test_add_func("/scoring/watch-exfiltration/what-is-sent-is-not-what-is-asked-for",
                    test_what_is_sent_is_not_what_is_asked_for);
    g_test_add_func("/scoring/watch-exfiltration/the-last-word-tells-of-all",
                    test_the_last_word_tells_of_all);
    g_test_add_func("/scoring/watch-exfiltration/old-connections-that-end-are-no-hoard",
                    test_old_connections_that_end_are_no_hoard);
    g_test_add_func("/scoring/watch-exfiltration/a-large-copy-is-no-hoard", test_a_large_copy_is_no_hoard);
    g_test_add_func("/scoring/watch-exfiltration/uploads-and-backups-are-nothing",
                    test_uploads_and_backups_are_nothing);
    g_test_add_func("/scoring/watch-exfiltration/of-a-move-to-another-provider-the-first-are-told",
                    test_of_a_move_to_another_provider_the_first_are_told);
    return g_test_run();
}
