/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-tunnel.c - a reverse proxy's quiet connection is told of; a push service that all have is not */
#include "tests/scoring/stage.h"

enum { SLICE_S = 300, DESKS = 24, FIRST_DAYS = 10 };

static void
play_slice(Stage *stage, double day, const char *caller, const char *callee, uint16_t port,
           uint16_t caller_port, double octets)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = SLICE_S,
                               .caller = caller,
                               .callee = callee,
                               .port = port,
                               .caller_port = caller_port,
                               .flags = 0x18, /* neither SYN nor FIN: in the middle */
                               .sent = octets,
                               .got = octets * 1.2,
                               .out_if = 3 });
}

typedef struct Tunnel {
    const char *asset, *far;
    double from, to, every_s; /* @every_s: one keep-alive in so many seconds; 0: slices without a gap */
} Tunnel;

/* Every desk holds a connection to a push service in office hours, whose address changes from day to day. */
static void
play(Stage *stage, double from, double to, const Tunnel *tunnel)
{
    const double step = SLICE_S / 86400.0;
    double due = tunnel->from;

    for (double day = from; day < to; day += step) {
        double hour = (day - (int)day) * 24;
        for (int i = 1; i <= DESKS; i++) {
            char desk[32], push[32];
            g_snprintf(desk, sizeof desk, "10.1.1.%d", i);
            g_snprintf(push, sizeof push, "50.1.0.%d", 1 + (int)day % 7);
            if (hour >= 8 && hour < 17)
                play_slice(stage, day, desk, push, 5223, (uint16_t)(30000 + i),
                           300 + 900 * stage_uniform(stage));
        }
        while (tunnel->every_s > 0 && due < day + step && due >= day && due < tunnel->to) {
            stage_talk(stage, &(Talk){ .day = due,
                                       .seconds = 0.2,
                                       .caller = tunnel->asset,
                                       .callee = tunnel->far,
                                       .port = 7000,
                                       .caller_port = 51111,
                                       .flags = 0x18,
                                       .sent = 100,
                                       .got = 100,
                                       .out_if = 3 });
            due += tunnel->every_s / 86400;
        }
        if (tunnel->every_s <= 0 && day >= tunnel->from && day < tunnel->to)
            play_slice(stage, day, tunnel->asset, tunnel->far, 7000, 51111, 990);
        stage_until(stage, day + step);
    }
}

static const Alert *
find_tunnel(Stage *stage, const Tunnel *tunnel)
{
    return stage_find(stage, "tunnel", tunnel->asset, tunnel->far);
}

static void
test_a_quiet_connection_of_a_server_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Tunnel tunnel = { "10.1.0.4", "50.9.0.7", FIRST_DAYS, FIRST_DAYS + 1, 0 };

    play(stage, 0, FIRST_DAYS + 1, &tunnel);
    const Alert *alert = find_tunnel(stage, &tunnel);
    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "tunnel");
    assert_has(part->reason, "one quiet conversation with 50.9.0.7 port 7000");
    assert_has(part->reason, "no other asset does so with AS 65009");
    g_assert_cmpfloat(part->decibans, >, 0);
}

/* It updates itself from there every night: nothing new about the pair, so that the tunnel stands alone. */
static void
test_a_tunnel_to_an_old_acquaintance_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Tunnel tunnel = { "10.1.0.4", "50.9.0.7", FIRST_DAYS, FIRST_DAYS + 1, 0 };

    for (int day = 0; day < FIRST_DAYS; day++) {
        play(stage, day, day + 1, &tunnel);
        stage_talk(stage, &(Talk){ .day = day + 1,
                                   .seconds = 9,
                                   .caller = tunnel.asset,
                                   .callee = tunnel.far,
                                   .port = 443,
                                   .sent = 4000,
                                   .got = 50000,
                                   .out_if = 3 });
    }
    play(stage, FIRST_DAYS, FIRST_DAYS + 1, &tunnel);
    const Alert *alert = find_tunnel(stage, &tunnel);
    g_assert_nonnull(alert);
    g_assert_cmpstr(alert->kind, ==, "tunnel");
    assert_has(alert->counterfactual, "other assets that hold such conversations");
}

static void
test_a_keep_alive_every_five_minutes_is_one_connection(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Tunnel tunnel = { "10.1.0.4", "50.9.0.7", FIRST_DAYS, FIRST_DAYS + 1, 300 };

    play(stage, 0, FIRST_DAYS + 1, &tunnel);
    g_assert_nonnull(find_tunnel(stage, &tunnel));
}

/* Both ports are the protocol's own, so that a poll every half hour has the ports of the one before. */
static void
test_polls_from_a_fixed_port_are_no_connection(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Tunnel none = { "10.1.0.4", "50.9.0.7", FIRST_DAYS + 9, FIRST_DAYS + 9, 0 };

    play(stage, 0, FIRST_DAYS, &none);
    for (int poll = 0; poll < 48; poll++) {
        stage_talk(stage, &(Talk){ .day = FIRST_DAYS + poll / 48.0,
                                   .seconds = 1,
                                   .caller = none.asset,
                                   .callee = none.far,
                                   .protocol = 17,
                                   .port = 123,
                                   .caller_port = 123,
                                   .sent = 48,
                                   .got = 48,
                                   .out_if = 3 });
        stage_until(stage, FIRST_DAYS + (poll + 1) / 48.0);
    }
    g_assert_null(stage_find(stage, "tunnel", none.asset, none.far));
}

static void
test_a_restart_in_its_middle_loses_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Tunnel tunnel = { "10.1.0.4", "50.9.0.7", FIRST_DAYS, FIRST_DAYS + 1, 0 };

    play(stage, 0, FIRST_DAYS + 0.07, &tunnel);
    stage_restart(stage);
    play(stage, FIRST_DAYS + 0.07, FIRST_DAYS + 1, &tunnel);
    g_assert_nonnull(find_tunnel(stage, &tunnel));
}

/* Its addresses change from day to day, and a desk that has come anew uses it as well. */
static void
test_a_push_service_that_all_desks_use_is_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Tunnel newcomer = { "10.1.1.99", "50.1.0.200", FIRST_DAYS + 0.3, FIRST_DAYS + 0.8, 0 };

    play(stage, 0, FIRST_DAYS + 1, &newcomer);
    g_assert_null(find_tunnel(stage, &newcomer));
    g_assert_null(stage_find(stage, "tunnel", "10.1.1.3", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/watch-tunnel/a-quiet-connection-of-a-server-is-told-of",
                    test_a_quiet_connection_of_a_server_is_told_of);
    g_test_add_func("/scoring/watch-tunnel/a-tunnel-to-an-old-acquaintance-is-told-of",
                    test_a_tunnel_to_an_old_acquaintance_is_told_of);
    g_test_add_func("/scoring/watch-tunnel/a-keep-alive-every-five-minutes-is-one-connection",
                    test_a_keep_alive_every_five_minutes_is_one_connection);
    g_test_add_func("/scoring/watch-tunnel/polls-from-a-fixed-port-are-no-connection",
                    test_polls_from_a_fixed_port_are_no_connection);
    g_test_add_func("/scoring/watch-tunnel/a-restart-in-its-middle-loses-nothing",
                    test_a_restart_in_its_middle_loses_nothing);
    g_test_add_func("/scoring/watch-tunnel/a-push-service-that-all-desks-use-is-nothing",
                    test_a_push_service_that_all_desks_use_is_nothing);
    return g_test_run();
}
