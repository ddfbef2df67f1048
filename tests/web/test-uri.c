/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-uri.c - what is taken for an address, and what is refused */
#include <glib.h>
#include <string.h>
#include "web/uri.h"

static void
test_escapes_are_decoded_once(void)
{
    char out[32];

    g_assert_true(uri_decode("a%2fb%25%32%35", 14, false, out));
    g_assert_cmpstr(out, ==, "a/b%25");
}

static void
test_a_plus_is_a_space_in_a_query_only(void)
{
    char out[8];

    g_assert_true(uri_decode("a+b", 3, true, out));
    g_assert_cmpstr(out, ==, "a b");
    g_assert_true(uri_decode("a+b", 3, false, out));
    g_assert_cmpstr(out, ==, "a+b");
}

static void
test_hostile_escapes_are_refused(void)
{
    static const char *const texts[] = { "%",   "%0",     "%zz",       "a%00b", "%0d%0a", "%7f",
                                         "%ff", "%c0%ae", "%ed%a0%80", "\x01",  "\xff" };
    char out[32];

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(uri_decode(texts[i], strlen(texts[i]), false, out));
}

static void
test_a_target_is_split_into_path_and_query(void)
{
    const char *path, *query;
    size_t length;

    g_assert_true(uri_split("/a/b?c=d?e", &path, &length, &query));
    g_assert_cmpuint(length, ==, 4);
    g_assert_cmpstr(query, ==, "c=d?e");
    g_assert_true(uri_split("HTTP://host:1/x", &path, &length, &query));
    g_assert_cmpuint(length, ==, 2);
    g_assert_cmpstr(path, ==, "/x");
    g_assert_null(query);
}

static void
test_what_has_no_path_is_no_target(void)
{
    static const char *const texts[] = { "", "*", "host:443", "http://host", "ftp://host/x" };
    const char *path, *query;
    size_t length;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(uri_split(texts[i], &path, &length, &query));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/uri/escapes-are-decoded-once", test_escapes_are_decoded_once);
    g_test_add_func("/web/uri/a-plus-is-a-space-in-a-query-only", test_a_plus_is_a_space_in_a_query_only);
    g_test_add_func("/web/uri/hostile-escapes-are-refused", test_hostile_escapes_are_refused);
    g_test_add_func("/web/uri/a-target-is-split-into-path-and-query",
                    test_a_target_is_split_into_path_and_query);
    g_test_add_func("/web/uri/what-has-no-path-is-no-target", test_what_has_no_path_is_no_target);
    return g_test_run();
}
