/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-home-login.c - a session from a home line that a quiet service never had, and what follows it,
 * is told of; customers and staff are not */
#include "tests/scoring/stage.h"

#include <string.h>

enum { DAYS = 12 };

static void
log_in(Stage *stage, double day, const char *home, const char *server, uint16_t port)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 400,
                               .caller = home,
                               .callee = server,
                               .port = port,
                               .sent = 20000,
                               .got = 60000,
                               .out_if = 3 });
}

/* Servers 1 to 8 have an SSH port; an administrator at home uses that of the first one every day, by a line
 * whose addresses change. The ninth is a web server with customers, the tenth a VPN for staff. Desks now and
 * then meet a server that they never used. */
static void
play(Stage *stage, double from, double to)
{
    const double step = 300 / 86400.0;

    for (double day = from; day < to; day += step) {
        char home[32], desk[32], server[32];
        int window = (int)((day + 1e-6) / step);
        for (int i = 0; i < 3; i++) {
            g_snprintf(home, sizeof home, "45.%d.%d.7", (int)(60 * stage_uniform(stage)),
                       (int)(200 * stage_uniform(stage)));
            log_in(stage, day, home, "10.1.0.9", 443);
        }
        g_snprintf(home, sizeof home, "45.%d.%d.9", 1 + window % 5, (int)(40 * stage_uniform(stage)));
        if (window % 20 == 0)
            log_in(stage, day, home, "10.1.0.10", 4433);
        g_snprintf(home, sizeof home, "45.2.%d.9", (int)(8 * stage_uniform(stage)));
        if (window % 288 == 200)
            log_in(stage, day, home, "10.1.0.1", 22);
        g_snprintf(desk, sizeof desk, "10.1.1.%d", 1 + (int)(16 * stage_uniform(stage)));
        g_snprintf(server, sizeof server, "10.1.0.%d", 1 + (int)(20 * stage_uniform(stage)));
        if (window % 12 == 0)
            stage_talk(stage, &(Talk){ .day = day,
                                       .seconds = 1,
                                       .caller = desk,
                                       .callee = server,
                                       .port = 445,
                                       .sent = 900,
                                       .got = 9000 });
        stage_until(stage, day + step);
    }
}

/* From the server he goes on to others. */
static void
look_around(Stage *stage, double day, const char *server)
{
    for (int i = 0; i < 6; i++) {
        char next[32];
        g_snprintf(next, sizeof next, "10.1.0.%d", 12 + i);
        stage_talk(stage, &(Talk){ .day = day + i * 60 / 86400.0,
                                   .seconds = 20,
                                   .caller = server,
                                   .callee = next,
                                   .port = 22,
                                   .sent = 3000,
                                   .got = 5000 });
    }
}

static const Alert *
find_login(Stage *stage, const char *server, const char *home)
{
    return stage_find(stage, "home_login", server, home);
}

static void
test_a_log_in_and_what_follows_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, DAYS);
    log_in(stage, DAYS + 0.0005, "45.70.0.9", "10.1.0.4", 22);
    look_around(stage, DAYS + 0.002, "10.1.0.4");
    play(stage, DAYS + 0.02, DAYS + 0.2);
    const Alert *alert = find_login(stage, "10.1.0.4", "45.70.0.9");
    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "home_login");
    assert_has(part->reason,
               "10.1.0.4 was logged in to on port 22 from 45.70.0.9, a home network it never had");
    assert_has(part->reason, "first contacts of its own followed");
    assert_has(alert->counterfactual, "does not follow up");
}

/* His line is another one, but the port is used from home every day; he looks around all the same. */
static void
test_what_follows_counts_where_log_ins_are_usual(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, DAYS);
    log_in(stage, DAYS + 0.0005, "45.3.0.9", "10.1.0.1", 22);
    look_around(stage, DAYS + 0.002, "10.1.0.1");
    play(stage, DAYS + 0.02, DAYS + 0.2);
    g_assert_nonnull(find_login(stage, "10.1.0.1", "45.3.0.9"));
}

static void
test_a_restart_between_log_in_and_contacts_loses_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, DAYS);
    log_in(stage, DAYS + 0.0005, "45.70.0.9", "10.1.0.4", 22);
    stage_until(stage, DAYS + 0.01);
    stage_restart(stage);
    look_around(stage, DAYS + 0.01, "10.1.0.4");
    play(stage, DAYS + 0.03, DAYS + 0.2);
    assert_has(stage_part(find_login(stage, "10.1.0.4", "45.70.0.9"), "home_login")->reason,
               "first contacts of its own followed");
}

static void
test_customers_and_staff_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, DAYS + 8);
    g_assert_null(find_login(stage, "10.1.0.9", NULL));
    g_assert_null(find_login(stage, "10.1.0.10", NULL));
    g_assert_null(find_login(stage, "10.1.0.1", NULL));
}

/* Staff come in by the tenth, which then goes to one of three hosts, three days in four to the same as ever;
 * a dozen new ones come to be used over the days. */
static void
play_gate(Stage *stage, int from, int to)
{
    for (int visit = from; visit < to; visit++) {
        char home[32], inner[32];
        double day = visit / 10.0;
        g_snprintf(home, sizeof home, "45.1.%d.9", visit / 12 % 40);
        log_in(stage, day, home, "10.1.0.10", 4433);
        g_snprintf(inner, sizeof inner, "10.1.0.%d", visit % 8 == 7 ? 20 + visit / 8 % 24 : 11 + visit % 3);
        stage_talk(stage, &(Talk){ .day = day + 0.004,
                                   .seconds = 60,
                                   .caller = "10.1.0.10",
                                   .callee = inner,
                                   .port = 445,
                                   .sent = 9000,
                                   .got = 90000 });
        stage_until(stage, day + 0.1);
    }
}

/* Three visits, and after each the gate goes where it never went: by a service that it never used there. */
static void
test_a_guest_for_whom_the_gate_goes_new_ways_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_gate(stage, 0, 10 * DAYS);
    for (int visit = 0; visit < 3; visit++) {
        log_in(stage, DAYS + visit + 0.0005, "45.1.77.9", "10.1.0.10", 4433);
        for (int i = 0; i < 5; i++) {
            char next[32];
            g_snprintf(next, sizeof next, "10.1.0.%d", 11 + (visit * 5 + i) % 40);
            stage_talk(stage, &(Talk){ .day = DAYS + visit + 0.002 + i * 60 / 86400.0,
                                       .seconds = 20,
                                       .caller = "10.1.0.10",
                                       .callee = next,
                                       .port = 3389,
                                       .sent = 3000,
                                       .got = 5000 });
        }
        play_gate(stage, 10 * (DAYS + visit) + 1, 10 * (DAYS + visit + 1));
    }
    const Alert *alert = find_login(stage, "10.1.0.10", "45.1.77.9");
    g_assert_nonnull(alert);
    const char *reason = stage_part(alert, "home_login")->reason;
    assert_has(reason, "3 visits from there, ");
    assert_has(reason, " ways inside after them that it never took before");
    for (uint32_t i = 0; i < stage_alerts(stage); i++) /* and not of who came at other times */
        g_assert_true(!stage_alert(stage, i)->has_peer || stage_alert(stage, i) == alert ||
                      stage_part(stage_alert(stage, i), "home_login") == NULL);
}

static void
test_staff_at_a_gate_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_gate(stage, 0, 10 * (DAYS + 10));
    g_assert_null(find_login(stage, "10.1.0.10", NULL));
}

/* Where one packet in a hundred is seen, some of very many probes are seen both ways, and stand for a hundred
 * packets each; a session shows several. */
static void
test_under_sampling_a_probe_is_no_log_in(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, DAYS);
    for (int i = 0; i < 100000; i++) {
        char home[32], server[32];
        g_snprintf(home, sizeof home, "45.%d.%d.%d", i % 60, i / 60 % 250, i % 250);
        g_snprintf(server, sizeof server, "10.1.0.%d", 2 + i % 7);
        if (i % 500 == 0)
            stage_until(stage, DAYS + i / 200000.0);
        stage_talk(stage, &(Talk){ .day = DAYS + i / 200000.0,
                                   .seconds = 0.1,
                                   .caller = home,
                                   .callee = server,
                                   .port = 22,
                                   .sent = 60,
                                   .got = 40,
                                   .sampling = 100 });
    }
    stage_until(stage, DAYS + 0.6);
    g_assert_cmpuint(stage_count(stage, "home_login"), ==, 0);
    g_assert_cmpuint(stage_count(stage, "new_service"), ==, 0);
    stage_talk(stage, &(Talk){ .day = DAYS + 0.6,
                               .seconds = 400,
                               .caller = "45.33.7.9",
                               .callee = "10.1.0.5",
                               .port = 22,
                               .sent = 300000,
                               .got = 600000,
                               .sampling = 100 });
    look_around(stage, DAYS + 0.601, "10.1.0.5");
    stage_until(stage, DAYS + 0.7);
    g_assert_nonnull(find_login(stage, "10.1.0.5", "45.33.7.9"));
}

/* He comes in by the VPN and goes on with an address of its pool. */
static const Alert *
come_in(Stage *stage, double login, double pivot)
{
    play(stage, 0, DAYS);
    log_in(stage, login, "45.77.3.4", "10.1.0.10", 4433);
    play(stage, DAYS, pivot);
    look_around(stage, pivot, "10.1.1.5");
    play(stage, pivot, pivot + 0.1);
    return stage_told(stage, "admin_edge", "10.1.1.5", NULL);
}

static void
test_a_pivot_is_told_with_who_had_come_in(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Alert *alert = come_in(stage, DAYS + 0.01, DAYS + 0.02);

    assert_has(alert->summary,
               "; 14 minutes before, 45.77.3.4 logged in to 10.1.0.10 on port 4433, from a home "
               "line unknown there");
}

static void
test_who_had_come_in_long_before_is_not_told(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Alert *alert = come_in(stage, DAYS + 0.01, DAYS + 0.05);

    g_assert_null(strstr(alert->summary, "logged in"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-home-login/a-log-in-and-what-follows-is-told-of",
                    test_a_log_in_and_what_follows_is_told_of);
    g_test_add_func("/scoring/watch-home-login/what-follows-counts-where-log-ins-are-usual",
                    test_what_follows_counts_where_log_ins_are_usual);
    g_test_add_func("/scoring/watch-home-login/a-restart-between-log-in-and-contacts-loses-nothing",
                    test_a_restart_between_log_in_and_contacts_loses_nothing);
    g_test_add_func("/scoring/watch-home-login/customers-and-staff-are-nothing",
                    test_customers_and_staff_are_nothing);
    g_test_add_func("/scoring/watch-home-login/a-guest-for-whom-the-gate-goes-new-ways-is-told-of",
                    test_a_guest_for_whom_the_gate_goes_new_ways_is_told_of);
    g_test_add_func("/scoring/watch-home-login/staff-at-a-gate-are-nothing",
                    test_staff_at_a_gate_are_nothing);
    g_test_add_func("/scoring/watch-home-login/under-sampling-a-probe-is-no-log-in",
                    test_under_sampling_a_probe_is_no_log_in);
    g_test_add_func("/scoring/watch-home-login/a-pivot-is-told-with-who-had-come-in",
                    test_a_pivot_is_told_with_who_had_come_in);
    g_test_add_func("/scoring/watch-home-login/who-had-come-in-long-before-is-not-told",
                    test_who_had_come_in_long_before_is_not_told);
    return g_test_run();
}
