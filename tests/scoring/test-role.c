/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-role.c - what the inventory does not say is learned from what an asset does; what it says stays */
#include "tests/scoring/stage.h"

#include <string.h>

static const char *
role_of(Stage *stage, const char *text, bool *is_learned)
{
    IpAddress address = ip_of(text);

    json_t *asset = scorer_asset_json(stage_scorer(stage), &address);
    g_assert_nonnull(asset);
    const char *role = g_intern_string(json_string_value(json_object_get(asset, "role")));
    *is_learned = json_is_true(json_object_get(asset, "roleLearned"));
    json_decref(asset);
    return role;
}

/* Twenty desks call @callee three times an hour for half a day. */
static void
play_visits(Stage *stage, const char *callee, uint16_t port)
{
    for (int third = 0; third < 36; third++) {
        stage_until(stage, third / 72.0);
        for (int desk = 1; desk <= 20; desk++) {
            char caller[IP_TEXT];
            g_snprintf(caller, sizeof caller, "10.1.4.%d", desk);
            stage_talk(stage, &(Talk){ .day = (third + desk / 100.0) / 72,
                                       .seconds = 2,
                                       .caller = caller,
                                       .callee = callee,
                                       .port = port,
                                       .sent = 900,
                                       .got = 5000 });
        }
    }
    stage_until(stage, 0.6);
}

static void
test_who_is_called_is_a_server_and_who_calls_a_client(void)
{
    g_autoptr(Stage) stage = stage_new();
    bool is_learned;

    play_visits(stage, "10.1.4.200", 8080);
    g_assert_cmpstr(role_of(stage, "10.1.4.200", &is_learned), ==, "server");
    g_assert_true(is_learned);
    g_assert_cmpstr(role_of(stage, "10.1.4.7", &is_learned), ==, "client");
    g_assert_true(is_learned);
}

static void
test_who_is_called_on_a_controllers_port_is_ot(void)
{
    g_autoptr(Stage) stage = stage_new();
    bool is_learned;

    play_visits(stage, "10.1.4.201", 502);
    g_assert_cmpstr(role_of(stage, "10.1.4.201", &is_learned), ==, "ot");
    g_assert_true(is_learned);
}

/* Both ends of a session; not who speaks so with somebody outside, as a desk of a student may. */
static void
test_who_speaks_a_protocol_of_routers_is_network_equipment(void)
{
    g_autoptr(Stage) stage = stage_new();
    bool is_learned;

    for (int hour = 0; hour < 6; hour++) {
        stage_until(stage, hour / 24.0);
        Talk session = { .day = (hour + 0.1) / 24,
                         .seconds = 30,
                         .caller = "10.1.4.1",
                         .callee = "10.1.4.2",
                         .port = 179,
                         .sent = 2000,
                         .got = 2000 };
        stage_talk(stage, &session);
        session.caller = "10.1.4.3";
        session.callee = "50.7.0.1";
        stage_talk(stage, &session);
    }
    stage_until(stage, 0.5);
    g_assert_cmpstr(role_of(stage, "10.1.4.1", &is_learned), ==, "network");
    g_assert_cmpstr(role_of(stage, "10.1.4.2", &is_learned), ==, "network");
    g_assert_true(is_learned);
    g_assert_cmpstr(role_of(stage, "10.1.4.3", &is_learned), ==, "");
}

static IpAddress
exporters_address(void *user, uint32_t exporter)
{
    (void)user;
    (void)exporter;
    return ip_of("10.1.4.9");
}

/* Its exports are known for days before it says anything: it is an asset from the first of them on. */
static void
test_an_exporter_is_an_asset_before_it_says_anything(void)
{
    g_autoptr(Stage) stage = stage_new();
    bool is_learned;

    scorer_set_exporters(stage_scorer(stage), exporters_address, NULL);
    stage_until(stage, 0.5);
    g_assert_cmpstr(role_of(stage, "10.1.4.9", &is_learned), ==, "network");
    g_assert_true(is_learned);
}

static void
test_the_inventory_is_never_overruled(void)
{
    g_autoptr(Stage) stage = stage_new();
    bool is_learned;

    play_visits(stage, "10.1.1.9", 8080);
    g_assert_cmpstr(role_of(stage, "10.1.1.9", &is_learned), ==, "desk");
    g_assert_false(is_learned);
}

static void
test_a_learned_role_survives_a_restart(void)
{
    g_autoptr(Stage) stage = stage_new();
    bool is_learned;

    play_visits(stage, "10.1.4.200", 8080);
    stage_restart(stage);
    g_assert_cmpstr(role_of(stage, "10.1.4.200", &is_learned), ==, "server");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/role/who-is-called-is-a-server-and-who-calls-a-client",
                    test_who_is_called_is_a_server_and_who_calls_a_client);
    g_test_add_func("/scoring/role/who-is-called-on-a-controllers-port-is-ot",
                    test_who_is_called_on_a_controllers_port_is_ot);
    g_test_add_func("/scoring/role/who-speaks-a-protocol-of-routers-is-network-equipment",
                    test_who_speaks_a_protocol_of_routers_is_network_equipment);
    g_test_add_func("/scoring/role/an-exporter-is-an-asset-before-it-says-anything",
                    test_an_exporter_is_an_asset_before_it_says_anything);
    g_test_add_func("/scoring/role/the-inventory-is-never-overruled", test_the_inventory_is_never_overruled);
    g_test_add_func("/scoring/role/a-learned-role-survives-a-restart",
                    test_a_learned_role_survives_a_restart);
    return g_test_run();
}
