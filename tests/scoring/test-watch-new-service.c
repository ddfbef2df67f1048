/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-new-service.c - a port proxy on a server and a desk that serves are told of; programs that are
 * set up on servers, one at a time or on all, are not */
#include "scoring/detector.h"
#include "tests/scoring/stage.h"

enum { SERVERS = 20, DESKS = 10 };

static void
talk(Stage *stage, double day, const char *caller, const char *callee, uint16_t port, double sent, double got)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 60,
                               .caller = caller,
                               .callee = callee,
                               .port = port,
                               .sent = sent,
                               .got = got });
}

/* Desks use the servers; every second day a server has something new on a port that servers have. Strangers
 * knock on high ports, in vain. */
static void
play(Stage *stage, int from, int to)
{
    static const uint16_t fresh[] = { 8443, 9090, 3000, 8081, 9200 };

    stage_forget_tails(stage);
    for (int step = from * 8; step < to * 8; step++) {
        double day = step / 8.0 + 0.05;
        stage_until(stage, day);
        for (int i = 1; i <= SERVERS; i++) {
            char server[IP_TEXT], desk[IP_TEXT], stranger[IP_TEXT];
            g_snprintf(server, sizeof server, "10.1.0.%d", i);
            g_snprintf(desk, sizeof desk, "10.1.1.%d", 1 + (int)(DESKS * stage_uniform(stage)));
            g_snprintf(stranger, sizeof stranger, "50.9.%d.%d", step % 250, i);
            talk(stage, day, desk, server, 443, 3000, 50000 * (1 + stage_uniform(stage)));
            talk(stage, day, stranger, server, (uint16_t)(20000 + 97 * step % 20000), 60, 0);
        }
        talk(stage, day, "10.1.1.2", "10.1.0.9", 3389, 30000, 90000);
        int number = step / 16;
        char server[IP_TEXT];
        g_snprintf(server, sizeof server, "10.1.0.%d", 1 + number * 7 % SERVERS);
        talk(stage, day, "10.1.1.4", server, fresh[number % 5], 4000, 60000 * (1 + stage_uniform(stage)));
    }
}

static const AlertContribution *
told(const Stage *stage, const char *asset)
{
    return stage_part(stage_told(stage, "new_service", asset, NULL), "new_service");
}

static void
test_a_port_proxy_is_told_of_with_its_leg(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 7);
    stage_restart(stage);
    play(stage, 7, 12);
    for (int i = 0; i < 6; i++) {
        double day = 12 + 0.02 * i, octets = 40000 * (1 + stage_uniform(stage));
        stage_until(stage, day);
        talk(stage, day, "45.9.0.7", "10.1.0.5", 23456, octets, 9 * octets);
        talk(stage, day, "10.1.0.5", "10.1.0.9", 3389, octets, 9 * octets);
    }
    stage_until(stage, 12.2);
    const AlertContribution *part = told(stage, "10.1.0.5");
    assert_has(part->reason, "accepts calls on port 23456/tcp, as it never did");
    assert_has(part->reason, "from 45.9.0.7; behind it a leg of its own goes to port 3389");

    /* Who comes in by the door and is passed on is told with it. */
    const Alert *relay = stage_find(stage, "relay", "10.1.0.5", "45.9.0.7");
    double sum = 0;
    g_assert_nonnull(relay);
    g_assert_nonnull(stage_part(relay, "new_service"));
    for (uint32_t i = 0; i < relay->n_contributions; i++)
        sum += relay->contributions[i].decibans;
    g_assert_cmpfloat_with_epsilon(sum, relay->score, 0.01);
    assert_has(relay->counterfactual, "a port that it, or three of its role within days, served");
    g_assert_cmpuint(stage_count(stage, "new_service"), ==, 2);
}

static void
test_a_desk_that_begins_to_serve_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    talk(stage, 11.95, "10.1.1.7", "10.1.1.3", 4444, 3000, 90000);
    stage_until(stage, 12.1);
    assert_has(told(stage, "10.1.1.3")->reason, "(0 others of role \"desk\" do)");
}

/* One more of a service that the house has is less odd than a door that stands open nowhere else. */
static void
test_a_port_that_others_serve_tells_less(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    talk(stage, 11.95, "10.1.1.7", "10.1.1.3", 4444, 3000, 90000);
    talk(stage, 11.95, "10.1.1.7", "10.1.1.5", 8081, 3000, 90000);
    stage_until(stage, 12.1);
    assert_has(told(stage, "10.1.1.3")->reason, "of all assets 0 served that port before");
    g_assert_null(stage_find(stage, "new_service", "10.1.1.5", NULL));
}

static void
test_a_program_here_and_there_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 16);
    stage_until(stage, 16);
    g_assert_cmpuint(stage_count(stage, "new_service"), ==, 0);
}

static void
test_a_program_for_all_is_no_news_once_some_have_it(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    for (int i = 1; i <= SERVERS; i++) {
        char server[IP_TEXT];
        g_snprintf(server, sizeof server, "10.1.0.%d", i);
        stage_until(stage, 12 + 0.01 * i);
        talk(stage, 12 + 0.01 * i, "10.1.0.250", server, 10050, 900, 3000);
    }
    stage_until(stage, 12.5);
    g_assert_cmpuint(stage_count(stage, "new_service"), <=, 3);
}

static void
test_what_knocks_in_vain_finds_no_service(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    for (int i = 0; i < 50; i++)
        talk(stage, 11.95, "45.9.0.7", "10.1.0.5", (uint16_t)(2000 + i), 60, 0);
    for (int i = 0; i < 50; i++) /* an open port, found and let alone */
        talk(stage, 11.95, "45.9.0.8", "10.1.0.5", (uint16_t)(3000 + i), 120, 120);
    stage_until(stage, 12.1);
    g_assert_null(stage_find(stage, "new_service", "10.1.0.5", NULL));
}

/* Which side of two high ports is the caller's is not sure, until one side comes back to the same one. */
static void
test_a_high_port_is_a_door_when_the_same_far_end_comes_back_to_it(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12);
    for (int i = 0; i < 3; i++) {
        g_assert_null(stage_find(stage, "new_service", "10.1.0.5", NULL));
        talk(stage, 12 + 0.01 * i, "45.9.0.7", "10.1.0.5", 33557, 40000, 90000);
        talk(stage, 12 + 0.01 * i, "45.9.0.8", "10.1.0.6", (uint16_t)(33557 + i), 40000, 90000);
        stage_until(stage, 12 + 0.01 * (i + 1));
        stage_restart(stage);
    }
    stage_until(stage, 12.1);
    assert_has(told(stage, "10.1.0.5")->reason, "accepts calls on port 33557/tcp");
    g_assert_null(stage_find(stage, "new_service", "10.1.0.6", NULL));
}

/* The house has used the port all along; that strangers are let in to it is new. On another server they come
 * from the first day on. */
static void
test_a_port_that_is_opened_to_strangers_is_told(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 12; day++) {
        play(stage, day, day + 1);
        talk(stage, day + 0.99, "50.7.0.9", "10.1.0.4", 443, 3000, 50000);
    }
    g_assert_null(stage_find(stage, "new_service", "10.1.0.9", NULL));
    talk(stage, 12.05, "10.1.1.2", "10.1.0.9", 3389, 30000, 90000);
    talk(stage, 12.06, "50.8.0.9", "10.1.0.4", 443, 3000, 50000);
    talk(stage, 12.07, "50.8.0.9", "10.1.0.9", 3389, 30000, 90000);
    stage_until(stage, 12.2);
    const AlertContribution *part = told(stage, "10.1.0.9");
    assert_has(part->reason, "accepts calls of strangers on port 3389/tcp, as it never did");
    assert_has(part->reason, "from 50.8.0.9");
    g_assert_null(stage_find(stage, "new_service", "10.1.0.4", NULL));
}

static void
test_a_role_that_nobody_knows_has_no_empty_name(void)
{
    g_autoptr(Stage) stage = stage_new();
    char role[48];

    talk(stage, 0.5, "10.1.1.2", "10.1.0.9", 3389, 30000, 90000);
    stage_until(stage, 0.6);
    Scorer *scorer = stage_scorer(stage);
    const ScoredAsset *asset = &scorer->assets[0];
    detector_role_words(scorer, asset, role, sizeof role);
    g_assert_true(g_str_has_prefix(role, "role \""));
    scorer->roles[asset->role].name[0] = '\0';
    detector_role_words(scorer, asset, role, sizeof role);
    g_assert_cmpstr(role, ==, "unknown role");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-new-service/a-role-that-nobody-knows-has-no-empty-name",
                    test_a_role_that_nobody_knows_has_no_empty_name);
    g_test_add_func("/scoring/watch-new-service/a-port-proxy-is-told-of-with-its-leg",
                    test_a_port_proxy_is_told_of_with_its_leg);
    g_test_add_func("/scoring/watch-new-service/a-desk-that-begins-to-serve-is-told-of",
                    test_a_desk_that_begins_to_serve_is_told_of);
    g_test_add_func("/scoring/watch-new-service/a-port-that-others-serve-tells-less",
                    test_a_port_that_others_serve_tells_less);
    g_test_add_func("/scoring/watch-new-service/a-program-here-and-there-is-nothing",
                    test_a_program_here_and_there_is_nothing);
    g_test_add_func("/scoring/watch-new-service/a-program-for-all-is-no-news-once-some-have-it",
                    test_a_program_for_all_is_no_news_once_some_have_it);
    g_test_add_func("/scoring/watch-new-service/what-knocks-in-vain-finds-no-service",
                    test_what_knocks_in_vain_finds_no_service);
    g_test_add_func("/scoring/watch-new-service/a-high-port-is-a-door-when-the-same-far-end-comes-back-to-it",
                    test_a_high_port_is_a_door_when_the_same_far_end_comes_back_to_it);
    g_test_add_func("/scoring/watch-new-service/a-port-that-is-opened-to-strangers-is-told",
                    test_a_port_that_is_opened_to_strangers_is_told);
    return g_test_run();
}
