/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-beacon.c - a new rhythm that nobody shares is told of; telemetry and old polls are not */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"

#include <math.h>

enum { DESKS = 16, DAYS = 10 };

typedef struct Beacon {
    const char *asset, *far;
    double from, to, period, jitter; /* days, seconds, share of the period */
} Beacon;

static void
call(Stage *stage, double day, const char *caller, const char *callee, uint16_t port, double octets)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 1,
                               .caller = caller,
                               .callee = callee,
                               .port = port,
                               .sent = octets,
                               .got = 3 * octets,
                               .out_if = 3 });
}

/* Every desk asks a telemetry service every half an hour, at another address each day; every server polls an
 * update service of its own every hour, from the first day on; desks browse. */
static void
play(Stage *stage, double from, double to, const Beacon *beacon)
{
    const double step = 300 / 86400.0;
    double due = beacon->from;

    for (double day = from; day < to; day += step) {
        int window = (int)((day + 1e-6) / step);
        for (int i = 1; i <= DESKS; i++) {
            char desk[32], far[32];
            g_snprintf(desk, sizeof desk, "10.1.1.%d", i);
            g_snprintf(far, sizeof far, "50.1.0.%d", 1 + (int)day % 3);
            if (window % 6 == i % 6)
                call(stage, day, desk, far, 443, 800);
            g_snprintf(far, sizeof far, "50.%d.0.5", 20 + (int)(20 * stage_uniform(stage)));
            if (stage_uniform(stage) < 0.05)
                call(stage, day, desk, far, 443, 500 + 90000 * stage_uniform(stage));
            g_snprintf(desk, sizeof desk, "10.1.0.%d", i);
            g_snprintf(far, sizeof far, "50.%d.0.9", 60 + i);
            if (window % 12 == i % 12)
                call(stage, day, desk, far, 443, 1000);
        }
        for (; due < day + step && due < beacon->to;
             due += beacon->period / 86400 * (1 + beacon->jitter * (2 * stage_uniform(stage) - 1)))
            if (due >= day)
                call(stage, due, beacon->asset, beacon->far, 443, 400);
        stage_until(stage, day + step);
    }
}

static const Alert *
find_beacon(Stage *stage, const Beacon *beacon)
{
    return stage_find(stage, "beacon", beacon->asset, beacon->far);
}

static const Case *
case_of(Stage *stage, const Beacon *beacon)
{
    const Case *one = stage_case(stage, &watch_beacon, beacon->asset, beacon->far);

    g_assert_nonnull(one);
    return one;
}

static void
test_a_new_beacon_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Beacon beacon = { "10.1.0.4", "50.9.0.7", DAYS, DAYS + 1, 900, 0.2 };

    play(stage, 0, DAYS + 1, &beacon);
    const Alert *alert = find_beacon(stage, &beacon);
    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "beacon");
    assert_has(part->reason, "10.1.0.4 calls 50.9.0.7 port 443 every 1");
    assert_has(part->reason, "minutes");
    assert_has(part->reason, "no other asset does so with AS 65009");
}

/* Told on the eighth day, by which time the contact itself is an old one. */
static void
test_a_call_a_day_is_told_of_after_some_days(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Beacon beacon = { "10.1.0.4", "50.9.0.7", DAYS + 0.1, DAYS + 16, 86400, 0.01 };

    play(stage, 0, DAYS + 16, &beacon);
    const Alert *alert = find_beacon(stage, &beacon);
    g_assert_nonnull(alert);
    assert_has(stage_part(alert, "beacon")->reason, "every 24 hours");
}

static void
test_a_restart_in_its_middle_loses_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Beacon beacon = { "10.1.0.4", "50.9.0.7", DAYS, DAYS + 1, 3600, 0 };

    play(stage, 0, DAYS + 0.3, &beacon);
    stage_restart(stage);
    play(stage, DAYS + 0.3, DAYS + 1, &(Beacon){ "10.1.0.4", "50.9.0.7", DAYS + 0.3, DAYS + 1, 3600, 0 });
    g_assert_nonnull(find_beacon(stage, &beacon));
}

/* Regular too: a new desk takes up what all desks do. */
static void
test_telemetry_that_all_desks_send_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Beacon newcomer = { "10.1.1.99", "50.1.0.2", DAYS + 0.1, DAYS + 2, 1800, 0 };

    play(stage, 0, DAYS + 2, &newcomer);
    g_assert_null(find_beacon(stage, &newcomer));
    g_assert_null(stage_find(stage, "beacon", "10.1.1.3", NULL));
    g_assert_null(stage_find(stage, "beacon", "10.1.0.3", NULL)); /* its own polls: old */
}

/* A clock that never errs is no less odd than one that sleeps with jitter. */
static void
test_a_strict_clock_is_as_odd_as_a_lax_one(void)
{
    double decibans[2];

    for (int i = 0; i < 2; i++) {
        g_autoptr(Stage) stage = stage_new();
        const Beacon beacon = { "10.1.0.4", "50.9.0.7", DAYS, DAYS + 1, 900, i == 0 ? 0 : 0.2 };
        play(stage, 0, DAYS + 1, &beacon);
        decibans[i] = case_of(stage, &beacon)->evidence;
        g_test_message("jitter %.1f: %.1f dB", beacon.jitter, decibans[i]);
    }
    g_assert_cmpfloat(decibans[0], >, decibans[1] - 0.1); /* beats differ by a few */
}

/* The first call of a pair, which has no place of its own, counts as the first of eight beats. */
static void
test_eight_calls_are_enough(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Beacon beacon = { "10.1.0.4", "50.9.0.7", DAYS + 0.1, DAYS + 0.1 + 7.5 / 24, 3600, 0.01 };

    play(stage, 0, DAYS + 0.5, &beacon);
    g_assert_cmpfloat(case_of(stage, &beacon)->numbers[5], ==, 8);
}

/* A poll's host is another one from some day on, at the same pace: less odd than one more poll beside it. */
static void
test_a_host_that_has_moved_is_less_odd_than_one_more(void)
{
    double decibans[2];

    for (int i = 0; i < 2; i++) {
        g_autoptr(Stage) stage = stage_new();
        Beacon old = { "10.1.0.40", "50.8.0.7", 0, i == 0 ? DAYS : DAYS + 1, 3600, 0.02 };
        Beacon fresh = { "10.1.0.40", "50.9.0.7", DAYS, DAYS + 1, 3600, 0.02 };
        double due = DAYS;
        play(stage, 0, DAYS, &old);
        for (int hour = 0; hour < 24; hour++, due += 1 / 24.0) {
            if (i == 1)
                call(stage, due + 0.01, old.asset, old.far, 443, 400);
            call(stage, due + 0.02, fresh.asset, fresh.far, 443, 400);
            stage_until(stage, due + 0.03);
        }
        decibans[i] = case_of(stage, &fresh)->evidence;
        g_test_message("%s: %.1f dB", i == 0 ? "moved" : "one more", decibans[i]);
    }
    g_assert_cmpfloat(decibans[0] + 5, <, decibans[1]);
}

/* A program is rolled out to eight servers within an hour: whichever is found first, it is held for less than
 * one that nobody else has. */
static void
test_a_program_that_many_take_up_is_less_odd(void)
{
    double most[2] = { 0 };

    for (int alone = 0; alone < 2; alone++) {
        g_autoptr(Stage) stage = stage_new();
        const Beacon none = { "10.1.0.4", "50.9.0.7", DAYS, DAYS, 900, 0 };
        play(stage, 0, DAYS, &none);
        for (int beat = 0; beat < 90; beat++)
            for (int i = 1; i <= (alone ? 1 : 8); i++) {
                char server[32];
                double day = DAYS + beat * 600 / 86400.0 + i * 7e-4;
                g_snprintf(server, sizeof server, "10.1.0.%d", i);
                call(stage, day, server, "50.9.0.7", 443, 700);
                stage_until(stage, day);
            }
        stage_until(stage, DAYS + 1);
        for (int i = 1; i <= (alone ? 1 : 8); i++) {
            char server[32];
            g_snprintf(server, sizeof server, "10.1.0.%d", i);
            Beacon beacon = { server, "50.9.0.7", DAYS, DAYS, 600, 0 };
            most[alone] = fmax(most[alone], (double)case_of(stage, &beacon)->evidence);
        }
    }
    g_test_message("alone %.1f dB, the most of eight %.1f dB", most[1], most[0]);
    g_assert_cmpfloat(most[0] + 10, <, most[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-beacon/a-new-beacon-is-told-of", test_a_new_beacon_is_told_of);
    g_test_add_func("/scoring/watch-beacon/a-call-a-day-is-told-of-after-some-days",
                    test_a_call_a_day_is_told_of_after_some_days);
    g_test_add_func("/scoring/watch-beacon/a-strict-clock-is-as-odd-as-a-lax-one",
                    test_a_strict_clock_is_as_odd_as_a_lax_one);
    g_test_add_func("/scoring/watch-beacon/eight-calls-are-enough", test_eight_calls_are_enough);
    g_test_add_func("/scoring/watch-beacon/a-host-that-has-moved-is-less-odd-than-one-more",
                    test_a_host_that_has_moved_is_less_odd_than_one_more);
    g_test_add_func("/scoring/watch-beacon/a-program-that-many-take-up-is-less-odd",
                    test_a_program_that_many_take_up_is_less_odd);
    g_test_add_func("/scoring/watch-beacon/a-restart-in-its-middle-loses-nothing",
                    test_a_restart_in_its_middle_loses_nothing);
    g_test_add_func("/scoring/watch-beacon/telemetry-that-all-desks-send-is-nothing",
                    test_telemetry_that_all_desks_send_is_nothing);
    return g_test_run();
}
