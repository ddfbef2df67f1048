/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-fast-beacon.c - what calls by the clock each half minute is told of on the first day */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"

#include <math.h>
#include <string.h>

static const double day_s = 86400;

typedef struct Ticker {
    const char *caller, *callee;
    double period_s, jitter; /* share of the period, both ways */
    uint16_t port;
    uint8_t protocol;
} Ticker;

static void
beat(Stage *stage, const Ticker *ticker, double at_s)
{
    stage_talk(stage, &(Talk){ .day = at_s / day_s,
                               .seconds = 0.3,
                               .caller = ticker->caller,
                               .callee = ticker->callee,
                               .port = ticker->port != 0 ? ticker->port : 443,
                               .protocol = ticker->protocol,
                               .sent = 700,
                               .got = 900 });
}

/* All of them in the order of time, with @restart_h: the scorer is restarted then; 0: never. */
static void
play(Stage *stage, const Ticker *tickers, int n, double hours, double restart_h)
{
    double next[64] = { 0 };

    g_assert_cmpint(n, <=, 64);
    for (int i = 0; i < n; i++)
        next[i] = tickers[i].period_s * stage_uniform(stage);
    for (;;) {
        int first = 0;
        for (int i = 1; i < n; i++)
            first = next[i] < next[first] ? i : first;
        if (next[first] > hours * 3600)
            break;
        if (restart_h > 0 && next[first] > restart_h * 3600) {
            stage_until(stage, restart_h / 24);
            stage_restart(stage);
            restart_h = 0;
        }
        beat(stage, &tickers[first], next[first]);
        next[first] += tickers[first].period_s * (1 + tickers[first].jitter * (2 * stage_uniform(stage) - 1));
    }
    stage_until(stage, hours / 24 + 0.02);
}

static void
test_a_beacon_of_half_a_minute_is_told_on_the_first_day(void)
{
    static const double periods[] = { 5, 10, 30, 60, 100 }, jitters[] = { 0, 0.2, 0.5 };

    for (int i = 0; i < 15; i++) {
        g_autoptr(Stage) stage = stage_new();
        Ticker ticker = { "10.1.1.5", "50.1.0.7", periods[i / 3], jitters[i % 3], 8080, 0 };
        play(stage, &ticker, 1, 23, i == 7 ? 9 : 0);
        const Alert *alert = stage_find(stage, "fast_beacon", "10.1.1.5", "50.1.0.7");
        if (alert == NULL)
            g_error("not told: every %g s, jitter %g", periods[i / 3], jitters[i % 3]);
        const AlertContribution *part = stage_part(alert, "fast_beacon");
        assert_has(part->reason, "10.1.1.5 calls 50.1.0.7 port 8080 by the clock, about every");
        assert_has(part->reason, "no other asset knows that network");
    }
}

static void
test_slow_clocks_and_keep_alives_are_dull(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Ticker tickers[] = { { "10.1.1.5", "50.1.0.7", 300, 0, 443, 0 },   /* a poll */
                               { "10.1.1.6", "50.2.0.7", 64, 0, 123, 17 },   /* a time server */
                               { "10.1.1.7", "10.1.0.9", 15, 0.1, 80, 0 } }; /* within the house */

    play(stage, tickers, 3, 48, 0);
    g_assert_cmpuint(stage_count(stage, "fast_beacon"), ==, 0);
}

/* Calls as often, but by people: bunches, and pauses. */
static void
test_much_traffic_is_no_clock(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Ticker ticker = { "10.1.1.5", "50.1.0.7", 0, 0, 443, 0 };
    double at_s = 60;

    while (at_s < 23 * 3600.0) {
        beat(stage, &ticker, at_s);
        at_s += 5 + 35 * -log(1 - stage_uniform(stage));
    }
    stage_until(stage, 0.99);
    g_assert_cmpuint(stage_count(stage, "fast_beacon"), ==, 0);
}

static void
test_what_a_monitor_polls_is_dull(void)
{
    g_autoptr(Stage) stage = stage_new();
    char far[40][24];
    Ticker tickers[40];

    for (int i = 0; i < 40; i++) {
        g_snprintf(far[i], sizeof far[i], "50.%d.0.7", 1 + i);
        tickers[i] = (Ticker){ "10.1.0.5", far[i], 60, 0.02, 443, 0 };
    }
    play(stage, tickers, 40, 20, 0);
    g_assert_cmpuint(stage_count(stage, "fast_beacon"), ==, 0);
}

static void
test_what_many_call_is_a_service(void)
{
    g_autoptr(Stage) stage = stage_new();
    char own[30][24];
    Ticker tickers[30];

    for (int i = 0; i < 30; i++) {
        g_snprintf(own[i], sizeof own[i], "10.1.1.%d", 10 + i);
        tickers[i] = (Ticker){ own[i], "50.1.0.7", 60, 0.02, 443, 0 };
    }
    play(stage, tickers, 30, 20, 0);
    g_assert_cmpuint(stage_count(stage, "fast_beacon"), ==, 0);
}

/* An implant with three homes is told of thrice, each time with less of the stake, till somebody says that he
 * was right. */
static void
test_the_second_of_an_asset_has_half_of_the_stake(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Ticker tickers[] = { { "10.1.1.5", "50.1.0.7", 20, 0, 443, 0 },
                               { "10.1.1.5", "50.2.0.7", 60, 0, 443, 0 } };
    IpAddress own = ip_of("10.1.1.5");

    play(stage, tickers, 2, 14, 5);
    Scorer *scorer = stage_scorer(stage);
    uint32_t asset = scorer_find_asset(scorer, &own);
    const Case *second = stage_case(stage, &watch_fast_beacon, "10.1.1.5", "50.2.0.7");
    g_assert_nonnull(second);
    double stake = decibans_of(0.1), half = decibans_of(2);
    g_assert_cmpfloat_with_epsilon(case_decibans(scorer, second), (double)second->evidence + stake - half,
                                   0.4); /* the first one was told some hours ago */
    AlertSubject subject = { .asset = own, .kind = "fast_beacon" };
    scorer_verdict(scorer, &subject, VERDICT_TRUE_POSITIVE);
    g_assert_cmpfloat(scorer->assets[asset].told[watch_index(&watch_fast_beacon)], ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/fast-beacon/a-beacon-of-half-a-minute-is-told-on-the-first-day",
                    test_a_beacon_of_half_a_minute_is_told_on_the_first_day);
    g_test_add_func("/scoring/fast-beacon/slow-tickers-and-keep-alives-are-dull",
                    test_slow_clocks_and_keep_alives_are_dull);
    g_test_add_func("/scoring/fast-beacon/much-traffic-is-no-clock", test_much_traffic_is_no_clock);
    g_test_add_func("/scoring/fast-beacon/what-a-monitor-polls-is-dull", test_what_a_monitor_polls_is_dull);
    g_test_add_func("/scoring/fast-beacon/what-many-call-is-a-service", test_what_many_call_is_a_service);
    g_test_add_func("/scoring/fast-beacon/the-second-of-an-asset-has-half-of-the-stake",
                    test_the_second_of_an_asset_has_half_of_the_stake);
    return g_test_run();
}
