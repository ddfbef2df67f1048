/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-flow.c - addresses and prefixes are read, written and compared */
#include "collector/flow.h"

static void
test_addresses_are_written_as_they_were_read(void)
{
    static const char *const texts[] = { "192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "255.255.255.255" };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        IpAddress ip;
        char text[IP_TEXT];
        g_assert_true(ip_parse(texts[i], &ip));
        g_assert_cmpstr(ip_text(&ip, text), ==, texts[i]);
    }
}

static void
test_nonsense_is_no_address(void)
{
    static const char *const texts[] = { "", "192.0.2", "192.0.2.256", "1.2.3.4.5", "fe80::1%eth0", "host" };
    IpAddress ip;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(ip_parse(texts[i], &ip));
}

static void
test_a_prefix_has_its_own_addresses_only(void)
{
    IpPrefix prefix;
    IpAddress in, out, v6;

    g_assert_true(ip_prefix_parse("192.0.2.128/25", &prefix));
    g_assert_cmpint(prefix.length, ==, 121);
    ip_parse("192.0.2.200", &in);
    ip_parse("192.0.2.127", &out);
    ip_parse("2001:db8::c000:2c8", &v6);
    g_assert_true(ip_prefix_has(&prefix, &in));
    g_assert_false(ip_prefix_has(&prefix, &out));
    g_assert_false(ip_prefix_has(&prefix, &v6));
}

static void
test_bad_prefixes_are_refused(void)
{
    static const char *const texts[] = { "192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/",
                                         "/24",          "192.0.2.0/-1", "192.0.2.0/24x",  "" };
    IpPrefix prefix;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(ip_prefix_parse(texts[i], &prefix));
}

static void
test_prefixes_are_written_as_they_were_read(void)
{
    static const char *const texts[] = { "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0",
                                         "10.0.0.1/32" };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        IpPrefix prefix;
        char text[IP_PREFIX_TEXT];
        g_assert_true(ip_prefix_parse(texts[i], &prefix));
        g_assert_cmpstr(ip_prefix_text(&prefix, text), ==, texts[i]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/flow/addresses-are-written-as-they-were-read",
                    test_addresses_are_written_as_they_were_read);
    g_test_add_func("/collector/flow/nonsense-is-no-address", test_nonsense_is_no_address);
    g_test_add_func("/collector/flow/a-prefix-has-its-own-addresses-only",
                    test_a_prefix_has_its_own_addresses_only);
    g_test_add_func("/collector/flow/bad-prefixes-are-refused", test_bad_prefixes_are_refused);
    g_test_add_func("/collector/flow/prefixes-are-written-as-they-were-read",
                    test_prefixes_are_written_as_they_were_read);
    return g_test_run();
}
