/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-episode.c - what an episode says of itself is as rare as it says */
#include "scoring/episode.h"

#include <glib.h>

enum { TRIALS = 20000 };

/* Several questions, each answered by chance alone: the answer to all of them is by chance, too. */
static void
test_many_answers_are_no_smaller_than_one(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);

    for (int questions = 0; questions <= 6; questions += 2) {
        int below[2] = { 0 };
        for (int i = 0; i < TRIALS; i++) {
            Episode episode = { .p = (float)g_rand_double(random), .answers = 1 };
            for (int k = 0; k < questions; k++)
                episode_weigh(&episode, 1, g_rand_double(random));
            below[0] += episode_p(&episode) <= 0.1;
            below[1] += episode_p(&episode) <= 0.01;
        }
        g_test_message("%d questions: %.3f below 0.1, %.4f below 0.01", questions + 1,
                       (double)below[0] / TRIALS, (double)below[1] / TRIALS);
        g_assert_cmpint(below[0], >, TRIALS / 10 * 9 / 10);
        g_assert_cmpint(below[0], <, TRIALS / 10 * 11 / 10);
        g_assert_cmpint(below[1], >, TRIALS / 100 / 2);
        g_assert_cmpint(below[1], <, TRIALS / 100 * 2);
    }
}

static void
test_what_was_restored_wrong_does_no_harm(void)
{
    const Episode episodes[] = { { .p = -1, .answers = 1 },
                                 { .p = 0 },
                                 { .p = 5, .answers = 9, .n_answers = 255 } };

    for (size_t i = 0; i < G_N_ELEMENTS(episodes); i++) {
        double p = episode_p(&episodes[i]);
        g_assert_cmpfloat(p, >, 0);
        g_assert_cmpfloat(p, <=, 1);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/episode/many-answers-are-no-smaller-than-one",
                    test_many_answers_are_no_smaller_than_one);
    g_test_add_func("/scoring/episode/what-was-restored-wrong-does-no-harm",
                    test_what_was_restored_wrong_does_no_harm);
    return g_test_run();
}
