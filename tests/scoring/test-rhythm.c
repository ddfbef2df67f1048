/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-rhythm.c - clocks are told from chance, and chance is seldom taken for a clock */
#include "scoring/rhythm.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

typedef struct Clock {
    double period, jitter; /* jitter: share of the period, to both sides */
    double seen;           /* share of the beats */
    bool keeps_phase;      /* jitter does not add up */
} Clock;

static uint32_t
beat(GRand *random, const Clock *clock, double starts[], uint32_t n)
{
    double due = 1000;

    for (uint32_t i = 0; i < n;) {
        double off = clock->period * clock->jitter * (2 * g_rand_double(random) - 1);
        due += clock->period + (clock->keeps_phase ? 0 : off);
        if (g_rand_double(random) < clock->seen)
            starts[i++] = floor(due + (clock->keeps_phase ? off : 0)); /* routers' clocks of a second */
    }
    return n;
}

/* How many of a hundred clocks are told, at one in a million. */
static uint32_t
told(const Clock *clock, uint32_t n)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    double starts[RHYTHM_MOST];
    uint32_t found = 0;

    for (int i = 0; i < 100; i++) {
        beat(random, clock, starts, n);
        found += rhythm_of(starts, n).p < 1e-6;
    }
    g_test_message("period %.0f s, jitter %.0f %%, %.0f %% seen, %u starts: %u of 100", clock->period,
                   100 * clock->jitter, 100 * clock->seen, n, found);
    return found;
}

static void
test_a_strict_clock_is_told_after_eight_beats(void)
{
    g_assert_cmpuint(told(&(Clock){ 86400, 0.01, 1, false }, 8), ==, 100);
    g_assert_cmpuint(told(&(Clock){ 60, 0.02, 1, false }, 8), ==, 100);
    g_assert_cmpuint(told(&(Clock){ 27, 0.11, 1, false }, 18), >=, 95);
}

static void
test_sleep_and_jitter_is_told(void)
{
    g_assert_cmpuint(told(&(Clock){ 3600, 0.2, 1, false }, 18), >=, 95);
    g_assert_cmpuint(told(&(Clock){ 3600, 0.4, 1, false }, 32), >=, 95);
    g_assert_cmpuint(told(&(Clock){ 60, 0.4, 1, false }, 32), >=, 95);
}

/* Twice as fast fits nearly as well, and a little better by chance. */
static void
test_the_period_is_the_clocks_own(void)
{
    const Clock clock = { 900, 0.01, 1, true };
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    double starts[RHYTHM_MOST];

    for (int i = 0; i < 100; i++) {
        beat(random, &clock, starts, 18 + (uint32_t)i % 15);
        Rhythm rhythm = rhythm_of(starts, 18 + (uint32_t)i % 15);
        g_assert_cmpfloat_with_epsilon(rhythm.period_s, 900, 45);
    }
}

static void
test_a_clock_with_missing_beats_is_told_by_its_phase(void)
{
    g_assert_cmpuint(told(&(Clock){ 600, 0.03, 0.6, true }, 32), >=, 95);
}

/* A laptop that beats by day and sleeps at night. */
static void
test_nights_do_no_harm(void)
{
    double starts[RHYTHM_MOST];

    for (uint32_t i = 0; i < RHYTHM_MOST; i++)
        starts[i] = 7200.0 * i + 40000.0 * floor(i / 11.0);
    Rhythm rhythm = rhythm_of(starts, RHYTHM_MOST);
    g_assert_cmpfloat(rhythm.p, <, 1e-6);
    g_assert_cmpfloat_with_epsilon(rhythm.period_s, 7200, 1);
    g_assert_cmpfloat(rhythm.spread, <, 0.01);
}

static double
chance(GRand *random, double mean)
{
    return -mean * log(1 - g_rand_double(random));
}

/* p-values of a Poisson process, and of bursts of people: below x no more often than x. */
static void
test_chance_is_seldom_a_clock(void)
{
    enum { TRIES = 20000 };
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    uint32_t below[2][3] = { 0 };

    for (int kind = 0; kind < 2; kind++)
        for (int i = 0; i < TRIES; i++) {
            double starts[RHYTHM_MOST], at = 0, mean = exp(3 + 8 * g_rand_double(random));
            uint32_t n = (uint32_t)g_rand_int_range(random, RHYTHM_LEAST, RHYTHM_MOST + 1);
            for (uint32_t k = 0; k < n; k++) {
                bool is_break = kind == 1 && g_rand_double(random) < 0.2;
                at += RHYTHM_DEAD_S + chance(random, is_break ? 20 * mean : mean);
                starts[k] = floor(at);
            }
            double p = rhythm_of(starts, n).p;
            for (int k = 0; k < 3; k++)
                below[kind][k] += p < pow(10, -1 - k);
        }
    for (int kind = 0; kind < 2; kind++) {
        g_test_message("%s: %.4f below 0.1, %.5f below 0.01, %.5f below 0.001",
                       kind == 0 ? "Poisson" : "bursts", below[kind][0] / (double)TRIES,
                       below[kind][1] / (double)TRIES, below[kind][2] / (double)TRIES);
        g_assert_cmpuint(below[kind][0], <, TRIES / 10);
        g_assert_cmpuint(below[kind][1], <, TRIES / 100);
        g_assert_cmpuint(below[kind][2], <, TRIES / 1000 + 10);
    }
}

/* Every day of the week, at any time of eight hours. */
static void
test_office_hours_are_no_clock(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    uint32_t found = 0;

    for (int i = 0; i < 1000; i++) {
        double starts[RHYTHM_MOST];
        for (uint32_t k = 0; k < RHYTHM_MOST; k++)
            starts[k] = 86400.0 * floor(k / 2.0) + (k % 2) * 14400 + 14400 * g_rand_double(random);
        found += rhythm_of(starts, RHYTHM_MOST).p < 1e-6;
    }
    g_assert_cmpuint(found, <, 10);
}

static void
test_what_is_too_few_or_all_at_once_is_nothing(void)
{
    double starts[RHYTHM_MOST] = { 0 };

    g_assert_cmpfloat(rhythm_of(starts, RHYTHM_MOST).p, ==, 1);
    g_assert_cmpfloat(rhythm_of(starts, RHYTHM_LEAST - 1).p, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/rhythm/a-strict-clock-is-told-after-eight-beats",
                    test_a_strict_clock_is_told_after_eight_beats);
    g_test_add_func("/scoring/rhythm/sleep-and-jitter-is-told", test_sleep_and_jitter_is_told);
    g_test_add_func("/scoring/rhythm/the-period-is-the-clocks-own", test_the_period_is_the_clocks_own);
    g_test_add_func("/scoring/rhythm/a-clock-with-missing-beats-is-told-by-its-phase",
                    test_a_clock_with_missing_beats_is_told_by_its_phase);
    g_test_add_func("/scoring/rhythm/nights-do-no-harm", test_nights_do_no_harm);
    g_test_add_func("/scoring/rhythm/chance-is-seldom-a-clock", test_chance_is_seldom_a_clock);
    g_test_add_func("/scoring/rhythm/office-hours-are-no-clock", test_office_hours_are_no_clock);
    g_test_add_func("/scoring/rhythm/what-is-too-few-or-all-at-once-is-nothing",
                    test_what_is_too_few_or_all_at_once_is_nothing);
    return g_test_run();
}
