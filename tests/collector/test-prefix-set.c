/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-prefix-set.c - an address is in a set when one of its prefixes has it */
#include "collector/prefix-set.h"
#include "tests/support/addresses.h"

static PrefixSet *
set_of(const char *const *texts)
{
    IpPrefix prefixes[16];
    size_t n = 0;

    for (; texts[n] != NULL; n++)
        prefixes[n] = prefix_of(texts[n]);
    return prefix_set_new(prefixes, n);
}

static bool
has(const PrefixSet *set, const char *text)
{
    IpAddress ip = ip_of(text);

    return prefix_set_has(set, &ip);
}

static void
test_both_ends_of_a_prefix_are_in_it(void)
{
    g_autoptr(PrefixSet) set =
        set_of((const char *const[]){ "198.51.100.0/24", "2001:db8::/32", "192.0.2.7", NULL });

    g_assert_true(has(set, "198.51.100.0"));
    g_assert_true(has(set, "198.51.100.255"));
    g_assert_false(has(set, "198.51.101.0"));
    g_assert_false(has(set, "198.51.99.255"));
    g_assert_true(has(set, "192.0.2.7"));
    g_assert_false(has(set, "192.0.2.6"));
    g_assert_true(has(set, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
    g_assert_false(has(set, "2001:db9::"));
}

static void
test_prefixes_may_nest_and_touch(void)
{
    g_autoptr(PrefixSet) set = set_of(
        (const char *const[]){ "10.1.2.0/24", "10.0.0.0/8", "10.1.2.3", "11.0.0.0/8", "10.0.0.0/8", NULL });

    g_assert_true(has(set, "10.255.255.255"));
    g_assert_true(has(set, "11.0.0.0"));
    g_assert_true(has(set, "10.1.2.3"));
    g_assert_false(has(set, "9.255.255.255"));
    g_assert_false(has(set, "12.0.0.0"));
}

static void
test_the_empty_set_has_nothing_and_the_whole_has_all(void)
{
    g_autoptr(PrefixSet) empty = set_of((const char *const[]){ NULL });
    g_autoptr(PrefixSet) whole = set_of((const char *const[]){ "::/0", NULL });
    g_autoptr(PrefixSet) v4 = set_of((const char *const[]){ "0.0.0.0/0", NULL });

    g_assert_false(has(empty, "192.0.2.1"));
    g_assert_true(has(whole, "192.0.2.1"));
    g_assert_true(has(whole, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    g_assert_true(has(v4, "255.255.255.255"));
    g_assert_false(has(v4, "2001:db8::1"));
}

static void
test_it_agrees_with_a_search_through_the_list(void)
{
    enum { PREFIXES = 300, ASKED = 20000 };
    g_autofree IpPrefix *prefixes = g_new(IpPrefix, PREFIXES);
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    size_t n_in = 0;

    for (int i = 0; i < PREFIXES; i++) {
        uint32_t length = (uint32_t)g_rand_int_range(rand, 8, 33);
        uint32_t mask = ~(uint32_t)((UINT64_C(1) << (32 - length)) - 1);

        prefixes[i] = (IpPrefix){ ip_from_v4(g_rand_int(rand) & mask), (uint8_t)(96 + length) };
    }
    g_autoptr(PrefixSet) set = prefix_set_new(prefixes, PREFIXES);
    for (int i = 0; i < ASKED; i++) {
        IpAddress ip = i % 2 == 0 ? ip_from_v4(g_rand_int(rand)) : prefixes[i % PREFIXES].address;
        bool is_in = false;

        for (int j = 0; j < PREFIXES; j++)
            is_in |= ip_prefix_has(&prefixes[j], &ip);
        g_assert_cmpint(prefix_set_has(set, &ip), ==, is_in);
        n_in += is_in;
    }
    g_assert_cmpuint(n_in, >, ASKED / 4);
    g_assert_cmpuint(n_in, <, ASKED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/prefix-set/both-ends-of-a-prefix-are-in-it",
                    test_both_ends_of_a_prefix_are_in_it);
    g_test_add_func("/collector/prefix-set/prefixes-may-nest-and-touch", test_prefixes_may_nest_and_touch);
    g_test_add_func("/collector/prefix-set/the-empty-set-has-nothing-and-the-whole-has-all",
                    test_the_empty_set_has_nothing_and_the_whole_has_all);
    g_test_add_func("/collector/prefix-set/it-agrees-with-a-search-through-the-list",
                    test_it_agrees_with_a_search_through_the_list);
    return g_test_run();
}
