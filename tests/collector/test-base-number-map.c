/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-base-number-map.c - what was put is found, whatever numbers somebody chooses */
#include "collector/base/number-map.h"

static void
test_what_was_put_is_found_and_nothing_else(void)
{
    NumberMap map;
    int values[2];

    number_map_init(&map, 7);
    g_assert_null(number_map_find(&map, 1));
    number_map_put(&map, 1, &values[0]);
    number_map_put(&map, UINT64_MAX, &values[1]);
    number_map_put(&map, 0, &values[1]);
    g_assert_true(number_map_find(&map, 1) == &values[0]);
    g_assert_true(number_map_find(&map, UINT64_MAX) == &values[1]);
    g_assert_true(number_map_find(&map, 0) == &values[1]);
    g_assert_null(number_map_find(&map, 2));
    number_map_put(&map, 1, &values[1]);
    g_assert_true(number_map_find(&map, 1) == &values[1]);
    g_assert_cmpuint(map.n, ==, 3);
    number_map_clear(&map);
    g_assert_null(number_map_find(&map, 1));
}

/* Numbers that meet in a multiplicative hash: the longest run of occupied slots bounds every search. */
static uint32_t
longest_run(uint64_t seed, uint64_t step)
{
    NumberMap map;
    uint32_t run = 0, longest = 0;

    number_map_init(&map, seed);
    for (uint64_t i = 1; i <= 4096; i++)
        number_map_put(&map, i * step, &map);
    for (uint32_t i = 0; i < map.n_slots; i++) {
        run = map.values[i] == NULL ? 0 : run + 1;
        longest = MAX(longest, run);
    }
    number_map_clear(&map);
    return longest;
}

static void
test_no_choice_of_numbers_makes_a_search_long(void)
{
    static const uint64_t steps[] = { 1, 4096, UINT64_C(1) << 32, UINT64_C(1) << 52, 2654435761u };

    for (uint64_t seed = 1; seed <= 20; seed++)
        for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
            g_assert_cmpuint(longest_run(seed, steps[i]), <, 100);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/base/number-map/what-was-put-is-found-and-nothing-else",
                    test_what_was_put_is_found_and_nothing_else);
    g_test_add_func("/collector/base/number-map/no-choice-of-numbers-makes-a-search-long",
                    test_no_choice_of_numbers_makes_a_search_long);
    return g_test_run();
}
