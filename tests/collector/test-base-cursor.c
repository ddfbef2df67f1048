/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-base-cursor.c - bytes are read in network order, and never beyond their end */
#include "collector/base/cursor.h"

#include <glib.h>

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void
test_numbers_are_read_in_network_order(void)
{
    Cursor cur = cursor_over(bytes, sizeof bytes);

    g_assert_cmphex(cursor_u8(&cur), ==, 0x01);
    g_assert_cmphex(cursor_u16(&cur), ==, 0x0203);
    g_assert_cmphex(cursor_u32(&cur), ==, 0x04050607);
    g_assert_cmphex(cursor_u64(&cur), ==, 0x08090a0b0c0d0e0f);
    g_assert_cmpuint(cursor_left(&cur), ==, 0);
    g_assert_false(cur.failed);
}

static void
test_a_read_past_the_end_fails_for_good(void)
{
    Cursor cur = cursor_over(bytes, 3);

    g_assert_cmphex(cursor_u32(&cur), ==, 0);
    g_assert_true(cur.failed);
    g_assert_cmphex(cursor_u8(&cur), ==, 0); /* though there would be a byte */
    g_assert_null(cursor_take(&cur, 0));
    g_assert_true(cur.failed);
}

static void
test_a_length_from_the_wire_cannot_wrap(void)
{
    Cursor cur = cursor_over(bytes, 4);

    g_assert_null(cursor_take(&cur, SIZE_MAX));
    g_assert_true(cur.failed);
    g_assert_true(cur.at == bytes);
}

static void
test_a_part_ends_where_it_was_told(void)
{
    Cursor cur = cursor_over(bytes, sizeof bytes);
    Cursor part = cursor_sub(&cur, 2);

    g_assert_cmphex(cursor_u16(&part), ==, 0x0102);
    g_assert_cmphex(cursor_u8(&part), ==, 0);
    g_assert_true(part.failed);
    g_assert_false(cur.failed); /* the whole goes on behind the part */
    g_assert_cmphex(cursor_u8(&cur), ==, 0x03);
}

static void
test_a_part_that_is_not_there_fails_both(void)
{
    Cursor cur = cursor_over(bytes, 2);
    Cursor part = cursor_sub(&cur, 3);

    g_assert_true(part.failed);
    g_assert_true(cur.failed);
    g_assert_cmpuint(cursor_left(&part), ==, 0);
}

static void
test_nothing_is_a_cursor_too(void)
{
    Cursor cur = cursor_over(NULL, 0);

    g_assert_cmpuint(cursor_left(&cur), ==, 0);
    g_assert_false(cur.failed);
    g_assert_cmphex(cursor_u8(&cur), ==, 0);
    g_assert_true(cur.failed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/cursor/numbers-are-read-in-network-order", test_numbers_are_read_in_network_order);
    g_test_add_func("/base/cursor/a-read-past-the-end-fails-for-good",
                    test_a_read_past_the_end_fails_for_good);
    g_test_add_func("/base/cursor/a-length-from-the-wire-cannot-wrap",
                    test_a_length_from_the_wire_cannot_wrap);
    g_test_add_func("/base/cursor/a-part-ends-where-it-was-told", test_a_part_ends_where_it_was_told);
    g_test_add_func("/base/cursor/a-part-that-is-not-there-fails-both",
                    test_a_part_that_is_not_there_fails_both);
    g_test_add_func("/base/cursor/nothing-is-a-cursor-too", test_nothing_is_a_cursor_too);
    return g_test_run();
}
