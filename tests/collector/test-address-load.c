/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-address-load.c - how many connections an address has, and how often it comes */
#include "collector/address-load.h"

#include <glib.h>

#define SECOND INT64_C(1000000000)

static AddressLoadAnswer
come(AddressLoad *load, uint32_t who, int64_t now_ns)
{
    const IpAddress address = ip_from_v4(0xc0000200u + who);

    return address_load_come(load, &address, now_ns);
}

static void
go(AddressLoad *load, uint32_t who)
{
    const IpAddress address = ip_from_v4(0xc0000200u + who);

    address_load_go(load, &address);
}

static void
test_an_address_has_so_many_connections_at_a_time(void)
{
    g_autoptr(AddressLoad) load = address_load_new(2, 100);

    g_assert_cmpint(come(load, 1, 0), ==, ADDRESS_LOAD_WELCOME);
    g_assert_cmpint(come(load, 1, 0), ==, ADDRESS_LOAD_WELCOME);
    g_assert_cmpint(come(load, 1, 0), ==, ADDRESS_LOAD_TOO_MANY);
    g_assert_cmpint(come(load, 2, 0), ==, ADDRESS_LOAD_WELCOME);
    go(load, 1);
    g_assert_cmpint(come(load, 1, 0), ==, ADDRESS_LOAD_WELCOME);
}

static void
test_an_address_comes_so_often_in_a_minute(void)
{
    g_autoptr(AddressLoad) load = address_load_new(10, 3);

    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(come(load, 1, 59 * SECOND), ==, ADDRESS_LOAD_WELCOME);
        go(load, 1);
    }
    g_assert_cmpint(come(load, 1, 59 * SECOND), ==, ADDRESS_LOAD_TOO_OFTEN);
    g_assert_cmpint(come(load, 1, 60 * SECOND), ==, ADDRESS_LOAD_WELCOME);
}

static void
test_who_is_gone_is_forgotten_with_the_minute(void)
{
    g_autoptr(AddressLoad) load = address_load_new(1, 3);

    for (uint32_t i = 0; i < 100; i++)
        come(load, i, SECOND);
    for (uint32_t i = 1; i < 100; i++)
        go(load, i);
    g_assert_cmpuint(address_load_size(load), ==, 100);
    g_assert_cmpint(come(load, 0, 61 * SECOND), ==, ADDRESS_LOAD_TOO_MANY); /* still here */
    g_assert_cmpuint(address_load_size(load), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/address-load/an-address-has-so-many-connections-at-a-time",
                    test_an_address_has_so_many_connections_at_a_time);
    g_test_add_func("/collector/address-load/an-address-comes-so-often-in-a-minute",
                    test_an_address_comes_so_often_in_a_minute);
    g_test_add_func("/collector/address-load/who-is-gone-is-forgotten-with-the-minute",
                    test_who_is_gone_is_forgotten_with_the_minute);
    return g_test_run();
}
