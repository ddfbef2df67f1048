/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-counterfactual.c - every alert says what would have had to be different, and the numbers are right */
#include "scoring/counterfactual.h"
#include "tests/support/assert-has.h"

#include <string.h>

/* @parts ends with 0; the words are A, B, C, ... but for those in @silent. */
static Alert *
alert_of(double threshold, const double *parts, const char *silent)
{
    char instead[ALERT_CONTRIBUTIONS][COUNTERFACTUAL_WORDS] = { "" };
    Alert *alert = g_new0(Alert, 1);

    alert->threshold = threshold;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): a row ends with 0 */
    for (; alert->n_contributions < ALERT_CONTRIBUTIONS && parts[alert->n_contributions] != 0;
         alert->n_contributions++) {
        char letter = (char)('A' + alert->n_contributions);
        alert->contributions[alert->n_contributions].decibans = parts[alert->n_contributions];
        alert->score += parts[alert->n_contributions];
        if (strchr(silent, letter) == NULL)
            instead[alert->n_contributions][0] = letter;
    }
    counterfactual_write(alert, instead);
    return alert;
}

static void
test_what_suffices_alone_is_told_with_its_score(void)
{
    g_autofree Alert *alert = alert_of(30, (double[]){ 25, 12, 3, 0 }, "");

    g_assert_cmpstr(alert->counterfactual, ==,
                    "It would not have reached the threshold of 30.0 dB with A (15 dB), or B (28 dB). Not "
                    "enough alone: C (37 dB).");
}

static void
test_a_close_call_shows_its_decimals(void)
{
    g_autofree Alert *alert = alert_of(30, (double[]){ 29.6, 1, 0 }, "A");

    g_assert_cmpstr(alert->counterfactual, ==,
                    "It would not have reached the threshold of 30.0 dB with B (29.6 dB).");
}

static void
test_where_nothing_suffices_alone_the_fewest_are_told_together(void)
{
    g_autofree Alert *alert = alert_of(30, (double[]){ 20, 20, 20, 5, 0 }, "");

    g_assert_cmpstr(
        alert->counterfactual, ==,
        "No single thing would have sufficed. With A and B, it would have scored 25 dB, below the "
        "threshold of 30.0 dB.");
}

static void
test_it_is_honest_where_all_of_it_would_not_suffice(void)
{
    g_autofree Alert *alert = alert_of(30, (double[]){ 60, 4, 3, 0 }, "A");

    assert_has(alert->counterfactual, "With B and C, it would have scored 60 dB, still above");
}

/* Evidence that speaks against the alert is nothing that would have made it dull. */
static void
test_evidence_against_it_is_left_out(void)
{
    g_autofree Alert *alert = alert_of(30, (double[]){ 40, -3, 0 }, "");

    assert_lacks(alert->counterfactual, "B (");
    assert_has(alert->counterfactual, "A (-3 dB)");
}

static void
test_no_alert_is_without_one(void)
{
    g_autofree Alert *alert = alert_of(30, (double[]){ 33.5, 0 }, "A");

    g_assert_cmpstr(alert->counterfactual, ==,
                    "With 3.5 dB less it would not have reached the threshold of 30.0 dB.");
}

static void
test_it_ends_before_its_place_does(void)
{
    char instead[ALERT_CONTRIBUTIONS][COUNTERFACTUAL_WORDS];
    g_autofree Alert *alert = g_new0(Alert, 1);

    *alert = (Alert){ .threshold = 30, .score = 31, .n_contributions = ALERT_CONTRIBUTIONS };
    for (int i = 0; i < ALERT_CONTRIBUTIONS; i++) {
        alert->contributions[i].decibans = 31.0 / ALERT_CONTRIBUTIONS;
        memset(instead[i], 'x', COUNTERFACTUAL_WORDS);
        instead[i][COUNTERFACTUAL_WORDS - 1] = '\0';
    }
    counterfactual_write(alert, instead);
    g_assert_cmpuint(strlen(alert->counterfactual), <, ALERT_REASON);
    g_assert_cmpuint(strlen(alert->counterfactual), >, 300);
}

#define ADD(name, function) g_test_add_func("/scoring/counterfactual/" name, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("what-suffices-alone-is-told-with-its-score", test_what_suffices_alone_is_told_with_its_score);
    ADD("a-close-call-shows-its-decimals", test_a_close_call_shows_its_decimals);
    ADD("where-nothing-suffices-alone-the-fewest-are-told-together",
        test_where_nothing_suffices_alone_the_fewest_are_told_together);
    ADD("it-is-honest-where-all-of-it-would-not-suffice",
        test_it_is_honest_where_all_of_it_would_not_suffice);
    ADD("evidence-against-it-is-left-out", test_evidence_against_it_is_left_out);
    ADD("no-alert-is-without-one", test_no_alert_is_without_one);
    ADD("it-ends-before-its-place-does", test_it_ends_before_its_place_does);
    return g_test_run();
}
