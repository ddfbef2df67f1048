/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-evidence.c - the numbers keep what they promise: e-values average to one at most, p-values are uniform
 */
#include "scoring/budget.h"
#include "scoring/calibrate.h"
#include "scoring/evidence.h"
#include "scoring/novelty.h"

#include <glib.h>
#include <math.h>

static double
exponential(GRand *random)
{
    return -log(1 - g_rand_double(random));
}

static void
test_e_values_of_uniform_p_values_average_to_one_at_most(void)
{
    double (*const calibrators[])(double) = { e_of_p, e_of_small_p, e_hedged };
    enum { STEPS = 2000000 };

    for (size_t c = 0; c < G_N_ELEMENTS(calibrators); c++) {
        double sum = 0;
        for (int i = 0; i < STEPS; i++)
            sum += calibrators[c]((i + 0.5) / STEPS);
        g_assert_cmpfloat(sum / STEPS, <=, 1.0005);
        g_assert_cmpfloat(sum / STEPS, >=, 0.85);
    }
}

/* Nearly all of its mean lies at very small p, so that the steps are those of a logarithm. */
static void
test_the_bet_on_rare_p_values_averages_to_one(void)
{
    const double step = 1e-3;
    double sum = 0;

    for (int i = 0; i < 27600; i++) { /* down to 1e-12 */
        double p = exp(-(i + 0.5) * step);
        sum += e_of_rare_p(p) * p * step;
    }
    g_assert_cmpfloat(sum, <=, 1);
    g_assert_cmpfloat(sum, >=, 0.9);
    g_assert_cmpfloat(e_of_rare_p(1e-4), >, 3 * e_of_p(1e-4));
}

/* Amounts with a Pareto tail, nothing on nine days of ten: the small p are as rare as they say, for a role
 * that has shown much and for one that has shown little. */
static void
test_amounts_beyond_all_seen_are_as_rare_as_told(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(9);
    ResidualSketch whole = { 0 }, group = { 0 };
    enum { TRIES = 1000000 };
    int told = 0;

    for (int i = 0; i < 3000; i++) {
        double x = g_rand_double(random) < 0.9 ? 0 : 2 + 0.7 * exponential(random);
        sketch_count(&whole, x);
        if (i % 30 == 0)
            sketch_count(&group, x);
    }
    for (int i = 0; i < TRIES; i++) {
        double x = g_rand_double(random) < 0.9 ? 0 : 2 + 0.7 * exponential(random);
        told += sketch_amount_p(&group, &whole, x) <= 1e-4;
    }
    g_test_message("p <= 1e-4 in %d of %d", told, TRIES);
    g_assert_cmpint(told, <, 2 * TRIES / 10000);
    g_assert_cmpfloat(sketch_amount_p(&group, &whole, 12), <, 1e-4);
    g_assert_cmpfloat(sketch_amount_p(&group, &whole, 0), >, 0.5);
    g_assert_cmpfloat(sketch_amount_p(&(ResidualSketch){ 0 }, &(ResidualSketch){ 0 }, 50), ==, 1);
}

static void
test_smaller_p_is_never_less_evidence(void)
{
    for (int i = 0; i < 680; i++) { /* down to 1e-9 */
        double p = pow(0.97, i);

        g_assert_cmpfloat(e_of_p(p * 0.97), >=, e_of_p(p) - 1e-6);
        g_assert_cmpfloat(e_hedged(p * 0.97), >=, e_hedged(p) - 1e-6);
        g_assert_true(isfinite(e_of_p(p)));
    }
}

static void
test_e_values_of_counts_average_to_one(void)
{
    const CountModel models[] = { { 0.5, 1e-4 }, { 0.5, 0.01 }, { 5, 0.3 }, { 50, 4 } };

    for (size_t i = 0; i < G_N_ELEMENTS(models); i++)
        for (int bet = BET_SLOW; bet <= BET_ONE; bet++) {
            double shape = models[i].shape, mean = models[i].mean, sum = 0;
            for (uint32_t k = 0; k < 400; k++) {
                double pmf = exp(lgamma(shape + k) - lgamma(shape) - lgamma(k + 1.0) +
                                 shape * log(shape / (shape + mean)) + k * log(mean / (shape + mean)));
                if (pmf > 1e-200)
                    sum += pmf * count_e(&models[i], k, 288, (CountBet)bet);
            }
            g_assert_cmpfloat(fabs(sum - 1), <, 1e-3);
        }
}

/* Where a few assets do it all, one that never did is asked of a model whose shape is small: what is bet on
 * is one more, and not a past that is as uneven and hardly ever has one. */
static void
test_one_more_is_worth_as_much_where_the_role_is_uneven(void)
{
    const CountModel even = { 5, 1e-5 }, uneven = { 0.05, 1e-5 };
    double usual = count_e(&even, 1, 288, BET_ONE);

    g_assert_cmpfloat(usual, >, 0.09 / even.mean);
    g_assert_cmpfloat(fabs(count_e(&uneven, 1, 288, BET_ONE) / usual - 1), <, 0.01);
}

/* Residuals with a tail much heavier than a bell curve's: the p-values must not notice. */
static void
test_calibrated_p_values_are_right_in_the_tail(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    OwnSketch own = { 0 };
    ResidualSketch role = { 0 };
    const double levels[] = { 0.1, 0.01, 0.001 };
    int hits[3] = { 0 };
    enum { LEARN = 8000, TEST = 400000 };

    for (int i = 0; i < LEARN; i++) {
        double x = pow(exponential(random), 1.5) - 1;
        own_sketch_add(&own, x);
        sketch_add(&role, x);
    }
    for (int i = 0; i < TEST; i++) {
        double p = calibrated_p(&own, &role, pow(exponential(random), 1.5) - 1);
        for (int j = 0; j < 3; j++)
            hits[j] += p <= levels[j];
    }
    for (int j = 0; j < 3; j++) {
        double rate = (double)hits[j] / TEST;
        g_test_message("nominal %g: realised %g", levels[j], rate);
        g_assert_cmpfloat(rate, <, 2 * levels[j]);
        g_assert_cmpfloat(rate, >, levels[j] / 2);
    }
}

/* Of an address where hardly anything ever comes, most residuals are equal; they are no tail that tells how
 * far the others reach. */
static double
now_and_then(GRand *random)
{
    return g_rand_double(random) < 0.003 ? 1 + exponential(random) : 0;
}

static void
test_calibrated_p_values_are_right_where_most_is_silence(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    OwnSketch own = { 0 };
    ResidualSketch role = { 0 };
    const double levels[] = { 0.003, 0.001 };
    int hits[2] = { 0 };
    enum { LEARN = 8000, TEST = 400000 };

    for (int i = 0; i < LEARN; i++) {
        double x = now_and_then(random);
        own_sketch_add(&own, x);
        sketch_add(&role, x);
    }
    for (int i = 0; i < TEST; i++) {
        double p = calibrated_p(&own, &role, now_and_then(random));
        for (int j = 0; j < 2; j++)
            hits[j] += p <= levels[j];
    }
    for (int j = 0; j < 2; j++) {
        double rate = (double)hits[j] / TEST;
        g_test_message("nominal %g: realised %g", levels[j], rate);
        g_assert_cmpfloat(rate, <, 1.5 * levels[j]);
    }
}

static void
test_the_first_word_after_silence_is_one_in_as_many_as_were_silent(void)
{
    OwnSketch own = { 0 };
    ResidualSketch role = { 0 };

    for (int i = 0; i < 4000; i++) {
        own_sketch_add(&own, 0);
        sketch_add(&role, 0);
    }
    g_assert_cmpfloat(calibrated_p(&own, &role, 1.6), >, 0.5 / 4000);
}

static void
test_an_empty_sketch_accuses_nobody(void)
{
    OwnSketch own = { 0 };
    ResidualSketch role = { 0 };

    g_assert_cmpfloat(calibrated_p(&own, &role, 50), ==, 1);
}

/* Beside one of the usual size: the same to the last digit until it has forgotten a third time, and hardly
 * another after years. */
static void
test_an_own_sketch_counts_in_half_the_room(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    OwnSketch own = { 0 };
    ResidualSketch like_it = { 0 }, role = { 0 };
    const double asked[] = { -3, 0, 1, 3, 6, 12, 40 };

    for (int i = 0; i < 40 * SKETCH_MOST; i++) {
        double x = pow(exponential(random), 1.5) - 1;
        own_sketch_add(&own, x);
        sketch_add(&like_it, x);
        g_assert_cmpfloat((double)own.n, ==, (double)like_it.n);
        for (int bin = 0; i % 509 == 0 && bin < SKETCH_BINS; bin++)
            g_assert_cmpfloat(fabs(own.count[bin] / 4.0 - (double)like_it.count[bin]), <=,
                              i < 2 * SKETCH_MOST ? 0 : 0.5);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) { /* own and nothing else: the role knows nothing */
        double weight = (double)own.n / ((double)own.n + 600);
        double p = (calibrated_p(&own, &role, asked[i]) - (1 - weight)) / weight;
        g_test_message("%g: %g and %g", asked[i], p, sketch_upper_p(&like_it, asked[i]));
        double off = fabs(log(p / sketch_upper_p(&like_it, asked[i])));
        g_assert_cmpfloat(off, <, asked[i] < 40 ? 0.02 : 0.23); /* far out a decibel */
    }
}

static void
test_evidence_adds_up_and_does_not_go_below_nothing(void)
{
    double score = 0;

    for (int i = 0; i < 1000; i++)
        score = cusum_step(score, e_of_p(0.7));
    g_assert_cmpfloat(score, <=, 0);
    for (int i = 0; i < 6; i++)
        score = cusum_step(score, 10);
    g_assert_cmpfloat(fabs(score - 60), <, 1e-9);
}

static void
test_one_new_home_line_says_more_where_there_was_none(void)
{
    NoveltyPool role = { 0 }, fleet = { 0 };
    NoveltyCount mail = { 0 }, monitor = { 0 };

    for (int w = 0; w < 4000; w++) {
        for (int i = 0; i < 20; i++) { /* eighteen other servers that never do */
            NoveltyCount other = { .windows = (float)w };
            novelty_teach_window(i == 0 ? &mail : i == 1 ? &monitor : &other, &role, &fleet, 288);
        }
        if (w % 20 == 0)
            novelty_teach_events(&mail, &role, &fleet, NOVELTY_HOME, 1, 288);
    }
    CountModel of_mail = novelty_model(&mail, &role, &fleet, NOVELTY_HOME, 288);
    CountModel of_monitor = novelty_model(&monitor, &role, &fleet, NOVELTY_HOME, 288);
    g_assert_cmpfloat(count_e(&of_mail, 1, 288, BET_NOW), <, 5);
    g_assert_cmpfloat(count_e(&of_monitor, 1, 288, BET_NOW), >, 500);
    g_assert_cmpfloat(count_mid_p(&of_monitor, 1), <, 1e-3);
}

/* What nobody has had in some time comes, for all we know, once in as much time again (the rule of
 * succession).
 */
static void
test_what_never_was_is_expected_once_in_as_long_again(void)
{
    NoveltyPool role = { 0 }, young_role = { 0 }, fleet = { 0 };
    NoveltyCount young = { 0 };
    const double day = 1000;
    enum { ASSETS = 10, WINDOWS = 40 }; /* all within the first hour of an asset */

    for (int i = 0; i < ASSETS; i++) {
        NoveltyCount asset = { 0 };
        for (int w = 0; w < WINDOWS; w++)
            novelty_teach_window(&asset, &role, &fleet, day);
    }
    CountModel model = novelty_model(&young, &young_role, &fleet, NOVELTY_HOME, day);
    g_assert_cmpfloat(fabs(model.mean * ASSETS * WINDOWS - 1), <, 0.05);
}

/* Those who came together are all as old at the same midnight. What a role does every evening has not been
 * done at that age in the morning, and is no rarer for that. */
static void
test_a_new_age_leans_on_the_one_before(void)
{
    NoveltyPool role = { 0 }, fleet = { 0 };
    enum { ASSETS = 40, DAY = 288, EVENING = 250, WEEK = 7 * DAY };
    NoveltyCount assets[ASSETS] = { 0 };

    for (int w = 0; w < WEEK + DAY / 2; w++) {
        for (int i = 0; i < ASSETS; i++)
            novelty_teach_window(&assets[i], &role, &fleet, DAY);
        if (w % DAY == EVENING) /* each day another one */
            novelty_teach_events(&assets[w / DAY], &role, &fleet, NOVELTY_HOME, 1, DAY);
    }
    CountModel model = novelty_model(&assets[30], &role, &fleet, NOVELTY_HOME, DAY);
    double usual = 1.0 / (DAY * ASSETS);
    g_test_message("%g of %g", model.mean, usual);
    g_assert_cmpfloat(model.mean, >, usual / 4);
}

/* A family whose scores run wild is discounted until the tail fits the budget; a quiet one is not. */
static void
test_a_detector_that_breaks_its_promise_is_discounted(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(9);
    Budget budget;

    budget_init(&budget, 5, 288);
    for (int day = 0; day < 20; day++) {
        for (int asset = 0; asset < 100; asset++) {
            budget_peak(&budget, FAMILY_VOLUME, 15 * exponential(random));
            budget_peak(&budget, FAMILY_CONTACT, 2 * exponential(random));
        }
        budget_day(&budget, 100);
    }
    g_assert_cmpfloat(budget.discount[FAMILY_VOLUME], <, 0.8);
    g_assert_cmpfloat(budget.discount[FAMILY_CONTACT], ==, 1);
    int alarms = 0;
    for (int i = 0; i < 100 * 100; i++)
        alarms += 15 * exponential(random) * budget.discount[FAMILY_VOLUME] >= budget.threshold;
    g_assert_cmpint(alarms, <, 5 * 100); /* a hundred days */
}

/* Without alerts the threshold gives way, by some decibans; with some a day it comes back; those that were
 * right do not count. */
static void
test_few_alerts_lower_the_threshold(void)
{
    Budget budget;

    budget_init(&budget, 5, 288);
    budget_assets(&budget, 100);
    double promised = budget.threshold, before = promised;
    for (int day = 0; day < 6; day++) {
        budget_day(&budget, 100);
        g_assert_cmpfloat(budget.threshold, <=, before);
        before = budget.threshold;
    }
    g_assert_cmpfloat(before, <, promised - 5);
    g_assert_cmpfloat(before, >, promised - 11);
    budget_assets(&budget, 100); /* nobody new */
    g_assert_cmpfloat(budget.threshold, ==, before);
    for (int alert = 0; alert < 5; alert++) {
        budget_alerts(&budget, 1);
        budget_alerts(&budget, -1);
    }
    budget_day(&budget, 100);
    g_assert_cmpfloat(budget.threshold, ==, before);
    for (int day = 0; day < 3; day++) {
        budget_alerts(&budget, 2);
        budget_day(&budget, 100);
    }
    g_assert_cmpfloat(budget.threshold, ==, promised);
}

/* Ever more evidence of one family is worth ever less, but never as little as less of it. */
static void
test_bent(void)
{
    Budget budget;
    double before = 0;

    budget_init(&budget, 5, 288);
    budget_assets(&budget, 200);
    for (double raw = 1; raw <= DECIBANS_MOST; raw++) {
        double shown = budget_shown(&budget, FAMILY_WATCH, raw);
        g_assert_cmpfloat(shown, >, before);
        g_assert_cmpfloat(shown, <=, fmin(raw, budget.threshold + 12));
        before = shown;
    }
    g_assert_cmpfloat(budget_shown(&budget, FAMILY_WATCH, budget.threshold), ==, budget.threshold);
}

/* What comes in few steps: the mid-p wins more than the whole step, and still no more than was staked. */
static void
test_a_bet_on_the_mid_p_of_few_steps_is_fair(void)
{
    static const double steps[][4] = { { 0.01, 1, 1, 1 }, { 0.002, 0.03, 0.2, 1 }, { 0.0001, 0.5, 0.9, 1 } };

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        double whole = 0, mid = 0, below = 0;
        for (int k = 0; k < 4; below = steps[i][k++]) {
            whole += (steps[i][k] - below) * e_hedged(steps[i][k]);
            mid += (steps[i][k] - below) * e_hedged((steps[i][k] + below) / 2);
        }
        g_assert_cmpfloat(mid, <=, 1);
        g_assert_cmpfloat(mid, >, whole);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/evidence/e-values-of-uniform-p-values-average-to-one-at-most",
                    test_e_values_of_uniform_p_values_average_to_one_at_most);
    g_test_add_func("/scoring/evidence/smaller-p-is-never-less-evidence",
                    test_smaller_p_is_never_less_evidence);
    g_test_add_func("/scoring/evidence/e-values-of-counts-average-to-one",
                    test_e_values_of_counts_average_to_one);
    g_test_add_func("/scoring/evidence/one-more-is-worth-as-much-where-the-role-is-uneven",
                    test_one_more_is_worth_as_much_where_the_role_is_uneven);
    g_test_add_func("/scoring/calibrate/calibrated-p-values-are-right-in-the-tail",
                    test_calibrated_p_values_are_right_in_the_tail);
    g_test_add_func("/scoring/evidence/an-own-sketch-counts-in-half-the-room",
                    test_an_own_sketch_counts_in_half_the_room);
    g_test_add_func("/scoring/evidence/the-bet-on-rare-p-values-averages-to-one",
                    test_the_bet_on_rare_p_values_averages_to_one);
    g_test_add_func("/scoring/calibrate/amounts-beyond-all-seen-are-as-rare-as-told",
                    test_amounts_beyond_all_seen_are_as_rare_as_told);
    g_test_add_func("/scoring/calibrate/calibrated-p-values-are-right-where-most-is-silence",
                    test_calibrated_p_values_are_right_where_most_is_silence);
    g_test_add_func("/scoring/calibrate/the-first-word-after-silence-is-one-in-as-many-as-were-silent",
                    test_the_first_word_after_silence_is_one_in_as_many_as_were_silent);
    g_test_add_func("/scoring/calibrate/an-empty-sketch-accuses-nobody", test_an_empty_sketch_accuses_nobody);
    g_test_add_func("/scoring/evidence/evidence-adds-up-and-does-not-go-below-nothing",
                    test_evidence_adds_up_and_does_not_go_below_nothing);
    g_test_add_func("/scoring/novelty/one-new-home-line-says-more-where-there-was-none",
                    test_one_new_home_line_says_more_where_there_was_none);
    g_test_add_func("/scoring/novelty/a-new-age-leans-on-the-one-before",
                    test_a_new_age_leans_on_the_one_before);
    g_test_add_func("/scoring/novelty/what-never-was-is-expected-once-in-as-long-again",
                    test_what_never_was_is_expected_once_in_as_long_again);
    g_test_add_func("/scoring/budget/strong-evidence-is-bent-and-keeps-its-order", test_bent);
    g_test_add_func("/scoring/budget/few-alerts-lower-the-threshold", test_few_alerts_lower_the_threshold);
    g_test_add_func("/scoring/budget/a-detector-that-breaks-its-promise-is-discounted",
                    test_a_detector_that_breaks_its_promise_is_discounted);
    g_test_add_func("/scoring/evidence/a-bet-on-the-mid-p-of-few-steps-is-fair",
                    test_a_bet_on_the_mid_p_of_few_steps_is_fair);
    return g_test_run();
}
