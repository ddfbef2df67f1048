/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sequence.c - gaps, overtaken and doubled datagrams, restarts and wraps in sequence numbers */
#include "collector/sequence.h"

#include <glib.h>

static void
test_numbers_that_follow_lose_nothing(void)
{
    Sequence seq = { 0 };

    g_assert_cmpint(sequence_note(&seq, 1000, 30, true, 0).lost, ==, 0); /* the first one says where we are */
    g_assert_cmpint(sequence_note(&seq, 1030, 5, true, 0).lost, ==, 0);
    g_assert_cmpint(sequence_note(&seq, 1035, 1, true, 0).lost, ==, 0);
}

static void
test_a_gap_is_loss(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, 10, 5, true, 0);
    g_assert_cmpint(sequence_note(&seq, 22, 1, true, 0).lost, ==, 7);
}

static void
test_the_numbers_wrap(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, UINT32_MAX - 1, 4, true, 0);
    g_assert_cmpint(sequence_note(&seq, 2, 1, true, 0).lost, ==, 0);
    g_assert_cmpint(sequence_note(&seq, 5, 1, true, 0).lost, ==, 2);
}

static void
test_a_late_datagram_takes_its_part_back(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, 0, 10, true, 0);
    g_assert_cmpint(sequence_note(&seq, 20, 10, true, 0).lost, ==, 10);
    SequenceNews news = sequence_note(&seq, 10, 10, true, 0);
    g_assert_cmpint(news.lost, ==, -10);
    g_assert_true(news.reordered);
    g_assert_false(news.duplicate);
    g_assert_cmpint(sequence_note(&seq, 30, 10, true, 0).lost, ==, 0);
}

static void
test_the_same_datagram_twice_is_a_duplicate(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, 100, 1, true, 0);
    SequenceNews news = sequence_note(&seq, 100, 1, true, 0);
    g_assert_true(news.duplicate);
    g_assert_false(news.reset);
    news = sequence_note(&seq, 101, 1, true, 0);
    g_assert_false(news.duplicate || news.reset);
    g_assert_cmpint(news.lost, ==, 0);
}

static void
test_two_in_a_row_from_behind_are_a_restart(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, 5000, 10, true, 0);
    g_assert_true(sequence_note(&seq, 0, 10, true, 0).duplicate); /* nobody can know yet */
    SequenceNews news = sequence_note(&seq, 10, 10, true, 0);
    g_assert_true(news.reset && news.not_duplicate);
    g_assert_cmpint(sequence_note(&seq, 20, 10, true, 0).lost, ==, 0);
}

static void
test_a_leap_that_no_network_could_lose_is_a_restart(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, 0, 1, true, 0);
    SequenceNews news = sequence_note(&seq, 1000000000, 1, true, 0);
    g_assert_true(news.reset);
    g_assert_cmpint(news.lost, ==, 0);
}

static void
test_after_a_message_of_unknown_size_nothing_is_called_lost(void)
{
    Sequence seq = { 0 };

    sequence_note(&seq, 0, 3, true, 0);
    sequence_note(&seq, 3, 2, false, 0);
    g_assert_cmpint(sequence_note(&seq, 9, 1, true, 0).lost, ==, 0);
    g_assert_cmpint(sequence_note(&seq, 12, 1, true, 0).lost, ==, 2);
}

static void
test_loss_is_final_when_the_window_has_passed(void)
{
    Sequence seq = { 0 };
    uint64_t confirmed = 0;

    sequence_note(&seq, 0, 1, true, 1);
    sequence_note(&seq, 5, 1, true, 77);
    for (uint32_t i = 6; i < 6 + 2 * SEQUENCE_WINDOW; i++) {
        SequenceNews news = sequence_note(&seq, i, 1, true, 1000);
        confirmed += news.confirmed;
        if (news.confirmed > 0)
            g_assert_cmpint(news.confirmed_export_ms, ==, 77);
    }
    g_assert_cmpuint(confirmed, ==, 4);
}

static void
test_many_gaps_stay_within_the_bound(void)
{
    Sequence seq = { 0 };
    uint64_t confirmed = 0, lost = 0;
    SequenceGap gap;

    for (uint32_t i = 0; i < 100; i++) {
        SequenceNews news = sequence_note(&seq, i * 2, 1, true, 0);
        lost += (uint64_t)news.lost;
        confirmed += news.confirmed;
        g_assert_cmpuint(seq.n_gaps, <=, SEQUENCE_GAPS);
    }
    while (sequence_confirm(&seq, &gap))
        confirmed += gap.length;
    g_assert_cmpuint(lost, ==, 99);
    g_assert_cmpuint(confirmed, ==, 99);
}

static void
test_a_gap_that_is_filled_in_its_middle_becomes_two_within_the_bound(void)
{
    Sequence seq = { 0 };
    uint64_t confirmed = 0, lost = 0;
    SequenceGap gap;

    for (uint32_t i = 0; i < 40; i++) { /* gaps of three */
        SequenceNews news = sequence_note(&seq, i * 4, 1, true, 0);
        lost += (uint64_t)news.lost;
        confirmed += news.confirmed;
    }
    for (uint32_t i = 39; i > 0; i--) { /* of each, the middle one comes late */
        SequenceNews news = sequence_note(&seq, i * 4 - 2, 1, true, 0);
        lost += (uint64_t)news.lost;
        confirmed += news.confirmed;
        g_assert_cmpuint(seq.n_gaps, <=, SEQUENCE_GAPS);
    }
    while (sequence_confirm(&seq, &gap))
        confirmed += gap.length;
    g_assert_cmpuint(lost, <, 39 * 3); /* those that the bound had left were found again */
    g_assert_cmpuint(confirmed, ==, lost);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/sequence/numbers-that-follow-lose-nothing",
                    test_numbers_that_follow_lose_nothing);
    g_test_add_func("/collector/sequence/a-gap-is-loss", test_a_gap_is_loss);
    g_test_add_func("/collector/sequence/the-numbers-wrap", test_the_numbers_wrap);
    g_test_add_func("/collector/sequence/a-late-datagram-takes-its-part-back",
                    test_a_late_datagram_takes_its_part_back);
    g_test_add_func("/collector/sequence/the-same-datagram-twice-is-a-duplicate",
                    test_the_same_datagram_twice_is_a_duplicate);
    g_test_add_func("/collector/sequence/two-in-a-row-from-behind-are-a-restart",
                    test_two_in_a_row_from_behind_are_a_restart);
    g_test_add_func("/collector/sequence/a-leap-that-no-network-could-lose-is-a-restart",
                    test_a_leap_that_no_network_could_lose_is_a_restart);
    g_test_add_func("/collector/sequence/after-a-message-of-unknown-size-nothing-is-called-lost",
                    test_after_a_message_of_unknown_size_nothing_is_called_lost);
    g_test_add_func("/collector/sequence/loss-is-final-when-the-window-has-passed",
                    test_loss_is_final_when_the_window_has_passed);
    g_test_add_func("/collector/sequence/many-gaps-stay-within-the-bound",
                    test_many_gaps_stay_within_the_bound);
    g_test_add_func("/collector/sequence/a-gap-that-is-filled-in-its-middle-becomes-two-within-the-bound",
                    test_a_gap_that_is_filled_in_its_middle_becomes_two_within_the_bound);
    return g_test_run();
}
