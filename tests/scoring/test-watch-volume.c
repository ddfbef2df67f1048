/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-volume.c - a desk that meets too many is told; weeks of office hours are nothing */
#include "scoring/detector.h"
#include "tests/scoring/stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double window = 300.0 / 86400;

static void
fetch(Stage *stage, double day, const char *desk, double octets)
{
    char store[32];

    g_snprintf(store, sizeof store, "10.1.0.%d", 1 + (int)(stage_uniform(stage) * 4));
    stage_talk(stage, &(Talk){ .day = day - window * 0.8 * stage_uniform(stage),
                               .seconds = 20,
                               .caller = desk,
                               .callee = store,
                               .port = 445,
                               .sent = octets / 50,
                               .got = octets,
                               .out_if = 2 });
}

static void
surf(Stage *stage, double day, const char *desk, int network)
{
    char far[32];

    g_snprintf(far, sizeof far, "50.%d.%d.%d", network, (int)(stage_uniform(stage) * 8),
               1 + (int)(stage_uniform(stage) * 200));
    stage_talk(stage, &(Talk){ .day = day - window * 0.8 * stage_uniform(stage),
                               .seconds = 5,
                               .caller = desk,
                               .callee = far,
                               .port = 443,
                               .sent = 2000,
                               .got = exp(8 + 4 * stage_uniform(stage)),
                               .out_if = 3 });
}

/* Twelve desks that work from eight to six, on workdays: files by the hour, pages by the minute. */
static void
play_days(Stage *stage, double from, double to)
{
    for (double day = from + window; day < to + 1e-9; day += window) {
        double hour = 24 * (day - window - floor(day - window)) + 1e-6;
        bool is_work = hour >= 8 && hour < 18 && fmod(floor(day), 7) < 5;
        stage_until(stage, day);
        for (int i = 1; i <= 12; i++) {
            char desk[32];
            g_snprintf(desk, sizeof desk, "10.1.1.%d", i);
            if (is_work && stage_uniform(stage) < 0.1)
                fetch(stage, day, desk, exp(10 + 6 * stage_uniform(stage)));
            for (double n = is_work ? 4 * stage_uniform(stage) : stage_uniform(stage) - 0.8; n > 0; n--)
                surf(stage, day, desk, (int)(stage_uniform(stage) * 10));
        }
    }
}

static void
refuse_all(const Stage *stage, const char *const names[], size_t n, const char *but)
{
    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        for (size_t j = 0; j < n; j++) {
            const Alert *alert = stage_alert(stage, i);
            const AlertContribution *part = stage_part(alert, names[j]);
            char asset[IP_TEXT];
            if (part != NULL && strcmp(ip_text(&alert->asset, asset), but) != 0)
                g_error("%s: %s", names[j], part->reason);
        }
}

static const char *const all[] = { "volume_in", "fan_in", "fan_out", "ratio", "flood" };

static void
test_a_desk_that_meets_too_many_is_told(gconstpointer restarts)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 9.125);
    for (int i = 0; i < 24; i++) {
        play_days(stage, 9.125 + i * window, 9.125 + (i + 1) * window);
        for (int n = 0; n < 60; n++)
            surf(stage, 9.125 + (i + 1) * window, "10.1.1.7", 30 + n % 40);
        if (i == 10 && restarts != NULL)
            stage_restart(stage);
    }
    play_days(stage, 9.25, 9.375);
    const Alert *alert = stage_told(stage, "fan_out", "10.1.1.7", NULL);
    const AlertContribution *part = stage_part(alert, "fan_out");
    assert_has(part->reason, "far ends that it had never met");
}

static void
test_weeks_of_office_hours_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 21);
    refuse_all(stage, all, G_N_ELEMENTS(all), "");
}

/* One in a hundred is said of about one window in a hundred, though what has come to a desk before is no
 * news. */
static void
test_one_in_a_hundred_is_no_more_and_not_much_less(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 24);
    double share = stage_odd_share(stage, "volume_in");
    g_test_message("%g", share);
    g_assert_cmpfloat(share, <, 2e-2);
    g_assert_cmpfloat(share, >, 4e-3);
}

/* A gate: what comes in goes out, in the same window as a rule and @later windows after on a day when the
 * routers tell late. */
static void
pass_on(Stage *stage, double day, double octets, int later)
{
    stage_talk(stage, &(Talk){ .day = day - window * 0.5,
                               .seconds = 20,
                               .caller = "50.3.0.7",
                               .callee = "10.1.0.5",
                               .port = 443,
                               .sent = octets,
                               .got = 2000 });
    play_days(stage, day, day + later * window);
    stage_talk(stage, &(Talk){ .day = day + (later - 0.4) * window,
                               .seconds = 20,
                               .caller = "10.1.0.5",
                               .callee = "10.1.0.6",
                               .port = 8080,
                               .sent = octets * (0.6 + 0.8 * stage_uniform(stage)),
                               .got = 2000 });
}

static void
test_what_is_passed_on_a_little_later_turns_nobody_into_a_sender(void)
{
    static const char *const ratio[] = { "ratio" };
    g_autoptr(Stage) stage = stage_new();

    for (double day = 0; day < 10; day += 1 / 24.0) {
        bool is_late = day > 9.3 && day < 9.8;
        play_days(stage, day, day + 6 * window);
        pass_on(stage, day + 6 * window, 2e6, is_late ? 4 : 0);
        play_days(stage, day + (is_late ? 10 : 6) * window, day + 12 * window);
    }
    refuse_all(stage, ratio, 1, "");
}

/* A web server whose routers show one packet in a hundred: of most visits the answers alone are seen. */
static void
visit(Stage *stage, double day, double n)
{
    for (; n > 0; n--) {
        char home[32];
        g_snprintf(home, sizeof home, "45.%d.%d.%d", (int)(stage_uniform(stage) * 60),
                   (int)(stage_uniform(stage) * 250), 1 + (int)(stage_uniform(stage) * 250));
        stage_talk(stage, &(Talk){ .day = day - window * 0.8 * stage_uniform(stage),
                                   .seconds = 5,
                                   .caller = home,
                                   .callee = "10.1.0.2",
                                   .port = 443,
                                   .sent = 4000,
                                   .got = 80000,
                                   .flags = 0x18,
                                   .sampling = 100 });
    }
}

static void
test_answers_of_which_the_question_was_not_sampled_are_no_calls(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (double day = window; day < 14; day += window) {
        stage_until(stage, day);
        visit(stage, day, 3 + 4 * stage_uniform(stage));
    }
    for (double day = 14 + window; day < 14.25; day += window) {
        stage_until(stage, day);
        visit(stage, day, 40);
    }
    stage_until(stage, 14.3);
    const Alert *alert = stage_told(stage, "flood", "10.1.0.2", NULL);
    const char *words = strstr(stage_part(alert, "flood")->reason, "; with ");
    g_assert_nonnull(words);
    assert_has(words, " far ends never met before");
    g_assert_cmpuint(strtoul(words + strlen("; with "), NULL, 10), >, 20); /* of some thirty that were seen */
}

/* A router that but answers polls, and on which an administrator works on every third day: it is told of, and
 * not each time as if it had never come. */
static void
test_what_comes_again_is_not_told_each_time(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (double day = window; day < 44; day += window) {
        double since = fmod(day, 3) - 0.4;
        stage_until(stage, day);
        stage_talk(stage, &(Talk){ .day = day - window / 2,
                                   .seconds = 1,
                                   .caller = "10.1.0.1",
                                   .callee = "10.1.2.1",
                                   .port = 161,
                                   .protocol = 17,
                                   .sent = 2500,
                                   .got = 9000 + 600 * stage_uniform(stage) });
        if (day > 8 && since > 0 && since < 3 * window)
            stage_talk(stage, &(Talk){ .day = day - window / 2,
                                       .seconds = 100,
                                       .caller = "10.1.1.2",
                                       .callee = "10.1.2.1",
                                       .port = 22,
                                       .sent = 5000,
                                       .got = 40000 + 60000 * stage_uniform(stage) });
    }
    stage_until(stage, 44.1);
    g_test_message("told %u times", stage_count(stage, "volume_out"));
    g_assert_cmpuint(stage_count(stage, "volume_out"), >, 0);
    g_assert_cmpuint(stage_count(stage, "volume_out"), <, 5); /* of twelve */
}

/* What lies beyond any past is a formula's, and no number to tell somebody. */
static void
test_no_odds_beyond_what_was_seen(void)
{
    char words[40];

    detector_rarity_words(1 / 594.2, words);
    g_assert_cmpstr(words, ==, "one in 594");
    detector_rarity_words(1e-9, words);
    g_assert_cmpstr(words, ==, "rarer than one in ten million");
    detector_rarity_words(0, words);
    g_assert_cmpstr(words, ==, "rarer than one in ten million");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/scoring/watch-volume/a-desk-that-meets-too-many-is-told", NULL,
                         test_a_desk_that_meets_too_many_is_told);
    g_test_add_data_func("/scoring/watch-volume/over-a-restart-too", "restart",
                         test_a_desk_that_meets_too_many_is_told);
    g_test_add_func("/scoring/watch-volume/weeks-of-office-hours-are-nothing",
                    test_weeks_of_office_hours_are_nothing);
    g_test_add_func("/scoring/watch-volume/one-in-a-hundred-is-no-more-and-not-much-less",
                    test_one_in_a_hundred_is_no_more_and_not_much_less);
    g_test_add_func("/scoring/watch-volume/what-is-passed-on-a-little-later-turns-nobody-into-a-sender",
                    test_what_is_passed_on_a_little_later_turns_nobody_into_a_sender);
    g_test_add_func("/scoring/watch-volume/answers-of-which-the-question-was-not-sampled-are-no-calls",
                    test_answers_of_which_the_question_was_not_sampled_are_no_calls);
    g_test_add_func("/scoring/watch-volume/what-comes-again-is-not-told-each-time",
                    test_what_comes_again_is_not_told_each_time);
    g_test_add_func("/scoring/watch-volume/no-odds-beyond-what-was-seen", test_no_odds_beyond_what_was_seen);
    return g_test_run();
}
