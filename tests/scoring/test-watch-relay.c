/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-relay.c - an asset that begins to pass on for a stranger is told of; a load balancer is not */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"

#include <math.h>

enum { DAYS = 10 };
static const double second = 1 / 86400.0;

typedef struct Passing {
    const char *stranger, *relay, *inner;
    uint16_t port, inner_port;
    double delay_s, padding;
} Passing;

static double
size(Stage *stage)
{
    return exp(8 + 5 * stage_uniform(stage));
}

/* A session of the stranger and the one to the inner host that it causes, by clocks of a second. */
static void
pass_on(Stage *stage, double day, const Passing *passing)
{
    double sent = size(stage), got = size(stage), lasts = floor(20 + 200 * stage_uniform(stage));
    double at = floor(day / second) * second;
    double more = 1 + passing->padding * stage_uniform(stage);

    stage_talk(stage, &(Talk){ .day = at,
                               .seconds = lasts,
                               .caller = passing->stranger,
                               .callee = passing->relay,
                               .port = passing->port,
                               .sent = sent * more,
                               .got = got * more,
                               .out_if = 3 });
    stage_talk(stage, &(Talk){ .day = at + passing->delay_s * second,
                               .seconds = lasts,
                               .caller = passing->relay,
                               .callee = passing->inner,
                               .port = passing->inner_port,
                               .sent = sent,
                               .got = got });
}

/* Servers 1 to 8 are called by desks and ask a database; the ninth passes home customers on to two others. */
static void
play(Stage *stage, double from, double to)
{
    const double step = 300 * second;

    for (double day = from; day < to; day += step) {
        char desk[32], server[32];
        for (int i = 0; i < 6; i++) {
            double at = day + 280 * second * i / 6;
            g_snprintf(desk, sizeof desk, "10.1.1.%d", 1 + (int)(16 * stage_uniform(stage)));
            g_snprintf(server, sizeof server, "10.1.0.%d", 1 + (int)(8 * stage_uniform(stage)));
            stage_talk(stage, &(Talk){ .day = at,
                                       .seconds = 30 * stage_uniform(stage),
                                       .caller = desk,
                                       .callee = server,
                                       .port = 443,
                                       .sent = size(stage),
                                       .got = size(stage) });
            stage_talk(stage, &(Talk){ .day = at + second,
                                       .seconds = 30 * stage_uniform(stage),
                                       .caller = server,
                                       .callee = "10.1.0.19",
                                       .port = 5432,
                                       .sent = size(stage),
                                       .got = size(stage) });
        }
        char home[32];
        g_snprintf(home, sizeof home, "45.%d.%d.7", (int)(40 * stage_uniform(stage)),
                   (int)(200 * stage_uniform(stage)));
        pass_on(stage, day + 100 * second,
                &(Passing){ home, "10.1.0.9", stage_uniform(stage) < 0.5 ? "10.1.0.14" : "10.1.0.15", 443,
                            8080, 0, 0 });
        stage_until(stage, day + step);
    }
}

static const Alert *
find_relay(Stage *stage, const char *relay, const char *far)
{
    return stage_find(stage, "relay", relay, far);
}

static void
play_relay(Stage *stage, const Passing *passing, bool restarts)
{
    play(stage, 0, DAYS);
    for (int i = 0; i < 8; i++) {
        pass_on(stage, DAYS + i * 0.02 + 0.001, passing);
        if (restarts)
            stage_restart(stage);
        play(stage, DAYS + i * 0.02 + 0.005, DAYS + (i + 1) * 0.02);
    }
}

static void
test_a_relay_with_padding_and_coarse_clocks_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Passing passing = { "50.70.0.9", "10.1.0.4", "10.1.0.6", 8443, 3389, 1, 0.3 };

    play_relay(stage, &passing, false);
    const Alert *alert = find_relay(stage, "10.1.0.4", "50.70.0.9");
    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "relay");
    assert_has(part->reason, "passes on between 50.70.0.9 (port 8443) and 10.1.0.6");
    assert_has(part->reason, "no other asset does so with AS 65070");
}

static void
test_a_restart_between_its_sessions_loses_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Passing passing = { "45.70.0.9", "10.1.0.4", "10.1.0.6", 8443, 22, 0, 0.1 };

    play_relay(stage, &passing, true);
    g_assert_nonnull(find_relay(stage, "10.1.0.4", "45.70.0.9"));
}

/* Who was there before the first record has taken up nothing; but no other passes on like him. */
static void
test_a_relay_from_the_first_day_on_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Passing passing = { "50.70.0.9", "10.1.0.4", "10.1.0.6", 8443, 3389, 1, 0.3 };

    for (int i = 0; i < DAYS * 50; i++) {
        pass_on(stage, i * 0.02 + 0.001, &passing);
        play(stage, i * 0.02 + 0.002, (i + 1) * 0.02);
        if (i == DAYS * 25)
            stage_restart(stage);
    }
    const Alert *alert = find_relay(stage, "10.1.0.4", "50.70.0.9");
    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "relay");
    assert_has(part->reason, "it has from its first days on, 0 of 27 other assets so often");
    assert_has(alert->counterfactual, "others of its role that pass on between two ends");
    g_assert_null(find_relay(stage, "10.1.0.9", NULL));
}

static void
test_a_load_balancer_and_servers_that_ask_a_database_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, DAYS + 4);
    g_assert_null(find_relay(stage, "10.1.0.9", NULL));
    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        g_assert_null(stage_part(stage_alert(stage, i), "relay"));
}

/* A server that sends a mail on, once a day, from somebody new to somebody new. */
static void
send_on(Stage *stage, int day)
{
    char from[32], to[32];

    g_snprintf(from, sizeof from, "50.%d.0.%d", 10 + day, 1 + day);
    g_snprintf(to, sizeof to, "50.%d.0.%d", 80 + day, 1 + day);
    play(stage, day, day + 0.3);
    pass_on(stage, day + 0.3, &(Passing){ from, "10.1.0.21", to, 25, 25, 1, 0.02 });
    play(stage, day + 0.3, day + 1);
}

/* What is held against @relay for what it passes on for @far, in decibans. */
static double
held(Stage *stage, const char *relay, const char *far)
{
    const Case *one = stage_case(stage, &watch_relay, relay, far);

    return one == NULL ? 0 : (double)one->evidence;
}

static void
test_to_pass_on_again_and_again_is_more_than_once(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < DAYS; day++)
        send_on(stage, day);
    double once = held(stage, "10.1.0.21", "50.19.0.10");
    for (int i = 0; i < 80; i++) {
        play(stage, DAYS + i / 144.0, DAYS + (i + 1) / 144.0);
        pass_on(stage, DAYS + (i + 1) / 144.0,
                &(Passing){ "50.170.0.9", "10.1.0.21", "50.150.0.9", 443, 443, 1, 0.3 });
    }
    play(stage, DAYS + 80 / 144.0, DAYS + 1);
    double again = held(stage, "10.1.0.21", "50.170.0.9");
    g_test_message("%.1f dB for a mail, %.1f dB for a relay", once, again);
    g_assert_null(find_relay(stage, "10.1.0.21", "50.19.0.10"));
    g_assert_cmpfloat(once, <, 20);
    g_assert_cmpfloat(again, >, 35);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-relay/a-relay-with-padding-and-coarse-clocks-is-told-of",
                    test_a_relay_with_padding_and_coarse_clocks_is_told_of);
    g_test_add_func("/scoring/watch-relay/a-restart-between-its-sessions-loses-nothing",
                    test_a_restart_between_its_sessions_loses_nothing);
    g_test_add_func("/scoring/watch-relay/a-relay-from-the-first-day-on-is-told-of",
                    test_a_relay_from_the_first_day_on_is_told_of);
    g_test_add_func("/scoring/watch-relay/a-load-balancer-and-servers-that-ask-a-database-are-nothing",
                    test_a_load_balancer_and_servers_that_ask_a_database_are_nothing);
    g_test_add_func("/scoring/watch-relay/to-pass-on-again-and-again-is-more-than-once",
                    test_to_pass_on_again_and_again_is_more_than_once);
    return g_test_run();
}
