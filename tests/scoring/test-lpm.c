/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-lpm.c - the flattened table answers as a walk over all prefixes would */
#include "scoring/lpm.h"
#include "tests/support/addresses.h"

#include <string.h>

static LpmEntry
entry(const char *prefix, uint32_t value)
{
    return (LpmEntry){ .prefix = prefix_of(prefix), .value = value };
}

static uint32_t
find(const Lpm *lpm, const char *text)
{
    IpAddress ip = ip_of(text);

    return lpm_find(lpm, &ip);
}

static void
test_the_longest_prefix_wins(void)
{
    LpmEntry entries[] = { entry("10.0.0.0/8", 1), entry("10.1.0.0/16", 2),   entry("10.1.2.0/24", 3),
                           entry("10.1.2.3", 4),   entry("2001:db8::/32", 5), entry("2001:db8:0:1::/64", 6) };
    g_autoptr(Lpm) lpm = lpm_new(entries, G_N_ELEMENTS(entries), NULL, NULL);

    g_assert_cmpuint(find(lpm, "9.255.255.255"), ==, 0);
    g_assert_cmpuint(find(lpm, "10.0.0.0"), ==, 1);
    g_assert_cmpuint(find(lpm, "10.1.0.0"), ==, 2);
    g_assert_cmpuint(find(lpm, "10.1.2.2"), ==, 3);
    g_assert_cmpuint(find(lpm, "10.1.2.3"), ==, 4);
    g_assert_cmpuint(find(lpm, "10.1.2.4"), ==, 3);
    g_assert_cmpuint(find(lpm, "10.1.3.0"), ==, 2);
    g_assert_cmpuint(find(lpm, "10.255.255.255"), ==, 1);
    g_assert_cmpuint(find(lpm, "11.0.0.0"), ==, 0);
    g_assert_cmpuint(find(lpm, "2001:db8::1"), ==, 5);
    g_assert_cmpuint(find(lpm, "2001:db8:0:1:ffff:ffff:ffff:ffff"), ==, 6);
    g_assert_cmpuint(find(lpm, "2001:db8:0:2::"), ==, 5);
    g_assert_cmpuint(find(lpm, "2001:db9::"), ==, 0);
}

static void
test_an_empty_table_knows_nobody(void)
{
    g_autoptr(Lpm) lpm = lpm_new(NULL, 0, NULL, NULL);

    g_assert_cmpuint(find(lpm, "192.0.2.1"), ==, 0);
    g_assert_cmpuint(find(lpm, "::"), ==, 0);
}

static void
test_the_whole_internet_of_one_family_is_not_the_other(void)
{
    LpmEntry v6[] = { entry("::/0", 7) }, v4[] = { entry("0.0.0.0/0", 8) };
    g_autoptr(Lpm) six = lpm_new(v6, 1, NULL, NULL);
    g_autoptr(Lpm) four = lpm_new(v4, 1, NULL, NULL);

    g_assert_cmpuint(find(six, "::"), ==, 7);
    g_assert_cmpuint(find(six, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ==, 7);
    g_assert_cmpuint(find(six, "192.0.2.1"), ==, 0);
    g_assert_cmpuint(find(four, "255.255.255.255"), ==, 8);
    g_assert_cmpuint(find(four, "0.0.0.0"), ==, 8);
    g_assert_cmpuint(find(four, "2001:db8::"), ==, 0);
}

static uint32_t
sum(void *user, const uint32_t *values, size_t n)
{
    uint32_t total = 0;

    for (size_t i = 0; i < n; i++)
        total = total * 10 + values[i];
    return total;
}

static void
test_a_merge_sees_all_prefixes_from_the_outside_in(void)
{
    LpmEntry entries[] = { entry("10.1.0.0/16", 3), entry("10.0.0.0/8", 1), entry("10.1.0.0/16", 2) };
    g_autoptr(Lpm) lpm = lpm_new(entries, G_N_ELEMENTS(entries), sum, NULL);

    g_assert_cmpuint(find(lpm, "10.1.5.5"), ==, 123);
    g_assert_cmpuint(find(lpm, "10.2.0.0"), ==, 1);
}

/* The judge: a walk over everything. */
static uint32_t
linear(const LpmEntry *entries, size_t n, const IpAddress *ip)
{
    uint32_t value = 0;
    int best = -1;

    for (size_t i = 0; i < n; i++) {
        const IpPrefix *prefix = &entries[i].prefix;
        bool v4 = prefix->length >= 96 && ip_is_v4(&prefix->address);
        if (v4 == ip_is_v4(ip) && ip_prefix_has(prefix, ip) &&
            (prefix->length > best || (prefix->length == best && entries[i].value > value))) {
            best = prefix->length;
            value = entries[i].value;
        }
    }
    return value;
}

/* Few distinct bits, so that prefixes nest and touch. */
static IpAddress
random_address(GRand *rand, bool v4)
{
    static const uint8_t bytes[] = { 0, 1, 0x7f, 0x80, 0xff, 0xfe };
    IpAddress ip = { 0 };

    if (v4) {
        ip = ip_from_v4(0);
        for (int i = 12; i < 16; i++)
            ip.bytes[i] = bytes[g_rand_int_range(rand, 0, G_N_ELEMENTS(bytes))];
        return ip;
    }
    for (int i = 0; i < 16; i++)
        ip.bytes[i] =
            g_rand_int_range(rand, 0, 3) == 0 ? bytes[g_rand_int_range(rand, 0, G_N_ELEMENTS(bytes))] : 0;
    return ip;
}

static IpPrefix
random_prefix(GRand *rand, bool v4)
{
    IpPrefix prefix = { .address = random_address(rand, v4),
                        .length = (uint8_t)g_rand_int_range(rand, v4 ? 96 : 0, 129) };

    for (unsigned bit = prefix.length; bit < 128; bit++)
        prefix.address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
    return prefix;
}

static void
check_random_table(GRand *rand)
{
    LpmEntry entries[200];
    size_t n = (size_t)g_rand_int_range(rand, 1, G_N_ELEMENTS(entries));

    for (size_t i = 0; i < n; i++)
        entries[i] =
            (LpmEntry){ .prefix = random_prefix(rand, g_rand_boolean(rand)), .value = (uint32_t)i + 1 };
    g_autoptr(Lpm) lpm = lpm_new(entries, n, NULL, NULL);
    for (int i = 0; i < 500; i++) {
        IpAddress ip = random_address(rand, g_rand_boolean(rand));
        if (i % 2 == 0) { /* the borders of prefixes are where mistakes live */
            ip = entries[g_rand_int_range(rand, 0, (gint32)n)].prefix.address;
            ip.bytes[15] = (uint8_t)(ip.bytes[15] + g_rand_int_range(rand, -1, 2));
        }
        g_assert_cmpuint(lpm_find(lpm, &ip), ==, linear(entries, n, &ip));
    }
}

static void
test_it_agrees_with_a_walk_over_all_prefixes(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20260301);

    for (int i = 0; i < 60; i++)
        check_random_table(rand);
}

static void
count_one(void *user, const LpmEntry *found)
{
    uint32_t *total = user;

    *total = *total * 10 + found->value;
}

static void
test_the_chain_over_an_address_is_told_from_the_outside_in(void)
{
    LpmEntry entries[] = { entry("10.1.2.0/24", 3), entry("10.0.0.0/8", 1), entry("10.1.0.0/16", 2),
                           entry("::/0", 9) };
    g_autoptr(Lpm) lpm = lpm_new(entries, G_N_ELEMENTS(entries), NULL, NULL);
    IpAddress ip = ip_of("10.1.2.200");
    uint32_t chain = 0;

    g_assert_nonnull(lpm);
    lpm_entries_over(entries, G_N_ELEMENTS(entries), &ip, count_one, &chain);
    g_assert_cmpuint(chain, ==, 123);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/lpm/the-longest-prefix-wins", test_the_longest_prefix_wins);
    g_test_add_func("/scoring/lpm/an-empty-table-knows-nobody", test_an_empty_table_knows_nobody);
    g_test_add_func("/scoring/lpm/the-whole-internet-of-one-family-is-not-the-other",
                    test_the_whole_internet_of_one_family_is_not_the_other);
    g_test_add_func("/scoring/lpm/a-merge-sees-all-prefixes-from-the-outside-in",
                    test_a_merge_sees_all_prefixes_from_the_outside_in);
    g_test_add_func("/scoring/lpm/it-agrees-with-a-walk-over-all-prefixes",
                    test_it_agrees_with_a_walk_over_all_prefixes);
    g_test_add_func("/scoring/lpm/the-chain-over-an-address-is-told-from-the-outside-in",
                    test_the_chain_over_an_address_is_told_from_the_outside_in);
    return g_test_run();
}
