/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-keyed.c - what was put is found; a full table stays bounded, and what was asked for lives longest */
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

/* Of one line, and alike in the half that is compared first; one whose half is that of a free slot, too. */
static void
test_keys_that_are_half_alike_are_told_apart(void)
{
    static const uint64_t keys[] = { 0x1234567800000100u, 0x1234567840000100u, 0x1234567880000100u,
                                     0x40000100u, 0x80000100u };
    KeyTable table;
    uint32_t slots[G_N_ELEMENTS(keys)];

    key_table_init(&table, KEYED_WAYS);
    for (uint32_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_assert_cmpuint(key_table_find(&table, keys[i]), ==, KEYED_NONE);
        g_assert_cmpint(key_table_put(&table, keys[i], 77, &slots[i]), ==, KEY_ADDED);
    }
    for (uint32_t i = 0; i < G_N_ELEMENTS(keys); i++)
        g_assert_cmpuint(key_table_find(&table, keys[i]), ==, slots[i]);
    key_table_clear(&table);
}

/* Who has to go: looked for slot by slot. */
static uint32_t
least_of(const KeyTable *table, uint64_t wanted)
{
    uint32_t lines[2] = { key_table_line(table, wanted), key_table_other_line(table, wanted) };
    uint32_t best = lines[0] * KEYED_WAYS;

    for (uint32_t i = 0; i < 2 * KEYED_WAYS; i++) {
        uint32_t slot = lines[i / KEYED_WAYS] * KEYED_WAYS + i % KEYED_WAYS;
        if (key_table_chance(table, slot) < key_table_chance(table, best))
            best = slot;
    }
    return best;
}

/* Chances of every size, 0 and 255 among them; the keys of their owners must not matter. */
static void
test_the_first_of_the_least_chance_goes(void)
{
    KeyTable table;
    uint32_t slot;

    key_table_init(&table, 256);
    for (uint32_t i = 0; i < 100000; i++) {
        uint64_t fresh = key(i);
        uint32_t least = key_table_find(&table, fresh) == KEYED_NONE ? least_of(&table, fresh) : KEYED_NONE;
        if (key_table_put(&table, fresh, (uint8_t)(i * 2654435761u >> 24), &slot) == KEY_REPLACED)
            g_assert_cmpuint(slot, ==, least);
    }
    g_assert_cmpuint(table.evictions, >, 90000);
    key_table_clear(&table);
}

/* Whom a newcomer passes over has one chance less, and none less than none; a meek one costs nothing. */
static void
test_being_passed_over_costs_one_chance(void)
{
    KeyTable table;
    uint32_t slot;

    key_table_init(&table, KEYED_WAYS); /* two lines: all meet */
    for (uint32_t i = 0; table.used < key_table_slots(&table); i++)
        key_table_put(&table, key(i), 0, &slot);
    for (uint32_t i = 0; i < key_table_slots(&table); i++)
        key_table_set_chance(&table, i, i % 2 == 0 ? 0 : 9);
    key_table_put_meekly(&table, key(5000), &slot);
    for (uint32_t i = 0; i < key_table_slots(&table); i++)
        g_assert_true(key_table_chance(&table, i) == 0 || key_table_chance(&table, i) == 9);
    while (key_table_line(&table, key(slot + 6000)) == key_table_other_line(&table, key(slot + 6000)))
        slot++;
    g_assert_cmpint(key_table_put(&table, key(slot + 6000), 200, &slot), ==, KEY_REPLACED);
    for (uint32_t i = 0; i < key_table_slots(&table); i++)
        g_assert_true(i == slot || key_table_chance(&table, i) == 0 || key_table_chance(&table, i) == 8);
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
    g_test_add_func("/scoring/keyed/keys-that-are-half-alike-are-told-apart",
                    test_keys_that_are_half_alike_are_told_apart);
    g_test_add_func("/scoring/keyed/the-first-of-the-least-chance-goes",
                    test_the_first_of_the_least_chance_goes);
    g_test_add_func("/scoring/keyed/being-passed-over-costs-one-chance",
                    test_being_passed_over_costs_one_chance);
    return g_test_run();
}
