/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-spray.c - a try a day from each of a thousand homes is told of; visitors, also on the evening on
 * which everybody comes, are not */
#include "tests/scoring/stage.h"

#include <math.h>

static void
visit(Stage *stage, double day, const char *from, const char *server, uint16_t port, double octets)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 2,
                               .caller = from,
                               .callee = server,
                               .port = port,
                               .sent = 900,
                               .got = octets });
}

static double
size(Stage *stage, double median, double spread)
{
    double normal = 0;

    for (int i = 0; i < 12; i++)
        normal += stage_uniform(stage);
    return median * exp(spread * (normal - 6));
}

/* From a home line; of the same 300 as ever, or one that never came. */
static void
come(Stage *stage, double day, const char *server, uint16_t port, double octets, bool is_new)
{
    char from[IP_TEXT];
    int line = (int)((is_new ? 60000 : 300) * stage_uniform(stage));

    g_snprintf(from, sizeof from, "45.%d.%d.%d", is_new ? 9 : 8, line / 250, line % 250 + 1);
    visit(stage, day, from, server, port, octets);
}

/* A web server and a mail server: a third, a tenth of the visitors are new; @load: times as many. */
static void
play(Stage *stage, double from, double to, double load, double tries_a_day)
{
    for (int quarter = (int)(from * 96); quarter < (int)(to * 96); quarter++) {
        double day = quarter / 96.0, hour = fmod(day, 1) * 24, busy = hour > 7 && hour < 22 ? 1 : 0.2;
        stage_until(stage, day);
        for (int i = 0; i < 4 * busy * load; i++)
            come(stage, day, "10.1.0.1", 443, size(stage, 3e4, 1.4), stage_uniform(stage) < 0.33);
        for (int i = 0; i < 2 * busy * load; i++)
            come(stage, day, "10.1.0.2", 993, size(stage, 1.5e4, 1.2), stage_uniform(stage) < 0.1);
        if (stage_uniform(stage) < tries_a_day / 96)
            come(stage, day, "10.1.0.2", 993, size(stage, 2600, 0.15), true);
    }
    stage_until(stage, to + 0.01);
}

static const AlertContribution *
told(const Stage *stage, const char *asset)
{
    return stage_part(stage_told(stage, "spray", asset, NULL), "spray");
}

static void
test_tries_from_many_homes_are_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 6, 1, 0);
    stage_restart(stage);
    play(stage, 6, 12, 1, 0);
    g_assert_cmpuint(stage_count(stage, "spray"), ==, 0);
    play(stage, 12, 15, 1, 90);
    const AlertContribution *part = told(stage, "10.1.0.2");
    assert_has(part->reason, "came to port 993/tcp of 10.1.0.2 for one short try");
    g_assert_cmpuint(stage_count(stage, "spray"), ==, 1);

    /* When it is over, the words are still about what was odd. */
    play(stage, 15, 15.6, 1, 0);
    g_assert_cmpuint(g_ascii_strtoull(told(stage, "10.1.0.2")->reason, NULL, 10), >=, 8);
}

static void
test_a_port_that_was_silent_is_watched_as_well(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 10, 1, 0);
    for (int i = 0; i < 60; i++) {
        stage_until(stage, 10 + i / 120.0);
        come(stage, 10 + i / 120.0, "10.1.0.7", 443, size(stage, 2600, 0.15), true);
    }
    stage_until(stage, 10.6);
    told(stage, "10.1.0.7");
}

static void
test_the_evening_on_which_everybody_comes_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12.7, 1, 0);
    play(stage, 12.7, 12.9, 12, 0);
    play(stage, 12.9, 13.5, 1, 0);
    g_assert_cmpuint(stage_count(stage, "spray"), ==, 0);
}

/* A dozen web servers that much the same people visit, from the first record on; at one of them more come for
 * one short try, too. */
static void
play_servers(Stage *stage, int days, bool is_sprayed)
{
    enum { SERVERS = 12 };

    for (int quarter = 0; quarter < days * 96; quarter++) {
        double day = quarter / 96.0;
        stage_until(stage, day);
        for (int i = 0; i < SERVERS; i++) {
            char server[IP_TEXT];
            g_snprintf(server, sizeof server, "10.1.2.%d", i + 1);
            come(stage, day, server, 443, size(stage, 3e4, 1.4), false);
            come(stage, day, server, 443, size(stage, 3e4, 1.4), stage_uniform(stage) < 0.5);
        }
        if (is_sprayed && quarter % 2 == 0)
            come(stage, day, "10.1.2.5", 443, size(stage, 2600, 0.15), true);
    }
    stage_until(stage, days + 0.01);
}

static void
test_who_was_there_first_is_held_against_other_services(void)
{
    for (int is_sprayed = 0; is_sprayed < 2; is_sprayed++) {
        g_autoptr(Stage) stage = stage_new();
        play_servers(stage, 6, is_sprayed != 0);
        if (is_sprayed == 0) {
            g_assert_cmpuint(stage_count(stage, "spray"), ==, 0);
            continue;
        }
        const Alert *alert = stage_told(stage, "spray", "10.1.2.5", NULL);
        assert_has(stage_part(alert, "spray")->reason,
                   "of the newcomers at port 443/tcp of 10.1.2.5 come for one short try");
        assert_has(stage_part(alert, "spray")->reason, "at the 11 other services that strangers visit");
        assert_has(alert->counterfactual, "of such newcomers");
        g_assert_cmpuint(stage_count(stage, "spray"), ==, 1);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-spray/tries-from-many-homes-are-told-of",
                    test_tries_from_many_homes_are_told_of);
    g_test_add_func("/scoring/watch-spray/a-port-that-was-silent-is-watched-as-well",
                    test_a_port_that_was_silent_is_watched_as_well);
    g_test_add_func("/scoring/watch-spray/the-evening-on-which-everybody-comes-is-nothing",
                    test_the_evening_on_which_everybody_comes_is_nothing);
    g_test_add_func("/scoring/watch-spray/who-was-there-first-is-held-against-other-services",
                    test_who_was_there_first_is_held_against_other_services);
    return g_test_run();
}
