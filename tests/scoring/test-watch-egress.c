/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-egress.c - one asset's way to a network changes: told; everybody's does: routing */
#include "tests/scoring/stage.h"

#include <stdio.h>
#include <string.h>

/* Ten servers call into twelve networks, each by its exit: 3 or 4; @asset goes to AS 65005 by @out_if. */
static void
play_days(Stage *stage, double from, double to, int asset, uint32_t out_if)
{
    for (double day = from; day < to - 1e-9; day += 1.0 / 24) {
        stage_until(stage, day);
        for (int server = 1; server <= 10; server++)
            for (int network = 0; network < 12; network++) {
                char own[32], far[32];
                bool is_moved = network == 5 && (asset == 0 || server == asset) && out_if != 0;
                if (stage_uniform(stage) < 0.5)
                    continue;
                g_snprintf(own, sizeof own, "10.1.0.%d", server);
                g_snprintf(far, sizeof far, "50.%d.0.%d", network, 1 + (int)(stage_uniform(stage) * 4));
                stage_talk(stage, &(Talk){ .day = day + 0.0001 * network,
                                           .seconds = 3,
                                           .caller = own,
                                           .callee = far,
                                           .port = 443,
                                           .sent = 4000,
                                           .got = 9000,
                                           .out_if = is_moved ? out_if : 3 + (uint32_t)network % 2 });
            }
    }
}

static void
test_one_asset_that_goes_another_way_is_told(gconstpointer restarts)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 12, 0, 0);
    play_days(stage, 12, 12 + 1.0 / 24, 4, 77);
    if (restarts != NULL) {
        stage_until(stage, 12.044);
        stage_restart(stage);
    }
    play_days(stage, 12 + 1.0 / 24, 12.5, 4, 77);
    const Alert *alert = stage_told(stage, "egress_change", "10.1.0.4", NULL);
    const AlertContribution *part = stage_part(alert, "egress_change");
    assert_has(part->reason, "interface 77");
    assert_has(part->reason, "nobody else goes there by it");
    assert_lacks(part->reason, " 0 others have gone there by other ways");
    assert_has(part->reason, "0 use it for anything");
    g_assert_true(g_str_has_prefix(strstr(part->reason, "50."), "50.5."));
    g_assert_cmpuint(alert->n_flows, >, 0);
    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        if (stage_part(stage_alert(stage, i), "egress_change") != NULL)
            g_assert_true(ip_equal(&stage_alert(stage, i)->asset, &alert->asset));
}

static void
refuse_all(const Stage *stage)
{
    for (uint32_t i = 0; i < stage_alerts(stage); i++) {
        const AlertContribution *part = stage_part(stage_alert(stage, i), "egress_change");
        if (part != NULL)
            g_error("%.1f dB: %s", part->decibans, part->reason);
    }
}

static void
test_a_change_of_routing_is_dull(void)
{
    g_autoptr(Stage) stage = stage_new();

    play_days(stage, 0, 12, 0, 0);
    play_days(stage, 12, 14, 0, 88); /* another provider takes over for AS 65005 */
    play_days(stage, 14, 16, 0, 4);  /* and back, by the other exit that is known */
    refuse_all(stage);
}

/*
 * The only asset with IPv6 goes out by router 1, and by router 2 for some hours while that one's link is
 * down. Both routers have IPv4 to the same network, whose next hops are told; those of IPv6 are not.
 */
static void
test_one_family_says_nothing_of_the_other(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (double day = 0; day < 14; day += 1.0 / 24) {
        bool is_down = day > 11.99 && day < 12.13;
        stage_until(stage, day);
        for (uint32_t server = 1; server <= 10; server++) {
            char own[IP_TEXT];
            g_snprintf(own, sizeof own, "10.1.0.%u", server);
            stage_talk(stage, &(Talk){ .day = day,
                                       .seconds = 3,
                                       .caller = own,
                                       .callee = "50.5.0.9",
                                       .port = 25,
                                       .sent = 4000,
                                       .got = 900,
                                       .out_if = 3,
                                       .next_hop = "192.0.2.1" });
        }
        stage_talk(stage, &(Talk){ .day = day + 0.02,
                                   .seconds = 3,
                                   .caller = "2001:db8:1::20",
                                   .callee = "2001:db8:5005::9",
                                   .port = 25,
                                   .sent = 4000,
                                   .got = 900,
                                   .out_if = is_down ? 3 : 4 });
    }
    refuse_all(stage);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/scoring/watch-egress/one-asset-that-goes-another-way-is-told", NULL,
                         test_one_asset_that_goes_another_way_is_told);
    g_test_add_data_func("/scoring/watch-egress/over-a-restart-too", "restart",
                         test_one_asset_that_goes_another_way_is_told);
    g_test_add_func("/scoring/watch-egress/a-change-of-routing-is-dull", test_a_change_of_routing_is_dull);
    g_test_add_func("/scoring/watch-egress/one-family-says-nothing-of-the-other",
                    test_one_family_says_nothing_of_the_other);
    return g_test_run();
}
