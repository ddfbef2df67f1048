/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sequence-unit.c - what an exporter counts in its sequence numbers is found out */
#include "collector/sequence-unit.h"

#include <glib.h>
#include <string.h>

typedef struct Counts {
    int64_t lost, resets, duplicates;
} Counts;

/* Lets an exporter send 30 messages of changing size, each third with an option, numbered by @unit; message
 * 20 is lost on the way when @lose. */
static Counts
follow(SequenceStream *stream, SequenceUnit unit, bool lose)
{
    uint32_t number = UINT32_MAX - 50; /* it wraps on the way */
    Counts counts = { 0 };

    for (uint32_t i = 0; i < 30; i++) {
        SequenceMessage message = { .flows = 3 + i * 7 % 5, .options = i % 3 == 0, .is_whole = true };

        if (unit == SEQUENCE_FLOWS_INCLUDED)
            number += message.flows;
        message.number = number;
        if (!lose || i != 20) {
            SequenceChange change = sequence_stream_note(stream, &message);
            counts.lost += change.lost;
            counts.resets += change.resets;
            counts.duplicates += change.duplicates;
        }
        if (unit == SEQUENCE_DATAGRAMS)
            number++;
        else if (unit == SEQUENCE_FLOWS)
            number += message.flows;
        else if (unit == SEQUENCE_RECORDS)
            number += message.flows + message.options;
    }
    return counts;
}

static void
test_every_way_of_counting_is_found(void)
{
    for (int standard = 0; standard < 2; standard++)
        for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
            SequenceStream stream = { .unit = (SequenceUnit)standard };
            Counts counts = follow(&stream, (SequenceUnit)unit, false);

            g_assert_cmpint(stream.unit, ==, unit);
            g_assert_cmpint(counts.lost, ==, 0); /* what was thought lost before is taken back */
            g_assert_cmpint(counts.resets, ==, 0);
            g_assert_cmpint(counts.duplicates, ==, 0);
        }
}

static void
test_real_loss_changes_no_belief(void)
{
    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
        SequenceStream stream = { .unit = (SequenceUnit)unit };
        Counts counts = follow(&stream, (SequenceUnit)unit, true);

        g_assert_cmpint(stream.unit, ==, unit);
        g_assert_cmpint(counts.lost, ==, unit == SEQUENCE_DATAGRAMS ? 1 : 3 + 20 * 7 % 5);
    }
}

static void
test_where_all_readings_agree_the_standard_stays(void)
{
    SequenceStream stream = { .unit = SEQUENCE_DATAGRAMS };

    for (uint32_t i = 0; i < 50; i++) {
        const SequenceMessage message = { .number = i * (i % 9 == 8 ? 3 : 1), .flows = 1, .is_whole = true };

        sequence_stream_note(&stream, &message);
    }
    g_assert_cmpint(stream.unit, ==, SEQUENCE_DATAGRAMS);
}

static void
test_one_that_is_sure_tries_nothing_else(void)
{
    SequenceStream stream = { .unit = SEQUENCE_DATAGRAMS, .is_sure = true };

    g_assert_cmpint(follow(&stream, SEQUENCE_RECORDS, false).lost, >, 0);
    g_assert_cmpint(stream.unit, ==, SEQUENCE_DATAGRAMS);
}

static void
test_a_step_is_what_a_note_would_be(void)
{
    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
        SequenceStream noted = { .unit = (SequenceUnit)unit }, stepped = noted;
        uint32_t number = 7, n_steps = 0, random = 1;

        for (uint32_t i = 0; i < 3000; i++) {
            random = random * 1664525 + 1013904223;
            SequenceMessage message = { .flows = 1 + i % 4, .options = i % 50 == 0, .is_whole = i % 97 != 0 };

            number += random >> 24 == 0 ? 5 : 0; /* something is lost now and then */
            message.number = number;
            number += unit == SEQUENCE_DATAGRAMS ? 1 : message.flows + message.options;
            SequenceChange change = { 0 }, noted_change = sequence_stream_note(&noted, &message);

            if (sequence_stream_step(&stepped, &message))
                n_steps++;
            else
                change = sequence_stream_note(&stepped, &message);
            g_assert_cmpint(change.lost, ==, noted_change.lost);
            g_assert_cmpint(change.resets, ==, noted_change.resets);
            g_assert_cmpint(change.duplicates, ==, noted_change.duplicates);
            g_assert_cmpuint(change.confirmed, ==, noted_change.confirmed);
            const void *one = &noted.readings[noted.unit], *other = &stepped.readings[stepped.unit];
            g_assert_true(memcmp(one, other, sizeof noted.readings[0]) == 0); /* padding is zero in both */
        }
        g_assert_cmpint(noted.unit, ==, stepped.unit);
        g_assert_cmpuint(n_steps, >, 100);
    }
}

static void
test_one_that_changes_its_way_of_counting_is_found_out(void)
{
    SequenceStream stream = { .unit = SEQUENCE_DATAGRAMS };
    uint32_t number = 0, n_steps = 0;

    for (uint32_t i = 0; i < 1000; i++) {
        SequenceMessage message = { .number = number++, .flows = 10 + i % 3, .is_whole = true };

        if (!sequence_stream_step(&stream, &message))
            sequence_stream_note(&stream, &message);
        else
            n_steps++;
    }
    g_assert_cmpuint(n_steps, >, 900);   /* the others rest */
    for (uint32_t i = 0; i < 100; i++) { /* a new firmware counts flows */
        SequenceMessage message = { .number = number, .flows = 10 + i % 3, .is_whole = true };

        number += message.flows;
        if (!sequence_stream_step(&stream, &message))
            sequence_stream_note(&stream, &message);
    }
    g_assert_cmpint(stream.unit, !=, SEQUENCE_DATAGRAMS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/sequence-unit/every-way-of-counting-is-found",
                    test_every_way_of_counting_is_found);
    g_test_add_func("/collector/sequence-unit/real-loss-changes-no-belief", test_real_loss_changes_no_belief);
    g_test_add_func("/collector/sequence-unit/where-all-readings-agree-the-standard-stays",
                    test_where_all_readings_agree_the_standard_stays);
    g_test_add_func("/collector/sequence-unit/one-that-is-sure-tries-nothing-else",
                    test_one_that_is_sure_tries_nothing_else);
    g_test_add_func("/collector/sequence-unit/a-step-is-what-a-note-would-be",
                    test_a_step_is_what_a_note_would_be);
    g_test_add_func("/collector/sequence-unit/one-that-changes-its-way-of-counting-is-found-out",
                    test_one_that_changes_its_way_of_counting_is_found_out);
    return g_test_run();
}
