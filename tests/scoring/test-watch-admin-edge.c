/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-admin-edge.c - a desk that begins to log in to servers is told of; administrators, scanners of
 * the house and a move of the file server are not */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"

enum { DESKS = 30, ADMINS = 3 };

static void
log_in(Stage *stage, double day, const char *from, const char *to, uint16_t port, bool is_answered)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = is_answered ? 200 : 0.1,
                               .caller = from,
                               .callee = to,
                               .port = port,
                               .sent = is_answered ? 40000 : 60,
                               .got = is_answered ? 90000 : 0 });
}

/* A day of the house: desks use the file server, three of them log in to servers, now and then to another. */
static void
play_day(Stage *stage, int day, const char *files)
{
    stage_until(stage, day + 0.35);
    for (int desk = 1; desk <= DESKS; desk++) {
        char from[IP_TEXT];
        g_snprintf(from, sizeof from, "10.1.1.%d", desk);
        double at = day + 0.35 + 0.003 * desk;
        stage_until(stage, at);
        log_in(stage, at, from, files, 445, true);
        for (int i = 0; i < 6 && desk <= ADMINS; i++) {
            char to[IP_TEXT];
            g_snprintf(to, sizeof to, "10.1.0.%d", 1 + (int)(20 * stage_uniform(stage)));
            log_in(stage, at, from, to, i % 2 == 0 ? 22 : 3389, true);
        }
    }
}

static void
play(Stage *stage, int from, int to)
{
    for (int day = from; day < to; day++)
        play_day(stage, day, "10.1.0.1");
}

/* Four servers within an hour. */
static void
move_on(Stage *stage, double day, const char *from, bool is_answered)
{
    static const char *const to[] = { "10.1.0.7", "10.1.0.9", "10.1.0.12", "10.1.0.3" };

    for (int i = 0; i < 4; i++) {
        stage_until(stage, day + i * 0.01);
        log_in(stage, day + i * 0.01, from, to[i], 3389, is_answered);
    }
    stage_until(stage, day + 0.1);
}

static void
test_a_desk_that_begins_to_log_in_to_servers_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    move_on(stage, 12.5, "10.1.1.20", true);
    const Alert *alert = stage_told(stage, "admin_edge", "10.1.1.20", NULL);
    const AlertContribution *part = stage_part(alert, "admin_edge");
    assert_has(part->reason, "opened RDP to 10.1.0.");
    assert_has(part->reason, "began such a round 0 times before");
    assert_has(alert->counterfactual, "logged in to before");
    /* Also those that came after the alert had opened, in the same hour. */
    assert_has(part->reason, "number 4 of a round");
    g_assert_cmpuint(alert->n_flows, ==, 4);
    g_assert_cmpuint(stage_count(stage, "admin_edge"), ==, 1);
}

static void
test_a_restart_in_the_middle_changes_nothing(void)
{
    g_autoptr(Stage) stage = stage_new(), other = stage_new();

    play(stage, 0, 12);
    play(other, 0, 7);
    stage_restart(other);
    play(other, 7, 12);
    move_on(stage, 12.5, "10.1.1.20", true);
    move_on(other, 12.5, "10.1.1.20", true);
    const Alert *alert = stage_find(stage, "admin_edge", "10.1.1.20", NULL),
                *again = stage_find(other, "admin_edge", "10.1.1.20", NULL);
    g_assert_nonnull(again);
    g_assert_cmpstr(again->summary, ==, alert->summary);
    g_assert_cmpfloat(again->score, ==, alert->score);
}

static void
test_administrators_do_it_all_day(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    move_on(stage, 12.5, "10.1.1.2", true);
    g_assert_null(stage_find(stage, "admin_edge", "10.1.1.2", NULL));
}

static void
test_a_new_file_server_is_no_news_once_some_use_it(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    play_day(stage, 12, "10.1.0.18");
    stage_until(stage, 13);
    g_assert_cmpuint(stage_count(stage, "admin_edge"), <=, DESKS / 10);
}

static void
test_what_is_not_answered_is_no_edge(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    move_on(stage, 12.5, "10.1.1.20", false);
    g_assert_null(stage_find(stage, "admin_edge", "10.1.1.20", NULL));
}

static void
test_a_desk_that_calls_controllers_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 12; day++) {
        play_day(stage, day, "10.1.0.1");
        stage_until(stage, day + 0.5);
        log_in(stage, day + 0.5, "10.1.3.1", "10.1.3.2", 502, true);
        log_in(stage, day + 0.5, "10.1.3.1", "10.1.3.3", 502, true);
    }
    stage_until(stage, 12.5);
    log_in(stage, 12.5, "10.1.1.21", "10.1.3.2", 502, true);
    log_in(stage, 12.501, "10.1.1.21", "10.1.3.3", 502, true);
    stage_until(stage, 12.6);
    const Alert *alert = stage_told(stage, "admin_edge", "10.1.1.21", NULL);
    assert_has(alert->summary, "opened Modbus to 10.1.3.");
}

/* A guest of the VPN with an address that nobody had before, or a box that somebody plugged in. */
static void
test_a_newcomer_that_logs_in_to_servers_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    for (int i = 0; i < 9; i++) {
        char to[IP_TEXT];
        g_snprintf(to, sizeof to, "10.1.0.%d", 4 + i);
        stage_until(stage, 12.5 + i * 0.01);
        log_in(stage, 12.5 + i * 0.01, "10.1.5.77", to, i % 3 == 0 ? 22 : i % 3 == 1 ? 3389 : 5985, true);
    }
    stage_until(stage, 12.7);
    const Alert *alert = stage_told(stage, "admin_edge", "10.1.5.77", NULL);
    assert_has(stage_part(alert, "admin_edge")->reason, "first seen within a day before it began");
}

/* A new desk uses the file server, as all desks do, and logs in to one host. */
static void
test_a_new_desk_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    stage_until(stage, 12.5);
    log_in(stage, 12.5, "10.1.1.99", "10.1.0.1", 445, true);
    log_in(stage, 12.51, "10.1.1.99", "10.1.0.7", 3389, true);
    log_in(stage, 12.52, "10.1.1.99", "10.1.0.7", 445, true);
    stage_until(stage, 12.6);
    g_assert_null(stage_case(stage, &watch_admin_edge, "10.1.1.99", NULL));
}

/* An exporter is added, and shows twenty desks that were always there, some of which log in to servers. */
static void
test_many_newcomers_at_once_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    for (int desk = 1; desk <= 20; desk++) {
        char from[IP_TEXT];
        g_snprintf(from, sizeof from, "10.1.6.%d", desk);
        log_in(stage, 12.3, from, "10.1.0.1", 445, true);
    }
    move_on(stage, 12.5, "10.1.6.3", true);
    move_on(stage, 12.6, "10.1.6.9", true);
    g_assert_null(stage_find(stage, "admin_edge", "10.1.6.3", NULL));
    g_assert_null(stage_find(stage, "admin_edge", "10.1.6.9", NULL));
}

/* Where one comes every day and logs in to servers, one more does what they do. */
static void
test_newcomers_of_every_day_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 24; day++) {
        char from[IP_TEXT];
        play_day(stage, day, "10.1.0.1");
        g_snprintf(from, sizeof from, "10.1.5.%d", day + 1);
        move_on(stage, day + 0.6, from, true);
    }
    g_assert_null(stage_find(stage, "admin_edge", "10.1.5.22", NULL));
    g_assert_null(stage_find(stage, "admin_edge", "10.1.5.23", NULL));
    g_assert_null(stage_find(stage, "admin_edge", "10.1.5.24", NULL));
}

/* A poll every five minutes from the tenth day on, of which one packet in ten is seen: question and answer of
 * the same one come together after days only. */
static void
test_a_poll_that_was_seen_in_glimpses_is_no_news(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 10);
    for (int day = 10; day < 14; day++) {
        play_day(stage, day, "10.1.0.1");
        for (int i = 0; i < 150; i++) {
            double at = day + 0.46 + i * 0.0034;
            stage_until(stage, at);
            stage_talk(stage, &(Talk){ .day = at,
                                       .seconds = 1,
                                       .caller = "10.1.1.25",
                                       .callee = "10.1.0.14",
                                       .port = 161,
                                       .protocol = 17,
                                       .sent = 400,
                                       .got = 400,
                                       .sampling = 10 });
        }
    }
    g_assert_null(stage_find(stage, "admin_edge", "10.1.1.25", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-admin-edge/a-desk-that-begins-to-log-in-to-servers-is-told-of",
                    test_a_desk_that_begins_to_log_in_to_servers_is_told_of);
    g_test_add_func("/scoring/watch-admin-edge/a-restart-in-the-middle-changes-nothing",
                    test_a_restart_in_the_middle_changes_nothing);
    g_test_add_func("/scoring/watch-admin-edge/administrators-do-it-all-day",
                    test_administrators_do_it_all_day);
    g_test_add_func("/scoring/watch-admin-edge/a-new-file-server-is-no-news-once-some-use-it",
                    test_a_new_file_server_is_no_news_once_some_use_it);
    g_test_add_func("/scoring/watch-admin-edge/what-is-not-answered-is-no-edge",
                    test_what_is_not_answered_is_no_edge);
    g_test_add_func("/scoring/watch-admin-edge/a-desk-that-calls-controllers-is-told-of",
                    test_a_desk_that_calls_controllers_is_told_of);
    g_test_add_func("/scoring/watch-admin-edge/a-newcomer-that-logs-in-to-servers-is-told-of",
                    test_a_newcomer_that_logs_in_to_servers_is_told_of);
    g_test_add_func("/scoring/watch-admin-edge/a-new-desk-is-nothing", test_a_new_desk_is_nothing);
    g_test_add_func("/scoring/watch-admin-edge/many-newcomers-at-once-are-nothing",
                    test_many_newcomers_at_once_are_nothing);
    g_test_add_func("/scoring/watch-admin-edge/newcomers-of-every-day-are-nothing",
                    test_newcomers_of_every_day_are_nothing);
    g_test_add_func("/scoring/watch-admin-edge/a-poll-that-was-seen-in-glimpses-is-no-news",
                    test_a_poll_that_was_seen_in_glimpses_is_no_news);
    return g_test_run();
}
