/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-scan.c - an asset that probes, fast or a few times a day, and a herd with one source port are
 * told of; the house's own scanner, strangers, an outage and failures as ever are not */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"

enum { DESKS = 20, SERVERS = 20 };

static void
probe(Stage *stage, double day, const char *caller, const char *callee, uint16_t caller_port, uint16_t port,
      bool is_answered)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = is_answered ? 3 : 0,
                               .caller = caller,
                               .callee = callee,
                               .caller_port = caller_port,
                               .port = port,
                               .sent = is_answered ? 2000 : 60,
                               .got = is_answered ? 9000 : 0 });
}

/* An address inside that nobody has. */
static void
nobody(char text[IP_TEXT], int number)
{
    g_snprintf(text, IP_TEXT, "10.1.%d.%d", 40 + number / 250, number % 250 + 1);
}

/* Desks meet new far ends, one in twelve of which is not there; each night one stranger sweeps the servers.
 */
static void
play(Stage *stage, double from, double to, bool is_outage)
{
    for (int hour = (int)(from * 24); hour < (int)(to * 24); hour++) {
        double day = hour / 24.0 + 0.01;
        stage_until(stage, day);
        for (int i = 1; i <= DESKS; i++)
            for (int k = 0; k < 2; k++) {
                char desk[IP_TEXT], far[IP_TEXT];
                g_snprintf(desk, sizeof desk, "10.1.1.%d", i);
                g_snprintf(far, sizeof far, "50.%d.%d.%d", (int)(200 * stage_uniform(stage)), hour % 250, i);
                probe(stage, day, desk, far, 0, 443, !is_outage && stage_uniform(stage) > 0.08);
            }
        for (int i = 1; i <= SERVERS && hour % 24 == 3; i++) {
            char server[IP_TEXT], stranger[IP_TEXT];
            g_snprintf(server, sizeof server, "10.1.0.%d", i);
            g_snprintf(stranger, sizeof stranger, "45.3.%d.9", hour / 24);
            probe(stage, day, stranger, server, 0, 23, false);
        }
        for (int i = 0; i < 60 && hour % 168 == 80; i++) { /* Thursdays, by the monitor */
            char text[IP_TEXT];
            nobody(text, i);
            probe(stage, day, "10.1.0.250", text, 0, 22, false);
        }
    }
    stage_until(stage, to);
}

static const AlertContribution *
told(const Stage *stage, const char *asset)
{
    return stage_part(stage_told(stage, "scan", asset, NULL), "scan");
}

static void
test_a_fast_scan_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 6, false);
    stage_restart(stage);
    play(stage, 6, 12, false);
    g_assert_null(stage_find(stage, "scan", "10.1.1.9", NULL));
    for (int i = 0; i < 40; i++) {
        char text[IP_TEXT];
        nobody(text, 100 + i);
        probe(stage, 12 + i * 1e-5, "10.1.1.9", text, 0, 445, false);
    }
    stage_until(stage, 12.1);
    const AlertContribution *part = told(stage, "10.1.1.9");
    assert_has(part->reason, "10.1.1.9 tried ");
    assert_has(part->reason, "and 1 ports");
    assert_has(part->reason, "was a scanner 0 times before");
}

static void
test_a_probe_every_three_hours_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 10, false);
    for (int i = 0; i < 40; i++) {
        char text[IP_TEXT];
        nobody(text, 300 + i);
        play(stage, 10 + i / 8.0, 10 + (i + 1) / 8.0, false);
        probe(stage, 10 + (i + 1) / 8.0, "10.1.1.9", text, 0, 22, false);
    }
    stage_until(stage, 15.2);
    told(stage, "10.1.1.9");
}

/* Who is being told of goes on being told of: that he has tried hundreds does not make it usual. */
static void
test_a_long_scan_does_not_become_usual(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, false);
    for (int hour = 12 * 24; hour < 13 * 24 + 12; hour++) {
        play(stage, hour / 24.0, (hour + 1) / 24.0, false);
        for (int i = 0; i < 16; i++) {
            char text[IP_TEXT];
            nobody(text, 100 + (hour - 12 * 24) * 16 + i);
            probe(stage, (hour + 1) / 24.0 + i * 1e-5, "10.1.1.9", text, 0, 445, false);
        }
    }
    stage_until(stage, 13.55);
    const Case *one = stage_case(stage, &watch_scan, "10.1.1.9", NULL);
    told(stage, "10.1.1.9");
    g_assert_cmpfloat((double)(one->last_ms - one->first_ms), >, 1.4 * 86400e3);
}

static void
test_many_ports_of_one_host_are_a_scan(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, false);
    for (int i = 0; i < 60; i++)
        probe(stage, 12 + i * 1e-5, "10.1.1.9", "10.1.0.5", 0, (uint16_t)(1000 + i), false);
    stage_until(stage, 12.1);
    assert_has(told(stage, "10.1.1.9")->reason, "about 1 hosts and");
}

/* Hundreds of packets to each port, and no answer: whoever does that asks nothing, nor is it taken for data
 * that leaves. */
static void
test_a_flood_is_no_scan(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, false);
    for (int i = 0; i < 200; i++)
        stage_talk(stage, &(Talk){ .day = 12 + i * 1e-5,
                                   .seconds = 2,
                                   .caller = "10.1.1.9",
                                   .callee = "50.7.7.7",
                                   .port = (uint16_t)(1000 + i),
                                   .protocol = 17,
                                   .sent = 3e5 });
    stage_until(stage, 12.1);
    g_assert_cmpuint(stage_count(stage, "scan"), ==, 0);
    g_assert_cmpuint(stage_count(stage, "slow_exfiltration"), ==, 0);
}

static void
test_usual_failures_strangers_and_the_house_scanner_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 21, false);
    g_assert_cmpuint(stage_count(stage, "scan"), ==, 0);
}

/* No desk was ever met first, but strangers sweep this network each night, and many more are customers. */
static void
test_a_stranger_who_sweeps_the_desks_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int hour = 0; hour < 12 * 24; hour++) {
        play(stage, hour / 24.0, (hour + 1) / 24.0, false);
        for (int i = 0; i < 3; i++) {
            char customer[IP_TEXT];
            g_snprintf(customer, sizeof customer, "45.%d.%d.%d", 10 + hour / 250, hour % 250, i + 1);
            probe(stage, (hour + 1) / 24.0, customer, "10.1.0.4", 0, 443, true);
        }
    }
    for (int i = 0; i < 3 * DESKS; i++) {
        char desk[IP_TEXT];
        g_snprintf(desk, sizeof desk, "10.1.1.%d", 1 + i % DESKS);
        probe(stage, 12.01 + i * 1e-4, "45.3.77.9", desk, 0, (uint16_t)(22 + i / DESKS), false);
    }
    stage_until(stage, 12.1);
    g_assert_cmpuint(stage_count(stage, "scan"), ==, 0);
}

/* They have failed, or whoever told of their answers has: a first contact is one with somebody not known. */
static void
test_ends_that_fall_silent_are_no_scan(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day <= 12; day++) {
        play(stage, day, day + 0.5, false);
        for (int i = 0; i < 40; i++) {
            char text[IP_TEXT];
            nobody(text, 500 + i);
            probe(stage, day + 0.5 + i * 1e-5, "10.1.1.9", text, 0, 161, day < 12);
        }
        stage_until(stage, day + 0.55);
        play(stage, day + 0.55, day + 1, false);
    }
    g_assert_cmpuint(stage_count(stage, "scan"), ==, 0);
}

static void
test_an_outage_is_no_scan(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, false);
    play(stage, 12, 12.5, true);
    g_assert_cmpuint(stage_count(stage, "scan"), ==, 0);
}

static void
test_a_herd_with_one_source_port_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, false);
    for (int i = 0; i < 60; i++) {
        char server[IP_TEXT], bot[IP_TEXT];
        g_snprintf(server, sizeof server, "10.1.0.%d", 1 + i % SERVERS);
        g_snprintf(bot, sizeof bot, "45.%d.77.%d", 20 + i % 20, i + 1);
        stage_until(stage, 12 + i * 0.01);
        probe(stage, 12 + i * 0.01, bot, server, 19000, 8443, false);
    }
    stage_until(stage, 13);
    uint32_t found = 0;
    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        found +=
            strstr(stage_alert(stage, i)->summary, "strangers probe with the same source port 19000") != NULL;
    g_assert_cmpuint(found, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-scan/a-fast-scan-is-told-of", test_a_fast_scan_is_told_of);
    g_test_add_func("/scoring/watch-scan/a-probe-every-three-hours-is-told-of",
                    test_a_probe_every_three_hours_is_told_of);
    g_test_add_func("/scoring/watch-scan/a-long-scan-does-not-become-usual",
                    test_a_long_scan_does_not_become_usual);
    g_test_add_func("/scoring/watch-scan/many-ports-of-one-host-are-a-scan",
                    test_many_ports_of_one_host_are_a_scan);
    g_test_add_func("/scoring/watch-scan/a-flood-is-no-scan", test_a_flood_is_no_scan);
    g_test_add_func("/scoring/watch-scan/usual-failures-strangers-and-the-house-scanner-are-nothing",
                    test_usual_failures_strangers_and_the_house_scanner_are_nothing);
    g_test_add_func("/scoring/watch-scan/a-stranger-who-sweeps-the-desks-is-nothing",
                    test_a_stranger_who_sweeps_the_desks_is_nothing);
    g_test_add_func("/scoring/watch-scan/ends-that-fall-silent-are-no-scan",
                    test_ends_that_fall_silent_are_no_scan);
    g_test_add_func("/scoring/watch-scan/an-outage-is-no-scan", test_an_outage_is_no_scan);
    g_test_add_func("/scoring/watch-scan/a-herd-with-one-source-port-is-told-of",
                    test_a_herd_with_one_source_port_is_told_of);
    return g_test_run();
}
