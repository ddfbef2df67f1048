/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-beacon.c - a new rhythm that nobody shares is told of; telemetry and old polls are not */
#include "tests/scoring/stage.h"

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
    const Alert *alert = stage_find(stage, "beacon", beacon->asset, beacon->far);

    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        g_test_message("%s", stage_alert(stage, i)->summary);
    if (alert == NULL)
        return NULL;
    const AlertContribution *part = stage_part(alert, "beacon");
    g_test_message("score %.1f of %.1f; %.1f dB, p %.2g: %s | %s", alert->score, alert->threshold,
                   part->decibans, part->p, part->reason, alert->counterfactual);
    return alert;
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
    g_assert_nonnull(strstr(part->reason, "10.1.0.4 calls 50.9.0.7 port 443 every 1"));
    g_assert_nonnull(strstr(part->reason, "minutes"));
    g_assert_nonnull(strstr(part->reason, "no other asset does so with AS 65009"));
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
    g_assert_nonnull(strstr(stage_part(alert, "beacon")->reason, "every 24 hours"));
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-beacon/a-new-beacon-is-told-of", test_a_new_beacon_is_told_of);
    g_test_add_func("/scoring/watch-beacon/a-call-a-day-is-told-of-after-some-days",
                    test_a_call_a_day_is_told_of_after_some_days);
    g_test_add_func("/scoring/watch-beacon/a-restart-in-its-middle-loses-nothing",
                    test_a_restart_in_its_middle_loses_nothing);
    g_test_add_func("/scoring/watch-beacon/telemetry-that-all-desks-send-is-nothing",
                    test_telemetry_that_all_desks_send_is_nothing);
    return g_test_run();
}
