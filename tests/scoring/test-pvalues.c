/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-pvalues.c - a day's answer stands for all that was asked in the day */
#include "scoring/pvalues.h"
#include "scoring/scorer-internal.h"

#include <math.h>
#include <string.h>

static void
take_day(void *user, const PValueDay *one)
{
    if (strcmp(one->detector, "flood") == 0)
        *(PValueDay *)user = *one;
}

static PValueDay
close_day(PValues *pvalues)
{
    g_autofree Scorer *scorer = g_new0(Scorer, 1);
    PValueDay day = { 0 };

    scorer->pvalues = pvalues;
    scorer->sink = (ScorerSink){ .user = &day, .pvalues = take_day };
    pvalues_close_day(scorer, 20000, 3);
    return day;
}

static uint32_t
bin_of(double p)
{
    return (uint32_t)(-PVALUE_BINS_A_DECADE * log10(p));
}

static void
test_one_of_many_is_not_odd(void)
{
    PValues *pvalues = pvalues_new();

    for (int i = 0; i < 1000; i++)
        pvalues_note(pvalues, "flood", 1, i == 7 ? 2e-4 : 0.5, 0);
    PValueDay day = close_day(pvalues);
    g_assert_cmpuint(day.answers[bin_of(2e-4)], ==, 1);
    g_assert_cmpuint(day.answers[bin_of(0.5)], ==, 999);
    g_assert_cmpuint(day.asset_days[bin_of(0.18)], ==, 1);
    pvalues_free(pvalues);
}

static void
test_one_a_day_is_as_odd_as_it_says(void)
{
    PValues *pvalues = pvalues_new();

    pvalues_note(pvalues, "flood", 2, 2e-4, 1);
    pvalues_note(pvalues, "flood", 2, 0.3, 1);
    g_assert_cmpuint(close_day(pvalues).asset_days[bin_of(2e-4)], ==, 1);
    g_assert_cmpuint(close_day(pvalues).asset_days[bin_of(2e-4)], ==, 0); /* another day */
    pvalues_free(pvalues);
}

/* Windows that are dull do not hide what the day alone tells, but they are a second question. */
static void
test_windows_and_the_day_are_two_questions(void)
{
    PValues *pvalues = pvalues_new();

    pvalues_note(pvalues, "flood", 2000, 2e-4, 1);
    for (int i = 0; i < 288; i++)
        pvalues_note(pvalues, "flood", 2000, 0.5, 0);
    g_assert_cmpuint(close_day(pvalues).asset_days[bin_of(4e-4)], ==, 1);
    pvalues_free(pvalues);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/pvalues/one-of-many-is-not-odd", test_one_of_many_is_not_odd);
    g_test_add_func("/scoring/pvalues/one-a-day-is-as-odd-as-it-says", test_one_a_day_is_as_odd_as_it_says);
    g_test_add_func("/scoring/pvalues/windows-and-the-day-are-two-questions",
                    test_windows_and_the_day_are_two_questions);
    return g_test_run();
}
