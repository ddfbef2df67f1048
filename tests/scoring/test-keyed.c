/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scoring/keyed.h"

static uint64_t
key(uint32_t i)
{
    return keyed_hash(&i, sizeof i, 7);
}

static void
test_what_was_put_is_found(void)
{
    KeyTable table;
    uint32_t slot, again;

    key_table_init(&table, 4096);
    for (uint32_t i = 0; i < 3600; i++)
        g_assert_cmpint(key_table_put(&table, key(i), 1, &slot), ==, KEY_ADDED);
    for (uint32_t i = 0; i < 3600; i++) {
        g_assert_cmpint(key_table_put(&table, key(i), 1, &slot), ==, KEY_FOUND);
        again = key_table_find(&table, key(i));
        g_assert_cmpuint(slot, ==, again);
    }
    g_assert_cmpuint(key_table_find(&table, key(5000)), ==, KEYED_NONE);
    g_assert_cmpuint(table.used, ==, 3600);
    g_assert_cmpuint(table.evictions, ==, 0);
    key_table_clear(&table);
}

static void
test_a_full_table_stays_bounded_and_counts(void)
{
    KeyTable table;
    uint32_t slot;

    key_table_init(&table, 256);
    for (uint32_t i = 0; i < 100000; i++)
        key_table_put(&table, key(i), 0, &slot);
    g_assert_cmpuint(table.used, <=, key_table_slots(&table));
    g_assert_cmpuint(table.evictions, ==, 100000 - table.used);
    key_table_clear(&table);
}

/* A flood of keys that come once must not push out an entry that has earned its place at once. */
static void
test_an_entry_with_chances_outlives_a_crowd(void)
{
    KeyTable table;
    uint32_t slot;

    key_table_init(&table, 256);
    key_table_put(&table, key(1), 200, &slot);
    for (uint32_t i = 2; i < 4000; i++)
        key_table_put(&table, key(i), 0, &slot);
    g_assert_cmpuint(key_table_find(&table, key(1)), !=, KEYED_NONE);
    key_table_clear(&table);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/keyed/what-was-put-is-found", test_what_was_put_is_found);
    g_test_add_func("/scoring/keyed/a-full-table-stays-bounded-and-counts",
                    test_a_full_table_stays_bounded_and_counts);
    g_test_add_func("/scoring/keyed/an-entry-with-chances-outlives-a-crowd",
                    test_an_entry_with_chances_outlives_a_crowd);
    return g_test_run();
}
