/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-router-endpoint.c - a router that begins to speak or to answer is told of; polls, scans from
 * outside and a new log server for all are not */
#include "tests/scoring/stage.h"

enum { ROUTERS = 12 };

static void
talk(Stage *stage, double day, const char *caller, const char *callee, uint8_t protocol, uint16_t port,
     double sent, double got)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 10,
                               .caller = caller,
                               .callee = callee,
                               .protocol = protocol,
                               .port = port,
                               .caller_port = protocol == 47 ? 1 : 0,
                               .sent = sent,
                               .got = got });
}

/* Polls, logs, log-ins from the jump host; strangers try SSH and are not answered; pings from anywhere are.
 */
static void
play(Stage *stage, int from, int to, const char *logs)
{
    for (int step = from * 4; step < to * 4; step++) {
        double day = step / 4.0 + 0.1;
        stage_until(stage, day);
        for (int i = 1; i <= ROUTERS; i++) {
            char router[IP_TEXT], stranger[IP_TEXT];
            g_snprintf(router, sizeof router, "10.1.2.%d", i);
            g_snprintf(stranger, sizeof stranger, "50.7.%d.%d", step % 250, i);
            talk(stage, day, "10.1.0.250", router, 17, 161, 500, 4000);
            talk(stage, day, router, logs, 17, 514, 3000, 0);
            talk(stage, day, router, "10.1.0.4", 6, 49, 900, 700);
            talk(stage, day, stranger, router, 6, 22, 60, 0);
            talk(stage, day, stranger, router, 1, 0, 90, 90);
        }
        char router[IP_TEXT];
        g_snprintf(router, sizeof router, "10.1.2.%d", 1 + (int)(ROUTERS * stage_uniform(stage)));
        talk(stage, day, "10.1.0.9", router, 6, 22, 40000, 90000);
    }
}

static const AlertContribution *
told(const Stage *stage, const char *router, const char *far)
{
    return stage_part(stage_told(stage, "router_endpoint", router, far), "router_endpoint");
}

static void
test_a_tunnel_from_a_router_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 7, "10.1.0.8");
    stage_restart(stage);
    play(stage, 7, 12, "10.1.0.8");
    talk(stage, 11.9, "10.1.2.3", "45.9.0.7", 47, 0, 3e6, 0);
    stage_until(stage, 12.1);
    const AlertContribution *part = told(stage, "10.1.2.3", "45.9.0.7");
    assert_has(part->reason, "10.1.2.3 speaks with 45.9.0.7 by GRE, as it never did");
    assert_has(part->reason, "did not know each other");
}

static void
test_a_shell_on_a_high_port_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, "10.1.0.8");
    talk(stage, 11.9, "45.9.0.7", "10.1.2.5", 6, 57022, 30000, 90000);
    stage_until(stage, 12.1);
    assert_has(told(stage, "10.1.2.5", "45.9.0.7")->reason, "answers 45.9.0.7 by port 57022");
}

static void
test_another_server_for_log_ins_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, "10.1.0.8");
    talk(stage, 11.9, "10.1.2.6", "10.1.0.9", 6, 49, 900, 700); /* the jump host, which it knows */
    stage_until(stage, 12.1);
    assert_has(told(stage, "10.1.2.6", "10.1.0.9")->reason, "by TACACS+");
}

static void
test_usual_business_and_strangers_are_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, "10.1.0.8");
    stage_until(stage, 12.1);
    g_assert_cmpuint(stage_count(stage, "router_endpoint"), ==, 0);
}

static void
test_a_new_log_server_is_no_news_once_some_use_it(void)
{
    g_autoptr(Stage) stage = stage_new();

    play(stage, 0, 12, "10.1.0.8");
    play(stage, 12, 14, "10.1.0.11");
    stage_until(stage, 14.1);
    g_assert_cmpuint(stage_count(stage, "router_endpoint"), <=, 3);
}

/* A name stands for the servers of a pool, and one router is given the next addresses before the others are.
 */
static void
test_another_time_server_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < 12; day++) {
        play(stage, day, day + 1, "10.1.0.8");
        for (int i = 1; i <= ROUTERS; i++) {
            char router[IP_TEXT];
            g_snprintf(router, sizeof router, "10.1.2.%d", i);
            talk(stage, day + 0.9, router, "50.3.0.9", 17, 123, 48, 48);
        }
    }
    for (int i = 0; i < 4; i++) {
        char server[IP_TEXT];
        g_snprintf(server, sizeof server, "50.%d.0.9", 4 + i);
        talk(stage, 11.91 + i / 100.0, "10.1.2.3", server, 17, 123, 48, 48);
    }
    stage_until(stage, 12.1);
    g_assert_cmpuint(stage_count(stage, "router_endpoint"), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-router-endpoint/a-tunnel-from-a-router-is-told-of",
                    test_a_tunnel_from_a_router_is_told_of);
    g_test_add_func("/scoring/watch-router-endpoint/a-shell-on-a-high-port-is-told-of",
                    test_a_shell_on_a_high_port_is_told_of);
    g_test_add_func("/scoring/watch-router-endpoint/another-server-for-log-ins-is-told-of",
                    test_another_server_for_log_ins_is_told_of);
    g_test_add_func("/scoring/watch-router-endpoint/usual-business-and-strangers-are-nothing",
                    test_usual_business_and_strangers_are_nothing);
    g_test_add_func("/scoring/watch-router-endpoint/a-new-log-server-is-no-news-once-some-use-it",
                    test_a_new_log_server_is_no_news_once_some_use_it);
    g_test_add_func("/scoring/watch-router-endpoint/another-time-server-is-nothing",
                    test_another_time_server_is_nothing);
    return g_test_run();
}
